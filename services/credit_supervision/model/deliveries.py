"""What each receiver of records is to do, and by when it has to say that it is done.

A receiver has a record from the first PUT until it has acknowledged a WITHDRAW. One that need not
know codes has entities and records by names that are its own (``subject_token``, ``record_name``):
two that lay their lists side by side have no name in common. What a record says (its day, matter
and department) they do have in common.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.credit_supervision.model.records import Kind, Use

KEY_BYTES: Final = 32
"""Of a receiver's own key."""

_DOMAIN: Final = b"tianfu-subject-1\0"
_RECORD_DOMAIN: Final = b"tianfu-record-1\0"
_NAME_DIGITS: Final = 40
"""Of a record's name for one receiver: 160 bits, within the length of a name."""


class Action(enum.IntEnum):
    """What a receiver is to do; numbered as in the contract."""

    PUT = 1
    HOLD = 2
    WITHDRAW = 3


class SubjectForm(enum.IntEnum):
    """How a receiver knows entities; numbered as in the contract."""

    CODE = 1
    TOKEN = 2


@dataclass(frozen=True)
class Receiver:
    """Who gets records: of which kinds (none: all), in which place, in which form, and what for."""

    receiver_id: str
    kinds: tuple[Kind, ...]
    place: str
    is_public: bool
    form: SubjectForm
    purpose: str
    basis: str
    key: bytes
    entered: datetime

    def wants(self, kind: Kind, place: str) -> bool:
        """Return whether records of a kind about entities in a place are for it."""
        return (not self.kinds or kind in self.kinds) and place.startswith(self.place)


@dataclass(frozen=True)
class Delivery:
    """One change of a record for one receiver; ``number`` rises with each of a receiver's."""

    receiver_id: str
    number: int
    record_id: str
    revision: int
    action: Action
    sent: datetime
    due: datetime
    acknowledged: datetime | None = None


def action_of(use: Use, *, is_public: bool) -> Action:
    """Return what a receiver is to do with a record of which this may be done."""
    match use:
        case Use.PUBLISHED:
            return Action.PUT
        case Use.SHARED:
            return Action.WITHDRAW if is_public else Action.PUT
        case Use.FROZEN | Use.SUSPENDED:
            return Action.HOLD
        case Use.ENDED:
            return Action.WITHDRAW


def next_action(
    last: tuple[Action, int] | None, use: Use, revision: int, *, is_public: bool
) -> Action | None:
    """Return what to send a receiver that was sent ``last`` (action, revision); None for nothing.

    Who was never sent a record, or has been told to let go of it, is not told to.
    """
    action = action_of(use, is_public=is_public)
    if last is None or last[0] is Action.WITHDRAW:
        return action if action is Action.PUT else None
    if last[0] is action and (action is not Action.PUT or last[1] == revision):
        return None
    return action


def subject_token(key: bytes, code: str) -> str:
    """Return what stands for an entity to the holder of a key: HMAC-SHA256, in hex."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a receiver's key has {KEY_BYTES} bytes, not {len(key)}")
    return hmac.new(key, _DOMAIN + code.encode(), hashlib.sha256).hexdigest()


def record_name(receiver: Receiver, record_id: str) -> str:
    """Return a record's name for a receiver: one that knows entities by tokens has its own.

    The name that all others know would join two such receivers' lists.
    """
    if receiver.form is SubjectForm.CODE:
        return f"records/{record_id}"
    digest = hmac.new(receiver.key, _RECORD_DOMAIN + record_id.encode(), hashlib.sha256).hexdigest()
    return f"records/t-{digest[:_NAME_DIGITS]}"
