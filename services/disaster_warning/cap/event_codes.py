"""Events and their codes (GB/T 35561-2017), read from the dated rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from services.disaster_warning.cap.document import Category, NamedValue
from services.plumbing.refusal import NotFound
from services.plumbing.rules import Rule

EVENT_CODES_RULE: Final = "event-codes"
"""The rule that lists the events."""

FOREIGN_EVENT_CODES_RULE: Final = "foreign-event-codes"
"""The rule that maps foreign codes onto them."""

EVENT_CODE_NAME: Final = "GB/T 35561-2017"
"""``valueName`` of an ``eventCode`` with a national code."""


class UnknownEvent(NotFound):
    """No event has this code."""

    reason = "CAP_UNKNOWN_EVENT"


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event: 11B03, 暴雨, Rainstorm, Met."""

    code: str
    chinese: str
    english: str
    category: Category

    def name(self, language: str) -> str:
        """Return the name in ``language``: Chinese for zh and its kinds, else English."""
        return self.chinese if language.lower().partition("-")[0] == "zh" else self.english


@dataclass(frozen=True, slots=True)
class EventCodes:
    """All events of one version of the rule, and what foreign codes map to them."""

    events: Mapping[str, Event]
    foreign: Mapping[tuple[str, str], str]
    rule_version: str

    @classmethod
    def of(cls, rule: Rule, foreign: Rule | None = None) -> EventCodes:
        """Return the events of ``rule``, and the mapping of ``foreign``; raise InvalidRule."""
        events = {code: _event(rule, code, row) for code, row in rule.table("events").items()}
        mapped = {} if foreign is None else dict(_mappings(foreign))
        for (name, code), ours in mapped.items():
            if foreign is not None and ours not in events:
                raise foreign.invalid("vocabulary", f"{name} {code}: {ours} is no event")
        return cls(MappingProxyType(events), MappingProxyType(mapped), rule.version)

    def event(self, code: str) -> Event:
        """Return the event of that code; raise UnknownEvent."""
        try:
            return self.events[code]
        except KeyError:
            message = f"{code[:20]!r} is no event of {self.rule_version}"
            raise UnknownEvent(message) from None

    def find(self, codes: Iterable[NamedValue]) -> Event | None:
        """Return the event of the first code that is national, or else that maps to one."""
        codes = tuple(codes)
        for each in codes:
            if each.name == EVENT_CODE_NAME and each.value in self.events:
                return self.events[each.value]
        for each in codes:
            ours = self.foreign.get((each.name, each.value))
            if ours is not None:
                return self.events[ours]
        return None


def _event(rule: Rule, code: str, row: Any) -> Event:
    try:
        return Event(code, str(row["zh"]), str(row["en"]), Category(row["category"]))
    except (KeyError, TypeError, ValueError) as error:
        problem = "need zh, en, and a category of CAP"
        raise rule.invalid(f"events.{code}", problem) from error


def _mappings(rule: Rule) -> Iterable[tuple[tuple[str, str], str]]:
    for table in rule.parameters["vocabulary"]:
        for code, ours in table["codes"].items():
            yield (table["name"], code), ours
