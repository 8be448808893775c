"""Rows of a register, taken or refused one by one: none is lost, each fault says where and why."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from services.credit_supervision.model import codes

TITLE_MAX: Final = 200
"""Characters of a name; the longest registered in China has some eighty."""

TOGETHER: Final = 4_096
"""Rows whose codes are looked at together: a fifth of the time of one by one."""

_PLACE: Final = re.compile(r"[1-9][0-9]{5}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class RiskClass(enum.IntEnum):
    """Risk class (信用风险分类); numbered as in the contract."""

    A = 1
    B = 2
    C = 3
    D = 4


RISK_CLASSES: Final = {each.name: each for each in RiskClass}


class Row(NamedTuple):
    """A row as its source has it."""

    line: int
    code: str
    title: str
    place: str
    risk_class: str
    successor: str = ""
    registration: str = ""


class Fault(NamedTuple):
    """Why a row is not taken."""

    line: int
    field: str
    reason: str
    message: str


class Entity(NamedTuple):
    """An entity of the register. ``successor`` is who took it over, or empty."""

    code: str
    title: str
    place: str
    risk_class: RiskClass
    successor: str = ""


@dataclass(frozen=True)
class Sorted:
    """Rows that were taken and rows that were not; together, all there were.

    ``lines`` are those of the entities, by code.
    """

    entities: list[Entity]
    faults: list[Fault]
    lines: dict[str, int] = field(default_factory=dict)
    # Business registration numbers of before, each with its entity's code.
    registrations: dict[str, str] = field(default_factory=dict)


def take(rows: Iterable[Row]) -> Sorted:
    """Sort rows into entities and faults. Of two rows with one code, the later is a fault."""
    entities: dict[str, Entity] = {}
    lines: dict[str, int] = {}
    registrations: dict[str, str] = {}
    faults: list[Fault] = []
    for row, found in _checked(rows):
        if isinstance(found, Fault):
            faults.append(found)
        elif found.code in entities:
            faults.append(Fault(row.line, "code", "CODE_TWICE", "stands in an earlier row"))
        else:
            entities[found.code] = found
            lines[found.code] = row.line
            if row.registration:
                registrations[row.registration.strip()] = found.code
    return Sorted(list(entities.values()), faults, lines, registrations)


def _checked(rows: Iterable[Row]) -> Iterator[tuple[Row, Entity | Fault]]:
    rest = iter(rows)
    while some := list(islice(rest, TOGETHER)):
        texts = [row.code.strip().upper() for row in some]
        for row, code, is_valid in zip(some, texts, codes.are_valid(texts), strict=True):
            fault = (row.registration and _registration_fault(row)) or (
                None if is_valid else _code_fault(row, code)
            )
            yield row, fault or _entity(row, code)


def _code_fault(row: Row, code: str) -> Fault | None:
    problem = codes.problem_of(code)
    if problem is None:
        return None
    return Fault(row.line, "code", problem.value, codes.explain(code, problem))


def _registration_fault(row: Row) -> Fault | None:
    try:
        codes.parse_registration(row.registration)
    except codes.InvalidCode as error:
        return Fault(row.line, "registration_number", "REGISTRATION_INVALID", str(error))
    return None


def _entity(row: Row, code: str) -> Entity | Fault:
    """Return the entity of a row whose code is valid, or the next thing that is wrong with it."""
    title = row.title.strip()
    if not title or len(title) > TITLE_MAX or _CONTROL.search(title):
        return Fault(
            row.line, "title", "TITLE_INVALID", f"need 1 to {TITLE_MAX} characters, none of control"
        )
    if not _PLACE.fullmatch(row.place) or row.place[:2] not in codes.PROVINCES:
        return Fault(row.line, "place_code", "PLACE_INVALID", "need six digits of GB/T 2260")
    risk_class = RISK_CLASSES.get(row.risk_class)
    if risk_class is None:
        return Fault(row.line, "risk_class", "RISK_CLASS_INVALID", "need A, B, C or D")
    successor = row.successor.strip().upper()
    if successor:
        problem = codes.problem_of(successor)
        if problem is not None or successor == code:
            return Fault(
                row.line, "successor", "SUCCESSOR_INVALID", "need another entity's code, or nothing"
            )
    return Entity(code, title, row.place, risk_class, successor)


def masked_title(entity: Entity) -> str:
    """Return the name as who need not know it sees it: a person's business shows its end alone."""
    if entity.code[:2] != codes.SELF_EMPLOYED:
        return entity.title
    shown = max(1, len(entity.title) // 3)
    return "*" * (len(entity.title) - shown) + entity.title[-shown:]
