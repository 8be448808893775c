"""kill -9 of nats-server and of the service while batches of a monitor are in flight.

What was in flight comes again after newer batches, and the scores are those of their order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import grpc
import nats
import pytest

from tests.support import region
from tests.support.late_vitals import COURSE, LATE, node_of
from tests.support.postgres import PostgresServer
from tests.support.region_world import Region, region_world
from tests.support.relay import CLEAR, Condition, Relay
from tests.support.waiting import until_blocking
from tianfu import subjects
from tianfu.healthcare.v1 import exchange_pb2, patient_pb2
from tianfu.healthcare.v1 import healthcare_service_pb2 as pb

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

LONGEST_S: Final = 120.0
SWALLOWED: Final = Condition(is_down_blocked=True)
CUT: Final = Condition(is_cut=True)


@dataclass
class Ward:
    """The service behind a line that can swallow what the stream sends."""

    region: Region
    relay: Relay

    def hang_up(self, name: str, began_us: int) -> str:
        """Return a new patient with a monitor on a node of its own, once its readings count."""
        patient = self.region.patient()
        monitor = exchange_pb2.Monitor(
            name=f"monitors/{name}", node=node_of(name), series_prefix="bed-1.", patient=patient
        )
        request = exchange_pb2.UpdateMonitorRequest(monitor=monitor, allow_missing=True)
        self.region.call("UpdateMonitor", request)

        def counts() -> bool:
            self.say(name, [1], began_us)
            return bool(self.scores(patient))

        until_blocking(counts, LONGEST_S)
        return patient

    def say(self, name: str, numbers: Sequence[int], began_us: int) -> None:
        """Publish some batches of a monitor's course, as its node does."""
        for number in numbers:
            at_us = began_us + number * 1_000_000
            values = COURSE[number - 1]
            region.publish_readings(
                self.region.nats, node_of(name), number, "bed-1.", values, at_us
            )

    def scores(self, patient: str) -> list[tuple[object, ...]]:
        """Return what there is of a patient's scores, none while nobody answers."""
        asked = pb.ListScoresRequest(
            parent=patient, purpose=patient_pb2.PURPOSE_TREATMENT, page_size=1000
        )
        try:
            found = self.region.call("ListScores", asked).scores
        except grpc.RpcError:
            return []
        return [
            (
                each.observe_time.ToMicroseconds(),
                each.trend,
                each.figures.SerializeToString(deterministic=True),
            )
            for each in found
        ]

    def grades(self, patient: str) -> list[str]:
        """Return the grades of a patient's open alerts."""
        found = self.region.service.alerts("state=OPEN")
        return [each.grade for each in found if each.patient == patient]

    def waiting(self) -> tuple[int, int]:
        """Return the batches that the stream gave out and hears nothing of, and those it has."""

        async def run() -> tuple[int, int]:
            server = self.region.nats
            link = await nats.connect(
                server.url, user_credentials=str(server.credentials("test", "admin"))
            )
            info = await link.jetstream().consumer_info(
                subjects.READINGS, subjects.HEALTHCARE_VITALS
            )
            await link.close()
            return info.num_ack_pending or 0, info.num_pending or 0

        return asyncio.run(run())

    def is_kept(self, since: float) -> bool:
        """Return whether the server has what it gave out on its disk, as it was since a moment."""
        durable = f"obs/{subjects.HEALTHCARE_VITALS}/o.dat"
        files = self.region.nats.directory.rglob(f"{subjects.READINGS}/{durable}")
        return any(each.stat().st_mtime > since for each in files)


@pytest.fixture(scope="module")
def ward(postgres: PostgresServer) -> Iterator[Ward]:
    with region_world(postgres) as made, Relay(made.nats.port, seed=5) as relay:
        made.service.stop()
        made.service.environment["TIANFU_NATS_URL"] = f"nats://127.0.0.1:{relay.port}"
        made.service.start()
        yield Ward(made, relay)


@pytest.mark.parametrize("victim", ["nats", "service"])
def test_what_was_in_flight_is_scored_where_it_belongs(ward: Ward, victim: str) -> None:
    began_us = int(datetime.now(UTC).timestamp()) * 1_000_000
    late = ward.hang_up(f"{victim}-late", began_us)
    ordered = ward.hang_up(f"{victim}-ordered", began_us)
    numbers = range(1, len(COURSE) + 1)
    ward.say(f"{victim}-ordered", numbers, began_us)
    ward.say(f"{victim}-late", numbers[: LATE.start], began_us)
    until_blocking(lambda: ward.waiting() == (0, 0), LONGEST_S)
    oracle = ward.scores(ordered)
    assert len(oracle) > len(ward.scores(late))

    ward.relay.be(SWALLOWED)
    until_blocking(lambda: ward.relay.condition is SWALLOWED, LONGEST_S)
    *most, last = numbers[LATE]
    ward.say(f"{victim}-late", most, began_us)
    until_blocking(lambda: ward.waiting() == (len(most), 0), LONGEST_S)
    at = time.time()
    ward.say(f"{victim}-late", [last], began_us)
    until_blocking(lambda: ward.waiting() == (len(numbers[LATE]), 0), LONGEST_S)
    # Else a server that is killed forgets that it gave them out, and does so again in order.
    until_blocking(lambda: ward.is_kept(at), LONGEST_S)
    kills: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "nats": (ward.region.nats.kill, ward.region.nats.start),
        "service": (ward.region.service.kill, lambda: None),
    }
    kill, start = kills[victim]
    kill()
    ward.relay.be(CUT)
    start()
    ward.say(f"{victim}-late", numbers[LATE.stop :], began_us)
    ward.relay.be(CLEAR)
    if victim == "service":
        ward.region.service.start()

    until_blocking(lambda: ward.waiting() == (0, 0), LONGEST_S)
    assert ward.scores(late) == ward.scores(ordered) == oracle
    assert ward.grades(late) == ward.grades(ordered) == ["high"]
