"""Handhelds that inspectors carry, and the forms that they signed."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from services.plumbing.rules import Rule

FORMS: Final = "inspection-forms"
GENERAL: Final = "general"
"""The form of a department that has none of its own."""

VISITS_MAX: Final = 500
"""Of a sheet: an inspector makes a few a day."""


class State(enum.IntEnum):
    """Where a handheld stands; numbered as in the contract."""

    ACTIVE = 1
    RETIRED = 2


@dataclass(frozen=True)
class Handheld:
    """An edge node that one inspector carries; ``public_key`` is the nkey of its signatures."""

    node: str
    department: str
    badge: str
    public_key: str
    created: datetime
    state: State = State.ACTIVE
    retired: datetime | None = None


class Item(NamedTuple):
    """One item of a form."""

    item: str
    matter: str
    question: str


@dataclass(frozen=True)
class TakenForm:
    """A form as its inspector signed it."""

    draw_id: str
    code: str
    department: str
    node: str
    form: bytes
    signature: bytes
    public_key: str
    taken: datetime


def items_of(rule: Rule, department: str) -> Sequence[Item]:
    """Return the items of a department's form; raise InvalidRule for a rule that has none."""
    tables = rule.table("departments")
    name = department if department in tables else GENERAL
    found = tables.get(name)
    where = f"departments.{name}"
    if not isinstance(found, tuple) or not found:
        raise rule.invalid(where, "need a list of items")
    return [_item(rule, where, each) for each in found]


def _item(rule: Rule, where: str, value: object) -> Item:
    if not isinstance(value, Mapping) or not all(
        isinstance(value.get(key), str) for key in Item._fields
    ):
        raise rule.invalid(where, "need items of item, matter and question")
    return Item(*(value[key] for key in Item._fields))
