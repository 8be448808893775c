"""Grades received, the local risk signal, its drift, and statistics that name nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from services.credit_supervision.model import (
    anonymity,
    grades,
    recognition,
    record_log,
    signals,
    successions,
)
from services.credit_supervision.model.grades import Grade, GradeRow
from services.credit_supervision.model.recognition import Recognition, Result
from services.credit_supervision.model.register import Fault
from services.credit_supervision.model.scorecard import Scorecard
from services.credit_supervision.model.signals import Drift, Signal
from services.credit_supervision.model.successions import InvalidSuccession, Succession
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases.refused import (
    ProcessExists,
    ProcessNotFound,
    ScorecardNotFound,
    StepRefused,
    SuccessionInvalid,
)
from services.credit_supervision.usecases.register import EntityNotFound, Purpose
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import Rule, RuleBook, RuleNotFound, day_of
from tianfu import subjects
from tianfu.credit_supervision.v1 import events_pb2

AREA: Final = "credit-supervision"
PROVINCE: Final = "CN-51"
SELF: Final = "credit-supervision"
OF_AN_ENTITY: Final = 1_000
"""Records, clues and visits of one entity that are looked at."""

Cell = tuple[str, str]


def import_grades(
    tx: Transaction,
    rows: Sequence[GradeRow],
    scheme: str,
    sha256: str,
    actor: str,
    *,
    now: datetime,
) -> tuple[int, list[Fault]]:
    """Store the grades that are good; return how many, and the faults of the others."""
    made, faults = grades.take(rows, scheme, sha256, day_of(now))
    tx.put_grades(made, now)
    told = {"accepted": str(len(made)), "faults": str(len(faults)), "source": sha256}
    tx.audit(Entry(now, actor, "grades.import", f"grades/{scheme}", details=told))
    return len(made), faults


def grades_of(
    tx: Transaction, code: str, why: Purpose, *, now: datetime
) -> list[tuple[Grade, datetime]]:
    """Return the grades that hold today; that they were looked at is written down."""
    tx.audit(Entry(now, why.actor, "grades.read", f"entities/{code}", why.purpose, why.basis))
    return [each for each in tx.grades_of(code) if each[0].holds(day_of(now))]


def scorecard_of(book: RuleBook, name: str, now: datetime) -> tuple[Scorecard, Rule]:
    """Return the scorecard in force of a name; raise ScorecardNotFound."""
    try:
        rule = book.in_force(f"{signals.PREFIX}{name}", PROVINCE, now)
    except RuleNotFound:
        raise ScorecardNotFound(f"no scorecard {name!r} is in force", field="scorecard") from None
    return Scorecard.parse(rule.version, rule.parameters), rule


def names_of(book: RuleBook) -> list[str]:
    """Return the names of all scorecards, in order."""
    ids = {each.rule_id for each in book.list() if each.rule_id.startswith(signals.PREFIX)}
    return sorted(each.removeprefix(signals.PREFIX) for each in ids)


def of_entity(
    tx: Transaction, book: RuleBook, code: str, why: Purpose, *, now: datetime
) -> Signal | None:
    """Return an entity's signal, None without the entity; the look is written down."""
    known = tx.entity(code)
    outcome = "read" if known else "not found"
    resource = f"entities/{code}/signal"
    tx.audit(Entry(now, why.actor, "signals.read", resource, why.purpose, why.basis, outcome))
    if known is None:
        return None
    card, rule = scorecard_of(book, signals.LOCAL_RISK, now)
    kept, today = tx.records_of(code, "", OF_AN_ENTITY), day_of(now)
    values = signals.counted(
        [record_log.on_day(book, each, today) for each in kept],
        tx.clues_of(code, OF_AN_ENTITY),
        tx.inspections_of(code, OF_AN_ENTITY),
        [grade for grade, _ in tx.grades_of(code)],
        now,
    )
    found = signals.of(card, rule, values)
    tx.count_bins(card.version, month_of(now), signals.bins_of(card, found))
    return found


def of_rows(
    tx: Transaction,
    book: RuleBook,
    name: str,
    rows: Sequence[Mapping[str, float]],
    actor: str,
    *,
    now: datetime,
) -> list[Signal]:
    """Return a signal for each row of values."""
    card, rule = scorecard_of(book, name, now)
    found, counts = signals.of_rows(card, rule, rows)
    tx.count_bins(card.version, month_of(now), counts)
    told = {"rows": str(len(rows))}
    tx.audit(Entry(now, actor, "signals.evaluate", f"scorecards/{name}", details=told))
    return found


def stability(
    tx: Transaction, book: RuleBook, name: str, month: str, *, now: datetime
) -> tuple[list[Drift], str]:
    """Return how stable each attribute is in a month, and the scorecard's version."""
    card, _ = scorecard_of(book, name, now)
    wanted = month or month_of(now)
    until = tx.bins_until(card.version, wanted)
    counts = until.pop(wanted, {})
    return signals.drift(card, counts, signals.references(card, until)), card.version


def tell_drift(tx: Transaction, book: RuleBook, *, now: datetime) -> int:
    """Tell of attributes that have drifted this month, each once; return how many were told."""
    told = 0
    for name in names_of(book):
        try:
            found, version = stability(tx, book, name, "", now=now)
        except ScorecardNotFound:
            continue  # none of its versions is in force today
        for each in found:
            if each.level == "ALARM" and tx.first_alarm(version, each.item, month_of(now)):
                told += 1
                event = events_pb2.SignalDrifted(
                    rule_version=version, item=each.item, index=each.index, month=month_of(now)
                )
                event.event_time.FromDatetime(now)
                key = f"drift-{version.replace('/', '-')}-{each.item}-{month_of(now)}"
                tx.emit(subjects.event(AREA, "signal-drifted"), event, key)
    return told


def month_of(now: datetime) -> str:
    """Return the month of a time in China, YYYY-MM."""
    return day_of(now).isoformat()[:7]


def statistic(
    tx: Transaction, name: str, counts: Callable[[], Mapping[Cell, int]]
) -> Mapping[Cell, int | None]:
    """Return a table that names nobody, neither alone nor beside the one before it."""
    steady, shown = anonymity.released(counts(), tx.cells(name))
    tx.put_cells(name, steady)
    return shown


def count_entities(tx: Transaction) -> Mapping[Cell, int | None]:
    """Return counts of entities by prefecture and class."""
    return statistic(tx, "entities", tx.counts)


def count_records(tx: Transaction) -> Mapping[Cell, int | None]:
    """Return counts of entities with records in use, by prefecture and kind."""
    return statistic(tx, "records", tx.record_counts)


def succeed(tx: Transaction, made: Succession, actor: str, *, now: datetime) -> Succession:
    """Note a merger or a split; the same again changes nothing."""
    tx.hold_successions(alone=True)
    known = tx.succession(made.succession_id)
    if known is not None:
        if known != made:
            raise ProcessExists(f"succession {made.succession_id!r} says something else")
        return known
    for code in (made.predecessor, made.successor):
        if tx.entity(code) is None:
            raise EntityNotFound(f"no entity {code} is in the register", field="succession")
    try:
        successions.check(made, tx.history(made.predecessor))
        links = tx.links([made.successor])
        if made.ends_predecessor and successions.is_circle(links, made.predecessor, made.successor):
            # By what a register says, of which there is no document.
            raise InvalidSuccession("it would go in a circle")  # noqa: TRY301 - one refusal
    except InvalidSuccession as error:
        raise SuccessionInvalid(str(error), field="succession") from None
    tx.add_succession(made, now)
    told = {"kind": made.kind.name, "successor": made.successor, "source": made.sha256}
    resource = f"entities/{made.predecessor}"
    tx.audit(Entry(now, actor, "entities.succeed", resource, details=told))
    return made


def recognise(
    tx: Transaction,
    book: RuleBook,
    recognition_id: str,
    result: Result,
    receiver: str,
    receiver_place: str,
    repeat_reason: str,
    actor: str,
    *,
    now: datetime,
) -> Recognition:
    """Decide whether a result stands in for one's own, and keep the decision; again, it is that."""
    known = tx.recognition(recognition_id)
    if known is not None:
        asked = (result, receiver, receiver_place, repeat_reason.strip())
        if (known.result, known.receiver, known.receiver_place, known.repeat_reason) != asked:
            raise ProcessExists(f"recognition {recognition_id!r} says something else")
        return known
    if receiver == result.department and receiver_place == result.place:
        raise StepRefused(
            "a department does not recognise its own result", metadata={"why": "OWN_RESULT"}
        )
    rules = recognition.Rules.read(book, receiver_place, now)
    made = recognition.decide(
        rules, recognition_id, result, receiver, receiver_place, repeat_reason, now
    )
    tx.add_recognition(made)
    told = {"step": made.step.name, "matter": result.matter, "form": result.form_sha256}
    resource = f"recognitions/{recognition_id}"
    tx.audit(
        Entry(now, actor, "recognitions.decide", resource, outcome=made.outcome.name, details=told)
    )
    return made


def recognition_of(tx: Transaction, recognition_id: str) -> Recognition:
    """Return a decision about recognition; raise ProcessNotFound."""
    found = tx.recognition(recognition_id)
    if found is None:
        raise ProcessNotFound(f"no recognition {recognition_id!r} is there")
    return found
