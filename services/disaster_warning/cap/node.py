"""One element of a CAP document, and how to ask it for its children."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from lxml import etree

from services.disaster_warning.cap.document import NamedValue
from services.disaster_warning.cap.gate import MalformedCap
from services.disaster_warning.cap.times import InvalidCapTime, parse_time

_T = TypeVar("_T")
_N = TypeVar("_N", bound=NamedValue)


class UnreadableAlert(MalformedCap):
    """An element without which, or with whose text, there is no such alert; ``field`` is where."""

    reason = "CAP_UNREADABLE"


@dataclass(frozen=True, slots=True)
class Node:
    """An element with its path, such as ``alert/info[1]/area[2]``.

    An empty element counts as an absent one: senders write ``<references/>`` for "none". ``loose``
    reads times as CAP 1.1 has them. Whatever has no value raises UnreadableAlert.
    """

    element: etree._Element
    path: str
    loose: bool

    def all(self, name: str) -> list[Node]:
        """Return the children of that name."""
        return [
            Node(each, f"{self.path}/{name}[{number}]", self.loose)
            for number, each in enumerate(self.elements(name), 1)
        ]

    def elements(self, name: str) -> list[etree._Element]:
        """Return the children of that name as they are: for the hundreds of an area's codes."""
        tag = str(self.element.tag)
        return self.element.findall(f"{tag[: tag.rfind('}') + 1] or '{None}'}{name}")

    def texts(self, name: str, convert: Callable[[str], _T]) -> tuple[_T, ...]:
        """Return the values of the children of that name, without the empty ones."""
        return tuple(each.converted(convert) for each in self.all(name) if each.text is not None)

    @property
    def text(self) -> str | None:
        """The text without blanks around it; None when nothing is left."""
        return (self.element.text or "").strip() or None

    def converted(self, convert: Callable[[str], _T]) -> _T:
        """Return the value of the text."""
        try:
            return convert(self.text or "")
        except InvalidCapTime as error:
            raise UnreadableAlert(f"{self.path}: {error.message}", field=self.path) from error
        except ValueError as error:
            raise UnreadableAlert(f"{self.path}: {error}", field=self.path) from error

    def maybe(self, name: str, convert: Callable[[str], _T]) -> _T | None:
        """Return the value of the only child of that name; None when it is absent or empty."""
        found = self.all(name)
        if len(found) > 1:
            raise UnreadableAlert(f"{self.path}/{name} stands {len(found)} times", field=self.path)
        return found[0].converted(convert) if found and found[0].text is not None else None

    def need(self, name: str, convert: Callable[[str], _T]) -> _T:
        """Return the value of the only child of that name, which must be there."""
        value = self.maybe(name, convert)
        if value is None:
            path = f"{self.path}/{name}"
            raise UnreadableAlert(f"{path} is missing or empty; an alert needs it", field=path)
        return value

    def moment(self, text: str) -> datetime:
        """Return the time that ``text`` says."""
        return parse_time(text, loose=self.loose)

    def pairs(self, name: str, kind: type[_N]) -> tuple[_N, ...]:
        """Return the children of that name, each a name with a value."""
        return tuple(
            kind(each.maybe("valueName", str) or "", each.maybe("value", str) or "")
            for each in self.all(name)
        )
