"""The energy service over real servers: meters in, energy out, quotas, orders, plans, claims."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import openpyxl
import pytest

from services.energy.model.records import derived
from tests.support.energy_process import (
    INTERVAL,
    EnergyProcess,
    energy_process,
)
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tests.support.rpc import details
from tianfu.energy.v1 import (
    demand_response_pb2,
    unit_pb2,
)
from tianfu.energy.v1 import energy_service_pb2 as pb

pytestmark = pytest.mark.integration

MEASURED = unit_pb2.INTERVAL_QUALITY_MEASURED
ESTIMATED = unit_pb2.INTERVAL_QUALITY_ESTIMATED
ROLLBACK = unit_pb2.INTERVAL_QUALITY_ROLLBACK
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


def quarter(days_ago: int = 1) -> datetime:
    """Return the begin of a day in China, some days ago."""
    local = datetime.now(UTC) + timedelta(hours=8)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
    return day - timedelta(hours=8)


def refusal(caught: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    info = details(caught.value).info
    assert info is not None
    return str(info.reason)


def feed(
    service: EnergyProcess, unit: str, readings: list[tuple[datetime, float]], series: str = "main"
) -> None:
    service.publish(*service.batch(f"node-{unit}", series, readings))


def steady(begin: datetime, count: int, kwh: float = 2.5) -> list[tuple[datetime, float]]:
    return [(begin + n * INTERVAL, 1000 + n * kwh) for n in range(count)]


def known(service: EnergyProcess, unit: str, count: int, days_ago: int = 1) -> None:
    begin = quarter(days_ago)
    meter = f"units/{unit}/meters/main"
    service.wait(
        lambda: len(service.intervals(meter, begin, begin + timedelta(days=2))) == count,
        f"{count} intervals of {unit}",
    )


def plant(service: EnergyProcess, unit: str, **fields: Any) -> None:
    service.unit(unit, **fields)
    service.meter(unit, "main", f"node-{unit}")


def test_registers_become_energy_by_the_quarter_hour(service: EnergyProcess, name: str) -> None:
    plant(service, name)
    begin = quarter()
    feed(service, name, steady(begin, 97))
    known(service, name, 96)
    found = service.intervals(f"units/{name}/meters/main", begin, begin + timedelta(days=1))
    assert {each.quality for each in found} == {MEASURED}
    assert [each.amount for each in found] == pytest.approx([2.5] * 96)
    request = pb.GetConsumptionRequest(name=f"units/{name}")
    request.start_time.FromDatetime(begin)
    request.end_time.FromDatetime(begin + timedelta(days=1))
    used = service.call("GetConsumption", request)
    assert used.tce == pytest.approx(240 * 0.1229 / 1000)
    assert used.basis == unit_pb2.ELECTRICITY_BASIS_EQUIVALENT
    assert (used.unknown_intervals, used.estimated_intervals) == (0, 0)
    request.basis = unit_pb2.ELECTRICITY_BASIS_SUPPLY_COAL
    assert service.call("GetConsumption", request).tce == pytest.approx(240 * 0.30 / 1000)


def test_late_readings_restate_what_depends_on_them_once(service: EnergyProcess, name: str) -> None:
    """A gap is filled in a line, what came late then measures it; both versions are kept."""
    plant(service, name)
    begin = quarter()
    readings = steady(begin, 13)
    readings[5:7] = [(when, value + 1.0) for when, value in readings[5:7]]
    late = readings[5:7]
    feed(service, name, readings[:5] + readings[7:])
    known(service, name, 12)
    meter = f"units/{name}/meters/main"
    before = service.intervals(meter, begin, begin + timedelta(hours=3))
    assert [each.quality for each in before[4:7]] == [ESTIMATED] * 3
    messages = service.batch(f"node-{name}", "main", late)
    service.publish(*messages, *((each[0], each[1], f"again-{each[2]}") for each in messages))

    def measured() -> bool:
        found = service.intervals(meter, begin, begin + timedelta(hours=3))
        return all(each.quality == MEASURED for each in found)

    service.wait(measured, "measured")
    after = service.intervals(meter, begin, begin + timedelta(hours=3))
    assert [each.restatements for each in after] == [0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    assert sum(e.amount for e in after) == pytest.approx(sum(e.amount for e in before))
    stream = service.call("WatchRestatements", pb.WatchRestatementsRequest(meter=meter))
    told = [next(stream).restatement for _ in range(3)]
    stream.cancel()
    assert [each.version for each in told] == [2] * 3
    assert told[0].amount_before == pytest.approx(2.5)
    assert told[0].amount_after == pytest.approx(3.5)
    assert {each.cause.split("/")[0] for each in told} == {f"node-{name}"}
    totals = service.call(
        "ListTotalRestatements", pb.ListTotalRestatementsRequest(parent=f"units/{name}")
    ).total_restatements
    assert [each.version for each in totals] == [2]
    assert totals[0].amount_after == pytest.approx(totals[0].amount_before)


def test_a_register_that_goes_back_has_no_energy_and_is_told_of(
    service: EnergyProcess, name: str
) -> None:
    plant(service, name)
    begin = quarter()
    feed(service, name, [*steady(begin, 4), (begin + 4 * INTERVAL, 12.0)])
    known(service, name, 4)
    found = service.intervals(f"units/{name}/meters/main", begin, begin + timedelta(hours=1))
    assert [each.quality for each in found] == [MEASURED] * 3 + [ROLLBACK]
    request = pb.ListAnomaliesRequest(unit=f"units/{name}")
    [anomaly] = service.call("ListAnomalies", request).anomalies
    assert anomaly.kind == "REGISTER_ROLLBACK"
    assert anomaly.explanation


def test_a_rollover_is_counted(service: EnergyProcess, name: str) -> None:
    plant(service, name)
    begin = quarter()
    values = [999_998.0, 999_999.5, 1.0, 2.5]
    feed(service, name, [(begin + n * INTERVAL, value) for n, value in enumerate(values)])
    known(service, name, 3)
    found = service.intervals(f"units/{name}/meters/main", begin, begin + timedelta(hours=1))
    assert [each.amount for each in found] == pytest.approx([1.5, 1.5, 1.5])


def test_stages_of_a_quota_are_told_once(service: EnergyProcess, name: str) -> None:
    plant(service, name, credit_code="91510400204360956E")
    year = quarter().year
    record = unit_pb2.EnergyRecord(energy="raw_coal", amount=850_000, unit="kg", month=f"{year}-01")
    request = pb.CreateEnergyRecordRequest(
        parent=f"units/{name}", energy_record_id="coal-1", energy_record=record
    )
    service.call("CreateEnergyRecord", request)
    quota = pb.CreateQuotaRequest(
        parent=f"units/{name}", quota_id=str(year), quota=unit_pb2.Quota(quota_tce=700)
    )
    made = service.call("CreateQuota", quota)
    assert made.used_tce == pytest.approx(607.155)
    assert made.stage == unit_pb2.QUOTA_STAGE_NOTICE
    record.amount = 200_000
    request = pb.CreateEnergyRecordRequest(
        parent=f"units/{name}", energy_record_id="coal-2", energy_record=record
    )
    service.call("CreateEnergyRecord", request)
    service.call("CreateEnergyRecord", request)
    found = service.call("GetQuota", pb.GetQuotaRequest(name=f"units/{name}/quotas/{year}"))
    assert found.used_tce == pytest.approx(750.015)
    assert found.stage == unit_pb2.QUOTA_STAGE_EXCEEDED
    assert found.key_unit == unit_pb2.KEY_UNIT_STATE_NO


def test_an_audit_names_missing_meters_and_what_does_not_add_up(
    service: EnergyProcess, name: str
) -> None:
    places = [
        unit_pb2.MeteringPlace(
            place="entry", energy="electricity", level=unit_pb2.METERING_LEVEL_UNIT
        ),
        unit_pb2.MeteringPlace(
            place="hall-1", energy="electricity", level=unit_pb2.METERING_LEVEL_SUB_UNIT
        ),
        unit_pb2.MeteringPlace(
            place="hall-2", energy="electricity", level=unit_pb2.METERING_LEVEL_SUB_UNIT
        ),
    ]
    service.unit(name, places=places)
    service.meter(name, "main", f"node-{name}", place="entry")
    sub = unit_pb2.METERING_LEVEL_SUB_UNIT
    service.meter(name, "sub", f"node-{name}", place="hall-1", level=sub, upstream="main")
    begin = quarter()
    feed(service, name, steady(begin, 5, 10.0))
    feed(service, name, steady(begin, 5, 8.0), "sub")
    known(service, name, 4)
    request = pb.GetMeteringAuditRequest(name=f"units/{name}")
    request.start_time.FromDatetime(begin)
    request.end_time.FromDatetime(begin + timedelta(hours=1))

    def balanced() -> bool:
        return bool(service.call("GetMeteringAudit", request).balances[0].state == "ALARM")

    service.wait(balanced, "an alarm of the balance")
    audit = service.call("GetMeteringAudit", request)
    missing = {rate.level: list(rate.missing_places) for rate in audit.rates}
    assert missing == {unit_pb2.METERING_LEVEL_UNIT: [], sub: ["hall-2"]}
    assert audit.balances[0].share == pytest.approx(0.2)
    assert not audit.met


def test_the_annual_report_says_what_the_api_says(service: EnergyProcess, name: str) -> None:
    plant(service, name)
    begin = quarter()
    feed(service, name, steady(begin, 9))
    known(service, name, 8)
    year = (begin + timedelta(hours=8)).year
    record = unit_pb2.EnergyRecord(energy="diesel", amount=20_000, unit="kg", month=f"{year}-02")
    service.call(
        "CreateEnergyRecord",
        pb.CreateEnergyRecordRequest(
            parent=f"units/{name}", energy_record_id="d", energy_record=record
        ),
    )
    parts = service.call(
        "ExportAnnualReport", pb.ExportAnnualReportRequest(name=f"units/{name}", year=year)
    )
    book = openpyxl.load_workbook(io.BytesIO(b"".join(part.chunk for part in parts)))
    request = pb.GetConsumptionRequest(name=f"units/{name}")
    request.start_time.FromDatetime(datetime(year - 1, 12, 31, 16, tzinfo=UTC))
    request.end_time.FromDatetime(datetime(year, 12, 31, 16, tzinfo=UTC))
    used = service.call("GetConsumption", request)
    rows = list(book["能源消费 Energy"].iter_rows(values_only=True))
    totals = [row[3] for row in rows if str(row[0]).startswith("合计")]
    assert totals[0] == used.tce
    assert used.tce == pytest.approx(20_000 * 1.4571 / 1000 + 20 * 0.1229 / 1000)
    months = list(book["分月 Months"].iter_rows(values_only=True))
    assert sum(row[1] for row in months[1:13]) == pytest.approx(used.tce)
    assert months[13][1] == used.tce


def test_places_add_up(service: EnergyProcess, name: str) -> None:
    plant(service, name, place_code="510402")
    begin = quarter()
    feed(service, name, steady(begin, 9))
    known(service, name, 8)
    for digits, place in ((6, "510402"), (4, "5104"), (2, "51")):
        request = pb.ListRegionTotalsRequest(place_digits=digits)
        request.start_time.FromDatetime(begin)
        request.end_time.FromDatetime(begin + timedelta(days=1))
        found = service.call("ListRegionTotals", request).region_totals
        [own] = [each for each in found if each.place_code == place]
        assert own.amount == pytest.approx(20.0) or digits == 2


def test_carbon_pins_its_year(service: EnergyProcess, name: str) -> None:
    plant(service, name)
    record = unit_pb2.EnergyRecord(
        energy="electricity", amount=1_000_000, unit="kWh", month="2023-05"
    )
    service.call(
        "CreateEnergyRecord",
        pb.CreateEnergyRecordRequest(
            parent=f"units/{name}", energy_record_id="bill", energy_record=record
        ),
    )
    request = pb.GetCarbonFootprintRequest(
        name=f"units/{name}",
        year=2023,
        products=[
            unit_pb2.ProductCarbon(product="steel", share=3),
            unit_pb2.ProductCarbon(product="slag", share=1),
        ],
    )
    found = service.call("GetCarbonFootprint", request)
    assert found.location_t == pytest.approx(156.4)
    assert found.market_t == pytest.approx(609.6)
    assert {e.product: e.carbon_t for e in found.products} == pytest.approx(
        {"steel": 117.3, "slag": 39.1}
    )
    request.year = 2026
    with pytest.raises(grpc.RpcError) as caught:
        service.call("GetCarbonFootprint", request)
    assert refusal(caught) == "CARBON_FACTOR_NOT_FOUND"


def ten_days(
    days: Iterable[tuple[datetime, tuple[int, int]]], today: datetime
) -> list[tuple[datetime, float]]:
    """Return readings of days' eighth to twelfth hours: two alike, then two as stated."""
    readings: list[tuple[datetime, float]] = []
    register = 1000.0
    for begin, hours in [*days, (today, (92, 98))]:
        at = begin + timedelta(hours=8)
        readings += [(at + n * INTERVAL, register + n * 10.0) for n in range(9)]
        register += 80.0
        for hour, kwh in enumerate(hours):
            first = at + timedelta(hours=2 + hour)
            readings += [(first + n * INTERVAL, register + kwh * n / 4) for n in range(1, 5)]
            register += kwh
    return readings


def test_an_event_is_settled_by_the_meters_and_again_when_they_are_restated(
    service: EnergyProcess, name: str
) -> None:
    """The vector of ten similar days: 120.8 and 127.4 kWh are the baseline."""
    plant(service, name)
    days = [
        (100, 110), (120, 125), (90, 95), (130, 140), (105, 115),
        (80, 85), (118, 122), (99, 101), (111, 119), (125, 131),
    ]  # fmt: skip
    today = quarter(1)
    while (today + timedelta(hours=8)).weekday() >= 5:
        today -= timedelta(days=1)
    similar: list[datetime] = []
    day = today
    while len(similar) < 10:
        day -= timedelta(days=1)
        if (day + timedelta(hours=8)).weekday() < 5:
            similar.insert(0, day)
    readings = ten_days(zip(similar, days, strict=True), today)
    feed(service, name, readings)
    program = demand_response_pb2.DemandResponseProgram(
        display_name="peak", units=[f"units/{name}"]
    )
    service.call(
        "CreateDemandResponseProgram",
        pb.CreateDemandResponseProgramRequest(
            demand_response_program_id=name, demand_response_program=program
        ),
    )
    simple = demand_response_pb2.EventInterval(
        duration_s=7200, payload_type=demand_response_pb2.PAYLOAD_TYPE_SIMPLE, values=[1]
    )
    event = demand_response_pb2.DemandResponseEvent(
        program=f"demandResponsePrograms/{name}", intervals=[simple], committed_kwh=60
    )
    event.start_time.FromDatetime(today + timedelta(hours=10))
    service.call(
        "CreateDemandResponseEvent",
        pb.CreateDemandResponseEventRequest(
            demand_response_event_id=name, demand_response_event=event
        ),
    )
    request = pb.GetSettlementRequest(name=f"demandResponseEvents/{name}", unit=f"units/{name}")

    def known_all() -> bool:
        try:
            return not service.call("GetSettlement", request).unknown_intervals
        except grpc.RpcError:
            return False  # too few days are known yet

    service.wait(known_all, "the event's intervals")
    settled = service.call("GetSettlement", request)
    hours = [sum(settled.baseline_kwh[:4]), sum(settled.baseline_kwh[4:])]
    assert hours == pytest.approx([120.8, 127.4])
    assert sum(settled.shed_kwh) == pytest.approx(58.2)
    assert settled.delivered
    assert service.call("GetSettlement", request) == settled
    # A reading within the event that comes late: two of its intervals are known otherwise.
    at = today + timedelta(hours=10)
    late = [(at + timedelta(minutes=7), readings[-9][1] + 20.0)]
    feed(service, name, late)
    meter = f"units/{name}/meters/main"

    def restated() -> bool:
        found = service.intervals(meter, at, at + timedelta(hours=2))
        return any(each.restatements for each in found) or len(found) == 8

    service.wait(restated, "restated")


def test_the_same_series_is_counted_once(service: EnergyProcess, name: str) -> None:
    plant(service, name)
    with pytest.raises(grpc.RpcError) as caught:
        service.meter(name, "twice", f"node-{name}", series=f"nodes/node-{name}/series/main")
    assert refusal(caught) == "SERIES_TAKEN"
    with pytest.raises(grpc.RpcError) as caught:
        service.meter(name, "sub", f"node-{name}", upstream="nobody")
    assert refusal(caught) == "METER_TREE_INVALID"


def test_what_changed_since_is_not_overwritten(service: EnergyProcess, name: str) -> None:
    unit = service.unit(name)
    unit.display_name = "new"
    request = pb.UpdateUnitRequest(unit=unit)
    request.update_mask.paths.append("display_name")
    changed = service.call("UpdateUnit", request)
    assert changed.display_name == "new"
    assert changed.etag != unit.etag
    with pytest.raises(grpc.RpcError) as caught:
        service.call("UpdateUnit", request)
    assert refusal(caught) == "ETAG_STALE"


def test_derived_names_never_meet() -> None:
    assert derived("ab", "c") != derived("a", "bc")
