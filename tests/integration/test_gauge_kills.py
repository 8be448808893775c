"""Gauges in the running service: real NATS, PostgreSQL, kill -9 while it rains, and wrong calls."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import nats.js.errors
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from nats.aio.client import Client
from nats.js.api import StreamConfig

from tests.support.fleet_process import as_user
from tests.support.gauge_world import gauge_batch
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.station_features import wait_for_moment
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

EXAMPLE = Path(__file__).parents[2] / "examples" / "warning" / "gauges.toml"
RAIN, RIVER = subjects.node_id("gw-yingxiu"), subjects.node_id("gw-pengshan")
WENCHUAN, PENGSHAN = "513221", "511403"
KILLS = 2
SEED = 20_261_129
READINGS = 36
"""Of five minutes each: three hours."""


@dataclass
class World:
    service: WarningProcess
    link: Client

    async def publish(self, node: subjects.NodeId, payload: bytes) -> None:
        await self.link.jetstream().publish(subjects.reading(node), payload)

    async def pending(self) -> int:
        """Return how many batches are not acknowledged by the watch."""
        info = await self.link.jetstream().consumer_info(subjects.READINGS, subjects.WARNING_GAUGES)
        return int(info.num_pending or 0) + int(info.num_ack_pending or 0)

    async def call(self, method: str, request: Any) -> Any:
        return await asyncio.to_thread(self.service.call, method, request)

    async def drafts(self) -> dict[tuple[str, str], list[Any]]:
        answer = await self.call("ListWarnings", pb.ListWarningsRequest(page_size=100))
        found: dict[tuple[str, str], list[Any]] = {}
        for each in answer.warnings:
            key = (each.event_code, each.area.place_codes[0])
            found.setdefault(key, []).append(each)
        return found

    async def live(self, county: str, gauge: str = "") -> Any:
        request = pb.EvaluateThresholdsRequest(place_code=county, live=pb.LiveFigures(gauge=gauge))
        return await self.call("EvaluateThresholds", request)


@pytest.fixture
async def world(postgres: PostgresServer) -> AsyncIterator[World]:
    name = postgres.create_database()
    more = {"TIANFU_GAUGES_FILE": str(EXAMPLE)}
    with (
        nats_server() as server,
        # Before telemetry has made the stream: earthquakes do not wait for it.
        warning_process(server, postgres.url(name), more) as service,
    ):
        async with as_user(server, "test", "admin") as link:
            await link.jetstream().add_stream(
                StreamConfig(name=subjects.READINGS, subjects=[subjects.READINGS_ALL])
            )
            yield World(service, link)
    postgres.drop_database(name)


def storm() -> list[bytes]:
    """Return three hours of rain, 3 mm every five minutes, half an hour a batch."""
    now = datetime.now(UTC)
    last = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    told = [(last - timedelta(minutes=5 * n), 3.0) for n in range(READINGS)]
    return [
        gauge_batch(RAIN, "rain", told[first : first + 6], 1 + first // 6)
        for first in range(0, READINGS, 6)
    ]


async def rain_while_killed(world: World) -> None:
    random_ = random.Random(SEED)
    for number, payload in enumerate(storm()):
        await world.publish(RAIN, payload)
        if number < KILLS:
            await wait_for_moment(time.time() + random_.uniform(0.0, 1.0))  # nobody chose it
            await asyncio.to_thread(world.service.kill)
            await asyncio.to_thread(world.service.start)


async def test_rain_and_river_through_kills(world: World) -> None:
    print(f"seed {SEED}")
    await rain_while_killed(world)
    now = datetime.now(UTC)
    await world.publish(RIVER, gauge_batch(RIVER, "stage", [(now, 425.0)], unit="m"))
    await world.publish(RAIN, b"\xff junk")
    await world.publish(subjects.node_id("gw-else"), storm()[0])

    async def all_drafted() -> bool:
        return await world.pending() == 0 and len(await world.drafts()) == 3

    await until(all_drafted, 200.0)
    drafts = await world.drafts()
    assert set(drafts) == {("11B03", WENCHUAN), ("11D02", WENCHUAN), ("11A01", PENGSHAN)}
    assert all(len(each) == 1 for each in drafts.values()), "a draft is there twice"
    [flood] = drafts["11A01", PENGSHAN]
    assert flood.colour == warning_pb2.COLOUR_ORANGE
    assert flood.state == warning_pb2.WARNING_STATE_DRAFT
    assert flood.drafter == "flood-watch"

    live = await world.live(WENCHUAN)
    assert {each.gauge for each in live.comparisons} == {"gw-yingxiu/rain"}
    # No reading is lost and none counts twice: the hours' sum is what was sent.
    within = next(each for each in live.comparisons if each.quantity.startswith("debris_flow"))
    assert 100.0 <= within.value <= 3.0 * READINGS
    assert live.colour == warning_pb2.COLOUR_RED
    await dead_letter(world)
    await wrong_questions(world)
    await without_a_list(world)


async def dead_letter(world: World) -> None:
    async def buried() -> bool:
        state = (await world.link.jetstream().stream_info(subjects.DEAD_LETTERS)).state
        return state.messages == 1

    await until(buried, 60.0)


async def wrong_questions(world: World) -> None:
    stamp = Timestamp(seconds=1)
    for request, reason in (
        (pb.EvaluateThresholdsRequest(place_code="510104", live=pb.LiveFigures()), "GAUGE_UNKNOWN"),
        (
            pb.EvaluateThresholdsRequest(place_code=PENGSHAN, live=pb.LiveFigures(gauge="x/y")),
            "GAUGE_UNKNOWN",
        ),
        (
            pb.EvaluateThresholdsRequest(
                place_code=PENGSHAN, live=pb.LiveFigures(), evaluate_time=stamp
            ),
            "LIVE_IS_NOW",
        ),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            await world.call("EvaluateThresholds", request)
        assert _reason(caught.value) == reason


async def without_a_list(world: World) -> None:
    """Started without gauges, the service keeps no place in the stream of readings."""
    await asyncio.to_thread(world.service.kill)
    del world.service.environment["TIANFU_GAUGES_FILE"]
    await asyncio.to_thread(world.service.start)
    with pytest.raises(nats.js.errors.NotFoundError):
        await world.pending()
    with pytest.raises(grpc.RpcError) as caught:
        await world.live(WENCHUAN)
    assert _reason(caught.value) == "GAUGES_NOT_WATCHED"


def _reason(error: Any) -> str:
    info = details(error).info
    return "" if info is None else str(info.reason)
