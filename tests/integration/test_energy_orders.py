"""Dispatch, orders in an earthquake, base stations and their claims, over real servers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from tests.support.energy_process import EnergyProcess, energy_process, warning_event
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tests.support.rpc import details
from tianfu.energy.v1 import demand_response_pb2, dispatch_pb2, setpoint_pb2, station_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

pytestmark = pytest.mark.integration

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def service() -> Iterator[EnergyProcess]:
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        energy_process(nats, postgres.url(postgres.create_database())) as process,
    ):
        yield process


@pytest.fixture
def name() -> str:
    """A name that no other test of this module has."""
    return f"u{next(NUMBERS)}"


def refusal(caught: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    info = details(caught.value).info
    assert info is not None
    return str(info.reason)


def vector_site() -> dispatch_pb2.Site:
    """Return the site whose cheapest plan costs 97.6482."""
    return dispatch_pb2.Site(
        step_hours=1,
        grid_price=[0.3, 0.6, 1.0, 0.6],
        grid_max_kw=[100] * 4,
        gas_price=0.35,
        loads=[dispatch_pb2.Load(load_class=dispatch_pb2.LOAD_CLASS_OTHER, kw=[30, 50, 70, 60])],
        heat_kw=[40, 30, 20, 35],
        pv_kw=[0, 20, 40, 10],
        chps=[dispatch_pb2.Chp(plant="chp", gas_max_kw=80, electric=0.35, heat=0.45)],
        boilers=[dispatch_pb2.Boiler(plant="boiler", gas_max_kw=60, heat=0.9)],
        heat_pumps=[dispatch_pb2.HeatPump(plant="pump", electric_max_kw=20, cop=3)],
        batteries=[
            dispatch_pb2.Battery(
                plant="battery",
                power_kw=10,
                capacity_kwh=20,
                charge_efficiency=0.95,
                discharge_efficiency=0.95,
            )
        ],
    )


def test_a_plan_is_made_explained_and_released_once(service: EnergyProcess, name: str) -> None:
    site = vector_site()
    site.batteries[0].plant = f"battery-{name}"
    service.asset(f"battery-{name}", f"node-{name}", dispatch_pb2.EQUIPMENT_BATTERY)
    request = pb.CreateDispatchPlanRequest(
        dispatch_plan_id=name, dispatch_plan=dispatch_pb2.DispatchPlan(site=site)
    )
    plan = service.call("CreateDispatchPlan", request)
    assert plan.cost == pytest.approx(97.6482, abs=1e-4)
    assert len(plan.marginal_price) == 4
    again = service.call("CreateDispatchPlan", request)
    assert again == plan
    released = service.call("ReleaseDispatchPlan", pb.ReleaseDispatchPlanRequest(name=plan.name))
    assert released.state == dispatch_pb2.DISPATCH_STATE_RELEASED
    assert released == service.call(
        "ReleaseDispatchPlan", pb.ReleaseDispatchPlanRequest(name=plan.name)
    )
    orders = service.orders(plan.name)
    assert [each.name for each in orders] == [f"orders/{each}" for each in released.orders]
    schedule = next(each for each in plan.schedules if each.plant == f"battery-{name}")
    assert [each.value_kw for each in orders] == pytest.approx(list(schedule.kw))
    request.dispatch_plan.site.gas_price = 0.4
    with pytest.raises(grpc.RpcError) as caught:
        service.call("CreateDispatchPlan", request)
    assert refusal(caught) == "RESOURCE_EXISTS"


def test_a_horizon_that_rolls_by_calls_costs_what_the_whole_plan_does(
    service: EnergyProcess, name: str
) -> None:
    """Each step is planned anew with all that is ahead, from what the last one left stored."""
    site = vector_site()
    cost, stored = 0.0, site.batteries[0].start_kwh
    for step in range(4):
        ahead = rest_of(site, step)
        ahead.batteries[0].start_kwh = stored
        request = pb.CreateDispatchPlanRequest(
            dispatch_plan_id=f"{name}-{step}", dispatch_plan=dispatch_pb2.DispatchPlan(site=ahead)
        )
        plan = service.call("CreateDispatchPlan", request)
        first = {each.plant: each.kw[0] for each in plan.schedules}
        gas = first["chp"] + first["boiler"]
        cost += site.grid_price[step] * first["grid"] + site.gas_price * gas
        stored = next(each.stored_kwh[0] for each in plan.schedules if each.stored_kwh)
    assert cost == pytest.approx(97.6482, abs=1e-4)


def rest_of(site: dispatch_pb2.Site, step: int) -> dispatch_pb2.Site:
    """Return a site from a step on."""
    ahead = dispatch_pb2.Site()
    ahead.CopyFrom(site)
    for series in (ahead.grid_price, ahead.grid_max_kw, ahead.heat_kw, ahead.pv_kw):
        del series[:step]
    del ahead.loads[0].kw[:step]
    return ahead


def test_an_emergency_serves_the_hospital_first(service: EnergyProcess, name: str) -> None:
    site = dispatch_pb2.Site(
        step_hours=0.25,
        grid_price=[0.5, 0.5],
        grid_max_kw=[50, 50],
        loads=[
            dispatch_pb2.Load(load_class=dispatch_pb2.LOAD_CLASS_HOSPITAL, kw=[40, 40]),
            dispatch_pb2.Load(load_class=dispatch_pb2.LOAD_CLASS_OTHER, kw=[90, 90]),
        ],
    )
    request = pb.CreateDispatchPlanRequest(
        dispatch_plan_id=name,
        dispatch_plan=dispatch_pb2.DispatchPlan(
            site=site, mode=dispatch_pb2.DISPATCH_MODE_EMERGENCY
        ),
    )
    plan = service.call("CreateDispatchPlan", request)
    unserved = {each.load: each.kwh for each in plan.unserved}
    assert unserved["hospital"] == pytest.approx(0, abs=1e-6)
    assert unserved["other"] == pytest.approx(40)
    request.dispatch_plan_id = f"{name}-all"
    request.dispatch_plan.mode = dispatch_pb2.DISPATCH_MODE_CHEAPEST
    with pytest.raises(grpc.RpcError) as caught:
        service.call("CreateDispatchPlan", request)
    assert refusal(caught) == "DISPATCH_INFEASIBLE"


def test_an_earthquake_makes_equipment_safe_within_half_a_second(
    service: EnergyProcess, name: str
) -> None:
    place, node = "513221", f"node-{name}"
    for number, equipment in ((1, "GAS_VALVE"), (2, "CHARGER"), (3, "BATTERY"), (4, "MICROGRID")):
        kind = dispatch_pb2.Equipment.Value(f"EQUIPMENT_{equipment}")
        service.asset(f"asset-{number}-{name}", node, kind, place_code=place)
    red, version = 4, 1
    event = warning_event(f"w-{name}", version, {place: red})
    service.publish(event, event)
    cause = f"earthquakes/eq-w-{name}/actual"
    service.wait(lambda: len(service.orders(cause)) == 4, "orders")
    orders = service.orders(cause)
    assert [each.action for each in orders] == [
        setpoint_pb2.SETPOINT_ACTION_CLOSE_GAS_VALVE,
        setpoint_pb2.SETPOINT_ACTION_ARM_ISLAND,
        setpoint_pb2.SETPOINT_ACTION_HOLD_BATTERY,
        setpoint_pb2.SETPOINT_ACTION_STOP_CHARGER,
    ]
    took = [e.issue_time.ToDatetime() - e.cause_time.ToDatetime() for e in orders]
    assert max(took) < timedelta(milliseconds=500)
    service.publish(warning_event(f"w-{name}", 2, {place: red}, kind="cancelled"))
    service.wait(lambda: len(service.orders(cause)) == 7, "releases")
    freed = {each.action for each in service.orders(cause)[4:]}
    assert setpoint_pb2.SETPOINT_ACTION_RESUME_CHARGER in freed
    stored = {each.name for each in service.orders(cause)}
    assert len(stored) == 7


def test_equipment_acts_on_what_is_forecast_for_its_county(
    service: EnergyProcess, name: str
) -> None:
    strong, weak, red = "513321", "513322", 4
    for place in (strong, weak):
        for equipment in ("GAS_VALVE", "CHARGER"):
            kind = dispatch_pb2.Equipment.Value(f"EQUIPMENT_{equipment}")
            service.asset(f"{equipment[:3].lower()}-{place}", f"n-{place}", kind, place_code=place)
    colours, forecast = {strong: red, weak: red}, {strong: 7.2, weak: 5.3}
    service.publish(warning_event(f"w-{name}", 1, colours, intensities=forecast))
    cause = f"earthquakes/eq-w-{name}/actual"
    service.wait(lambda: len(service.orders(cause)) == 3, "orders")
    assert {(each.asset, each.action) for each in service.orders(cause)} == {
        (f"assets/gas-{strong}", setpoint_pb2.SETPOINT_ACTION_CLOSE_GAS_VALVE),
        (f"assets/cha-{strong}", setpoint_pb2.SETPOINT_ACTION_STOP_CHARGER),
        (f"assets/cha-{weak}", setpoint_pb2.SETPOINT_ACTION_STOP_CHARGER),
    }
    # The next solution is stronger: what that adds is ordered, and nothing anew.
    service.publish(warning_event(f"w-{name}", 2, colours, intensities=forecast | {weak: 7.0}))
    service.wait(lambda: len(service.orders(cause)) == 4, "the other valve")
    assert service.orders(cause)[-1].asset == f"assets/gas-{weak}"


def test_an_exercise_is_none_of_the_real_worlds(service: EnergyProcess, name: str) -> None:
    place = "510184"
    valve = dispatch_pb2.EQUIPMENT_GAS_VALVE
    service.asset(f"valve-{name}", f"node-{name}", valve, place_code=place)
    service.publish(warning_event(f"w-{name}", 1, {place: 4}, exercise=True))
    cause = f"earthquakes/eq-w-{name}/exercise"
    service.wait(lambda: len(service.orders(cause)) == 1, "orders of the exercise")
    assert service.orders(cause)[0].exercise


def test_no_cell_sleeps_under_a_warning(service: EnergyProcess, name: str) -> None:
    place = "510121"
    station = station_pb2.Station(
        operator_name="tower", place_code=place, radio_kind=station_pb2.RADIO_KIND_MACRO,
        radio_count=3, critical_kw=2.5, backup_hours=4,
    )  # fmt: skip
    made = service.call("CreateStation", pb.CreateStationRequest(station_id=name, station=station))
    assert made.reserve_kwh == pytest.approx(10)
    start = datetime.now(UTC).replace(microsecond=0)
    plan = station_pb2.SleepPlan(
        step_s=900, scenes=[station_pb2.CellScene(load=0.01, spare=0.8)] * 24
    )
    plan.start_time.FromDatetime(start)
    request = pb.CreateSleepPlanRequest(
        parent=f"stations/{name}", sleep_plan_id="calm", sleep_plan=plan
    )
    calm = service.call("CreateSleepPlan", request)
    assert any(step.asleep for step in calm.steps)
    assert calm.energy_kwh < calm.always_on_kwh
    service.publish(
        warning_event(f"rain-{name}", 1, {place: 3}, event_code="11B03", valid=timedelta(hours=3))
    )

    def warned() -> bool:
        request.sleep_plan_id = f"rain-{next(NUMBERS)}"
        steps = service.call("CreateSleepPlan", request).steps
        return bool(steps[0].reason == "WARNING_ACTIVE")

    service.wait(warned, "awake")
    request.sleep_plan_id = "rain"
    steps = service.call("CreateSleepPlan", request).steps
    assert not any(step.asleep for step in steps[:12])
    assert steps[-1].asleep


def test_a_battery_earns_by_the_price_and_fills_under_a_warning(
    service: EnergyProcess, name: str
) -> None:
    place = "510131"
    station = station_pb2.Station(
        operator_name="tower", place_code=place, radio_kind=station_pb2.RADIO_KIND_MACRO,
        radio_count=3, critical_kw=2.0, backup_hours=4,
    )  # fmt: skip
    service.call("CreateStation", pb.CreateStationRequest(station_id=name, station=station))
    plan = station_pb2.BatteryPlan(
        step_s=3600, load_kw=[3.0] * 24, price=[1.2] * 12 + [0.3] * 12, power_kw=5,
        capacity_kwh=20, charge_efficiency=0.95, discharge_efficiency=0.95, start_kwh=15,
    )  # fmt: skip
    plan.start_time.FromDatetime(datetime.now(UTC).replace(microsecond=0))
    request = pb.CreateBatteryPlanRequest(
        parent=f"stations/{name}", battery_plan_id="calm", battery_plan=plan
    )
    calm = service.call("CreateBatteryPlan", request)
    assert calm.reserve_kwh == pytest.approx(8)
    assert min(step.stored_kwh for step in calm.steps) == pytest.approx(8)
    assert calm.cost_cny < calm.idle_cost_cny == pytest.approx(54)
    assert {step.reason for step in calm.steps} == {"ARBITRAGE"}
    assert service.call("CreateBatteryPlan", request) == calm
    service.publish(
        warning_event(f"gale-{name}", 1, {place: 3}, event_code="11B03", valid=timedelta(hours=3))
    )

    def warned() -> bool:
        request.battery_plan_id = f"gale-{next(NUMBERS)}"
        steps = service.call("CreateBatteryPlan", request).steps
        return bool(steps[0].reason == "WARNING_ACTIVE")

    service.wait(warned, "filling")
    request.battery_plan_id = "gale"
    steps = service.call("CreateBatteryPlan", request).steps
    assert [step.kw <= 0 for step in steps[:3]] == [True] * 3
    assert steps[2].stored_kwh == pytest.approx(20)
    assert steps[-1].reason == "ARBITRAGE"
    listed = service.call("ListBatteryPlans", pb.ListBatteryPlansRequest(parent=f"stations/{name}"))
    assert {"calm", "gale"} <= {each.name.rpartition("/")[2] for each in listed.battery_plans}


def test_a_meter_is_subsidised_once_a_month(service: EnergyProcess, name: str) -> None:
    for operator in ("a", "b"):
        station = station_pb2.Station(
            operator_name=operator, place_code="510104",
            radio_kind=station_pb2.RADIO_KIND_MACRO, radio_count=3,
        )  # fmt: skip
        service.call(
            "CreateStation",
            pb.CreateStationRequest(station_id=f"{name}-{operator}", station=station),
        )
    claim = station_pb2.SubsidyClaim(
        operator_name="a", meter_number=f"m-{name}", month="2026-10", energy_kwh=2_400,
        hours=744, mean_load=0.3, other_kw=0.5, metered=True, price_paid=0.6, price_grid=0.6,
    )  # fmt: skip

    def claimed(operator: str) -> station_pb2.SubsidyClaim:
        request = pb.CreateSubsidyClaimRequest(
            parent=f"stations/{name}-{operator}", subsidy_claim_id="october", subsidy_claim=claim
        )
        made: station_pb2.SubsidyClaim = service.call("CreateSubsidyClaim", request)
        return made

    first = claimed("a")
    assert first.objections == []
    assert first.amount_cny == pytest.approx(240)
    assert not first.rule_verified
    assert claimed("a") == first
    second = claimed("b")
    assert second.objections == ["DOUBLE_CLAIM"]
    assert second.amount_cny == 0


def test_an_emergency_of_the_grid_is_called_off_once(service: EnergyProcess, name: str) -> None:
    place = "513401"
    charger = dispatch_pb2.EQUIPMENT_CHARGER
    service.asset(f"charger-{name}", f"node-{name}", charger, place_code=place)
    service.call(
        "CreateDemandResponseProgram",
        pb.CreateDemandResponseProgramRequest(
            demand_response_program_id=name,
            demand_response_program=demand_response_pb2.DemandResponseProgram(display_name=name),
        ),
    )
    interval = demand_response_pb2.EventInterval(
        duration_s=600, payload_type=demand_response_pb2.PAYLOAD_TYPE_ALERT_GRID_EMERGENCY
    )
    event = demand_response_pb2.DemandResponseEvent(
        program=f"demandResponsePrograms/{name}", intervals=[interval], place_codes=[place]
    )
    made = service.call(
        "CreateDemandResponseEvent",
        pb.CreateDemandResponseEventRequest(
            demand_response_event_id=name, demand_response_event=event
        ),
    )
    given = len(service.orders(made.name))
    request = pb.CancelDemandResponseEventRequest(name=made.name)
    off = service.call("CancelDemandResponseEvent", request)
    assert off.HasField("cancel_time")
    freed = service.orders(made.name)[given:]
    assert [each.action for each in freed] == [setpoint_pb2.SETPOINT_ACTION_RESUME_CHARGER]
    assert service.call("CancelDemandResponseEvent", request) == off
    assert len(service.orders(made.name)) == given + 1
    order = service.call("GetOrder", pb.GetOrderRequest(name=freed[0].name))
    assert order == freed[0]
    with pytest.raises(grpc.RpcError) as caught:
        service.call("CancelDemandResponseEvent", request, "ENERGY_MANAGER")
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_what_was_stored_is_returned_by_its_name(service: EnergyProcess, name: str) -> None:
    service.asset(f"valve-{name}", f"node-{name}", dispatch_pb2.EQUIPMENT_GAS_VALVE)
    asset = service.call("GetAsset", pb.GetAssetRequest(name=f"assets/valve-{name}"))
    assert asset.node == f"nodes/node-{name}"
    station = station_pb2.Station(
        operator_name="tower", place_code="510104", radio_kind=station_pb2.RADIO_KIND_MACRO,
        radio_count=3, critical_kw=2.0, backup_hours=4,
    )  # fmt: skip
    made = service.call("CreateStation", pb.CreateStationRequest(station_id=name, station=station))
    assert service.call("GetStation", pb.GetStationRequest(name=made.name)) == made
    sleep = station_pb2.SleepPlan(step_s=900, scenes=[station_pb2.CellScene(load=0.1)] * 4)
    sleep.start_time.FromDatetime(datetime.now(UTC).replace(microsecond=0))
    asked = pb.CreateSleepPlanRequest(parent=made.name, sleep_plan_id="night", sleep_plan=sleep)
    night = service.call("CreateSleepPlan", asked)
    assert service.call("GetSleepPlan", pb.GetSleepPlanRequest(name=night.name)) == night
    with pytest.raises(grpc.RpcError) as caught:
        service.call("GetStation", pb.GetStationRequest(name="stations/nowhere"))
    assert refusal(caught) == "RESOURCE_UNKNOWN"
    with pytest.raises(grpc.RpcError) as caught:
        service.call("GetOrder", pb.GetOrderRequest(name="orders/" + "0" * 32))
    assert refusal(caught) == "RESOURCE_UNKNOWN"


def test_a_plan_beyond_the_calendar_is_refused(service: EnergyProcess, name: str) -> None:
    station = station_pb2.Station(
        operator_name="tower", place_code="510104", radio_kind=station_pb2.RADIO_KIND_MACRO,
        radio_count=3, critical_kw=2.0, backup_hours=4,
    )  # fmt: skip
    service.call("CreateStation", pb.CreateStationRequest(station_id=name, station=station))
    last = datetime(9999, 12, 31, 23, tzinfo=UTC)
    sleep = station_pb2.SleepPlan(step_s=3600, scenes=[station_pb2.CellScene(load=0.1)] * 4)
    sleep.start_time.FromDatetime(last)
    battery = station_pb2.BatteryPlan(
        step_s=3600, load_kw=[3.0] * 4, price=[0.3] * 4, power_kw=5, capacity_kwh=20,
        charge_efficiency=0.95, discharge_efficiency=0.95, start_kwh=15,
    )  # fmt: skip
    battery.start_time.FromDatetime(last)
    parent = f"stations/{name}"
    for method, request in (
        ("CreateSleepPlan",
         pb.CreateSleepPlanRequest(parent=parent, sleep_plan_id="x", sleep_plan=sleep)),
        ("CreateBatteryPlan",
         pb.CreateBatteryPlanRequest(parent=parent, battery_plan_id="x", battery_plan=battery)),
    ):  # fmt: skip
        with pytest.raises(grpc.RpcError) as caught:
            service.call(method, request)
        assert refusal(caught) == "PLAN_BEYOND_TIME"
