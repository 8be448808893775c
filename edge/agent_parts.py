"""Parts that only some nodes have, made when their settings ask for them and imported only then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from edge.batcher import Measured
from edge.clock import Clock
from edge.counters import Counters
from edge.enrolment.identity import Identity
from edge.enrolment.renewal import Renewal, access
from edge.link import Access, Change, Link
from edge.rules import Plan
from edge.settings import Settings
from edge.tracing import Tracer

if TYPE_CHECKING:
    from edge.anomalies.node_anomalies import NodeAnomalies
    from edge.apps.manager import AppManager
    from edge.diagnostics.answers import About
    from edge.diagnostics.responder import Responder
    from edge.early_warning.node_scores import NodeScores
    from edge.hl7v2.listener import Hl7Listener
    from edge.inspections.handheld import Handheld
    from edge.node_rules.node_rules import NodeRules
    from edge.seismic_station import SeismicStation
    from edge.setpoints.follower import SetpointFollower
    from edge.station.server import StationServer
    from edge.update.updater import NodeUpdates
    from tianfu.fleet.v1 import node_pb2

NATS_URL: Final = "nats://127.0.0.1:4222"
"""Where a server is when neither settings nor identity say."""

RULE_SETS_UNSUPPORTED: Final = "RULE_SETS_UNSUPPORTED"
"""A plan's rule sets are refused, each by name, on a node whose settings have no [rules]."""


class Randomness(Protocol):
    """Where the agent's random numbers come from."""

    def getrandbits(self, k: int, /) -> int:
        """Return an integer of ``k`` random bits."""
        ...

    def random(self) -> float:
        """Return a float from 0 up to 1."""
        ...


def access_of(settings: Settings, identity: Identity | None) -> Access:
    """Return how to reach NATS: by what the settings say, or else by the identity on the card."""
    if settings.credentials_file is None and identity is not None:
        return access(identity, settings.nats_url)
    return Access((settings.nats_url or NATS_URL,), settings.credentials_file)


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


def make_seismic(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    tracer: Tracer,
    random_bits: Callable[[int], int],
    jitter: Callable[[], float],
    offset_us: Callable[[], int | None],
    rules: NodeRules | None,
) -> SeismicStation | None:
    """Return the seismic station, None where there is none; numpy is imported only then."""
    if settings.seismic is None:
        return None
    from edge.seismic_station import SeismicStation  # noqa: PLC0415 - as said above

    return SeismicStation(
        settings.seismic,
        settings.node,
        clock=clock,
        counters=counters,
        tracer=tracer,
        random_bits=random_bits,
        jitter=jitter,
        offset_us=offset_us,
        seen=None if rules is None else rules.see,
    )


def make_renewal(
    settings: Settings,
    identity: Identity | None,
    link: Link,
    clock: Clock,
    counters: Counters,
    offset_us: Callable[[], int],
    jitter: Callable[[], float],
    random_bits: Callable[[int], int],
) -> Renewal | None:
    """Return what keeps an enrolled node's credentials good, None for a node that has others."""
    if identity is None or settings.credentials_file is not None:
        return None
    return Renewal(
        identity,
        settings.data_dir,
        link,
        url=settings.nats_url,
        clock=clock,
        counters=counters,
        offset_us=offset_us,
        jitter=jitter,
        random_bits=random_bits,
    )


def make_station(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    random: Randomness,
    *,
    holder: Callable[[], Identity | None] = lambda: None,
    offset_us: Callable[[], int] = lambda: 0,
) -> StationServer | None:
    """Return what runs the leaf server of a base station, None for a node that is none.

    ``holder`` says what identity the node has, by whose key it renews the server's credentials.
    """
    if settings.station is None:
        return None
    from edge.station.beside import BesideServer  # noqa: PLC0415 - as said above
    from edge.station.credentials import LeafCredentials  # noqa: PLC0415 - as said above
    from edge.station.server import FOLDER, StationServer  # noqa: PLC0415 - as said above

    kind: type[StationServer] = BesideServer
    credentials = None
    if settings.station.shared is None:
        kind = StationServer
        credentials = LeafCredentials(
            settings.data_dir / FOLDER,
            settings.station.credentials_file,
            holder,
            clock=clock,
            counters=counters,
            offset_us=offset_us,
            jitter=random.random,
            random_bits=random.getrandbits,
        )
    return kind(
        settings.station,
        settings.node,
        settings.data_dir,
        clock=clock,
        counters=counters,
        jitter=random.random,
        credentials=credentials,
    )


def make_rules(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    *,
    offset_us: Callable[[], int | None],
    put: Callable[[list[Measured]], Awaitable[None]],
    taken_series: Callable[[], Iterable[str]],
    changed: Callable[[], None],
) -> NodeRules | None:
    """Return what follows rules for the node's own readings, None when it is to follow none."""
    if settings.rules is None:
        return None
    from edge.node_rules.node_rules import NodeRules  # noqa: PLC0415 - as said above

    return NodeRules(
        settings.rules,
        settings.data_dir,
        clock=clock,
        counters=counters,
        offset_us=offset_us,
        put=put,
        taken_series=taken_series,
        changed=changed,
    )


def describe_rules(rules: NodeRules | None, plan: Plan, report: node_pb2.PlanReport) -> None:
    """Add what became of a plan's rule sets to a report on it."""
    if rules is not None:
        rules.describe(report)
        return
    from tianfu.fleet.v1 import rule_set_pb2  # noqa: PLC0415 - as said above

    for one in plan.rule_sets:
        report.rule_sets.add(
            name=one.name,
            state=rule_set_pb2.RULE_SET_STATE_REFUSED,
            reason=RULE_SETS_UNSUPPORTED,
            message="the node's settings have no [rules]",
        )


def make_apps(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    jitter: Callable[[], float],
    *,
    offset_us: Callable[[], int | None],
    changed: Callable[[], None],
) -> AppManager:
    """Return what runs programs of the plan; imported only when there are any."""
    from edge.apps.manager import AppManager  # noqa: PLC0415 - as said above

    return AppManager(
        settings.node,
        settings.data_dir,
        settings.apps,
        clock=clock,
        counters=counters,
        jitter=jitter,
        offset_us=offset_us,
        changed=changed,
    )


def make_diagnostics(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    version: str,
    *,
    status: Callable[[], dict[str, Any]],
    history: Callable[[], Sequence[Change]],
    generation: Callable[[], int],
    describe: Callable[[node_pb2.PlanReport], None],
) -> Responder | None:
    """Return what answers questions about the node, None where its settings forbid it."""
    if not settings.diagnostics.answers:
        return None
    from edge.diagnostics.log_memory import LogMemory  # noqa: PLC0415 - as said above
    from edge.diagnostics.responder import Responder  # noqa: PLC0415 - as said above

    logs = LogMemory()

    def report() -> node_pb2.PlanReport:
        from tianfu.fleet.v1 import node_pb2  # noqa: PLC0415 - as said above

        said = node_pb2.PlanReport(
            node=settings.node, generation=generation(), state=node_pb2.PLAN_STATE_APPLIED
        )
        describe(said)
        return said

    def about() -> About:
        from edge import doctor  # noqa: PLC0415 - only for who asks
        from edge.diagnostics.answers import About  # noqa: PLC0415 - as above

        return About(
            node=settings.node,
            version=version,
            data_dir=settings.data_dir,
            clock=clock,
            logs=logs,
            tells_app_logs=settings.diagnostics.app_logs,
            status=status,
            history=history,
            report=report,
            findings=lambda: doctor.examine_loaded(
                settings, {**status(), "running": True}, clock, "the settings file"
            ),
        )

    return Responder(settings.node, about, logs, clock=clock, counters=counters)


def make_updates(
    settings: Settings,
    clock: Clock,
    counters: Counters,
    version: str,
    *,
    is_well: Callable[[], bool],
    changed: Callable[[], None],
) -> NodeUpdates | None:
    """Return what renews the agent, None where the settings do not ask; imported only then."""
    if settings.update is None:
        return None
    from edge.update.updater import NodeUpdates  # noqa: PLC0415 - as said above

    return NodeUpdates(
        settings.update,
        settings.data_dir,
        version=version,
        clock=clock,
        counters=counters,
        is_well=is_well,
        changed=changed,
    )
