"""Emergencies: declared by a warning or a person, at once in force, undone when they are over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from services.credit_supervision.model import clues as clue_model
from services.credit_supervision.model import emergencies as model
from services.credit_supervision.model.clues import Clue
from services.credit_supervision.model.emergencies import Deadline, Emergency, Process, Rest, State
from services.credit_supervision.ports import Transaction
from services.credit_supervision.usecases.refused import (
    EmergencyReserved,
    ProcessExists,
    ProcessNotFound,
)
from services.plumbing.audit_chain import Entry
from services.plumbing.rules import Rule, RuleBook
from tianfu import subjects
from tianfu.credit_supervision.v1 import emergency_pb2, events_pb2

AREA: Final = "credit-supervision"
PROVINCE: Final = "CN-51"
SELF: Final = "credit-supervision"
BY_WARNING: Final = "warning-"
"""How the id of what a warning declares begins."""

ID_MAX: Final = 63
"""Characters of an id (RFC 1034, as AIP-122 has it)."""

DIGEST: Final = 16
"""Hex digits by which the ids of warnings with long ones differ."""


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
    known = _declared_by(tx, told.warning)
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
    put_off = _put_off_all(tx, book, grown, more, now)
    return _store(tx, replace(grown, clues=grown.clues + put_off), SELF, "emergencies.grow", now)


def warning_over(tx: Transaction, warning: str, state: State, *, now: datetime) -> Emergency | None:
    """End what a warning declared; None when it had declared nothing."""
    known = _declared_by(tx, warning)
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
    """Declare an emergency as a person; the same again changes nothing.

    Raise EmergencyReserved for an id that a warning's would have: the warning would find it taken.
    """
    if emergency_id.startswith(BY_WARNING):
        raise EmergencyReserved(
            f"ids that begin with {BY_WARNING} are of warnings; choose another",
            field="emergency_id",
        )
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
    """Return a clue whose new deadline the disasters declared in its county have put off."""
    of = Deadline(Process.CLUE, clue.clue_id, clue.due)
    tx.forget_rests(of)
    rests = [
        Rest(each.emergency_id, clue.due, now, days)
        for each in _declared(tx, clue.place, now)
        if (days := _days_of_clue(book, each, clue))
    ]
    for rest in rests:
        tx.add_rest(of, rest)
    return replace(clue, due=model.put_off(clue.due, rests))


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
    of, rule = Deadline(process, key, due), book.in_force(model.EXTENSIONS, PROVINCE, now)
    rests = [
        Rest(each.emergency_id, due, now, model.days_off(rule, process))
        for each in _declared(tx, tx.place_of_record(record_id), now)
    ]
    for rest in rests:
        tx.add_rest(of, rest)
    return model.put_off(due, rests)


def rule_of(book: RuleBook, now: datetime) -> Rule:
    """Return the measures in force."""
    return book.in_force(model.MEASURES, PROVINCE, now)


def emergency_id_of(warning: str) -> str:
    """Return the id of what a warning declares."""
    whole = f"{BY_WARNING}{warning.lower()}"
    if len(whole) <= ID_MAX:
        return whole
    # Cut, two warnings could declare one emergency, and the end of either would end it.
    digest = hashlib.sha256(warning.encode()).hexdigest()[:DIGEST]
    return f"{whole[: ID_MAX - DIGEST - 1].rstrip('-')}-{digest}"


def _declared_by(tx: Transaction, warning: str) -> Emergency | None:
    """Return what a warning has declared; of one with a long id also by the id cut, as before."""
    known = tx.emergency(emergency_id_of(warning))
    if known is None:
        known = tx.emergency(f"{BY_WARNING}{warning.lower()}"[:ID_MAX].rstrip("-"))
    return known if known is None or known.warning == warning else None


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
    clues = _put_off_all(tx, book, made, places, now)
    return _store(tx, replace(made, clues=clues), actor, "emergencies.begin", now)


def _end(tx: Transaction, known: Emergency, state: State, actor: str, now: datetime) -> Emergency:
    over = model.ended(known, state, now)
    if over == known:
        return known
    tx.put_emergency(over)
    for deadline, rests in tx.rested_by(over.emergency_id):
        _move(tx, deadline, model.put_off(rests[0].base, rests))
    return _store(tx, over, actor, "emergencies.end", now)


def _put_off_all(
    tx: Transaction, book: RuleBook, emergency: Emergency, places: Sequence[str], now: datetime
) -> int:
    """Put off what has a deadline in some counties; return how many clues that were."""
    clues = [
        (Deadline(Process.CLUE, clue.clue_id, clue.due), days)
        for clue in tx.running_clues(places)
        if (days := _days_of_clue(book, emergency, clue))
    ]
    rule = book.in_force(model.EXTENSIONS, PROVINCE, now)
    others = [(each, model.days_off(rule, each.process)) for each in tx.running_deadlines(places)]
    for deadline, days in (*clues, *others):
        known = tx.rests(deadline)
        if any(each.emergency_id == emergency.emergency_id for each in known):
            continue  # its entity has moved from one county of the disaster to another
        base = known[0].base if known else deadline.due
        made = Rest(emergency.emergency_id, base, now, days)
        tx.add_rest(deadline, made)
        _move(tx, deadline, model.put_off(base, (*known, made)))
    return len(clues)


def _move(tx: Transaction, deadline: Deadline, due: date) -> None:
    if due == deadline.due:
        return
    tx.put_deadline(replace(deadline, due=due))
    if deadline.process is Process.CLUE:
        tx.note_change("clue", deadline.key)


def _declared(tx: Transaction, place: str, now: datetime) -> list[Emergency]:
    return [each for each in tx.emergencies(State.ACTIVE) if each.covers(place, now)]


def _days_of_clue(book: RuleBook, emergency: Emergency, clue: Clue) -> int:
    urgent = book.of_version(emergency.version).texts("matters")
    return clue_model.days_off(book.of_version(clue.version), clue, urgent)


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
