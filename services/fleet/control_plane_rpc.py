"""The RPCs of what operators say: decode, call, encode."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from services.fleet import control_plane, tenancy
from services.fleet.store import Transactor
from services.plumbing import paging
from services.plumbing.clock import Clock
from services.plumbing.tokens import Principal
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

Shown = TypeVar("Shown", pb.Rollout, pb.Pool)

OPERATORS_MAX: Final = 1_000
"""Shards that are remembered as heard from; the one that is silent the longest goes first."""


class ControlPlane:
    """Rollouts and pools as operators last told of them, and what people want of rollouts."""

    def __init__(self, transactor: Transactor, clock: Clock) -> None:
        self._transactor = transactor
        self._clock = clock
        # In memory alone: that somebody is heard from changes by the second. The latest is last.
        self._heard: OrderedDict[str, datetime] = OrderedDict()

    async def report(
        self, request: service_pb.ReportControlPlaneRequest
    ) -> service_pb.ReportControlPlaneResponse:
        """Take what an operator says; return what is wanted."""
        now = self._clock()
        self._hear(request.operator, now)
        says = request.rollouts or request.pools or request.settled or request.whole
        if says:
            wanted = await self._transactor.write(control_plane.take_report, request, now=now)
        else:
            wanted = await self._transactor.read(control_plane.wanted, request.operator)
        return service_pb.ReportControlPlaneResponse(wanted=wanted)

    async def rollout(
        self, request: service_pb.GetRolloutRequest, principal: Principal
    ) -> pb.Rollout:
        """Return a rollout."""
        found: pb.Rollout = await self._transactor.read(
            control_plane.get_rollout, request.name, tenancy.of_reader(principal)
        )
        await self._stamp([found])
        return found

    async def rollouts(
        self, request: service_pb.ListRolloutsRequest, principal: Principal
    ) -> service_pb.ListRolloutsResponse:
        """List rollouts in order of name."""
        tenants = tenancy.of_reader(principal)

        def seen(body: bytes) -> pb.Rollout | None:
            return tenancy.rollout(pb.Rollout.FromString(body), tenants)

        found, token = await self._page(control_plane.ROLLOUTS, request, seen)
        answer = service_pb.ListRolloutsResponse(rollouts=found, next_page_token=token)
        self._say_heard(answer)
        return answer

    async def steer(
        self, request: service_pb.SteerRolloutRequest, principal: Principal
    ) -> pb.Rollout:
        """Keep what somebody wants of a rollout."""
        found: pb.Rollout = await self._transactor.write(
            control_plane.steer,
            request,
            principal.subject,
            now=self._clock(),
            tenants=tenancy.of_steerer(principal),
        )
        await self._stamp([found])
        return found

    async def pool(self, request: service_pb.GetPoolRequest, principal: Principal) -> pb.Pool:
        """Return a pool."""
        found: pb.Pool = await self._transactor.read(
            control_plane.get_pool, request.name, tenancy.of_reader(principal)
        )
        await self._stamp([found])
        return found

    async def pools(
        self, request: service_pb.ListPoolsRequest, principal: Principal
    ) -> service_pb.ListPoolsResponse:
        """List pools in order of name."""
        tenants = tenancy.of_reader(principal)

        def seen(body: bytes) -> pb.Pool | None:
            return tenancy.pool(pb.Pool.FromString(body), tenants)

        found, token = await self._page(control_plane.POOLS, request, seen)
        answer = service_pb.ListPoolsResponse(pools=found, next_page_token=token)
        self._say_heard(answer)
        return answer

    async def _page(
        self, kind: str, request: Any, seen: Callable[[bytes], Shown | None]
    ) -> tuple[list[Shown], str]:
        """Return the objects of a page as the caller sees them, and where the next one begins."""
        after = str(paging.position(request.page_token, kind) or "")
        limit = paging.page_size(request.page_size)
        found: list[Shown] = []
        while len(found) <= limit:
            bodies = await self._transactor.read(control_plane.page, kind, after, limit + 1)
            found += [one for one in map(seen, bodies) if one is not None]
            if len(bodies) <= limit:
                break
            # Both kinds have their name in field 1.
            after = pb.Pool.FromString(bodies[-1]).name
        if len(found) <= limit:
            await self._stamp(found)
            return found, ""
        shown = found[:limit]
        await self._stamp(shown)
        return shown, paging.token(shown[-1].name, kind)

    def _hear(self, operator: str, now: datetime) -> None:
        self._heard[operator] = now
        self._heard.move_to_end(operator)
        if len(self._heard) > OPERATORS_MAX:
            self._heard.popitem(last=False)

    async def _stamp(self, found: Sequence[Shown]) -> None:
        """Say of each when its own operator was last heard from."""
        names = [one.name for one in found]
        told_by = await self._transactor.read(lambda tx: tx.control_plane.told_by(names))
        for one in found:
            heard = self._heard.get(told_by.get(one.name, ""))
            if heard is not None:
                one.heard_time.FromDatetime(heard)

    def _say_heard(self, answer: Any) -> None:
        if self._heard:
            answer.heard_time.FromDatetime(next(reversed(self._heard.values())))
