"""Process sessions: each part of the stack leads one, and is stopped with everything that it started.

Airflow's scheduler, killed, leaves its LocalExecutor workers behind for ever; they stay in its session, so the session
is what is stopped. The commands of running tasks lead sessions of their own below it (dags/step.py): they are asked
once, because a second SIGTERM makes Scrapy drop what is in flight.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import psutil

POLL_S = 0.1
# Python drops the SystemExit of a signal handler that happens to run inside a garbage collector's callback: Airflow's
# scheduler then goes on as if nothing was asked (seen once in ten stops). A part that lost no process is asked again.
AGAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Session:
    """A part's session: `stage` orders the stop, `patience_s` is how long it may take after `stop_signal`."""

    name: str
    sid: int
    stage: int
    patience_s: float = 15.0
    stop_signal: int = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Member:
    """One living process below a part; `depth` counts the sessions between the part's own and its own."""

    pid: int
    sid: int
    depth: int


def members(sids: Iterable[int], outside: Collection[int] = ()) -> list[Member]:
    """Return the living processes of the sessions `sids` and of those started from within them, but for `outside`."""
    wanted = set(sids)
    session_of: dict[int, int] = {}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for process in psutil.process_iter(["ppid", "status"]):
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        with contextlib.suppress(ProcessLookupError):
            session_of[process.pid] = os.getsid(process.pid)
            children[process.info["ppid"]].append(process.pid)
    found: dict[int, Member] = {}
    pending = [Member(pid, sid, 0) for pid, sid in session_of.items() if sid in wanted]
    while pending:
        member = pending.pop()
        if member.pid in found:
            continue
        found[member.pid] = member
        for pid in children[member.pid]:
            sid = session_of[pid]
            if sid not in wanted and sid not in outside:
                pending.append(Member(pid, sid, member.depth + (sid != member.sid)))
    return list(found.values())


def stop_sessions(sessions: Sequence[Session], hurry: Callable[[], bool] = lambda: False) -> list[str]:
    """Stop `sessions` stage by stage, lowest first; return the names of those that had to be killed.

    `hurry` is asked while waiting: once true, what still runs is killed at once.
    """
    killed: list[str] = []
    for _, stage in groupby(sorted(sessions, key=lambda each: each.stage), key=lambda each: each.stage):
        killed += _stop_stage(list(stage), hurry)
    return killed


def _stop_stage(stage: list[Session], hurry: Callable[[], bool]) -> list[str]:
    sids = {session.sid for session in stage}
    seen = set(sids)
    asked: set[int] = set()
    again = {session.sid: AGAIN_S for session in stage}
    sizes = Counter(member.sid for member in members(sids))
    started = time.monotonic()
    for session in stage:
        _signal(session.sid, session.stop_signal)
    while True:
        below = members(sids)
        seen |= {member.sid for member in below}  # a command whose parent dies is no longer found below it
        for member in below:
            if member.depth == 1 and member.pid == member.sid and member.pid not in asked:
                _signal(member.pid, signal.SIGTERM)
                asked.add(member.pid)
        waited = time.monotonic() - started
        if not members(seen):
            return []
        if hurry() or waited > max(session.patience_s for session in stage):
            return _kill(stage, seen)
        for session in stage:
            if waited > session.patience_s:
                kill_session(session.sid)
            elif (
                waited > again[session.sid] and sum(member.sid == session.sid for member in below) == sizes[session.sid]
            ):
                again[session.sid] = waited + AGAIN_S
                _signal(session.sid, session.stop_signal)
        time.sleep(POLL_S)


def _kill(stage: list[Session], seen: set[int]) -> list[str]:
    left = members(seen)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (found := members(seen)):
        for member in found:
            _signal(member.pid, signal.SIGKILL)
        time.sleep(POLL_S)
    return [session.name for session in stage if any(member.sid == session.sid for member in left)]


def kill_session(sid: int) -> None:
    """Kill what a part that died left behind in its session; sessions below it end by themselves (PDEATHSIG)."""
    for member in members([sid]):
        if member.depth == 0:
            _signal(member.pid, signal.SIGKILL)


def _signal(pid: int, signum: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signum)
