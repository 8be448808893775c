"""Filters of lists: terms ``field=value`` joined by `` AND ``, all of which must hold."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from services.disaster_warning.model.warning import (
    Channel,
    Colour,
    Earthquake,
    EarthquakeState,
    HazardWarning,
    State,
)
from services.plumbing.refusal import InvalidArgument

TERMS_MAX: Final = 16
"""Terms of a filter."""

_TERM: Final = re.compile(r"(?P<field>[a-z_]+)=(?P<value>[^=]*)")
_PLACE: Final = re.compile(r"[1-9][0-9](?:[0-9]{2}){0,2}")
_EVENT: Final = re.compile(r"1[1-4][A-Z][0-9]{2}")
_JURISDICTION: Final = re.compile(r"CN(-[0-9]{2}(-[0-9]{4})?)?")
_RULE_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_Member = TypeVar("_Member", bound=enum.Enum)


class FilterInvalid(InvalidArgument):
    """The filter can't be read; the message says which term."""

    reason = "FILTER_INVALID"


@dataclass(frozen=True, slots=True)
class WarningFilter:
    """Which warnings are meant."""

    place_code: str = ""
    colour: Colour | None = None
    event_code: str = ""
    state: State | None = None
    channel: Channel | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None

    def matches(self, warning: HazardWarning) -> bool:
        """Say whether a warning is meant: the latest change lies in ``[from_time, to_time)``."""
        return (
            (self.colour is None or warning.content.colour is self.colour)
            and (self.state is None or warning.state is self.state)
            and (self.channel is None or warning.channel is self.channel)
            and self.event_code in ("", warning.event_code)
            and (self.from_time is None or warning.update_time >= self.from_time)
            and (self.to_time is None or warning.update_time < self.to_time)
            and (
                not self.place_code
                or any(each.place_code.startswith(self.place_code) for each in warning.counties)
            )
        )


@dataclass(frozen=True, slots=True)
class EarthquakeFilter:
    """Which earthquakes are meant."""

    state: EarthquakeState | None = None
    channel: Channel | None = None
    min_magnitude: float | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None

    def matches(self, earthquake: Earthquake) -> bool:
        """Say whether an earthquake is meant: its origin lies in ``[from_time, to_time)``."""
        return (
            (self.state is None or earthquake.state is self.state)
            and (self.channel is None or earthquake.channel is self.channel)
            and (self.min_magnitude is None or earthquake.magnitude >= self.min_magnitude)
            and (self.from_time is None or earthquake.origin_time >= self.from_time)
            and (self.to_time is None or earthquake.origin_time < self.to_time)
        )


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which versions of rules are meant; ``on`` is a day on which they are in force."""

    rule_id: str = ""
    jurisdiction: str = ""
    on: date | None = None


def parse_warnings(text: str) -> WarningFilter:
    """Return a filter of warnings; raise FilterInvalid."""
    return WarningFilter(
        **_parse(
            text,
            {
                "place_code": _matching(_PLACE, "2, 4 or 6 digits of GB/T 2260"),
                "colour": _member(Colour, "COLOUR_"),
                "event_code": _matching(_EVENT, "a code of GB/T 35561 such as 11B03"),
                "state": _member(State, "WARNING_STATE_"),
                "channel": _member(Channel, "WARNING_CHANNEL_"),
                "from_time": _time,
                "to_time": _time,
            },
        )
    )


def parse_earthquakes(text: str) -> EarthquakeFilter:
    """Return a filter of earthquakes; raise FilterInvalid."""
    return EarthquakeFilter(
        **_parse(
            text,
            {
                "state": _member(EarthquakeState, "EARTHQUAKE_STATE_"),
                "channel": _member(Channel, "WARNING_CHANNEL_"),
                "min_magnitude": _number,
                "from_time": _time,
                "to_time": _time,
            },
        )
    )


def parse_rules(text: str) -> RuleFilter:
    """Return a filter of rules; raise FilterInvalid."""
    return RuleFilter(
        **_parse(
            text,
            {
                "rule_id": _matching(_RULE_ID, "a rule's id"),
                "jurisdiction": _matching(_JURISDICTION, "CN, CN-51 or CN-51-0104"),
                "on": _day,
            },
        )
    )


def _parse(text: str, fields: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    terms = [term.strip() for term in text.split(" AND ")] if text.strip() else []
    if len(terms) > TERMS_MAX:
        raise _invalid(f"{len(terms)} terms; at most {TERMS_MAX} may be given")
    found: dict[str, Any] = {}
    for term in terms:
        match = _TERM.fullmatch(term)
        if match is None:
            raise _invalid(f"term {term!r}: need field=value")
        name, value = match["field"], match["value"].strip().strip('"')
        if name not in fields:
            raise _invalid(f"term {term!r}: unknown field; there are {', '.join(fields)}")
        if name in found:
            raise _invalid(f"term {term!r}: the field is given twice")
        try:
            found[name] = fields[name](value)
        except ValueError as error:
            raise _invalid(f"term {term!r}: need {error}") from None
    return found


def _invalid(text: str) -> FilterInvalid:
    return FilterInvalid(text, field="filter")


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(what)
        return value

    return read


def _member(members: type[_Member], prefix: str) -> Callable[[str], _Member]:
    def read(value: str) -> _Member:
        try:
            return members[value.upper().removeprefix(prefix)]
        except KeyError:
            raise ValueError(f"one of {', '.join(each.name for each in members)}") from None

    return read


def _time(value: str) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("a time as RFC 3339 has it, such as 2026-05-12T14:28:00Z") from None
    if found.tzinfo is None:
        raise ValueError("a time with its offset, such as 2026-05-12T14:28:00Z")
    return found


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("a day such as 2026-05-12") from None


def _number(value: str) -> float:
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ValueError("a number")
    return found
