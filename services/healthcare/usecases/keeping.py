"""How resources are kept as documents: made once, changed, listed; each with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.ports import Transaction
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import Aborted, AlreadyExists, NotFound
from tianfu.stated import stated

M = TypeVar("M", bound=Any)


class ResourceNotFound(NotFound):
    """There is no such resource."""

    reason = "RESOURCE_UNKNOWN"


class ResourceExists(AlreadyExists):
    """There is one of this id that says something else."""

    reason = "RESOURCE_EXISTS"


class EtagMismatch(Aborted):
    """Somebody changed it since it was read."""

    reason = "ETAG_MISMATCH"


@dataclass(frozen=True, slots=True)
class Making:
    """Who makes something, under which id and request, and when."""

    actor: str
    document_id: str
    request_id: str
    now: datetime


def found(tx: Transaction, kind: Kind, document_id: str, sort: type[M]) -> tuple[Document, M]:
    """Return a document and its message; raise ResourceNotFound."""
    document = tx.document(kind, document_id)
    if document is None:
        what = kind.name.lower().replace("_", " ")
        raise ResourceNotFound(f"there is no such {what}", field="name")
    return document, sort.FromString(document.body)


def known(tx: Transaction, kind: Kind, making: Making, wanted: M) -> M | None:
    """Return what was made before under the same id or request, None when nothing was.

    Raises ResourceExists when that states something else.
    """
    before = tx.document(kind, making.document_id)
    if before is None and making.request_id:
        before = tx.requested(kind, making.request_id)
    if before is None:
        return None
    message: M = type(wanted).FromString(before.body)
    if stated(message) != stated(wanted):
        raise ResourceExists("there is another one of this id: choose a new one", field="id")
    return message


def made(tx: Transaction, kind: Kind, making: Making, message: Any, **columns: Any) -> Document:
    """Keep something new."""
    document = new(kind, making, message, **columns)
    tx.put_document(document)
    return document


def new(kind: Kind, making: Making, message: Any, **columns: Any) -> Document:
    """Return the document of something new; it is not kept yet."""
    return Document(
        kind,
        making.document_id,
        encoded(message),
        making.now,
        making.now,
        request=making.request_id,
        **columns,
    )


def changed(
    tx: Transaction, document: Document, message: Any, now: datetime, **columns: Any
) -> Document:
    """Keep a document as it is now."""
    after = replace(document, body=encoded(message), update_time=now, **columns)
    tx.put_document(after)
    return after


def encoded(message: Any) -> bytes:
    """Return a message's bytes, the same for the same message."""
    return bytes(message.SerializeToString(deterministic=True))


def page(
    tx: Transaction,
    kind: Kind,
    wanted: Wanted,
    offset: int,
    limit: int,
    sort: type[M],
    *,
    by_id: bool = False,
) -> tuple[Sequence[M], bool]:
    """Return a page of messages, and whether there are more."""
    documents = tx.documents(kind, wanted, offset, limit + 1, by_id=by_id)
    return [sort.FromString(each.body) for each in documents[:limit]], len(documents) > limit


def note(
    tx: Transaction,
    actor: str,
    action: str,
    resource: str,
    now: datetime,
    details: Mapping[str, str] | None = None,
) -> None:
    """Write an audit entry of an act."""
    tx.audit(Entry(when=now, actor=actor, action=action, resource=resource, details=details or {}))
