"""Metrics: a Prometheus registry of the process, and the HTTP endpoint that shows it.

Names begin with ``tianfu_``; units last (``_seconds``, ``_bytes``); a label never takes more than
a few dozen values (counties under warning, 183 at the most, aside), and never one that a caller can
choose.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from services.plumbing.settings import split_address
from services.plumbing.startup import AddressUnusable, PortInUse

if TYPE_CHECKING:
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

Registry = CollectorRegistry
"""Where metrics are registered. Each process makes one, each test its own."""

SECONDS_BUCKETS: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
"""Bounds of a call's duration, from half a millisecond to the longest a person waits."""

STOP_S: Final = 5.0
"""How long a scrape in progress may hold up the stop."""


def new_registry() -> Registry:
    """Return a registry that shows the process itself: memory, processor, open files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class MetricsServer:
    """Shows a registry by HTTP under /metrics, from a thread of its own."""

    def __init__(self, registry: Registry, address: str) -> None:
        self._registry = registry
        self._address = address
        self._running: tuple[WSGIServer, Thread] | None = None

    @property
    def port(self) -> int:
        """Port it listens on; 0 before the start."""
        return 0 if self._running is None else int(self._running[0].server_port)

    def start(self) -> None:
        """Listen; raise PortInUse or AddressUnusable."""
        host, port = split_address(self._address)
        try:
            self._running = start_http_server(port, host, self._registry)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"{self._address}: another process listens there; stop it, "
                    "or set TIANFU_METRICS_ADDRESS to another port"
                ) from error
            raise AddressUnusable(
                f"{self._address}: can't listen there; set TIANFU_METRICS_ADDRESS to an address "
                "of this machine"
            ) from error

    def stop(self) -> None:
        """Stop listening."""
        if self._running is None:
            return
        server, thread = self._running
        self._running = None
        server.shutdown()
        server.server_close()
        thread.join(STOP_S)
