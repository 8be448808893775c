"""Whom monitors hung on, in PostgreSQL: a row for each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.healthcare.model.hangings import KEPT, Hanging
from services.healthcare.store.tables import hangings


class HangingRows:
    """The part of a transaction that keeps whom monitors hung on."""

    _connection: sa.Connection

    def hangings(self, node: str, prefix: str) -> Sequence[Hanging]:
        """Return whom a monitor hung on, in order of time."""
        return self.all_hangings(node).get((node, prefix), [])

    def all_hangings(self, node: str = "") -> Mapping[tuple[str, str], Sequence[Hanging]]:
        """Return whom monitors hung on, of a node or of all, by node and prefix."""
        columns = hangings.c
        query = sa.select(columns.node, columns.prefix, columns.since, columns.patient_id)
        query = query.order_by(columns.node, columns.prefix, columns.since)
        if node:
            query = query.where(columns.node == node)
        found: dict[tuple[str, str], list[Hanging]] = {}
        for own, prefix, since, patient_id in self._connection.execute(query):
            found.setdefault((own, prefix), []).append(Hanging(since, patient_id))
        return found

    def add_hangings(self, node: str, prefix: str, added: Sequence[Hanging], now: datetime) -> None:
        """Add what has changed, and forget who was there too long ago."""
        columns = hangings.c
        for since, patient_id in added:
            values = {"node": node, "prefix": prefix, "since": since, "patient_id": patient_id}
            self._connection.execute(sa.insert(hangings).values(values))
        own = (columns.node == node) & (columns.prefix == prefix)
        last = sa.select(sa.func.max(columns.since)).where(own, columns.since <= now - KEPT)
        self._connection.execute(
            sa.delete(hangings).where(own, columns.since < last.scalar_subquery())
        )
