"""Whatever the bytes: a document, or a refusal. Nothing else ever comes out."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.disaster_warning.cap.atom import parse_feed
from services.disaster_warning.cap.build import build
from services.disaster_warning.cap.parse import alert_of, parse, read
from services.disaster_warning.cap.validate import validate
from services.plumbing.refusal import Refusal
from tests.disaster_warning.cap.examples import DATA, small

SEEDS = [path.read_bytes() for path in sorted(DATA.glob("*.cap"))]
TOKENS = [
    b"<", b">", b"&", b"&amp;", b"&#0;", b"&#xD800;", b"<![CDATA[", b"]]>", b"<!--", b"-->",
    b"<?x?>", b"<!DOCTYPE a>", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"1e999",
    b"NaN", b"Z", b'xmlns=""', b"<info/>", b"<polygon>0,0</polygon>", b"9" * 40, b"-00:00", b",",
]  # fmt: skip


def consume(data: bytes) -> None:
    try:
        source = read(data)
    except Refusal:
        return
    findings = validate(source)
    assert all(each.rule and each.path.startswith("alert") for each in findings)
    try:
        alert = alert_of(source)
        written = build(alert)
    except Refusal:
        return
    assert parse(written) == alert


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    consume(data)
    try:
        parse_feed(data)
    except Refusal:
        return


@given(
    st.text(max_size=60),
    st.sampled_from(
        ["暴雨<", "A-1", "T14:30:00", "zh-CN", "510402", "26.6,101.7 12.5", "26.5,101.6 26.5"]
    ),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_text_in_any_place_is_read_or_refused(text: str, place: str) -> None:
    consume(small((place, text)))


@pytest.mark.parametrize("seed", range(6))
def test_mutated_documents_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(150):
        data = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            action = chance.randrange(4)
            if action == 0:
                data[at] = chance.randrange(256)
            elif action == 1:
                del data[at : at + chance.randrange(40)]
            elif action == 2:
                data[at:at] = chance.choice(TOKENS)
            else:
                start = chance.randrange(len(data))
                data[at:at] = data[start : start + chance.randrange(200)]
        consume(bytes(data))
