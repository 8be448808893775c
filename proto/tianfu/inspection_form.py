"""Forms of an inspection (检查表): what may be answered, and whose signature it is.

The handheld and the service both check by this: what the one takes the other takes.

    signature = Ed25519(inspector, "tianfu-inspection-form-1" 0x00 form)
    form      = the bytes of a FilledForm; their SHA-256 stands in the finding
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from google.protobuf.message import DecodeError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from tianfu import nats_jwt
from tianfu.credit_supervision.v1 import draw_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.nats_keys import KeyPair

CONTEXT: Final = b"tianfu-inspection-form-1\0"
FORM_BYTES_MAX: Final = 64 << 10
"""A form of two hundred items with a remark each is a third of it."""

REMARK_CHARACTERS_MAX: Final = 500
EVIDENCE_MAX: Final = 32

INSPECTION_PATTERN: Final = re.compile(
    r"draws/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/inspections/([0-9A-Z]{18})"
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

NOBODY_THERE: Final = frozenset({draw_pb2.OUTCOME_NOT_FOUND, draw_pb2.OUTCOME_REFUSED})
"""Outcomes of a visit on which nothing could be looked at."""

AT_FAULT: Final = frozenset({draw_pb2.OUTCOME_CORRECTION_ORDERED, draw_pb2.OUTCOME_CASE_OPENED})
"""Outcomes that need an item that is not as it is to be."""


class FormInvalid(ValueError):
    """A form that is not taken. ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


def signed(filled: pb.FilledForm, pair: KeyPair) -> pb.SignedForm:
    """Return a form as its inspector signs it."""
    form = filled.SerializeToString(deterministic=True)
    return pb.SignedForm(form=form, signature=pair.sign(CONTEXT + form), public_key=pair.public_key)


def opened(message: pb.SignedForm, public_key: str) -> pb.FilledForm:
    """Return what was signed by the key's owner; raise FormInvalid for anything else."""
    if len(message.form) > FORM_BYTES_MAX:
        raise FormInvalid("FORM_TOO_LARGE", f"more than {FORM_BYTES_MAX} bytes")
    if message.public_key != public_key:
        raise FormInvalid("FORM_KEY_UNKNOWN", "signed with another key than this inspector's")
    try:
        VerifyKey(nats_jwt.public_bytes(public_key)).verify(
            CONTEXT + message.form, message.signature
        )
    except (CryptoError, ValueError, TypeError):
        raise FormInvalid("FORM_SIGNATURE_WRONG", "the signature is not of this form") from None
    try:
        filled: pb.FilledForm = pb.FilledForm.FromString(message.form)
    except DecodeError:
        raise FormInvalid("FORM_MALFORMED", "the signed bytes are no FilledForm") from None
    return filled


def check(form: pb.InspectionForm, filled: pb.FilledForm) -> None:
    """Raise FormInvalid unless every item is answered once, and the outcome fits the answers."""
    if not INSPECTION_PATTERN.fullmatch(filled.inspection):
        raise FormInvalid("FORM_MALFORMED", "inspection: need draws/DRAW/inspections/CODE")
    if (filled.rule_version, filled.department) != (form.rule_version, form.department):
        raise FormInvalid("FORM_OTHER", f"it is no form {form.rule_version} of {form.department}")
    if filled.outcome not in draw_pb2.Outcome.values() or not filled.outcome:
        raise FormInvalid("FORM_OUTCOME_MISSING", "outcome: need one of the list")
    if len(filled.evidence_sha256) > EVIDENCE_MAX or not all(
        map(_SHA256.fullmatch, filled.evidence_sha256)
    ):
        raise FormInvalid("FORM_EVIDENCE", f"need up to {EVIDENCE_MAX} SHA-256 in small hex")
    _check_items(form, filled)


def _check_items(form: pb.InspectionForm, filled: pb.FilledForm) -> None:
    known = {each.item for each in form.items}
    names = [each.item for each in filled.items]
    strange = sorted(set(names) - known) or sorted({n for n in names if names.count(n) > 1})
    if strange:
        raise FormInvalid("FORM_ITEM_UNKNOWN", f"no item, or twice: {', '.join(strange)[:200]}")
    for each in filled.items:
        if each.answer not in pb.FormAnswer.values() or not each.answer:
            raise FormInvalid("FORM_ANSWER_MISSING", f"item {each.item}: need an answer")
        if len(each.remark) > REMARK_CHARACTERS_MAX:
            raise FormInvalid("FORM_REMARK", f"item {each.item}: a remark is too long")
    missing = sorted(known - set(names))
    if missing and filled.outcome not in NOBODY_THERE:
        raise FormInvalid("FORM_ITEM_MISSING", f"not answered: {', '.join(missing)}")
    fails = any(each.answer == pb.FORM_ANSWER_FAIL for each in filled.items)
    if filled.outcome == draw_pb2.OUTCOME_NO_PROBLEM and fails:
        raise FormInvalid("FORM_OUTCOME_WRONG", "an item fails: there is a problem")
    if filled.outcome in AT_FAULT and not fails:
        raise FormInvalid("FORM_OUTCOME_WRONG", "no item fails: nothing is to be corrected")


def matters(form: pb.InspectionForm, filled: pb.FilledForm) -> tuple[str, ...]:
    """Return the matters that were looked at, in order; those not applicable were not."""
    of = {each.item: each.matter for each in form.items}
    return tuple(
        sorted(
            {
                of[each.item]
                for each in filled.items
                if each.answer != pb.FORM_ANSWER_NOT_APPLICABLE and each.item in of
            }
        )
    )


def digest(message: pb.SignedForm) -> str:
    """Return the SHA-256 of a form, in hex, as it stands in the finding."""
    return hashlib.sha256(message.form).hexdigest()
