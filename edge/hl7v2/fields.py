"""Fields of an HL7 v2 message, read strictly: whatever is wrong is named by segment and field.

The library ``hl7`` 0.4.5 splits and unescapes; it raises what it happens to run into on input that
is no message, so what it may be given is checked first. No value ever gets into an error's text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import hl7

SEGMENTS_MAX: Final = 2_000
"""Of one message; a panel has thirty, a culture with its resistances some hundred."""

SEPARATORS: Final = 5
"""MSH-1 and the four characters of MSH-2 that are defined before version 2.7."""

CHARSETS: Final = {
    "": "utf-8",
    "ASCII": "ascii",
    "8859/1": "iso-8859-1",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "GB 18030-2000": "gb18030",
}
"""HL7 table 0211; what says nothing is taken for UTF-8, of which ASCII is a part."""

_SEGMENT: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
_TIME: Final = re.compile(
    r"(?P<day>[0-9]{8})((?P<hm>[0-9]{4})((?P<s>[0-9]{2})(\.(?P<f>[0-9]{1,4}))?)?)?"
    r"(?P<zone>[+-][0-9]{4})?"
)


class Code:
    """Error codes of HL7 table 0357."""

    SEGMENT_SEQUENCE: Final = 100
    REQUIRED_MISSING: Final = 101
    DATA_TYPE: Final = 102
    TABLE_VALUE: Final = 103
    UNSUPPORTED_TYPE: Final = 200
    UNSUPPORTED_EVENT: Final = 201
    UNSUPPORTED_PROCESSING: Final = 202
    UNSUPPORTED_VERSION: Final = 203
    INTERNAL: Final = 207


class Refused(ValueError):
    """A message that can't be taken: where, by ERR-2, and why. ``rejects`` makes it an AR.

    ``location`` is SEGMENT, SEGMENT^SEQUENCE or SEGMENT^SEQUENCE^FIELD.
    """

    def __init__(self, location: str, code: int, problem: str, *, rejects: bool = False) -> None:
        super().__init__(f"{location}: {problem}")
        self.location = location
        self.code = code
        self.problem = problem
        self.rejects = rejects


@dataclass(frozen=True)
class Segment:
    """One segment; ``number`` counts those of its name from 1."""

    name: str
    number: int
    _fields: Any
    _message: Any

    def where(self, field: int) -> str:
        """Return the location of a field, as ERR-2 has it."""
        return f"{self.name}^{self.number}^{field}"

    def get(self, field: int, component: int = 1, repetition: int = 0) -> str:
        """Return a component's text without escapes, empty when there is none."""
        if field >= len(self._fields):
            return ""
        repetitions = self._fields[field]
        if isinstance(repetitions, str):  # MSH-1 and MSH-2
            return repetitions
        if repetition >= len(repetitions):
            return ""
        found = repetitions[repetition]
        if isinstance(found, str):
            text = found if component == 1 else ""
        else:
            text = str(found[component - 1]) if component <= len(found) else ""
        return "" if text == '""' else str(self._message.unescape(text)).strip()

    def every(self, field: int) -> list[str]:
        """Return a field's repetitions, the first component of each; none when it is empty."""
        count = len(self._fields[field]) if field < len(self._fields) else 0
        found = (self.get(field, 1, repetition) for repetition in range(count))
        return [text for text in found if text]

    def separators(self) -> str:
        """Return the five separators, of MSH: the one field that has no escapes."""
        return str(self._fields[1]) + str(self._fields[2])[: SEPARATORS - 1]

    def need(self, field: int, component: int = 1) -> str:
        """Return a component's text; raise Refused when there is none."""
        text = self.get(field, component)
        if not text:
            raise Refused(self.where(field), Code.REQUIRED_MISSING, "is required and empty")
        return text

    def time(self, field: int, zone: timezone) -> datetime | None:
        """Return a time in UTC, None when there is none; raise Refused for what is no time.

        ``zone`` is the sender's, for a time that does not state its own.
        """
        text = self.get(field)
        if not text:
            return None
        found = _TIME.fullmatch(text)
        if found is None:
            raise Refused(self.where(field), Code.DATA_TYPE, "need YYYYMMDD[HHMM[SS[.S]]][+ZZZZ]")
        digits = found["day"] + (found["hm"] or "0000") + (found["s"] or "00")
        try:
            moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=zone)
            if found["zone"]:
                hours, minutes = int(found["zone"][1:3]), int(found["zone"][3:])
                offset = timedelta(hours=hours, minutes=minutes)
                offset = -offset if found["zone"][0] == "-" else offset
                moment = moment.replace(tzinfo=timezone(offset))
            fraction = timedelta(microseconds=int((found["f"] or "0").ljust(6, "0")))
            return (moment + fraction).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Refused(
                self.where(field), Code.DATA_TYPE, "is no moment on the calendar"
            ) from None


def parse(data: bytes) -> list[Segment]:
    """Return a message's segments, MSH first; raise Refused."""
    text = _text(data)
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line]
    if len(lines) > SEGMENTS_MAX:
        raise Refused("MSH", Code.SEGMENT_SEQUENCE, f"has more than {SEGMENTS_MAX} segments")
    separator = lines[0][3]
    for place, line in enumerate(lines):
        name = line[:3]
        if not _SEGMENT.fullmatch(name) or (len(line) > len(name) and line[3] != separator):
            raise Refused(
                f"MSH^1^{place}", Code.SEGMENT_SEQUENCE, f"line {place + 1} is no segment"
            )
        if place and name == "MSH":
            raise Refused("MSH^2", Code.SEGMENT_SEQUENCE, "is a second message in one frame")
    message = hl7.parse("\r".join(lines) + "\r")
    counts: dict[str, int] = {}
    segments = []
    for line, fields in zip(lines, message, strict=True):
        name = line[:3]
        counts[name] = counts.get(name, 0) + 1
        segments.append(Segment(name, counts[name], fields, message))
    return segments


def _text(data: bytes) -> str:
    """Return the message's text in the character set that it states; raise Refused."""
    head = data[:4096].split(b"\r", 1)[0].split(b"\n", 1)[0]
    if not head.startswith(b"MSH") or len(head) < len("MSH") + SEPARATORS:
        raise Refused("MSH", Code.SEGMENT_SEQUENCE, "the message does not begin with MSH")
    separators = head[3 : 3 + SEPARATORS]
    printable = separators.isascii() and separators.decode("ascii", "replace").isprintable()
    if len(set(separators)) != SEPARATORS or not printable or b" " in separators:
        raise Refused("MSH^1^2", Code.DATA_TYPE, "need five separators that differ")
    if any(chr(each).isalnum() for each in separators):
        raise Refused("MSH^1^2", Code.DATA_TYPE, "letters and digits separate nothing")
    fields = head.split(separators[:1])
    repetition = fields[17].split(separators[2:3])[0] if len(fields) > 17 else b""  # noqa: PLR2004 - MSH-18
    charset = CHARSETS.get(repetition.decode("ascii", "replace").strip())
    if charset is None:
        raise Refused("MSH^1^18", Code.TABLE_VALUE, "the character set is not supported")
    try:
        text = data.decode(charset)
    except UnicodeDecodeError as error:
        raise Refused(
            "MSH^1^18", Code.DATA_TYPE, f"byte {error.start} is not of the stated character set"
        ) from None
    if "\x00" in text:
        raise Refused("MSH", Code.DATA_TYPE, "holds a NUL, which no text may")
    return text
