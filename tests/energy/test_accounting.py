"""Nothing that one unit's data say keeps readings from being accounted for, its own or others'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.energy.bus.readings import ReadingsTaker
from services.energy.store.transaction import Transactor
from services.energy.usecases import accounting, consumption, demand_response, settlement
from services.energy.usecases.accounting import Batch
from services.energy.usecases.desk import RuleDesk
from services.plumbing.refusal import FailedPrecondition, Unavailable
from tests.energy.accounting_world import NODE, QUARTER, START, Accounts
from tests.support.batches import FakeMessage
from tianfu import batch_encoder, subjects
from tianfu.energy.v1 import demand_response_pb2 as dr

pytestmark = pytest.mark.integration


@pytest.fixture
async def accounts(transactor: Transactor, desk: RuleDesk) -> Accounts:
    made = Accounts(transactor, desk)
    await made.unit("plant")
    return made


async def test_a_carrier_without_a_coefficient_is_named_and_stops_nothing(
    accounts: Accounts,
) -> None:
    await accounts.meter("plant", "power", "electricity")
    await accounts.meter("plant", "steam", "steam")
    await accounts.quota("plant", 1.0)
    batches = [accounts.batch(name, [0.0, 500.0, 1_000.0]) for name in ("power", "steam")]
    assert (await accounts.record(*batches)).intervals
    used = await accounts.consumption("plant", 1)
    assert used.tce == pytest.approx(0.1229, rel=1e-3)
    assert list(used.unconverted_energies) == ["steam"]
    quota = await accounts.used("plant")
    assert quota.used_tce == pytest.approx(used.tce)
    assert list(quota.unconverted_energies) == ["steam"]


@pytest.mark.parametrize(("energy", "kgce"), [("diesel", 1.4571), ("softened_water", 0.4857)])
async def test_meters_count_in_the_unit_that_their_carrier_is_converted_by(
    accounts: Accounts, energy: str, kgce: float
) -> None:
    await accounts.meter("plant", "flow", energy)
    await accounts.record(accounts.batch("flow", [0.0, 50.0, 100.0]))
    used = await accounts.consumption("plant", 1)
    assert used.tce == pytest.approx(100 * kgce / 1000, rel=1e-3)
    assert not used.unconverted_energies


async def test_a_register_gone_wild_is_told_of_and_its_quota_waits(accounts: Accounts) -> None:
    await accounts.meter("plant", "power", "electricity")
    await accounts.quota("plant", 1.0)
    recorded = await accounts.record(accounts.batch("power", [0.0, 1e18, 2e18]))
    assert recorded.intervals
    assert "QUOTA_NOT_ASSESSED" in await accounts.anomalies("plant")
    assert (await accounts.used("plant")).used_tce == 0


async def settled_event(accounts: Accounts) -> tuple[str, datetime]:
    """Return an event that was settled by three weeks of readings, and when it began."""
    begin = START + timedelta(days=21, hours=10)
    count = 96 * 22
    await accounts.meter("plant", "power", "electricity")
    for day in range(22):
        values = [10.0 * n for n in range(day * 96, day * 96 + 97)]
        start = START + timedelta(days=day)
        left_out = round((begin + QUARTER - start) / QUARTER)
        if 0 < left_out < len(values):
            # The reading between the event's two intervals comes late.
            later = start + (left_out + 1) * QUARTER
            await accounts.record(accounts.batch("power", values[left_out + 1 :], later))
            values = values[:left_out]
        await accounts.record(accounts.batch("power", values, start))
    name, program = "demandResponseEvents/e", "demandResponsePrograms/p"
    interval = dr.EventInterval(duration_s=1800, payload_type=dr.PAYLOAD_TYPE_SIMPLE, values=[1])
    event = dr.DemandResponseEvent(name=name, program=program, committed_kwh=8)
    event.intervals.append(interval)
    event.start_time.FromDatetime(begin)
    made = dr.DemandResponseProgram(name=program, display_name="p", units=["units/plant"])
    write, desk = accounts.transactor.write, accounts.desk
    await write(demand_response.create_program, made, "", "somebody", now=begin)
    await write(demand_response.create_event, desk, event, "", "somebody", now=begin)
    end = START + count * QUARTER
    await write(settlement.settle, desk, name, "units/plant", now=end)
    return name, begin


def late(accounts: Accounts, begin: datetime) -> Batch:
    """Return the reading that was left out: four kWh more in the first interval."""
    shown = 10.0 * ((begin + QUARTER - START) / QUARTER) + 4.0
    return accounts.batch("power", [shown], begin + QUARTER)


async def versions(accounts: Accounts, name: str) -> int:
    def read(tx: Any) -> int:
        found = tx.document(settlement.SETTLEMENT, f"{name}/units/plant")
        return int(dr.Settlement.FromString(found.body).version)

    number: int = await accounts.transactor.read(read)
    return number


async def test_what_is_restated_settles_anew(accounts: Accounts) -> None:
    name, begin = await settled_event(accounts)
    recorded = await accounts.record(late(accounts, begin), now=begin + timedelta(days=1))
    assert recorded.restated
    assert await versions(accounts, name) == 2


@pytest.mark.parametrize("how", ["cancelled", "forgotten days"])
async def test_a_settlement_that_can_not_be_made_anew_keeps_no_reading_back(
    accounts: Accounts, how: str
) -> None:
    name, begin = await settled_event(accounts)
    later = begin + timedelta(days=1)
    if how == "cancelled":
        off = dr.DemandResponseEvent(name=name)
        await accounts.transactor.write(
            demand_response.change_event, accounts.desk, off, "somebody", now=later
        )
        recorded = await accounts.record(late(accounts, begin), now=later)
    else:
        # The register is said to have gone back on each day that the baseline could be made of.
        batches = [
            accounts.batch("power", [0.5], begin - timedelta(days=back) + QUARTER / 2)
            for back in range(1, 22)
        ]
        recorded = await accounts.record(*batches, now=later)
    assert recorded.restated
    assert await versions(accounts, name) == 1


async def test_a_batch_counts_once_however_often_it_comes(accounts: Accounts) -> None:
    await accounts.meter("plant", "power", "electricity")
    one = accounts.batch("power", [0.0, 500.0, 1_000.0])
    await accounts.record(one, one)
    assert (await accounts.record(one)).repeated == 1
    assert (await accounts.consumption("plant", 1)).tce == pytest.approx(0.1229, rel=1e-3)


def test_days_of_account_are_chinas() -> None:
    begin, end = consumption.year_span(2026)
    assert begin.astimezone(UTC) == datetime(2025, 12, 31, 16, tzinfo=UTC)
    assert end - begin == timedelta(days=365)


class Given:
    """A message of the stream READINGS, and what became of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acked = 0

    async def ack(self) -> None:
        """Note it."""
        self.acked += 1


class Letters:
    """Notes what was given back or buried."""

    def __init__(self) -> None:
        self.settled: list[str] = []

    async def settle(self, message: Any, error: Exception) -> None:
        """Note it."""
        self.settled.append(f"{message.name} {type(error).__name__}")


async def test_one_batch_that_fails_takes_no_other_with_it(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await accounts.meter("plant", "power", "electricity")
    await accounts.unit("other")
    await accounts.meter("other", "flow", "electricity")
    good = accounts.batch("flow", [0.0, 500.0, 1_000.0])
    bad = accounts.batch("power", [0.0, 500.0, 1_000.0])
    total = accounting._total

    def fails(tx: Any, unit_id: str, *arguments: Any, **named: Any) -> None:
        if unit_id == "plant":
            raise FailedPrecondition("made to fail")
        total(tx, unit_id, *arguments, **named)

    monkeypatch.setattr(accounting, "_total", fails)
    letters: Any = Letters()
    source: Any = None
    taker = ReadingsTaker(
        source, accounts.transactor, accounts.desk, letters, lambda: START, CollectorRegistry(),
    )  # fmt: skip
    messages: Any = [Given("good"), Given("bad"), Given("of no meter")]
    nothing = Batch("gateway/7/999", {})
    await taker._account(list(zip(messages, [good, bad, nothing], strict=True)))
    assert [each.acked for each in messages] == [1, 0, 1]
    assert letters.settled == ["bad FailedPrecondition"]
    assert (await accounts.consumption("other", 1)).tce == pytest.approx(0.1229, rel=1e-3)
    assert (await accounts.consumption("plant", 1)).tce == 0


def message(sequence: int, first_kwh: float) -> Any:
    """Return a batch of two readings of a register, half an hour apart."""
    builder = batch_encoder.BatchBuilder()
    for number, kwh in enumerate((first_kwh, first_kwh + 500.0)):
        at_us = consumption.microseconds(START + number * 2 * QUARTER)
        builder.add(batch_encoder.SeriesKey("power", "kW.h"), at_us, kwh, 0)
    identity = batch_encoder.Identity(NODE, 7, sequence)
    data = batch_encoder.encode(builder.message(), identity, produced_total=2 * sequence, drops=[])
    made: Any = FakeMessage(data, subjects.reading(subjects.NodeId(NODE)))
    made.name = f"batch {sequence}"
    return made


async def test_a_meter_counts_from_when_it_was_made_and_no_batch_is_passed_over_unasked(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters: Any = Letters()
    source: Any = None
    taker = ReadingsTaker(
        source, accounts.transactor, accounts.desk, letters, lambda: START + 4 * QUARTER,
        CollectorRegistry(),
    )  # fmt: skip
    before, unasked, after = message(1, 0.0), message(2, 0.0), message(2, 0.0)
    await taker.take([before])
    assert before.said == ["ack"]

    await accounts.meter("plant", "power", "electricity")
    with monkeypatch.context() as patched:
        patched.setattr(accounts.transactor, "read", unavailable)
        await taker.take([unasked])
    assert unasked.said == []
    assert letters.settled == ["batch 2 Unavailable"]

    await taker.take([after])
    assert after.said == ["ack"]
    assert (await accounts.consumption("plant", 1)).tce == pytest.approx(0.06145, rel=1e-3)


async def unavailable(*_: Any, **__: Any) -> None:
    """Be a database that is away."""
    raise Unavailable("made to fail")
