"""Receivers of records and what each was sent, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.credit_supervision.model.deliveries import Action, Delivery, Receiver, SubjectForm
from services.credit_supervision.model.records import Kind, Use
from services.credit_supervision.store.record_tables import deliveries, receivers, records
from services.credit_supervision.store.tables import entities


def take_numbers(connection: sa.Connection) -> None:
    """Wait until no other transaction numbers deliveries, and keep others waiting until the end.

    Before anything else: a transaction sees the state of its first query, and the receiver's last
    number has to be in it. Taking a table's lock is no query, locking rows is one. Readers and
    transactions that number nothing go on meanwhile.
    """
    connection.execute(sa.text("LOCK TABLE receivers IN SHARE ROW EXCLUSIVE MODE"))


class DeliveryRows:
    """Receivers and deliveries of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool
    _numbers: bool

    def receiver(self, receiver_id: str) -> Receiver | None:
        """Return a receiver."""
        query = sa.select(receivers).where(receivers.c.receiver_id == receiver_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _receiver(row)

    def receivers(self, after: str = "", limit: int = 10_000) -> Sequence[Receiver]:
        """Return receivers after an id, in order of id."""
        key = receivers.c.receiver_id
        query = sa.select(receivers).where(key > after).order_by(key).limit(limit)
        return [_receiver(row) for row in self._connection.execute(query).mappings()]

    def add_receiver(self, receiver: Receiver, due: datetime) -> None:
        """Add a receiver, and hand it what there is for it already."""
        values = {
            **vars(receiver),
            "kinds": [int(each) for each in receiver.kinds],
            "form": int(receiver.form),
        }
        self._connection.execute(sa.insert(receivers).values(values))
        uses = [Use.PUBLISHED] if receiver.is_public else [Use.PUBLISHED, Use.SHARED]
        there = (
            sa.select(
                sa.literal(receiver.receiver_id),
                sa.func.row_number().over(order_by=records.c.record_id),
                records.c.record_id,
                records.c.revision,
                sa.literal(int(Action.PUT)),
                sa.literal(receiver.entered, sa.DateTime(timezone=True)),
                sa.literal(due, sa.DateTime(timezone=True)),
            )
            .join(entities, entities.c.code == records.c.code)
            .where(
                records.c.use.in_([int(each) for each in uses]),
                entities.c.place.startswith(receiver.place, autoescape=True),
            )
        )
        if receiver.kinds:
            there = there.where(records.c.kind.in_([int(each) for each in receiver.kinds]))
        names = ("receiver_id", "number", "record_id", "revision", "action", "sent", "due")
        self._connection.execute(sa.insert(deliveries).from_select(list(names), there))

    def last_sent(self, record_id: str) -> Mapping[str, tuple[Action, int]]:
        """Return what each receiver was told of a record last: the action and the revision."""
        query = (
            sa.select(deliveries.c.receiver_id, deliveries.c.action, deliveries.c.revision)
            .where(deliveries.c.record_id == record_id)
            .order_by(deliveries.c.receiver_id, deliveries.c.number)
        )
        # A record has a handful for each receiver; of each the last one stays.
        return {
            row.receiver_id: (Action(row.action), row.revision)
            for row in self._connection.execute(query)
        }

    def holders(self, record_id: str) -> Sequence[str]:
        """Return the receivers that have a record: from its first PUT to a WITHDRAW's receipt."""
        query = (
            sa.select(
                deliveries.c.receiver_id,
                sa.and_(
                    deliveries.c.action == int(Action.WITHDRAW),
                    deliveries.c.acknowledged.is_not(None),
                ).label("has_let_go"),
            )
            .where(deliveries.c.record_id == record_id)
            .order_by(deliveries.c.receiver_id, deliveries.c.number)
        )
        last = {row.receiver_id: row.has_let_go for row in self._connection.execute(query)}
        return [receiver for receiver, has_let_go in last.items() if not has_let_go]

    def send(
        self,
        receiver_id: str,
        record_id: str,
        revision: int,
        action: Action,
        sent: datetime,
        due: datetime,
    ) -> None:
        """Add a delivery after the receiver's last one."""
        if not self._numbers:
            raise RuntimeError("a transaction that has not taken the numbers can't give them out")
        last = sa.select(sa.func.coalesce(sa.func.max(deliveries.c.number), 0)).where(
            deliveries.c.receiver_id == receiver_id
        )
        values = {
            "receiver_id": receiver_id,
            "number": self._connection.execute(last).scalar_one() + 1,
            "record_id": record_id,
            "revision": revision,
            "action": int(action),
            "sent": sent,
            "due": due,
        }
        self._connection.execute(sa.insert(deliveries).values(values))

    def delivery(self, receiver_id: str, number: int) -> Delivery | None:
        """Return a delivery."""
        query = sa.select(deliveries).where(
            deliveries.c.receiver_id == receiver_id, deliveries.c.number == number
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _delivery(row)

    def deliveries(
        self, receiver_id: str, after: int, limit: int, *, all_of_them: bool
    ) -> Sequence[Delivery]:
        """Return a receiver's deliveries after a number, in order."""
        query = (
            sa.select(deliveries)
            .where(deliveries.c.receiver_id == receiver_id, deliveries.c.number > after)
            .order_by(deliveries.c.number)
            .limit(limit)
        )
        if not all_of_them:
            query = query.where(deliveries.c.acknowledged.is_(None))
        return [_delivery(row) for row in self._connection.execute(query).mappings()]

    def acknowledge(self, delivery: Delivery, now: datetime) -> None:
        """Note that a delivery, and all before it about the same record, are done."""
        self._connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.receiver_id == delivery.receiver_id,
                deliveries.c.record_id == delivery.record_id,
                deliveries.c.number <= delivery.number,
                deliveries.c.acknowledged.is_(None),
            )
            .values(acknowledged=now)
        )

    def late_deliveries(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Return deliveries that are late and were not told of as such, held and marked."""
        late = (
            sa.select(deliveries.c.receiver_id, deliveries.c.number)
            .where(
                deliveries.c.acknowledged.is_(None),
                deliveries.c.told_late.is_(None),
                deliveries.c.due < now,
            )
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = self._connection.execute(late).all()
        if not found:
            return []
        here = sa.tuple_(deliveries.c.receiver_id, deliveries.c.number).in_(
            [(row.receiver_id, row.number) for row in found]
        )
        marked = sa.update(deliveries).where(here).values(told_late=now).returning(deliveries)
        return [_delivery(row) for row in self._connection.execute(marked).mappings()]


def _receiver(row: sa.RowMapping) -> Receiver:
    values = {
        **row,
        "kinds": tuple(Kind(each) for each in row["kinds"]),
        "form": SubjectForm(row["form"]),
        "key": bytes(row["key"]),
    }
    return Receiver(**values)


def _delivery(row: sa.RowMapping) -> Delivery:
    values = {name: value for name, value in row.items() if name != "told_late"}
    return Delivery(**{**values, "action": Action(row["action"])})
