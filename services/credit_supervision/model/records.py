"""Records (信用信息) of an entity, and how long the rules of their day let them be seen.

A record says what a department decided, never what somebody thinks of it. From the dated rules it
follows when its publication must end at the latest, from when repair may be asked for, and what may
be done with it today. A decision keeps the versions that it was made under, so that it can be made
again years later and come out the same.
"""

from __future__ import annotations

import enum
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.credit_supervision.model.calendar import add_months
from services.plumbing.rules import CHINA_STANDARD_TIME, Rule, RuleBook

PERIODS: Final = "publication-periods"
TRANSITION: Final = "publication-transition"
COUNTRY: Final = "CN"


class Kind(enum.IntEnum):
    """What a record is; numbered as in the contract."""

    LICENCE = 1
    PENALTY = 2
    LIST_ENTRY = 3
    COMMITMENT = 4
    HONOUR = 5


TIMED: Final = frozenset({Kind.PENALTY, Kind.LIST_ENTRY})
"""What the rules of publication end, and what may be repaired."""


class Severity(enum.IntEnum):
    """Class of a penalty's gravity; numbered as in the contract."""

    SLIGHT = 1
    GENERAL = 2
    SERIOUS = 3


class Use(enum.IntEnum):
    """What may be done with a record now; numbered as in the contract."""

    PUBLISHED = 1
    """Shown to everybody and used."""
    SHARED = 2
    """Not shown to the public; departments may use it."""
    FROZEN = 3
    """An objection is open: nobody may use it, and who looks is told so."""
    ENDED = 4
    """Its time is over or it was repaired: neither shown nor shared nor used; a tombstone stays."""
    SUSPENDED = 5
    """A court's ruling in a bankruptcy lifts it for the time being."""


class InvalidRecord(ValueError):
    """What a record says does not fit together; ``field`` names where."""

    reason = "RECORD_INVALID"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


@dataclass(frozen=True)
class Lineage:
    """Where a record comes from: department, its own number for it, and the file it came in."""

    department: str
    source_id: str
    sha256: str = ""


@dataclass(frozen=True)
class Record:
    """One decision of a department about an entity.

    ``day`` is the day of the decision in China: periods begin on it. ``valid_to`` is the last day
    that the decision itself states, as a licence does. ``severities`` are those of all penalties
    in one decision: the longest period counts.
    """

    record_id: str
    code: str
    kind: Kind
    day: date
    matter: str
    lineage: Lineage
    severities: tuple[Severity, ...] = ()
    fields: tuple[str, ...] = ()
    valid_to: date | None = None

    def __post_init__(self) -> None:
        """Raise InvalidRecord unless it is what its kind says."""
        if (self.kind is Kind.PENALTY) != bool(self.severities):
            raise InvalidRecord("severities", "a penalty states its class, and nothing else does")
        if self.valid_to is not None and self.valid_to < self.day:
            raise InvalidRecord("valid_to", f"{self.valid_to} is before the decision, {self.day}")


@dataclass(frozen=True)
class Period:
    """What the rules say of the publication of a penalty, or of an entry in a list.

    ``end`` is the first day without it, ``repair_from`` the first on which repair may be asked for.
    ``versions`` are the rules'.
    """

    is_published: bool
    repair_from: date
    end: date
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """What has happened to a record since: each a time, or None."""

    repaired: datetime | None = None
    revoked: datetime | None = None
    objections_open: int = 0
    suspended_until: date | None = None


@dataclass(frozen=True)
class Decision:
    """What may be done with a record on a day, why, and under which rules.

    ``end`` is the first day on which it will be otherwise by itself; None for none known.
    """

    use: Use
    reason: str
    end: date | None
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Tombstone:
    """What is left of a record that ended: enough to prove what it was, nothing to read it by."""

    record_id: str
    ended: date
    reason: str
    sha256: str


def period_of(book: RuleBook, record: Record, on: date) -> Period:
    """Return the period of a penalty or a list's entry as the rules in force ``on`` a day say.

    A decision keeps the rule of its own day. As each later one comes into force, the transition of
    that day says whether the shorter of the two counts, or the earlier or the later rule's. Each
    is gone through in turn, so that a period which one rule cut short no later one makes long.
    """
    since = _first_day(book, record)
    period = _of_rule(book.in_force(PERIODS, COUNTRY, noon(since)), record)
    for rule in book.list():
        if (rule.rule_id, rule.jurisdiction) != (PERIODS, COUNTRY):
            continue
        if since < rule.valid_from <= on:
            transition = book.in_force(TRANSITION, COUNTRY, noon(rule.valid_from))
            period = _moved(period, _of_rule(rule, record), transition)
    return period


def _moved(earlier: Period, later: Period, transition: Rule) -> Period:
    """Return what becomes of a period when a later rule comes into force."""
    versions = (*earlier.versions, *later.versions, transition.version)
    match transition.text("of_earlier_decisions"):
        case "shorter":
            return Period(
                earlier.is_published and later.is_published,
                min(earlier.repair_from, later.repair_from),
                min(earlier.end, later.end),
                versions,
            )
        case "earlier":
            return replace(earlier, versions=versions)
        case "later":
            return replace(later, versions=versions)
        case _:
            raise transition.invalid("of_earlier_decisions", "need shorter, earlier or later")


def decide(  # noqa: PLR0911 - one a case, in the order in which the law asks
    book: RuleBook, record: Record, standing: Standing, on: date, *, lists_end: bool = True
) -> Decision:
    """Return what may be done with a record ``on`` a day in China.

    Not ``lists_end`` decides as before it was known that entries in lists end with their period.
    """
    if standing.revoked is not None:
        return Decision(Use.ENDED, "REVOKED", None, ())
    if standing.repaired is not None:
        return Decision(Use.ENDED, "REPAIRED", None, ())
    versions: tuple[str, ...] = ()
    end = None if record.valid_to is None else record.valid_to + timedelta(days=1)
    is_published = True
    if record.kind is Kind.PENALTY or (record.kind is Kind.LIST_ENTRY and lists_end):
        period = period_of(book, record, on)
        # A list may let go of an entry before the longest time, and a penalty states no day.
        stated = end if record.kind is Kind.LIST_ENTRY and end is not None else period.end
        is_published, end, versions = period.is_published, min(stated, period.end), period.versions
    if end is not None and on >= end:
        return Decision(Use.ENDED, "PERIOD_OVER", end, versions)
    if standing.objections_open:
        return Decision(Use.FROZEN, "OBJECTION_OPEN", end, versions)
    if standing.suspended_until is not None and on <= standing.suspended_until:
        return Decision(
            Use.SUSPENDED, "COURT_RULING", standing.suspended_until + timedelta(days=1), versions
        )
    if is_published:
        return Decision(Use.PUBLISHED, "IN_PERIOD", end, versions)
    return Decision(Use.SHARED, "NOT_TO_BE_PUBLISHED", end, versions)


def tombstone(record: Record, decision: Decision, on: date) -> Tombstone:
    """Return what stays of a record that has ended; raise InvalidRecord when it has not."""
    if decision.use is not Use.ENDED:
        raise InvalidRecord("use", f"is {decision.use.name}; only what has ended leaves")
    return Tombstone(record.record_id, on, decision.reason, digest(record))


def digest(record: Record) -> str:
    """Return a record's SHA-256 in hex, over JSON with sorted keys."""
    content = {
        "record_id": record.record_id,
        "code": record.code,
        "kind": record.kind.name,
        "day": record.day.isoformat(),
        "matter": record.matter,
        "department": record.lineage.department,
        "source_id": record.lineage.source_id,
        "severities": [each.name for each in record.severities],
        "fields": list(record.fields),
        "valid_to": record.valid_to and record.valid_to.isoformat(),
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def usable(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions that let their record count for or against somebody today."""
    return [each for each in decisions if each.use in {Use.PUBLISHED, Use.SHARED}]


def noon(day: date) -> datetime:
    """Return the middle of a day in China: the rules of that day are in force then."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=CHINA_STANDARD_TIME)


def _first_day(book: RuleBook, record: Record) -> date:
    """Return the day whose rule a record is first under: of an older list, that of the first."""
    if record.kind is not Kind.LIST_ENTRY:
        return record.day
    rules = (each for each in book.list() if each.rule_id == PERIODS)
    first = min(each.valid_from for each in rules if each.jurisdiction == COUNTRY)
    return max(record.day, first)


def lineage_key(lineage: Lineage) -> str:
    """Return the SHA-256 in hex of a department and its number, however the number is written.

    It stays when a record has ended, and tells that one of the same number has been there.
    """
    number = "".join(unicodedata.normalize("NFKC", lineage.source_id).split()).casefold()
    text = json.dumps([lineage.department, number], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _of_rule(rule: Rule, record: Record) -> Period:
    """Return the longest of what a version says of each penalty in the decision.

    An entry in a list of gravely dishonest entities is of the class of serious penalties.
    """
    longest_min = longest_max = 0
    is_published = False
    for severity in record.severities or (Severity.SERIOUS,):
        name = severity.name.lower()
        row = rule.table(name)
        is_published |= bool(row["published"])
        longest_min = max(longest_min, int(rule.number(name, "min_months")))
        longest_max = max(longest_max, int(rule.number(name, "max_months")))
    if is_published and set(record.fields) & set(rule.texts("long_fields")):
        longest_min = max(longest_min, int(rule.number("long_min_months")))
    return Period(
        is_published,
        add_months(record.day, longest_min),
        add_months(record.day, longest_max),
        (rule.version,),
    )
