"""Clues: taken in once, led from state to state by people, recognised by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.credit_supervision.model import clues as model
from services.credit_supervision.model.calendar import WorkingDays
from services.credit_supervision.model.clues import Clue, ClueRefused, Outcome, Source, State
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases import emergencies
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import FailedPrecondition, InvalidArgument, NotFound
from services.plumbing.rules import RuleBook
from tianfu import subjects
from tianfu.credit_supervision.v1 import clue_pb2, events_pb2

AREA: Final = "credit-supervision"
PROVINCE: Final = "CN-51"

OWN: Final = ("access-", "energy-", "health-", "monitor-")
"""How ids of leads begin that are derived here. Whoever took one first would keep the lead away."""


class ClueNotFound(NotFound):
    """There is no such clue."""

    reason = "CLUE_UNKNOWN"


class CodeInvalid(InvalidArgument):
    """The entity's code is none of GB 32100-2015."""

    reason = "CODE_INVALID"


class ReportReserved(InvalidArgument):
    """The id, or the source, is one that this service gives itself."""

    reason = "CLUE_RESERVED"


class StepRefused(FailedPrecondition):
    """The clue does not go that way."""

    reason = "CLUE_STEP_REFUSED"


@dataclass(frozen=True)
class Report:
    """What somebody, or something, noticed."""

    report_id: str
    source: Source
    code: str
    matter: str
    place: str
    evidence: tuple[str, ...]
    request_id: str = ""


def take(tx: Transaction, book: RuleBook, told: Report, actor: str, *, now: datetime) -> Clue:
    """Make a clue of a caller's report; raise ReportReserved for what is not a caller's to say."""
    if told.report_id.startswith(OWN):
        raise ReportReserved(
            f"ids that begin with {', '.join(OWN)} are given by this service; choose another",
            field="clue_id",
        )
    if told.source is Source.ACCESS_LOG:
        raise ReportReserved("what the access log shows this service sees", field="clue.source")
    return report(tx, book, told, actor, now=now)


def report(tx: Transaction, book: RuleBook, told: Report, actor: str, *, now: datetime) -> Clue:
    """Make a clue of a report, or join it to the open one that says the same."""
    ordinary = book.in_force(model.TERMS, PROVINCE, now)
    rule = emergencies.term_rule(tx, book, ordinary, told.matter, told.place, now)
    known = tx.clue_of_report(told.report_id)
    if known is not None:
        return known
    for open_one in tx.clues_about(told.code, told.matter):
        if model.is_same(rule, open_one, told.code, told.matter, now):
            clue = model.joined(open_one, told.evidence)
            break
    else:
        clue = model.open_clue(
            rule,
            WorkingDays.read(book),
            told.report_id,
            told.source,
            told.code,
            told.matter,
            told.place,
            told.evidence,
            now,
        )
        clue = emergencies.put_off(tx, book, clue, now)
    tx.put_clue(clue, told.report_id)
    _tell(tx, clue, actor, "clues.report", now, report=told.report_id, request=told.request_id)
    return clue


def advance(
    tx: Transaction,
    book: RuleBook,
    clue_id: str,
    to: State,
    reason: str,
    outcome: Outcome | None,
    actor: str,
    *,
    now: datetime,
) -> Clue:
    """Take a clue to its next state, as a person; the rule is the one it came in under."""
    clue = get(tx, clue_id)
    try:
        rule = book.of_version(clue.version)
        calendar = WorkingDays.read(book)
        moved = model.step(rule, calendar, clue, to, actor, now, reason=reason, outcome=outcome)
    except ClueRefused as refused:
        raise StepRefused(str(refused), metadata={"why": refused.reason}) from None
    moved = emergencies.put_off(tx, book, moved, now)
    tx.put_clue(moved)
    found = {"found": outcome.name} if outcome is not None else {}
    _tell(tx, moved, actor, f"clues.{to.name.lower()}", now, **found)
    return moved


def recognise(tx: Transaction, clue_id: str, department: str, actor: str, *, now: datetime) -> Clue:
    """Note that a department takes a clue's result as its own."""
    clue = get(tx, clue_id)
    try:
        found = model.recognise(clue, department, now)
    except ClueRefused as refused:
        raise StepRefused(str(refused), metadata={"why": refused.reason}) from None
    if found != clue:
        tx.put_clue(found)
        _tell(tx, found, actor, "clues.recognise", now)
    return found


def get(tx: Transaction, clue_id: str) -> Clue:
    """Return a clue; raise ClueNotFound."""
    clue = tx.clue(clue_id)
    if clue is None:
        raise ClueNotFound(f"no clue {clue_id!r} is there")
    return clue


def page(
    tx: Transaction, state: State | None, place: str, after: str, limit: int
) -> tuple[Sequence[Clue], bool]:
    """Return clues in a place, those due first first, and whether there are more."""
    found = tx.clues(state, place, after, limit + 1)
    return found[:limit], len(found) > limit


def _tell(
    tx: Transaction, clue: Clue, actor: str, action: str, now: datetime, **details: str
) -> None:
    resource, state = f"clues/{clue.clue_id}", clue.state.name
    tx.audit(Entry(now, actor, action, resource, outcome=state, details=details))
    tx.note_change("clue", clue.clue_id)
    event = events_pb2.ClueChanged(
        clue=clue.clue_id,
        state=clue_pb2.ClueState.ValueType(clue.state),
        place_code=clue.place,
        matter=clue.matter,
    )
    event.event_time.FromDatetime(now)
    number = f"{clue.reports}-{len(clue.steps)}-{len(clue.recognised_by)}"
    tx.emit(subjects.event(AREA, "clue-changed"), event, f"clue-{clue.clue_id}-{number}")
