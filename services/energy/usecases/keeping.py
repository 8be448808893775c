"""Resources that are kept as they are said: made once, found again, listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from services.energy.model.records import Document
from services.energy.ports import Transaction
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import AlreadyExists, NotFound

M = TypeVar("M")


class ResourceExists(AlreadyExists):
    """There is one of this name with other content."""

    reason = "RESOURCE_EXISTS"


class ResourceNotFound(NotFound):
    """There is none of this name."""

    reason = "RESOURCE_UNKNOWN"


def parsed(kind: type[M], body: bytes) -> M:
    """Return a message from its bytes, as the store had them."""
    message: M = kind.FromString(body)  # type: ignore[attr-defined]
    return message


def known(tx: Transaction, kind: str, name: str, digest: str) -> bytes | None:
    """Return what a repeated creation has made, None for a new one; raise ResourceExists."""
    found = tx.document(kind, name)
    if found is None:
        return None
    if found.digest != digest:
        raise ResourceExists(
            f"there is {name} with other content", metadata={"name": name}, field="name"
        )
    return found.body


def keep(
    tx: Transaction, kind: str, parent: str, message: Any, digest: str, actor: str, now: datetime
) -> None:
    """Store a new resource, with its time, and write down who made it."""
    message.create_time.FromDatetime(now)
    document = Document(message.name, digest, message.SerializeToString(deterministic=True))
    if not tx.add_document(kind, parent, document, now):
        raise ResourceExists(f"somebody else has just made {message.name}", field="name")
    tx.audit(Entry(now, actor, f"{kind}.create", message.name))


def body(tx: Transaction, kind: str, name: str) -> bytes:
    """Return a resource's bytes; raise ResourceNotFound."""
    found = tx.document(kind, name)
    if found is None:
        raise ResourceNotFound(f"there is no {name}", metadata={"name": name}, field="name")
    return found.body


def page(
    tx: Transaction, kind: str, parent: str, after: str, limit: int
) -> tuple[Sequence[Document], bool]:
    """Return a page of resources, and whether there are more."""
    found = tx.documents(kind, parent, after, limit + 1)
    return found[:limit], len(found) > limit
