"""Outlets: what is of one channel can't go out on the other, by key, by bucket and by content."""

from __future__ import annotations

import asyncio
import base64
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nacl.signing import VerifyKey
from prometheus_client import CollectorRegistry
from typing_extensions import override

from edge.warnings import bulletin as edge_bulletin
from services.disaster_warning.build import BULLETIN_BYTES
from services.disaster_warning.bus import signers
from services.disaster_warning.bus.ahead import AT_ONCE
from services.disaster_warning.bus.dissemination import (
    NOTICES_BYTES_MAX,
    ChannelMixed,
    DisseminationMeters,
    Outlet,
    with_room,
)
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
        self.stats = {"reconnects": 0}

    def new_inbox(self) -> str:
        return "_INBOX.test"

    async def subscribe(self, _subject: str, cb: Any) -> None:
        self.answered = cb

    async def publish(self, subject: str, payload: bytes, *, reply: str, headers: Any) -> None:
        self.published.append((subject, payload, headers))
        await self.answered(SimpleNamespace(subject=reply, headers=None, data=b"{}"))


def meters() -> DisseminationMeters:
    return DisseminationMeters(CollectorRegistry())


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
    outlet = Outlet(link, key, lambda: NOW, meters())  # type: ignore[arg-type]  # what it uses of a link
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


def notice(warning: str, version: int = 1) -> bytes:
    message = notice_pb2.Notice(
        warning=warning, version=version, channel=NUMBERS[Channel.LIVE]
    ).SerializeToString()
    return bytes(message)


class Counted(LiveSigner):
    """Counts what it signs, and lets others wait for it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(make_key(folder / "live.nk").seed_file.read_bytes())
        self.signed = 0
        self._each = asyncio.Semaphore(0)

    @override
    def sign(self, data: bytes) -> bytes:
        self.signed += 1
        self._each.release()
        return super().sign(data)

    async def until(self, count: int) -> None:
        """Wait until so many more are signed."""
        for _ in range(count):
            await asyncio.wait_for(self._each.acquire(), 60.0)


async def test_what_was_signed_ahead_goes_out_when_it_is_due_just_so(tmp_path: Path) -> None:
    link, seen = Link(), meters()
    key = Counted(tmp_path)
    outlet = Outlet(link, key, lambda: NOW, seen)  # type: ignore[arg-type]  # as above
    count = 3 * AT_ONCE
    codes = [f"5101{n:02d}" for n in range(count)]

    outlet.sign_ahead(Channel.DRILL, {codes[0]: notice("w-1")}, 7)
    outlet.sign_ahead(Channel.LIVE, {code: notice("w-1") for code in codes}, 7)
    await key.until(count)
    assert link.published == []  # nothing goes out by it

    due = [DueBulletin(code, 7, (notice("w-1"),)) for code in codes]
    # What is not as it was foretold is signed when it is due: a revision, a notice, a county.
    due[0] = due[0]._replace(revision=8)
    due[1] = due[1]._replace(notices=(notice("w-1", 2),))
    due.append(DueBulletin("511702", 7, (notice("w-1"),)))
    assert await outlet.publish(due) == [None] * (count + 1)
    assert key.signed == count + 3
    told = {each[0]: notice_pb2.SignedBulletin.FromString(each[1]) for each in link.published}
    for each in due:
        signed = told["$KV.BULLETINS." + ".".join(re.findall("..", each.county))]
        bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
        assert bulletin.revision == each.revision
        assert tuple(one.SerializeToString() for one in bulletin.notices) == each.notices
        raw = base64.b32decode(signed.public_key + "=" * (-len(signed.public_key) % 8))[1:33]
        VerifyKey(raw).verify(signed.bulletin, signed.signature)
    assert seen.ahead.labels("live")._value.get() == count - 2


async def test_a_county_is_foretold_what_it_is_told_already(tmp_path: Path) -> None:
    key = Counted(tmp_path)
    outlet = Outlet(Link(), key, lambda: NOW, meters())  # type: ignore[arg-type]  # as above
    both = (notice("w-1"), notice("w-2"))
    await outlet.publish([DueBulletin("510104", 7, both)])
    outlet.sign_ahead(Channel.LIVE, {"510104": notice("w-2", 2)}, 8)
    outlet.sign_ahead(Channel.LIVE, {"510105": notice("w-2", 2)}, 8)
    await key.until(3)
    await outlet.publish([DueBulletin("510104", 8, (both[0], notice("w-2", 2)))])
    assert key.signed == 3
    # What was signed of a transaction that was undone is of no use, and not used.
    await outlet.publish([DueBulletin("510105", 9, ())])
    assert key.signed == 4


@pytest.mark.parametrize("length", [0, 1, 100, 127, 128, 1_000, 16_500, 300_000])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_stored_notices_are_joined_as_protobuf_would(
    tmp_path: Path, length: int, count: int
) -> None:
    notices = [
        notice_pb2.Notice(
            warning=f"w-{n}",
            channel=NUMBERS[Channel.LIVE],
            texts=[notice_pb2.NoticeText(description="x" * (length // max(count, 1)))],
        )
        for n in range(count)
    ]
    stored = tuple(each.SerializeToString() for each in notices)
    outlet = Outlet(Link(), signer(tmp_path, LiveSigner), lambda: NOW, meters())  # type: ignore[arg-type]  # as below

    sealed = notice_pb2.SignedBulletin.FromString(outlet.sealed(DueBulletin("510104", 7, stored)))

    bulletin = notice_pb2.CountyBulletin.FromString(sealed.bulletin)
    assert list(bulletin.notices) == notices
    assert bulletin.SerializeToString(deterministic=True) == sealed.bulletin


@pytest.mark.parametrize(
    ("kind", "channel"), [(LiveSigner, Channel.DRILL), (DrillSigner, Channel.LIVE)]
)
async def test_a_notice_of_the_other_channel_stops_everything(
    tmp_path: Path, kind: type[BulletinSigner], channel: Channel
) -> None:
    link = Link()
    outlet = Outlet(link, signer(tmp_path, kind), lambda: NOW, meters())  # type: ignore[arg-type]  # as above
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


def told(number: int, colour: int, text: str = "") -> notice_pb2.Notice:
    return notice_pb2.Notice(
        warning=f"w-{number}",
        version=1,
        notice_type=notice_pb2.NOTICE_TYPE_ALERT,
        channel=NUMBERS[Channel.LIVE],
        colour=warning_pb2.Colour.ValueType(colour),
        send_time_us=number,
        texts=[notice_pb2.NoticeText(language="zh-CN", description=text)],
    )


@pytest.mark.parametrize(
    "text", [pytest.param("", id="too-many"), pytest.param("字" * 2_000, id="too-large")]
)
async def test_a_flood_of_warnings_leaves_room_for_the_gravest(tmp_path: Path, text: str) -> None:
    link, key = Link(), signer(tmp_path, LiveSigner)
    seen = meters()
    outlet = Outlet(link, key, lambda: NOW, seen)  # type: ignore[arg-type]  # what it uses of a link
    red = told(0, warning_pb2.COLOUR_RED, text)
    flood = [told(n, warning_pb2.COLOUR_BLUE, text) for n in range(1, 400)]
    notices = tuple(each.SerializeToString() for each in (*flood, red))
    assert await outlet.publish([DueBulletin("510104", 7, notices)]) == [None]
    ((_, payload, _),) = link.published
    assert len(payload) < BULLETIN_BYTES
    # The agent's own code follows it.
    pinned = edge_bulletin.PinnedKey(key.public_key)
    found = edge_bulletin.read(payload, Channel.LIVE, "510104", pinned)
    assert "w-0" in {each.warning for each in found.notices}
    # Of those equally grave, the latest.
    assert "w-399" in {each.warning for each in found.notices}
    assert "w-1" not in {each.warning for each in found.notices}
    left_out = seen.left_out.labels("live")._value.get()
    assert left_out == 400 - len(found.notices)


def test_what_has_room_stays_in_its_order() -> None:
    few = [told(n, 1 + n % 4) for n in range(8)]
    assert with_room(few) == few
    assert with_room([told(1, 4, "x" * NOTICES_BYTES_MAX)]) == []
