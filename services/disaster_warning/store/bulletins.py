"""What holds in each county, who is called, and what is due to be published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.disaster_warning.model.escalation import Level
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.ports import Call
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import bulletins, calls, county_notices, warnings
from services.disaster_warning.usecases.encoding import microseconds

# Hundreds of rows in one statement: unnested arrays cost a fraction of as many VALUES.
# The revision rises with time besides rising by one: so that it does after a backup was restored,
# too, where agents would otherwise ignore what is older than they know.
_TOUCH: Final = """
    INSERT INTO bulletins (channel, county, revision, published_revision)
    SELECT :channel, county, :revision, 0
    FROM unnest(CAST(:counties AS text[])) AS county ORDER BY county
    ON CONFLICT (channel, county) DO UPDATE
    SET revision = greatest(bulletins.revision + 1, excluded.revision)
"""

_TOLD: Final = sa.text(
    """
    SELECT county, notice FROM county_notices
    WHERE channel = :channel AND warning_id = :warning_id
      AND county <> ALL (CAST(:besides AS text[]))
    """
)

_PUT_NOTICES: Final = """
    INSERT INTO county_notices (channel, county, warning_id, version, notice, expire_time)
    SELECT :channel, told.county, :warning_id, :version, told.notice,
           CAST(:expire_time AS timestamptz)
    FROM unnest(CAST(:counties AS text[]), CAST(:notices AS bytea[])) AS told (county, notice)
    ON CONFLICT (channel, county, warning_id) DO UPDATE
    SET version = excluded.version, notice = excluded.notice, expire_time = excluded.expire_time
"""

_PUT_CALLS: Final = """
    INSERT INTO calls (warning_id, county, channel, version, level, due_time)
    SELECT :warning_id, county, :channel, :version, :level, CAST(:due_time AS timestamptz)
    FROM unnest(CAST(:counties AS text[])) AS county
    ON CONFLICT (warning_id, county) DO UPDATE
    SET version = excluded.version, level = excluded.level, due_time = excluded.due_time
"""

_DUE: Final = sa.text(
    """
    SELECT due.county, due.revision,
           array_remove(array_agg(told.notice ORDER BY told.warning_id), NULL) AS notices
    FROM (
        SELECT channel, county, revision FROM bulletins
        WHERE channel = :channel AND revision > published_revision
        ORDER BY county LIMIT :limit
    ) AS due
    LEFT JOIN county_notices AS told USING (channel, county)
    GROUP BY due.county, due.revision
    ORDER BY due.county
    """
)

_PUBLISHED: Final = sa.text(
    """
    UPDATE bulletins AS due SET published_revision = done.revision
    FROM unnest(CAST(:counties AS text[]), CAST(:revisions AS bigint[])) AS done (county, revision)
    WHERE due.channel = :channel AND due.county = done.county
      AND due.published_revision < done.revision
    """
)

Foretold = Callable[[Channel, Mapping[str, bytes], int], None]
"""Is told the notices that counties of a channel will have, and their bulletins' next revision."""


class BulletinRows:
    """Part of a transaction."""

    _connection: Gathering
    _foretold: Sequence[Foretold]
    _told_channels: set[Channel]

    def told(
        self, channel: Channel, warning_id: str, besides: Collection[str] = ()
    ) -> Mapping[str, bytes]:
        """Return the notices of a warning that counties' bulletins have, besides some counties."""
        values = {"channel": channel.value, "warning_id": warning_id, "besides": sorted(besides)}
        return {row.county: row.notice for row in self._connection.execute(_TOLD, values)}

    def put_notices(
        self,
        channel: Channel,
        warning_id: str,
        version: int,
        expire_time: datetime,
        notices: Mapping[str, bytes],
        now: datetime,
    ) -> None:
        """Put a warning's notices into the counties' bulletins, which become due."""
        counties = sorted(notices)
        values = {
            "channel": channel.value,
            "warning_id": warning_id,
            "version": version,
            "expire_time": expire_time,
            "counties": counties,
            "notices": [notices[county] for county in counties],
        }
        self._connection.later(_PUT_NOTICES, values)
        self._touch(channel, counties, now)
        for call in self._foretold:
            call(channel, notices, microseconds(now))

    def is_due(self, now: datetime) -> bool:
        """Say whether a warning, a notice or a call is due."""
        query = sa.select(
            sa.exists().where(warnings.c.end_time <= now)
            | sa.exists().where(county_notices.c.expire_time <= now)
            | sa.exists().where(calls.c.due_time <= now)
        )
        return bool(self._connection.execute(query).scalar_one())

    def drop_notices(self, now: datetime, limit: int) -> int:
        """Take out what is over; the counties' bulletins become due. Return how many."""
        key = (county_notices.c.channel, county_notices.c.county, county_notices.c.warning_id)
        over = sa.select(*key).where(county_notices.c.expire_time <= now).limit(limit)
        statement = (
            sa.delete(county_notices)
            .where(sa.tuple_(*key).in_(over))
            .returning(county_notices.c.channel, county_notices.c.county)
        )
        rows = self._connection.execute(statement).all()
        for channel in Channel:
            counties = sorted({row.county for row in rows if row.channel == channel.value})
            if counties:
                self._touch(channel, counties, now)
        return len(rows)

    def _touch(self, channel: Channel, counties: Sequence[str], now: datetime) -> None:
        values = {"channel": channel.value, "counties": counties, "revision": microseconds(now)}
        self._connection.later(_TOUCH, values)
        self._told_channels.add(channel)

    def put_calls(
        self,
        warning_id: str,
        channel: Channel,
        version: int,
        counties: Sequence[str],
        level: Level,
        due_time: datetime | None,
    ) -> None:
        """Set how far counties' calls have gone, and when the next one is due."""
        values = {
            "warning_id": warning_id,
            "channel": channel.value,
            "version": version,
            "counties": sorted(counties),
            "level": int(level),
            "due_time": due_time,
        }
        self._connection.later(_PUT_CALLS, values)

    def due_calls(self, now: datetime, limit: int) -> Sequence[Call]:
        """Return calls whose time has come, and hold them."""
        query = (
            sa.select(calls)
            .where(calls.c.due_time <= now)
            .order_by(calls.c.due_time, calls.c.warning_id, calls.c.county)
            .limit(limit)
            .with_for_update()
        )
        return [
            Call(row.warning_id, row.county, Channel(row.channel), row.version, Level(row.level))
            for row in self._connection.execute(query)
        ]

    def end_calls(
        self, warning_id: str, counties: Sequence[str] | None = None, *, up_to: int | None = None
    ) -> None:
        """Call nobody any more in these counties, or in any; only of versions ``up_to`` one."""
        statement = sa.update(calls).where(
            calls.c.warning_id == warning_id, calls.c.due_time.is_not(None)
        )
        if counties is not None:
            statement = statement.where(calls.c.county.in_(counties))
        if up_to is not None:
            statement = statement.where(calls.c.version <= up_to)
        self._connection.execute(statement.values(due_time=None))


class DueBulletin(NamedTuple):
    """A county's bulletin that is to be published: serialised Notices."""

    county: str
    revision: int
    notices: tuple[bytes, ...]


async def due_bulletins(
    connection: AsyncConnection, channel: Channel, limit: int
) -> list[DueBulletin]:
    """Return a channel's bulletins that are due, in order of county."""
    rows = await connection.execute(_DUE, {"channel": channel.value, "limit": limit})
    return [DueBulletin(row.county, row.revision, tuple(row.notices)) for row in rows]


async def mark_published(
    connection: AsyncConnection, channel: Channel, done: Sequence[tuple[str, int]]
) -> None:
    """Say of counties up to which revision they were published."""
    values = {
        "channel": channel.value,
        "counties": [county for county, _ in done],
        "revisions": [revision for _, revision in done],
    }
    await connection.execute(_PUBLISHED, values)


async def mark_unpublished(connection: AsyncConnection, channel: Channel) -> int:
    """Have published again what holds somewhere, as after a start: return how many counties.

    The revisions stay as they are, so that whoever has heard them does nothing.
    """
    holding = sa.select(county_notices.c.county).where(county_notices.c.channel == channel.value)
    statement = (
        sa.update(bulletins)
        .where(bulletins.c.channel == channel.value, bulletins.c.county.in_(holding))
        .values(published_revision=0)
    )
    result: sa.CursorResult[Any] = await connection.execute(statement)
    return int(result.rowcount)
