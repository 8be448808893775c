"""Reading CAP: bytes to a document, for CAP 1.2 and 1.1.

``read`` answers "is this CAP, and which version"; ``parse`` gives the values. Neither says that the
document is right: that is ``validate``, which reads the same tree and reports everything at once.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from lxml import etree

from services.disaster_warning.cap.document import (
    LANGUAGE_DEFAULT,
    Alert,
    Area,
    Category,
    Certainty,
    EventCode,
    Geocode,
    Info,
    MessageType,
    Parameter,
    Resource,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    Version,
)
from services.disaster_warning.cap.gate import MalformedCap, admit
from services.disaster_warning.cap.node import Node
from services.disaster_warning.cap.text import (
    parse_circle,
    parse_number,
    parse_polygon,
    parse_references,
    parse_words,
)

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
"""Namespace of XML signatures."""

CAP_1_0: Final = "http://www.incident.com/cap/1.0"
"""Namespace of CAP 1.0 (2004), superseded in 2005 and not read."""

_E = TypeVar("_E", bound=enum.Enum)


class NotCap(MalformedCap):
    """Harmless XML, but no CAP alert."""

    reason = "CAP_NOT_AN_ALERT"


class CapVersionRefused(MalformedCap):
    """An alert of a version that is not read; ``metadata`` names it."""

    reason = "CAP_VERSION_REFUSED"


@dataclass(frozen=True, slots=True)
class Source:
    """An alert's XML, let in but not yet judged."""

    root: etree._Element
    version: Version
    encoding: str
    instructions: tuple[str, ...] = ()

    @property
    def signatures(self) -> int:
        """How many signatures there are, wherever they stand."""
        return sum(1 for _ in self.root.iter(f"{{{DSIG}}}Signature"))


def read(data: bytes) -> Source:
    """Return the alert's XML and version; raise a MalformedCap."""
    tree = admit(data)
    return Source(tree.root, version_of(tree.root), tree.encoding, tree.instructions)


def version_of(root: etree._Element) -> Version:
    """Return the CAP version of ``root``; raise NotCap or CapVersionRefused."""
    name = etree.QName(root)
    if name.localname == "alert":
        for version in Version:
            if name.namespace == version.value:
                return version
        if name.namespace == CAP_1_0:
            raise CapVersionRefused(
                "this is CAP 1.0; ask the sender for CAP 1.2", metadata={"version": "1.0"}
            )
        if (name.namespace or "").startswith("urn:oasis:names:tc:emergency:cap:"):
            raise CapVersionRefused(
                "a version of CAP that is not known here; ask the sender for CAP 1.2",
                metadata={"version": (name.namespace or "").rpartition(":")[2][:16]},
            )
    raise NotCap(f"the root element is {name.localname[:60]!r}; need alert in CAP's namespace")


def parse(data: bytes) -> Alert:
    """Return the alert that ``data`` holds; raise a MalformedCap."""
    return alert_of(read(data))


def alert_of(source: Source) -> Alert:
    """Return the values of ``source``; raise UnreadableAlert at the first that has none."""
    return _alert(Node(source.root, "alert", source.version is Version.CAP_1_1))


def _alert(node: Node) -> Alert:
    return Alert(
        identifier=node.need("identifier", str),
        sender=node.need("sender", str),
        sent=node.need("sent", node.moment),
        status=node.need("status", _member(Status)),
        message_type=node.need("msgType", _member(MessageType)),
        source=node.maybe("source", str),
        scope=node.need("scope", _member(Scope)),
        restriction=node.maybe("restriction", str),
        addresses=node.maybe("addresses", parse_words) or (),
        codes=node.texts("code", str),
        note=node.maybe("note", str),
        references=node.maybe("references", lambda text: parse_references(text, loose=node.loose))
        or (),
        incidents=node.maybe("incidents", parse_words) or (),
        infos=tuple(map(_info, node.all("info"))),
    )


def _info(node: Node) -> Info:
    return Info(
        language=node.maybe("language", str) or LANGUAGE_DEFAULT,
        categories=node.texts("category", _member(Category)),
        event=node.need("event", str),
        response_types=node.texts("responseType", _member(ResponseType)),
        urgency=node.need("urgency", _member(Urgency)),
        severity=node.need("severity", _member(Severity)),
        certainty=node.need("certainty", _member(Certainty)),
        audience=node.maybe("audience", str),
        event_codes=node.pairs("eventCode", EventCode),
        effective=node.maybe("effective", node.moment),
        onset=node.maybe("onset", node.moment),
        expires=node.maybe("expires", node.moment),
        sender_name=node.maybe("senderName", str),
        headline=node.maybe("headline", str),
        description=node.maybe("description", str),
        instruction=node.maybe("instruction", str),
        web=node.maybe("web", str),
        contact=node.maybe("contact", str),
        parameters=node.pairs("parameter", Parameter),
        resources=tuple(map(_resource, node.all("resource"))),
        areas=tuple(map(_area, node.all("area"))),
    )


def _resource(node: Node) -> Resource:
    return Resource(
        description=node.need("resourceDesc", str),
        mime_type=node.maybe("mimeType", str),
        size_bytes=node.maybe("size", _whole),
        uri=node.maybe("uri", str),
        deref_uri=node.maybe("derefUri", str),
        digest=node.maybe("digest", str),
    )


def _area(node: Node) -> Area:
    return Area(
        description=node.need("areaDesc", str),
        polygons=node.texts("polygon", parse_polygon),
        circles=node.texts("circle", parse_circle),
        geocodes=node.pairs("geocode", Geocode),
        altitude_ft=node.maybe("altitude", parse_number),
        ceiling_ft=node.maybe("ceiling", parse_number),
    )


def _whole(text: str) -> int:
    value = parse_number(text)
    if not value.is_integer():
        raise ValueError(f"{text[:40]!r} is no whole number")
    return int(value)


def _member(kind: type[_E]) -> Callable[[str], _E]:
    members = {str(member.value): member for member in kind}

    def convert(text: str) -> _E:
        if text not in members:
            raise ValueError(f"{text[:40]!r} is none of {', '.join(members)}")
        return members[text]

    return convert
