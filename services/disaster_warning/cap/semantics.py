"""What CAP's text demands and its schema cannot say (CAP 1.2, sections 3.2 and 3.3).

The rules look at the XML itself, not at parsed values, so that one wrong value never hides the
next fault. Rule names are part of the interface: callers count and filter by them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeVar

from lxml import etree

from services.disaster_warning.cap.document import Reference, Version
from services.disaster_warning.cap.findings import Finding, Gravity
from services.disaster_warning.cap.node import Node, UnreadableAlert
from services.disaster_warning.cap.shapes import RING_POINTS_MIN, area_of, crossing, in_range
from services.disaster_warning.cap.text import (
    parse_circle,
    parse_number,
    parse_polygon,
    parse_references,
)

HEADLINE_CHARACTERS: Final = 160
"""What devices show of a headline (CAP 1.2, section 3.2.2)."""

CROSSING_POINTS_MAX: Final = 10_000
"""Polygon points of one document that are searched for crossings: about a second's work."""

FINDINGS_MAX: Final = 1_000
"""A document with more faults is not looked at further, and is in error for that alone."""

_FORBIDDEN_IN_IDS: Final = re.compile(r"[\s,<&]")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")  # RFC 3066
_MIME: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?")  # RFC 2046
_SHA_1: Final = re.compile(r"[0-9A-Fa-f]{40}")
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_TELLING: Final = frozenset({"Alert", "Update"})
_REFERRING: Final = frozenset({"Update", "Cancel", "Ack", "Error"})
Pair = Literal["eventCode", "parameter", "geocode"]
_T = TypeVar("_T")


def broken_rules(
    root: etree._Element, version: Version, *, seen: Collection[Reference] = ()
) -> tuple[Finding, ...]:
    """Return every rule that the alert breaks, in the document's order."""
    review = _Review(Node(root, "alert", version is Version.CAP_1_1), seen)
    try:
        review.alert()
    except _EnoughError:
        message = f"more than {FINDINGS_MAX} faults; the rest is not looked at"
        review.findings.append(Finding("too-many-findings", "alert", message))
    return tuple(review.findings)


class _EnoughError(Exception):
    """There are so many findings that more would help nobody."""


@dataclass(slots=True)
class _Review:
    """Goes through one alert and notes what it finds."""

    node: Node
    seen: Collection[Reference]
    findings: list[Finding] = field(default_factory=list)
    sent: datetime | None = None
    kind: str = ""
    points: int = 0

    def note(self, finding: Finding) -> None:
        if len(self.findings) >= FINDINGS_MAX:
            raise _EnoughError
        self.findings.append(finding)

    def error(self, rule: str, path: str, message: str) -> None:
        self.note(Finding(rule, path, message))

    def warn(self, rule: str, path: str, message: str) -> None:
        self.note(Finding(rule, path, message, Gravity.WARNING))

    def value(self, node: Node, rule: str, convert: Callable[[str], _T]) -> _T | None:
        """Return the node's value; None, and a finding, if its text has none."""
        if node.text is None:
            return None
        try:
            return node.converted(convert)
        except UnreadableAlert as refusal:
            self.error(rule, node.path, refusal.message.removeprefix(f"{node.path}: "))
            return None

    def one(self, parent: Node, name: str, rule: str, convert: Callable[[str], _T]) -> _T | None:
        """Return the first value of that name; that there are several is the schema's to say."""
        values = [self.value(each, rule, convert) for each in parent.all(name)]
        return next((each for each in values if each is not None), None)

    def word(self, parent: Node, name: str) -> str | None:
        """Return the text of the first child of that name."""
        return next((each.text for each in parent.all(name) if each.text is not None), None)

    def alert(self) -> None:
        node = self.node
        self.kind = self.word(node, "msgType") or ""
        self.sent = self.one(node, "sent", "time-form", node.moment)
        for name in ("identifier", "sender"):
            text = self.word(node, name)
            if text is None:
                self.error(f"{name}-characters", f"alert/{name}", "is empty; every alert has one")
            elif _FORBIDDEN_IN_IDS.search(text):
                message = "has a blank, a comma, < or &; references could not be read"
                self.error(f"{name}-characters", f"alert/{name}", message)
        self.audience()
        self.references()
        self.uniqueness()
        infos = node.all("info")
        if not infos and self.kind in _TELLING:
            self.error("info-required", "alert", f"{self.kind} without info tells nobody anything")
        for info in infos:
            self.info(info)

    def audience(self) -> None:
        scope = self.word(self.node, "scope")
        restriction = self.word(self.node, "restriction")
        if scope == "Restricted" and restriction is None:
            message = "scope Restricted needs the rule of who may have it"
            self.error("restricted-needs-restriction", "alert/restriction", message)
        if scope != "Restricted" and restriction is not None:
            message = "is for scope Restricted only"
            self.warn("restriction-without-restricted", "alert/restriction", message)
        if scope == "Private" and self.word(self.node, "addresses") is None:
            message = "scope Private needs the addresses"
            self.error("private-needs-addresses", "alert/addresses", message)
        if self.kind == "Error" and self.word(self.node, "note") is None:
            message = "msgType Error needs a note that says why"
            self.error("error-needs-note", "alert/note", message)

    def references(self) -> None:
        path = "alert/references"
        text = self.word(self.node, "references")
        if text is None:
            if self.kind in _REFERRING:
                message = f"msgType {self.kind} needs the messages it is about"
                self.error("references-required", path, message)
            return
        loose = self.node.loose
        known = self.one(
            self.node,
            "references",
            "references-form",
            lambda words: parse_references(words, loose=loose),
        )
        own = (self.word(self.node, "sender"), self.word(self.node, "identifier"))
        for each in known or ():
            if (each.sender, each.identifier) == own and each.sent == self.sent:
                self.error("references-self", path, "the message refers to itself")
            elif self.sent is not None and each.sent > self.sent:
                message = f"refers to {each.identifier}, which is sent after this message"
                self.error("references-later", path, message)

    def uniqueness(self) -> None:
        sender, identifier = self.word(self.node, "sender"), self.word(self.node, "identifier")
        if sender is None or identifier is None or self.sent is None:
            return
        if Reference(sender, identifier, self.sent) in self.seen:
            message = "a message with this sender, identifier and time is known already"
            self.error("duplicate-message", "alert/identifier", message)

    def info(self, node: Node) -> None:
        language = self.word(node, "language")
        if language is None:
            message = "is missing, which means en-US; say the language"
            self.warn("language-missing", f"{node.path}/language", message)
        elif not _LANGUAGE.fullmatch(language):
            message = "is no language code; write zh-CN or en-US"
            self.error("language-form", f"{node.path}/language", message)
        self.need_text(node, "event")
        headline = self.word(node, "headline")
        if headline is not None and len(headline) > HEADLINE_CHARACTERS:
            message = f"has {len(headline)} characters; devices show {HEADLINE_CHARACTERS}"
            self.warn("headline-length", f"{node.path}/headline", message)
        web = self.word(node, "web")
        if web is not None and not _ABSOLUTE.fullmatch(web):
            self.warn("web-absolute", f"{node.path}/web", "is no absolute address")
        self.times(node)
        self.pairs(node, "eventCode")
        self.pairs(node, "parameter")
        for resource in node.all("resource"):
            self.resource(resource)
        for area in node.all("area"):
            self.area(area)

    def need_text(self, node: Node, name: str) -> None:
        """Note an element that is there, as the schema demands, and says nothing."""
        if node.all(name) and self.word(node, name) is None:
            self.error("text-empty", f"{node.path}/{name}", "is empty")

    def times(self, node: Node) -> None:
        path = f"{node.path}/expires"
        effective, onset, expires = (
            self.one(node, name, "time-form", node.moment)
            for name in ("effective", "onset", "expires")
        )
        if expires is None:
            if self.kind in _TELLING and self.word(node, "expires") is None:
                self.warn("expires-missing", path, "without it each receiver guesses the end")
            return
        if effective is not None and expires <= effective:
            self.error("expires-after-effective", path, "must be later than effective")
        if onset is not None and expires <= onset:
            self.error("expires-after-onset", path, "must be later than onset")
        if self.sent is not None and expires <= self.sent and self.kind in _TELLING:
            self.error("expires-after-sent", path, "must be later than sent")

    def pairs(self, node: Node, name: Pair) -> None:
        if _all_named(node.element, name):
            return  # an alert has hundreds, and an earthquake's is waited for
        for number, pair in enumerate(node.elements(name), 1):
            tag = str(pair.tag)
            own = f"{tag[: tag.rfind('}') + 1]}valueName"
            if not any((each.text or "").strip() for each in pair.iterchildren(own)):
                message = "a value without the name of its vocabulary"
                path = f"{node.path}/{name}[{number}]/valueName"
                self.error("value-name-empty", path, message)

    def resource(self, node: Node) -> None:
        self.need_text(node, "resourceDesc")
        size = self.one(node, "size", "resource-size", parse_number)
        if size is not None and size < 0:
            self.error("resource-size", f"{node.path}/size", "is less than nothing")
        mime = self.word(node, "mimeType")
        if mime is not None and not _MIME.fullmatch(mime):
            self.warn("resource-mime-type", f"{node.path}/mimeType", "is no MIME type (RFC 2046)")
        digest = self.word(node, "digest")
        if digest is not None and not _SHA_1.fullmatch(digest):
            self.warn("resource-digest", f"{node.path}/digest", "is no SHA-1 in hexadecimal")
        uri = self.word(node, "uri")
        inside = self.word(node, "derefUri") is not None
        if uri is not None and not inside and not _ABSOLUTE.fullmatch(uri):
            message = "is relative, and no derefUri holds the content"
            self.error("resource-uri", f"{node.path}/uri", message)

    def area(self, node: Node) -> None:
        self.need_text(node, "areaDesc")
        polygons, circles = node.all("polygon"), node.all("circle")
        for polygon in polygons:
            self.polygon(polygon)
        for circle in circles:
            self.circle(circle)
        self.pairs(node, "geocode")
        if not any(each.text for each in (*polygons, *circles)) and not node.elements("geocode"):
            message = "neither polygon nor circle nor geocode: nobody is reached by its name alone"
            self.warn("area-without-shape", node.path, message)
        self.heights(node)

    def heights(self, node: Node) -> None:
        path = f"{node.path}/ceiling"
        altitude = self.one(node, "altitude", "height-form", parse_number)
        ceiling = self.one(node, "ceiling", "height-form", parse_number)
        if self.word(node, "ceiling") is not None and self.word(node, "altitude") is None:
            self.error("ceiling-needs-altitude", path, "without altitude it bounds nothing")
        if altitude is not None and ceiling is not None and ceiling < altitude:
            self.error("ceiling-below-altitude", path, "is below altitude")

    def polygon(self, node: Node) -> None:
        polygon = self.value(node, "polygon-form", parse_polygon)
        if polygon is None:
            return
        points = polygon.points
        if len(points) < RING_POINTS_MIN:
            message = f"has {len(points)} points; a ring needs {RING_POINTS_MIN} or more"
            self.error("polygon-points", node.path, message)
            return
        if not all(map(in_range, points)):
            message = "latitude is -90 to 90, longitude -180 to 180, latitude first"
            self.error("polygon-range", node.path, message)
        if points[0] != points[-1]:
            message = f"ends at {points[-1][:2]}, not where it starts, {points[0][:2]}"
            self.error("polygon-closed", node.path, message)
            return
        self.points += len(points)
        if self.points > CROSSING_POINTS_MAX:
            message = f"more than {CROSSING_POINTS_MAX} points in one alert; draw it coarser"
            self.error("polygon-detail", node.path, message)
        elif (edges := crossing(polygon)) is not None:
            message = f"edges {edges[0] + 1} and {edges[1] + 1} cross each other"
            self.error("polygon-crossing", node.path, message)
        elif area_of(polygon) == 0.0:
            self.error("polygon-flat", node.path, "encloses no area")

    def circle(self, node: Node) -> None:
        circle = self.value(node, "circle-form", parse_circle)
        if circle is None:
            return
        if not in_range(circle.centre):
            message = "latitude is -90 to 90, longitude -180 to 180, latitude first"
            self.error("circle-range", node.path, message)
        if circle.radius_km < 0:
            self.error("circle-radius", node.path, "the radius is less than nothing")


@functools.cache
def _pair_paths(namespace: str, name: Pair) -> tuple[etree.XPath, etree.XPath, etree.XPath]:
    """Return what finds pairs, those that are unusual, and the texts of the vocabularies' names."""
    prefix, spaces = ("c:", {"c": namespace}) if namespace else ("", None)
    pair, named = f"{prefix}{name}", f"{prefix}valueName"
    return (
        etree.XPath(f"count({pair})", namespaces=spaces),
        etree.XPath(f"count({pair}[count({named})!=1 or {named}/node()[2]])", namespaces=spaces),
        etree.XPath(f"{pair}/{named}/text()", namespaces=spaces, smart_strings=False),
    )


def _all_named(element: etree._Element, name: Pair) -> bool:
    """Say whether all children of that name are usual pairs with the name of a vocabulary.

    libxml2 looks through hundreds in the time in which Python looks at a few.
    """
    count, unusual, texts = _pair_paths(etree.QName(element).namespace or "", name)
    names = texts(element)
    return (
        isinstance(names, list)
        and not unusual(element)
        and len(names) == count(element)
        and all(str(each).strip() for each in names)
    )
