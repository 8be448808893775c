"""Tells the fleet service of rollouts and pools, and writes into EdgeApps what people want of them.

So whoever has a browser and no kubectl sees what operators see, and can pause a rollout. What is
wanted stands in the EdgeApp before the fleet service hears that it is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

import grpc

from operators.capacity.api import in_pool
from operators.fleet.client import CALL_S, failure_of
from operators.fleet.said import patch_of, pool_name, pool_of, rollout_name, rollout_of
from operators.kube.actions import Emit, EventType
from operators.kube.client import MERGE
from operators.kube.failures import ApiError
from operators.kube.kinds import CAPACITY_CLAIM, CAPACITY_POOL, EDGE_APP, Key, Object, key_of
from operators.kube.operator import Operator
from tianfu.fleet.v1 import control_plane_pb2, fleet_service_pb2_grpc
from tianfu.fleet.v1 import fleet_service_pb2 as pb

EVERY_S: Final = 1.0
"""Between two reports: so long a person waits until an operator hears what they want."""

AWAY_S: Final = 5.0
WHOLE_TURNS: Final = 600
AT_ONCE: Final = 100
"""Objects in one report: some hundred kilobytes."""

INDEX: Final = "told"
_VERBS: Final = {
    control_plane_pb2.ROLLOUT_ACTION_PAUSE: "Paused",
    control_plane_pb2.ROLLOUT_ACTION_RESUME: "Resumed",
    control_plane_pb2.ROLLOUT_ACTION_ROLL_BACK: "RolledBackTo",
}

log = logging.getLogger("tianfu.operators.telling")


class Telling:
    """Follows the caches of apps, pools and claims; ``name`` says which operator this is."""

    def __init__(
        self,
        operator: Operator,
        channel: grpc.aio.Channel,
        metadata: Callable[[], Sequence[tuple[str, str]]],
        name: str,
    ) -> None:
        self._operator, self._name, self._metadata = operator, name, metadata
        self._stub = fleet_service_pb2_grpc.FleetServiceStub(channel)
        self._apps = operator.cache(EDGE_APP)
        self._pools = operator.cache(CAPACITY_POOL)
        self._claims = operator.cache(CAPACITY_CLAIM, told=in_pool)
        self._new_apps: set[Key] = set()
        self._new_pools: set[Key] = set()
        self._is_whole = True
        self._turns = 0
        self._settled: list[pb.SettledSteering] = []
        self._apps.subscribe(self._app_changed)
        self._pools.subscribe(self._pool_changed)
        self._claims.subscribe(self._claim_changed)

    async def run(self) -> None:
        """Report until cancelled."""
        await self._operator.started.wait()
        while True:
            pause_s = EVERY_S
            try:
                await self.turn()
            except ApiError as error:
                # What was not told is told whole: nobody knows how much of it has arrived.
                self._is_whole, pause_s = True, AWAY_S
                log.info("%s: told of again in %d s", error, AWAY_S)
            await asyncio.sleep(pause_s)

    async def turn(self) -> None:
        """Tell what is new, then do what is wanted."""
        self._turns += 1
        if self._turns % WHOLE_TURNS == 0:
            self._is_whole = True  # the fleet's database may have been set back
        if self._is_whole:
            self._new_apps.update(self._apps.keys())
            self._new_pools.update(self._pools.keys())
        is_whole, self._is_whole = self._is_whole, False
        while len(self._new_apps) + len(self._new_pools) > AT_ONCE:
            await self._report(self._taken())
        request = self._taken()
        if is_whole:
            request.whole = True
            request.names.extend(rollout_name(key) for key in self._apps.keys())  # noqa: SIM118 - a cache is no mapping
            request.names.extend(pool_name(key) for key in self._pools.keys())  # noqa: SIM118 - as above
        await self._steer(await self._report(request))
        if self._settled:
            await self._report(self._taken())

    def _taken(self) -> pb.ReportControlPlaneRequest:
        """Return a report of what is new, as much as one may hold."""
        request = pb.ReportControlPlaneRequest(operator=self._name, settled=self._settled)
        self._settled = []
        while self._new_apps and len(request.rollouts) < AT_ONCE:
            key = self._new_apps.pop()
            app = self._apps.get(key)
            if app is not None:
                request.rollouts.append(rollout_of(key, app))
        while self._new_pools and len(request.pools) + len(request.rollouts) < AT_ONCE:
            key = self._new_pools.pop()
            pool = self._pools.get(key)
            if pool is not None:
                claims = self._claims.by(INDEX, str(key))
                request.pools.append(pool_of(key, pool, claims))
        return request

    async def _report(self, request: Any) -> Sequence[control_plane_pb2.Rollout]:
        try:
            answer = await self._stub.ReportControlPlane(
                request, timeout=CALL_S, metadata=self._metadata()
            )
        except grpc.RpcError as error:
            raise failure_of(error) from error
        wanted: Sequence[control_plane_pb2.Rollout] = answer.wanted
        return wanted

    async def _steer(self, wanted: Sequence[control_plane_pb2.Rollout]) -> None:
        for rollout in wanted:
            _, namespace, _, name = rollout.name.split("/")
            app = self._apps.get(Key(namespace, name))
            number = rollout.steering.number
            reason = "AppGone" if app is None else await self._write(app, rollout.steering)
            self._settled.append(
                pb.SettledSteering(name=rollout.name, number=number, reason=reason)
            )

    async def _write(self, app: Object, steering: control_plane_pb2.Steering) -> str:
        """Write what is wanted into an EdgeApp; return why not, if not."""
        key = key_of(app)
        path = EDGE_APP.path(key.namespace, key.name)
        body = patch_of(steering)
        try:
            answer = await self._operator.client.request(
                "PATCH", EDGE_APP, path, body=body, content=MERGE
            )
        except ApiError as error:
            log.warning("%s: what %s wants is not written: %s", key, steering.requester, error)
            return "PatchRefused"
        self._apps.offer(answer)
        verb = _VERBS[steering.action]
        note = f"{verb} {steering.revision}".strip() + f" by {steering.requester} on the platform"
        occurrence = f"{steering.number} {steering.request_time.ToJsonString()}"
        event = Emit(EDGE_APP, app, EventType.NORMAL, "Steered", "Steer", note, occurrence)
        await self._operator.execute([event])
        return ""

    # -- what is new ------------------------------------------------------------------------------

    def _app_changed(self, before: Object | None, after: Object | None) -> None:
        del before
        if after is None:
            self._is_whole = True
        else:
            self._new_apps.add(key_of(after))

    def _pool_changed(self, before: Object | None, after: Object | None) -> None:
        del before
        if after is None:
            self._is_whole = True
        else:
            self._new_pools.add(key_of(after))

    def _claim_changed(self, before: Object | None, after: Object | None) -> None:
        for one in (before, after):
            if one is not None:
                self._new_pools.add(Key(one["metadata"]["namespace"], one["spec"]["pool"]))
