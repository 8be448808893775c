"""Consultations and consents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any, Final

from typing_extensions import override

from services.healthcare.model.consultation import Action, Actor, Detail, State
from services.healthcare.rpc import affiliation
from services.healthcare.rpc.resources import ResourceServicer, patient_of, wanted
from services.healthcare.usecases import consenting, consulting
from services.healthcare.usecases.consulting import Stated
from services.healthcare.usecases.fhir_writing import consultation_bundle
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import consultation_pb2 as pb

FIELDS: Final = {"patient": "parent", "state": "label", "hospital": "party"}


class ConsultationServicer(ResourceServicer):
    """The part of HealthcareService where doctors of two hospitals meet."""

    @override
    async def CreateConsultation(
        self, request: pb.CreateConsultationRequest, context: Any
    ) -> pb.Consultation:
        """Begin a draft."""
        inviting = request.consultation.inviting_hospital
        affiliation.check(caller(), inviting, "consultation.inviting_hospital")
        making = self._making(request.consultation_id, request.request_id)
        made: pb.Consultation = await self._transactor.write(
            consulting.create, request.consultation, making
        )
        return made

    @override
    async def GetConsultation(
        self, request: pb.GetConsultationRequest, context: Any
    ) -> pb.Consultation:
        """Return a consultation."""
        look, own = self._look(request.purpose), request.name.partition("/")[2]
        found: pb.Consultation = await self._transactor.read(consulting.get, look, own)
        await self._allowed(request.purpose, patient_of(found))
        return found

    @override
    async def ListConsultations(
        self, request: pb.ListConsultationsRequest, context: Any
    ) -> pb.ListConsultationsResponse:
        """List consultations, the latest first."""
        meant, look = wanted(request.filter, State, FIELDS), self._look(request.purpose)
        found, token = await self._pages(
            request, ("consultations", request.filter), consulting.page, look, meant
        )
        shown = await self._consented(look, found, patient_of)
        return pb.ListConsultationsResponse(consultations=shown, next_page_token=token)

    @override
    async def AdvanceConsultation(
        self, request: pb.AdvanceConsultationRequest, context: Any
    ) -> pb.Consultation:
        """Do the next step in the caller's name."""
        acting = affiliation.check(caller(), request.acting_hospital, "acting_hospital")
        at = None
        if request.HasField("scheduled_time"):
            at = request.scheduled_time.ToDatetime(UTC)
        detail = Detail(request.reason, request.doctor, request.hospital, at)
        made: pb.Consultation = await self._transactor.write(
            consulting.advance,
            self._desk,
            request.name.partition("/")[2],
            Action(request.action),
            Actor(caller().subject, acting),
            Stated(detail, request.opinion, request.consent_record),
            now=self._clock(),
        )
        return made

    @override
    async def ExportConsultation(
        self, request: pb.ExportConsultationRequest, context: Any
    ) -> pb.ExportConsultationResponse:
        """Return a consultation as FHIR."""
        look, own = self._look(request.purpose), request.name.partition("/")[2]
        found = await self._transactor.read(consulting.get, look, own)
        await self._allowed(request.purpose, patient_of(found))
        answer = pb.ExportConsultationResponse()
        answer.bundle.update(consultation_bundle(found))
        return answer

    @override
    async def CreateConsent(self, request: pb.CreateConsentRequest, context: Any) -> pb.Consent:
        """Record what a patient agrees to or refuses."""
        made: pb.Consent = await self._transactor.write(
            consenting.create,
            request.parent.partition("/")[2],
            request.consent,
            self._making(request.consent_id, request.request_id),
        )
        return made

    @override
    async def ListConsents(
        self, request: pb.ListConsentsRequest, context: Any
    ) -> pb.ListConsentsResponse:
        """List a patient's consents, the latest first."""
        meant = replace(
            wanted(request.filter, consenting.ScopeLabel, {"scope": "label"}),
            parent=request.parent.partition("/")[2],
        )
        question = ("consents", request.parent, request.filter)
        look = self._look(request.purpose)
        found, token = await self._pages(request, question, consenting.page, look, meant)
        return pb.ListConsentsResponse(consents=found, next_page_token=token)

    @override
    async def RevokeConsent(self, request: pb.RevokeConsentRequest, context: Any) -> pb.Consent:
        """Take a consent back."""
        made: pb.Consent = await self._transactor.write(
            consenting.revoke, request.name, caller().subject, now=self._clock()
        )
        return made
