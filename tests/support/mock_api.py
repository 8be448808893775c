"""A Kubernetes API in this process, over real HTTP: for handlers through Kopf, in seconds.

It serves discovery, lists, watches, server-side apply, merge patches, status, deletion with
finalizers, and conflicts by resourceVersion and uid. It knows no schemas, no admission and no
fields' owners: what those do is tried on the real API server (``tests/cluster``).
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

from operators.files.api import merged
from operators.kube.connection import Connection
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    CONFIG_MAP,
    DEPLOYMENT,
    EDGE_APP,
    EDGE_NODE,
    EVENT,
    NETWORK_POLICY,
    SECRET,
    VOLUME_CLAIM,
    Kind,
)
from tools.ports import free_port

OURS = (EDGE_NODE, EDGE_APP, CAPACITY_POOL, CAPACITY_CLAIM)
SERVED = (*OURS, SECRET, CONFIG_MAP, VOLUME_CLAIM, DEPLOYMENT, NETWORK_POLICY, EVENT)
KOPFS = (
    Kind("", "v1", "namespaces", "Namespace", namespaced=False),
    Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CRD", namespaced=False),
)
"""What Kopf waits for before it watches anything, though it is told to watch neither."""

Object = dict[str, Any]
Place = tuple[str, str, str]
"""(plural, namespace, name)"""


class Refused(Exception):
    """An answer other than the one asked for."""

    def __init__(self, status: HTTPStatus, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message


@dataclass
class MockApi:
    """Objects by place, and a log of their changes."""

    port: int
    objects: dict[Place, Object] = field(default_factory=dict)
    log: list[tuple[str, str, Object]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(method, plural[/status]) of what was written."""

    is_kopf_alone: bool = False
    """Watches of our own kinds tell Kopf, and nobody else, of what changes from now on."""

    failing: list[HTTPStatus] = field(default_factory=list)
    """What the next writes are answered."""

    terminating: set[str] = field(default_factory=set)
    """Namespaces that are going: nothing is made there any more."""

    failing_watches: dict[str, list[HTTPStatus]] = field(default_factory=dict)
    """What the next watches of a kind are answered, by plural."""

    def __post_init__(self) -> None:
        """Begin with a first version, as a server with objects of others has."""
        self._news = asyncio.Event()
        self._deaf_from = 0
        self._first = 100

    @property
    def connection(self) -> Connection:
        """Where it is."""
        return Connection(f"http://127.0.0.1:{self.port}")

    def tell_kopf_alone(self) -> None:
        """Keep what changes from now on from the caches' own watches."""
        self._deaf_from, self.is_kopf_alone = len(self.log), True

    # -- as a person does it --------------------------------------------------------------------

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """Return an object."""
        return self.objects.get((kind.plural, namespace, name))

    def condition(self, kind: Kind, namespace: str, name: str, type_: str) -> tuple[str, str]:
        """Return (status, reason) of a condition."""
        found = self.get(kind, namespace, name) or {}
        for one in (found.get("status") or {}).get("conditions") or ():
            if one["type"] == type_:
                return one["status"], one["reason"]
        return "", ""

    def apply(self, kind: Kind, manifest: Object) -> Object:
        """Make an object, or change what is stated of it."""
        metadata = manifest["metadata"]
        place = (kind.plural, metadata["namespace"], metadata["name"])
        current = self.objects.get(place)
        if current is None:
            return self._put("ADDED", place, _born(manifest))
        return self._changed(place, current, merged(current, manifest))

    def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object: gone when it has no finalizers."""
        self._leave((kind.plural, namespace, name))

    def let_go(self, kind: Kind, namespace: str, name: str) -> None:
        """Take all finalizers off an object, as somebody who is tired of waiting."""
        place = (kind.plural, namespace, name)
        current = self.objects[place]
        metadata = {k: v for k, v in current["metadata"].items() if k != "finalizers"}
        self._changed(place, current, {**current, "metadata": metadata})

    # -- the store ------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """The resourceVersion of now."""
        return self._first + len(self.log)

    def _put(self, change: str, place: Place, one: Object) -> Object:
        made = {**one, "metadata": {**one["metadata"], "resourceVersion": str(self.version + 1)}}
        self.objects[place] = made
        self.log.append((change, place[0], made))
        self._news.set()
        self._news = asyncio.Event()
        return made

    def _changed(self, place: Place, current: Object, made: Object) -> Object:
        if made == current:
            return current
        generation = current["metadata"]["generation"] + (made.get("spec") != current.get("spec"))
        made = {**made, "metadata": {**made["metadata"], "generation": generation}}
        if "deletionTimestamp" in made["metadata"] and not made["metadata"].get("finalizers"):
            gone = self._put("DELETED", place, made)
            del self.objects[place]
            return gone
        return self._put("MODIFIED", place, made)

    def _leave(self, place: Place) -> Object:
        current = self.objects.get(place)
        if current is None:
            raise Refused(HTTPStatus.NOT_FOUND, "NotFound", f"{place} not found")
        if "deletionTimestamp" in current["metadata"]:
            return current
        metadata = {**current["metadata"], "deletionTimestamp": _now()}
        return self._changed(place, current, {**current, "metadata": metadata})

    # -- over HTTP ------------------------------------------------------------------------------

    async def discover(self, request: web.Request) -> web.StreamResponse:
        """Answer what Kopf asks before it watches."""
        groups = sorted({kind.group for kind in (*SERVED, *KOPFS) if kind.group})
        if request.path == "/version":
            return web.json_response({"major": "1", "minor": "36"})
        if request.path == "/api":
            return web.json_response({"versions": ["v1"]})
        if request.path == "/apis":
            versions = {group: _version_of(group) for group in groups}
            listed = [
                {"name": group, "versions": [one], "preferredVersion": one}
                for group, one in versions.items()
            ]
            return web.json_response({"groups": listed})
        group = request.match_info.get("group", "")
        found = [_resource(kind) for kind in (*SERVED, *KOPFS) if kind.group == group]
        status = [{**one, "name": f"{one['name']}/status"} for one in found]
        return web.json_response({"resources": found + status})

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a request for objects."""
        names = request.match_info
        plural, name = names["plural"], names.get("name", "")
        place = (plural, names.get("namespace", ""), name)
        try:
            if request.query.get("watch") == "true":
                return await self._watch(request, plural, place[1])
            if request.method == "GET" and not name:
                return self._list(request, plural, place[1])
            part = names.get("part", "")
            return web.json_response(await self._one(request, place, part))
        except Refused as error:
            said = {"kind": "Status", "code": error.status, "reason": error.reason}
            return web.json_response({**said, "message": error.message}, status=error.status)

    async def _one(self, request: web.Request, place: Place, part: str) -> Object:
        current = self.objects.get(place)
        if request.method == "GET":
            return _there(place, current)
        self.requests.append((request.method, place[0] + (f"/{part}" if part else "")))
        if self.failing:
            raise Refused(self.failing.pop(0), "Failing", "as the test wishes")
        body = json.loads(await request.read() or b"{}")
        if place[1] in self.terminating and request.method != "DELETE" and current is None:
            raise Refused(HTTPStatus.FORBIDDEN, "Forbidden", f"{place[1]} is being terminated")
        if request.method == "POST":
            made = (place[0], place[1], body["metadata"]["name"])
            if made in self.objects:
                raise Refused(HTTPStatus.CONFLICT, "AlreadyExists", f"{made} exists")
            return self._put("ADDED", made, _born(body))
        if current is None and "apply" in request.content_type:
            return self._put("ADDED", place, _born(body))
        found = _there(place, current)
        _check(place, found, body.get("preconditions") or body.get("metadata") or {})
        if request.method == "DELETE":
            return self._leave(place)
        return self._changed(place, found, _patched(found, body, part))

    def _list(self, request: web.Request, plural: str, namespace: str) -> web.Response:
        found = [
            one
            for (kind, space, _), one in self.objects.items()
            if kind == plural and namespace in {"", space} and _meets(one, request)
        ]
        metadata = {"resourceVersion": str(self.version)}
        return web.json_response({"metadata": metadata, "items": found})

    async def _watch(self, request: web.Request, plural: str, namespace: str) -> web.StreamResponse:
        if failing := self.failing_watches.get(plural):
            raise Refused(failing.pop(0), "TooManyRequests", "storage is (re)initializing")
        answer = web.StreamResponse()
        await answer.prepare(request)
        is_kopf = request.headers.get("User-Agent", "").startswith("kopf/")
        is_ours = plural in {kind.plural for kind in OURS}
        seen = int(request.query.get("resourceVersion") or self.version) - self._first
        while True:
            news = self._news
            for number, (change, kind, one) in list(enumerate(self.log))[seen:]:
                seen = number + 1
                kept = self.is_kopf_alone and is_ours and not is_kopf and number >= self._deaf_from
                space = one["metadata"].get("namespace", "")
                if (
                    kind == plural
                    and namespace in {"", space}
                    and _meets(one, request)
                    and not kept
                ):
                    event = json.dumps({"type": change, "object": one})
                    await answer.write(event.encode() + b"\n")
            await news.wait()


@contextlib.asynccontextmanager
async def mock_api() -> AsyncIterator[MockApi]:
    """Run one on this machine."""
    api = MockApi(free_port())
    app = web.Application()
    for path in ("/version", "/api", "/apis", "/api/v1", "/apis/{group}/{version}"):
        app.router.add_get(path, api.discover)
    for head in ("/api/v1", "/apis/{group}/{version}"):
        for space in ("/namespaces/{namespace}", ""):
            for tail in ("/{plural}", "/{plural}/{name}", "/{plural}/{name}/{part}"):
                app.router.add_route("*", head + space + tail, api.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", api.port).start()
    try:
        yield api
    finally:
        await runner.cleanup()


def _there(place: Place, current: Object | None) -> Object:
    if current is None:
        raise Refused(HTTPStatus.NOT_FOUND, "NotFound", f"{place} not found")
    return current


def _check(place: Place, current: Object, stated: Mapping[str, Any]) -> None:
    for name in ("uid", "resourceVersion"):
        if stated.get(name, current["metadata"][name]) != current["metadata"][name]:
            raise Refused(HTTPStatus.CONFLICT, "Conflict", f"{place} was changed meanwhile")


def _patched(current: Object, body: Object, part: str) -> Object:
    """Return an object with a patch: of its status alone, or of all else."""
    made = merged(current, body)
    if part == "status":
        return {**current, "status": made.get("status") or {}}
    kept = {"status": current["status"]} if "status" in current else {}
    version = current["metadata"]["resourceVersion"]
    return {**made, **kept, "metadata": {**made["metadata"], "resourceVersion": version}}


def _born(manifest: Object) -> Object:
    made = copy.deepcopy(manifest)
    metadata = {"uid": str(uuid.uuid4()), "creationTimestamp": _now(), "generation": 1}
    return {**made, "metadata": {**made["metadata"], **metadata}}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _meets(one: Object, request: web.Request) -> bool:
    name, _, value = request.query.get("labelSelector", "").partition("=")
    return not name or (one["metadata"].get("labels") or {}).get(name) == value


def _version_of(group: str) -> dict[str, str]:
    version = next(kind.version for kind in (*SERVED, *KOPFS) if kind.group == group)
    return {"version": version, "groupVersion": f"{group}/{version}"}


def _resource(kind: Kind) -> dict[str, Any]:
    verbs = ["get", "list", "watch", "create", "patch", "delete"]
    head = {"name": kind.plural, "singularName": kind.name.lower()}
    return {**head, "kind": kind.name, "namespaced": kind.namespaced, "verbs": verbs}
