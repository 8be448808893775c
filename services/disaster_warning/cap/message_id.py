"""Identifiers of the national release system (预警信息标识): ``51040041600000_20260301083000_0``.

Thirty-one characters (GB/T 34283-2017 family): administrative area (GB/T 2260, 6), agency (GB/T
4657, 3), unit within the agency (3), extension (2), the time in China (14), a sequence number (1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from typing_extensions import override

from services.disaster_warning.cap.times import CHINA_STANDARD_TIME
from services.plumbing.refusal import InvalidArgument

MESSAGE_ID_CHARACTERS: Final = 31
"""Length of every identifier."""

SEQUENCE_MAX: Final = 9
"""One digit: ten messages of one unit in one second."""

AGENCY_METEOROLOGICAL: Final = "416"
"""The meteorological service (气象), as published identifiers have it."""

UNIT_NONE: Final = "000"
"""The agency itself rather than a unit of it."""

EXTENSION_NONE: Final = "00"
"""No extension."""

_WRITING: Final = re.compile(
    r"(?P<area>[1-8][0-9]{5})(?P<agency>[0-9]{3})(?P<unit>[0-9A-Z]{3})(?P<extension>[0-9A-Z]{2})"
    r"_(?P<time>[0-9]{14})_(?P<sequence>[0-9])",
    re.ASCII,
)
_TIME: Final = "%Y%m%d%H%M%S"


class InvalidMessageId(InvalidArgument):
    """A text, or parts, that make no identifier."""

    reason = "CAP_INVALID_MESSAGE_ID"


@dataclass(frozen=True, slots=True)
class MessageId:
    """An identifier in its parts; raises InvalidMessageId for parts that do not make one.

    ``time`` is aware, of whole seconds, and kept in China's time.
    """

    area: str
    agency: str
    time: datetime
    sequence: int = 0
    unit: str = UNIT_NONE
    extension: str = EXTENSION_NONE

    def __post_init__(self) -> None:
        if self.time.tzinfo is None or self.time.microsecond:
            raise InvalidMessageId("the time of a message id needs an offset and whole seconds")
        object.__setattr__(self, "time", self.time.astimezone(CHINA_STANDARD_TIME))
        if not _WRITING.fullmatch(str(self)):
            raise InvalidMessageId(
                f"{str(self)[:60]!r} is no message id: need area of 6 digits, agency of 3, unit of"
                f" 3, extension of 2, and a sequence of 0 to {SEQUENCE_MAX}"
            )

    @classmethod
    def parse(cls, text: str) -> MessageId:
        """Return the identifier that ``text`` is; raise InvalidMessageId."""
        found = _WRITING.fullmatch(text)
        if found is None:
            raise InvalidMessageId(
                f"{text[:60]!r} is no message id; it has {MESSAGE_ID_CHARACTERS} characters, as"
                " 51040041600000_20260301083000_0"
            )
        try:
            time = datetime.strptime(found["time"], _TIME).replace(tzinfo=CHINA_STANDARD_TIME)
        except ValueError as error:
            raise InvalidMessageId(f"{found['time']} is no time on the calendar") from error
        return cls(
            area=found["area"],
            agency=found["agency"],
            time=time,
            sequence=int(found["sequence"]),
            unit=found["unit"],
            extension=found["extension"],
        )

    @override
    def __str__(self) -> str:
        time = self.time.isoformat(timespec="seconds")[:19].translate(_DIGITS_ONLY)
        return f"{self.area}{self.agency}{self.unit}{self.extension}_{time}_{self.sequence}"


_DIGITS_ONLY: Final = str.maketrans("", "", "-:T")
