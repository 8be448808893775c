"""A folder of manifests in the place of an API server: the same requests, the same answers.

What people write is in files, read again when they change. What operators write (status,
finalizers, children, events) is kept beside, in a folder of its own, so that a restart goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml
from typing_extensions import override

from operators.files.schema import InvalidManifest, Schemas
from operators.kube.client import APPLY, JSON, Client
from operators.kube.conditions import timestamp
from operators.kube.connection import Connection
from operators.kube.failures import Conflict, NotFound
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    EDGE_APP,
    EDGE_NODE,
    EVENT,
    GROUP,
    VERSION,
    Key,
    Kind,
    kind_of,
)
from operators.kube.measures import Measures

STATE: Final = "objects.json"
EVENTS_FILE: Final = "events.jsonl"
EVENTS_BYTES_MAX: Final = 1 << 20
FILE_CHARACTERS_MAX: Final = 1 << 20
CHANGES_KEPT: Final = 10_000
BOOKMARK_S: Final = 30.0
NAMESPACE: Final = "default"
OURS: Final = (EDGE_NODE, EDGE_APP, CAPACITY_POOL, CAPACITY_CLAIM)

Object = dict[str, Any]
log = logging.getLogger("tianfu.operators.files")


class FileApi(Client):
    """Objects of a folder; see ``operators.kube.client.Client`` for what each call does."""

    def __init__(
        self, folder: Path, state: Path, schemas: Schemas, clock: Callable[[], datetime]
    ) -> None:
        """Take the manifests' folder, and one for what operators write, which is made."""
        super().__init__(Connection("http://127.0.0.1"), Measures())
        state.mkdir(parents=True, exist_ok=True)
        self._folder, self._state, self._schemas, self._clock = folder, state, schemas, clock
        self._objects: dict[tuple[str, Key], Object] = {}
        self._changes: list[tuple[int, str, str, Object]] = []
        self._version = 0
        self._changed = asyncio.Condition()
        self._files: dict[Path, tuple[int, int]] = {}
        self.refused: dict[str, str] = {}
        """What of the manifests was not taken, by file, and why."""
        self._restore()

    # -- manifests ------------------------------------------------------------------------------

    async def read(self) -> bool:
        """Read the manifests if any has changed; tell whether one has."""
        files = {
            file: (file.stat().st_mtime_ns, file.stat().st_size)
            for pattern in ("*.yaml", "*.yml", "*.json")
            for file in sorted(self._folder.glob(pattern))
        }
        if files == self._files:
            return False
        self._files, self.refused = files, {}
        wanted: dict[tuple[str, Key], Object] = {}
        for file in sorted(files):
            self._take_file(file, wanted)
        for (name, key), manifest in wanted.items():
            self._want(name, key, manifest)
        kinds = {kind.name for kind in OURS}
        for name, key in list(self._objects):
            # A file with an error takes nothing away: nobody can say what it would have said.
            if name in kinds and (name, key) not in wanted and not self.refused:
                self._unwant(name, key)
        await self._tell()
        return True

    def _take_file(self, file: Path, wanted: dict[tuple[str, Key], Object]) -> None:
        try:
            text = file.read_text(encoding="utf-8")
            documents = list(yaml.safe_load_all(text[:FILE_CHARACTERS_MAX]))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            self._refuse(file.name, str(error).replace("\n", " "))
            return
        if len(text) > FILE_CHARACTERS_MAX:
            self._refuse(file.name, f"more than {FILE_CHARACTERS_MAX} characters")
            return
        for number, document in enumerate(documents, 1):
            if document is None:
                continue
            try:
                name, key, manifest = self._taken(document)
            except InvalidManifest as error:
                self._refuse(f"{file.name}, document {number}", str(error))
                continue
            if (name, key) in wanted:
                self._refuse(f"{file.name}, document {number}", f"{name} {key} is there twice")
                continue
            wanted[name, key] = manifest

    def _taken(self, document: Any) -> tuple[str, Key, Object]:
        if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
            raise InvalidManifest("need apiVersion, kind, metadata and spec")
        api = f"{GROUP}/{VERSION}"
        if document.get("apiVersion") != api:
            raise InvalidManifest(f"apiVersion: {document.get('apiVersion')!r}; need {api}")
        metadata = document["metadata"]
        if not isinstance(metadata.get("name"), str):
            raise InvalidManifest("metadata.name: missing")
        key = Key(str(metadata.get("namespace", NAMESPACE)), metadata["name"])
        former = self._objects.get((str(document.get("kind")), key))
        made = self._schemas.check(document, former)
        return made["kind"], key, made

    def _refuse(self, where: str, why: str) -> None:
        self.refused[where] = why
        log.warning("%s: %s [MANIFEST_REFUSED]", where, why)

    def _want(self, name: str, key: Key, manifest: Object) -> None:
        current = self._objects.get((name, key))
        stated = {
            "labels": manifest["metadata"].get("labels") or {},
            "annotations": manifest["metadata"].get("annotations") or {},
        }
        if current is None:
            self._put(name, key, self._new(manifest, key, stated))
            return
        metadata = current["metadata"]
        is_changed = current["spec"] != manifest["spec"]
        if not is_changed and all(metadata.get(k, {}) == v for k, v in stated.items()):
            return
        generation = metadata["generation"] + is_changed
        fresh = {**metadata, **stated, "generation": generation}
        self._put(name, key, {**current, "metadata": fresh, "spec": manifest["spec"]})

    def _unwant(self, name: str, key: Key) -> None:
        current = self._objects[name, key]
        if not current["metadata"].get("finalizers"):
            self._remove(name, key)
        elif "deletionTimestamp" not in current["metadata"]:
            when = timestamp(self._clock())
            metadata = {**current["metadata"], "deletionTimestamp": when}
            self._put(name, key, {**current, "metadata": metadata})

    def _new(self, manifest: Object, key: Key, stated: Mapping[str, Any]) -> Object:
        seed = f"{manifest['kind']}\0{key}\0{self._version}"
        return {
            **manifest,
            "metadata": {
                **manifest["metadata"],
                **stated,
                "namespace": key.namespace,
                "uid": sha256(seed.encode()).hexdigest()[:32],
                "creationTimestamp": timestamp(self._clock()),
                "generation": 1,
            },
        }

    # -- what operators ask ---------------------------------------------------------------------

    @override
    async def request(
        self,
        method: str,
        kind: Kind,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content: str = JSON,
    ) -> Object:
        """Return the answer; raise an ApiError."""
        if kind == EVENT and method == "POST":
            return self._event(body)
        key, part = _target(kind, path)
        current = self._objects.get((kind.name, key))
        if method == "PATCH" and content == APPLY:
            return await self._apply(kind, key, current, body)
        if current is None:
            raise NotFound(f"{kind.name} {key}", status=404, reason="NotFound")
        if method == "GET":
            return current
        if method == "DELETE":
            self._same(current, body.get("preconditions") or {})
            self._unwant(kind.name, key)
            await self._tell()
            return current
        if method != "PATCH":
            raise AssertionError(f"{method}: operators do not do that")
        return await self._patch(kind, key, current, body, part)

    async def _patch(self, kind: Kind, key: Key, current: Object, body: Any, part: str) -> Object:
        self._same(current, body.get("metadata") or {})
        changed = merged(current, body)
        for name in ("uid", "resourceVersion"):
            changed["metadata"][name] = current["metadata"][name]
        if part == "status":
            changed = {**current, "status": changed.get("status", {})}
        if changed != current:
            metadata = changed["metadata"]
            if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
                self._remove(kind.name, key)
            else:
                self._put(kind.name, key, changed)
            await self._tell()
        return self._objects.get((kind.name, key), changed)

    @override
    async def pages(
        self, kind: Kind, namespace: str = "", selector: str = ""
    ) -> AsyncIterator[tuple[str, list[Object]]]:
        """Yield the objects there are."""
        found = [
            one
            for (name, key), one in sorted(self._objects.items())
            if name == kind.name and namespace in {"", key.namespace} and _meets(one, selector)
        ]
        yield str(self._version), found

    @override
    async def watch(
        self, kind: Kind, since: str, namespace: str = "", selector: str = ""
    ) -> AsyncGenerator[tuple[str, Object], None]:
        """Yield changes as (type, object), and bookmarks."""
        seen = int(since or 0)
        while True:
            for version, change, name, one in [c for c in self._changes if c[0] > seen]:
                seen = version
                if name == kind.name and _meets(one, selector):
                    yield change, one
            yield "BOOKMARK", {"metadata": {"resourceVersion": str(seen)}}
            async with self._changed:
                if self._version <= seen:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), BOOKMARK_S)

    async def _apply(self, kind: Kind, key: Key, current: Object | None, body: Any) -> Object:
        new = current is None
        made = self._new(copy.deepcopy(body), key, {}) if new else merged(current or {}, body)
        if made != current:
            self._put(kind.name, key, made)
            await self._tell()
        return self._objects[kind.name, key]

    def _same(self, current: Object, stated: Mapping[str, Any]) -> None:
        for name in ("uid", "resourceVersion"):
            if stated.get(name, current["metadata"][name]) != current["metadata"][name]:
                raise Conflict("it was changed meanwhile", status=409, reason="Conflict")

    def _event(self, body: Object) -> Object:
        file = self._state / EVENTS_FILE
        if file.exists() and file.stat().st_size > EVENTS_BYTES_MAX:
            file.replace(file.with_suffix(".1"))
        name = body["metadata"]["name"]
        known = file.read_text(encoding="utf-8") if file.exists() else ""
        if f'"{name}"' in known:
            raise Conflict("recorded before", status=409, reason="AlreadyExists")
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(body, ensure_ascii=False) + "\n")
        return body

    # -- keeping --------------------------------------------------------------------------------

    def _put(self, name: str, key: Key, one: Object) -> None:
        is_new = (name, key) not in self._objects
        self._version += 1
        made = {**one, "metadata": {**one["metadata"], "resourceVersion": str(self._version)}}
        self._objects[name, key] = made
        self._note("ADDED" if is_new else "MODIFIED", name, made)

    def _remove(self, name: str, key: Key) -> None:
        one = self._objects.pop((name, key))
        self._version += 1
        metadata = {**one["metadata"], "resourceVersion": str(self._version)}
        self._note("DELETED", name, {**one, "metadata": metadata})

    def _note(self, change: str, name: str, one: Object) -> None:
        self._changes.append((self._version, change, name, one))
        del self._changes[:-CHANGES_KEPT]

    async def _tell(self) -> None:
        """Keep what there is, then wake who watches."""
        data = {"version": self._version, "objects": list(self._objects.values())}
        fresh = self._state / f"{STATE}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self._state / STATE)
        async with self._changed:
            self._changed.notify_all()

    def _restore(self) -> None:
        file = self._state / STATE
        if not file.exists():
            return
        data = json.loads(file.read_text(encoding="utf-8"))
        self._version = data["version"]
        for one in data["objects"]:
            key = Key(one["metadata"].get("namespace", ""), one["metadata"]["name"])
            self._objects[kind_of(one).name, key] = one


def merged(current: Object, patch: Mapping[str, Any]) -> Object:
    """Return an object with a merge patch (RFC 7396): None takes a field away."""
    made = dict(current)
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, Mapping):
            former = made.get(name)
            made[name] = merged(former if isinstance(former, dict) else {}, value)
        else:
            made[name] = value
    return made


def _target(kind: Kind, path: str) -> tuple[Key, str]:
    """Return which object a path names, and which part of it."""
    parts = path.removeprefix(kind.path()).removeprefix(f"/apis/{kind.group}/{kind.version}")
    found = parts.removeprefix(f"/api/{kind.version}").strip("/").split("/")
    # namespaces/NAMESPACE/PLURAL/NAME[/PART]
    return Key(found[1], found[3]), found[4] if len(found) > 4 else ""  # noqa: PLR2004 - as above


def _meets(one: Object, selector: str) -> bool:
    if not selector:
        return True
    name, _, value = selector.partition("=")
    return (one["metadata"].get("labels") or {}).get(name) == value
