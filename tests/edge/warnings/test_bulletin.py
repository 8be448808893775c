"""Reading a bulletin: whose it is, for whom, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.warnings import bulletin
from edge.warnings.bulletin import BulletinRefused, PinnedKey
from edge.warnings.notices import Colour, Kind
from tests.edge.warnings.signing import (
    COUNTY,
    DRILL,
    HOUR_US,
    LIVE,
    NOON_US,
    county_bulletin,
    notice,
    signed,
    signer,
)
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

KEY = PinnedKey(LIVE.nkey)


def test_a_good_bulletin_is_read_whole() -> None:
    found = bulletin.read(signed([notice()], 7), Channel.LIVE, COUNTY, KEY)

    assert (found.channel, found.revision, found.make_time_us) == (Channel.LIVE, 7, NOON_US)
    (one,) = found.notices
    assert (one.warning, one.version, one.kind) == ("w1", 1, Kind.ALERT)
    assert (one.colour, one.expire_us) == (Colour.ORANGE, NOON_US + HOUR_US)
    assert [text.board for text in one.texts] == ["暴雨", "RAIN"]
    assert bulletin.notice_from(one.payload, Channel.LIVE) == one


def _changed() -> bytes:
    message = pb.SignedBulletin.FromString(signed([notice()]))
    message.bulletin = county_bulletin([notice(version=2)]).SerializeToString()
    return bytes(message.SerializeToString())


def _signature(value: bytes) -> bytes:
    message = pb.SignedBulletin.FromString(signed([notice()]))
    message.signature = value
    return bytes(message.SerializeToString())


def _drill_notice() -> pb.Notice:
    return notice(channel=Channel.DRILL)


@pytest.mark.parametrize(
    ("reason", "make"),
    [
        pytest.param("BULLETIN_MALFORMED", lambda: b"\xff\xff\xff", id="no-message"),
        pytest.param("BULLETIN_MALFORMED", lambda: LIVE.sign(b"\xff\xff"), id="no-bulletin"),
        pytest.param("BULLETIN_KEY_UNKNOWN", lambda: b"", id="unsigned"),
        pytest.param("BULLETIN_SIGNATURE_WRONG", _changed, id="changed"),
        pytest.param("BULLETIN_SIGNATURE_WRONG", lambda: _signature(b"x" * 64), id="forged"),
        pytest.param("BULLETIN_SIGNATURE_WRONG", lambda: _signature(b"x"), id="short-signature"),
        pytest.param(
            "BULLETIN_KEY_UNKNOWN", lambda: signed([notice()], by=signer(9)), id="stranger"
        ),
        pytest.param(
            "BULLETIN_KEY_UNKNOWN", lambda: signed([notice()], by=DRILL), id="drill-key-on-live"
        ),
        pytest.param(
            "BULLETIN_KEY_UNKNOWN",
            lambda: signed([_drill_notice()], channel=Channel.DRILL),
            id="drill-bulletin-on-live",
        ),
        pytest.param(
            "BULLETIN_OF_ANOTHER_CHANNEL",
            lambda: signed([_drill_notice()], channel=Channel.DRILL, by=LIVE),
            id="drill-signed-with-the-live-key",
        ),
        pytest.param(
            "NOTICE_OF_ANOTHER_CHANNEL",
            lambda: signed([notice(), _drill_notice()]),
            id="drill-notice-in-a-live-bulletin",
        ),
        pytest.param(
            "BULLETIN_OF_ANOTHER_COUNTY",
            lambda: signed([notice()], county="510105"),
            id="another-county",
        ),
        pytest.param(
            "BULLETIN_MALFORMED", lambda: signed([notice(version=0)]), id="without-version"
        ),
        pytest.param("BULLETIN_MALFORMED", lambda: signed([notice("")]), id="without-name"),
        pytest.param("BULLETIN_MALFORMED", lambda: signed([notice("w" * 129)]), id="long-name"),
        pytest.param("BULLETIN_MALFORMED", lambda: signed([notice(kind=0)]), id="without-type"),
        pytest.param("BULLETIN_MALFORMED", lambda: signed([notice(kind=9)]), id="new-type"),
        pytest.param("BULLETIN_MALFORMED", lambda: signed([notice(colour=9)]), id="new-colour"),
        pytest.param(
            "BULLETIN_MALFORMED", lambda: signed([notice(f"w{n}") for n in range(257)]), id="many"
        ),
    ],
)
def test_what_can_not_be_trusted_is_refused(reason: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(BulletinRefused) as caught:
        bulletin.read(make(), Channel.LIVE, COUNTY, KEY)

    assert caught.value.reason == reason


def test_a_live_bulletin_is_no_exercise_either() -> None:
    with pytest.raises(BulletinRefused) as caught:
        bulletin.read(signed([notice()]), Channel.DRILL, COUNTY, PinnedKey(DRILL.nkey))

    assert caught.value.reason == "BULLETIN_KEY_UNKNOWN"


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_be_refused(payload: bytes) -> None:
    with pytest.raises(BulletinRefused):
        bulletin.read(payload, Channel.LIVE, COUNTY, KEY)


@given(st.binary(max_size=200))
def test_no_signed_bytes_break_the_reader(payload: bytes) -> None:
    try:
        found = bulletin.read(LIVE.sign(payload), Channel.LIVE, COUNTY, KEY)
    except BulletinRefused:
        return
    assert found.notices == ()


@given(st.integers(0, 8 * 300), st.data())
def test_one_wrong_bit_anywhere_is_noticed(position: int, data: st.DataObject) -> None:
    payload = bytearray(signed([notice()]))
    position %= 8 * len(payload)
    payload[position // 8] ^= 1 << position % 8
    try:
        found = bulletin.read(bytes(payload), Channel.LIVE, COUNTY, KEY)
    except BulletinRefused:
        return
    # A bit of the envelope that says nothing, such as an unknown field: the content is the same.
    assert found == bulletin.read(signed([notice()]), Channel.LIVE, COUNTY, KEY)


@pytest.mark.parametrize(
    "nkey",
    ["", "UABC", LIVE.nkey[:-1], LIVE.nkey[:-1] + "!", LIVE.nkey.lower(), "S" + LIVE.nkey[1:]],
)
def test_a_slip_in_a_key_is_noticed(nkey: str) -> None:
    with pytest.raises(ValueError, match=r"nkey|checksum"):
        PinnedKey(nkey)


@given(st.integers(1, 55), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_one_wrong_letter_in_a_key_is_noticed(position: int, letter: str) -> None:
    nkey = LIVE.nkey[:position] + letter + LIVE.nkey[position + 1 :]
    if nkey == LIVE.nkey:
        return
    with pytest.raises(ValueError, match=r"nkey|checksum"):
        PinnedKey(nkey)
