"""Everything that is wrong with an alert, at once: the schema's rules and those it cannot say.

``validate`` never raises for what a document says; each fault is a finding, whether or not there
are others. The schemas stand beside this module; nothing is fetched, and schemas that a document
itself points at (``xsi:schemaLocation``, which libxml2 would open) are taken out first.
"""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Collection, Iterable, Iterator
from importlib import resources
from typing import Any, Final

from lxml import etree

from services.disaster_warning.cap.build import element_of
from services.disaster_warning.cap.document import Alert, Reference, Version
from services.disaster_warning.cap.findings import Finding, Gravity, errors_of
from services.disaster_warning.cap.parse import DSIG, Source
from services.disaster_warning.cap.semantics import broken_rules
from services.plumbing.refusal import InvalidArgument

SCHEMAS: Final = {Version.CAP_1_1: "cap-1.1.xsd", Version.CAP_1_2: "cap-1.2.xsd"}
"""The schema of each version, in the folder ``schema``."""

XSD_FINDINGS_MAX: Final = 100
"""After so many, the next would say nothing new."""

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_POINTERS: Final = (f"{_XSI}schemaLocation", f"{_XSI}noNamespaceSchemaLocation")
_POINTING: Final = etree.XPath(
    "boolean(//@x:schemaLocation | //@x:noNamespaceSchemaLocation)", namespaces={"x": _XSI[1:-1]}
)
_ONE_AT_A_TIME: Final = threading.Lock()  # a schema object keeps the log of its last validation


class InvalidAlert(InvalidArgument):
    """The alert breaks rules of CAP; ``findings`` are all of them."""

    reason = "CAP_INVALID"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        shown = "; ".join(f"{each.rule} at {each.path}: {each.message}" for each in findings[:5])
        more = f" (and {len(findings) - 5} more)" if len(findings) > 5 else ""  # noqa: PLR2004 - as shown
        super().__init__(
            f"the alert breaks {len(findings)} rules of CAP: {shown}{more}",
            field=findings[0].path if findings else None,
            metadata={"rules": ",".join(sorted({each.rule for each in findings}))},
        )
        self.findings = findings


def validate(source: Source, *, seen: Collection[Reference] = ()) -> tuple[Finding, ...]:
    """Return all that is wrong with ``source``, errors before warnings.

    ``seen`` are messages known already, among which this one must be new.
    """
    found = [
        *_schema_findings(source),
        *_dropped(source),
        *broken_rules(source.root, source.version, seen=seen),
    ]
    return tuple(sorted(found, key=lambda each: each.severity is Gravity.WARNING))


def check(alert: Alert, *, seen: Collection[Reference] = ()) -> tuple[Finding, ...]:
    """Return all that would be wrong with the document of ``alert``; raise UnwritableAlert."""
    return check_element(element_of(alert), seen=seen)


def check_element(root: etree._Element, *, seen: Collection[Reference] = ()) -> tuple[Finding, ...]:
    """Return all that is wrong with a CAP 1.2 document that was built here."""
    return validate(Source(root, Version.CAP_1_2, "UTF-8"), seen=seen)


def require_valid(findings: tuple[Finding, ...]) -> None:
    """Raise InvalidAlert if there are errors among ``findings``."""
    if errors := errors_of(findings):
        raise InvalidAlert(errors)


@functools.cache
def _schema(version: Version) -> etree.XMLSchema:
    file = resources.files("services.disaster_warning.cap") / "schema" / SCHEMAS[version]
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.fromstring(file.read_bytes(), parser))


def _schema_findings(source: Source) -> Iterator[Finding]:
    root = _without_pointers(source)
    schema = _schema(source.version)
    with _ONE_AT_A_TIME:
        if schema.validate(root):
            return
        log: Iterable[Any] = schema.error_log  # type: ignore[assignment]  # the stubs lack iteration
        entries = [(entry.path, entry.message) for entry in log]
    prefixes = {prefix: uri for each in root.iter() for prefix, uri in each.nsmap.items() if prefix}
    for where, message in entries[:XSD_FINDINGS_MAX]:
        said = message.replace(f"{{{source.version.value}}}", "")
        yield Finding("xsd", _readable(root, where, prefixes), said[:300])


def _without_pointers(source: Source) -> etree._Element:
    """Return the root as the schema may see it: a copy if anything has to be taken out."""
    root = source.root
    signed = source.version is Version.CAP_1_1 and root.find(f"{{{DSIG}}}Signature") is not None
    pointing = bool(_POINTING(root))
    if not signed and not pointing:
        return root
    root = copy.deepcopy(root)
    for each in root.iter():
        for key in _POINTERS:
            each.attrib.pop(key, "")
    if signed:  # CAP 1.1 allows a signature (section 3.3.2.1), but its schema has no place for it
        for each in root.findall(f"{{{DSIG}}}Signature"):
            root.remove(each)
    return root


def _readable(root: etree._Element, where: str | None, prefixes: dict[str, str]) -> str:
    """Return libxml2's path (``/*/*[9]/*[3]``) in the words of this package."""
    try:
        found = root.getroottree().xpath(where or "/*", namespaces=prefixes)
    except etree.XPathError:  # a prefix that means different things in different places
        return "alert"
    if not isinstance(found, list) or not found or not etree.iselement(found[0]):
        return "alert"
    steps = []
    element: etree._Element | None = found[0]
    while element is not None:
        parent = element.getparent()
        name = etree.QName(element).localname
        if parent is not None:
            before = sum(1 for _ in element.itersiblings(element.tag, preceding=True))
            name = f"{name}[{before + 1}]"
        steps.append(name)
        element = parent
    return "/".join(reversed(steps))


def _dropped(source: Source) -> Iterator[Finding]:
    for name in source.instructions:
        message = f"processing instruction {name} is not followed; leave it out"
        yield Finding("processing-instruction", "alert", message, Gravity.WARNING)
