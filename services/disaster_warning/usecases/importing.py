"""Foreign CAP messages as sources: judged, and drafted from; never passed on as they are."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.disaster_warning.cap import document as cap
from services.disaster_warning.cap.event_codes import (
    EVENT_CODES_RULE,
    FOREIGN_EVENT_CODES_RULE,
    EventCodes,
)
from services.disaster_warning.cap.findings import Finding, Gravity
from services.disaster_warning.cap.foreign import (
    ImportedAlert,
    MappedInfo,
    SignatureState,
    import_alert,
)
from services.disaster_warning.cap.trust import TrustStore
from services.disaster_warning.model.warning import (
    Area,
    Certainty,
    Channel,
    Circle,
    Content,
    Person,
    Point,
    Text,
)
from services.disaster_warning.ports import Desk, Imported, Transaction
from services.disaster_warning.usecases.drafting import Draft, drafted
from services.plumbing.refusal import Refusal

NAMESPACE: Final = uuid.UUID("6f1a4f0e-5d0b-4b6e-9a64-2d1a8a6b7c51")
"""Of ids that are derived from foreign messages: a repeated import drafts no second warning."""

HEADLINE_MAX: Final = 160
TEXT_MAX: Final = 2_000
VALID_FOR: Final = timedelta(hours=6)
"""Of a foreign message that does not say when it ends."""

CERTAINTIES: Final = {
    cap.Certainty.OBSERVED: Certainty.OBSERVED,
    cap.Certainty.LIKELY: Certainty.LIKELY,
    cap.Certainty.POSSIBLE: Certainty.POSSIBLE,
}
SENDER_MAX: Final = 120
PROOFS: Final = {
    SignatureState.VERIFIED: "whose signature is verified",
    SignatureState.UNSIGNED: "not signed: anybody may have written it",
    SignatureState.UNKNOWN: "signed by nobody known: anybody may have written it",
    SignatureState.REFUSED: "whose signature is wrong",
}
EXERCISES: Final = frozenset({cap.Status.EXERCISE, cap.Status.TEST})
NOT_DRAFTED: Final = frozenset({cap.MessageType.CANCEL, cap.MessageType.ACK, cap.MessageType.ERROR})


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of a foreign message: the draft's id or "", and what was found."""

    warning_id: str
    read: ImportedAlert
    findings: tuple[Finding, ...]
    repeated: bool = False


def judge(desk: Desk, content: bytes, trust: TrustStore, *, now: datetime) -> ImportedAlert:
    """Return a foreign message judged; raise a MalformedCap for what can't be read at all."""
    at = desk.office.jurisdiction
    events = EventCodes.of(
        desk.rules.in_force(EVENT_CODES_RULE, at, now),
        desk.rules.in_force(FOREIGN_EVENT_CODES_RULE, at, now),
    )
    return import_alert(content, events=events, trust=trust, at=now)


def import_cap(
    tx: Transaction,
    desk: Desk,
    read: ImportedAlert,
    content: bytes,
    person: Person,
    *,
    validate_only: bool,
    now: datetime,
) -> ImportOutcome:
    """Draft a warning from a foreign message, unless it was taken in before or can't be mapped."""
    findings = (*read.findings, *(_unmapped(each) for each in read.unmapped))
    alert = read.alert
    if alert is None or not read.usable:
        return ImportOutcome("", read, findings)
    earlier = tx.imported(alert.sender, alert.identifier, alert.sent)
    if earlier is not None:
        return ImportOutcome(earlier, read, findings, repeated=True)
    no_source = _no_source(alert, desk.office.sender)
    if no_source is not None:
        return ImportOutcome("", read, (*findings, no_source))
    draft = draft_of(read, now)
    if validate_only or draft is None:
        return ImportOutcome("", read, findings)
    try:
        warning = drafted(tx, desk, draft, person, now=now)
    except Refusal as refusal:
        # What is wrong with the draft is found before anything is stored.
        told = f"{refusal.reason}: {refusal.message}"
        return ImportOutcome("", read, (*findings, Finding("not-drafted", "alert", told)))
    tx.add_import(
        Imported(alert.sender, alert.identifier, alert.sent, warning.warning_id, now, content)
    )
    return ImportOutcome(warning.warning_id, read, findings)


def _no_source(alert: cap.Alert, us: str) -> Finding | None:
    """Return why a message that is right drafts nothing, None when it may."""
    if alert.sender == us:
        told = "the sender is this office: our own message, played back, is no source"
        return Finding("not-drafted", "alert/sender", told)
    if alert.message_type in NOT_DRAFTED:
        told = f"a message of type {alert.message_type.value} drafts nothing"
        return Finding("not-drafted", "alert/msgType", told)
    return None


def draft_of(read: ImportedAlert, now: datetime) -> Draft | None:
    """Return what can be drafted: of the first info block that has an event and a colour.

    Its reason says whose it is and whether that was proven: whoever reviews it has to know.
    """
    alert, infos = read.alert, read.infos
    if alert is None:
        return None
    usable = next((each for each in infos if each.event and each.colour), None)
    if usable is None or usable.event is None or usable.colour is None:
        return None
    info = usable.info
    seen = f"{alert.sender}\n{alert.identifier}\n{alert.sent.timestamp()}"
    content = Content(
        colour=usable.colour,
        area=_area(usable),
        expire_time=info.expires or now + VALID_FOR,
        texts=tuple(_texts(infos)),
        onset_time=info.onset,
        certainty=CERTAINTIES.get(info.certainty, Certainty.UNSTATED),
    )
    return Draft(
        warning_id=f"cap-{uuid.uuid5(NAMESPACE, seen)}",
        channel=Channel.DRILL if alert.status in EXERCISES else Channel.LIVE,
        event_code=usable.event.code,
        content=content,
        reason=f"imported from {alert.sender[:SENDER_MAX]}, {PROOFS[read.signature.state]}",
    )


def _texts(infos: tuple[MappedInfo, ...]) -> list[Text]:
    found: dict[str, Text] = {}
    for each in infos:
        info = each.info
        language = "zh-CN" if info.language.lower().startswith("zh") else "en-US"
        if info.headline and info.language.lower()[:2] in ("zh", "en"):
            text = Text(
                language,
                info.headline.strip()[:HEADLINE_MAX],
                (info.description or "").strip()[:TEXT_MAX],
                (info.instruction or "").strip()[:TEXT_MAX],
            )
            found.setdefault(language, text)
    return list(found.values())


def _area(mapped: MappedInfo) -> Area:
    areas = mapped.info.areas
    return Area(
        description="; ".join(each.description for each in areas)[:400],
        polygons=tuple(
            tuple(Point(*point) for point in polygon.points)
            for each in areas
            for polygon in each.polygons
        ),
        circles=tuple(
            Circle(Point(*circle.centre), circle.radius_km)
            for each in areas
            for circle in each.circles
        ),
        place_codes=mapped.counties,
    )


def _unmapped(said: str) -> Finding:
    path, _, message = said.partition(": ")
    return Finding("unmapped", path, message, Gravity.WARNING)
