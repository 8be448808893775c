"""What the watch over gauges keeps: what stands, what gauges told, and what they told since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.ports import Standing
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import gauge_journal, gauge_states, standings
from services.plumbing.postgres import Database
from services.plumbing.refusal import Aborted

CHANGES: Final = "changes"
"""The part of the state that is kept together with the drafts made of it."""


class WatchedElsewhere(Aborted):
    """Another process has kept readings meanwhile: what this one knows is not all."""

    reason = "GAUGES_WATCHED_ELSEWHERE"


class StandingRows:
    """Part of a transaction; see ``ports.Standings``."""

    _connection: Gathering
    _hold: bool

    def standing(self, hazard: Hazard, county: str) -> Standing | None:
        """Return what stands there; if this transaction writes, hold it until the end."""
        query = sa.select(standings).where(
            standings.c.hazard == hazard.value, standings.c.county == county
        )
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _standing(row)

    def standings(self) -> Sequence[Standing]:
        """Return all that stands: a row a hazard and county at the most."""
        query = sa.select(standings).order_by(standings.c.hazard, standings.c.county)
        return [_standing(row) for row in self._connection.execute(query)]

    def due_standings(self, now: datetime) -> Sequence[Standing]:
        """Return those whose warning is to be renewed by now, and hold them."""
        query = (
            sa.select(standings)
            .where(standings.c.renew_time <= now)
            .order_by(standings.c.hazard, standings.c.county)
        )
        if self._hold:
            query = query.with_for_update()
        return [_standing(row) for row in self._connection.execute(query)]

    def put_standing(self, standing: Standing) -> None:
        """Add or replace what stands for a hazard in a county."""
        values = {
            "colour": int(standing.colour),
            "warning_id": standing.warning_id,
            "renew_time": standing.renew_time,
        }
        statement = postgresql.insert(standings).values(
            hazard=standing.hazard.value, county=standing.county, **values
        )
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[standings.c.hazard, standings.c.county], set_=values
            )
        )

    def put_gauge_state(self, part: str, body: bytes, now: datetime) -> None:
        """Keep a part of the watch's state, with what this transaction makes of it."""
        _put_state(self._connection.plain, part, body, now)


@dataclass(frozen=True)
class Kept:
    """What a watch goes on from: the saved states, and (taken at, readings) since, in order."""

    states: Mapping[str, bytes]
    journal: Sequence[tuple[datetime, bytes]]
    last_number: int


class GaugeStore:
    """Keeps what gauges told. Beside the writes of warnings, which must never wait for it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Kept:
        """Return all that is kept."""
        return await self._database.transact(_load)

    async def append(self, number: int, body: bytes, now: datetime) -> None:
        """Keep readings under the next number; raise WatchedElsewhere when that is taken."""
        await self._database.transact(_append, number, body, now)

    async def save(self, states: Mapping[str, bytes], number: int, now: datetime) -> None:
        """Keep states, of which the readings up to ``number`` are part, in their place."""
        await self._database.transact(_save, states, number, now)


def _load(connection: sa.Connection) -> Kept:
    states = connection.execute(sa.select(gauge_states.c.part, gauge_states.c.body))
    kept = {row.part: row.body for row in states}
    query = sa.select(gauge_journal).order_by(gauge_journal.c.number)
    rows = connection.execute(query).all()
    last = rows[-1].number if rows else int(kept.pop(_LAST, b"0"))
    kept.pop(_LAST, None)
    return Kept(kept, [(row.take_time, row.body) for row in rows], last)


_LAST: Final = "journal-number"
"""Not a state: the number of the last readings that the saved states have in them."""


def _append(connection: sa.Connection, number: int, body: bytes, now: datetime) -> None:
    statement = (
        postgresql.insert(gauge_journal)
        .values(number=number, take_time=now, body=body)
        .on_conflict_do_nothing()
        .returning(gauge_journal.c.number)
    )
    saved = sa.select(gauge_states.c.body).where(gauge_states.c.part == _LAST)
    last = int(connection.execute(saved).scalar_one_or_none() or b"0")
    if last >= number or connection.execute(statement).one_or_none() is None:
        raise WatchedElsewhere(f"readings of number {number} are kept already, by another process")


def _save(
    connection: sa.Connection, states: Mapping[str, bytes], number: int, now: datetime
) -> None:
    newest = sa.select(sa.func.max(gauge_journal.c.number))
    if int(connection.execute(newest).scalar() or 0) > number:
        raise WatchedElsewhere(f"readings after number {number} are kept, by another process")
    for part, body in {**states, _LAST: str(number).encode()}.items():
        _put_state(connection, part, body, now)
    connection.execute(sa.delete(gauge_journal).where(gauge_journal.c.number <= number))


def _put_state(connection: sa.Connection, part: str, body: bytes, now: datetime) -> None:
    values = {"body": body, "save_time": now}
    statement = postgresql.insert(gauge_states).values(part=part, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[gauge_states.c.part], set_=values)
    )


def _standing(row: sa.Row[Any]) -> Standing:
    return Standing(
        Hazard(row.hazard), row.county, Colour(row.colour), row.warning_id, row.renew_time
    )
