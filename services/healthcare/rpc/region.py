"""Hospitals, beds, surge plans and recognitions."""

from __future__ import annotations

import enum
from typing import Any, Final

from typing_extensions import override

from services.healthcare.model.documents import Kind
from services.healthcare.rpc import affiliation
from services.healthcare.rpc.resources import ResourceServicer, patient_of, span, wanted
from services.healthcare.usecases import hospitals, keeping, recognising, surging
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import recognition_pb2, region_pb2


class SurgeLabel(enum.Enum):
    """States of a surge plan."""

    ORDERED = 1
    ACKNOWLEDGED = 2
    STOOD_DOWN = 3


class OutcomeLabel(enum.Enum):
    """Outcomes that recognitions are looked up by."""

    RECOGNISED = 1
    NOT_RECOGNISED = 2
    REPEAT_ALLOWED = 3
    NOT_APPLICABLE = 4
    REVOKED = 5


PLACES: Final = {"place": "place"}
SURGES: Final = {"hospital": "parent", "state": "label"}
RECOGNITIONS: Final = {"patient": "parent", "receiver": "party", "outcome": "label"}


class RegionServicer(ResourceServicer):
    """The part of HealthcareService that knows the region's hospitals."""

    @override
    async def GetHospital(
        self, request: region_pb2.GetHospitalRequest, context: Any
    ) -> region_pb2.Hospital:
        """Return a hospital."""
        own = hospitals.hospital_id(request.name)
        found: region_pb2.Hospital = await self._transactor.read(hospitals.get_hospital, own)
        return found

    @override
    async def ListHospitals(
        self, request: region_pb2.ListHospitalsRequest, context: Any
    ) -> region_pb2.ListHospitalsResponse:
        """List hospitals in order of id."""
        meant = wanted(request.filter, None, PLACES)

        def use(tx: Any, offset: int, limit: int) -> Any:
            sort = region_pb2.Hospital
            return keeping.page(tx, Kind.HOSPITAL, meant, offset, limit, sort, by_id=True)

        found, token = await self._pages(request, ("hospitals", request.filter), use)
        return region_pb2.ListHospitalsResponse(hospitals=found, next_page_token=token)

    @override
    async def UpdateHospital(
        self, request: region_pb2.UpdateHospitalRequest, context: Any
    ) -> region_pb2.Hospital:
        """Change a hospital or register it."""
        found: region_pb2.Hospital = await self._transactor.write(
            hospitals.update_hospital,
            request.hospital,
            list(request.update_mask.paths),
            caller().subject,
            missing=request.allow_missing,
            now=self._clock(),
        )
        return found

    @override
    async def ReportBeds(
        self, request: region_pb2.ReportBedsRequest, context: Any
    ) -> region_pb2.ReportBedsResponse:
        """Take a report of beds, from somebody of that hospital."""
        affiliation.check(caller(), request.parent, "parent")
        own, actor, now = hospitals.hospital_id(request.parent), caller().subject, self._clock()

        def use(tx: Any) -> region_pb2.BedReport:
            made = hospitals.report_beds(
                tx, self._desk, request.parent, request.bed_report, actor, now=now
            )
            surging.beds_reported(tx, own, now=now)
            return made

        return region_pb2.ReportBedsResponse(bed_report=await self._transactor.write(use))

    @override
    async def GetBedReport(
        self, request: region_pb2.GetBedReportRequest, context: Any
    ) -> region_pb2.BedReport:
        """Return a hospital's last report."""
        own = hospitals.hospital_id(request.name)
        found: region_pb2.BedReport = await self._transactor.read(
            hospitals.get_bed_report, self._desk, own, self._clock()
        )
        return found

    @override
    async def ListBedReports(
        self, request: region_pb2.ListBedReportsRequest, context: Any
    ) -> region_pb2.ListBedReportsResponse:
        """List the last reports in order of hospital."""
        meant, now = wanted(request.filter, None, PLACES), self._clock()

        def use(tx: Any, offset: int, limit: int) -> Any:
            return hospitals.list_bed_reports(tx, self._desk, meant, offset, limit, now)

        found, token = await self._pages(request, ("bed reports", request.filter), use)
        return region_pb2.ListBedReportsResponse(bed_reports=found, next_page_token=token)

    @override
    async def GetSurgePlan(
        self, request: region_pb2.GetSurgePlanRequest, context: Any
    ) -> region_pb2.SurgePlan:
        """Return a surge plan."""
        own = request.name.partition("/")[2]
        found: region_pb2.SurgePlan = (
            await self._transactor.read(keeping.found, Kind.SURGE_PLAN, own, region_pb2.SurgePlan)
        )[1]
        return found

    @override
    async def ListSurgePlans(
        self, request: region_pb2.ListSurgePlansRequest, context: Any
    ) -> region_pb2.ListSurgePlansResponse:
        """List surge plans, the latest first."""
        meant = wanted(request.filter, SurgeLabel, SURGES)

        def use(tx: Any, offset: int, limit: int) -> Any:
            sort = region_pb2.SurgePlan
            return keeping.page(tx, Kind.SURGE_PLAN, meant, offset, limit, sort)

        found, token = await self._pages(request, ("surge plans", request.filter), use)
        return region_pb2.ListSurgePlansResponse(surge_plans=found, next_page_token=token)

    @override
    async def AcknowledgeSurgePlan(
        self, request: region_pb2.AcknowledgeSurgePlanRequest, context: Any
    ) -> region_pb2.SurgePlan:
        """Take a surge plan over in the caller's name."""
        own, who, now = request.name.partition("/")[2], caller(), self._clock()

        def use(tx: Any) -> region_pb2.SurgePlan:
            plan = keeping.found(tx, Kind.SURGE_PLAN, own, region_pb2.SurgePlan)[1]
            affiliation.check(who, plan.hospital, "name")
            return surging.acknowledge(tx, own, who.subject, now=now)

        found: region_pb2.SurgePlan = await self._transactor.write(use)
        return found

    @override
    async def CreateRecognition(
        self, request: recognition_pb2.CreateRecognitionRequest, context: Any
    ) -> recognition_pb2.Recognition:
        """Decide whether a result is recognised, for the hospital that the caller works for."""
        affiliation.check(caller(), request.recognition.receiver, "recognition.receiver")
        making = self._making(request.recognition_id, request.request_id)
        found: recognition_pb2.Recognition = await self._transactor.write(
            recognising.create, self._desk, request.recognition, making
        )
        return found

    @override
    async def GetRecognition(
        self, request: recognition_pb2.GetRecognitionRequest, context: Any
    ) -> recognition_pb2.Recognition:
        """Return a recognition."""
        look, own = self._look(request.purpose), request.name.partition("/")[2]
        found: recognition_pb2.Recognition = await self._transactor.read(recognising.get, look, own)
        await self._allowed(request.purpose, patient_of(found))
        return found

    @override
    async def ListRecognitions(
        self, request: recognition_pb2.ListRecognitionsRequest, context: Any
    ) -> recognition_pb2.ListRecognitionsResponse:
        """List recognitions, the latest first."""
        meant = wanted(request.filter, OutcomeLabel, RECOGNITIONS)
        look = self._look(request.purpose)
        found, token = await self._pages(
            request, ("recognitions", request.filter), recognising.page, look, meant
        )
        shown = await self._consented(look, found, patient_of)
        return recognition_pb2.ListRecognitionsResponse(recognitions=shown, next_page_token=token)

    @override
    async def EvaluateRecognitionFigures(
        self, request: recognition_pb2.EvaluateRecognitionFiguresRequest, context: Any
    ) -> recognition_pb2.EvaluateRecognitionFiguresResponse:
        """Add up what recognition has come to."""
        found: recognition_pb2.EvaluateRecognitionFiguresResponse = await self._transactor.read(
            recognising.figures, span(request, request.receiver)
        )
        return found
