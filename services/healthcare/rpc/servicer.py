"""Patients, results, scores and alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

from typing_extensions import override

from services.healthcare.model.closed_loop import LoopState
from services.healthcare.model.oxygen import OxygenScale
from services.healthcare.model.records import Alert
from services.healthcare.ports import AlertFilter
from services.healthcare.rpc import values
from services.healthcare.rpc.ambulances import AmbulanceServicer
from services.healthcare.rpc.casualties import CasualtyServicer
from services.healthcare.rpc.consultations import ConsultationServicer
from services.healthcare.rpc.exchange import ExchangeServicer
from services.healthcare.rpc.region import RegionServicer
from services.healthcare.rpc.resources import OFFSET_MAX
from services.healthcare.rpc.watching import WatchServicer
from services.healthcare.usecases import alerting, looking, oxygen_orders
from services.plumbing import paging
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rpc_interceptor import caller
from tianfu.healthcare.v1 import healthcare_service_pb2 as pb
from tianfu.healthcare.v1 import patient_pb2

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""

WATCH_BATCH: Final = 500
"""Alerts read at a time by a watch."""


class NotOpen(InvalidArgument):
    """A watch is of what is open: another state as a filter would show nothing new."""

    reason = "FILTER_INVALID"


def _patient_of(alert: Alert) -> str:
    return alert.patient_id


def _changed_of(change: tuple[int, Alert]) -> str:
    return change[1].patient_id


class HealthcareServicer(
    RegionServicer,
    CasualtyServicer,
    ConsultationServicer,
    ExchangeServicer,
    AmbulanceServicer,
    WatchServicer,
):
    """Reads with a purpose, answers to alerts, and what the region's hospitals share."""

    @override
    async def GetPatient(self, request: pb.GetPatientRequest, context: Any) -> patient_pb2.Patient:
        """Return a patient."""
        patient_id = request.name.partition("/")[2]
        look = await self._allowed(request.purpose, patient_id)
        found = await self._transactor.read(looking.get_patient, look, patient_id)
        if found is None:
            raise looking.PatientNotFound("there is no such patient", field="name")
        return values.encode_patient(found, sees=values.sees_all(request.purpose))

    @override
    async def ListPatients(
        self, request: pb.ListPatientsRequest, context: Any
    ) -> pb.ListPatientsResponse:
        """List patients in order of name."""
        meant = values.patient_filter(request.filter)
        after = str(paging.position(request.page_token, "patients", request.filter) or "")
        look = self._look(request.purpose)
        limit = paging.page_size(request.page_size)
        found, more = await self._transactor.read(looking.list_patients, look, meant, after, limit)
        sees = values.sees_all(request.purpose)
        token = paging.token(found[-1].patient_id, "patients", request.filter) if more else ""
        return pb.ListPatientsResponse(
            patients=[
                values.encode_patient(each, sees=sees)
                for each in await self._consented(look, found, lambda each: each.patient_id)
            ],
            next_page_token=token,
        )

    async def _page(
        self, request: Any, question: tuple[str, ...], use: Any, meant: Any
    ) -> tuple[Any, str]:
        """Return a page of what is ordered by time, and the token of the next."""
        offset = paging.number(request.page_token, *question)
        limit = paging.page_size(request.page_size)
        look = values.look(request.purpose, self._clock())
        found, more = await self._transactor.read(use, look, meant, min(offset, OFFSET_MAX), limit)
        return found, paging.token(offset + limit, *question) if more else ""

    @override
    async def ListObservations(
        self, request: pb.ListObservationsRequest, context: Any
    ) -> pb.ListObservationsResponse:
        """List a patient's observations, the latest first."""
        question = ("observations", request.parent, request.filter)
        patient_id = request.parent.partition("/")[2]
        meant = values.observation_filter(request.filter, patient_id)
        await self._allowed(request.purpose, patient_id)
        found, token = await self._page(request, question, looking.list_observations, meant)
        return pb.ListObservationsResponse(
            observations=[values.encode_observation(each) for each in found],
            next_page_token=token,
        )

    @override
    async def ListScores(
        self, request: pb.ListScoresRequest, context: Any
    ) -> pb.ListScoresResponse:
        """List a patient's scores, the latest first."""
        question = ("scores", request.parent, request.filter)
        patient_id = request.parent.partition("/")[2]
        meant = values.score_filter(request.filter, patient_id)
        await self._allowed(request.purpose, patient_id)
        found, token = await self._page(request, question, looking.list_scores, meant)
        return pb.ListScoresResponse(
            scores=[values.encode_score(each) for each in found], next_page_token=token
        )

    @override
    async def CreateOxygenScaleOrder(
        self, request: pb.CreateOxygenScaleOrderRequest, context: Any
    ) -> patient_pb2.OxygenScaleOrder:
        """Order the SpO2 scale of a patient, in the caller's name."""
        stated = request.oxygen_scale_order
        return values.encode_oxygen_order(
            await self._transactor.write(
                oxygen_orders.order,
                self._desk,
                request.parent.partition("/")[2],
                request.oxygen_scale_order_id,
                request.request_id,
                OxygenScale(stated.scale),
                stated.reason,
                caller().subject,
                now=self._clock(),
            )
        )

    @override
    async def ListOxygenScaleOrders(
        self, request: pb.ListOxygenScaleOrdersRequest, context: Any
    ) -> pb.ListOxygenScaleOrdersResponse:
        """List a patient's orders of an SpO2 scale, the latest first."""
        question = ("oxygen scale orders", request.parent)
        patient_id = request.parent.partition("/")[2]
        found, token = await self._page(request, question, oxygen_orders.list_orders, patient_id)
        return pb.ListOxygenScaleOrdersResponse(
            oxygen_scale_orders=[values.encode_oxygen_order(each) for each in found],
            next_page_token=token,
        )

    @override
    async def GetAlert(self, request: pb.GetAlertRequest, context: Any) -> patient_pb2.Alert:
        """Return an alert."""
        look = values.look(request.purpose, self._clock())
        alert_id = request.name.partition("/")[2]
        alert = await self._transactor.read(looking.get_alert, look, alert_id)
        await self._allowed(request.purpose, alert.patient_id)
        return values.encode_alert(alert)

    @override
    async def ListAlerts(
        self, request: pb.ListAlertsRequest, context: Any
    ) -> pb.ListAlertsResponse:
        """List alerts, the latest first."""
        question, meant = ("alerts", request.filter), values.alert_filter(request.filter)
        found, token = await self._page(request, question, looking.list_alerts, meant)
        shown = await self._consented(self._look(request.purpose), found, _patient_of)
        return pb.ListAlertsResponse(
            alerts=[values.encode_alert(each) for each in shown], next_page_token=token
        )

    @override
    async def AcknowledgeAlert(
        self, request: pb.AcknowledgeAlertRequest, context: Any
    ) -> patient_pb2.Alert:
        """Take an alert over in the caller's name."""
        alert_id = request.name.partition("/")[2]
        return values.encode_alert(
            await self._transactor.write(
                alerting.acknowledge,
                alert_id,
                caller().subject,
                request.note,
                now=self._clock(),
            )
        )

    @override
    async def WatchAlerts(
        self, request: pb.WatchAlertsRequest, context: Any
    ) -> AsyncIterator[pb.WatchAlertsResponse]:
        """Stream the alerts that are open, then every change of one."""
        meant = values.alert_filter(request.filter)
        question = ("watch alerts", request.filter)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        look = values.look(request.purpose, self._clock())
        if resumed is not None:
            number = int(resumed)
            await self._transactor.read(looking.watch_alerts, look, meant, 0)
        else:
            if meant.state is not None:
                raise NotOpen(
                    "a watch begins with what is open; leave the state out", field="filter"
                )
            opened = AlertFilter(LoopState.OPEN, meant.kind, meant.patient_id)
            # The number first: what changes while alerts are read comes again as a change.
            number, found = await self._transactor.read(
                looking.watch_alerts, look, opened, OFFSET_MAX
            )
            for alert in await self._consented(look, found, _patient_of):
                yield pb.WatchAlertsResponse(alert=values.encode_alert(alert))
            yield pb.WatchAlertsResponse(resume_token=paging.token(number, *question))
        while True:
            now = replace(look, when=self._clock())
            last, changed = await self._transactor.read(
                looking.changed_alerts, now, meant, number, WATCH_BATCH
            )
            for at, alert in await self._consented(now, changed, _changed_of):
                yield pb.WatchAlertsResponse(
                    alert=values.encode_alert(alert), resume_token=paging.token(at, *question)
                )
            if last == number:
                await self._bell.wait(WATCH_POLL_S)
            number = last
