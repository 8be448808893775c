"""Feeds of alerts: Atom (RFC 4287) as publishers of CAP use it, through the same gate.

A feed lists alerts: by link (``application/cap+xml``, which somebody else fetches, or not), or with
the alert inside the entry's content. Only what is needed to find the alerts is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml import etree

from services.disaster_warning.cap.build import serialise
from services.disaster_warning.cap.document import Version
from services.disaster_warning.cap.gate import CapTooLarge, MalformedCap, admit
from services.disaster_warning.cap.times import InvalidCapTime, parse_time

ATOM: Final = "http://www.w3.org/2005/Atom"
"""Namespace of Atom 1.0."""

CAP_MEDIA_TYPE: Final = "application/cap+xml"
"""Of links that lead to an alert (CAP 1.2, appendix)."""

ENTRIES_MAX: Final = 2_000
"""Entries in one feed; the largest national feeds have several hundred."""

_A: Final = f"{{{ATOM}}}"


class NotAFeed(MalformedCap):
    """Harmless XML, but no Atom feed."""

    reason = "CAP_NOT_A_FEED"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: ``links`` lead to alerts, ``alert`` is the document itself when it is inside.

    ``updated`` is None when the feed gives no readable time. Links are text, not to be trusted.
    """

    id: str
    title: str
    updated: datetime | None
    links: tuple[str, ...]
    alert: bytes | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed and its entries, in its order."""

    id: str
    title: str
    updated: datetime | None
    entries: tuple[Entry, ...]


def parse_feed(data: bytes) -> Feed:
    """Return the feed in ``data``; raise a MalformedCap."""
    root = admit(data).root
    if root.tag != f"{_A}feed":
        name = etree.QName(root).localname
        raise NotAFeed(f"the root element is {name[:60]!r}; need an Atom feed")
    entries = root.findall(f"{_A}entry")
    if len(entries) > ENTRIES_MAX:
        raise CapTooLarge("entries", ENTRIES_MAX)
    return Feed(
        id=_text(root, "id"),
        title=_text(root, "title"),
        updated=_time(root),
        entries=tuple(map(_entry, entries)),
    )


def _entry(node: etree._Element) -> Entry:
    return Entry(
        id=_text(node, "id"),
        title=_text(node, "title"),
        updated=_time(node),
        links=tuple(_links(node)),
        alert=_inside(node),
    )


def _links(node: etree._Element) -> Iterator[str]:
    for link in node.findall(f"{_A}link"):
        target = link.get("href")
        if target and (link.get("type") or "").split(";")[0].strip().lower() == CAP_MEDIA_TYPE:
            yield target


def _inside(node: etree._Element) -> bytes | None:
    """Return the alert in the entry's content, as a document of its own."""
    for version in Version:
        found = node.find(f"{_A}content/{{{version.value}}}alert")
        if found is not None:
            return serialise(found)
    return None


def _text(node: etree._Element, name: str) -> str:
    return (node.findtext(f"{_A}{name}") or "").strip()


def _time(node: etree._Element) -> datetime | None:
    try:
        return parse_time(_text(node, "updated"), loose=True)
    except InvalidCapTime:
        return None
