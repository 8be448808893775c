"""Read a node's sheet of setpoints off the wire: signed by the pinned key, or refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import DecodeError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from edge.setpoints.decide import Setpoint
from edge.warnings.bulletin import raw_key
from tianfu.energy.v1 import setpoint_pb2 as pb

SETPOINTS_MAX: Final = 4_096
"""Of a sheet: more is none that the platform makes."""

NAME_CHARACTERS_MAX: Final = 200


class SheetRefused(ValueError):
    """A sheet that this node does not follow; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sheet:
    """All orders of a node that stand, in the order in which they were given."""

    revision: int
    setpoints: tuple[Setpoint, ...]


class PinnedKey:
    """The public key that setpoints are signed with."""

    def __init__(self, nkey: str) -> None:
        """Take a public nkey such as ``UAB…``; raise ValueError when it is none."""
        self.nkey = nkey
        self._key = VerifyKey(raw_key(nkey))

    def check(self, signed: pb.SignedSetpointSheet) -> None:
        """Raise SheetRefused unless ``signed`` was signed with this key."""
        if signed.public_key != self.nkey:
            raise SheetRefused("SETPOINT_KEY_UNKNOWN", "signed with another key than the pinned")
        try:
            self._key.verify(signed.sheet, signed.signature)
        except (CryptoError, ValueError, TypeError) as error:
            raise SheetRefused(
                "SETPOINT_SIGNATURE_WRONG", "the signature is not of these bytes"
            ) from error


def read(payload: bytes, node: str, key: PinnedKey) -> Sheet:
    """Return the sheet in ``payload``; raise SheetRefused when it can't be trusted."""
    try:
        signed = pb.SignedSetpointSheet.FromString(payload)
    except DecodeError as error:
        raise SheetRefused("SETPOINTS_MALFORMED", "no SignedSetpointSheet") from error
    key.check(signed)
    try:
        sheet = pb.SetpointSheet.FromString(signed.sheet)
    except DecodeError as error:
        raise SheetRefused("SETPOINTS_MALFORMED", "the signed bytes are no sheet") from error
    if sheet.node != node:
        raise SheetRefused("SETPOINTS_OF_ANOTHER_NODE", f"for {sheet.node[:63]!r}, not {node}")
    if len(sheet.setpoints) > SETPOINTS_MAX:
        raise SheetRefused("SETPOINTS_MALFORMED", f"{len(sheet.setpoints)} setpoints")
    return Sheet(sheet.revision, tuple(_setpoint(each) for each in sheet.setpoints))


def _setpoint(message: pb.Setpoint) -> Setpoint:
    names = (message.order, message.asset, message.cause)
    if not all(0 < len(name) <= NAME_CHARACTERS_MAX for name in names):
        raise SheetRefused("SETPOINTS_MALFORMED", "a setpoint without order, asset or cause")
    if message.action not in pb.SetpointAction.values() or not message.action:
        raise SheetRefused("SETPOINTS_MALFORMED", f"action {message.action} is unknown here")
    if not math.isfinite(message.value_kw):
        raise SheetRefused("SETPOINTS_MALFORMED", "a power is no number")
    return Setpoint(
        message.order,
        message.asset,
        int(message.action),
        message.value_kw,
        message.cause,
        message.generation,
        message.issue_time_us,
        message.start_time_us,
        message.expire_time_us,
        message.exercise,
    )
