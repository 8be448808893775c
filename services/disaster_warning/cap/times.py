"""Times as CAP writes them: ``2026-03-01T08:30:00+08:00``, whole seconds, the offset always there.

UTC is written ``-00:00``, never ``Z`` (CAP 1.2, section 3.3.2). CAP 1.1 allows any ``xs:dateTime``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from services.plumbing.refusal import InvalidArgument

CHINA_STANDARD_TIME: Final = timezone(timedelta(hours=8))
"""The offset in which the national release system writes its times (no summer time)."""

STRICT: Final = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?P<sign>[-+])(?P<hours>0[0-9]|1[0-4]):(?P<minutes>[0-5][0-9])"
)
"""CAP 1.2. XML Schema ends offsets at 14:00."""

LOOSE: Final = re.compile(
    r"(?P<seconds>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?"
    r"(?:Z|(?P<sign>[-+])(?P<hours>0[0-9]|1[0-4]):(?P<minutes>[0-5][0-9]))"
)
"""CAP 1.1; fractions of a second are dropped. A time without an offset names no moment."""


class InvalidCapTime(InvalidArgument):
    """A text that is no time, or a time that cannot be written."""

    reason = "CAP_INVALID_TIME"


def parse_time(text: str, *, loose: bool = False) -> datetime:
    """Return the moment, in the offset it is written in; raise InvalidCapTime.

    ``loose`` reads what CAP 1.1 allows as well.
    """
    found = (LOOSE if loose else STRICT).fullmatch(text)
    if found is None:
        raise InvalidCapTime(f"{text[:40]!r} is no CAP time; write 2026-03-01T08:30:00+08:00")
    zone: timezone = UTC
    if found["sign"] is not None:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        zone = timezone(offset if found["sign"] == "+" else -offset) if offset else UTC
    try:
        moment = datetime.fromisoformat(found["seconds"]).replace(tzinfo=zone)
        moment.astimezone(UTC)  # year 1 and year 9999 have moments that are in no year
    except (ValueError, OverflowError) as error:
        raise InvalidCapTime(f"{text[:40]!r} is on no calendar") from error
    return moment


def format_time(moment: datetime) -> str:
    """Return ``moment`` as CAP 1.2 writes it; raise InvalidCapTime if that would change it.

    The offset is kept. Fractions of a second are refused: the caller decides which way to round.
    """
    offset = moment.utcoffset()
    if offset is None or moment.microsecond or offset % timedelta(minutes=1):
        message = f"{moment.isoformat()} cannot be written: need an offset and whole seconds"
        raise InvalidCapTime(message)
    if not offset:
        return moment.strftime("%Y-%m-%dT%H:%M:%S-00:00").rjust(25, "0")
    return moment.isoformat(timespec="seconds")
