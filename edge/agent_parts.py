"""Parts that only some nodes have, made when their settings ask for them and imported only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.clock import Clock
from edge.counters import Counters
from edge.settings import Settings
from edge.tracing import Tracer

if TYPE_CHECKING:
    from edge.anomalies.node_anomalies import NodeAnomalies
    from edge.early_warning.node_scores import NodeScores
    from edge.hl7v2.listener import Hl7Listener
    from edge.inspections.handheld import Handheld
    from edge.setpoints.follower import SetpointFollower


def make_hl7(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    tracer: Tracer,
    jitter: Callable[[], float],
    random_bits: Callable[[int], int],
) -> Hl7Listener | None:
    """Return what listens for HL7 v2, None when nothing is to."""
    if settings.hl7 is None:
        return None
    from edge.hl7v2.listener import Hl7Listener  # noqa: PLC0415 - as said above
    from edge.message_store import MessageStore  # noqa: PLC0415 - as said above

    store = MessageStore(
        settings.data_dir,
        "clinical",
        bytes_max=settings.hl7.bytes_max,
        clock=clock,
        random_bits=random_bits,
    )
    return Hl7Listener(
        settings.hl7,
        settings.node,
        store,
        clock=clock,
        counters=counters,
        tracer=tracer,
        jitter=jitter,
    )


def make_setpoints(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    offset_us: Callable[[], int | None],
) -> SetpointFollower | None:
    """Return what carries out setpoints, None when nothing is to."""
    if settings.setpoints is None:
        return None
    from edge.setpoints.follower import SetpointFollower  # noqa: PLC0415 - as said above

    return SetpointFollower(
        settings.setpoints,
        settings.node,
        settings.data_dir,
        clock=clock,
        counters=counters,
        offset_us=offset_us,
    )


def make_scores(settings: Settings, clock: Clock, counters: Counters) -> NodeScores | None:
    """Return what scores the node's monitors, None when it has none."""
    if not settings.monitors:
        return None
    from edge.early_warning.node_scores import NodeScores  # noqa: PLC0415 - as said above

    return NodeScores(settings.monitors, settings.data_dir, clock=clock, counters=counters)


def make_anomalies(settings: Settings, counters: Counters) -> NodeAnomalies | None:
    """Return what watches the node's series for odd hours, None when it has none to watch."""
    if not settings.anomalies:
        return None
    from edge.anomalies.node_anomalies import NodeAnomalies  # noqa: PLC0415 - as said above

    return NodeAnomalies(settings.anomalies, settings.data_dir, counters=counters)


def make_inspections(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    tracer: Tracer,
    jitter: Callable[[], float],
    random_bits: Callable[[int], int],
) -> Handheld | None:
    """Return what an inspector's handheld does, None for a node that is none."""
    if settings.inspections is None:
        return None
    from edge.inspections import handheld  # noqa: PLC0415 - as said above
    from edge.message_store import MessageStore  # noqa: PLC0415 - as said above

    store = MessageStore(
        settings.data_dir,
        handheld.STORE,
        bytes_max=settings.inspections.bytes_max,
        clock=clock,
        random_bits=random_bits,
    )
    return handheld.Handheld(
        settings.node,
        settings.data_dir,
        store,
        clock=clock,
        counters=counters,
        tracer=tracer,
        jitter=jitter,
    )
