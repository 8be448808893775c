"""Months as a law counts them, and working days with the year's holidays given."""

from __future__ import annotations

import calendar
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

SATURDAY: Final = 5
MONTHS_OF_YEAR: Final = 12


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or that month's last day when it is shorter."""
    index = day.year * MONTHS_OF_YEAR + day.month - 1 + months
    year, month = divmod(index, MONTHS_OF_YEAR)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_working_days(
    day: date,
    count: int,
    *,
    holidays: Collection[date] = (),
    working_weekends: Collection[date] = (),
) -> date:
    """Return the ``count``-th working day after ``day``, which itself does not count.

    ``holidays`` are days off on weekdays, ``working_weekends`` the weekend days that are worked in
    turn (调休): the State Council announces both each year.
    """
    while count > 0:
        day += timedelta(days=1)
        if (day.weekday() < SATURDAY and day not in holidays) or day in working_weekends:
            count -= 1
    return day
