"""Where a running stack keeps its state: every path below $BROADSHEET_HOME that `up`, `down` and `status` share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class StackHome:
    """The state folder of one stack; several may run at once, each in its own."""

    root: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> StackHome:
        """Return the folder that BROADSHEET_HOME names, `.broadsheet` beside the launcher without it."""
        return cls(Path(env.get("BROADSHEET_HOME") or REPO / ".broadsheet").expanduser().absolute())

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def passwords(self) -> Path:
        """Airflow's own format: a JSON object of user to password."""
        return self.secrets / "airflow_passwords.json"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def store_log(self) -> Path:
        """The embedded S3's log: it grows at rest, too."""
        return self.root / "s3" / "weed.log"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def lock(self) -> Path:
        """Held (flock) by the supervisor and its guard for as long as anything of the stack may run."""
        return self.root / "run" / "up.lock"

    @property
    def state(self) -> Path:
        return self.root / "run" / "stack.json"

    @property
    def demo_sites(self) -> Path:
        return self.root / "demo" / "sites.yaml"

    @property
    def airflow_env(self) -> Path:
        """Shell assignments that point an `airflow` started by hand at this stack."""
        return self.root / "airflow.env"

    def make(self) -> None:
        """Make the folders that only this user may enter."""
        for folder in (self.root, self.secrets, self.logs, self.lock.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
