"""The RPCs of what operators say: decode, call, encode."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.fleet import control_plane
from services.fleet.store import Transactor
from services.plumbing import paging
from services.plumbing.clock import Clock
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb


class ControlPlane:
    """Rollouts and pools as operators last told of them, and what people want of rollouts."""

    def __init__(self, transactor: Transactor, clock: Clock) -> None:
        self._transactor = transactor
        self._clock = clock
        # In memory alone: that somebody is heard from changes by the second.
        self._heard: datetime | None = None

    async def report(
        self, request: service_pb.ReportControlPlaneRequest
    ) -> service_pb.ReportControlPlaneResponse:
        """Take what an operator says; return what is wanted."""
        now = self._clock()
        self._heard = now
        says = request.rollouts or request.pools or request.settled or request.whole
        if says:
            wanted = await self._transactor.write(control_plane.take_report, request, now=now)
        else:
            wanted = await self._transactor.read(control_plane.wanted, request.operator)
        return service_pb.ReportControlPlaneResponse(wanted=wanted)

    async def rollout(self, request: service_pb.GetRolloutRequest) -> pb.Rollout:
        """Return a rollout."""
        found: pb.Rollout = await self._transactor.read(control_plane.get_rollout, request.name)
        return found

    async def rollouts(
        self, request: service_pb.ListRolloutsRequest
    ) -> service_pb.ListRolloutsResponse:
        """List rollouts in order of name."""
        bodies, token = await self._page(control_plane.ROLLOUTS, request)
        answer = service_pb.ListRolloutsResponse(
            rollouts=[pb.Rollout.FromString(body) for body in bodies], next_page_token=token
        )
        self._say_heard(answer)
        return answer

    async def steer(self, request: service_pb.SteerRolloutRequest, requester: str) -> pb.Rollout:
        """Keep what somebody wants of a rollout."""
        found: pb.Rollout = await self._transactor.write(
            control_plane.steer, request, requester, now=self._clock()
        )
        return found

    async def pool(self, request: service_pb.GetPoolRequest) -> pb.Pool:
        """Return a pool."""
        found: pb.Pool = await self._transactor.read(control_plane.get_pool, request.name)
        return found

    async def pools(self, request: service_pb.ListPoolsRequest) -> service_pb.ListPoolsResponse:
        """List pools in order of name."""
        bodies, token = await self._page(control_plane.POOLS, request)
        answer = service_pb.ListPoolsResponse(
            pools=[pb.Pool.FromString(body) for body in bodies], next_page_token=token
        )
        self._say_heard(answer)
        return answer

    async def _page(self, kind: str, request: Any) -> tuple[list[bytes], str]:
        after = str(paging.position(request.page_token, kind) or "")
        limit = paging.page_size(request.page_size)

        found = list(
            await self._transactor.read(
                lambda tx: tx.control_plane.page(kind, after, limit + 1),
            )
        )
        if len(found) <= limit:
            return found, ""
        shown = found[:limit]
        # Both kinds have their name in field 1.
        return shown, paging.token(pb.Pool.FromString(shown[-1]).name, kind)

    def _say_heard(self, answer: Any) -> None:
        if self._heard is not None:
            answer.heard_time.FromDatetime(self._heard)
