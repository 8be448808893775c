"""Cell broadcast against the published segment, TS 23.038's tables, and itself."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.warnings import gsm7
from edge.warnings.cell_broadcast import (
    PAGE_OCTETS,
    PAGES_MAX,
    CellBroadcastError,
    Coding,
    DrillIdentifier,
    DrillMessage,
    LiveIdentifier,
    LiveMessage,
    Page,
    Received,
    Scope,
    SerialNumber,
    WarningMessage,
    broadcasts_before,
    cb_data,
    coding_for,
    decode,
    encode,
    identifier_of,
    parse_cb_data,
    parse_gsm_message,
)

SERIAL = SerialNumber(Scope.NETWORK, 5)
# A published SIB12 segment; its padding is printed shorter by three periods than 82 octets need.
PUBLISHED = bytes.fromhex(
    "01C576597E2EBBC7F950A8D168341A8D46A3D168341A8D46A3D168341A8D46A3D168341A8D46A3D168341A8D46A3"
    "D168341A8D46A3D168341A8D46A3D1000A"
)
PERIOD = bytes.fromhex("8D46A3D168341A")
BASIC = "".join(
    text
    for code in range(128)
    if (text := gsm7.text_of([code])) not in {"\r", " "} or code == ord(" ")
)
EXTENDED = "^{}\\[~]|€\f"
CHINESE_TEXT = "地震红色预警 雨城区预计烈度7度 地震波26秒后到达"


def reason(make: object, *args: object, **named: object) -> str:
    with pytest.raises(CellBroadcastError) as caught:
        make(*args, **named)  # type: ignore[operator]
    return caught.value.reason


def live(text: str = "Go", **changes: object) -> LiveMessage:
    given = {"coding": Coding.GSM7, **changes}
    return LiveMessage(LiveIdentifier.ALERT_LEVEL_1, SERIAL, text, **given)  # type: ignore[arg-type]


# -- the published segment ------------------------------------------------------------------------


def test_the_published_segment_is_what_is_made() -> None:
    made = live("Emergency!!").content
    gap = made.index(PERIOD, 12)

    assert made[:gap] + made[gap + 3 * len(PERIOD) :] == PUBLISHED
    assert len(made) == 1 + PAGE_OCTETS + 1


def test_the_published_segment_is_read() -> None:
    page = Page(PUBLISHED[1:-1].ljust(PAGE_OCTETS, b"\r"), PUBLISHED[-1])

    assert page.length == 10
    assert decode((page,), Coding.GSM7) == Received("Emergency!!", None)


def test_the_published_serial_number_is_read() -> None:
    assert SerialNumber.parse(0x3000) == SerialNumber(Scope.CELL_IMMEDIATE, 0x300, 0)
    assert LiveIdentifier(0b0001000100010010) is LiveIdentifier.ALERT_LEVEL_1


# -- GSM-7 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        pytest.param("hellohello", "E8329BFD4697D9EC37", id="ten-letters"),
        pytest.param("1", "31", id="one"),
        pytest.param("12345678", "31D98C56B3DD70", id="eight-in-seven"),
    ],
)
def test_septets_are_packed_lowest_bits_first(text: str, packed: str) -> None:
    assert gsm7.pack(ord(each) for each in text) == bytes.fromhex(packed)


@pytest.mark.parametrize(
    ("character", "septets"),
    [
        ("@", (0,)),
        ("£", (1,)),
        ("$", (2,)),
        ("\n", (0x0A,)),
        ("Δ", (0x10,)),
        ("_", (0x11,)),
        ("Ξ", (0x1A,)),
        ("É", (0x1F,)),
        ("¤", (0x24,)),
        ("¡", (0x40,)),
        ("Ä", (0x5B,)),
        ("§", (0x5F,)),
        ("¿", (0x60,)),
        ("à", (0x7F,)),
        ("€", (0x1B, 0x65)),
        ("[", (0x1B, 0x3C)),
        ("|", (0x1B, 0x40)),
        ("^", (0x1B, 0x14)),
    ],
)
def test_characters_have_the_codes_of_the_standard(
    character: str, septets: tuple[int, ...]
) -> None:
    assert gsm7.septets_of(character) == septets


@pytest.mark.parametrize("character", [*string.ascii_letters, *string.digits])
def test_letters_and_digits_are_as_in_ascii(character: str) -> None:
    assert gsm7.septets_of(character) == (ord(character),)


@pytest.mark.parametrize("character", ["地", "ç", "`", "\t", "\x1b", "😀"])
def test_what_the_alphabet_lacks_has_no_septets(character: str) -> None:
    assert gsm7.septets_of(character) is None


def test_the_alphabet_names_no_character_twice() -> None:
    codes = [gsm7.septets_of(each) for each in BASIC + EXTENDED]

    assert None not in codes
    assert len(set(codes)) == len(codes) == 126 + 10


def test_a_lone_escape_reads_as_a_space() -> None:
    assert gsm7.text_of([gsm7.ESCAPE]) == " "
    assert gsm7.text_of([gsm7.ESCAPE, gsm7.ESCAPE]) == " "
    assert gsm7.text_of([gsm7.ESCAPE, ord("a")]) == "a"


@given(st.lists(st.integers(0, 127), max_size=93))
def test_septets_come_back(septets: list[int]) -> None:
    found = gsm7.unpack(gsm7.pack(septets))

    assert list(found[: len(septets)]) == septets
    assert set(found[len(septets) :]) <= {0}


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coding", "language", "room"),
    [
        (Coding.GSM7, None, 93),
        (Coding.GSM7_ENGLISH, None, 93),
        (Coding.GSM7_WITH_LANGUAGE, "fr", 90),
        (Coding.UCS2, None, 41),
        (Coding.UCS2_WITH_LANGUAGE, "zh", 40),
    ],
)
def test_a_page_holds_what_the_standard_says(
    coding: Coding, language: str | None, room: int
) -> None:
    full = encode("x" * room, coding, language)
    more = encode("x" * (room + 1), coding, language)
    most = encode("x" * room * PAGES_MAX, coding, language)

    assert coding.page_room == room
    assert [len(each) for each in (full, more, most)] == [1, 2, PAGES_MAX]
    assert full[0].length == PAGE_OCTETS
    assert all(len(page.octets) == PAGE_OCTETS for page in (*full, *more, *most))
    assert reason(encode, "x" * (room * PAGES_MAX + 1), coding, language) == "TEXT_TOO_LONG"


@given(st.text(BASIC + EXTENDED, min_size=1, max_size=600))
def test_gsm7_texts_come_back(text: str) -> None:
    for coding, language in ((Coding.GSM7, None), (Coding.GSM7_WITH_LANGUAGE, "en")):
        pages = parse_cb_data(cb_data(encode(text, coding, language)))

        assert decode(pages, coding) == Received(text, language)


@given(
    st.text(
        st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\r"),
        min_size=1,
        max_size=600,
    )
)
def test_ucs2_texts_come_back(text: str) -> None:
    for coding, language in ((Coding.UCS2, None), (Coding.UCS2_WITH_LANGUAGE, "zh")):
        pages = parse_cb_data(cb_data(encode(text, coding, language)))

        assert decode(pages, coding) == Received(text, language)


@pytest.mark.parametrize("length", range(1, 94))
def test_every_length_of_a_page_comes_back_with_its_length_and_without(length: int) -> None:
    text = "Q" * length
    (page,) = encode(text, Coding.GSM7)

    assert page.length == (length * 7 + 7) // 8
    assert decode((page,), Coding.GSM7).text == text
    assert decode((Page(page.octets, PAGE_OCTETS),), Coding.GSM7).text == text


def test_a_character_of_two_septets_is_not_cut_by_a_page() -> None:
    first, second = encode("x" * 92 + "€", Coding.GSM7)

    assert decode((first,), Coding.GSM7).text == "x" * 92
    assert decode((second,), Coding.GSM7).text == "€"


def test_chinese_goes_with_its_language() -> None:
    message = live(CHINESE_TEXT, coding=Coding.UCS2_WITH_LANGUAGE, language="zh")
    (page,) = message.pages

    assert page.octets[:2] == gsm7.pack([ord("z"), ord("h")])
    assert page.octets[2:4] == "地".encode("utf-16-be")
    assert decode(parse_cb_data(message.content), message.coding).text == CHINESE_TEXT


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Drop!", "en", Coding.GSM7_ENGLISH),
        ("Vite!", "fr", Coding.GSM7_WITH_LANGUAGE),
        ("地震", "zh", Coding.UCS2_WITH_LANGUAGE),
        ("Yìng", "en", Coding.GSM7_ENGLISH),
        ("Yīng", "en", Coding.UCS2_WITH_LANGUAGE),
    ],
)
def test_the_scheme_with_the_most_room_is_chosen(
    text: str, language: str, expected: Coding
) -> None:
    assert coding_for(text, language) is expected


@pytest.mark.parametrize(
    ("text", "coding", "language", "expected"),
    [
        pytest.param("", Coding.GSM7, None, "EMPTY_TEXT", id="empty"),
        pytest.param("地震", Coding.GSM7, None, "NOT_IN_ALPHABET", id="chinese-in-gsm7"),
        pytest.param("a\rb", Coding.GSM7, None, "NOT_IN_ALPHABET", id="padding-in-gsm7"),
        pytest.param("a\rb", Coding.UCS2, None, "NOT_IN_ALPHABET", id="padding-in-ucs2"),
        pytest.param("😀", Coding.UCS2, None, "NOT_IN_ALPHABET", id="beyond-ucs2"),
        pytest.param("\ud800", Coding.UCS2, None, "NOT_IN_ALPHABET", id="surrogate"),
        pytest.param("a", Coding.GSM7, "en", "LANGUAGE_NOT_CARRIED", id="language-for-none"),
        pytest.param("a", Coding.UCS2_WITH_LANGUAGE, None, "BAD_LANGUAGE", id="no-language"),
        pytest.param("a", Coding.UCS2_WITH_LANGUAGE, "zho", "BAD_LANGUAGE", id="three-letters"),
        pytest.param("a", Coding.GSM7_WITH_LANGUAGE, "EN", "BAD_LANGUAGE", id="capitals"),
        pytest.param("a", Coding.GSM7_WITH_LANGUAGE, "ßß", "BAD_LANGUAGE", id="no-ascii"),
    ],
)
def test_what_cannot_be_coded_is_refused(
    text: str, coding: Coding, language: str | None, expected: str
) -> None:
    assert reason(encode, text, coding, language) == expected


# -- live and drill -------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", [*LiveIdentifier])
def test_an_exercise_cannot_have_a_live_identifier(identifier: LiveIdentifier) -> None:
    found = reason(DrillMessage, identifier, SERIAL, "EXERCISE: go", Coding.GSM7)

    assert found == "NOT_A_DRILL_IDENTIFIER"


@pytest.mark.parametrize("identifier", [*DrillIdentifier])
@pytest.mark.parametrize("kind", [LiveMessage, WarningMessage])
def test_a_live_message_cannot_have_an_identifier_of_drills(
    identifier: DrillIdentifier, kind: type[WarningMessage]
) -> None:
    assert reason(kind, identifier, SERIAL, "go", Coding.GSM7) == "NOT_A_LIVE_IDENTIFIER"


@pytest.mark.parametrize("number", [int(each) for each in (*LiveIdentifier, *DrillIdentifier)])
def test_a_bare_number_is_no_identifier(number: int) -> None:
    assert reason(LiveMessage, number, SERIAL, "go", Coding.GSM7) == "NOT_A_LIVE_IDENTIFIER"
    assert reason(DrillMessage, number, SERIAL, "EXERCISE", Coding.GSM7) == "NOT_A_DRILL_IDENTIFIER"
    assert int(identifier_of(number)) == number


def test_no_identifier_is_both_live_and_of_drills() -> None:
    assert {int(each) for each in LiveIdentifier} & {int(each) for each in DrillIdentifier} == set()


def test_text_and_kind_of_message_agree() -> None:
    assert reason(live, "EXERCISE: go") == "DRILL_TEXT_IN_LIVE_MESSAGE"
    assert (
        reason(DrillMessage, DrillIdentifier.EXERCISE, SERIAL, "Go", Coding.GSM7)
        == "LIVE_TEXT_IN_DRILL"
    )
    drill = DrillMessage(DrillIdentifier.EXERCISE, SERIAL, "演练", Coding.UCS2_WITH_LANGUAGE, "zh")
    assert drill.pages[0].length == 6


# -- serial numbers, repetition -------------------------------------------------------------------


@given(st.integers(0, 0xFFFF))
def test_serial_numbers_come_back(number: int) -> None:
    assert int(SerialNumber.parse(number)) == number


def test_an_update_has_the_next_number_and_the_same_code() -> None:
    assert SERIAL.next() == SerialNumber(Scope.NETWORK, 5, 1)
    assert SerialNumber(Scope.AREA, 1023, 15).next() == SerialNumber(Scope.AREA, 1023, 0)


@pytest.mark.parametrize(
    ("code", "update", "expected"),
    [
        (-1, 0, "BAD_MESSAGE_CODE"),
        (1024, 0, "BAD_MESSAGE_CODE"),
        (0, -1, "BAD_UPDATE"),
        (0, 16, "BAD_UPDATE"),
    ],
)
def test_numbers_that_take_too_many_bits_are_refused(code: int, update: int, expected: str) -> None:
    assert reason(SerialNumber, Scope.CELL, code, update) == expected


@pytest.mark.parametrize("number", [-1, 0x10000])
def test_a_serial_number_has_sixteen_bits(number: int) -> None:
    assert reason(SerialNumber.parse, number) == "BAD_SERIAL_NUMBER"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"period_s": 0}, "BAD_PERIOD"),
        ({"period_s": 4096}, "BAD_PERIOD"),
        ({"broadcasts": 0}, "BAD_BROADCASTS"),
        ({"broadcasts": 65_536}, "BAD_BROADCASTS"),
    ],
)
def test_repetition_has_bounds_and_an_end(changes: dict[str, int], expected: str) -> None:
    assert reason(live, **changes) == expected


@pytest.mark.parametrize(
    ("remaining_s", "period_s", "expected"),
    [(0.5, 1, 1), (1.0, 1, 1), (1.1, 1, 2), (60.0, 7, 9), (63.0, 7, 9), (1e9, 1, 65_535)],
)
def test_no_broadcast_begins_after_the_warning_expired(
    remaining_s: float, period_s: int, expected: int
) -> None:
    found = broadcasts_before(remaining_s, period_s)

    assert found == expected
    assert (found - 1) * period_s < remaining_s


@pytest.mark.parametrize("remaining_s", [0.0, -1.0, -1e9, float("nan")])
def test_an_expired_warning_is_not_broadcast(remaining_s: float) -> None:
    with pytest.raises(CellBroadcastError):
        broadcasts_before(remaining_s, 1)


# -- messages as they are sent --------------------------------------------------------------------


def test_gsm_messages_carry_header_and_page() -> None:
    message = live("x" * 100, coding=Coding.GSM7_ENGLISH)
    first, second = message.gsm_messages

    assert first[:6] == bytes([0x40, 0x50, 0x11, 0x12, 0x01, 0x12])
    assert second[5] == 0x22
    assert len(first) == len(second) == 88
    identifier, serial, coding, number, count, page = parse_gsm_message(second)
    assert (identifier, serial, coding) == (message.identifier, SERIAL, Coding.GSM7_ENGLISH)
    assert (number, count) == (2, 2)
    assert decode((page,), coding).text == "x" * 7


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda m: m[:-1], id="short"),
        pytest.param(lambda m: m + b"\r", id="long"),
        pytest.param(lambda m: m[:5] + b"\x02" + m[6:], id="page-0"),
        pytest.param(lambda m: m[:5] + b"\x32" + m[6:], id="page-3-of-2"),
        pytest.param(lambda m: m[:4] + b"\x7f" + m[5:], id="coding"),
        pytest.param(lambda m: m[:2] + b"\x00\x32" + m[4:], id="identifier-50"),
    ],
)
def test_damaged_gsm_messages_are_refused(damage: object) -> None:
    (message,) = live("x").gsm_messages

    with pytest.raises(CellBroadcastError):
        parse_gsm_message(damage(message))  # type: ignore[operator]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="nothing"),
        pytest.param(lambda c: c[:-1], id="short"),
        pytest.param(lambda c: c + b"\x00", id="long"),
        pytest.param(lambda c: b"\x00" + c[1:], id="no-pages"),
        pytest.param(lambda c: b"\x02" + c[1:], id="too-few-pages"),
        pytest.param(lambda c: c[:-1] + b"\x53", id="length-83"),
    ],
)
def test_damaged_cb_data_is_refused(damage: object) -> None:
    assert reason(parse_cb_data, damage(live("x").content)) == "BAD_CB_DATA"  # type: ignore[operator]


def test_half_a_ucs2_character_is_refused() -> None:
    (page,) = encode("地震", Coding.UCS2)

    assert reason(decode, (Page(page.octets, 3),), Coding.UCS2) == "BAD_PAGE"
    assert reason(decode, (), Coding.UCS2) == "NO_PAGES"


@given(st.binary(max_size=300))
def test_whatever_comes_in_is_read_or_refused(content: bytes) -> None:
    try:
        pages = parse_cb_data(content)
        for coding in Coding:
            decode(pages, coding)
    except CellBroadcastError:
        pass
