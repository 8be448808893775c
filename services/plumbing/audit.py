"""A hash-chained audit log in PostgreSQL: written with the act, sealed right after it.

**Written.** ``append`` puts an entry into the transaction of what it tells of: an act without its
entry, or an entry without its act, can't be. Acts do not wait for each other there.

**Sealed.** ``Sealer`` (one task a process) links new entries to the chain, in transactions of its
own, within a fraction of a second. It is the only one that takes the chain's head, so the price of
an order is paid once a batch, not once an act. A trigger refuses to change or delete what is
sealed; whoever can remove the trigger is caught by ``verify``, given a head published elsewhere.
What a rule keeps no longer goes by ``audit_retention`` alone.

Usage: ``create`` in a migration; ``append(connection, Entry(...))`` in a store's transaction;
``Sealer(database).run(stop)`` among the tasks of ``build`` with
``database.after_commit(sealer.wake)``; ``verify`` behind an RPC or in a nightly job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge

from services.plumbing import audit_chain
from services.plumbing.audit_chain import Entry, Fault, Head, Link
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal

SEAL_ROWS: Final = 500
"""Sealed in one transaction: a few milliseconds of hashing, and one statement."""

INTERVAL_S: Final = 1.0
"""Between looks when nobody wakes the sealer: for entries that a crash left unsealed."""

VERIFY_ROWS: Final = 2_000
"""Links read at a time by a check: memory is bounded by 2,000 entries of 8 KB."""

log = structlog.get_logger(__name__)

_metadata: Final = sa.MetaData()
table: Final = sa.Table(
    "audit",
    _metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    # As in the entry, to look by; the entry is what counts.
    sa.Column("actor", sa.Text, nullable=False, index=True),
    sa.Column("resource", sa.Text, nullable=False, index=True),
    sa.Column("number", sa.BigInteger, nullable=True, unique=True),
    sa.Column("previous", sa.LargeBinary, nullable=True),
    sa.Column("hash", sa.LargeBinary, nullable=True),
    sa.Index("audit_unsealed", "id", postgresql_where=sa.text("number IS NULL")),
)
"""Found by the connection's search path: each service has one in its schema."""

_head: Final = sa.Table(
    "audit_head",
    _metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)

_APPEND: Final = sa.text(
    """
    INSERT INTO audit (entry, actor, resource)
    SELECT new.entry, new.actor, new.resource
    FROM unnest(
        CAST(:entries AS bytea[]), CAST(:actors AS text[]), CAST(:resources AS text[])
    ) WITH ORDINALITY AS new (entry, actor, resource, place)
    ORDER BY new.place
    """
)
"""As one statement however many there are: an order to 200 hospitals is 200 entries."""

_SEAL: Final = sa.text(
    """
    UPDATE audit SET number = new.number, previous = new.previous, hash = new.hash
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:numbers AS bigint[]),
        CAST(:previous AS bytea[]), CAST(:hashes AS bytea[])
    ) AS new (id, number, previous, hash)
    WHERE audit.id = new.id
    """
)

_GUARD: Final = """
CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a sealed audit entry is kept as it is' USING ERRCODE = '23001'; END $$
"""
_TRIGGER: Final = """
CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION audit_is_kept()
"""


def create(connection: sa.Connection) -> None:
    """Make the tables and their guard in the connection's schema: for migrations, once."""
    _metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(_head).values(only=True, number=0, hash=audit_chain.ORIGIN))
    connection.execute(sa.text(_GUARD))
    connection.execute(sa.text(_TRIGGER))


def append(connection: sa.Connection, entry: Entry) -> None:
    """Write an entry, which stays if this transaction commits."""
    append_all(connection, [entry])


def append_all(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Write entries, in this order."""
    if entries:
        values = {
            "entries": [each.encode() for each in entries],
            "actors": [each.actor for each in entries],
            "resources": [each.resource for each in entries],
        }
        connection.execute(_APPEND, values)


def seal(connection: sa.Connection, limit: int = SEAL_ROWS) -> int:
    """Link up to ``limit`` new entries to the chain; return how many.

    Two sealers at once: the second waits for the head, finds it changed and is run anew.
    """
    rows = connection.execute(
        sa.select(table.c.id, table.c.entry)
        .where(table.c.number.is_(None))
        .order_by(table.c.id)
        .limit(limit)
    ).all()
    if not rows:
        return 0
    end = head(connection, hold=True)
    links = []
    for row in rows:
        link = audit_chain.seal(end, row.entry)
        links.append(link)
        end = audit_chain.head_of(link)
    values = {
        "ids": [row.id for row in rows],
        "numbers": [each.number for each in links],
        "previous": [each.previous for each in links],
        "hashes": [each.hash for each in links],
    }
    connection.execute(_SEAL, values)
    connection.execute(sa.update(_head).values(number=end.number, hash=end.hash))
    return len(rows)


def head(connection: sa.Connection, *, hold: bool = False) -> Head:
    """Return the chain's end as it is kept beside the chain; ``hold`` it until the end if asked."""
    query = sa.select(_head.c.number, _head.c.hash)
    row = connection.execute(query.with_for_update() if hold else query).one()
    return Head(row.number, bytes(row.hash))


def links(connection: sa.Connection, after: int = 0, limit: int = VERIFY_ROWS) -> list[Link]:
    """Return sealed links after a number, in order."""
    query = (
        sa.select(table.c.number, table.c.previous, table.c.entry, table.c.hash)
        .where(table.c.number > after)
        .order_by(table.c.number)
        .limit(limit)
    )
    return [
        Link(row.number, bytes(row.previous), bytes(row.entry), bytes(row.hash))
        for row in connection.execute(query)
    ]


def of_resource(connection: sa.Connection, resource: str, limit: int) -> list[Entry]:
    """Return the last entries about a resource, newest first: who has looked at it, and why."""
    query = (
        sa.select(table.c.entry)
        .where(table.c.resource == resource)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [Entry.decode(bytes(row.entry)) for row in connection.execute(query)]


def verify(
    connection: sa.Connection,
    published: Head | None = None,
    *,
    after: Head = audit_chain.EMPTY,
) -> Head | Fault:
    """Return the chain's head when every link is as it was sealed, else the first fault.

    ``after`` is the last link that is no longer kept, where there is one (``audit_retention``).

    ``published`` is a head that was written down elsewhere: only with it is a chain that was cut
    off, or made anew as a whole, told from the true one.
    """

    def every() -> Iterator[Link]:
        seen = after.number
        while found := links(connection, seen):
            yield from found
            seen = found[-1].number

    kept = head(connection)
    found = audit_chain.check(every(), after=after, until=published or kept)
    if isinstance(found, Head) and found != kept:
        return Fault(found.number + 1, f"is missing; links up to {kept.number} were sealed")
    return found


class Sealer:
    """Links what was written to the chain, soon after each commit."""

    def __init__(
        self,
        database: Database,
        *,
        interval_s: float = INTERVAL_S,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._database = database
        self._interval_s = interval_s
        self._wake = asyncio.Event()
        self._sealed = Counter(
            "tianfu_audit_sealed_total", "Audit entries linked to the chain", registry=registry
        )
        self._failures = Counter(
            "tianfu_audit_failures_total", "Times sealing had to be tried again", registry=registry
        )
        self._number = Gauge(
            "tianfu_audit_head_number", "Number of the chain's last link", registry=registry
        )

    def wake(self) -> None:
        """Look for entries soon: something was committed."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until told to stop, then what is left."""
        while not stop.is_set():
            await self.seal_all()
            # After, since sealing commits too and so wakes itself; an act of just now that this
            # forgets is sealed at the next look.
            self._wake.clear()
            await self._rest(stop)
        await self.seal_all()

    async def seal_all(self) -> bool:
        """Seal all there is; return False when the database did not let it be done."""
        try:
            while count := await self._database.transact(seal):
                self._sealed.inc(count)
            self._number.set((await self._database.transact(head)).number)
        except Refusal as refusal:
            # Entries are safe where they are; the next look takes them.
            self._failures.inc()
            log.warning("audit: not sealed, trying again", reason=refusal.reason)
            return False
        return True

    async def _rest(self, stop: asyncio.Event) -> None:
        waits = {asyncio.create_task(self._wake.wait()), asyncio.create_task(stop.wait())}
        try:
            await asyncio.wait(waits, timeout=self._interval_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await each
