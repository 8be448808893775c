"""One transaction over all of it, and who runs use cases in such transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects import postgresql

from services.credit_supervision.model.codes import REGISTRATION_LENGTH, SELF_EMPLOYED
from services.credit_supervision.model.register import Entity, RiskClass
from services.credit_supervision.store.clues import ClueRows
from services.credit_supervision.store.deliveries import DeliveryRows, take_numbers
from services.credit_supervision.store.draws import DrawRows
from services.credit_supervision.store.emergencies import EmergencyRows
from services.credit_supervision.store.handhelds import HandheldRows
from services.credit_supervision.store.processes import ProcessRows
from services.credit_supervision.store.records import RecordRows
from services.credit_supervision.store.signals import SignalRows
from services.credit_supervision.store.tables import entities, registrations
from services.plumbing import audit, inbox, outbox
from services.plumbing.audit_chain import Entry
from services.plumbing.postgres import Database

ENTITIES_AT_ONCE: Final = 10_000


def _entity(row: Any) -> tuple[Entity, datetime]:
    found = Entity(row.code, row.title, row.place, RiskClass(row.risk_class), row.successor)
    return found, row.update_time


def _stands_in(place: str) -> tuple[sa.ColumnElement[bool], ...]:
    return entities.c.place.startswith(place, autoescape=True), entities.c.successor == ""


class CreditTransaction(
    DrawRows,
    ClueRows,
    RecordRows,
    ProcessRows,
    DeliveryRows,
    EmergencyRows,
    SignalRows,
    HandheldRows,
):
    """One transaction on a connection; see ``ports.Transaction``.

    ``hold`` says whether what is read is held until the end, as a transaction that writes needs it;
    ``numbers`` whether it may number deliveries, of which one at a time can (``take_numbers``).
    Messages are gathered, and put into the outbox at the end (``flush``): its lock is taken last.
    """

    def __init__(self, connection: sa.Connection, *, hold: bool, numbers: bool = False) -> None:
        self._connection = connection
        self._hold = hold
        self._numbers = numbers
        self._messages: list[outbox.Outgoing] = []

    @property
    def connection(self) -> sa.Connection:
        """The connection, for the mechanisms that have tables of their own beside ours."""
        return self._connection

    def flush(self) -> None:
        """Put what was emitted into the outbox."""
        outbox.emit_all(self._connection, self._messages)
        self._messages = []

    def put_entities(self, made: Sequence[Entity], now: datetime) -> None:
        """Store entities, in place of what was stored under their codes."""
        if not made:
            return
        # One statement of six arrays, in order of code: two imports never wait for each other.
        ordered = sorted(made)
        texts, small = postgresql.ARRAY(sa.Text), postgresql.ARRAY(sa.SmallInteger)
        source = (
            sa.func.unnest(
                sa.literal([each.code for each in ordered], texts),
                sa.literal([each.title for each in ordered], texts),
                sa.literal([each.place for each in ordered], texts),
                sa.literal([int(each.risk_class) for each in ordered], small),
                sa.literal([each.successor for each in ordered], texts),
            )
            .table_valued("code", "title", "place", "risk_class", "successor")
            .render_derived()
        )
        statement = postgresql.insert(entities).from_select(
            [column.name for column in entities.columns],
            sa.select(*source.c, sa.literal(now, sa.DateTime(timezone=True))),
        )
        new = statement.excluded
        columns = ("title", "place", "risk_class", "successor")
        changed = sa.or_(*(entities.c[name].is_distinct_from(new[name]) for name in columns))
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[entities.c.code],
                set_={name: new[name] for name in (*columns, "update_time")},
                where=changed,
            )
        )

    def entity(self, code: str) -> tuple[Entity, datetime] | None:
        """Return an entity and when it was changed last."""
        query = sa.select(entities).where(entities.c.code == code)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _entity(row)

    def entities(
        self, place: str, risk_class: RiskClass | None, part: str, after: str, limit: int
    ) -> Sequence[tuple[Entity, datetime]]:
        """Return the entities of a place after a code, in order, each with its last change.

        ``part`` is one of their names; it finds no person's business.
        """
        query = sa.select(entities).where(
            entities.c.place.startswith(place, autoescape=True), entities.c.code > after
        )
        if risk_class is not None:
            query = query.where(entities.c.risk_class == int(risk_class))
        if part:
            is_named = entities.c.title.contains(part, autoescape=True)
            query = query.where(is_named, ~entities.c.code.startswith(SELF_EMPLOYED))
        query = query.order_by(entities.c.code).limit(limit)
        return [_entity(row) for row in self._connection.execute(query)]

    def put_registrations(self, made: Mapping[str, str]) -> None:
        """Store whose, by code, each registration number of before is."""
        if not made:
            return
        rows = [{"number": number, "code": code} for number, code in sorted(made.items())]
        statement = postgresql.insert(registrations)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[registrations.c.number],
                set_={"code": statement.excluded["code"]},
                where=registrations.c.code != statement.excluded["code"],
            ),
            rows,
        )

    def code_of_former(self, former: str) -> str | None:
        """Return the code of the entity that an organisation code or registration number is of."""
        if len(former) == REGISTRATION_LENGTH:
            query = sa.select(registrations.c.code).where(registrations.c.number == former)
        else:
            # The index is on the same words; of two, which no register has, the first by code.
            inner = sa.func.substr(entities.c.code, 9, 9)
            query = sa.select(entities.c.code).where(inner == former)
            query = query.order_by(entities.c.code).limit(1)
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else str(found)

    def strata(self, place: str) -> Sequence[tuple[str, str]]:
        """Return (code, name of risk class) of all in a place that nobody has taken over."""
        names = {int(each): each.name for each in RiskClass}
        query = (
            sa.select(entities.c.code, entities.c.risk_class)
            .where(*_stands_in(place))
            .order_by(entities.c.code)
            # In parts, between which others are served.
            .execution_options(yield_per=ENTITIES_AT_ONCE)
        )
        found: list[tuple[str, str]] = []
        for part in self._connection.execute(query).partitions():
            found += [(row.code, names[row.risk_class]) for row in part]
        return found

    def count_in(self, place: str, most: int) -> int:
        """Return how many there are in a place that nobody has taken over, ``most`` at most."""
        some = sa.select(sa.literal(1)).select_from(entities).where(*_stands_in(place)).limit(most)
        query = sa.select(sa.func.count()).select_from(some.subquery())
        return int(self._connection.execute(query).scalar_one())

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many entities there are by prefecture and class."""
        prefecture = sa.func.left(entities.c.place, 4)
        query = sa.select(prefecture, entities.c.risk_class, sa.func.count()).group_by(
            prefecture, entities.c.risk_class
        )
        return {
            (place, RiskClass(risk_class).name): count
            for place, risk_class, count in self._connection.execute(query)
        }

    def places_of(self, codes: Sequence[str]) -> Mapping[str, str]:
        """Return the county of each entity that there is."""
        query = sa.select(entities.c.code, entities.c.place).where(entities.c.code.in_(codes))
        return {row.code: row.place for row in self._connection.execute(query)}

    def first_time(self, consumer: str, message_id: str) -> bool:
        """Enter a message; return False when it has had its effect already."""
        return inbox.first_time(self._connection, consumer, message_id)

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log."""
        audit.append(self._connection, entry)

    def emit(self, subject: str, message: Message, message_id: str) -> None:
        """Put an event into the outbox, at the end of the transaction."""
        headers = {"content-type": "application/protobuf"}
        self._messages.append(
            outbox.Outgoing(subject, message.SerializeToString(), headers, message_id)
        )


class Transactor:
    """Runs use cases in transactions."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._after_write: list[Callable[[], None]] = []

    def after_write(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after each committed write, such as to wake watches."""
        self._after_write.append(call)

    async def read(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing."""

        def within(connection: sa.Connection) -> Any:
            return use(CreditTransaction(connection, hold=False), *args, **kwargs)

        return await self.database.transact(within)

    async def write(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes something, be it only the audit log."""
        return await self._write(use, args, kwargs, numbers=False)

    async def deliver(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that may have something to tell receivers: one after the other."""
        return await self._write(use, args, kwargs, numbers=True)

    async def _write(
        self, use: Callable[..., Any], args: Any, kwargs: Any, *, numbers: bool
    ) -> Any:
        def within(connection: sa.Connection) -> Any:
            if numbers:
                take_numbers(connection)
            tx = CreditTransaction(connection, hold=True, numbers=numbers)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result

        found = await self.database.transact(within)
        for call in self._after_write:
            call()
        return found
