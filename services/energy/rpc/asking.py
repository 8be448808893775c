"""What every RPC of energy does with its request: who asks, for what, which page."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, TypeVar

from google.api import field_behavior_pb2

from services.energy.model.records import Document
from services.energy.store.transaction import Transactor
from services.energy.usecases import keeping
from services.plumbing import paging
from services.plumbing.rpc_interceptor import caller

M = TypeVar("M")


def actor() -> str:
    """Return who calls."""
    return str(caller().subject)


def last(name: str) -> str:
    """Return the id at the end of a resource's name; the contract has checked its form."""
    return name.rpartition("/")[2]


def asked(resource: M, name: str) -> tuple[M, str]:
    """Return a resource as it is to be made, and the digest of what was asked for.

    What only the service says is cleared, whatever the caller has put there.
    """
    message: Any = type(resource)()
    message.CopyFrom(resource)
    for field in message.DESCRIPTOR.fields:
        stated = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        if field_behavior_pb2.OUTPUT_ONLY in stated:
            message.ClearField(field.name)
    message.name = name
    return message, sha256(message.SerializeToString(deterministic=True)).hexdigest()


async def page(
    transactor: Transactor, request: Any, kind: str, parent: str, message: type[M]
) -> tuple[list[M], str]:
    """Return a page of documents of a parent, in order of name, and the token of the next."""
    question = (kind, parent)
    after = str(paging.position(request.page_token, *question) or "")
    limit = paging.page_size(request.page_size)
    found: Sequence[Document]
    found, more = await transactor.read(keeping.page, kind, parent, after, limit)
    made = [keeping.parsed(message, each.body) for each in found]
    return made, paging.token(found[-1].name, *question) if more else ""


async def resource(transactor: Transactor, kind: str, name: str, message: type[M]) -> M:
    """Return a document; raise ResourceNotFound."""
    return keeping.parsed(message, await transactor.read(keeping.body, kind, name))
