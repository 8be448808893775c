"""The history of entities (合并、分立): who came to stand for whom, and when."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


class SuccessionKind(enum.IntEnum):
    """How; numbered as in the contract."""

    MERGER = 1
    SPLIT = 2
    DIVISION = 3


class InvalidSuccession(ValueError):
    """A step that makes no history."""

    reason = "SUCCESSION_INVALID"


@dataclass(frozen=True)
class Succession:
    """One step. ``sha256`` is of the registrar's document."""

    succession_id: str
    predecessor: str
    successor: str
    kind: SuccessionKind
    day: date
    sha256: str

    @property
    def ends_predecessor(self) -> bool:
        """Whether the predecessor is no more: after a split it goes on."""
        return self.kind is not SuccessionKind.SPLIT


def check(new: Succession, known: Iterable[Succession]) -> None:
    """Raise InvalidSuccession for a step in a circle, or from one who had ended before."""
    if new.predecessor == new.successor:
        raise InvalidSuccession("nobody succeeds itself")
    known = list(known)
    for each in known:
        if each.predecessor == new.predecessor and each.ends_predecessor and each.day < new.day:
            raise InvalidSuccession(f"{new.predecessor} had ended on {each.day}")
    after, todo = {new.successor}, [new.successor]
    while todo:
        code = todo.pop()
        for each in known:
            if each.predecessor == code and each.ends_predecessor and each.successor not in after:
                after.add(each.successor)
                todo.append(each.successor)
    if new.ends_predecessor and new.predecessor in after:
        raise InvalidSuccession("it would go in a circle")
