"""Deleting what is no longer kept, a bounded number of rows at a time; see ``ports.Retention``."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import (
    calls,
    imports,
    nodes,
    receipts,
    standings,
    steps,
    versions,
    warnings,
)

_PARTS: Final = (steps, versions, calls, imports)
"""Tables with rows of a warning, beside its receipts, which are gone before."""


class RetentionRows:
    """Part of a transaction."""

    _connection: Gathering

    def forget_receipts(
        self, channel: Channel, before: datetime, limit: int, now: datetime
    ) -> int | None:
        """Delete receipts of the warning that ended first; None when none ended before then."""
        oldest = (
            sa.select(warnings.c.warning_id)
            .where(
                *_ended(channel, before),
                warnings.c.receipts_forget_time.is_(None),
            )
            .order_by(warnings.c.update_time)
            .limit(1)
            .with_for_update()
        )
        warning_id = self._connection.execute(oldest).scalar_one_or_none()
        if warning_id is None:
            return None
        # One after the other by key: a warning has hundreds of thousands, and no time is indexed.
        key = (receipts.c.warning_id, receipts.c.version, receipts.c.node, receipts.c.sink)
        some = sa.select(*key).where(receipts.c.warning_id == warning_id).limit(limit)
        gone = self._delete(receipts, sa.tuple_(*key).in_(some))
        if gone < limit:
            of_it = warnings.c.warning_id == warning_id
            forgotten = sa.update(warnings).where(of_it).values(receipts_forget_time=now)
            self._connection.execute(forgotten)
        return gone

    def receipts_forget_time(self, warning_id: str) -> datetime | None:
        """Return when a warning's receipts were deleted, None while they are kept."""
        query = sa.select(warnings.c.receipts_forget_time).where(
            warnings.c.warning_id == warning_id
        )
        found: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def forget_warnings(self, channel: Channel, before: datetime, limit: int) -> int:
        """Delete warnings that ended before then, with all of theirs; return how many."""
        # What gauges compare with stays: the last word about a hazard in a county.
        standing = sa.exists().where(standings.c.warning_id == warnings.c.warning_id)
        due = (
            sa.select(warnings.c.warning_id)
            .where(
                *_ended(channel, before), warnings.c.receipts_forget_time.is_not(None), ~standing
            )
            .order_by(warnings.c.update_time)
            .limit(limit)
            .with_for_update()
        )
        found = list(self._connection.execute(due).scalars())
        if found:
            for table in (*_PARTS, warnings):
                self._delete(table, table.c.warning_id.in_(found))
        return len(found)

    def forget_nodes(self, before: datetime, limit: int) -> int:
        """Forget nodes that have reported nothing since then; return how many."""
        silent = sa.select(nodes.c.node).where(nodes.c.report_time < before).limit(limit)
        return self._delete(nodes, nodes.c.node.in_(silent))

    def _delete(self, table: sa.Table, which: sa.ColumnElement[bool]) -> int:
        result: sa.CursorResult[tuple[()]] = self._connection.execute(sa.delete(table).where(which))
        return int(result.rowcount)


def _ended(channel: Channel, before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Nothing happens to a warning that has ended, but that its review is recorded."""
    return (
        warnings.c.channel == channel.value,
        warnings.c.end_time.is_(None),
        warnings.c.update_time < before,
    )
