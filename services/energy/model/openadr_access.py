"""Who may do what with OpenADR 3 objects: two kinds of client, scopes, and targets.

Business logic (BL) manages all. A virtual end node (VEN) reads what is its own, and those programs
and events that have no targets, or one that was granted to it and that it asks for (OpenADR 3.1.1
Definition, "Object Privacy").
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.plumbing.refusal import PermissionDenied


class ClientKind(enum.Enum):
    """What a client is."""

    BL = "bl"
    VEN = "ven"


class Kind(enum.Enum):
    """The six kinds of object, by their path."""

    PROGRAM = "programs"
    EVENT = "events"
    REPORT = "reports"
    SUBSCRIPTION = "subscriptions"
    VEN = "vens"
    RESOURCE = "resources"


OWNED: Final = frozenset({Kind.REPORT, Kind.SUBSCRIPTION, Kind.VEN, Kind.RESOURCE})
"""Kinds that a VEN reads its own of; it reads programs and events by targets."""

READ_ALL: Final = "read_all"
ENTITLED: Final[Mapping[ClientKind, frozenset[str]]] = {
    ClientKind.BL: frozenset(
        {READ_ALL, "read_bl", "write_programs", "write_events", "write_subscriptions", "write_vens"}
    ),
    ClientKind.VEN: frozenset(
        {"read_targets", "read_ven_objects", "write_reports", "write_subscriptions", "write_vens"}
    ),
}
WRITES: Final[Mapping[Kind, str]] = {
    Kind.PROGRAM: "write_programs",
    Kind.EVENT: "write_events",
    Kind.REPORT: "write_reports",
    Kind.SUBSCRIPTION: "write_subscriptions",
    Kind.VEN: "write_vens",
    Kind.RESOURCE: "write_vens",
}


class ScopeMissing(PermissionDenied):
    """The token does not have the scope that this needs."""

    reason = "SCOPE_MISSING"


class NotYours(PermissionDenied):
    """A VEN writes what only business logic may."""

    reason = "NOT_YOURS"


@dataclass(frozen=True, slots=True)
class Client:
    """A caller; ``unit`` is the unit that a VEN speaks for, empty for none (``units/{unit}``)."""

    client_id: str
    kind: ClientKind
    scopes: frozenset[str]
    unit: str = ""

    @property
    def is_bl(self) -> bool:
        """Return whether it is business logic."""
        return self.kind is ClientKind.BL


def scopes_for(kind: ClientKind, asked: Collection[str]) -> frozenset[str] | None:
    """Return the scopes of a token, all of the kind's when none are asked; None for a wrong one."""
    entitled = ENTITLED[kind]
    if not asked:
        return entitled
    return frozenset(asked) if entitled.issuperset(asked) else None


def admit_read(client: Client, kind: Kind) -> None:
    """Raise ScopeMissing unless a client may read objects of a kind at all."""
    needed = "read_ven_objects" if kind in OWNED else "read_targets"
    if READ_ALL not in client.scopes and needed not in client.scopes:
        raise ScopeMissing(f"reading {kind.value} needs the scope {READ_ALL} or {needed}")


def admit_write(client: Client, kind: Kind) -> None:
    """Raise ScopeMissing unless a client may write objects of a kind at all."""
    if WRITES[kind] not in client.scopes:
        raise ScopeMissing(f"writing {kind.value} needs the scope {WRITES[kind]}")


def shown(
    kind: Kind,
    content: Mapping[str, Any],
    client: Client,
    asked: Collection[str] | None,
    granted: Collection[str],
) -> dict[str, Any] | None:
    """Return an object as a client may see it, None when it may not.

    ``asked`` are the targets of the query, None for a read by id, which asks for all that were
    granted. Of a program's or event's targets a VEN sees those that it asked for.
    """
    visible = {name: value for name, value in content.items() if name != "bearerToken"}
    targets: Sequence[str] = content.get("targets") or ()
    if client.is_bl:
        return visible if not asked or set(asked) & set(targets) else None
    if kind in OWNED:
        is_own = content.get("clientID") == client.client_id
        return visible if is_own and (not asked or set(asked) & set(targets)) else None
    if not targets:
        return visible if not asked else None
    matching = set(granted) if asked is None else set(asked) & set(granted)
    seen = [each for each in targets if each in matching]
    return {**visible, "targets": seen} if seen else None
