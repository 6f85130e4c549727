"""The few calls of Airflow's REST API that `up` and `status` make, on loopback and past any proxy."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

TIMEOUT_S = 10.0


class ApiSilent(Exception):
    """No answer from the API."""


class ApiRefused(Exception):
    """The API answered with an error status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"HTTP {status}: {detail}")
        self.status = status


class AirflowApi:
    """The API at `url`, logged in as `user` when the first call needs it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.host = urlsplit(url).netloc
        self._login = {"username": user, "password": password}
        self._token = ""

    def health(self) -> dict[str, str]:
        """Return component → status ("healthy", ...) of those that ever ran; the last beat may be 30 s old."""
        found = self._call("GET", "/api/v2/monitor/health", token=False)
        return {name: str(part["status"]) for name, part in found.items() if part and part.get("status")}

    def trigger(self, dag_id: str) -> str:
        """Start a run now; return its id. ApiRefused 404 until the DAG is parsed."""
        found = self._call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", {"logical_date": None})
        return str(found["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self._call("GET", f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}")["state"])

    def runs(self, dag_id: str = "~", limit: int = 100, **query: str) -> list[dict[str, Any]]:
        """Return the newest runs of a DAG, of all with "~"; newest first."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns?{urlencode({'order_by': '-run_after', 'limit': limit} | query)}"
        return list(self._call("GET", path)["dag_runs"])

    def dags(self, limit: int = 1000) -> list[dict[str, Any]]:
        return list(self._call("GET", f"/api/v2/dags?{urlencode({'limit': limit})}")["dags"])

    def import_errors(self) -> list[str]:
        """Return the last line of each DAG file's error, once where files share it: those that read sites.yaml do."""
        found = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return list(dict.fromkeys(str(error["stack_trace"]).strip().splitlines()[-1] for error in found))

    def asset_events(self, name: str, since: str) -> list[dict[str, Any]]:
        """Return the events of the asset called `name` from `since` (ISO 8601) on, oldest first."""
        assets = self._call("GET", f"/api/v2/assets?{urlencode({'name_pattern': name})}")["assets"]
        found: list[dict[str, Any]] = []
        for asset in assets:
            if asset["name"] == name:
                query = urlencode({"asset_id": asset["id"], "timestamp_gte": since, "order_by": "timestamp"})
                found += self._call("GET", f"/api/v2/assets/events?{query}")["asset_events"]
        return found

    def waits_for_assets(self, dag_id: str) -> bool:
        """Return whether events are queued that will start a run of `dag_id`."""
        try:
            return bool(self._call("GET", f"/api/v2/dags/{quote(dag_id)}/assets/queuedEvents")["total_entries"])
        except ApiRefused as error:
            if error.status == http.HTTPStatus.NOT_FOUND:
                return False
            raise

    def task_summaries(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        return list(
            self._call("GET", f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}/taskInstances")["task_instances"]
        )

    def _call(self, method: str, path: str, body: object = None, *, token: bool = True) -> dict[str, Any]:
        if token and not self._token:
            self._token = str(self._call("POST", "/auth/token", self._login, token=False)["access_token"])
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise ApiSilent(f"no answer from {self.host}: {error}") from error
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.UNAUTHORIZED and token:
            self._token = ""  # it lives a day; the next call logs in again
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiRefused(answer.status, text[:200])
        return dict(json.loads(text))
