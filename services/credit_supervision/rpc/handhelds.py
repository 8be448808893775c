"""RPCs of handhelds, the forms they brought, and monitoring points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from services.credit_supervision.model.handhelds import Handheld, TakenForm
from services.credit_supervision.model.monitoring import Point
from services.credit_supervision.rpc import callers
from services.credit_supervision.rpc.encoding import last_part
from services.credit_supervision.rpc.looks import Looks, actor, why
from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import handhelds, monitoring
from services.plumbing import paging
from services.plumbing.clock import Clock
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc as pb_grpc
from tianfu.credit_supervision.v1 import handheld_pb2, monitoring_pb2
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks


class HandheldServicer(Looks, pb_grpc.CreditSupervisionServiceServicer):
    """Handhelds and monitors."""

    _transactor: Transactor
    _clock: Clock

    @override
    async def CreateHandheld(
        self, request: asks.CreateHandheldRequest, context: Any
    ) -> handheld_pb2.Handheld:
        """Enter a handheld."""
        stated, now = request.handheld, self._clock()
        # What it brings counts as found by that badge: its own department says whose it is.
        callers.act_for(stated.department)
        made = Handheld(
            request.handheld_id, stated.department, stated.badge, stated.public_key, now
        )
        return handheld_to(await self._transactor.write(handhelds.enter, made, actor(), now=now))

    @override
    async def ListHandhelds(
        self, request: asks.ListHandheldsRequest, context: Any
    ) -> asks.ListHandheldsResponse:
        """List handhelds in order of name."""
        after = str(paging.position(request.page_token, "handhelds") or "")
        limit = paging.page_size(request.page_size)
        found = await self._transactor.read(lambda tx: tx.handhelds(after, limit + 1))
        more = len(found) > limit
        return asks.ListHandheldsResponse(
            handhelds=[handheld_to(each) for each in found[:limit]],
            next_page_token=paging.token(found[limit - 1].node, "handhelds") if more else "",
        )

    @override
    async def RetireHandheld(
        self, request: asks.RetireHandheldRequest, context: Any
    ) -> handheld_pb2.Handheld:
        """Retire a handheld."""
        found = await self._transactor.write(
            handhelds.retire, last_part(request.name), actor(), now=self._clock()
        )
        return handheld_to(found)

    @override
    async def ListTakenForms(
        self, request: asks.ListTakenFormsRequest, context: Any
    ) -> asks.ListTakenFormsResponse:
        """List the forms of a visit, and write down who looked, and why."""
        _, draw_id, _, code = request.parent.split("/")
        found = await self._counted(
            request, handhelds.forms_of, draw_id, code, why(request.purpose), now=self._clock()
        )
        page, token = paging_of(found, request, ("taken forms", request.parent))
        return asks.ListTakenFormsResponse(
            taken_forms=[form_to(each) for each in page], next_page_token=token
        )

    @override
    async def CreateMonitoringPoint(
        self, request: asks.CreateMonitoringPointRequest, context: Any
    ) -> monitoring_pb2.MonitoringPoint:
        """Enter a monitoring point."""
        stated, now = request.monitoring_point, self._clock()
        made = Point(
            request.monitoring_point_id,
            last_part(stated.entity),
            stated.matter,
            stated.place_code,
            stated.permit_sha256,
            now,
            node=stated.series.node,
            series=stated.series.series,
            hour_mean_max=stated.series.hour_mean_max,
            hospital=stated.hospital,
        )
        return point_to(await self._transactor.write(monitoring.enter, made, actor(), now=now))

    @override
    async def ListMonitoringPoints(
        self, request: asks.ListMonitoringPointsRequest, context: Any
    ) -> asks.ListMonitoringPointsResponse:
        """List monitoring points in order of name."""
        after = str(paging.position(request.page_token, "monitoring points") or "")
        limit = paging.page_size(request.page_size)
        found = await self._looked(
            request, "monitoring-points", lambda tx: tx.points(after, limit + 1)
        )
        more = len(found) > limit
        last = paging.token(found[limit - 1].point_id, "monitoring points") if more else ""
        return asks.ListMonitoringPointsResponse(
            monitoring_points=[point_to(each) for each in found[:limit]], next_page_token=last
        )

    @override
    async def RetireMonitoringPoint(
        self, request: asks.RetireMonitoringPointRequest, context: Any
    ) -> monitoring_pb2.MonitoringPoint:
        """Retire a monitoring point."""
        found = await self._transactor.write(
            monitoring.retire, last_part(request.name), actor(), now=self._clock()
        )
        return point_to(found)


def paging_of(
    found: Sequence[TakenForm], request: asks.ListTakenFormsRequest, question: tuple[str, ...]
) -> tuple[Sequence[TakenForm], str]:
    """Return a page of a visit's forms, and the token of the next."""
    offset = paging.number(request.page_token, *question)
    limit = paging.page_size(request.page_size)
    token = paging.token(offset + limit, *question) if len(found) > offset + limit else ""
    return found[offset : offset + limit], token


def handheld_to(handheld: Handheld) -> handheld_pb2.Handheld:
    """Return a handheld as the contract has it."""
    message = handheld_pb2.Handheld(
        name=f"handhelds/{handheld.node}",
        department=handheld.department,
        badge=handheld.badge,
        public_key=handheld.public_key,
        state=handheld_pb2.HandheldState.ValueType(handheld.state),
    )
    message.create_time.FromDatetime(handheld.created)
    if handheld.retired is not None:
        message.retire_time.FromDatetime(handheld.retired)
    return message


def form_to(form: TakenForm) -> handheld_pb2.TakenForm:
    """Return a taken form as the contract has it."""
    message = handheld_pb2.TakenForm(
        signed_form=handheld_pb2.SignedForm(
            form=form.form, signature=form.signature, public_key=form.public_key
        )
    )
    message.take_time.FromDatetime(form.taken)
    return message


def point_to(point: Point) -> monitoring_pb2.MonitoringPoint:
    """Return a monitoring point as the contract has it."""
    message = monitoring_pb2.MonitoringPoint(
        name=f"monitoringPoints/{point.point_id}",
        entity=f"entities/{point.code}",
        matter=point.matter,
        place_code=point.place,
        permit_sha256=point.permit_sha256,
        state=monitoring_pb2.MonitoringPointState.ValueType(point.state),
    )
    if point.hospital:
        message.hospital = point.hospital
    else:
        message.series.node, message.series.series = point.node, point.series
        message.series.hour_mean_max = point.hour_mean_max
    message.create_time.FromDatetime(point.created)
    return message
