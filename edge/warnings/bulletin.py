"""Read a county's bulletin off the wire: signed by the pinned key of its channel, or refused.

A signature says who made the bytes, and the bytes say for which channel and county; both have to
agree with where they were heard. So an exercise that is published as a live bulletin, by mistake
or by malice, is refused twice: its key is another, and its channel is.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from google.protobuf.message import DecodeError
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from edge.warnings.notices import Bulletin, Colour, Kind, Notice, Text
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.subjects import Channel

NOTICES_MAX: Final = 256
"""Warnings in force in one county at once: there are some forty kinds; more is no bulletin."""

TEXTS_MAX: Final = 8
"""Languages of a notice; the platform writes two."""

NAME_CHARACTERS_MAX: Final = 128
"""Of a warning's id: 63 by the contract's pattern of names, generously."""

_CHANNELS: Final = {
    Channel.LIVE: warning_pb2.WARNING_CHANNEL_LIVE,
    Channel.DRILL: warning_pb2.WARNING_CHANNEL_DRILL,
}
_COLOURS: Final = frozenset(int(colour) for colour in Colour)
_KINDS: Final = frozenset(int(kind) for kind in Kind)

_KEY_BYTES: Final = 35  # a prefix, 32 bytes of key, a CRC of two
_CHECKED_BYTES: Final = 33
_CRC_POLYNOMIAL: Final = 0x1021  # CRC-16/XMODEM, as NATS keys have it


class BulletinRefused(ValueError):
    """A bulletin that this node does not follow; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class PinnedKey:
    """The public key that one channel's bulletins are signed with."""

    def __init__(self, nkey: str) -> None:
        """Take a public nkey such as ``UAB…``; raise ValueError when it is none."""
        self.nkey = nkey
        self._key = VerifyKey(raw_key(nkey))

    def check(self, signed: pb.SignedBulletin) -> None:
        """Raise BulletinRefused unless ``signed`` was signed with this key."""
        if signed.public_key != self.nkey:
            message = f"signed with {signed.public_key[:56]!r}, not with the channel's key"
            raise BulletinRefused("BULLETIN_KEY_UNKNOWN", message)
        try:
            self._key.verify(signed.bulletin, signed.signature)
        except (CryptoError, ValueError, TypeError) as error:
            message = "the signature is not of these bytes"
            raise BulletinRefused("BULLETIN_SIGNATURE_WRONG", message) from error


def read(payload: bytes, channel: Channel, county: str, key: PinnedKey) -> Bulletin:
    """Return the bulletin in ``payload``; raise BulletinRefused when it can't be trusted.

    ``county`` is the node's GB/T 2260 code, of six digits.
    """
    try:
        signed = pb.SignedBulletin.FromString(payload)
    except DecodeError as error:
        raise _malformed("the bytes are no SignedBulletin") from error
    key.check(signed)
    try:
        message = pb.CountyBulletin.FromString(signed.bulletin)
    except DecodeError as error:
        raise _malformed("the signed bytes are no CountyBulletin") from error
    if message.channel != _CHANNELS[channel]:
        text = f"heard as {channel.value}, but made for channel {message.channel}"
        raise BulletinRefused("BULLETIN_OF_ANOTHER_CHANNEL", text)
    if message.place_code != county:
        text = f"for {message.place_code!r}, not for {county}"
        raise BulletinRefused("BULLETIN_OF_ANOTHER_COUNTY", text)
    if len(message.notices) > NOTICES_MAX:
        raise _malformed(f"{len(message.notices)} notices; at most {NOTICES_MAX}")
    notices = tuple(_notice(one, channel) for one in message.notices)
    return Bulletin(channel, message.revision, message.make_time_us, notices)


def notice_from(payload: bytes, channel: Channel) -> Notice:
    """Return a notice that was read before, from its payload."""
    return _notice(pb.Notice.FromString(payload), channel)


def _notice(message: pb.Notice, channel: Channel) -> Notice:
    if message.channel != _CHANNELS[channel]:
        # One such notice and the bulletin is not what its signer thinks it is.
        text = f"{message.warning[:NAME_CHARACTERS_MAX]!r} is of channel {message.channel}"
        raise BulletinRefused("NOTICE_OF_ANOTHER_CHANNEL", text)
    if not 0 < len(message.warning) <= NAME_CHARACTERS_MAX or message.version < 1:
        raise _malformed("a notice without a name or a version")
    if message.notice_type not in _KINDS or message.colour not in _COLOURS:
        raise _malformed(f"{message.warning!r}: a type or colour that this agent does not know")
    if len(message.texts) > TEXTS_MAX:
        raise _malformed(f"{message.warning!r}: {len(message.texts)} texts")
    return Notice(
        channel=channel,
        warning=message.warning,
        version=message.version,
        kind=Kind(message.notice_type),
        colour=Colour(message.colour),
        expire_us=message.expire_time_us,
        event_code=message.event_code,
        texts=tuple(
            Text(
                one.language,
                one.headline,
                one.description,
                one.instruction,
                one.voice,
                one.board,
            )
            for one in message.texts
        ),
        payload=message.SerializeToString(),
    )


def _malformed(message: str) -> BulletinRefused:
    return BulletinRefused("BULLETIN_MALFORMED", message)


def raw_key(nkey: str) -> bytes:
    """Return the 32 bytes of a public nkey, its checksum checked."""
    try:
        data = base64.b32decode(nkey + "=" * (-len(nkey) % 8))
    except binascii.Error as error:
        # Not repeated: it may be a seed that somebody put in the wrong place.
        raise ValueError("need a public nkey of 56 characters, A to Z and 2 to 7") from error
    is_seed = nkey.startswith("S")
    if is_seed or len(data) != _KEY_BYTES:
        raise ValueError("need a public nkey of 56 characters" + (", not a seed" * is_seed))
    checksum = int.from_bytes(data[_CHECKED_BYTES:], "little")
    if _crc16(data[:_CHECKED_BYTES]) != checksum:
        raise ValueError("the checksum of this nkey is wrong; was it copied whole?")
    return data[1:_CHECKED_BYTES]


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ (_CRC_POLYNOMIAL if crc & 0x8000 else 0)
        crc &= 0xFFFF
    return crc
