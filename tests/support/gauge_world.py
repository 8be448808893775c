"""Gauges for tests of the watch: what nodes send, a stream to take it from, lives that end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.gauges import GaugeMeters, GaugeWatch
from services.disaster_warning.model.filters import WarningFilter
from services.disaster_warning.model.gauge_list import GaugeList
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.warning import Colour, HazardWarning
from services.disaster_warning.ports import Standing
from services.disaster_warning.store import tables
from services.disaster_warning.store.gauges import GaugeStore
from services.disaster_warning.store.tables import (
    earthquakes,
    gauge_journal,
    gauge_states,
    steps,
    warnings,
)
from services.disaster_warning.store.transaction import Transactor
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from tests.disaster_warning.gauge_scenes import every
from tests.support.drafted_warnings import desk
from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.batch_limits import UNMEASURED_US

UNIT = "mm"
HALF_HOUR = 6
"""Readings of a gauge that tells every five minutes: no batch spans more."""


def gauge_batch(
    node: str,
    series: str,
    readings: Sequence[tuple[datetime, float]],
    sequence: int = 1,
    *,
    unit: str = UNIT,
    quality: int = 0,
    offset_us: int = UNMEASURED_US,
) -> bytes:
    """Return a node's batch with readings of one series; nearer than 35 min to the first."""
    builder = BatchBuilder()
    for at, value in readings:
        builder.add(SeriesKey(series, unit), int(at.timestamp() * 1e6), value, quality)
    return batch_encoder.encode(
        builder.message(clock_offset_us=offset_us),
        Identity(node, 7, sequence),
        produced_total=sequence * len(readings),
    )


@dataclass
class Sent:
    """A message of the stream of readings."""

    data: bytes
    subject: str
    acked: bool = False

    async def ack(self) -> None:
        """Done."""
        self.acked = True


def sent(node: str, data: bytes, subject: str = "") -> Sent:
    """Return a batch under its node's subject, or another."""
    return Sent(data, subject or subjects.reading(subjects.node_id(node)))


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Mortal:
    """Counts writes to the database, and dies at one of them: before it is done, or after."""

    die_at: int = 0
    after: bool = False
    calls: int = 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a write that may be the last one."""

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            dies = self.calls == self.die_at
            if dies and not self.after:
                raise Killed
            result = await call(*args, **kwargs)
            if dies:
                raise Killed
            return result

        return wrapped


@dataclass
class GaugeWorld:
    """A stream whose messages come until they are acknowledged, and a clock."""

    database: Database
    gauges: GaugeList
    now: datetime
    messages: list[Sent] = field(default_factory=list)
    buried: list[str] = field(default_factory=list)
    given_back: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin the first life."""
        self.transactor = Transactor(self.database)
        self.watch = self.life()

    def life(self, mortal: Mortal | None = None) -> GaugeWatch:
        """Return a watch that knows nothing but what is kept; the one before is dead."""
        transactor, store = Transactor(self.database), GaugeStore(self.database)
        if mortal is not None:
            transactor.write = mortal.around(transactor.write)  # type: ignore[method-assign]
            store.append = mortal.around(store.append)  # type: ignore[method-assign]
            store.save = mortal.around(store.save)  # type: ignore[method-assign]
        self.registry = CollectorRegistry()
        self.watch = GaugeWatch(
            gauges=self.gauges,
            source=self,
            store=store,
            transactor=transactor,
            desk=desk(),
            settle=self.settle,
            clock=lambda: self.now,
            monotonic=self._monotonic,
            meters=GaugeMeters(self.registry),
        )
        return self.watch

    def _monotonic(self) -> float:
        return self.now.timestamp()

    async def start(self) -> None:
        """Begin to take."""

    async def stop(self) -> None:
        """Take no more."""

    async def take(self, max_messages: int, _max_wait: float) -> Sequence[Sent]:
        """Return what is not acknowledged."""
        await asyncio.sleep(0)
        return [each for each in self.messages if not each.acked][:max_messages]

    async def settle(self, message: Sent, error: Exception) -> None:
        """Bury what is refused; what failed for other reasons comes again."""
        reason = error.reason if isinstance(error, Refusal) else type(error).__name__
        if isinstance(error, Refusal) and not reason.startswith("DATABASE"):
            self.buried.append(reason)
            message.acked = True
        else:
            self.given_back.append(reason)

    def tell(self, node: str, series: str, *readings: tuple[datetime, float], **more: Any) -> Sent:
        """Have a node send readings."""
        number = len(self.messages) + 1
        message = sent(node, gauge_batch(node, series, readings, number, **more))
        self.messages.append(message)
        return message

    async def look(self) -> None:
        """Do what one round of the watch does."""
        messages = await self.take(500, 1.0)
        if messages:
            await self.watch.take(messages)
        await self.watch.judge_if_due()
        await self.watch.save_if_due()

    def count(self, name: str, **labels: str) -> float:
        """Return a sample of the watch's figures."""
        return self.registry.get_sample_value(name, labels) or 0.0


def storm(world: GaugeWorld, mm: float = 3.0, gauge: str = "gw-rain", hours: int = 3) -> None:
    """Have it rain evenly up to now, so much every five minutes."""
    told = every(5, world.now, [mm] * (12 * hours))
    for first in range(0, len(told), HALF_HOUR):
        world.tell(gauge, "rain", *told[first : first + HALF_HOUR])


def river(world: GaugeWorld, level_m: float) -> None:
    """Have the river stand so high now."""
    world.tell("gw-river", "stage", (world.now, level_m), unit="m")


async def drafts(world: GaugeWorld) -> list[HazardWarning]:
    """Return all warnings, in order of id."""
    found = await world.transactor.read(lambda tx: tx.warnings(WarningFilter(), None, 100))
    return sorted(found, key=lambda each: each.warning_id)


async def standings(world: GaugeWorld) -> dict[tuple[Hazard, str], Colour]:
    """Return what stands."""
    found: list[Standing] = await world.transactor.read(lambda tx: tx.standings())
    return {(each.hazard, each.county): each.colour for each in found}


async def emptied(database: Database) -> None:
    """Take everything out that gauges make."""

    def clear(connection: sa.Connection) -> None:
        for table in (gauge_journal, gauge_states, tables.standings, steps, warnings, earthquakes):
            connection.execute(sa.delete(table))

    await database.transact(clear)
