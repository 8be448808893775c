"""The log of changes, remembered requests, imported messages and the outbox; see ``ports.Log``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from google.protobuf.message import Message

from services.disaster_warning.ports import Imported
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.tables import changes, counter, imports, requests
from services.plumbing import inbox, outbox

CHANGES_KEPT: Final = 100_000
"""Changes in the log: a year of warnings. A watch that was away for longer begins anew."""

REQUESTS_FORGOTTEN_AT_ONCE: Final = 10_000
"""Deleted in one statement, so that nobody waits for it."""

FORGET_EVERY: Final = 64
"""Changes between two deletions of old ones: a statement less where each second counts."""

# One statement for number and row: an earthquake's transaction has a dozen of them as it is.
_ENTER: Final = sa.text(
    """
    WITH taken AS (
        UPDATE change_counter SET number = number + :count RETURNING number - :count AS before
    )
    INSERT INTO changes (number, warning_id, change_time)
    SELECT taken.before + told.place, told.warning_id, CAST(:when AS timestamptz)
    FROM taken, unnest(CAST(:ids AS text[])) WITH ORDINALITY AS told (warning_id, place)
    RETURNING number
    """
)

HEADERS: Final = {"content-type": "application/protobuf"}


class LogRows:
    """Part of a transaction."""

    _connection: Gathering
    _messages: list[outbox.Outgoing]

    def change(self, warning_ids: Sequence[str], when: datetime) -> int:
        """Enter changes in the log, and drop what the log no longer keeps."""
        count = len(warning_ids)
        values = {"count": count, "ids": list(warning_ids), "when": when}
        numbers = self._connection.execute(_ENTER, values).scalars().all()
        first, last = int(min(numbers)), int(max(numbers))
        if last % FORGET_EVERY < count:
            over = changes.c.number <= last - CHANGES_KEPT
            self._connection.execute(sa.delete(changes).where(over))
        return first

    def last_change(self) -> int:
        """Return the number of the last change."""
        return int(self._connection.execute(sa.select(counter.c.number)).scalar_one())

    def first_change(self) -> int:
        """Return the number of the oldest change that is still in the log, 0 for none."""
        return int(self._connection.execute(sa.select(sa.func.min(changes.c.number))).scalar() or 0)

    def changes(self, after: int, limit: int) -> Sequence[tuple[int, str]]:
        """Return (number, warning id) of changes after a number, in order."""
        query = (
            sa.select(changes.c.number, changes.c.warning_id)
            .where(changes.c.number > after)
            .order_by(changes.c.number)
            .limit(limit)
        )
        return [(row.number, row.warning_id) for row in self._connection.execute(query)]

    def answer(self, request_id: str) -> tuple[bytes, bytes] | None:
        """Return (digest of the request, serialised answer) of a request made before."""
        query = sa.select(requests.c.digest, requests.c.answer).where(
            requests.c.request_id == request_id
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row.digest, row.answer)

    def remember(self, request_id: str, digest: bytes, answer: bytes, when: datetime) -> None:
        """Keep the answer of a request."""
        self._connection.execute(
            sa.insert(requests).values(
                request_id=request_id, digest=digest, answer=answer, create_time=when
            )
        )

    def forget_requests(self, before: datetime) -> int:
        """Forget the answers of requests made before then, a bounded number; return how many."""
        old = (
            sa.select(requests.c.request_id)
            .where(requests.c.create_time < before)
            .limit(REQUESTS_FORGOTTEN_AT_ONCE)
        )
        statement = sa.delete(requests).where(requests.c.request_id.in_(old))
        return len(self._connection.execute(statement.returning(requests.c.request_id)).all())

    def prune_inbox(self, now: datetime) -> int:
        """Forget reports taken long ago; return how many."""
        return inbox.prune(self._connection.plain, now)

    def imported(self, sender: str, identifier: str, sent: datetime) -> str | None:
        """Return the warning that was drafted from a foreign message, None without one."""
        query = sa.select(imports.c.warning_id).where(
            imports.c.sender == sender, imports.c.identifier == identifier, imports.c.sent == sent
        )
        found = self._connection.execute(query).scalar_one_or_none()
        return None if found is None else str(found)

    def add_import(self, imported: Imported) -> None:
        """Remember a foreign message."""
        self._connection.execute(
            sa.insert(imports).values(
                sender=imported.sender,
                identifier=imported.identifier,
                sent=imported.sent,
                warning_id=imported.warning_id,
                import_time=imported.import_time,
                content=imported.content,
            )
        )

    def emit(self, subject: str, message: Message | bytes, message_id: str) -> None:
        """Put a message into the outbox, at the end of the transaction."""
        payload = message if isinstance(message, bytes) else message.SerializeToString()
        self._messages.append(outbox.Outgoing(subject, payload, HEADERS, message_id))
