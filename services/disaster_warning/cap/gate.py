"""The gate: XML from anybody, let in only when reading it can do no harm.

Bytes are decoded here, strictly and once, and both parsers that follow are given the same UTF-8:
no document can look different to one than to the other. The first pass (expat, streaming, constant
memory) refuses a document type before any entity is declared, and counts what could grow without
end; only then does libxml2 build a tree, without network, DTD or entities. Comments are left out
(they are no part of a canonical form, and hide nothing), processing instructions before and after
the root are dropped and named, those inside are refused. Nothing that a document points at is ever
opened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from lxml import etree

from services.plumbing.refusal import InvalidArgument

DOCUMENT_BYTES_MAX: Final = 2 * 1024 * 1024
"""The largest public alerts (provincial polygons in two languages) are under 300 kB; an attached
picture fits as well. Whatever the encoding, the text may not be longer once it is UTF-8."""

DEPTH_MAX: Final = 16
"""CAP nests 5 deep, a signature's X.509 data 5, an Atom entry with an alert inside 8."""

ELEMENTS_MAX: Final = 25_000
"""All 3,285 counties of China as geocodes in two languages are 20,000 elements. It also bounds
libxml2, which takes quadratic time to say where each of many faults among siblings stands."""

ATTRIBUTES_MAX: Final = 16
"""An element's, namespace declarations among them; CAP itself has no attributes at all."""

ATTRIBUTE_CHARACTERS_MAX: Final = 4_096
"""A link is the longest there is."""

TEXT_CHARACTERS_MAX: Final = 1_048_576
"""One element's text: an attached resource in base64 (786 kB of it)."""

NAME_CHARACTERS_MAX: Final = 256
"""The name of an element, an attribute or a processing instruction."""

INSTRUCTIONS_MAX: Final = 8
"""Processing instructions outside the root; one, for a stylesheet, is usual."""

ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-16": "utf-16",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-5": "iso-8859-5",
    "iso-8859-15": "iso-8859-15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1252": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "shift_jis": "shift_jis",
    "euc-kr": "euc_kr",
}
"""Encodings that may be declared, and Python's for each. GB 18030 contains GBK and GB 2312."""

_XINCLUDE: Final = re.compile(r"http://www\.w3\.org/(1999/XML|2001)/XInclude")
_DECLARATION: Final = re.compile(
    r"""<\?xml
    \s+version\s*=\s*(?P<q>['"])(?P<version>[^'"]{1,8})(?P=q)
    (?:\s+encoding\s*=\s*(?P<e>['"])(?P<encoding>[A-Za-z0-9._-]{1,40})(?P=e))?
    (?:\s+standalone\s*=\s*(?:'(?:yes|no)'|"(?:yes|no)"))?
    \s*\?>""",
    re.VERBOSE | re.ASCII,
)
_DECLARATION_BYTES_MAX: Final = 512


class MalformedCap(InvalidArgument):
    """These bytes are not let in; the subclasses say why."""

    reason = "CAP_MALFORMED"


class CapTooLarge(MalformedCap):
    """More of something than any alert has; ``metadata`` names the limit."""

    reason = "CAP_TOO_LARGE"

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(
            f"the document has more than {limit} {what}; no alert needs that many",
            metadata={"what": what, "limit": str(limit)},
        )


class CapWrongEncoding(MalformedCap):
    """The bytes are not in the encoding they are said to be, or in one that is not read."""

    reason = "CAP_WRONG_ENCODING"


class CapNotWellFormed(MalformedCap):
    """It is not XML 1.0."""

    reason = "CAP_NOT_WELL_FORMED"


class CapDtdRefused(MalformedCap):
    """A document type, whatever it declares: the door to entities and outside files."""

    reason = "CAP_DTD_REFUSED"


class CapInstructionRefused(MalformedCap):
    """A processing instruction inside the message."""

    reason = "CAP_INSTRUCTION_REFUSED"


class CapExternalReference(MalformedCap):
    """The document asks for another to be included."""

    reason = "CAP_EXTERNAL_REFERENCE"


@dataclass(frozen=True, slots=True)
class Tree:
    """What came through. ``encoding`` is as declared, ``instructions`` what was dropped by name."""

    root: etree._Element
    encoding: str
    instructions: tuple[str, ...] = ()


def admit(data: bytes) -> Tree:
    """Return the XML tree of ``data``; raise a MalformedCap for anything that might do harm."""
    encoding, text = _decoded(data)
    utf8 = text.encode()
    if len(utf8) > DOCUMENT_BYTES_MAX:
        raise CapTooLarge("bytes", DOCUMENT_BYTES_MAX)
    guard = _Guard()
    guard.watch(utf8)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(utf8, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CapNotWellFormed("the document is not well-formed XML 1.0 with namespaces") from error
    return Tree(root, encoding, tuple(guard.instructions))


def _decoded(data: bytes) -> tuple[str, str]:
    """Return the encoding's name and the text without its XML declaration."""
    if len(data) > DOCUMENT_BYTES_MAX:
        raise CapTooLarge("bytes", DOCUMENT_BYTES_MAX)
    marked = _byte_order_mark(data)
    declared = _DECLARATION.match(data[:_DECLARATION_BYTES_MAX].decode("latin-1"))
    name = marked or (declared and declared["encoding"]) or "utf-8"
    codec = ENCODINGS.get(name.lower())
    if codec is None:
        raise CapWrongEncoding(f"encoding {name} is not read; write the document in UTF-8")
    if codec == "utf-16" and marked is None:
        raise CapWrongEncoding("UTF-16 without a byte order mark; write the document in UTF-8")
    try:
        text = data.decode("utf-8-sig" if marked == "utf-8" else codec)
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not {name}; declare the encoding that it is in"
        raise CapWrongEncoding(message) from error
    declaration = _DECLARATION.match(text)
    if declaration is None:
        if text.startswith("<?xml") and text[5:6].isspace():
            raise CapNotWellFormed("the XML declaration is wrong; write version and encoding only")
        return name, text
    if declaration["version"] != "1.0":
        raise CapNotWellFormed("XML version must be 1.0")
    said = declaration["encoding"]
    if marked and said and not said.lower().startswith(marked):  # utf-16le has a mark too
        raise CapWrongEncoding(f"a byte order mark of {marked}, but declared as {said}")
    return said or name, text[declaration.end() :]


def _byte_order_mark(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise CapWrongEncoding("UTF-32 is not read; write the document in UTF-8")
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return None


@dataclass(slots=True)
class _Guard:
    """Expat's handlers: they count, and raise at the first thing too many."""

    depth: int = 0
    elements: int = 0
    text: int = 0
    instructions: list[str] = field(default_factory=list)

    def watch(self, utf8: bytes) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ProcessingInstructionHandler = self._instruction
        try:
            parser.Parse(utf8, True)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            message = f"not well-formed XML, line {error.lineno} column {error.offset}: {what}"
            raise CapNotWellFormed(message) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        self.text = 0
        _limit("levels of nesting", self.depth, DEPTH_MAX)
        _limit("elements", self.elements, ELEMENTS_MAX)
        _limit("characters in a name", len(name), NAME_CHARACTERS_MAX)
        if not attributes:
            return
        _limit("attributes of one element", len(attributes), ATTRIBUTES_MAX)
        for key, value in attributes.items():
            _limit("characters in a name", len(key), NAME_CHARACTERS_MAX)
            _limit("characters in an attribute", len(value), ATTRIBUTE_CHARACTERS_MAX)
            if key.startswith("xmlns") and _XINCLUDE.fullmatch(value):
                raise CapExternalReference("XInclude is refused: put the text into the document")

    def _end(self, _name: str) -> None:
        self.depth -= 1
        self.text = 0

    def _characters(self, data: str) -> None:
        self.text += len(data)
        _limit("characters in one element", self.text, TEXT_CHARACTERS_MAX)

    def _instruction(self, target: str, _data: str) -> None:
        if self.depth:
            raise CapInstructionRefused("a processing instruction inside the message; leave it out")
        _limit("characters in a name", len(target), NAME_CHARACTERS_MAX)
        self.instructions.append(target)
        _limit("processing instructions", len(self.instructions), INSTRUCTIONS_MAX)


def _refuse_doctype(*_: Any) -> None:
    raise CapDtdRefused("a document type (DOCTYPE) is refused: CAP needs none; leave it out")


def _limit(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise CapTooLarge(what, limit)
