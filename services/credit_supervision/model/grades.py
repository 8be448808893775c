"""Grades that nation and sectors give (公共信用综合评价): received, called, never made here."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from services.credit_supervision.model import codes
from services.credit_supervision.model.register import Fault

NATIONAL: Final = "national"


class Letter(enum.IntEnum):
    """A grade; numbered as in the contract."""

    A = 1
    B = 2
    C = 3
    D = 4


class GradeRow(NamedTuple):
    """A row of a list as its source has it."""

    line: int
    code: str
    letter: str
    day: str
    valid_to: str = ""


@dataclass(frozen=True)
class Grade:
    """A grade: of a scheme, given on a day, until a day if one is stated."""

    code: str
    scheme: str
    letter: Letter
    day: date
    valid_to: date | None
    sha256: str

    def holds(self, today: date) -> bool:
        """Return whether it holds on a day."""
        return self.day <= today and (self.valid_to is None or today <= self.valid_to)


def take(
    rows: Iterable[GradeRow], scheme: str, sha256: str, today: date
) -> tuple[list[Grade], list[Fault]]:
    """Sort rows into grades and faults. Of two rows with one code, the later is a fault."""
    grades: dict[str, Grade] = {}
    faults: list[Fault] = []
    for row in rows:
        found = check(row, scheme, sha256, today)
        if isinstance(found, Fault):
            faults.append(found)
        elif found.code in grades:
            faults.append(Fault(row.line, "code", "CODE_TWICE", "stands in an earlier row"))
        else:
            grades[found.code] = found
    return list(grades.values()), faults


def check(row: GradeRow, scheme: str, sha256: str, today: date) -> Grade | Fault:
    """Return a row's grade, or the first thing that is wrong with it."""
    code = row.code.strip().upper()
    problem = codes.problem_of(code)
    if problem is not None:
        return Fault(row.line, "code", problem.value, codes.explain(code, problem))
    letter = row.letter.strip().upper()
    if letter not in Letter.__members__:
        return Fault(row.line, "letter", "GRADE_INVALID", "need A, B, C or D")
    days: dict[str, date | None] = {}
    for field, text in (("grade_day", row.day), ("valid_to_day", row.valid_to)):
        try:
            days[field] = date.fromisoformat(text.strip()) if text.strip() else None
        except ValueError:
            return Fault(row.line, field, "DAY_INVALID", "need a day of the calendar, YYYY-MM-DD")
    day, valid_to = days["grade_day"], days["valid_to_day"]
    if day is None or day > today:
        return Fault(row.line, "grade_day", "DAY_INVALID", "need a day that has come")
    if valid_to is not None and valid_to < day:
        return Fault(row.line, "valid_to_day", "DAY_INVALID", "is before the grade was given")
    return Grade(code, scheme, Letter[letter], day, valid_to, sha256)
