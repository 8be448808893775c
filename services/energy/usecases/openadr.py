"""OpenADR 3: objects made, found, changed and removed by clients, each within its rights.

An object, what it is to demand response (orders, reports), what subscribers are told of it and the
audit entry are one transaction. The id of an object is made of its client and a key that the client
chose (header ``Idempotency-Key``), or that was drawn for it: a repeat with the key changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from services.energy.model import openadr_access, openadr_objects, openadr_time
from services.energy.model.openadr_access import Client, ClientKind, Kind, NotYours
from services.energy.model.records import OpenAdrObject, derived
from services.energy.ports import Desk, Transaction
from services.energy.usecases import openadr_programs, openadr_telling
from services.energy.usecases.openadr_reading import content_of, represented, targets_of
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
)

LIMIT_MAX: Final = 50
"""OpenADR 3.1: objects of a page at most."""


OWN_MAX: Final = {Kind.SUBSCRIPTION: 20, Kind.RESOURCE: 1_000}
"""Objects of a client: each change looks at all subscriptions."""


class TooMany(ResourceExhausted):
    """A client has as many objects of a kind as it may."""

    reason = "OPENADR_TOO_MANY"


class ObjectUnknown(NotFound):
    """There is no such object, or none that the client may see."""

    reason = "OPENADR_OBJECT_UNKNOWN"


class NameTaken(AlreadyExists):
    """Another object of the kind has the name."""

    reason = "OPENADR_NAME_TAKEN"


class KeyReused(AlreadyExists):
    """An idempotency key is used for another object than before."""

    reason = "IDEMPOTENCY_KEY_REUSED"


class StillInUse(FailedPrecondition):
    """A program with events, or a VEN with resources, is not removed."""

    reason = "OPENADR_OBJECT_IN_USE"


@dataclass(frozen=True)
class Registry:
    """Who the clients are, by id: what they are, which unit a VEN speaks for; and allowed hosts."""

    kinds: Mapping[str, ClientKind]
    units: Mapping[str, str]
    check_url: Callable[[str], object]
    """Raise CallbackRefused for an address that nobody is told at."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a list is asked for; ``names`` are values by the object's field."""

    targets: Sequence[str] = ()
    program_id: str = ""
    parent_id: str = ""
    names: tuple[tuple[str, str], ...] = ()
    objects: Sequence[str] = ()
    active: bool | None = None
    skip: int = 0
    limit: int = LIMIT_MAX


# -- read -----------------------------------------------------------------------------------------


def search(
    tx: Transaction, client: Client, kind: Kind, query: Query, *, now: datetime
) -> list[dict[str, Any]]:
    """Return a page of the objects that a client may see, in the order they were made."""
    openadr_access.admit_read(client, kind)
    if not 0 <= query.limit <= LIMIT_MAX or query.skip < 0:
        raise InvalidArgument(f"limit is 0 to {LIMIT_MAX}, and skip 0 or more", field="limit")
    granted = frozenset() if client.is_bl else targets_of(tx, client.client_id)
    own = client.client_id if kind in openadr_access.OWNED and not client.is_bl else ""
    found: list[dict[str, Any]] = []
    skipped = 0
    for each in tx.openadr_objects(
        kind, client_id=own, program_id=query.program_id, parent_id=query.parent_id
    ):
        if len(found) == query.limit:
            break
        visible = represented(tx, each, client, tuple(query.targets), granted)
        if visible is None or not _matches(visible, each, query, now):
            continue
        if skipped < query.skip:
            skipped += 1
            continue
        found.append(visible)
    return found


def _matches(visible: Mapping[str, Any], found: OpenAdrObject, query: Query, now: datetime) -> bool:
    if any(visible.get(field) != wanted for field, wanted in query.names):
        return False
    if query.objects:
        said = {one for each in visible["objectOperations"] for one in each["objects"]}
        if not said & set(query.objects):
            return False
    if query.active is None:
        return True
    return openadr_time.is_active(visible, found.create_time, now) is query.active


def get(tx: Transaction, client: Client, kind: Kind, object_id: str) -> dict[str, Any]:
    """Return an object; raise ObjectUnknown when there is none that the client may see."""
    openadr_access.admit_read(client, kind)
    return _visible(tx, client, kind, object_id)[1]


def _visible(
    tx: Transaction, client: Client, kind: Kind, object_id: str
) -> tuple[OpenAdrObject, dict[str, Any]]:
    found = tx.openadr_object(object_id)
    if found is not None and found.kind is kind:
        granted = frozenset() if client.is_bl else targets_of(tx, client.client_id)
        visible = represented(tx, found, client, None, granted)
        if visible is not None:
            return found, visible
    raise ObjectUnknown(f"there is no {kind.name.lower()} {object_id[:128]!r}", field="id")


# -- write ----------------------------------------------------------------------------------------


def create(
    tx: Transaction,
    desk: Desk,
    registry: Registry,
    client: Client,
    kind: Kind,
    body: object,
    key: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Make an object; ``key`` names it among those of the client. Raise NameTaken or KeyReused."""
    openadr_access.admit_write(client, kind)
    content = openadr_objects.checked(kind, body)
    client_id = _owner(tx, client, kind, content, None)
    digest = sha256(_text(content).encode()).hexdigest()
    object_id = derived("openadr", kind.value, client.client_id, key)
    known = tx.openadr_object(object_id)
    if known is not None:
        if known.digest != digest:
            raise KeyReused("the Idempotency-Key was used for another object", field="id")
        return _own_view(tx, client, known)
    _check(tx, registry, client, kind, content)
    if kind in (Kind.SUBSCRIPTION, Kind.RESOURCE):
        there = sum(1 for _ in tx.openadr_objects(kind, client_id=client_id))
        if there >= OWN_MAX[kind]:
            raise TooMany(f"a client has at most {OWN_MAX[kind]} {kind.value}")
    program_id, parent_id = _places(tx, kind, content, object_id)
    number = tx.numbers("openadr_objects", 1)
    made = OpenAdrObject(
        object_id, number, kind, client_id, program_id, parent_id, digest, _text(content), now, now
    )
    if not tx.add_openadr_object(made, openadr_objects.name_within(kind, content)):
        raise NameTaken(f"there is a {kind.name.lower()} of this name", field="name")
    _effect(tx, desk, registry, made, client.client_id, now=now, is_new=True)
    openadr_telling.tell(tx, "CREATE", made, dict(registry.kinds), now=now)
    tx.audit(Entry(now, _actor(client), f"openadr.{kind.value}.create", object_id))
    return _own_view(tx, client, made)


def update(
    tx: Transaction,
    desk: Desk,
    registry: Registry,
    client: Client,
    kind: Kind,
    object_id: str,
    body: object,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Put what is said in the place of what an object said; the same changes nothing."""
    openadr_access.admit_write(client, kind)
    last, _ = _visible(tx, client, kind, object_id)
    content = openadr_objects.checked(kind, body)
    client_id = _owner(tx, client, kind, content, last)
    _check(tx, registry, client, kind, content)
    _keep_place(last, kind, content)
    text = _text(content)
    if text == last.content and client_id == last.client_id:
        return _own_view(tx, client, last)
    program_id, parent_id = _places(tx, kind, content, object_id)
    made = last._replace(
        client_id=client_id,
        program_id=program_id,
        parent_id=parent_id,
        content=text,
        change_time=now,
    )
    name = openadr_objects.name_within(kind, content)
    if name is not None and tx.openadr_name_taken(kind, name, object_id):
        raise NameTaken(f"there is another {kind.name.lower()} of this name", field="name")
    tx.replace_openadr_object(made, name)
    _effect(tx, desk, registry, made, client.client_id, now=now, is_new=False)
    openadr_telling.tell(tx, "UPDATE", made, dict(registry.kinds), now=now)
    tx.audit(Entry(now, _actor(client), f"openadr.{kind.value}.update", object_id))
    return _own_view(tx, client, made)


def delete(
    tx: Transaction,
    desk: Desk,
    registry: Registry,
    client: Client,
    kind: Kind,
    object_id: str,
    *,
    now: datetime,
) -> dict[str, Any]:
    """Remove an object, and return it as it was; an event is called off. Raise StillInUse."""
    openadr_access.admit_write(client, kind)
    found, visible = _visible(tx, client, kind, object_id)
    children = {
        Kind.PROGRAM: lambda: tx.openadr_objects(Kind.EVENT, program_id=object_id),
        Kind.VEN: lambda: tx.openadr_objects(Kind.RESOURCE, parent_id=object_id),
    }.get(kind)
    if children is not None and next(iter(children()), None) is not None:
        raise StillInUse(f"the {kind.name.lower()} still has others below it: remove them first")
    openadr_telling.tell(tx, "DELETE", found, dict(registry.kinds), now=now)
    if kind is Kind.EVENT:
        openadr_programs.event_gone(tx, desk, object_id, _actor(client), now=now)
    if kind is Kind.REPORT:
        unit = registry.units.get(found.client_id, "")
        openadr_programs.report_gone(tx, desk, found, unit)
    tx.delete_openadr_object(object_id)
    tx.audit(Entry(now, _actor(client), f"openadr.{kind.value}.delete", object_id))
    return visible


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)


def _actor(client: Client) -> str:
    return f"openadr:{client.client_id}"


def _own_view(tx: Transaction, client: Client, made: OpenAdrObject) -> dict[str, Any]:
    granted = frozenset() if client.is_bl else targets_of(tx, client.client_id)
    seen = represented(tx, made, client, None, granted)
    if seen is None:
        raise ObjectUnknown(f"there is no {made.kind.name.lower()} {made.object_id!r}", field="id")
    return seen


def _owner(
    tx: Transaction,
    client: Client,
    kind: Kind,
    content: dict[str, Any],
    last: OpenAdrObject | None,
) -> str:
    """Return whose an object is; what only business logic may say is taken out, or refused."""
    said = content.pop("clientID", None)
    if kind not in (Kind.VEN, Kind.RESOURCE):
        return client.client_id if last is None else last.client_id
    if client.is_bl:
        if kind is Kind.RESOURCE and content.get("venID"):
            ven = tx.openadr_object(content["venID"])
            if ven is None or ven.kind is not Kind.VEN:
                raise ObjectUnknown(f"there is no ven {content['venID']!r}", field="venID")
            return ven.client_id
        if said is None and last is None:
            raise InvalidArgument("clientID: business logic says whose it is", field="clientID")
        return (
            str(said) if said is not None else client.client_id if last is None else last.client_id
        )
    if content.get("targets") or said not in (None, client.client_id):
        raise NotYours("targets and clientID are granted by business logic", field="targets")
    if last is not None and content_of(last).get("targets"):
        # What was granted stays, whatever the VEN changes.
        content["targets"] = content_of(last)["targets"]
    return client.client_id


def _check(
    tx: Transaction, registry: Registry, client: Client, kind: Kind, content: dict[str, Any]
) -> None:
    match kind:
        case Kind.SUBSCRIPTION:
            for each in content["objectOperations"]:
                registry.check_url(each["callbackUrl"])
            if content.get("programID"):
                _visible(tx, client, Kind.PROGRAM, content["programID"])
        case Kind.REPORT:
            _visible(tx, client, Kind.EVENT, content["eventID"])
        case Kind.EVENT:
            _visible(tx, client, Kind.PROGRAM, content["programID"])
        case Kind.RESOURCE:
            if not content.get("venID") and not client.is_bl:
                own = next(iter(tx.openadr_objects(Kind.VEN, client_id=client.client_id)), None)
                content["venID"] = "" if own is None else own.object_id
            _visible(tx, client, Kind.VEN, content.get("venID", ""))
        case Kind.PROGRAM | Kind.VEN:
            return


def _keep_place(last: OpenAdrObject, kind: Kind, content: Mapping[str, Any]) -> None:
    """Raise InvalidArgument for an object that would move below another."""
    for field in {Kind.EVENT: ("programID",), Kind.REPORT: ("eventID",)}.get(kind, ()):
        if content[field] != content_of(last)[field]:
            raise InvalidArgument(f"{field} does not change: make another object", field=field)


def _places(
    tx: Transaction, kind: Kind, content: Mapping[str, Any], object_id: str
) -> tuple[str, str]:
    """Return the program that an object belongs to, and what it is below."""
    match kind:
        case Kind.PROGRAM:
            return object_id, ""
        case Kind.EVENT:
            return str(content["programID"]), ""
        case Kind.REPORT:
            event = tx.openadr_object(content["eventID"])
            return "" if event is None else event.program_id, str(content["eventID"])
        case Kind.RESOURCE:
            return "", str(content["venID"])
        case Kind.SUBSCRIPTION:
            return str(content.get("programID", "")), ""
        case Kind.VEN:
            return "", ""


def _effect(
    tx: Transaction,
    desk: Desk,
    registry: Registry,
    made: OpenAdrObject,
    client_id: str,
    *,
    now: datetime,
    is_new: bool,
) -> None:
    """Have an object be to demand response what it says."""
    actor = f"openadr:{client_id}"
    match made.kind:
        case Kind.PROGRAM:
            if is_new:
                openadr_programs.program_made(tx, made, actor, now=now)
        case Kind.EVENT:
            # Times that are not there are refused here, before anything is told.
            openadr_programs.event_put(tx, desk, made, registry.units, actor, now=now)
        case Kind.REPORT:
            unit = registry.units.get(made.client_id, "")
            openadr_programs.report_put(tx, desk, made, unit, actor, now=now)
        case Kind.SUBSCRIPTION | Kind.VEN | Kind.RESOURCE:
            return
