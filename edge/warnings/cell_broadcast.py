"""Warnings for cell broadcast: 3GPP TS 23.041, text coding by TS 23.038.

Makes and reads what a base station broadcasts: message identifier, serial number, data coding
scheme, and up to 15 pages of 82 octets, as CB Data (E-UTRAN, NR) or as 88-octet messages (GSM).

Live and drill never meet, by type: a :class:`LiveMessage` takes a :class:`LiveIdentifier` only, a
:class:`DrillMessage` a :class:`DrillIdentifier`, which phones show to testers alone.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Final

from edge.warnings import gsm7

PAGE_OCTETS: Final = 82
PAGES_MAX: Final = 15
"""TS 23.041, 9.4.1.2.4: the page parameter has four bits for the number of pages."""
GSM7_PAGE_SEPTETS: Final = 93
"""82 octets are 656 bits, hence 93 septets and 5 bits that stay zero."""
GSM_MESSAGE_OCTETS: Final = 88
PERIOD_S_MAX: Final = 4_095
"""Repetition period in S1AP (TS 36.413, 9.2.1.48); NGAP allows more, never less."""
BROADCASTS_MAX: Final = 65_535
"""TS 36.413, 9.2.1.49."""
DRILL_PREFIXES: Final = ("演练", "EXERCISE")
_LANGUAGE_LETTERS: Final = 2
_UCS2_OCTETS: Final = 2
_BMP_LAST: Final = 0xFFFF
_SURROGATES: Final = range(0xD800, 0xE000)


class CellBroadcastError(ValueError):
    """What cannot be broadcast, or is no broadcast; ``reason`` never changes, the message may."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class LiveIdentifier(enum.IntEnum):
    """Message identifiers that sound on every phone (TS 23.041, 9.4.1.2.2).

    The CMAS ones are EU-Alert's too: ALERT_LEVEL_1 is its level 1, and so on downwards. Those with
    ADDITIONAL carry the same warning in a further language.
    """

    ETWS_EARTHQUAKE = 4352
    ETWS_TSUNAMI = 4353
    ETWS_EARTHQUAKE_AND_TSUNAMI = 4354
    ETWS_OTHER = 4356
    ALERT_LEVEL_1 = 4370
    EXTREME_IMMEDIATE_OBSERVED = 4371
    EXTREME_IMMEDIATE_LIKELY = 4372
    EXTREME_EXPECTED_OBSERVED = 4373
    EXTREME_EXPECTED_LIKELY = 4374
    SEVERE_IMMEDIATE_OBSERVED = 4375
    SEVERE_IMMEDIATE_LIKELY = 4376
    SEVERE_EXPECTED_OBSERVED = 4377
    SEVERE_EXPECTED_LIKELY = 4378
    CHILD_ABDUCTION = 4379
    ADDITIONAL_ALERT_LEVEL_1 = 4383
    ADDITIONAL_EXTREME_IMMEDIATE_OBSERVED = 4384
    ADDITIONAL_EXTREME_IMMEDIATE_LIKELY = 4385
    ADDITIONAL_EXTREME_EXPECTED_OBSERVED = 4386
    ADDITIONAL_EXTREME_EXPECTED_LIKELY = 4387
    ADDITIONAL_SEVERE_IMMEDIATE_OBSERVED = 4388
    ADDITIONAL_SEVERE_IMMEDIATE_LIKELY = 4389
    ADDITIONAL_SEVERE_EXPECTED_OBSERVED = 4390
    ADDITIONAL_SEVERE_EXPECTED_LIKELY = 4391
    ADDITIONAL_CHILD_ABDUCTION = 4392


class DrillIdentifier(enum.IntEnum):
    """Message identifiers of tests and exercises: silent on phones that did not ask for them."""

    ETWS_TEST = 4355
    MONTHLY_TEST = 4380
    EXERCISE = 4381
    ADDITIONAL_MONTHLY_TEST = 4393
    ADDITIONAL_EXERCISE = 4394


class Scope(enum.IntEnum):
    """Geographical scope (GS): where a message with the same serial number is the same message."""

    CELL_IMMEDIATE = 0
    NETWORK = 1
    AREA = 2
    CELL = 3


class Coding(enum.IntEnum):
    """Data coding schemes used here (TS 23.038, 5).

    With a language, its two letters stand at the head of each page: three septets (the third a
    carriage return) in GSM-7, two octets in UCS-2. Chinese has no scheme of its own.
    """

    GSM7_ENGLISH = 0x01
    GSM7 = 0x0F
    GSM7_WITH_LANGUAGE = 0x10
    UCS2_WITH_LANGUAGE = 0x11
    UCS2 = 0x48

    @property
    def is_gsm7(self) -> bool:
        """Whether text is in septets; otherwise it is in UCS-2."""
        return self in {Coding.GSM7_ENGLISH, Coding.GSM7, Coding.GSM7_WITH_LANGUAGE}

    @property
    def has_language(self) -> bool:
        """Whether each page begins with a language."""
        return self in {Coding.GSM7_WITH_LANGUAGE, Coding.UCS2_WITH_LANGUAGE}

    @property
    def page_room(self) -> int:
        """How many septets or UCS-2 characters of text a page holds."""
        if self.is_gsm7:
            return GSM7_PAGE_SEPTETS - (_LANGUAGE_LETTERS + 1 if self.has_language else 0)
        return PAGE_OCTETS // _UCS2_OCTETS - (1 if self.has_language else 0)


@dataclass(frozen=True, slots=True)
class SerialNumber:
    """16 bits that tell broadcasts apart (TS 23.041, 9.4.1.2.1): scope, message code, update.

    An update of a message keeps its code, and has the next update number modulo 16.
    """

    scope: Scope
    code: int
    update: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.code < 1 << 10:
            raise CellBroadcastError("BAD_MESSAGE_CODE", f"message code {self.code}: need 0..1023")
        if not 0 <= self.update < 1 << 4:
            raise CellBroadcastError("BAD_UPDATE", f"update number {self.update}: need 0..15")

    def __int__(self) -> int:
        return self.scope << 14 | self.code << 4 | self.update

    @classmethod
    def parse(cls, number: int) -> SerialNumber:
        """Return the serial number of 16 bits; raise CellBroadcastError for more."""
        if not 0 <= number < 1 << 16:
            raise CellBroadcastError("BAD_SERIAL_NUMBER", f"serial number {number}: need 16 bits")
        return cls(Scope(number >> 14), number >> 4 & 0x3FF, number & 0xF)

    def next(self) -> SerialNumber:
        """Return the serial number of an update of this message."""
        return SerialNumber(self.scope, self.code, (self.update + 1) % 16)


@dataclass(frozen=True, slots=True)
class WarningMessage:
    """What every warning message has; only a LiveMessage or a DrillMessage can be sent.

    ``period_s`` seconds lie between the starts of two of ``broadcasts`` broadcasts. Text that does
    not fit, or has characters that the coding lacks, raises CellBroadcastError when it is made.
    """

    identifier: LiveIdentifier | DrillIdentifier
    serial: SerialNumber
    text: str
    coding: Coding
    language: str | None = None
    period_s: int = 1
    broadcasts: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.period_s <= PERIOD_S_MAX:
            raise CellBroadcastError(
                "BAD_PERIOD", f"repetition period {self.period_s} s: need 1..{PERIOD_S_MAX}"
            )
        # 0 would mean until somebody stops it: a warning always ends by itself.
        if not 1 <= self.broadcasts <= BROADCASTS_MAX:
            raise CellBroadcastError(
                "BAD_BROADCASTS", f"{self.broadcasts} broadcasts: need 1..{BROADCASTS_MAX}"
            )
        self._check_kind()
        encode(self.text, self.coding, self.language)

    def _check_kind(self) -> None:
        """Raise CellBroadcastError where identifier or text are of the other kind."""
        identifier = self.identifier
        is_drill = self.text.startswith(DRILL_PREFIXES)
        if isinstance(self, DrillMessage):
            if not isinstance(identifier, DrillIdentifier):
                raise CellBroadcastError(
                    "NOT_A_DRILL_IDENTIFIER", f"{identifier!r} is none of a test or exercise"
                )
            if not is_drill:
                raise CellBroadcastError(
                    "LIVE_TEXT_IN_DRILL",
                    f"text of a drill begins with {' or '.join(DRILL_PREFIXES)}",
                )
        elif not isinstance(identifier, LiveIdentifier):
            raise CellBroadcastError(
                "NOT_A_LIVE_IDENTIFIER", f"{identifier!r} is none of a live message"
            )
        elif is_drill:
            raise CellBroadcastError(
                "DRILL_TEXT_IN_LIVE_MESSAGE", "the text says that it is an exercise"
            )

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages, each of 82 octets."""
        return encode(self.text, self.coding, self.language)

    @property
    def content(self) -> bytes:
        """The pages as CB Data (TS 23.041, 9.4.2.2.5): their number, then each with its length."""
        return cb_data(self.pages)

    @property
    def gsm_messages(self) -> tuple[bytes, ...]:
        """The pages as GSM broadcasts them, 88 octets each."""
        return gsm_messages(self.identifier, self.serial, self.coding, self.pages)


@dataclass(frozen=True, slots=True)
class LiveMessage(WarningMessage):
    """A warning that sounds."""

    identifier: LiveIdentifier


@dataclass(frozen=True, slots=True)
class DrillMessage(WarningMessage):
    """A test or an exercise, whose text says so."""

    identifier: DrillIdentifier


@dataclass(frozen=True, slots=True)
class Page:
    """82 octets, of which the first ``length`` are text (a language at its head included)."""

    octets: bytes
    length: int


def broadcasts_before(remaining_s: float, period_s: int) -> int:
    """Return how many broadcasts start while a warning is valid; raise when it no longer is."""
    if not remaining_s > 0.0:
        raise CellBroadcastError("EXPIRED", f"the warning expired {-remaining_s:.0f} s ago")
    return min(math.ceil(remaining_s / period_s), BROADCASTS_MAX)


def coding_for(text: str, language: str) -> Coding:
    """Return the scheme with the most room: GSM-7 where its alphabet suffices, else UCS-2."""
    if all(gsm7.septets_of(each) is not None for each in text):
        return Coding.GSM7_ENGLISH if language == "en" else Coding.GSM7_WITH_LANGUAGE
    return Coding.UCS2_WITH_LANGUAGE


# -- encoding --------------------------------------------------------------------------------------


def encode(text: str, coding: Coding, language: str | None = None) -> tuple[Page, ...]:
    """Return text as pages; raise CellBroadcastError when it does not fit or cannot be coded.

    ``language`` (ISO 639, two small letters) is needed by the schemes that carry one, refused by
    the others. A character is never cut in two by a page's end.
    """
    _check_language(coding, language)
    if not text:
        raise CellBroadcastError("EMPTY_TEXT", "there is no text to broadcast")
    units = _septets(text) if coding.is_gsm7 else _code_units(text)
    pages: list[list[int]] = [[]]
    for unit in units:
        if len(pages[-1]) + len(unit) > coding.page_room:
            pages.append([])
        pages[-1].extend(unit)
    if len(pages) > PAGES_MAX:
        raise CellBroadcastError(
            "TEXT_TOO_LONG",
            f"{len(text)} characters take {len(pages)} pages, at most {PAGES_MAX} of"
            f" {coding.page_room} are allowed; shorten the text",
        )
    make = _gsm7_page if coding.is_gsm7 else _ucs2_page
    return tuple(make(page, language) for page in pages)


def _check_language(coding: Coding, language: str | None) -> None:
    if not coding.has_language and language is not None:
        raise CellBroadcastError("LANGUAGE_NOT_CARRIED", f"{coding.name} carries no language")
    if coding.has_language and not (
        language is not None
        and len(language) == _LANGUAGE_LETTERS
        and language.isascii()
        and language.isalpha()
        and language.islower()
    ):
        raise CellBroadcastError(
            "BAD_LANGUAGE", f"{coding.name} needs a language of two letters, not {language!r}"
        )


def _septets(text: str) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for place, character in enumerate(text):
        septets = gsm7.septets_of(character)
        # Carriage returns fill pages up, so those of a text would be lost.
        if septets is None or character == "\r":
            raise CellBroadcastError(
                "NOT_IN_ALPHABET", f"character {place} {character!r} is not in the GSM-7 alphabet"
            )
        found.append(septets)
    return found


def _code_units(text: str) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    for place, character in enumerate(text):
        code = ord(character)
        if code > _BMP_LAST or code in _SURROGATES or character == "\r":
            raise CellBroadcastError(
                "NOT_IN_ALPHABET", f"character {place} {character!r} is not in UCS-2"
            )
        found.append((code,))
    return found


def _gsm7_page(septets: list[int], language: str | None) -> Page:
    head = [ord(each) for each in language] + [gsm7.CARRIAGE_RETURN] if language else []
    text = head + septets
    padding = [gsm7.CARRIAGE_RETURN] * (GSM7_PAGE_SEPTETS - len(text))
    return Page(gsm7.pack(text + padding), gsm7.octets_for(len(text)))


def _ucs2_page(units: list[int], language: str | None) -> Page:
    head = gsm7.pack(ord(each) for each in language) if language else b""
    text = head + b"".join(unit.to_bytes(_UCS2_OCTETS, "big") for unit in units)
    padding = b"\x00\r" * ((PAGE_OCTETS - len(text)) // _UCS2_OCTETS)
    return Page(text + padding, len(text))


def cb_data(pages: tuple[Page, ...]) -> bytes:
    """Return pages as CB Data: their number, then 82 octets and their length for each."""
    return bytes([len(pages)]) + b"".join(page.octets + bytes([page.length]) for page in pages)


def gsm_messages(
    identifier: LiveIdentifier | DrillIdentifier,
    serial: SerialNumber,
    coding: Coding,
    pages: tuple[Page, ...],
) -> tuple[bytes, ...]:
    """Return pages as GSM broadcasts them (TS 23.041, 9.4.1.2): header, page parameter, text."""
    head = int(serial).to_bytes(2, "big") + int(identifier).to_bytes(2, "big") + bytes([coding])
    return tuple(
        head + bytes([number << 4 | len(pages)]) + page.octets
        for number, page in enumerate(pages, 1)
    )


# -- decoding --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """What a phone reads: ``language`` only where the scheme carries one."""

    text: str
    language: str | None


def identifier_of(number: int) -> LiveIdentifier | DrillIdentifier:
    """Return the identifier of a number; raise CellBroadcastError for one of no warning."""
    if number in set(LiveIdentifier):
        return LiveIdentifier(number)
    if number in set(DrillIdentifier):
        return DrillIdentifier(number)
    raise CellBroadcastError("UNKNOWN_IDENTIFIER", f"{number} identifies no warning message")


def decode(pages: tuple[Page, ...], coding: Coding) -> Received:
    """Return the text of pages; raise CellBroadcastError when they are damaged."""
    read = [_decode_page(page, coding) for page in pages]
    if not read:
        raise CellBroadcastError("NO_PAGES", "there is no page")
    return Received("".join(each.text for each in read), read[0].language)


def parse_cb_data(content: bytes) -> tuple[Page, ...]:
    """Return the pages of CB Data; raise CellBroadcastError when numbers and sizes disagree."""
    count = content[0] if content else 0
    if not 1 <= count <= PAGES_MAX or len(content) != 1 + count * (PAGE_OCTETS + 1):
        raise CellBroadcastError(
            "BAD_CB_DATA", f"{len(content)} octets are not {count} pages, of 1..{PAGES_MAX}"
        )
    pages = []
    for start in range(1, len(content), PAGE_OCTETS + 1):
        length = content[start + PAGE_OCTETS]
        if length > PAGE_OCTETS:
            raise CellBroadcastError("BAD_CB_DATA", f"a page says that it has {length} octets")
        pages.append(Page(content[start : start + PAGE_OCTETS], length))
    return tuple(pages)


def parse_gsm_message(
    message: bytes,
) -> tuple[LiveIdentifier | DrillIdentifier, SerialNumber, Coding, int, int, Page]:
    """Return identifier, serial number, coding, page's number, number of pages, page.

    Its length is not sent in GSM: the page counts as full. Raises CellBroadcastError.
    """
    if len(message) != GSM_MESSAGE_OCTETS:
        raise CellBroadcastError("BAD_GSM_MESSAGE", f"{len(message)} octets, need 88")
    number, count = message[5] >> 4, message[5] & 0xF
    if not 1 <= number <= count:
        raise CellBroadcastError("BAD_GSM_MESSAGE", f"page {number} of {count} is no page")
    return (
        identifier_of(int.from_bytes(message[2:4], "big")),
        SerialNumber.parse(int.from_bytes(message[:2], "big")),
        _coding_of(message[4]),
        number,
        count,
        Page(message[6:], PAGE_OCTETS),
    )


def _coding_of(octet: int) -> Coding:
    if octet not in set(Coding):
        raise CellBroadcastError("UNKNOWN_CODING", f"data coding scheme 0x{octet:02X} is not known")
    return Coding(octet)


def _decode_page(page: Page, coding: Coding) -> Received:
    octets = page.octets[: page.length]
    if coding.is_gsm7:
        text = gsm7.text_of(gsm7.unpack(octets)[:GSM7_PAGE_SEPTETS])
        head = _LANGUAGE_LETTERS + 1
        language = text[:_LANGUAGE_LETTERS] if coding.has_language else None
        text = text[head:] if coding.has_language else text
    else:
        language = None
        if coding.has_language:
            language = gsm7.text_of(gsm7.unpack(octets[:2])[:_LANGUAGE_LETTERS])
            octets = octets[_UCS2_OCTETS:]
        if len(octets) % _UCS2_OCTETS:
            raise CellBroadcastError("BAD_PAGE", f"{len(octets)} octets are no UCS-2 text")
        text = octets.decode("utf-16-be", errors="replace")
    return Received(text.rstrip("\r"), language)
