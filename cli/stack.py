"""The supervisor behind `up`: starts every part in order, watches them, and stops them in the order that loses nothing.

Airflow's own `standalone` leaves its children running when it is stopped and opens ports to the world.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from cli.airflow_api import AirflowApi, ApiRefused, ApiSilent
from cli.airflow_env import airflow_environment, airflow_settings, ui_url, write_airflow_env
from cli.airflow_forks import AirflowComponent, AirflowHost
from cli.component import Component, Part, last_line, shorten
from cli.first_run import FirstPass, first_pass
from cli.guard import Guard
from cli.postgres import EmbeddedPostgres
from cli.sessions import stop_sessions
from cli.stack_errors import PartFailed, StopRequested
from cli.stack_home import StackHome
from cli.stack_secrets import USER, ensure_secrets, read_password
from cli.stack_state import StackState, lock_stack, write_state
from cli.stack_store import NAME as STORE
from cli.stack_store import StoreServer
from spiders.site import load_sites

Report = Callable[[dict[str, Any]], None]
AIRFLOW = {  # component: stage of the stop, patience. The scheduler drains: running commands end on their one SIGTERM.
    "scheduler": (["scheduler", "--skip-serve-logs"], 0, 45.0),  # no log server on all interfaces
    "dag-processor": (["dag-processor"], 0, 15.0),
    "triggerer": (["triggerer", "--skip-serve-logs"], 0, 3.0),  # takes 10 s; its triggers live in the database
    "api-server": (["api-server"], 1, 15.0),  # after the scheduler: draining tasks still report to it
}
WATCH_S = 0.25
STATE_EVERY_S = 5.0
SETUP_WITHIN_S = 180.0
READY_WITHIN_S = 120.0
OWN_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


@dataclass(slots=True)
class Supervisor:
    """One stack from start to stop. `report` gets {"step"|"warning": line} and finally {"ready": {...}}."""

    home: StackHome
    port: int
    demo: bool
    report: Report
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    components: list[Component] = field(default_factory=list)
    store: StoreServer | None = None
    postgres: EmbeddedPostgres | None = None
    guard: Guard | None = None
    started_at: float = field(default_factory=time.time)
    ready_at: float | None = None
    _signals: int = 0
    _state_due: float = 0.0
    _trouble: str = ""  # why the state was not written the last time

    def run(self) -> None:
        """Start, watch until a signal, stop. StackError if a part does not start; all is stopped then, too."""
        self.home.make()
        lock = lock_stack(self.home)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self.guard = Guard(lock.descriptor, self.home.logs / "guard.log")
            self._start()
            self._watch()
        except StopRequested:
            pass
        finally:
            self._stop()
            lock.release()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def pause(self, seconds: float) -> None:
        """Sleep, watching; StopRequested as soon as a signal came."""
        deadline = time.monotonic() + seconds
        while True:
            if self._signals:
                raise StopRequested
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, WATCH_S))

    def _start(self) -> None:
        ensure_secrets(self.home)
        self.home.demo_sites.unlink(missing_ok=True)
        starter = self._launch_python(STORE, "cli.stack_store", self._plain_environment())
        host = self._start_database()
        setup = self._fork(host, "setup", [])
        if self.demo:
            self._launch_python(
                "demo", "spiders.demo", self._plain_environment(), "--home", str(self.home.root), stage=2
            )
        self._await_store(starter)
        self._await_exit(setup, "Airflow's database cannot be set up")
        self._say("Airflow's tables are ready")
        self._await_demo()
        for name, (argv, stage, patience_s) in AIRFLOW.items():
            self._fork(host, name, argv, stage, patience_s)
        api = AirflowApi(ui_url(self.port), USER, read_password(self.home))
        self._await_healthy(api)
        self.ready_at = time.time()
        self._write_state()
        login = f"{USER} / {read_password(self.home)}"
        self._say(f"ready in {self.ready_at - self.started_at:.1f} s at {ui_url(self.port)}, login {login}")
        self._ready(self._first_pass(api) if self.demo else None)

    def _start_database(self) -> AirflowHost:
        """Return the host of Airflow's components, loading while Postgres starts."""
        own = self.env.get(OWN_DATABASE)
        postgres = self.postgres = None if own else EmbeddedPostgres(self.home)
        settings = airflow_settings(self.home, self.port, own or (postgres.sql_alchemy_conn if postgres else ""))
        write_airflow_env(self.home, settings)
        host = AirflowHost(airflow_environment(settings, self.env), self.home.logs / "airflow.log")
        self._add(host)
        if postgres:
            postgres.prepare()
            server = postgres.component()
            self._add(server)
            postgres.wait_ready(server, self.pause)
            self._say("Postgres answers")
        return host

    def _fork(
        self, host: AirflowHost, name: str, argv: list[str], stage: int = 0, patience_s: float = 15.0
    ) -> Component:
        part = Part(name, argv, {}, stage, patience_s)
        return self._add(AirflowComponent(host, part, self.home.logs / f"{name}.log"))

    def _launch(self, part: Part) -> Component:
        return self._add(Component(part, self.home.logs / f"{part.name}.log"))

    def _add(self, component: Component) -> Component:
        component.start()
        self.components.append(component)
        self._write_state()
        return component

    def _launch_python(self, name: str, module: str, env: dict[str, str], *argv: str, stage: int = 0) -> Component:
        return self._launch(Part(name, [sys.executable, "-m", module, *argv], env, stage))

    def _plain_environment(self) -> dict[str, str]:
        return airflow_environment({"BROADSHEET_HOME": str(self.home.root)}, self.env)

    def _await_exit(self, short: Component, failure: str) -> None:
        """Return when a part that only prepares has ended well."""
        deadline = time.monotonic() + SETUP_WITHIN_S
        while not short.exited():
            if time.monotonic() > deadline:
                raise PartFailed(f"{failure}: no end after {SETUP_WITHIN_S:.0f} s; see {short.log}")
            self.pause(0.05)
        self.components.remove(short)
        if short.last_exit != "exit 0":
            reason = last_line(short.log).removeprefix("Error: ")
            raise PartFailed(f"{failure}: {reason}")

    def _await_store(self, starter: Component) -> None:
        self._await_exit(starter, "no S3")
        starter.process = None
        self.store = StoreServer(starter, self.home)
        self._say(self.store.adopt())
        self._write_state()

    def _await_demo(self) -> None:
        for component in self.components:
            while component.part.name == "demo" and not self.home.demo_sites.exists():
                if component.exited():
                    raise PartFailed(
                        f"the demo newspaper did not start: {last_line(component.log)}; see {component.log}"
                    )
                self.pause(0.05)

    def _await_healthy(self, api: AirflowApi) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        wanted = {"metadatabase", "scheduler", "dag_processor"}
        while True:
            for component in self.components:
                if component.exited():
                    raise PartFailed(
                        f"{component.part.name} did not start: {last_line(component.log)}; see {component.log}"
                    )
            try:
                healthy = {name for name, status in api.health().items() if status == "healthy"}
            except (ApiSilent, ApiRefused):
                healthy = set()
            if wanted <= healthy:
                return
            if time.monotonic() > deadline:
                missing = ", ".join(sorted(wanted - healthy))
                raise PartFailed(f"not ready after {READY_WITHIN_S:.0f} s: {missing}; see {self.home.logs}")
            self.pause(0.1)

    def _first_pass(self, api: AirflowApi) -> FirstPass:
        sites = [site.name for site in load_sites([self.home.demo_sites]) if site.enabled]
        self._say(f"first run of {', '.join(sites)}")
        return first_pass(api, sites, self._pause_watching, self._say)

    def _ready(self, found: FirstPass | None) -> None:
        ready = {"url": ui_url(self.port), "user": USER, "password": read_password(self.home), "pid": os.getpid()}
        if found:
            ready |= {"states": found.states, "counts": found.counts, "seconds": time.time() - self.started_at}
        self.report({"ready": ready})

    def _watch(self) -> None:
        while True:
            self._pause_watching(WATCH_S)

    def _parts(self) -> list[Component | StoreServer]:
        return [*self.components, *([self.store] if self.store else [])]

    def _pause_watching(self, seconds: float) -> None:
        self.pause(seconds)
        now = time.time()
        for component in self._parts():
            if line := component.revive(now):
                self.report({"warning": line})
                self._state_due = 0.0
        if now >= self._state_due:
            try:
                self._write_state()
                if self.guard:
                    self.guard.check()
                for log in (*self.home.logs.glob("*.log"), self.home.store_log):  # the supervisor's own, too
                    shorten(log)
            except OSError as error:  # a full disk, say: what runs goes on, and may make room
                if str(error) != self._trouble:
                    self.report({"warning": f"the state is not written: {error}"})
                self._trouble = str(error)
            else:
                self._trouble = ""

    def _write_state(self) -> None:
        self._state_due = time.time() + STATE_EVERY_S
        parts = tuple(part.state() for part in self._parts())
        write_state(self.home, StackState(os.getpid(), ui_url(self.port), self.started_at, self.ready_at, parts))
        sessions = [part.session() for part in self._parts()]
        if self.guard:
            listed = [[s.name, s.sid, s.stage, s.patience_s, int(s.stop_signal)] for s in sessions if s]
            self.guard.tell({"sessions": listed, "remove": [str(self.home.demo_sites), str(self.home.state)]})

    def _stop(self) -> None:
        signals = self._signals
        self._say("stopping")
        sessions = [session for part in self._parts() if (session := part.session())]
        for name in stop_sessions(sessions, hurry=lambda: self._signals > max(1, signals)):
            self.report({"warning": f"{name} had to be killed"})
        for component in self.components:
            if component.process:
                component.process.wait()
        if self.postgres:
            self.postgres.clear()
        self.home.demo_sites.unlink(missing_ok=True)
        self.home.state.unlink(missing_ok=True)
        if self.guard:
            self.guard.dismiss()
        self._say("stopped")

    def _say(self, line: str) -> None:
        self.report({"step": line})
