"""Watches of resources: what changed, as it is now, to whom it may be shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from typing_extensions import override

from services.healthcare.model import ambulances
from services.healthcare.model.consultation import State
from services.healthcare.model.documents import Document, Kind, Mark
from services.healthcare.rpc import casualties, consultations, region, values
from services.healthcare.rpc.ambulances import ARRIVALS
from services.healthcare.rpc.exchange import REPORTS, ReportLabel
from services.healthcare.rpc.resources import ResourceServicer, wanted
from services.healthcare.usecases import casualty_plans, consenting, hospitals
from services.healthcare.usecases.looking import Look
from services.plumbing import paging
from services.plumbing.refusal import PermissionDenied
from services.plumbing.rpc_interceptor import caller
from tianfu.authz.v1 import authz_pb2
from tianfu.healthcare.v1 import (
    arrival_pb2,
    casualty_pb2,
    consultation_pb2,
    recognition_pb2,
    region_pb2,
)
from tianfu.healthcare.v1 import exchange_pb2 as pb

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""

WATCH_BATCH: Final = 200
"""Resources read at a time by a watch."""

PERSONAL: Final = frozenset(
    {
        Kind.PATIENT,
        Kind.OBSERVATION,
        Kind.SCORE,
        Kind.REPORT,
        Kind.RECOGNITION,
        Kind.CONSULTATION,
        Kind.ARRIVAL,
    }
)
"""What says something of a patient, whose consent then counts; each showing is kept."""

CLINICIANS: Final = frozenset({Kind.RECOGNITION, Kind.CONSULTATION})
"""What clinicians alone may watch, as they alone may read it."""

DECODED: Final[Mapping[Kind, tuple[str, Callable[[bytes], Any]]]] = {
    Kind.REPORT: ("report", pb.Report.FromString),
    Kind.RECOGNITION: ("recognition", recognition_pb2.Recognition.FromString),
    Kind.CONSULTATION: ("consultation", consultation_pb2.Consultation.FromString),
    Kind.CASUALTY: ("casualty", casualty_pb2.Casualty.FromString),
    Kind.SURGE_PLAN: ("surge_plan", region_pb2.SurgePlan.FromString),
    Kind.ARRIVAL: ("arrival", arrival_pb2.Arrival.FromString),
}

FILTERS: Final[Mapping[Kind, tuple[Any, dict[str, str]]]] = {
    Kind.REPORT: (ReportLabel, REPORTS),
    Kind.RECOGNITION: (region.OutcomeLabel, region.RECOGNITIONS),
    Kind.CONSULTATION: (State, consultations.FIELDS),
    Kind.BED_REPORT: (None, region.PLACES),
    Kind.CASUALTY_PLAN: (casualties.PlanLabel, casualties.STATES),
    Kind.CASUALTY: (None, casualties.STATES),
    Kind.SURGE_PLAN: (region.SurgeLabel, region.SURGES),
    Kind.ARRIVAL: (ambulances.State, ARRIVALS),
}
"""States and fields of the filter of each kind that is kept as documents."""


class NotForOfficers(PermissionDenied):
    """The kind is for clinicians."""

    reason = "CLINICIAN_REQUIRED_TO_WATCH"


@dataclass(frozen=True, slots=True)
class _Watch:
    """What is watched: ``meant`` says whether a resource, as it is kept, is."""

    kind: Kind
    parent: str
    purpose: Any
    look: Look
    meant: Callable[[Any], bool]


class WatchServicer(ResourceServicer):
    """The part of HealthcareService that streams changes."""

    @override
    async def WatchResources(
        self, request: pb.WatchResourcesRequest, context: Any
    ) -> AsyncIterator[pb.WatchResourcesResponse]:
        """Stream resources of one kind as they change."""
        kind, look = Kind(request.kind), self._look(request.purpose)
        question = ("watch", str(int(kind)), request.parent, request.filter)
        parent = request.parent.partition("/")[2]
        meant = _meant(kind, request.filter)
        if kind in CLINICIANS and authz_pb2.ROLE_CLINICIAN not in caller().roles:
            raise NotForOfficers("recognitions and consultations are for clinicians", field="kind")
        if parent and kind in PERSONAL and kind is not Kind.ARRIVAL:
            await self._allowed(request.purpose, parent)
        resumed = paging.position(request.resume_token, *question, field="resume_token")

        def begin(tx: Any) -> Mark:
            resource = request.parent or kind.name.lower()
            tx.audit(look.entry("resources.watch", resource, kind.name))
            mark: Mark = tx.horizon()
            return mark

        after: Mark = await self._transactor.read(begin)
        if resumed is not None:
            after = _mark(str(resumed))
        else:
            yield pb.WatchResourcesResponse(resume_token=_token(after, question))
        while True:
            watch = _Watch(kind, parent, request.purpose, replace(look, when=self._clock()), meant)
            found = await self._transactor.read(self._changed, watch, after)
            for after, answer in found:
                if answer is not None:
                    answer.resume_token = _token(after, question)
                    yield answer
            if not found:
                await self._bell.wait(WATCH_POLL_S)

    def _changed(
        self, tx: Any, watch: _Watch, after: Mark
    ) -> list[tuple[Mark, pb.WatchResourcesResponse | None]]:
        """Return what changed, with None for what is not shown, and keep whose data was shown."""
        answers: list[tuple[Mark, pb.WatchResourcesResponse | None]] = []
        allowed: dict[str, bool] = {}
        for mark, resource_id in tx.changed(watch.kind, watch.parent, after, WATCH_BATCH):
            kept = _kept(tx, watch.kind, resource_id)
            answer = None
            if kept is not None and watch.meant(kept):
                answer = self._shown(watch, kept)
            if answer is not None and watch.kind in PERSONAL:
                patient_id = _patient_of(kept)
                if patient_id not in allowed:
                    allowed[patient_id] = consenting.readable(tx, watch.look, patient_id)
                if not allowed[patient_id]:
                    answer = None
            answers.append((mark, answer))
        for patient_id, shown in allowed.items():
            if shown and patient_id:
                tx.audit(watch.look.entry("resources.watched", f"patients/{patient_id}"))
        return answers

    def _shown(self, watch: _Watch, kept: Any) -> pb.WatchResourcesResponse:
        """Return a resource as it is now."""
        answer = pb.WatchResourcesResponse()
        if watch.kind is Kind.PATIENT:
            sees = values.sees_all(watch.purpose)
            answer.patient.CopyFrom(values.encode_patient(kept, sees=sees))
        elif watch.kind is Kind.OBSERVATION:
            answer.observation.CopyFrom(values.encode_observation(kept))
        elif watch.kind is Kind.SCORE:
            answer.score.CopyFrom(values.encode_score(kept))
        elif watch.kind is Kind.BED_REPORT:
            report = region_pb2.BedReport.FromString(kept.body)
            answer.bed_report.CopyFrom(hospitals.with_age(self._desk, report, self._clock()))
        elif watch.kind is Kind.CASUALTY_PLAN:
            answer.casualty_plan.CopyFrom(casualty_plans.shown(kept))
        else:
            name, decode = DECODED[watch.kind]
            getattr(answer, name).CopyFrom(decode(kept.body))
        return answer


def _kept(tx: Any, kind: Kind, resource_id: str) -> Any:
    """Return a resource as it is kept, None when there is none to show."""
    if kind is Kind.PATIENT:
        return tx.patient(resource_id)
    if kind is Kind.OBSERVATION:
        return tx.observation(resource_id)
    if kind is Kind.SCORE:
        score = tx.score(resource_id)
        return None if score is None or score.withdrawn else score
    return tx.document(kind, resource_id)


def _patient_of(kept: Any) -> str:
    if not isinstance(kept, Document):
        return str(kept.patient_id)
    if kept.kind is Kind.ARRIVAL:
        return str(arrival_pb2.Arrival.FromString(kept.body).patient.partition("/")[2])
    return kept.parent


def _meant(kind: Kind, text: str) -> Callable[[Any], bool]:
    """Return what says whether a resource is meant by a filter; raise FilterInvalid."""
    if kind is Kind.PATIENT:
        return values.patient_filter(text).matches
    if kind is Kind.OBSERVATION:
        return values.observation_filter(text, "").matches
    if kind is Kind.SCORE:
        return values.score_filter(text, "").matches
    return wanted(text, *FILTERS[kind]).matches


def _token(mark: Mark, question: tuple[str, ...]) -> str:
    return paging.token(f"{mark.transaction}.{mark.number}", *question)


def _mark(text: str) -> Mark:
    transaction, _, number = text.partition(".")
    return Mark(int(transaction), int(number))
