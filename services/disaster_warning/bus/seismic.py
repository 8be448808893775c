"""From stations' features to warnings, one watch for the public and one for exercises.

The tracker is memory. What it knows of the last minutes is in the stream as well, so a start takes
those again (``REPLAY_S``): it follows silently until it has caught up, and then says what it finds.
What is said twice is one thing in the database: a pick belongs to one earthquake, an earthquake has
one warning, and a solution whose number is not greater changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.disaster_warning.bus.features import Present, parse
from services.disaster_warning.bus.solutions import Place, Validity, Work, issue_of
from services.disaster_warning.model.earthquake.decisions import Decision, Kind
from services.disaster_warning.model.earthquake.memory import Setting
from services.disaster_warning.model.earthquake.rehearsal import rehearse
from services.disaster_warning.model.earthquake.stations import Network, Station
from services.disaster_warning.model.earthquake.tracker import Tracker
from services.disaster_warning.model.warning import AutomaticIssue, Channel, Issued
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.refusal import Refusal

REPLAY_S: Final = 180.0
"""How much of the stream is taken again at a start: an event is followed for two minutes."""

TAKE_MESSAGES: Final = 500
"""Taken at once; a thousand stations that shake send a thousand a second."""

ACTIVE_S: Final = 0.25
"""How long to wait for features while an earthquake goes on: time alone may bring a decision."""

IDLE_S: Final = 1.0
"""And while none does."""

PRESENT_S: Final = 35.0
"""A station that says every 10 s that it is there has missed three times by then."""

NETWORK_EVERY_S: Final = 5.0
"""How often it is looked which stations are there."""

RETRY_S: Final = 0.5
"""After the database refused: the decision is still the tracker's, and is made again."""

BUCKETS: Final = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0)
"""Seconds. The budget from a pick's arrival to the counties' messages is 0.1."""

log = structlog.get_logger(__name__)


class Source(Protocol):
    """Where features come from."""

    async def take(self, max_messages: int, max_wait: float) -> Sequence[Any]:
        """Return what is there, waiting for the first; empty when nothing came."""
        ...


class Authority(Protocol):
    """Stores what is found and tells the counties. All of it may be said again."""

    async def issue(self, issue: AutomaticIssue) -> Issued:
        """Record a solution; tell its counties, if it has any."""
        ...

    async def cancel(self, earthquake_id: str, channel: Channel, reason: str) -> None:
        """Say that there was no earthquake."""
        ...

    async def finish(self, earthquake_id: str) -> None:
        """Say that the last solution stands."""
        ...


Turn = Callable[[], Awaitable[None]]
"""Returns when counties have been told, for they go first."""


async def _at_once() -> None:
    """Let nobody go first."""


Bury = Callable[[Any, Exception], Awaitable[None]]
"""Settle a message that can't be taken."""


class SeismicMeters:
    """Figures of a service's watches; made once a registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.features = Counter(
            "tianfu_seismic_features_total", "Features taken", ["channel"], registry=registry
        )
        self.decisions = Counter(
            "tianfu_seismic_decisions_total",
            "Decisions of the tracker",
            ["channel", "kind"],
            registry=registry,
        )
        self.stations = Gauge(
            "tianfu_seismic_stations", "Stations that are there", ["channel"], registry=registry
        )
        self.processing = Histogram(
            "tianfu_seismic_processing_seconds",
            "From the arrival of the deciding features until the decision was stored",
            ["channel"],
            buckets=BUCKETS,
            registry=registry,
        )


class _Began(NamedTuple):
    """When work on some messages began (monotonic), and when the oldest was stored (Unix)."""

    at: float
    trigger_s: float


@dataclass
class SeismicWatch:
    """Follows the features of one channel. ``run`` until told to stop."""

    channel: Channel
    source: Source
    setting: Setting
    validity: Validity
    places: Mapping[str, Place]
    rule_versions: tuple[str, ...]
    authority: Authority
    bury: Bury
    clock: Clock
    monotonic: Monotonic
    meters: SeismicMeters
    turn: Turn = _at_once
    _seen: dict[str, tuple[Station, float]] = field(default_factory=dict)
    _offsets: dict[str, int] = field(default_factory=dict)
    _stored_as: dict[str, str] = field(default_factory=dict)
    _network_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Begin with a tracker that knows nothing."""
        self.tracker = Tracker(self.setting, Network.of(()))

    def rehearse(self) -> None:
        """Have a made-up earthquake decided, of which nothing is kept or told."""
        rehearse(self.setting)

    async def run(self, stop: asyncio.Event) -> None:
        """Take features and act on what they mean."""
        await self._catch_up(stop)
        while not stop.is_set():
            wait_s = ACTIVE_S if self.tracker.is_active else IDLE_S
            messages = await self.source.take(TAKE_MESSAGES, wait_s)
            now = self._now()
            began = _Began(self.monotonic(), _stored_at(messages[0]) if messages else now)
            await self._take(messages)
            for decision in self.tracker.advance(self._now()):
                await self._act(decision, began, stop)
            await self.turn()
            await asyncio.sleep(0)  # whoever asks by gRPC is heard between two batches

    async def _catch_up(self, stop: asyncio.Event) -> None:
        """Take what the stream has of the last minutes, then say what is found."""
        started, behind = self._now(), True
        latest: dict[str, Decision] = {}
        while behind and not stop.is_set():
            messages = await self.source.take(TAKE_MESSAGES, ACTIVE_S)
            if not messages:
                break
            await self._take(messages)
            now = _stored_at(messages[-1])
            latest |= {d.event_id: d for d in self.tracker.advance(now)}
            behind = now < started and messages[-1].pending > 0
        for decision in latest.values():
            if decision.is_warning or decision.kind is not Kind.DETECT:
                await self._act(decision, _Began(self.monotonic(), self._now()), stop)
        if latest:
            log.info("caught up", channel=self.channel.value, earthquakes=len(latest))

    async def _take(self, messages: Sequence[Any]) -> None:
        taken, last = 0, None
        for message in messages:
            received_s = _stored_at(message)
            try:
                said = parse(
                    message, self.channel, received_s=received_s, sequence=message.stream_sequence
                )
            except Refusal as refusal:
                await self.bury(message, refusal)
                continue
            if isinstance(said, Present):
                self._seen[said.station.station] = (said.station, received_s)
            else:
                station = Station(said.station, said.latitude, said.longitude)
                self._seen[said.station] = (station, received_s)
                self.tracker.take(said)
                taken += 1
            last = message
        if last is not None:
            await last.ack()
        self.meters.features.labels(self.channel.value).inc(taken)
        self._look_at_network()

    def _look_at_network(self) -> None:
        now = self._now()
        if now - self._network_at < NETWORK_EVERY_S:
            return
        self._network_at = now
        self._seen = {n: seen for n, seen in self._seen.items() if now - seen[1] <= PRESENT_S}
        self.tracker.use_network(Network.of(station for station, _ in self._seen.values()))
        self.meters.stations.labels(self.channel.value).set(len(self._seen))

    async def _act(self, decision: Decision, began: _Began, stop: asyncio.Event) -> None:
        """Store and tell a decision; while the database refuses, try again."""
        self.meters.decisions.labels(self.channel.value, decision.kind.value).inc()
        while not stop.is_set():
            try:
                await self._carry_out(decision, began)
            except Refusal as refusal:
                event_id, reason = decision.event_id, refusal.reason
                log.error("decision not stored", id=event_id, reason=reason)  # noqa: TRY400 - the reason says all
                await asyncio.sleep(RETRY_S)
            else:
                break
        taken_s = self.monotonic() - began.at
        self.meters.processing.labels(self.channel.value).observe(taken_s)

    async def _carry_out(self, decision: Decision, began: _Began) -> None:
        event_id = decision.event_id
        stored_id = self._stored_as.get(event_id, event_id)
        if decision.kind is Kind.CANCEL:
            await self.authority.cancel(stored_id, self.channel, decision.reason)
            return
        number = decision.solution.number + self._offsets.get(event_id, 0)
        issue = issue_of(
            decision,
            self.channel,
            number,
            self.places,
            self.validity,
            self.rule_versions,
            Work(began.trigger_s, self.monotonic() - began.at),
        )
        issued = await self.authority.issue(issue)
        self._stored_as[event_id] = issued.earthquake_id
        if issued.number > number:
            # An earlier life of this service came further: go on from there.
            self._offsets[event_id] = issued.number - decision.solution.number
        if decision.kind is Kind.FINAL:
            await self.turn()  # nobody waits for this, and counties are told at this moment
            await self.authority.finish(issued.earthquake_id)

    def _now(self) -> float:
        return self.clock().timestamp()


def _stored_at(message: Any) -> float:
    """Return when the stream stored a message, Unix seconds."""
    return float(message.published.timestamp())
