"""Outlets: what is of one channel can't go out on the other, by key, by bucket and by content."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nacl.signing import VerifyKey

from services.disaster_warning.bus import signers
from services.disaster_warning.bus.dissemination import ChannelMixed, Outlet
from services.disaster_warning.bus.signers import (
    BulletinSigner,
    DrillSigner,
    LiveSigner,
    SigningKeyUnusable,
)
from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store.bulletins import DueBulletin
from services.disaster_warning.usecases.press import SigningPress
from tests.support.drafted_warnings import cap_credentials, desk
from tests.support.nats_server import make_key
from tianfu.disaster_warning.v1 import notice_pb2, warning_pb2

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
NUMBERS = {
    Channel.LIVE: warning_pb2.WARNING_CHANNEL_LIVE,
    Channel.DRILL: warning_pb2.WARNING_CHANNEL_DRILL,
}


class Link:
    """Keeps what is published."""

    is_connected = True

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes, dict[str, Any]]] = []

    def new_inbox(self) -> str:
        return "_INBOX.test"

    async def subscribe(self, _subject: str, cb: Any) -> None:
        self.answered = cb

    async def publish(self, subject: str, payload: bytes, *, reply: str, headers: Any) -> None:
        self.published.append((subject, payload, headers))
        await self.answered(SimpleNamespace(subject=reply, headers=None, data=b"{}"))


def signer(folder: Path, kind: type[BulletinSigner]) -> BulletinSigner:
    return kind(make_key(folder / f"{kind.channel.value}.nk").seed_file.read_bytes())


def due(channel: Channel) -> DueBulletin:
    notice = notice_pb2.Notice(warning="w-1", version=1, channel=NUMBERS[channel])
    return DueBulletin("510104", 7, (notice.SerializeToString(),))


@pytest.mark.parametrize("kind", [LiveSigner, DrillSigner])
async def test_a_bulletin_goes_to_its_own_channels_key_under_its_own_signature(
    tmp_path: Path, kind: type[BulletinSigner]
) -> None:
    link, key = Link(), signer(tmp_path, kind)
    outlet = Outlet(link, key, lambda: NOW)  # type: ignore[arg-type]  # what it uses of a link
    assert await outlet.publish([due(kind.channel)]) == [None]
    ((subject, payload, headers),) = link.published
    bucket = {"live": "BULLETINS", "drill": "DRILL_BULLETINS"}[kind.channel.value]
    assert subject == f"$KV.{bucket}.51.01.04"
    assert headers == {
        "Nats-Expected-Stream": f"KV_{bucket}",
        "Nats-Msg-Id": f"{kind.channel.value}-510104-7",
    }
    signed = notice_pb2.SignedBulletin.FromString(payload)
    assert signed.public_key == key.public_key
    raw = base64.b32decode(signed.public_key + "=" * (-len(signed.public_key) % 8))[1:33]
    VerifyKey(raw).verify(signed.bulletin, signed.signature)
    bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
    assert (bulletin.revision, bulletin.place_code) == (7, "510104")
    assert bulletin.channel == NUMBERS[kind.channel]


@pytest.mark.parametrize(
    ("kind", "channel"), [(LiveSigner, Channel.DRILL), (DrillSigner, Channel.LIVE)]
)
async def test_a_notice_of_the_other_channel_stops_everything(
    tmp_path: Path, kind: type[BulletinSigner], channel: Channel
) -> None:
    link = Link()
    outlet = Outlet(link, signer(tmp_path, kind), lambda: NOW)  # type: ignore[arg-type]  # as above
    with pytest.raises(ChannelMixed):
        await outlet.publish([due(channel)])
    assert link.published == []


@pytest.mark.parametrize(
    ("channel", "other"), [(Channel.LIVE, Channel.DRILL), (Channel.DRILL, Channel.LIVE)]
)
def test_a_press_takes_no_keys_of_the_other_world(channel: Channel, other: Channel) -> None:
    with pytest.raises(ValueError, match="can't sign"):
        SigningPress(channel, cap_credentials(other), desk().rules, jurisdiction="CN-51")


def test_one_key_never_signs_for_both(tmp_path: Path) -> None:
    one = make_key(tmp_path / "one.nk").seed_file
    with pytest.raises(SigningKeyUnusable, match="one key"):
        signers.read(one, one)


@pytest.mark.parametrize("seed", [b"", b"SU", b"no seed at all"])
def test_what_is_no_seed_is_refused_without_showing_it(seed: bytes) -> None:
    with pytest.raises(SigningKeyUnusable) as caught:
        LiveSigner(seed)
    assert not seed or seed.decode() not in str(caught.value)
    assert caught.value.__cause__ is None
