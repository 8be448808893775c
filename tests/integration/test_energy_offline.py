"""Thirty days of quarter hours without a link: kept on the node, and all accounted for once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from edge.settings import SpoolSettings
from edge.spool_account import NewBatch, Waiting
from tests.edge.doubles import FakeClock, open_spool
from tests.support.energy_process import INTERVAL, energy_process
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tianfu import subjects
from tianfu.batch_encoder import BatchBuilder, SeriesKey
from tianfu.energy.v1 import energy_service_pb2 as pb
from tianfu.energy.v1 import unit_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NODE: Final = "far-gateway"
DAYS: Final = 30
QUARTERS: Final = 96
KWH: Final = 2.5
RESENT: Final = 50
"""Batches whose acknowledgement the node has not heard: it sends them again."""


def kept(folder: Path, begin: datetime) -> list[Waiting]:
    """Return what a node's spool holds after a month without a link."""
    usual = SpoolSettings()
    clock = FakeClock(wall=round(begin.timestamp() * 1e6))
    spool = open_spool(
        folder, clock, node=NODE, bytes_max=usual.bytes_max, age_max_s=usual.age_max_s
    )
    for day in range(DAYS):
        batches = []
        for quarter in range(QUARTERS):
            number = day * QUARTERS + quarter
            builder = BatchBuilder()
            when = begin + number * INTERVAL
            builder.add(SeriesKey("main", "kW.h"), round(when.timestamp() * 1e6), number * KWH, 0)
            batches.append(NewBatch(builder.message()))
        assert all(spool.store(batches))
        clock.advance(86_400.0 if day < DAYS - 1 else 86_000.0)
        spool.tidy()
    waiting: list[Waiting] = []
    while rows := spool.claim(spool.epoch, waiting[-1].sequence if waiting else 0, 500):
        waiting += rows
    assert spool.account().dropped == 0
    spool.close()
    return waiting


def test_a_month_without_a_link_is_accounted_for_without_gap_or_duplicate(tmp_path: Path) -> None:
    today = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0)
    begin = today - timedelta(days=DAYS + 1)
    waiting = kept(tmp_path, begin)
    assert len(waiting) == DAYS * QUARTERS
    subject = subjects.reading(subjects.node_id(NODE))
    sent = [(subject, row.payload, f"{row.epoch}-{row.sequence}") for row in waiting]
    half = len(sent) // 2
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        energy_process(nats, postgres.url(postgres.create_database())) as service,
    ):
        service.unit("far")
        service.meter("far", "main", NODE)
        meter, end = "units/far/meters/main", begin + timedelta(days=DAYS)

        def intervals() -> list[unit_pb2.Interval]:
            found = []
            for day in range(DAYS):
                low = begin + timedelta(days=day)
                found += service.intervals(meter, low, low + timedelta(days=1))
            return found

        service.publish(*sent[:half])
        service.kill()
        service.start()
        # The link was cut, and the service killed: what was not acknowledged is sent again.
        again = [(each[0], each[1], f"again-{each[2]}") for each in sent[half - RESENT : half]]
        service.publish(*again, *sent[half:])
        request = pb.GetConsumptionRequest(name="units/far")
        request.start_time.FromDatetime(begin)
        request.end_time.FromDatetime(end)

        def used() -> unit_pb2.Consumption:
            made: unit_pb2.Consumption = service.call("GetConsumption", request)
            return made

        def is_whole() -> bool:
            made = used()
            # The last quarter hour has begun, and nothing says yet what it used.
            return (made.unknown_intervals, made.estimated_intervals) == (1, 0)

        # What the kill left unacknowledged comes after what was sent later: until it is there, the
        # gap is estimated, and then restated.
        service.wait(is_whole, "a month of intervals")
        found = intervals()
        assert {each.quality for each in found} == {unit_pb2.INTERVAL_QUALITY_MEASURED}
        assert [each.amount for each in found] == pytest.approx([KWH] * len(found))
        assert used().energies[0].amount == pytest.approx(KWH * (len(sent) - 1))
