"""What an audit log no longer keeps, accounted for in the log itself.

Links go from the front alone, oldest first, when a dated rule says that they are kept no longer.
In the transaction that removes them an entry is written (``audit.forget``): from which number to
which, how many, and the hash of the last. Where the log now begins (its floor) stands beside it;
``verify`` holds the floor to the newest such entry, which is sealed into the chain, so that a front
that somebody else cut off is found, and so is one that was cut off before its time. The hash of the
last that went is what the first that stayed was sealed to.

Usage: ``create`` in a migration after ``audit.create``; ``Keeper(database, …).run(stop)`` among the
tasks of ``build``; ``verify`` in the place of ``audit.verify``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
import structlog
from prometheus_client import CollectorRegistry, Counter

from services.plumbing import audit, audit_chain
from services.plumbing.audit_chain import EMPTY, Entry, Fault, Head
from services.plumbing.clock import Clock
from services.plumbing.pause import pause
from services.plumbing.postgres import Database
from services.plumbing.refusal import Refusal
from services.plumbing.rules import Rule, RuleBook

RULE_ID: Final = "audit-retention"
ACTION: Final = "audit.forget"
RESOURCE: Final = "audit"

SHORTEST: Final = timedelta(days=180)
"""No rule may say less: six months of logs, Cybersecurity Law of China, article 21(3)."""

AT_ONCE: Final = 1_000
"""Links of one transaction: a few megabytes at most, some tens of milliseconds."""

EVERY_S: Final = 3_600.0
"""Between two looks; what is due is due by days."""

log = structlog.get_logger(__name__)

_metadata: Final = sa.MetaData()
_floor: Final = sa.Table(
    "audit_floor",
    _metadata,
    sa.Column("only", sa.Boolean, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
"""One row: the last link that is no longer there, as it was."""

_GUARD: Final = """
CREATE OR REPLACE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF TG_OP = 'DELETE' AND OLD.number <= (SELECT number FROM audit_floor) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'a sealed audit entry is kept as it is' USING ERRCODE = '23001';
END $$
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check has found: the end of the chain or its first fault, and where it begins."""

    found: Head | Fault
    floor: Head


def create(connection: sa.Connection) -> None:
    """Make the floor of a log that there is, and have its guard let go of what lies below."""
    _metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(_floor).values(only=True, number=0, hash=audit_chain.ORIGIN))
    connection.execute(sa.text(_GUARD))


def kept(rule: Rule) -> timedelta:
    """Return how long entries are kept; raise InvalidRule for a time that is too short."""
    days = rule.number("days")
    if days < SHORTEST.days:
        raise rule.invalid("days", f"need {SHORTEST.days} days or more")
    return timedelta(days=days)


def floor(connection: sa.Connection, *, hold: bool = False) -> Head:
    """Return the last link that is no longer there; number 0 when all are."""
    query = sa.select(_floor.c.number, _floor.c.hash)
    row = connection.execute(query.with_for_update() if hold else query).one()
    return Head(row.number, bytes(row.hash))


def forget(
    connection: sa.Connection, rule: Rule, actor: str, now: datetime, limit: int = AT_ONCE
) -> int:
    """Let go of up to ``limit`` links that the rule keeps no longer; return how many.

    Up to the first that is kept: what is out of order by a clock that was wrong waits for it.
    """
    before = now - kept(rule)
    start = floor(connection, hold=True)
    last = None
    for link in audit.links(connection, start.number, limit):
        if Entry.decode(link.entry).when >= before:
            break
        last = link
    if last is None:
        return 0
    end, count = audit_chain.head_of(last), last.number - start.number
    connection.execute(sa.update(_floor).values(number=end.number, hash=end.hash))
    connection.execute(sa.delete(audit.table).where(audit.table.c.number <= end.number))
    details = {
        "first": str(start.number + 1),
        "last": str(end.number),
        "sha256": end.hash.hex(),
        "before": before.isoformat(),
        "rule": rule.version,
    }
    audit.append(connection, Entry(now, actor, ACTION, RESOURCE, details=details))
    return count


def verify(connection: sa.Connection, published: Head | None = None) -> Verified:
    """Check every link that is kept, and that nothing went but as the log says.

    ``published`` is a head that was written down elsewhere. One of a link that is gone can't be
    looked at any more, but for the last of them.
    """
    start = floor(connection)
    problem = _unaccounted(connection, start)
    if problem:
        return Verified(Fault(start.number, problem), start)
    if published is not None and published.number == start.number and published != start:
        return Verified(Fault(start.number, "is not the one whose hash was published"), start)
    return Verified(audit.verify(connection, published, after=start), start)


def _unaccounted(connection: sa.Connection, start: Head) -> str:
    """Return what is wrong with the floor; empty when the newest entry of removals states it."""
    newest: Entry | None = None
    for entry in audit.of_resource(connection, RESOURCE, 1):
        newest = entry
    if newest is None or newest.action != ACTION:
        return "" if start == EMPTY else "is gone, and no entry says so"
    told = newest.details
    if (told.get("last"), told.get("sha256")) != (str(start.number), start.hash.hex()):
        return f"is where the log begins; its entry says {told.get('last', 'nothing')}"
    if newest.when - datetime.fromisoformat(told["before"]) < SHORTEST:
        return f"went before it was {SHORTEST.days} days old"
    return ""


class Keeper:
    """Lets go of what is kept no longer, once an hour."""

    def __init__(
        self,
        database: Database,
        rules: RuleBook,
        jurisdiction: str,
        actor: str,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        """Take the rules; raise InvalidRule or RuleNotFound for what will be needed."""
        self._database = database
        self._rules = rules
        self._jurisdiction = jurisdiction
        self._actor = actor
        self._clock = clock
        self._forgotten = Counter(
            "tianfu_audit_forgotten_total",
            "Audit entries let go of by the rule of retention",
            registry=registry,
        )
        kept(self._rule(clock()))

    def _rule(self, now: datetime) -> Rule:
        return self._rules.in_force(RULE_ID, self._jurisdiction, now)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; what can't be done now is done at the next look."""
        while not stop.is_set():
            try:
                await self.forget(stop)
            except Refusal as refusal:
                log.warning("audit: nothing let go of, trying again", reason=refusal.reason)
            await pause(stop, EVERY_S)

    async def forget(self, stop: asyncio.Event) -> int:
        """Let go of all that is due, a bounded transaction at a time; return how many."""
        total, count = 0, AT_ONCE
        while count == AT_ONCE and not stop.is_set():
            now = self._clock()
            count = await self._database.transact(forget, self._rule(now), self._actor, now)
            self._forgotten.inc(count)
            total += count
        if total:
            log.info("audit: let go of what is kept no longer", entries=total)
        return total
