"""What the web part needs of others: where acts are written down, and what is counted."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import Counter, Histogram

from services.plumbing.metrics import SECONDS_BUCKETS, Registry


class Audit(Protocol):
    """Where what people do by way of the gateway is written down."""

    async def asked(self, actor: str, method: str) -> None:
        """Write down that somebody calls; raise Unavailable when that can't be."""
        ...

    async def answered(self, actor: str, method: str, outcome: str) -> None:
        """Write down what came of it. What can't be written is logged."""
        ...

    async def noted(self, actor: str, action: str, outcome: str) -> None:
        """Write down an act that is no call, such as signing in; raise Unavailable."""
        ...


class Instruments:
    """What the gateway counts."""

    def __init__(self, registry: Registry) -> None:
        self._seconds = Histogram(
            "tianfu_gateway_call_seconds",
            "Duration of calls with one answer, by service and outcome.",
            ["backend", "code"],
            registry=registry,
            buckets=SECONDS_BUCKETS,
        )
        self._streams = Counter(
            "tianfu_gateway_streams_total",
            "Streams that have ended, by service and outcome.",
            ["backend", "code"],
            registry=registry,
        )
        self._sign_ins = Counter(
            "tianfu_gateway_sign_ins_total", "Attempts to sign in.", ["outcome"], registry=registry
        )

    def called(self, backend: str, code: str, took_s: float) -> None:
        """Count a call with one answer."""
        self._seconds.labels(backend, code).observe(took_s)

    def streamed(self, backend: str, code: str) -> None:
        """Count a stream that has ended."""
        self._streams.labels(backend, code).inc()

    def signed_in(self, outcome: str) -> None:
        """Count an attempt to sign in."""
        self._sign_ins.labels(outcome).inc()
