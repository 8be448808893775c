"""kill -9 of service, nats-server and PostgreSQL in a dispatch and an emergency: once, in order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import grpc
import nats
import nats.errors
import nats.js.errors
import pytest

from tests.support.energy_process import EnergyProcess, energy_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import postgres_server
from tests.support.service_process import CALL_S, DEADLINE_S
from tianfu import subjects
from tianfu.energy.v1 import demand_response_pb2, dispatch_pb2, events_pb2, setpoint_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

# A dozen processes are started here, one after the other: 35 s on an idle machine, and more than
# the usual 300 s where ten others wait for the same core.
pytestmark = [pytest.mark.integration, pytest.mark.chaos, pytest.mark.timeout(600)]

SEED: Final = 20_261_129
KILL_WITHIN_S: Final = 0.1
"""Of the call's begin: a call takes about as long."""

NODE: Final = subjects.node_id("plant-gateway")
STEPS: Final = 8
ASKED_AGAIN: Final = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


def until_answered(service: EnergyProcess, method: str, request: Any) -> Any:
    """Call again until there is an answer, as a client does that was cut off; return it."""
    answers: list[Any] = []

    def answered() -> bool:
        try:
            answers.append(service.call(method, request))
        except grpc.RpcError as error:
            if error.code() not in ASKED_AGAIN:
                raise
        return bool(answers)

    service.wait(answered, f"answer to {method}")
    return answers[0]


def plan_of(plan_id: str) -> pb.CreateDispatchPlanRequest:
    site = dispatch_pb2.Site(
        step_hours=0.25,
        grid_price=[0.3, 1.0] * (STEPS // 2),
        grid_max_kw=[100] * STEPS,
        loads=[dispatch_pb2.Load(load_class=dispatch_pb2.LOAD_CLASS_OTHER, kw=[20] * STEPS)],
        batteries=[
            dispatch_pb2.Battery(
                plant="battery", power_kw=10, capacity_kwh=20, charge_efficiency=0.95,
                discharge_efficiency=0.95, start_kwh=5,
            )
        ],
    )  # fmt: skip
    plan = dispatch_pb2.DispatchPlan(site=site)
    plan.start_time.FromDatetime(datetime.now(UTC))
    return pb.CreateDispatchPlanRequest(dispatch_plan_id=plan_id, dispatch_plan=plan)


def emergency_of(event_id: str) -> pb.CreateDemandResponseEventRequest:
    interval = demand_response_pb2.EventInterval(
        duration_s=600, payload_type=demand_response_pb2.PAYLOAD_TYPE_ALERT_GRID_EMERGENCY
    )
    event = demand_response_pb2.DemandResponseEvent(
        program="demandResponsePrograms/emergency", intervals=[interval], place_codes=["5101"]
    )
    return pb.CreateDemandResponseEventRequest(
        demand_response_event_id=event_id, demand_response_event=event
    )


async def told(server: NatsServer) -> tuple[list[str], setpoint_pb2.SetpointSheet]:
    """Return the causes of the orders that were told of, and the node's sheet as it is."""
    # By itself a client tries to connect for minutes: whoever asks will ask again.
    link = await nats.connect(
        server.url,
        user_credentials=str(server.credentials("test", "admin")),
        connect_timeout=CALL_S,
        allow_reconnect=False,
    )
    try:
        js = link.jetstream(timeout=CALL_S)
        subject = subjects.event("energy", "orders-given")
        info = await js.stream_info(subjects.EVENTS)
        causes = []
        for number in range(info.state.first_seq, info.state.last_seq + 1):
            message = await js.get_msg(subjects.EVENTS, number)
            if message.subject == subject:
                causes.append(events_pb2.OrdersGiven.FromString(message.data or b"").cause)
        stream = subjects.bucket_stream(subjects.SETPOINTS)
        last = await js.get_last_msg(stream, subjects.bucket_key(subjects.SETPOINTS, NODE))
    finally:
        await link.close()
    signed = setpoint_pb2.SignedSetpointSheet.FromString(last.data or b"")
    return causes, setpoint_pb2.SetpointSheet.FromString(signed.sheet)


def until_told(
    service: EnergyProcess, server: NatsServer, wanted: list[str]
) -> tuple[list[str], setpoint_pb2.SetpointSheet]:
    """Return what was told, as soon as all that is wanted is in it."""
    answers: list[tuple[list[str], setpoint_pb2.SetpointSheet]] = []

    async def ask() -> tuple[list[str], setpoint_pb2.SetpointSheet]:
        async with asyncio.timeout(DEADLINE_S):
            return await told(server)

    def all_told() -> bool:
        with contextlib.suppress(nats.errors.Error, nats.js.errors.Error, TimeoutError, OSError):
            answers.append(asyncio.run(ask()))
        return bool(answers) and set(wanted) <= set(answers[-1][0])

    service.wait(all_told, "told of all orders")
    return answers[-1]


def attempt(service: EnergyProcess, method: str, request: Any) -> None:
    """Call once; whatever becomes of it, the client will ask again."""
    # A channel that is closed before the call says so by ValueError.
    with contextlib.suppress(grpc.RpcError, ValueError):
        service.call(method, request)


def test_every_order_is_given_once_and_in_order() -> None:
    chance = random.Random(SEED)
    with (
        postgres_server() as postgres,
        nats_server() as server,
        energy_process(server, postgres.url(postgres.create_database())) as service,
    ):
        service.asset("battery", NODE, dispatch_pb2.EQUIPMENT_BATTERY)
        service.asset("charger", NODE, dispatch_pb2.EQUIPMENT_CHARGER)
        program = demand_response_pb2.DemandResponseProgram(display_name="emergency")
        service.call(
            "CreateDemandResponseProgram",
            pb.CreateDemandResponseProgramRequest(
                demand_response_program_id="emergency", demand_response_program=program
            ),
        )
        victims: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "service": (service.kill, service.start),
            "nats": (server.kill, server.start),
            "postgres": (postgres.kill, postgres.start),
        }
        causes = []
        for victim, (kill, start) in victims.items():
            plan = until_answered(service, "CreateDispatchPlan", plan_of(f"plan-{victim}"))
            release = pb.ReleaseDispatchPlanRequest(name=plan.name)
            for method, request in (
                ("ReleaseDispatchPlan", release),
                ("CreateDemandResponseEvent", emergency_of(f"event-{victim}")),
            ):
                during = threading.Timer(chance.uniform(0.0, KILL_WITHIN_S), kill)
                during.start()
                attempt(service, method, request)
                during.join()
                start()
                made = until_answered(service, method, request)
                causes.append(made.name)
                # Without nats-server and without PostgreSQL it waits; it does not end.
                assert service.process is not None
                assert service.process.poll() is None
                asked = pb.ListOrdersRequest(cause=made.name, page_size=1000)
                orders = list(until_answered(service, "ListOrders", asked).orders)[::-1]
                assert [each.name for each in orders] == [f"orders/{each}" for each in made.orders]
                starts = [each.start_time.ToMicroseconds() for each in orders]
                assert starts == sorted(starts)
                assert len(orders) == (STEPS if method == "ReleaseDispatchPlan" else 4)

        found, sheet = until_told(service, server, causes)
        assert sorted(found) == sorted(causes)
        standing = [each.order for each in sheet.setpoints]
        assert len(standing) == len(set(standing))
        # The last plan's steps have taken the place of the earlier ones'.
        scopes = [each.cause for each in sheet.setpoints]
        assert scopes.count("dispatch") == STEPS
        assert scopes.count("dr:demandResponseEvents/event-postgres") == 4
