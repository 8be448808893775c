"""The history of entities (合并、分立): who came to stand for whom, and when."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
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
    links: dict[str, set[str]] = {}
    for each in known:
        if each.ends_predecessor:
            links.setdefault(each.predecessor, set()).add(each.successor)
    if new.ends_predecessor and is_circle(links, new.predecessor, new.successor):
        raise InvalidSuccession("it would go in a circle")


def is_circle(links: Mapping[str, AbstractSet[str]], code: str, successor: str) -> bool:
    """Return whether who took over from ``successor``, and so on, is ``code`` at last.

    ``links`` are who took over, by who was taken over.
    """
    seen, todo = {successor}, [successor]
    while todo:
        each = todo.pop()
        if each == code:
            return True
        new = links.get(each, frozenset()) - seen
        seen |= new
        todo += new
    return False


def undone(successor: str, endings: Sequence[Succession]) -> str | None:
    """Return why a register's ``successor`` contradicts how an entity has ended, None if it fits.

    ``endings`` are the documented steps that ended it. A register that has not heard of a merger
    would bring the merged one back into every draw.
    """
    if not endings or successor in {each.successor for each in endings}:
        return None
    last = endings[-1]
    names = " or ".join(sorted({each.successor for each in endings}))
    return f"ended on {last.day} by successions/{last.succession_id}: need {names}"
