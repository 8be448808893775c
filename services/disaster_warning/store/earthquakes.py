"""Earthquakes, their picks and solutions; see ``ports.Earthquakes``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from services.disaster_warning.model.filters import EarthquakeFilter
from services.disaster_warning.model.warning import (
    Channel,
    Earthquake,
    EarthquakeState,
    PickKey,
)
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import earthquakes, solutions

_OF_PICKS: Final = sa.text(
    """
    SELECT * FROM earthquakes WHERE earthquake_id = coalesce(
        (SELECT known.earthquake_id
         FROM unnest(CAST(:stations AS text[]), CAST(:pick_ids AS bigint[]))
              WITH ORDINALITY AS asked (station, pick_id, place)
         JOIN earthquake_picks AS known USING (station, pick_id)
         WHERE known.channel = :channel ORDER BY asked.place LIMIT 1),
        :otherwise)
    FOR UPDATE
    """
)

_ADD_PICKS: Final = """
    INSERT INTO earthquake_picks (channel, station, pick_id, earthquake_id)
    SELECT :channel, station, pick_id, :earthquake_id
    FROM unnest(CAST(:stations AS text[]), CAST(:pick_ids AS bigint[])) AS new (station, pick_id)
    ON CONFLICT DO NOTHING
"""

_PUT_EARTHQUAKE: Final = """
    INSERT INTO earthquakes (earthquake_id, channel, state, number, solution, origin_time,
                             magnitude, create_time, update_time, warning_id)
    VALUES (:earthquake_id, :channel, :state, :number, :solution, :origin_time,
            :magnitude, :create_time, :update_time, :warning_id)
    ON CONFLICT (earthquake_id) DO UPDATE
    SET channel = excluded.channel, state = excluded.state, number = excluded.number,
        solution = excluded.solution, origin_time = excluded.origin_time,
        magnitude = excluded.magnitude, create_time = excluded.create_time,
        update_time = excluded.update_time, warning_id = excluded.warning_id
"""

_ADD_SOLUTION: Final = """
    INSERT INTO solutions (earthquake_id, number, solve_time, body)
    VALUES (:earthquake_id, :number, :solve_time, :body)
"""

_SIGN_BIT: Final = 1 << 63


class EarthquakeRows:
    """Part of a transaction."""

    _connection: Gathering
    _hold: bool

    def earthquake(self, earthquake_id: str) -> Earthquake | None:
        """Return an earthquake; if this transaction writes, hold it until the end."""
        query = sa.select(earthquakes).where(earthquakes.c.earthquake_id == earthquake_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _earthquake(row)

    def earthquake_of(
        self, channel: Channel, picks: Sequence[PickKey], otherwise: str
    ) -> Earthquake | None:
        """Return the earthquake of the first known pick, or else of an id, and hold it."""
        values = {"channel": channel.value, "otherwise": otherwise, **_picks(picks)}
        row = self._connection.execute(_OF_PICKS, values).one_or_none()
        return None if row is None else _earthquake(row)

    def earthquakes(
        self, meant: EarthquakeFilter, before: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Earthquake]:
        """Return earthquakes, the latest first, after a position (origin time, id)."""
        key = sa.tuple_(earthquakes.c.origin_time, earthquakes.c.earthquake_id)
        query = sa.select(earthquakes).where(*_terms(meant))
        if before is not None:
            query = query.where(key < before)
        query = query.order_by(
            earthquakes.c.origin_time.desc(), earthquakes.c.earthquake_id.desc()
        ).limit(limit)
        return [_earthquake(row) for row in self._connection.execute(query)]

    def earthquakes_changed(
        self, channel: Channel, since: datetime, after: datetime | None
    ) -> Sequence[Earthquake]:
        """Return those that began since then and have changed at ``after`` or later, if given."""
        query = sa.select(earthquakes).where(
            earthquakes.c.channel == channel.value, earthquakes.c.origin_time >= since
        )
        if after is not None:
            query = query.where(earthquakes.c.update_time >= after)
        query = query.order_by(earthquakes.c.origin_time, earthquakes.c.earthquake_id)
        return [_earthquake(row) for row in self._connection.execute(query)]

    def put_earthquake(self, earthquake: Earthquake) -> None:
        """Add or replace an earthquake."""
        values = {
            "earthquake_id": earthquake.earthquake_id,
            "channel": earthquake.channel.value,
            "state": int(earthquake.state),
            "number": earthquake.number,
            "solution": earthquake.solution,
            "origin_time": earthquake.origin_time,
            "magnitude": earthquake.magnitude,
            "create_time": earthquake.create_time,
            "update_time": earthquake.update_time,
            "warning_id": earthquake.warning_id,
        }
        self._connection.later(_PUT_EARTHQUAKE, values)

    def add_solution(self, earthquake_id: str, number: int, body: bytes, now: datetime) -> None:
        """Append a solution."""
        values = {"earthquake_id": earthquake_id, "number": number, "body": body}
        self._connection.later(_ADD_SOLUTION, values | {"solve_time": now})

    def solutions(self, earthquake_id: str) -> Sequence[bytes]:
        """Return an earthquake's solutions, oldest first."""
        query = (
            sa.select(solutions.c.body)
            .where(solutions.c.earthquake_id == earthquake_id)
            .order_by(solutions.c.number)
        )
        return list(self._connection.execute(query).scalars())

    def add_picks(self, channel: Channel, picks: Sequence[PickKey], earthquake_id: str) -> None:
        """Say which earthquake picks belong to; one that belongs to another stays there."""
        values = {
            "channel": channel.value,
            "earthquake_id": earthquake_id,
            **_picks(sorted(picks)),
        }
        self._connection.later(_ADD_PICKS, values)


def _picks(picks: Sequence[PickKey]) -> dict[str, list[Any]]:
    return {
        "stations": [each.station for each in picks],
        "pick_ids": [_signed(each.pick_id) for each in picks],
    }


def _signed(number: int) -> int:
    """Return the signed number of the same 64 bits."""
    return number - 2 * _SIGN_BIT if number >= _SIGN_BIT else number


def _earthquake(row: sa.Row[Any]) -> Earthquake:
    return Earthquake(
        earthquake_id=row.earthquake_id,
        channel=Channel(row.channel),
        state=EarthquakeState(row.state),
        number=row.number,
        solution=row.solution,
        origin_time=row.origin_time,
        magnitude=row.magnitude,
        create_time=row.create_time,
        update_time=row.update_time,
        warning_id=row.warning_id,
    )


def _terms(meant: EarthquakeFilter) -> list[sa.ColumnElement[bool]]:
    terms: list[sa.ColumnElement[bool]] = []
    if meant.state is not None:
        terms.append(earthquakes.c.state == int(meant.state))
    if meant.channel is not None:
        terms.append(earthquakes.c.channel == meant.channel.value)
    if meant.min_magnitude is not None:
        terms.append(earthquakes.c.magnitude >= meant.min_magnitude)
    if meant.from_time is not None:
        terms.append(earthquakes.c.origin_time >= meant.from_time)
    if meant.to_time is not None:
        terms.append(earthquakes.c.origin_time < meant.to_time)
    return terms
