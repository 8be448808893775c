"""Months as a law counts them, and working days by the years' notices of holidays."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.plumbing.rules import Rule, RuleBook

HOLIDAYS: Final = "working-days"
COUNTRY: Final = "CN"
SATURDAY: Final = 5
MONTHS_OF_YEAR: Final = 12


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day when it is shorter."""
    index = day.year * MONTHS_OF_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_OF_YEAR)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class WorkingDays:
    """Which days are worked: Monday to Friday, but for what the State Council announces each year.

    ``off`` are the days off on weekdays, ``worked`` the days of weekends that are worked in turn
    (调休). Of years without a notice, weeks are as any.
    """

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    @classmethod
    def read(cls, book: RuleBook) -> WorkingDays:
        """Return the working days of all years that there is a version of; raise InvalidRule."""
        off: set[date] = set()
        worked: set[date] = set()
        for rule in book.list():
            if (rule.rule_id, rule.jurisdiction) == (HOLIDAYS, COUNTRY):
                off |= _days(rule, "off", are_weekend=False)
                worked |= _days(rule, "worked", are_weekend=True)
        return cls(frozenset(off), frozenset(worked))

    def is_one(self, day: date) -> bool:
        """Return whether a day is worked."""
        return day in self.worked or (day.weekday() < SATURDAY and day not in self.off)

    def after(self, day: date, count: int) -> date:
        """Return the ``count``-th working day after ``day``, which itself does not count."""
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_one(day)
        return day


def _days(rule: Rule, name: str, *, are_weekend: bool) -> set[date]:
    """Return the days of a version; raise InvalidRule for one of another year, or of no effect."""
    found = set()
    for text in rule.texts(name):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise rule.invalid(name, f"{text!r} is no day, YYYY-MM-DD") from None
        if day.year != rule.valid_from.year or (day.weekday() >= SATURDAY) is not are_weekend:
            raise rule.invalid(name, f"{text} is of another year or on the wrong day of the week")
        found.add(day)
    return found
