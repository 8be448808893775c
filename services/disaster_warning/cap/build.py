"""Writing CAP 1.2: a document to canonical bytes.

Canonical: one alert has one writing. UTF-8, elements in the schema's order, absent ones left out,
no blanks between elements, exclusive canonical XML after the declaration. What cannot be written so
that it reads back the same is refused here, and is not rounded, cut or escaped away.
"""

from __future__ import annotations

import copy
import enum
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

from lxml import etree

from services.disaster_warning.cap.document import (
    Alert,
    Area,
    Info,
    NamedValue,
    Resource,
    Version,
)
from services.disaster_warning.cap.text import (
    format_circle,
    format_number,
    format_polygon,
    format_references,
    format_words,
)
from services.disaster_warning.cap.times import InvalidCapTime, format_time
from services.plumbing.refusal import InvalidArgument

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
"""First line of every document written here."""

_CAP: Final = f"{{{Version.CAP_1_2.value}}}"
_NAMESPACES: Final[dict[Any, str]] = {None: Version.CAP_1_2.value}
_T = TypeVar("_T")


class UnwritableAlert(InvalidArgument):
    """A value that no CAP document can hold; ``field`` is its element."""

    reason = "CAP_UNWRITABLE"


def build(alert: Alert) -> bytes:
    """Return the CAP 1.2 document of ``alert``; raise UnwritableAlert."""
    return serialise(element_of(alert))


def serialise(root: etree._Element) -> bytes:
    """Return ``root`` as a canonical document."""
    canonical: bytes = etree.tostring(root, method="c14n", exclusive=True, with_comments=False)
    return DECLARATION + canonical


def element_of(alert: Alert) -> etree._Element:
    """Return the XML of ``alert``; raise UnwritableAlert."""
    root = etree.Element(f"{_CAP}alert", nsmap=_NAMESPACES)
    _put(root, "identifier", alert.identifier)
    _put(root, "sender", alert.sender)
    _put(root, "sent", alert.sent)
    _put(root, "status", alert.status)
    _put(root, "msgType", alert.message_type)
    _put(root, "source", alert.source)
    _put(root, "scope", alert.scope)
    _put(root, "restriction", alert.restriction)
    _put(root, "addresses", _written("addresses", format_words, alert.addresses))
    for code in alert.codes:
        _put(root, "code", code)
    _put(root, "note", alert.note)
    _put(root, "references", _written("references", format_references, alert.references))
    _put(root, "incidents", _written("incidents", format_words, alert.incidents))
    for info in alert.infos:
        _put_info(root, info, None if info is alert.infos[0] else (alert.infos[0], root))
    return root


def _put_info(root: etree._Element, info: Info, first: tuple[Info, etree._Element] | None) -> None:
    node = etree.SubElement(root, f"{_CAP}info")
    _put(node, "language", info.language)
    for category in info.categories:
        _put(node, "category", category)
    _put(node, "event", info.event)
    for response in info.response_types:
        _put(node, "responseType", response)
    _put(node, "urgency", info.urgency)
    _put(node, "severity", info.severity)
    _put(node, "certainty", info.certainty)
    _put(node, "audience", info.audience)
    _put_pairs(node, "eventCode", info.event_codes)
    _put(node, "effective", info.effective)
    _put(node, "onset", info.onset)
    _put(node, "expires", info.expires)
    _put(node, "senderName", info.sender_name)
    _put(node, "headline", info.headline)
    _put(node, "description", info.description)
    _put(node, "instruction", info.instruction)
    _put(node, "web", info.web)
    _put(node, "contact", info.contact)
    _put_pairs(node, "parameter", info.parameters)
    for resource in info.resources:
        _put_resource(node, resource)
    if first is not None and first[0].areas == info.areas:
        # In another language, of the same counties: hundreds of codes are copied at once.
        there = first[1].find(f"{_CAP}info")
        copied = [] if there is None else there.findall(f"{_CAP}area")
        node.extend(copy.deepcopy(each) for each in copied)
        return
    for area in info.areas:
        _put_area(node, area)


def _put_resource(info: etree._Element, resource: Resource) -> None:
    node = etree.SubElement(info, f"{_CAP}resource")
    _put(node, "resourceDesc", resource.description)
    _put(node, "mimeType", resource.mime_type)
    _put(node, "size", None if resource.size_bytes is None else str(resource.size_bytes))
    _put(node, "uri", resource.uri)
    _put(node, "derefUri", resource.deref_uri)
    _put(node, "digest", resource.digest)


def _put_area(info: etree._Element, area: Area) -> None:
    node = etree.SubElement(info, f"{_CAP}area")
    _put(node, "areaDesc", area.description)
    for polygon in area.polygons:
        _put(node, "polygon", _written("polygon", format_polygon, polygon))
    for circle in area.circles:
        _put(node, "circle", _written("circle", format_circle, circle))
    _put_pairs(node, "geocode", area.geocodes)
    for name, feet in (("altitude", area.altitude_ft), ("ceiling", area.ceiling_ft)):
        _put(node, name, None if feet is None else _written(name, format_number, feet))


def _put_pairs(parent: etree._Element, name: str, pairs: Iterable[NamedValue]) -> None:
    for pair in pairs:
        node = etree.SubElement(parent, f"{_CAP}{name}")
        _set(etree.SubElement(node, f"{_CAP}valueName"), pair.name)
        _set(etree.SubElement(node, f"{_CAP}value"), pair.value)


def _put(parent: etree._Element, name: str, value: str | enum.Enum | datetime | None) -> None:
    if value is None or value == "":
        return
    node = etree.SubElement(parent, f"{_CAP}{name}")
    if isinstance(value, datetime):
        value = _written(name, format_time, value)
    _set(node, value if isinstance(value, str) else str(value.value))


def _set(node: etree._Element, text: str) -> None:
    """Set the text, unless reading it back would give another."""
    if text != text.strip():
        name = etree.QName(node).localname
        raise UnwritableAlert(f"{name}: blanks around the text would be lost", field=name)
    try:
        node.text = text
    except (ValueError, UnicodeEncodeError) as error:
        name = etree.QName(node).localname
        message = f"{name}: the text has a character that XML cannot hold; leave it out"
        raise UnwritableAlert(message, field=name) from error


def _written(name: str, write: Callable[[_T], str], value: _T) -> str:
    try:
        return write(value)
    except InvalidCapTime as error:
        raise UnwritableAlert(f"{name}: {error.message}", field=name) from error
    except ValueError as error:
        raise UnwritableAlert(f"{name}: {error}", field=name) from error
