"""OpenADR 3 objects as they are read: what they say, and which targets a VEN was granted."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from services.energy.model.openadr_access import OWNED, Client, Kind, shown
from services.energy.model.openadr_objects import OBJECT_TYPES
from services.energy.model.records import OpenAdrObject
from services.energy.ports import Transaction


def content_of(found: OpenAdrObject) -> dict[str, Any]:
    """Return what an object says, by the specification's names."""
    content: dict[str, Any] = json.loads(found.content)
    return content


def shown_time(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def targets_of(tx: Transaction, client_id: str) -> frozenset[str]:
    """Return the targets that were granted to a VEN: its own, and those of its resources."""
    found: set[str] = set()
    for kind in (Kind.VEN, Kind.RESOURCE):
        for each in tx.openadr_objects(kind, client_id=client_id):
            found.update(content_of(each).get("targets") or ())
    return frozenset(found)


def represented(
    tx: Transaction,
    found: OpenAdrObject,
    client: Client,
    asked: Collection[str] | None,
    granted: Collection[str],
) -> dict[str, Any] | None:
    """Return an object as a client may see it, None when it may not.

    A VEN that may not see a program sees none of its events either.
    """
    content = content_of(found)
    if found.kind in OWNED:
        content["clientID"] = found.client_id
    if found.kind is Kind.SUBSCRIPTION:
        # What proves us to the subscriber is told to nobody, not even to the subscriber.
        for each in content["objectOperations"]:
            each.pop("bearerToken", None)
    visible = shown(found.kind, content, client, asked, granted)
    if visible is None:
        return None
    if found.kind is Kind.EVENT and not client.is_bl:
        program = tx.openadr_object(found.program_id)
        if program is None:
            return None
        if shown(Kind.PROGRAM, content_of(program), client, None, granted) is None:
            return None
    return {
        "id": found.object_id,
        "createdDateTime": shown_time(found.create_time),
        "modificationDateTime": shown_time(found.change_time),
        "objectType": OBJECT_TYPES[found.kind],
        **visible,
    }
