"""Subscribers of OpenADR 3 told what happened to objects: noted with the change, sent afterwards.

A notice is stored in the transaction of the change, so that it is neither lost nor told of what did
not happen. Each address is told in order, one notice at a time; a notice may come twice when a kill
falls between its delivery and our note of it, with the same number (header ``webhook-id``).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.energy.model.openadr_access import Client, ClientKind, Kind
from services.energy.model.openadr_objects import OBJECT_TYPES
from services.energy.model.records import Notice, OpenAdrObject
from services.energy.ports import Transaction
from services.energy.usecases.openadr_reading import content_of, represented, targets_of
from services.plumbing.audit_chain import Entry

WAITING_MAX: Final = 1_000
"""Notices of a subscription that wait; beyond it, what happens is not told, and is counted."""

ATTEMPTS_MAX: Final = 10
FIRST_WAIT: Final = timedelta(seconds=1)
WAIT_MAX: Final = timedelta(minutes=5)
"""Waits double from the first: ten attempts take a quarter of an hour."""

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a change: how many notices were stored, how many found no room."""

    stored: int = 0
    full: int = 0


def tell(
    tx: Transaction,
    operation: str,
    changed: OpenAdrObject,
    kinds: dict[str, ClientKind],
    *,
    now: datetime,
) -> Told:
    """Store the notices of a change; ``kinds`` says what clients are, by id."""
    notices: list[Notice] = []
    full = 0
    for subscription in tx.openadr_objects(Kind.SUBSCRIPTION):
        kind = kinds.get(subscription.client_id)
        content = content_of(subscription)
        urls = _urls(content, operation, changed)
        if kind is None or not urls:
            continue
        seen = _seen(tx, subscription, Client(subscription.client_id, kind, frozenset()), changed)
        if seen is None:
            continue
        room = WAITING_MAX - tx.notices_waiting(subscription.object_id)
        full += max(0, len(urls) - room)
        body = {"objectType": OBJECT_TYPES[changed.kind], "operation": operation, "object": seen}
        text = json.dumps(body, ensure_ascii=False, sort_keys=True)
        notices += [
            Notice(0, subscription.object_id, url, text, 0, now, now)
            for url in urls[: max(0, room)]
        ]
    if notices:
        first = tx.numbers("openadr_notices", len(notices))
        notices = [each._replace(number=first + n) for n, each in enumerate(notices)]
        tx.add_notices(notices)
    return Told(len(notices), full)


def _urls(content: dict[str, Any], operation: str, changed: OpenAdrObject) -> list[str]:
    if content.get("programID") and changed.program_id != content["programID"]:
        return []
    wanted = OBJECT_TYPES[changed.kind]
    found = [
        each["callbackUrl"]
        for each in content["objectOperations"]
        if wanted in each["objects"] and operation in each["operations"]
    ]
    return list(dict.fromkeys(found))


def _seen(
    tx: Transaction, subscription: OpenAdrObject, client: Client, changed: OpenAdrObject
) -> dict[str, Any] | None:
    asked: Collection[str] = content_of(subscription).get("targets") or ()
    granted = frozenset() if client.is_bl else targets_of(tx, client.client_id)
    return represented(tx, changed, client, asked or None, granted)


def due(tx: Transaction, now: datetime) -> list[tuple[Notice, str]]:
    """Return what is to be delivered now, one an address, with the bearer token to show there."""
    found = []
    for notice in tx.first_notices(now, AT_ONCE):
        subscription = tx.openadr_object(notice.subscription_id)
        operations = content_of(subscription)["objectOperations"] if subscription else []
        tokens = [
            each.get("bearerToken", "") for each in operations if each["callbackUrl"] == notice.url
        ]
        found.append((notice, tokens[0] if tokens else ""))
    return found


def delivered(tx: Transaction, notice: Notice) -> None:
    """Note that a notice was delivered."""
    tx.notice_done(notice.number)


def failed(tx: Transaction, notice: Notice, reason: str, *, now: datetime) -> bool:
    """Note that a delivery failed; return False when it was given up, after the last attempt."""
    attempts = notice.attempts + 1
    if attempts < ATTEMPTS_MAX:
        wait = min(FIRST_WAIT * 2 ** (attempts - 1), WAIT_MAX)
        tx.notice_failed(notice.number, now + wait)
        return True
    tx.notice_done(notice.number)
    details = {"attempts": str(attempts), "reason": reason}
    tx.audit(
        Entry(now, "energy", "openadr.notice.give-up", notice.subscription_id, details=details)
    )
    return False
