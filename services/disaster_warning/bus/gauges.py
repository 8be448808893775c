"""The watch over gauges: from nodes' readings to drafts of warnings, each minute.

A reading is acknowledged when the database has it: in the journal, or in a snapshot that has
replaced the journal up to there. What the judge knows is memory; a start makes it of the snapshot
and the journal. A colour's change is stored with the drafts made of it, so that whatever dies, none
is made twice and none is missed.

Nothing that fails here ends the service: earthquakes are told whatever becomes of the gauges.
"""

from __future__ import annotations

import asyncio
import functools
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Count

from services.disaster_warning.bus.gauge_batches import once, readings_of
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.gauge_judge import GaugeJudge, Grounds, Shown
from services.disaster_warning.model.gauge_list import GaugeList
from services.disaster_warning.model.gauge_readings import GaugeReadings
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.ports import Desk
from services.disaster_warning.store.gauges import GaugeStore, WatchedElsewhere
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import gauge_watch, proposals
from services.disaster_warning.usecases.gauge_watch import STATE, Felt
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.dead_letters import SURROUNDINGS
from services.plumbing.pause import pause
from services.plumbing.refusal import Refusal

AT_ONCE: Final = 500
"""Batches that share one entry of the journal: a commit to disk."""

TAKE_S: Final = 1.0
"""How long to wait for batches before looking at the clock."""

RETRY_S: Final = 1.0
"""After the database or the stream was away."""

SAVE_EVERY_S: Final = 600.0
"""How old the snapshot may be: a start takes the journal since then, a few seconds' work."""

JOURNAL_BYTES: Final = 64 << 20
"""A journal that has grown so far is replaced by a snapshot at once: a node that floods fills no
disk."""

STAND_AT_ONCE: Final = 4
"""Proposals of one transaction, some 20 ms: writes go one after the other, and an earthquake's
must not wait for a typhoon's hundred counties."""

DAMAGED: Final = (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile)
"""What reading a state raises that is of another format, or no state at all."""

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
"""Seconds; a minute's judgement of ten thousand gauges is to take less than one."""

log = structlog.get_logger(__name__)


class Source(Protocol):
    """Where batches come from."""

    async def start(self) -> None:
        """Begin; raise a Refusal while there is no stream yet."""
        ...

    async def take(self, max_messages: int, max_wait: float) -> Sequence[Any]:
        """Return what is there, waiting for the first; empty when nothing came."""
        ...

    async def stop(self) -> None:
        """Take no more."""
        ...


class GaugeMeters:
    """Figures of the watch."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.readings = Count(
            "tianfu_gauge_readings", "Readings by outcome.", ["outcome"], registry=registry
        )
        self.refused = Count(
            "tianfu_gauge_batches_refused", "Batches that are none.", registry=registry
        )
        self.proposals = Count(
            "tianfu_gauge_proposals",
            "Proposals by hazard and outcome.",
            ["hazard", "outcome"],
            registry=registry,
        )
        self.reporting = Gauge(
            "tianfu_gauges_reporting", "Gauges that are heard.", ["kind"], registry=registry
        )
        self.failures = Count(
            "tianfu_gauge_failures", "What could not be done, by step.", ["step"], registry=registry
        )
        self.judging = Histogram(
            "tianfu_gauge_judging_seconds",
            "One judgement of all gauges.",
            buckets=BUCKETS,
            registry=registry,
        )


@dataclass
class _Owed:
    """A judgement whose proposals are not all stored yet, and the state to keep with the last."""

    grounds: list[Grounds]
    state: bytes | None


@dataclass
class GaugeWatch:
    """Follows the gauges of a list. ``run`` until told to stop."""

    gauges: GaugeList
    source: Source
    store: GaugeStore
    transactor: Transactor
    desk: Desk
    settle: Callable[[Any, Exception], Awaitable[None]]
    clock: Clock
    monotonic: Monotonic
    meters: GaugeMeters
    journal_bytes_max: int = JOURNAL_BYTES
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _number: int = 0
    _journal_bytes: int = 0
    _saved_at: float = 0.0
    _minute: int = -1
    _owed: _Owed | None = None
    _felt_at: datetime | None = None
    _shaken: set[str] = field(default_factory=set)
    _is_reconciled: bool = False
    _refused: dict[tuple[Hazard, str], Grounds] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with a judge that knows nothing."""
        self._slots = self.gauges.slots
        self._judge = self._new_judge()

    async def run(self, stop: asyncio.Event) -> None:
        """Take readings and judge them."""
        steps = (("load", self.load), ("start", self.source.start))
        for name, step in steps:
            while not stop.is_set() and not await self._tried(name, step):
                await pause(stop, RETRY_S)
        while not stop.is_set():
            messages = await self.source.take(AT_ONCE, TAKE_S)
            done = not messages or await self._tried("take", functools.partial(self.take, messages))
            done &= await self._tried("judge", self.judge_if_due)
            done &= await self._tried("save", self.save_if_due)
            if not done:
                await pause(stop, RETRY_S)

    async def _tried(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        """Do a step; say whether it was done. What failed is done at the next look."""
        try:
            await step()
        except WatchedElsewhere as refusal:
            log.warning("gauges: another process watches too, loading anew", reason=refusal.reason)
            self.meters.failures.labels(name).inc()
            return await self._tried("load", self.load) and False
        except Refusal as refusal:
            log.warning("gauges: nothing done, trying again", step=name, reason=refusal.reason)
            self.meters.failures.labels(name).inc()
            return False
        except Exception:
            log.exception("gauges: step failed, trying again", step=name)
            self.meters.failures.labels(name).inc()
            return False
        return True

    # -- state ------------------------------------------------------------------------------------

    def _new_judge(self) -> GaugeJudge:
        place = self.desk.office.jurisdiction
        return GaugeJudge(self.gauges, self.desk.rules, self.clock(), jurisdiction=place)

    async def load(self) -> None:
        """Go on from what is kept: the snapshot, then what was told since."""
        kept = await self.store.load()
        async with self._lock:
            judge = self._restored(kept.states)
            for take_time, body in kept.journal:
                at_s = take_time.timestamp()
                self._part("journal", functools.partial(_replay, judge, body, at_s))
                await asyncio.sleep(0)
            self._judge, self._owed = judge, None
            self._number = kept.last_number
            self._journal_bytes = sum(len(body) for _, body in kept.journal)
            self._saved_at = self.monotonic()
            self._felt_at, self._shaken, self._is_reconciled = None, set(), False
        log.info("gauges watched", gauges=len(self.gauges), journal=len(kept.journal))

    def _restored(self, states: Mapping[str, bytes]) -> GaugeJudge:
        """Return a judge that knows what was kept, as far as it can be read.

        One part that can't be read is one part's loss: the others are good, and people are told.
        """
        judge, now = self._new_judge(), self.clock()
        changes = states.get(STATE)
        for part, body in states.items():
            if part != STATE:
                only = {part: body}
                self._part(part, functools.partial(judge.restore, only, None, now))
        if changes is not None:
            self._part(STATE, lambda: judge.restore({}, changes, now))
        return judge

    def _part(self, name: str, restore: Callable[[], None]) -> None:
        try:
            restore()
        except DAMAGED:
            log.exception("gauges: a part of what was kept can't be read, and is left", part=name)
            self.meters.failures.labels("load").inc()

    async def save_if_due(self) -> None:
        """Replace the journal by a snapshot when it is old or large."""
        is_old = self.monotonic() - self._saved_at >= SAVE_EVERY_S
        if not is_old and self._journal_bytes < self.journal_bytes_max:
            return
        async with self._lock:
            states = await asyncio.to_thread(self._judge.states)
            if self._owed is None:
                # Else what was proposed is not all stored: the state of before still holds.
                states[STATE] = self._judge.changes()
        await self.store.save(states, self._number, self.clock())
        self._saved_at, self._journal_bytes = self.monotonic(), 0

    # -- readings ---------------------------------------------------------------------------------

    async def take(self, messages: Sequence[Any]) -> None:
        """Take batches: keep what gauges tell, then acknowledge. The malformed are put apart."""
        outcomes: Counter[str] = Counter()
        parts: list[GaugeReadings] = []
        good, bad = [], []
        for message in messages:
            try:
                part = readings_of(message, self._slots, outcomes)
            except Refusal as refusal:
                bad.append((message, refusal))
                continue
            good.append(message)
            if len(part):
                parts.append(part)
        try:
            if parts:
                outcomes += await self._keep(once(GaugeReadings.joined(parts)))
        except Exception as error:
            # Given back, to come again; what is the message's own fault ends as a dead letter.
            await asyncio.gather(*(self.settle(message, error) for message in good))
            raise
        for message in good:
            await message.ack()
        for outcome, count in outcomes.items():
            self.meters.readings.labels(outcome).inc(count)
        if bad:
            self.meters.refused.inc(len(bad))
            await asyncio.gather(*(self.settle(*each) for each in bad))

    async def _keep(self, readings: GaugeReadings) -> Counter[str]:
        now, body = self.clock(), readings.to_bytes()
        await self.store.append(self._number + 1, body, now)
        self._number += 1
        self._journal_bytes += len(body)
        async with self._lock:
            return self._judge.take(readings, now.timestamp())

    # -- judgement --------------------------------------------------------------------------------

    async def judge_if_due(self) -> None:
        """Once a minute: hear of earthquakes, judge, and have what has changed stand."""
        minute = int(self.clock().timestamp() // 60)
        if minute == self._minute:
            return
        if self._owed is None:
            self._owed = await self._judged()
        await self._pay(self._owed)
        self._owed = None
        await self.transactor.write(proposals.renew_due, self.desk, now=self.clock())
        self._minute = minute

    async def _judged(self) -> _Owed:
        quakes: list[Felt] = await self.transactor.read(
            gauge_watch.felt, self.desk, self._felt_at, now=self.clock()
        )
        async with self._lock:
            began, now = self.monotonic(), self.clock()
            self._shake(quakes)
            found = await asyncio.to_thread(self._judge.judge, now)
            state = self._judge.changes() if found else None
            heard, proposed = self._judge.reporting(now), self._judge.proposed()
        self.meters.judging.observe(self.monotonic() - began)
        for kind, count in heard.items():
            self.meters.reporting.labels(kind).set(count)
        found += await self._no_longer_watched(proposed)
        new = {_about(each) for each in found}
        found += [each for about, each in self._refused.items() if about not in new]
        self._refused = {}
        return _Owed(found, state)

    def _shake(self, quakes: Sequence[Felt]) -> None:
        if self._felt_at is None:
            self._judge.calm()
        for each in quakes:
            if each.is_strong or each.earthquake_id in self._shaken:
                self._judge.shake(each.earthquake_id, each.time_s, each.intensity)
                self._shaken.add(each.earthquake_id)
        times = [each.update_time for each in quakes]
        self._felt_at = max([self._felt_at or _EPOCH, *times])

    async def _no_longer_watched(
        self, proposed: Mapping[tuple[Hazard, str], Colour]
    ) -> list[Grounds]:
        """Return, at the first judgement, what stands that no gauge of the list calls for."""
        if self._is_reconciled:
            return []
        ends: list[Grounds] = await self.transactor.read(
            gauge_watch.unwatched, self.desk, proposed, now=self.clock()
        )
        self._is_reconciled = True
        return ends

    async def _pay(self, owed: _Owed) -> None:
        """Store what was found; what the database refuses now stays owed."""
        while owed.grounds or owed.state is not None:
            some = owed.grounds[:STAND_AT_ONCE]
            is_last = len(some) == len(owed.grounds)
            state = owed.state if is_last else None
            try:
                told = await self._stand(some, state)
            except Refusal as refusal:
                if refusal.kind in SURROUNDINGS:
                    raise
                told = await self._stand_singly(some)
                await self._stand([], state)
            for grounds, each in zip(some, told, strict=False):
                hazard = grounds.proposal.hazard.value
                self.meters.proposals.labels(hazard, each.outcome.value).inc()
            owed.grounds = owed.grounds[STAND_AT_ONCE:]
            owed.state = None if is_last else owed.state
            await asyncio.sleep(0)

    async def _stand(self, grounds: Sequence[Grounds], state: bytes | None) -> list[proposals.Told]:
        told: list[proposals.Told] = await self.transactor.write(
            gauge_watch.stand, self.desk, grounds, state, now=self.clock()
        )
        return told

    async def _stand_singly(self, grounds: Sequence[Grounds]) -> list[proposals.Told]:
        """Store proposals one by one: one that the rules refuse keeps no other county waiting.

        It is proposed again at the next judgement: a rule that was missing may be there then.
        """
        told = []
        for each in grounds:
            try:
                told += await self._stand([each], None)
            except Refusal as refusal:
                if refusal.kind in SURROUNDINGS:
                    raise
                self._refused[_about(each)] = each
                proposal = each.proposal
                hazard = proposal.hazard.value
                self.meters.proposals.labels(hazard, "refused").inc()
                log.error(  # noqa: TRY400 - the reason says all
                    "proposal refused",
                    hazard=hazard,
                    county=proposal.county,
                    reason=refusal.reason,
                    message=refusal.message,
                )
        return told

    # -- questions --------------------------------------------------------------------------------

    async def shown(self, county: str) -> list[Shown]:
        """Return what the gauges of a county say now, gauge by gauge."""
        async with self._lock:
            return await asyncio.to_thread(self._judge.shown, self.clock(), county)


def _about(grounds: Grounds) -> tuple[Hazard, str]:
    return grounds.proposal.hazard, grounds.proposal.county


def _replay(judge: GaugeJudge, body: bytes, at_s: float) -> None:
    judge.take(GaugeReadings.from_bytes(body), at_s)


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
