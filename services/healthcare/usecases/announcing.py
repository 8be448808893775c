"""Ambulances announced to the hospital that they go to, each holding a place there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.healthcare.model import ambulances
from services.healthcare.model.ambulances import State
from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.model.records import StoredScore
from services.healthcare.model.triage import Tag
from services.healthcare.ports import Desk, ScoreFilter, Transaction
from services.healthcare.usecases import hospitals, keeping
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look, PatientNotFound, listed
from tianfu import subjects
from tianfu.healthcare.v1 import arrival_pb2 as pb
from tianfu.healthcare.v1 import events_pb2

HELD_MAX: Final = 5_000
"""Ambulances on their way at once in a region."""


def create(
    tx: Transaction, desk: Desk, hospital_id: str, asked: pb.Arrival, making: Making
) -> pb.Arrival:
    """Announce an ambulance; the same again is answered as it then is.

    Raises ResourceNotFound for an unknown hospital, PatientNotFound, EtaImplausible and
    ResourceExists.
    """
    own = Making(making.actor, f"{hospital_id}/{making.document_id}", making.request_id, making.now)
    before = tx.document(Kind.ARRIVAL, own.document_id)
    if before is not None and _is_of(before, asked):
        return keeping.found(tx, Kind.ARRIVAL, own.document_id, pb.Arrival)[1]
    known = keeping.known(tx, Kind.ARRIVAL, own, asked)
    if known is not None:
        return known
    place = hospitals.get_hospital(tx, hospital_id).place_code
    if asked.patient and tx.patient(asked.patient.partition("/")[2]) is None:
        raise PatientNotFound("there is no such patient", field="arrival.patient")
    kept = pb.Arrival(
        name=f"hospitals/{hospital_id}/arrivals/{making.document_id}",
        node=asked.node,
        patient=asked.patient,
        tag=asked.tag,
        state=pb.ARRIVAL_STATE_ANNOUNCED,
        announcer=making.actor,
    )
    _expect(desk, kept, asked.eta_time.ToDatetime(UTC), making.now)
    kept.create_time.FromDatetime(making.now)
    document = keeping.made(
        tx,
        Kind.ARRIVAL,
        own,
        kept,
        parent=hospital_id,
        label=State.ANNOUNCED.name,
        place=place,
        cause=asked.node,
    )
    _noted(tx, document, kept, making.actor, "arrivals.create", making.now)
    return kept


def _is_of(document: Document, asked: pb.Arrival) -> bool:
    """Return whether a notice is of the same ambulance, whose time has been moved since."""
    kept = pb.Arrival.FromString(document.body)
    return (kept.node, kept.patient, kept.tag) == (asked.node, asked.patient, asked.tag)


def _expect(desk: Desk, kept: pb.Arrival, eta: datetime, now: datetime) -> None:
    rule = desk.holds(now)
    kept.eta_time.FromDatetime(ambulances.checked(eta, now))
    kept.hold_until_time.FromDatetime(eta + rule.after)
    kept.rule_version = rule.version
    kept.update_time.FromDatetime(now)


def advance(
    tx: Transaction,
    desk: Desk,
    name: str,
    state: State,
    eta: datetime | None,
    actor: str,
    *,
    now: datetime,
) -> pb.Arrival:
    """Say what became of it; raise ResourceNotFound, ArrivalOver or EtaImplausible."""
    document, kept = keeping.found(tx, Kind.ARRIVAL, _id(name), pb.Arrival)
    moved = eta is not None and eta != kept.eta_time.ToDatetime(UTC)
    changes = ambulances.advanced(State[document.label], state)
    if moved and eta is not None:
        if document.label != State.ANNOUNCED.name:
            raise ambulances.ArrivalOver("the arrival is over", field="eta_time")
        _expect(desk, kept, eta, now)
    if not (changes or moved):
        return kept
    kept.state = pb.ArrivalState.ValueType(state.value)
    kept.update_time.FromDatetime(now)
    after = keeping.changed(tx, document, kept, now, label=state.name)
    _noted(tx, after, kept, actor, "arrivals.advance", now)
    return kept


def acknowledge(tx: Transaction, name: str, clinician: str, *, now: datetime) -> pb.Arrival:
    """Take note of it in somebody's name; a second time, by whoever, changes nothing."""
    document, kept = keeping.found(tx, Kind.ARRIVAL, _id(name), pb.Arrival)
    if not kept.clinician:
        kept.clinician = clinician
        kept.acknowledge_time.FromDatetime(now)
        keeping.changed(tx, document, kept, now)
        keeping.note(tx, clinician, "arrivals.acknowledge", kept.name, now)
    return kept


def _noted(
    tx: Transaction, document: Document, kept: pb.Arrival, actor: str, action: str, now: datetime
) -> None:
    """Have plans solved again, enter the act, and tell of it without a word of the person."""
    tx.make_due(Kind.CASUALTY_PLAN, hospitals.OPEN_PLAN, now)
    keeping.note(tx, actor, action, kept.name, now, {"patient": kept.patient})
    event = events_pb2.ArrivalAdvanced(
        arrival=kept.name,
        hospital=f"hospitals/{document.parent}",
        place_code=document.place,
        node=kept.node,
        tag=kept.tag,
        state=kept.state,
        eta_time=kept.eta_time,
    )
    event.event_time.FromDatetime(now)
    own = document.document_id.replace("/", "-")
    name = f"healthcare-arrival-{own}-{document.version + 1}"
    tx.emit(subjects.event("healthcare", "arrival-advanced"), event, name)


def get(tx: Transaction, look: Look, name: str) -> pb.Arrival:
    """Return an arrival with its patient's last score; raise ResourceNotFound."""
    kept = keeping.found(tx, Kind.ARRIVAL, _id(name), pb.Arrival)[1]
    tx.audit(look.entry("arrivals.get", kept.patient or kept.name))
    return kept


def page(
    tx: Transaction, look: Look, wanted: Wanted, offset: int, limit: int
) -> tuple[Sequence[pb.Arrival], bool]:
    """Return a page of a hospital's arrivals, the latest first, and whether there are more."""
    found, more = keeping.page(tx, Kind.ARRIVAL, wanted, offset, limit, pb.Arrival)
    tx.audit(look.entry("arrivals.list", f"hospitals/{wanted.parent}"))
    listed(tx, look, "arrivals.listed", (each.patient for each in found))
    return found, more


def last_score(tx: Transaction, kept: pb.Arrival) -> StoredScore | None:
    """Return the last score of who comes, None when there is none or nobody is named."""
    patient_id = kept.patient.partition("/")[2]
    found = tx.scores(ScoreFilter(patient_id), 0, 1) if patient_id else ()
    return found[0] if found else None


def held(tx: Transaction, now: datetime) -> dict[str, list[Tag]]:
    """Return the classes whose places ambulances hold now, by hospital."""
    found: dict[str, list[Tag]] = {}
    wanted = Wanted(label=State.ANNOUNCED.name)
    for document in tx.documents(Kind.ARRIVAL, wanted, 0, HELD_MAX):
        kept = pb.Arrival.FromString(document.body)
        if kept.hold_until_time.ToDatetime(UTC) > now:
            found.setdefault(f"hospitals/{document.parent}", []).append(Tag(kept.tag))
    return found


def _id(name: str) -> str:
    _, hospital_id, _, own = name.split("/")
    return f"{hospital_id}/{own}"
