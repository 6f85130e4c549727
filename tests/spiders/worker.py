"""The crawl worker of the tests: one reactor, a job a line on stdin, or one job from argv; events as JSON on stdout."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from twisted.internet import asyncioreactor
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from spiders.crawl import crawl_all, crawl_sites
from spiders.limits import Limits
from spiders.site import Site
from tests.spiders.folder_archive import FolderArchive


def tell(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def arguments(job: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    sites = [Site(**site) for site in job["sites"]]
    named = {"revisit_now": job["revisit_now"], "limits": Limits(**job["limits"]), "concurrency": job["concurrency"]}
    return [sites, job["run_id"], FolderArchive(Path(job["root"])), tell], named


def install_names(reactor: Any, names: dict[str, str]) -> None:
    """Resolve by a table, as a hosts file would."""

    @implementer(IHostnameResolver)
    class Table:
        def __init__(self) -> None:
            self.inner = reactor.nameResolver

        def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *rest: Any) -> Any:  # noqa: N802, N803
            if hostName not in names:
                return self.inner.resolveHostName(receiver, hostName, portNumber, *rest)
            receiver.resolutionBegan(None)
            if names[hostName] == "never":
                return receiver
            receiver.addressResolved(IPv4Address("TCP", names[hostName], portNumber))
            receiver.resolutionComplete()
            return receiver

    reactor.installNameResolver(Table())


def serve() -> None:
    asyncioreactor.install()
    from twisted.internet import reactor  # noqa: PLC0415 - after the reactor is chosen

    names: dict[str, str] = {}
    loop = asyncio.get_event_loop_policy().get_event_loop()

    async def run(job: dict[str, Any]) -> None:
        names.clear()
        names.update(job["names"])
        positional, named = arguments(job)
        try:
            await crawl_all(*positional, **named)
        finally:
            tell({"event": "job-ended"})

    def read() -> None:
        for line in sys.stdin:
            asyncio.run_coroutine_threadsafe(run(json.loads(line)), loop)
        reactor.callFromThread(reactor.stop)

    reactor.callWhenRunning(install_names, reactor, names)
    reactor.callWhenRunning(threading.Thread(target=read, daemon=True).start)
    reactor.run(installSignalHandlers=False)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        positional, named = arguments(json.loads(sys.argv[1]))
        crawl_sites(*positional, **named)
    else:
        serve()
