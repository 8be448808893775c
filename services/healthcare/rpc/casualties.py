"""Casualty plans and their casualties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import override

from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.rpc import values
from services.healthcare.rpc.resources import ResourceServicer, wanted
from services.healthcare.usecases import casualty_plans, keeping
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import casualty_pb2 as pb

M = TypeVar("M")

STATES = {"state": "label"}


class PlanLabel:
    """States of a plan."""

    __members__ = dict.fromkeys((casualty_plans.OPEN, casualty_plans.CLOSED))


class CasualtyServicer(ResourceServicer):
    """The part of HealthcareService that sends casualties to hospitals."""

    async def _write(self, use: Callable[..., M], *args: Any, **kwargs: Any) -> M:
        made: M = await self._transactor.write(use, *args, **kwargs)
        return made

    @override
    async def CreateCasualtyPlan(
        self, request: pb.CreateCasualtyPlanRequest, context: Any
    ) -> pb.CasualtyPlan:
        """Begin a plan."""
        making = self._making(request.casualty_plan_id, request.request_id)
        return await self._write(casualty_plans.create_plan, request.casualty_plan, making)

    @override
    async def GetCasualtyPlan(
        self, request: pb.GetCasualtyPlanRequest, context: Any
    ) -> pb.CasualtyPlan:
        """Return a plan."""
        own = request.name.partition("/")[2]
        document, _ = await self._transactor.read(
            keeping.found, Kind.CASUALTY_PLAN, own, pb.CasualtyPlan
        )
        return casualty_plans.shown(document)

    @override
    async def ListCasualtyPlans(
        self, request: pb.ListCasualtyPlansRequest, context: Any
    ) -> pb.ListCasualtyPlansResponse:
        """List plans, the latest first."""
        meant = wanted(request.filter, PlanLabel, STATES)

        def use(tx: Any, offset: int, limit: int) -> Any:
            found = tx.documents(Kind.CASUALTY_PLAN, meant, offset, limit + 1)
            return [casualty_plans.shown(each) for each in found[:limit]], len(found) > limit

        found, token = await self._pages(request, ("casualty plans", request.filter), use)
        return pb.ListCasualtyPlansResponse(casualty_plans=found, next_page_token=token)

    @override
    async def CloseCasualtyPlan(
        self, request: pb.CloseCasualtyPlanRequest, context: Any
    ) -> pb.CasualtyPlan:
        """End a plan."""
        own = request.name.partition("/")[2]
        return await self._write(casualty_plans.close, own, caller().subject, now=self._clock())

    @override
    async def ReportTravelTimes(
        self, request: pb.ReportTravelTimesRequest, context: Any
    ) -> pb.CasualtyPlan:
        """Take what is known of the roads."""
        return await self._write(
            casualty_plans.report_travel_times,
            request.name.partition("/")[2],
            list(request.travel_times),
            caller().subject,
            now=self._clock(),
        )

    @override
    async def CreateCasualty(self, request: pb.CreateCasualtyRequest, context: Any) -> pb.Casualty:
        """Take a casualty."""
        return await self._write(
            casualty_plans.create_casualty,
            self._desk,
            request.parent.partition("/")[2],
            request.casualty,
            values.plain(request.casualty.findings),
            self._making(request.casualty_id, request.request_id),
        )

    @override
    async def ListCasualties(
        self, request: pb.ListCasualtiesRequest, context: Any
    ) -> pb.ListCasualtiesResponse:
        """List a plan's casualties in order of id."""
        terms = values.terms(request.filter, ("state", "hospital", "place"))
        plan = request.parent.partition("/")[2]

        def use(tx: Any, offset: int, limit: int) -> Any:
            meant = Wanted(parent=plan, label=terms.get("state", ""))
            limit_all = casualty_plans.CASUALTIES_MAX
            found, _ = keeping.page(tx, Kind.CASUALTY, meant, 0, limit_all, pb.Casualty, by_id=True)
            fit = [
                each
                for each in found
                if terms.get("hospital", each.hospital) == each.hospital
                and terms.get("place", each.place) == each.place
            ]
            return fit[offset : offset + limit], len(fit) > offset + limit

        question = ("casualties", request.parent, request.filter)
        found, token = await self._pages(request, question, use)
        return pb.ListCasualtiesResponse(casualties=found, next_page_token=token)

    @override
    async def AssessCasualty(self, request: pb.AssessCasualtyRequest, context: Any) -> pb.Casualty:
        """Take what was found of a casualty since."""
        _, plan, _, own = request.name.split("/")
        return await self._write(
            casualty_plans.assess,
            self._desk,
            plan,
            own,
            dict(request.findings),
            values.plain,
            caller().subject,
            now=self._clock(),
        )

    @override
    async def DispatchCasualty(
        self, request: pb.DispatchCasualtyRequest, context: Any
    ) -> pb.Casualty:
        """Send a casualty off, or say that it arrived."""
        _, plan, _, own = request.name.split("/")
        return await self._write(
            casualty_plans.dispatch,
            plan,
            own,
            request.hospital,
            caller().subject,
            arrived=request.arrived,
            now=self._clock(),
        )
