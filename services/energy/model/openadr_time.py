"""Times of OpenADR 3: durations, "now", "endless", and when each interval of an event is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.energy.model.demand_response import NOW_SENTINEL
from services.plumbing.refusal import InvalidArgument

ENDLESS: Final = "P9999Y"
"""OpenADR 3.1.1, intervalPeriod: a duration that never ends."""

MONTHS_PER_YEAR: Final = 12
DURATION: Final = re.compile(
    r"P(?=.)(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?"
    r"(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
FAR: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""The end of what is endless."""


class InvalidTime(InvalidArgument):
    """A start that is no RFC 3339 time with a zone, or a duration that is no ISO 8601 one."""

    reason = "OPENADR_TIME_INVALID"


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration: months are of the calendar, seconds are not."""

    months: int
    seconds: float

    def after(self, start: datetime) -> datetime:
        """Return when it ends; a day that a month lacks becomes its last one."""
        total = start.year * MONTHS_PER_YEAR + start.month - 1 + self.months
        year, month = divmod(total, MONTHS_PER_YEAR)
        if year >= FAR.year:
            return FAR
        day = start.day
        while True:
            try:
                moved = start.replace(year=year, month=month + 1, day=day)
            except ValueError:
                day -= 1
                continue
            break
        try:
            return min(moved + timedelta(seconds=self.seconds), FAR)
        except OverflowError:
            return FAR


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When one interval of an event is, and what it says; ``payloads`` are type and values."""

    number: int
    start: datetime
    end: datetime
    payloads: tuple[tuple[str, tuple[Any, ...]], ...]

    @property
    def is_endless(self) -> bool:
        """Return whether it never ends."""
        return self.end == FAR


def duration(text: str) -> Duration:
    """Return a duration; raise InvalidTime."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise InvalidTime(f"{text[:40]!r} is no ISO 8601 duration such as PT15M")
    part = {name: float(value or 0) for name, value in match.groupdict().items()}
    days = part["weeks"] * 7 + part["days"]
    seconds = days * 86_400 + part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    return Duration(int(part["years"] * MONTHS_PER_YEAR + part["months"]), seconds)


def moment(text: str, received: datetime) -> datetime:
    """Return a start; year 1 means the time at which it was received. Raise InvalidTime."""
    if text.startswith(NOW_SENTINEL):
        return received
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidTime(f"{text[:40]!r} is no RFC 3339 time") from None
    if found.tzinfo is None:
        raise InvalidTime(f"{text[:40]!r} says no time zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise InvalidTime(f"{text[:40]!r} is beyond the years 1 to 9999") from None


def randomize_s(event: Mapping[str, Any]) -> int:
    """Return the seconds over which starts of an event are spread, the widest that is said."""
    periods = [event.get("intervalPeriod"), *(i.get("intervalPeriod") for i in intervals_of(event))]
    said = [each["randomizeStart"] for each in periods if each and each.get("randomizeStart")]
    return max((int(duration(text).seconds) for text in said), default=0)


def intervals_of(event: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the intervals of an event or of a report's resource, none when none are said."""
    found: Sequence[Mapping[str, Any]] = event.get("intervals") or ()
    return found


def occurrences(event: Mapping[str, Any], received: datetime) -> list[Occurrence]:
    """Return when each interval is: by itself, else by the event, else after the one before.

    ``event`` is an event, or a report's resource. Raise InvalidTime for an interval of which no
    duration is known, neither of its own nor of the event. Without any start, it is ``received``.
    """
    common = event.get("intervalPeriod") or {}
    following = moment(common.get("start") or NOW_SENTINEL, received)
    found = []
    for interval in intervals_of(event):
        own = interval.get("intervalPeriod") or {}
        start = moment(own["start"], received) if own.get("start") else following
        length = own.get("duration") or common.get("duration")
        if not length:
            raise InvalidTime(f"interval {interval['id']} has no duration, nor has the event")
        end = duration(length).after(start)
        if end <= start:
            raise InvalidTime(f"interval {interval['id']} ends when it begins")
        payloads = tuple((each["type"], tuple(each["values"])) for each in interval["payloads"])
        found.append(Occurrence(int(interval["id"]), start, end, payloads))
        following = end
    return found


def is_active(event: Mapping[str, Any], received: datetime, now: datetime) -> bool:
    """Return whether an event is not over: what the query ``active=true`` asks for."""
    return any(each.end > now for each in occurrences(event, received))
