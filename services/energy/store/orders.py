"""Equipment, orders to it, nodes' sheets, and warnings in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from services.energy.model.records import AssetRow, StoredOrder
from services.energy.store.tables import assets, order_changes, orders, sheets, warnings

_ORDER = [orders.c[name] for name in StoredOrder._fields]
GIVEN = 1
ROWS_AT_ONCE = 5_000
"""Of one statement: PostgreSQL takes 65,535 parameters."""


class OrderRows:
    """The part of a transaction that gives orders."""

    _connection: sa.Connection
    _hold: bool

    def numbers(self, log: str, count: int) -> int:
        """Draw numbers of a log; see AccountRows."""
        raise NotImplementedError

    # -- equipment --------------------------------------------------------------------------------

    def add_asset(self, asset: AssetRow) -> None:
        """Store a piece of equipment."""
        self._connection.execute(sa.insert(assets).values(asdict(asset)))

    def asset(self, asset_id: str) -> AssetRow | None:
        """Return a piece of equipment."""
        query = sa.select(assets).where(assets.c.asset_id == asset_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else AssetRow(**row)

    def assets_in(self, counties: Collection[str]) -> Sequence[AssetRow]:
        """Return the equipment of counties."""
        query = sa.select(assets).where(assets.c.place_code.in_(sorted(counties)))
        found = self._connection.execute(query.order_by(assets.c.asset_id)).mappings()
        return [AssetRow(**row) for row in found]

    def assets_of(self, units: Collection[str], places: Collection[str]) -> Sequence[AssetRow]:
        """Return the equipment of units, and in places of 2, 4 or 6 digits."""
        terms: list[sa.ColumnElement[bool]] = [assets.c.unit_id.in_(sorted(units))]
        terms += [assets.c.place_code.startswith(each, autoescape=True) for each in sorted(places)]
        query = sa.select(assets).where(sa.or_(*terms)).order_by(assets.c.asset_id)
        return [AssetRow(**row) for row in self._connection.execute(query).mappings()]

    # -- orders -----------------------------------------------------------------------------------

    def add_orders(self, given: Sequence[StoredOrder]) -> None:
        """Store orders; their positions are drawn here, in this order."""
        first = self.numbers("orders", len(given))
        rows = [{**each._asdict(), "position": first + offset} for offset, each in enumerate(given)]
        self._connection.execute(sa.insert(orders), rows)
        changed = [{"number": row["position"], "order_id": row["order_id"]} for row in rows]
        self._connection.execute(sa.insert(order_changes), changed)

    def order(self, order_id: str) -> StoredOrder | None:
        """Return an order."""
        query = sa.select(*_ORDER).where(orders.c.order_id == order_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).one_or_none()
        return None if row is None else StoredOrder(*row)

    def replace_order(self, order_id: str, state: int, body: bytes) -> None:
        """Store what became of an order."""
        self._connection.execute(
            sa.update(orders).where(orders.c.order_id == order_id).values(state=state, body=body)
        )
        self._connection.execute(
            sa.insert(order_changes).values(number=self.numbers("orders", 1), order_id=order_id)
        )

    def order_ids_of(self, cause: str) -> set[str]:
        """Return the ids of the orders that a cause has given."""
        query = sa.select(orders.c.order_id).where(orders.c.cause == cause)
        return set(self._connection.execute(query).scalars())

    def last_generation(self, asset_id: str, scope: str) -> int:
        """Return the last generation of an asset within a scope, 0 for none."""
        query = sa.select(sa.func.coalesce(sa.func.max(orders.c.generation), 0)).where(
            orders.c.asset_id == asset_id, orders.c.scope == scope
        )
        return int(self._connection.execute(query).scalar_one())

    def standing_orders(self, nodes: Collection[str], now: datetime) -> Sequence[StoredOrder]:
        """Return nodes' orders that have not expired, in the order they were given.

        What a later generation of the same asset and scope has taken the place of is left out.
        """
        newest = (
            sa.select(
                orders.c.asset_id, orders.c.scope, sa.func.max(orders.c.generation).label("newest")
            )
            .where(orders.c.node.in_(sorted(nodes)))
            .group_by(orders.c.asset_id, orders.c.scope)
            .subquery()
        )
        query = (
            sa.select(*_ORDER)
            .join(
                newest,
                sa.and_(
                    newest.c.asset_id == orders.c.asset_id,
                    newest.c.scope == orders.c.scope,
                    newest.c.newest == orders.c.generation,
                ),
            )
            .where(
                orders.c.node.in_(sorted(nodes)),
                orders.c.expire_time > now,
                orders.c.state == GIVEN,
            )
            .order_by(orders.c.position)
        )
        return [StoredOrder(*row) for row in self._connection.execute(query)]

    def orders_before(self, cause: str, before: int, limit: int) -> Sequence[StoredOrder]:
        """Return orders before a position, the latest first."""
        query = sa.select(*_ORDER).where(orders.c.position < before)
        if cause:
            query = query.where(orders.c.cause == cause)
        query = query.order_by(orders.c.position.desc()).limit(limit)
        return [StoredOrder(*row) for row in self._connection.execute(query)]

    def changed_orders(self, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Return number and body of orders that changed after a number, as they are now."""
        query = (
            sa.select(order_changes.c.number, orders.c.body)
            .join(orders, orders.c.order_id == order_changes.c.order_id)
            .where(order_changes.c.number > after)
            .order_by(order_changes.c.number)
            .limit(limit)
        )
        return [(row.number, row.body) for row in self._connection.execute(query)]

    def next_revisions(self, nodes: Collection[str]) -> Mapping[str, int]:
        """Draw the numbers of nodes' next sheets; others of those nodes wait until the end."""
        rows = [{"node": node, "revision": 1} for node in sorted(nodes)]
        raised = postgresql.insert(sheets).on_conflict_do_update(
            index_elements=[sheets.c.node], set_={"revision": sheets.c.revision + 1}
        )
        found: dict[str, int] = {}
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = raised.values(rows[first : first + ROWS_AT_ONCE])
            drawn = self._connection.execute(some.returning(sheets.c.node, sheets.c.revision))
            found.update({row.node: row.revision for row in drawn})
        return found

    # -- warnings ---------------------------------------------------------------------------------

    def put_warning(
        self, warning_id: str, version: int, counties: Mapping[str, datetime], *, exercise: bool
    ) -> bool:
        """Remember where a warning holds and until when; False when a later version is known."""
        known = sa.select(sa.func.max(warnings.c.version)).where(
            warnings.c.warning_id == warning_id
        )
        last = self._connection.execute(known).scalar_one_or_none()
        if last is not None and last > version:
            return False
        self._connection.execute(sa.delete(warnings).where(warnings.c.warning_id == warning_id))
        rows = [
            {
                "warning_id": warning_id,
                "place_code": county,
                "version": version,
                "exercise": exercise,
                "expire_time": until,
            }
            for county, until in sorted(counties.items())
        ]
        if rows:
            self._connection.execute(sa.insert(warnings), rows)
        return True

    def warned_until(self, county: str, now: datetime) -> datetime | None:
        """Return until when a county is under a real warning, None when it is not."""
        query = sa.select(sa.func.max(warnings.c.expire_time)).where(
            warnings.c.place_code == county,
            warnings.c.expire_time > now,
            warnings.c.exercise.is_(False),
        )
        found: datetime | None = self._connection.execute(query).scalar_one_or_none()
        return found
