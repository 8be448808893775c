"""Emergencies: declared by a warning or a person, at once in force, undone when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from services.credit_supervision.model import clues as clue_model
from services.credit_supervision.model import emergencies as model
from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.emergencies import Deadline, Emergency, Process, State
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases.refused import ProcessExists, ProcessNotFound
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import Rule, RuleBook
from tianfu import subjects
from tianfu.credit_supervision.v1 import emergency_pb2, events_pb2

AREA: Final = "credit-supervision"
PROVINCE: Final = "CN-51"
SELF: Final = "credit-supervision"


@dataclass(frozen=True)
class Told:
    """What a warning's event says: (county, colour) of each, and until when."""

    warning: str
    counties: tuple[tuple[str, str], ...]
    expires: datetime


def warned(tx: Transaction, book: RuleBook, told: Told, *, now: datetime) -> Emergency | None:
    """Declare what a warning declares, or follow its update; None when it declares nothing.

    An event of a warning that is over by now declares nothing, however late it comes.
    """
    if now >= told.expires:
        return None
    places = model.places_declared(rule_of(book, now), told.counties)
    known = tx.emergency(emergency_id_of(told.warning))
    if known is None:
        if not places:
            return None
        ground = f"warnings/{told.warning}"
        return _begin(
            tx, book, emergency_id_of(told.warning), places, ground, told.warning, SELF, now
        )
    if known.state is not State.ACTIVE:
        return known
    more = tuple(sorted({*places} - {*known.places}))
    if not more:
        return known
    # Counties that an update leaves out stay until the end: what rests there was told to people.
    grown = replace(known, places=tuple(sorted({*known.places, *more})))
    put_off = _put_off_all(tx, book, grown, more)
    _put_off_processes(tx, book, grown, more, now)
    return _store(tx, replace(grown, clues=grown.clues + put_off), SELF, "emergencies.grow", now)


def warning_over(tx: Transaction, warning: str, state: State, *, now: datetime) -> Emergency | None:
    """End what a warning declared; None when it had declared nothing."""
    known = tx.emergency(emergency_id_of(warning))
    return None if known is None else _end(tx, known, state, SELF, now)


def declare(
    tx: Transaction,
    book: RuleBook,
    emergency_id: str,
    places: tuple[str, ...],
    ground: str,
    actor: str,
    *,
    now: datetime,
) -> Emergency:
    """Declare an emergency as a person; the same again changes nothing."""
    known = tx.emergency(emergency_id)
    if known is not None:
        if (known.places, known.ground) != (tuple(sorted(set(places))), ground):
            raise ProcessExists(f"emergency {emergency_id!r} says something else")
        return known
    return _begin(tx, book, emergency_id, tuple(sorted(set(places))), ground, "", actor, now)


def end(
    tx: Transaction, emergency_id: str, state: State, actor: str, *, now: datetime
) -> Emergency:
    """End an emergency; again, it changes nothing."""
    known = tx.emergency(emergency_id)
    if known is None:
        raise ProcessNotFound(f"no emergency {emergency_id!r} is there")
    return _end(tx, known, state, actor, now)


def covering(tx: Transaction, place: str, at: datetime) -> Emergency | None:
    """Return an emergency whose measures held in a county at a time, None for none."""
    return next((each for each in tx.emergencies(None) if each.covers(place, at)), None)


def term_rule(
    tx: Transaction, book: RuleBook, ordinary: Rule, matter: str, place: str, now: datetime
) -> Rule:
    """Return the rule that a clue of a matter comes in under: in an emergency's area, its own."""
    rule = rule_of(book, now)
    if matter in rule.texts("matters") and covering(tx, place, now) is not None:
        return rule
    return ordinary


def put_off(tx: Transaction, book: RuleBook, clue: Clue, now: datetime) -> Clue:
    """Return a clue whose new deadline the emergency in its county has put off, if there is one."""
    emergency = covering(tx, clue.place, now)
    if emergency is None or emergency.state is not State.ACTIVE:
        return clue
    moved, days = _moved(book, clue)
    if days:
        tx.note_extension(clue.clue_id, emergency.emergency_id, days, moved.due)
    return moved


def put_off_process(
    tx: Transaction,
    book: RuleBook,
    process: Process,
    key: str,
    record_id: str,
    due: date,
    now: datetime,
) -> date:
    """Return the deadline of a new process: in a declared disaster's county it is put off."""
    emergency = covering(tx, tx.place_of_record(record_id), now)
    if emergency is None or emergency.state is not State.ACTIVE:
        return due
    rule = book.in_force(model.EXTENSIONS, PROVINCE, now)
    moved, days = model.put_off(rule, Deadline(process, key, due))
    tx.note_deadline(moved, emergency.emergency_id, days)
    return moved.due


def rule_of(book: RuleBook, now: datetime) -> Rule:
    """Return the measures in force."""
    return book.in_force(model.MEASURES, PROVINCE, now)


def emergency_id_of(warning: str) -> str:
    """Return the id of what a warning declares."""
    return f"warning-{warning.lower()}"[:63].rstrip("-")


def _begin(
    tx: Transaction,
    book: RuleBook,
    emergency_id: str,
    places: tuple[str, ...],
    ground: str,
    warning: str,
    actor: str,
    now: datetime,
) -> Emergency:
    version = rule_of(book, now).version
    made = Emergency(emergency_id, places, ground, warning, now, version)
    tx.put_emergency(made)
    clues = _put_off_all(tx, book, made, places)
    _put_off_processes(tx, book, made, places, now)
    return _store(tx, replace(made, clues=clues), actor, "emergencies.begin", now)


def _end(tx: Transaction, known: Emergency, state: State, actor: str, now: datetime) -> Emergency:
    over = model.ended(known, state, now)
    if over == known:
        return known
    for clue, days in tx.extended_clues(known.emergency_id):
        back = days - model.days_kept(over, days)
        if back:
            tx.put_clue(replace(clue, due=clue.due - timedelta(days=back)))
            tx.note_change("clue", clue.clue_id)
    for deadline, days in tx.extended_deadlines(known.emergency_id):
        back = days - model.days_kept(over, days)
        if back:
            tx.put_deadline(replace(deadline, due=deadline.due - timedelta(days=back)))
    return _store(tx, over, actor, "emergencies.end", now)


def _put_off_all(
    tx: Transaction, book: RuleBook, emergency: Emergency, places: Sequence[str]
) -> int:
    count = 0
    for clue in tx.running_clues(places):
        moved, days = _moved(book, clue)
        if days:
            tx.put_clue(moved)
            tx.note_extension(clue.clue_id, emergency.emergency_id, days, moved.due)
            tx.note_change("clue", clue.clue_id)
            count += 1
    return count


def _put_off_processes(
    tx: Transaction, book: RuleBook, emergency: Emergency, places: Sequence[str], now: datetime
) -> None:
    rule = book.in_force(model.EXTENSIONS, PROVINCE, now)
    for deadline in tx.running_deadlines(places):
        moved, days = model.put_off(rule, deadline)
        tx.put_deadline(moved)
        tx.note_deadline(moved, emergency.emergency_id, days)


def _moved(book: RuleBook, clue: Clue) -> tuple[Clue, int]:
    moved = clue_model.put_off(book.of_version(clue.version), clue)
    return moved, (moved.due - clue.due).days


def _store(
    tx: Transaction, emergency: Emergency, actor: str, action: str, now: datetime
) -> Emergency:
    tx.put_emergency(emergency)
    resource = f"emergencies/{emergency.emergency_id}"
    told = {"places": ",".join(emergency.places), "clues": str(emergency.clues)}
    tx.audit(Entry(now, actor, action, resource, outcome=emergency.state.name, details=told))
    event = events_pb2.EmergencyChanged(
        emergency=emergency.emergency_id,
        state=emergency_pb2.EmergencyState.ValueType(emergency.state),
        place_codes=emergency.places,
    )
    event.event_time.FromDatetime(now)
    number = f"{emergency.state.name.lower()}-{len(emergency.places)}"
    name = f"emergency-{emergency.emergency_id}-{number}"
    tx.emit(subjects.event(AREA, "emergency-changed"), event, name)
    return emergency
