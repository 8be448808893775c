"""Alerts of others as sources: read, judged, verified when signed, and put in our words.

Nothing that arrives here is passed on as it is. What cannot be mapped is said, never guessed: an
event without a national code has none, and a severity Unknown has no colour.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from services.disaster_warning.cap.document import (
    Alert,
    Info,
    Reference,
    ResponseType,
    Urgency,
    Version,
)
from services.disaster_warning.cap.event_codes import Event, EventCodes
from services.disaster_warning.cap.findings import Finding, errors_of
from services.disaster_warning.cap.node import UnreadableAlert
from services.disaster_warning.cap.parse import Source, alert_of, read
from services.disaster_warning.cap.profile import (
    COLOUR_OF_SEVERITY,
    colour_of,
    counties_of,
)
from services.disaster_warning.cap.signature import Profile, SignerNotTrusted, verify_source
from services.disaster_warning.cap.trust import (
    TrustDomain,
    TrustStore,
    WrongTrustDomain,
)
from services.disaster_warning.cap.validate import validate
from services.disaster_warning.model.colours import Colour
from services.plumbing.refusal import PermissionDenied

DEDUPE_KEY_CHARACTERS: Final = 64
"""Length of a key: SHA-256 in hexadecimal."""


class SignatureState(enum.Enum):
    """What is known of who sent it."""

    UNSIGNED = "unsigned"
    VERIFIED = "verified"
    UNKNOWN = "unknown"
    """Signed by somebody who is not pinned: worth no more than an unsigned one, and no less."""

    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Signature:
    """The outcome of verification: ``reason`` is the refusal's code, ``signer`` a fingerprint."""

    state: SignatureState
    reason: str | None = None
    signer: str | None = None


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A message that the alert refers to, and whether it has been imported before."""

    reference: Reference
    known: bool


@dataclass(frozen=True, slots=True)
class MappedInfo:
    """One info block in our words; ``event`` and ``colour`` are None where there is no mapping."""

    info: Info
    event: Event | None
    colour: Colour | None
    counties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportedAlert:
    """A foreign alert with all that is known of it.

    ``alert`` is None when a needed value cannot be read; the findings say which. For a verified
    alert it is what was signed. ``unmapped`` says in words what has no counterpart here.
    """

    alert: Alert | None
    version: Version
    encoding: str
    findings: tuple[Finding, ...]
    signature: Signature
    infos: tuple[MappedInfo, ...] = ()
    references: tuple[ResolvedReference, ...] = ()
    unmapped: tuple[str, ...] = ()
    dedupe_key: str | None = None

    @property
    def usable(self) -> bool:
        """Whether it is free of errors, and no signature speaks against it.

        A feed whose alerts must be signed asks for ``signature.state`` VERIFIED on top.
        """
        refused = self.signature.state is SignatureState.REFUSED
        return self.alert is not None and not errors_of(self.findings) and not refused


def import_alert(
    data: bytes,
    *,
    events: EventCodes,
    trust: TrustStore,
    at: datetime,
    seen: Collection[Reference] = (),
    profile: Profile = Profile.STRICT,
) -> ImportedAlert:
    """Return the alert in ``data``, judged; raise a MalformedCap only for what cannot be read.

    ``at`` is the time of receipt (validity of certificates), ``seen`` the messages imported before
    (for duplicates and references), ``profile`` which signatures the feed may have.
    """
    source = read(data)
    findings = validate(source, seen=seen)
    signature, genuine = _verified(source, trust, at=at, profile=profile)
    try:
        alert = alert_of(genuine)
    except UnreadableAlert as refusal:
        unreadable = Finding("unreadable", refusal.field or "alert", refusal.message)
        return ImportedAlert(
            None, source.version, source.encoding, (unreadable, *findings), signature
        )
    infos = tuple(_mapped(info, events) for info in alert.infos)
    return ImportedAlert(
        alert=alert,
        version=source.version,
        encoding=source.encoding,
        findings=findings,
        signature=signature,
        infos=infos,
        references=tuple(ResolvedReference(each, each in seen) for each in alert.references),
        unmapped=tuple(_unmapped(infos)),
        dedupe_key=dedupe_key(alert.reference),
    )


def dedupe_key(reference: Reference) -> str:
    """Return the key under which a message is stored once, however often it arrives.

    The three parts that CAP makes unique, the time as a moment: ``+08:00`` and UTC are one.
    """
    moment = reference.sent.astimezone(UTC).isoformat()
    text = f"{reference.sender}\n{reference.identifier}\n{moment}"
    return hashlib.sha256(text.encode()).hexdigest()


def _verified(
    source: Source, trust: TrustStore, *, at: datetime, profile: Profile
) -> tuple[Signature, Source]:
    """Return the signature's outcome, and the document to go on with."""
    if source.signatures == 0:
        return Signature(SignatureState.UNSIGNED), source
    try:
        verified = verify_source(source, trust, at=at, profile=profile)
        if verified.signer.domain is not TrustDomain.FOREIGN:
            raise WrongTrustDomain("an alert of our own came in by a foreign feed")
    except SignerNotTrusted as refusal:
        return Signature(SignatureState.UNKNOWN, reason=refusal.reason), source
    except (PermissionDenied, UnreadableAlert) as refusal:
        return Signature(SignatureState.REFUSED, reason=refusal.reason), source
    signer = verified.signer.fingerprint
    return Signature(SignatureState.VERIFIED, signer=signer), verified.source


def _mapped(info: Info, events: EventCodes) -> MappedInfo:
    return MappedInfo(info, events.find(info.event_codes), _colour(info), counties_of(info.areas))


def _colour(info: Info) -> Colour | None:
    """Return the colour it says, or else that of its severity; None for what is over."""
    if info.urgency is Urgency.PAST or ResponseType.ALL_CLEAR in info.response_types:
        return None
    return colour_of(info) or COLOUR_OF_SEVERITY.get(info.severity)


def _unmapped(infos: tuple[MappedInfo, ...]) -> list[str]:
    said = []
    for number, each in enumerate(infos, 1):
        path = f"alert/info[{number}]"
        if each.event is None:
            codes = ", ".join(f"{code.name} {code.value}" for code in each.info.event_codes)
            said.append(f"{path}: no national event for {each.info.event!r} ({codes or 'no code'})")
        if each.colour is None:
            what = f"severity {each.info.severity.value}, urgency {each.info.urgency.value}"
            said.append(f"{path}: no colour for {what}")
        if not each.counties:
            said.append(f"{path}: no GB/T 2260 codes; use its polygons and circles")
    return said
