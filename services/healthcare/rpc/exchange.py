"""FHIR in and out, reports, monitors, settlement, watches and the audit log."""

from __future__ import annotations

import enum
import uuid
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from google.protobuf import json_format
from typing_extensions import override

from services.healthcare.model import fhir_r4, settlement
from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.model.settlement import ByGroup, ByService, Line, Policy
from services.healthcare.ports import ObservationFilter
from services.healthcare.rpc import values
from services.healthcare.rpc.resources import ResourceServicer, wanted
from services.healthcare.usecases import (
    fhir_reading,
    keeping,
    looking,
    monitors,
    reporting,
)
from services.healthcare.usecases.fhir_writing import patient_bundle
from services.plumbing import audit
from services.plumbing.audit_chain import Fault, Head
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import (
    exchange_pb2 as pb,
)

EXPORTED_MAX: Final = 1_000
"""Results and reports of one export, the latest."""

REPORTS: Final = {"order": "cause", "code": "code", "status": "label"}
"""Fields of a filter of reports, and what they are in Wanted."""


class ReportLabel(enum.Enum):
    """States of a report."""

    PRELIMINARY = 1
    FINAL = 2
    CORRECTED = 3
    CANCELLED = 4


class ExchangeServicer(ResourceServicer):
    """The part of HealthcareService that other systems talk to."""

    @override
    async def ImportFhir(
        self, request: pb.ImportFhirRequest, context: Any
    ) -> pb.ImportFhirResponse:
        """Take FHIR resources, all of them or none."""
        try:
            resource = json_format.MessageToDict(request.resource)
        except json_format.Error:
            raise fhir_r4.FhirInvalid(
                "resource", "holds what JSON can't: NaN or infinity"
            ) from None
        made: fhir_reading.Imported = await self._transactor.write(
            fhir_reading.record,
            self._desk,
            resource,
            request.source,
            caller().subject,
            lambda: f"p{uuid.uuid4().hex}",
            now=self._clock(),
        )
        return pb.ImportFhirResponse(
            patients=made.patients,
            observations=made.taken.observations,
            reports=made.reports,
            scores=made.taken.scores,
            alerts=made.taken.alerts,
            passed_over=made.passed_over,
            repeated_before=made.taken.repeated and bool(made.patients),
        )

    @override
    async def ExportPatient(
        self, request: pb.ExportPatientRequest, context: Any
    ) -> pb.ExportPatientResponse:
        """Return what is known of a patient as FHIR."""
        patient_id = request.name.partition("/")[2]
        look = await self._allowed(request.purpose, patient_id)

        def use(tx: Any) -> Any:
            patient = looking.get_patient(tx, look, patient_id)
            if patient is None:
                return None
            meant = ObservationFilter(patient_id)
            observations, _ = looking.list_observations(tx, look, meant, 0, EXPORTED_MAX)
            reports, _ = reporting.page(tx, look, Wanted(parent=patient_id), 0, EXPORTED_MAX)
            return patient, observations, reports

        found = await self._transactor.read(use)
        if found is None:
            raise looking.PatientNotFound("there is no such patient", field="name")
        patient, observations, reports = found
        answer = pb.ExportPatientResponse()
        answer.bundle.update(
            patient_bundle(
                values.encode_patient(patient, sees=values.sees_all(request.purpose)),
                [values.encode_observation(each) for each in observations],
                reports,
            )
        )
        return answer

    @override
    async def ListReports(
        self, request: pb.ListReportsRequest, context: Any
    ) -> pb.ListReportsResponse:
        """List a patient's reports, the latest first."""
        patient_id = request.parent.partition("/")[2]
        meant = replace(wanted(request.filter, ReportLabel, REPORTS), parent=patient_id)
        look = await self._allowed(request.purpose, patient_id)
        question = ("reports", request.parent, request.filter)
        found, token = await self._pages(request, question, reporting.page, look, meant)
        return pb.ListReportsResponse(reports=found, next_page_token=token)

    @override
    async def UpdateMonitor(self, request: pb.UpdateMonitorRequest, context: Any) -> pb.Monitor:
        """Say which monitor hangs on which patient."""
        made: pb.Monitor = await self._transactor.write(
            monitors.update,
            request.monitor,
            list(request.update_mask.paths),
            caller().subject,
            missing=request.allow_missing,
            now=self._clock(),
        )
        return made

    @override
    async def ListMonitors(
        self, request: pb.ListMonitorsRequest, context: Any
    ) -> pb.ListMonitorsResponse:
        """List monitors in order of id."""
        meant, look = wanted(request.filter, None, {"node": "label"}), self._look(request.purpose)

        def use(tx: Any, offset: int, limit: int) -> Any:
            tx.audit(look.entry("monitors.list", "monitors"))
            found, more = keeping.page(
                tx, Kind.MONITOR, meant, offset, limit, pb.Monitor, by_id=True
            )
            looking.listed(tx, look, "monitors.listed", (each.patient for each in found))
            return found, more

        found, token = await self._pages(request, ("monitors", request.filter), use)
        return pb.ListMonitorsResponse(monitors=found, next_page_token=token)

    @override
    async def EvaluateSettlement(
        self, request: pb.EvaluateSettlementRequest, context: Any
    ) -> pb.EvaluateSettlementResponse:
        """Settle a bill of care away from home."""
        listed: dict[str, int] = {}
        for number, line in enumerate(request.lines):
            if listed.setdefault(line.item, line.list_fen) != line.list_fen:
                raise InvalidArgument(
                    "an item has one price on the list", field=f"lines[{number}].list_fen"
                )
        payer: settlement.Payer = ByService()
        if request.HasField("case_group"):
            group = request.case_group
            payer = ByGroup(Decimal(group.weight), group.rate_fen)
        made = settlement.settle(
            [Line(each.item, each.price_fen, each.first_pay_fen) for each in request.lines],
            listed,
            Policy(
                request.policy_version,
                request.deductible_fen,
                Decimal(request.ratio),
                request.cap_fen,
            ),
            registered=request.registered,
            payer=payer,
        )
        return pb.EvaluateSettlementResponse(
            total_fen=made.total_fen,
            payable_fen=made.payable_fen,
            outside_fen=made.outside_fen,
            first_pay_fen=made.first_pay_fen,
            deductible_fen=made.deductible_fen,
            fund_fen=made.fund_fen,
            patient_fen=made.patient_fen,
            payer=made.payer,
            rule_version=made.rule_version,
        )

    @override
    async def VerifyAudit(
        self, request: pb.VerifyAuditRequest, context: Any
    ) -> pb.VerifyAuditResponse:
        """Check the audit log from its first entry to its last."""
        published = None
        if request.published_hash:
            published = Head(request.published_number, bytes.fromhex(request.published_hash))
        found = await self._transactor.read(lambda tx: audit.verify(tx.connection, published))
        if isinstance(found, Fault):
            return pb.VerifyAuditResponse(number=found.number, problem=found.problem)
        return pb.VerifyAuditResponse(sound=True, number=found.number, hash=found.hash.hex())
