"""What an operator counts, for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Measures:
    """The metrics; each operator has a registry of its own, so that tests do not share them."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        """Make them."""
        make = object.__setattr__
        for name, metric in _metrics(self.registry).items():
            make(self, name, metric)

    requests: Counter = field(init=False)
    request_seconds: Histogram = field(init=False)
    cached: Gauge = field(init=False)
    relists: Counter = field(init=False)
    queued: Gauge = field(init=False)
    reconciles: Counter = field(init=False)
    reconcile_seconds: Histogram = field(init=False)
    writes: Counter = field(init=False)
    leading: Gauge = field(init=False)


def _metrics(registry: CollectorRegistry) -> dict[str, Counter | Gauge | Histogram]:
    prefix = "tianfu_operator"
    return {
        "requests": Counter(
            f"{prefix}_api_requests",
            "Requests to the Kubernetes API",
            ["method", "kind", "status"],
            registry=registry,
        ),
        "request_seconds": Histogram(
            f"{prefix}_api_request_seconds",
            "Time of a request to the Kubernetes API",
            ["method"],
            buckets=_SECONDS,
            registry=registry,
        ),
        "cached": Gauge(
            f"{prefix}_cached_objects", "Objects held in a cache", ["kind"], registry=registry
        ),
        "relists": Counter(
            f"{prefix}_lists", "Lists made to begin a watch anew", ["kind"], registry=registry
        ),
        "queued": Gauge(
            f"{prefix}_queue_depth", "Keys that wait to be reconciled", ["kind"], registry=registry
        ),
        "reconciles": Counter(
            f"{prefix}_reconciles", "Reconciles by outcome", ["kind", "outcome"], registry=registry
        ),
        "reconcile_seconds": Histogram(
            f"{prefix}_reconcile_seconds",
            "Time of a reconcile",
            ["kind"],
            buckets=_SECONDS,
            registry=registry,
        ),
        "writes": Counter(
            f"{prefix}_writes", "Writes to Kubernetes", ["action", "kind"], registry=registry
        ),
        "leading": Gauge(
            f"{prefix}_leading", "Whether this replica holds the lease", registry=registry
        ),
    }
