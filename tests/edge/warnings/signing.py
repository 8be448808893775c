"""Bulletins as the platform makes them: built, signed with a key made for the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import nacl.signing
import nkeys

from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.subjects import Channel

COUNTY = "510104"
NOON_US = 1_780_000_000_000_000
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
_USER_PREFIX = 20 << 3

CHANNELS = {
    Channel.LIVE: warning_pb2.WARNING_CHANNEL_LIVE,
    Channel.DRILL: warning_pb2.WARNING_CHANNEL_DRILL,
}


@dataclass(frozen=True)
class Signer:
    """Whoever holds a channel's key."""

    pair: Any
    nkey: str

    def sign(self, bulletin: bytes) -> bytes:
        """Return the SignedBulletin of some bytes."""
        message = pb.SignedBulletin(
            bulletin=bulletin, signature=self.pair.sign(bulletin), public_key=self.nkey
        )
        return bytes(message.SerializeToString())


def signer(number: int = 1) -> Signer:
    """Return the signer of a number: the same at each call."""
    seed = nkeys.encode_seed(bytes(nacl.signing.SigningKey(bytes([number]) * 32)), _USER_PREFIX)
    pair = nkeys.from_seed(bytearray(seed))
    return Signer(pair, pair.public_key.decode())


LIVE = signer(1)
DRILL = signer(2)
SIGNERS = {Channel.LIVE: LIVE, Channel.DRILL: DRILL}


def notice(
    warning: str = "w1",
    version: int = 1,
    *,
    kind: int = pb.NOTICE_TYPE_ALERT,
    colour: int = warning_pb2.COLOUR_ORANGE,
    expire_us: int = NOON_US + HOUR_US,
    channel: Channel = Channel.LIVE,
    headline: str = "Heavy rain",
) -> pb.Notice:
    """Return a notice."""
    texts = [
        pb.NoticeText(language="zh-CN", headline="暴雨橙色预警", voice="请注意暴雨", board="暴雨"),
        pb.NoticeText(language="en-US", headline=headline, voice="Heavy rain", board="RAIN"),
    ]
    return pb.Notice(
        warning=warning,
        version=version,
        notice_type=cast("pb.NoticeType", kind),
        channel=CHANNELS[channel],
        event_code="11B03",
        colour=cast("warning_pb2.Colour", colour),
        send_time_us=NOON_US,
        expire_time_us=expire_us,
        texts=texts,
    )


def county_bulletin(
    notices: Sequence[pb.Notice],
    revision: int = 1,
    *,
    channel: Channel = Channel.LIVE,
    county: str = COUNTY,
    make_time_us: int = NOON_US,
) -> pb.CountyBulletin:
    """Return a bulletin that nobody has signed yet."""
    return pb.CountyBulletin(
        place_code=county,
        channel=CHANNELS[channel],
        revision=revision,
        make_time_us=make_time_us,
        notices=notices,
    )


def signed(
    notices: Sequence[pb.Notice],
    revision: int = 1,
    *,
    channel: Channel = Channel.LIVE,
    by: Signer | None = None,
    **rest: Any,
) -> bytes:
    """Return a signed bulletin."""
    message = county_bulletin(notices, revision, channel=channel, **rest)
    return (by or SIGNERS[channel]).sign(message.SerializeToString())
