"""Reads: one cache a kind, filled by one list and kept by one watch, shared by all handlers.

Kopf's own indices fill in quadratic time and keep copies; at ten thousand objects reads have to be
look-ups. A cache knows when it is whole (``synced``), notices what was deleted while it was away,
and takes the answer to a write at once (``offer``), so that nobody plans on what he has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from operators.kube.client import Client
from operators.kube.failures import ApiError, Expired
from operators.kube.kinds import Key, Kind, Object, key_of, uid_of, version_of
from operators.kube.measures import Measures

BACKOFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
RECONNECT_S: Final = 0.05
DELETED_KEPT: Final = 20_000
"""Uids of deleted objects: an old event that comes late must not bring one back."""

Index = Callable[[Object], Iterable[str]]
Listener = Callable[[Object | None, Object | None], None]
"""Hears of a change: (before, after); None where there was or is none."""

log = logging.getLogger("tianfu.operators.observe")


def serves_all(_namespace: str) -> bool:
    """Serve every namespace."""
    return True


class Cache:
    """The objects of one kind, as they were last heard of."""

    def __init__(
        self,
        client: Client,
        kind: Kind,
        measures: Measures,
        *,
        namespaces: Sequence[str] = (),
        serves: Callable[[str], bool] = serves_all,
        selector: str = "",
        indices: Mapping[str, Index] | None = None,
    ) -> None:
        self.kind = kind
        self.synced = asyncio.Event()
        self._cached = measures.cached.labels(kind.name)
        self._own: dict[Key, str] = {}
        self._client, self._measures = client, measures
        self._scopes = tuple(namespaces) or ("",)
        self._serves, self._selector = serves, selector
        self._objects: dict[Key, Object] = {}
        self._deleted: OrderedDict[str, None] = OrderedDict()
        self._indices = dict(indices or {})
        self._by: dict[str, dict[str, dict[Key, None]]] = {name: {} for name in self._indices}
        self._listeners: list[Listener] = []
        self._whole: set[str] = set()
        self._heard_s: dict[str, float] = {}

    # -- reading --------------------------------------------------------------------------------

    def get(self, key: Key) -> Object | None:
        """Return an object, None when there is none."""
        return self._objects.get(key)

    def keys(self) -> list[Key]:
        """Return which objects there are."""
        return list(self._objects)

    def all(self) -> list[Object]:
        """Return the objects there are."""
        return list(self._objects.values())

    def by(self, index: str, value: str) -> list[Object]:
        """Return the objects that an index has under a value, in order of their keys."""
        found = self._by[index].get(value, {})
        return [self._objects[key] for key in sorted(found)]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._objects)

    def add_index(self, name: str, index: Index) -> None:
        """Keep another index from now on; a name stands for one index."""
        if self._indices.get(name) is index:
            return
        if name in self._indices:
            raise ValueError(f"index {name!r} of {self.kind.name} is there already")
        self._indices[name], self._by[name] = index, {}
        for key, one in self._objects.items():
            self._enter(name, key, one)

    def subscribe(self, listener: Listener) -> None:
        """Tell somebody of each change from now on."""
        self._listeners.append(listener)

    def silent_s(self, now_s: float) -> float:
        """Return for how long the most silent of its watches has said nothing."""
        return max((now_s - self._heard_s.get(scope, 0.0) for scope in self._scopes), default=0.0)

    # -- being told -----------------------------------------------------------------------------

    def offer(self, given: Object) -> None:
        """Take an object if it is newer than what is known of it."""
        key = key_of(given)
        if not self._serves(key.namespace) or uid_of(given) in self._deleted:
            return
        before = self._objects.get(key)
        if before is not None and _number(before) >= _number(given):
            return
        self._put(key, before, _slim(given))

    def wrote(self, answer: Object) -> None:
        """Take the answer to a write of our own: what comes of it as an event is no news."""
        self._own[key_of(answer)] = version_of(answer)
        self.offer(answer)

    def is_own(self, given: Object) -> bool:
        """Say whether an object is as our own last write left it."""
        return self._own.get(key_of(given)) == version_of(given)

    def remove(self, given: Object) -> None:
        """Take note that an object is gone."""
        uid = uid_of(given)
        self._deleted[uid] = None
        if len(self._deleted) > DELETED_KEPT:
            self._deleted.popitem(last=False)
        before = self._objects.get(key_of(given))
        if before is not None and uid_of(before) == uid:
            self._drop(key_of(given), before)

    def _put(self, key: Key, before: Object | None, after: Object) -> None:
        self._objects[key] = after
        for name in self._indices:
            if before is not None:
                self._leave(name, key, before)
            self._enter(name, key, after)
        self._tell(before, after)

    def _drop(self, key: Key, before: Object) -> None:
        del self._objects[key]
        self._own.pop(key, None)
        for name in self._indices:
            self._leave(name, key, before)
        self._tell(before, None)

    def _enter(self, name: str, key: Key, one: Object) -> None:
        for value in self._indices[name](one):
            self._by[name].setdefault(value, {})[key] = None

    def _leave(self, name: str, key: Key, one: Object) -> None:
        for value in self._indices[name](one):
            keys = self._by[name].get(value, {})
            keys.pop(key, None)
            if not keys:
                self._by[name].pop(value, None)

    def _tell(self, before: Object | None, after: Object | None) -> None:
        self._cached.set(len(self._objects))
        for listener in self._listeners:
            listener(before, after)

    # -- following the server -------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the server until cancelled."""
        async with asyncio.TaskGroup() as group:
            for scope in self._scopes:
                group.create_task(self._follow(scope), name=f"{self.kind.name}:{scope}")

    async def _follow(self, scope: str) -> None:
        since, failures = "", 0
        while True:
            try:
                if not since:
                    since = await self._list(scope)
                async with contextlib.aclosing(
                    self._client.watch(self.kind, since, scope, self._selector)
                ) as events:
                    async for change, given in events:
                        self._heard(scope)
                        since, failures = version_of(given), 0
                        self._take(change, given)
                # A server that ends every watch at once is not to be asked without a pause.
                await asyncio.sleep(RECONNECT_S)
            except Expired:
                since = ""
            except ApiError as error:
                log.warning("watch of %s: %s", self.kind.plural, error)
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1

    def _take(self, change: str, given: Object) -> None:
        if change == "DELETED":
            self.remove(given)
        elif change != "BOOKMARK":
            self.offer(given)

    async def _list(self, scope: str) -> str:
        """Make the cache what the server has; return where to go on from."""
        self._measures.relists.labels(self.kind.name).inc()
        seen: set[Key] = set()
        since = ""
        async for version, page in self._client.pages(self.kind, scope, self._selector):
            since = version
            self._heard(scope)
            for item in page:
                seen.add(key_of(item))
                # A list names neither kind nor version of each of its items.
                self.offer({"apiVersion": self.kind.api_version, "kind": self.kind.name, **item})
        for key, known in list(self._objects.items()):
            # What is newer than the list was made since.
            if key not in seen and scope in {"", key.namespace} and _number(known) <= int(since):
                self.remove(known)
        self._whole.add(scope)
        if len(self._whole) == len(self._scopes):
            self.synced.set()
        return since

    def _heard(self, scope: str) -> None:
        self._heard_s[scope] = time.monotonic()


def _number(one: Object) -> int:
    # Resource versions may be compared since Kubernetes 1.35 (KEP-5504); they have always been
    # etcd's revisions.
    return int(version_of(one) or 0)


def _slim(given: Object) -> Object:
    """Return an object without what no plan reads: half of its size."""
    metadata: dict[str, Any] = {k: v for k, v in given["metadata"].items() if k != "managedFields"}
    annotations = metadata.get("annotations")
    if annotations:
        metadata["annotations"] = {
            k: v
            for k, v in annotations.items()
            if k != "kubectl.kubernetes.io/last-applied-configuration"
        }
    return {**given, "metadata": metadata}
