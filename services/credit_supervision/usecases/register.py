"""The register: rows come in, an entity is looked at for a purpose, numbers name nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.credit_supervision.model import codes, successions
from services.credit_supervision.model.clues import Source
from services.credit_supervision.model.register import (
    Entity,
    Fault,
    RiskClass,
    Row,
    Sorted,
    take,
)
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases.clues import Report
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import InvalidArgument, NotFound
from services.plumbing.rules import Rule, day_of


class EntityNotFound(NotFound):
    """There is no such entity in the register."""

    reason = "ENTITY_UNKNOWN"


class FormerCodeInvalid(InvalidArgument):
    """It is neither an organisation code nor a registration number of 15 digits."""

    reason = "FORMER_CODE_INVALID"


@dataclass(frozen=True)
class Purpose:
    """Who asks, what for, and under which provision."""

    actor: str
    purpose: str
    basis: str


def import_rows(tx: Transaction, rows: Sequence[Row], actor: str, *, now: datetime) -> Sorted:
    """Store the rows that are good; return both kinds.

    Good rows keep history as it is documented: none undoes a merger, and none closes a circle.
    """
    taken = take(rows)
    linked = [each.successor for each in taken.entities if each.successor]
    tx.hold_successions(alone=bool(linked))
    found = _with_history(tx, taken, linked)
    tx.put_entities(found.entities, now)
    stored = {each.code for each in found.entities}
    tx.put_registrations({n: code for n, code in taken.registrations.items() if code in stored})
    told = {"accepted": str(len(found.entities)), "faults": str(len(found.faults))}
    tx.audit(Entry(now, actor, "entities.import", "entities", details=told))
    return found


def _with_history(tx: Transaction, taken: Sorted, linked: Sequence[str]) -> Sorted:
    """Return rows without those that contradict who is known to have taken over from whom."""
    endings = tx.endings([each.code for each in taken.entities])
    links = {code: set(after) for code, after in tx.links(linked).items()}
    entities, faults = [], list(taken.faults)
    for each in taken.entities:
        line = taken.lines[each.code]
        problem = successions.undone(each.successor, endings.get(each.code, ()))
        if problem is not None:
            faults.append(Fault(line, "successor", "SUCCESSION_UNDONE", problem))
        elif each.successor and successions.is_circle(links, each.code, each.successor):
            told = "took over, at last, from whom this row says took it over"
            faults.append(Fault(line, "successor", "SUCCESSOR_CIRCLE", told))
        else:
            links[each.code] = {each.successor} if each.successor else set()
            links[each.code] |= {step.successor for step in endings.get(each.code, ())}
            entities.append(each)
    return Sorted(entities, sorted(faults), taken.lines)


def lookup(tx: Transaction, former: str, why: Purpose, *, now: datetime) -> str | None:
    """Return whose, by code, a code of before is, None for nobody's; the look is written down.

    Raise FormerCodeInvalid for one that is neither an organisation code nor a registration number.
    """
    try:
        plain = codes.parse_former(former)
    except codes.InvalidCode as error:
        raise FormerCodeInvalid(str(error), field="former_code") from None
    found = tx.code_of_former(plain)
    outcome = "read" if found else "not found"
    tx.audit(Entry(now, why.actor, "entities.lookup", "entities", why.purpose, why.basis, outcome))
    return found


def list_entities(
    tx: Transaction,
    place: str,
    risk_class: RiskClass | None,
    part: str,
    after: str,
    limit: int,
    why: Purpose,
    *,
    now: datetime,
) -> Sequence[tuple[Entity, datetime]]:
    """Return the entities of a place after a code; that they were looked through is written down.

    Which part of a name was looked for is not: it may be a person's.
    """
    found = tx.entities(place, risk_class, part, after, limit)
    told = {"place": place, "shown": str(len(found)), "by_name": str(bool(part)).lower()}
    entry = Entry(
        now, why.actor, "entities.list", "entities", why.purpose, why.basis, "read", details=told
    )
    tx.audit(entry)
    return found


def get_entity(
    tx: Transaction, code: str, why: Purpose, *, now: datetime
) -> tuple[Entity, datetime] | None:
    """Return an entity and when it was changed; that it was looked for is written down.

    None for one that there is not: a refusal would undo the entry of who had asked.
    """
    found = tx.entity(code)
    outcome = "read" if found else "not found"
    tx.audit(
        Entry(now, why.actor, "entities.read", f"entities/{code}", why.purpose, why.basis, outcome)
    )
    return found


def watch_access(
    tx: Transaction, rule: Rule, code: str, why: Purpose, *, now: datetime
) -> Report | None:
    """Count one look more; return the lead that somebody's looks are, None while they are few.

    Every call that shows an entity, or what is about it alone, is a look. The lead's id has person
    and day in it, hashed: so many looks on a day are one lead, and it names nobody; who it was
    stands in the audit log, for whoever may read that.
    """
    found = tx.entity(code)
    if found is None:
        return None
    since = now - timedelta(hours=rule.number("hours"))
    looks = int(rule.number("looks"))
    tx.add_look(code, why.actor, now, since)
    last = tx.looks(code, why.actor, since)
    if len(last) < looks:
        return None
    told = hashlib.sha256(f"{why.actor}|{code}|{day_of(now)}".encode()).hexdigest()
    seen = f"{why.actor}|{code}|{'|'.join(each.isoformat() for each in last)}"
    evidence = hashlib.sha256(seen.encode()).hexdigest()
    return Report(
        report_id=f"access-{told[:32]}",
        source=Source.ACCESS_LOG,
        code=code,
        matter=rule.text("matter"),
        place=found[0].place,
        evidence=(evidence,),
    )
