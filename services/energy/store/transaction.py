"""One transaction over all of it, and who runs use cases in such transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message

from services.energy.store.accounts import AccountRows
from services.energy.store.documents import DocumentRows
from services.energy.store.openadr import OpenAdrRows
from services.energy.store.orders import OrderRows
from services.energy.store.retention import RetentionRows
from services.plumbing import audit, inbox, outbox
from services.plumbing.audit_chain import Entry
from services.plumbing.postgres import Database


class EnergyTransaction(DocumentRows, AccountRows, OpenAdrRows, OrderRows, RetentionRows):
    """One transaction on a connection; see ``ports.Transaction``.

    ``hold`` says whether what is read is held until the end, as a transaction that writes needs it.
    Messages are gathered, and put into the outbox at the end (``flush``): its lock is taken last.
    """

    def __init__(self, connection: sa.Connection, *, hold: bool) -> None:
        self._connection = connection
        self._hold = hold
        self._messages: list[outbox.Outgoing] = []
        self._entries: list[Entry] = []

    def flush(self) -> None:
        """Write the audit entries, and put what was emitted into the outbox."""
        audit.append_all(self._connection, self._entries)
        outbox.emit_all(self._connection, self._messages)
        self._entries, self._messages = [], []

    def audit(self, entry: Entry) -> None:
        """Write an entry of the audit log, at the end of the transaction."""
        self._entries.append(entry)

    def emit(self, subject: str, message: Message, message_id: str) -> None:
        """Put a message into the outbox, at the end of the transaction."""
        headers = {"content-type": "application/protobuf"}
        outgoing = outbox.Outgoing(
            subject, message.SerializeToString(deterministic=True), headers, message_id
        )
        self._messages.append(outgoing)

    def first_time(self, consumer: str, name: str) -> bool:
        """Enter a message; return False when it has had its effect already."""
        return inbox.first_time(self._connection, consumer, name)

    def forget_messages(self, now: datetime) -> int:
        """Forget the names of messages of long ago, a bounded number; return how many."""
        return inbox.prune(self._connection, now)


class Transactor:
    """Runs use cases in transactions."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._after_write: list[Callable[[], None]] = []

    def after_write(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after each write, such as to ring the bell."""
        self._after_write.append(call)

    async def read(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing."""

        def within(connection: sa.Connection) -> Any:
            return use(EnergyTransaction(connection, hold=False), *args, **kwargs)

        return await self.database.transact(within)

    async def write(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes something."""

        def within(connection: sa.Connection) -> Any:
            tx = EnergyTransaction(connection, hold=True)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result

        result = await self.database.transact(within)
        for call in self._after_write:
            call()
        return result
