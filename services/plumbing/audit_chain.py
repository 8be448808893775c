"""The links of an audit log (审计日志): who did what, when, why; each sealed to the one before.

A link's hash covers its number, the hash before it and the exact bytes of its entry, so that no
entry can be changed, dropped from the middle, moved or added in between without every later hash
being another. What a chain can't show by itself is that its *end* was cut off: for that, publish
the head (number and hash) where the log's keeper can't reach it, and give it to ``check``.

The rule, for whoever checks with other tools::

    hash_0 = 32 zero bytes
    hash_n = SHA-256( "tianfu-audit-1" || n as 8 bytes, big-endian || hash_(n-1) || entry )

An entry is JSON in UTF-8 with sorted keys and no spaces. It names things by their resource names
and never holds personal data: the log is kept longer, and read by others, than what it is about.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

DOMAIN: Final = b"tianfu-audit-1"
"""Begins what is hashed, so that no hash of something else can pass for a link's."""

ORIGIN: Final = bytes(32)
"""Stands before the first link."""

NUMBER_BYTES: Final = 8

ENTRY_BYTES_MAX: Final = 8_192
"""Of an entry as JSON: names and reasons fit many times over; a document does not belong here."""


@dataclass(frozen=True)
class Entry:
    """One act. ``when`` is aware; texts may be empty where nothing is to be said.

    ``actor`` is who acted (a token's subject), ``action`` a verb such as ``records.read``,
    ``resource`` what it was done to, ``purpose`` and ``basis`` why and under which law,
    ``outcome`` what came of it, ``details`` whatever else a judge of the act needs.
    """

    when: datetime
    actor: str
    action: str
    resource: str
    purpose: str = ""
    basis: str = ""
    outcome: str = "done"
    details: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the entry's bytes; raise ValueError without a time zone, or when too long."""
        if self.when.tzinfo is None:
            raise ValueError(f"audit entry of {self.action}: {self.when} has no time zone")
        content = {
            "when": self.when.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "action": self.action,
            "resource": self.resource,
            "purpose": self.purpose,
            "basis": self.basis,
            "outcome": self.outcome,
            "details": dict(self.details),
        }
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        data = text.encode()
        if len(data) > ENTRY_BYTES_MAX:
            raise ValueError(
                f"audit entry of {self.action}: {len(data)} bytes, at most {ENTRY_BYTES_MAX}"
            )
        return data

    @classmethod
    def decode(cls, data: bytes) -> Entry:
        """Return the entry that ``encode`` gave; raise ValueError for other bytes."""
        try:
            content = json.loads(data)
            return cls(**{**content, "when": datetime.fromisoformat(content["when"])})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no audit entry: {error}") from error


@dataclass(frozen=True)
class Link:
    """One sealed entry: its number from 1, the hash before it, its bytes and its own hash."""

    number: int
    previous: bytes
    entry: bytes
    hash: bytes


@dataclass(frozen=True)
class Head:
    """The end of a chain: the last link's number and hash. Publish it; it pins all before it."""

    number: int
    hash: bytes


EMPTY: Final = Head(0, ORIGIN)
"""The end of a chain without a link."""


@dataclass(frozen=True)
class Fault:
    """The first link that is not as it was sealed, and why."""

    number: int
    problem: str


def seal(head: Head, entry: bytes) -> Link:
    """Return the link that puts ``entry`` after ``head``."""
    number = head.number + 1
    return Link(number, head.hash, entry, _hash(number, head.hash, entry))


def head_of(link: Link) -> Head:
    """Return the chain's end once ``link`` is its last."""
    return Head(link.number, link.hash)


def check(links: Iterable[Link], *, after: Head = EMPTY, until: Head | None = None) -> Head | Fault:
    """Return the chain's head, or the first fault, of links in order of number.

    ``after`` is the head before the first of them; ``until`` is a head that was published: a chain
    that does not reach it, or has another hash there, is at fault.
    """
    head = after
    pinned = until is None or until.number <= after.number
    for link in links:
        if link.number != head.number + 1:
            return Fault(head.number + 1, f"is missing; after {head.number} comes {link.number}")
        if link.previous != head.hash:
            return Fault(link.number, "does not continue the link before it")
        if link.hash != _hash(link.number, link.previous, link.entry):
            return Fault(link.number, "its entry is not the one that was sealed")
        head = head_of(link)
        if until is not None and head.number == until.number:
            if head.hash != until.hash:
                return Fault(link.number, "is not the one whose hash was published")
            pinned = True
    if not pinned and until is not None:
        return Fault(head.number + 1, f"is missing; links up to {until.number} were published")
    return head


def _hash(number: int, previous: bytes, entry: bytes) -> bytes:
    return hashlib.sha256(DOMAIN + number.to_bytes(NUMBER_BYTES, "big") + previous + entry).digest()
