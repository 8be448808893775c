"""Arrivals of ambulances."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any, Final

from typing_extensions import override

from services.healthcare.model.ambulances import State
from services.healthcare.rpc import affiliation, values
from services.healthcare.rpc.resources import ResourceServicer, patient_of, wanted
from services.healthcare.usecases import announcing
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import arrival_pb2 as pb

ARRIVALS: Final = {"state": "label", "node": "cause"}


class AmbulanceServicer(ResourceServicer):
    """The part of HealthcareService where ambulances are announced."""

    @override
    async def CreateArrival(self, request: pb.CreateArrivalRequest, context: Any) -> pb.Arrival:
        """Announce an ambulance."""
        made: pb.Arrival = await self._transactor.write(
            announcing.create,
            self._desk,
            request.parent.partition("/")[2],
            request.arrival,
            self._making(request.arrival_id, request.request_id),
        )
        return made

    @override
    async def GetArrival(self, request: pb.GetArrivalRequest, context: Any) -> pb.Arrival:
        """Return an arrival."""
        look = self._look(request.purpose)

        def use(tx: Any) -> pb.Arrival:
            return _with_score(tx, announcing.get(tx, look, request.name))

        found: pb.Arrival = await self._transactor.read(use)
        if found.patient:
            await self._allowed(request.purpose, patient_of(found))
        return found

    @override
    async def ListArrivals(
        self, request: pb.ListArrivalsRequest, context: Any
    ) -> pb.ListArrivalsResponse:
        """List a hospital's arrivals, the latest announced first."""
        parent = request.parent.partition("/")[2]
        meant = replace(wanted(request.filter, State, ARRIVALS), parent=parent)
        look = self._look(request.purpose)

        def use(tx: Any, offset: int, limit: int) -> Any:
            found, more = announcing.page(tx, look, meant, offset, limit)
            return [_with_score(tx, each) for each in found], more

        question = ("arrivals", request.parent, request.filter)
        found, token = await self._pages(request, question, use)
        shown = await self._consented(look, found, patient_of)
        return pb.ListArrivalsResponse(arrivals=shown, next_page_token=token)

    @override
    async def AdvanceArrival(self, request: pb.AdvanceArrivalRequest, context: Any) -> pb.Arrival:
        """Say when it is expected now, or what became of it."""
        eta = request.eta_time.ToDatetime(UTC) if request.HasField("eta_time") else None
        made: pb.Arrival = await self._transactor.write(
            announcing.advance,
            self._desk,
            request.name,
            State(request.state),
            eta,
            caller().subject,
            now=self._clock(),
        )
        return made

    @override
    async def AcknowledgeArrival(
        self, request: pb.AcknowledgeArrivalRequest, context: Any
    ) -> pb.Arrival:
        """Take note of it at the hospital, in the caller's name."""
        hospital = request.name.partition("/arrivals/")[0]
        affiliation.check(caller(), hospital, "name")
        made: pb.Arrival = await self._transactor.write(
            announcing.acknowledge, request.name, caller().subject, now=self._clock()
        )
        return made


def _with_score(tx: Any, kept: pb.Arrival) -> pb.Arrival:
    score = announcing.last_score(tx, kept)
    if score is not None:
        kept.score.CopyFrom(values.encode_score(score))
    return kept
