"""Writes: actions are carried out in order; what is so already costs no request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, assert_never

from operators.kube.actions import (
    NOTE_MAX,
    Action,
    Apply,
    Delete,
    Emit,
    WriteFinalizers,
    WriteStatus,
)
from operators.kube.client import APPLY, MERGE, Client
from operators.kube.difference import covers, merge_patch
from operators.kube.failures import Conflict, NotFound, NotLeading, Refused, Taken
from operators.kube.kinds import (
    EVENT,
    MANAGED_LABEL,
    Key,
    Kind,
    Object,
    key_of,
    uid_of,
    version_of,
)
from operators.kube.measures import Measures
from operators.kube.observe import Cache

FIELD_MANAGER: Final = "tianfu-operators"

log = logging.getLogger("tianfu.operators.executor")


class Executor:
    """Carries out actions while ``leads`` says that we may; otherwise raises NotLeading."""

    def __init__(
        self,
        client: Client,
        caches: Mapping[Kind, Cache],
        measures: Measures,
        *,
        clock: Callable[[], datetime],
        leads: Callable[[], bool],
        instance: str,
    ) -> None:
        self._client, self._caches, self._measures = client, caches, measures
        self._clock, self._leads, self._instance = clock, leads, instance

    async def execute(self, actions: Iterable[Action]) -> None:
        """Carry out actions in order; the first that fails ends it, and all come again."""
        for action in actions:
            if not self._leads():
                raise NotLeading("another replica holds the lease")
            await self._one(action)

    async def _one(self, action: Action) -> None:
        match action:
            case Apply():
                await self._apply(action)
            case Delete():
                await self._delete(action)
            case WriteStatus():
                await self._status(action)
            case WriteFinalizers():
                await self._finalizers(action)
            case Emit():
                await self._emit(action)
            case _:
                assert_never(action)

    async def _apply(self, action: Apply) -> None:
        kind, key = action.kind, action.key
        cache = self._caches.get(kind)
        live = None if cache is None else cache.get(key)
        if live is not None and covers(live, action.manifest):
            return
        if live is None and cache is not None:
            await self.check_free(kind, key)
        answer = await self._client.request(
            "PATCH",
            kind,
            kind.path(key.namespace, key.name),
            # Forced: an operator's own fields are its own, whoever set them meanwhile.
            params={"fieldManager": FIELD_MANAGER, "force": "true"},
            body=action.manifest,
            content=APPLY,
        )
        self._written("apply", kind, answer)

    async def check_free(self, kind: Kind, key: Key) -> None:
        """Raise Taken if an object of that name is there that operators did not make.

        Server-side apply would take it over, and it would go with what it was made for.
        """
        try:
            found = await self._client.get(kind, key.namespace, key.name)
        except NotFound:
            return
        name, value = MANAGED_LABEL
        if (found["metadata"].get("labels") or {}).get(name) != value:
            raise Taken(
                f"{kind.name} {key} is there, and was not made for this: rename or delete it",
                status=HTTPStatus.CONFLICT,
                reason="ChildNameTaken",
            )

    async def _delete(self, action: Delete) -> None:
        path = action.kind.path(action.key.namespace, action.key.name)
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": action.uid},
        }
        try:
            await self._client.request("DELETE", action.kind, path, body=body)
        except (NotFound, Conflict):
            # It is gone, or another one stands in its place, which is not ours to delete.
            return
        self._measures.writes.labels("delete", action.kind.name).inc()

    async def _status(self, action: WriteStatus) -> None:
        current = action.observed.get("status") or {}
        patch = merge_patch(current, action.status)
        if patch:
            await self._patch("status", action.kind, action.observed, {"status": patch}, "status")

    async def _finalizers(self, action: WriteFinalizers) -> None:
        metadata = {"finalizers": list(action.finalizers)}
        await self._patch("finalizers", action.kind, action.observed, {}, "", metadata)

    async def _patch(
        self,
        what: str,
        kind: Kind,
        observed: Object,
        body: dict[str, Any],
        subresource: str,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Patch what was observed, unless somebody has written it since: raises Conflict."""
        key = key_of(observed)
        # Of what is known to be older than what we have ourselves written, only the cache knows.
        answer = await self._client.request(
            "PATCH",
            kind,
            kind.path(key.namespace, key.name, subresource),
            params={"fieldManager": FIELD_MANAGER},
            body={
                **body,
                "metadata": {
                    **(metadata or {}),
                    "resourceVersion": version_of(observed),
                    "uid": uid_of(observed),
                },
            },
            content=MERGE,
        )
        self._written(what, kind, answer)

    async def _emit(self, action: Emit) -> None:
        try:
            await self._client.request(
                "POST",
                EVENT,
                EVENT.path(key_of(action.observed).namespace),
                params={"fieldManager": FIELD_MANAGER},
                body=self._event(action),
            )
        except Conflict:
            return  # recorded before
        except (NotFound, Refused) as error:
            # A namespace that is going takes none. What is told of is done, and holds nothing up.
            log.warning("an Event of %s %s: %s", action.kind.name, key_of(action.observed), error)
            return
        self._measures.writes.labels("event", action.kind.name).inc()

    def _event(self, action: Emit) -> dict[str, Any]:
        key, uid = key_of(action.observed), uid_of(action.observed)
        digest = sha256(f"{uid}\0{action.reason}\0{action.occurrence}".encode()).hexdigest()[:16]
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.name,
            "metadata": {"name": f"{key.name}.{digest}", "namespace": key.namespace},
            "eventTime": self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": f"edge.tianfu.dev/{FIELD_MANAGER}",
            "reportingInstance": self._instance,
            "type": action.type.value,
            "reason": action.reason,
            "action": action.action,
            "note": action.note[:NOTE_MAX],
            "regarding": {
                "apiVersion": action.kind.api_version,
                "kind": action.kind.name,
                "namespace": key.namespace,
                "name": key.name,
                "uid": uid,
            },
        }

    def _written(self, what: str, kind: Kind, answer: Object) -> None:
        self._measures.writes.labels(what, kind.name).inc()
        cache = self._caches.get(kind)
        if cache is None:
            return
        metadata = answer["metadata"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            cache.remove(answer)  # the last finalizer went, and the object with it
        else:
            cache.wrote(answer)
