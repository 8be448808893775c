"""kill -9 of the service, of nats-server and of PostgreSQL while nodes are warned and answer.

Each node acts once on each warning. Each report that a node has written is taken, once: what the
nodes have numbered is what the database's inbox holds, and every siren's receipt is stored.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

import asyncpg
import grpc
import pytest
from nats.js.api import StreamConfig

from bench.hollow_agents import HollowAgents, arguments_of
from tests.support.fleet_process import as_user
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2
from tianfu.subjects import Channel

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

SEED = 20_260_513
ROUNDS = 2
NODES = 200
COUNTIES = ("510104", "510105")
KILL_WITHIN_S = 0.5
SETTLE_S = 60.0

_STORED = """
    SELECT count(*) FROM disaster_warning.receipts
    WHERE warning_id = $1 AND sink = $2 AND state = $3
"""
_INBOX = "SELECT count(*) FROM disaster_warning.inbox"


async def ask(postgres: PostgresServer, name: str, query: str, *values: object) -> int:
    """Return a number from the database, by a connection of its own: the others are killed."""
    connection = await asyncpg.connect(postgres.url(name).replace("+asyncpg", ""))
    try:
        return int(await connection.fetchval(query, *values))
    finally:
        await connection.close()


def publish(service: WarningProcess, warning: str, end: float) -> None:
    """Publish until it is out: an answer that was lost changes nothing when it is asked again."""
    while True:
        try:
            service.publish(warning)
        except (grpc.RpcError, ValueError):  # ValueError: its channel was closed by the kill
            if time.monotonic() > end:
                raise
        else:
            return


@pytest.fixture
async def agents() -> AsyncIterator[list[HollowAgents]]:
    """Close what a test has begun."""
    begun: list[HollowAgents] = []
    yield begun
    for each in begun:
        await each.close()


async def begin(server: NatsServer, service: WarningProcess) -> HollowAgents:
    """Return agents that listen and outlive the server."""
    given = arguments_of(
        [
            *("--url", server.url, "--seed", str(server.seed_file("test", "admin"))),
            *("--live-key", service.signing_keys[Channel.LIVE], "--reconnect"),
            *("--counties", ",".join(COUNTIES), "--nodes", str(NODES), "--connections", "3"),
            *("--ack-timeout-s", "1"),
        ]
    )
    found = HollowAgents(given)
    await found.begin()
    return found


async def test_no_receipt_is_lost_or_doubled_whatever_is_killed(
    agents: list[HollowAgents],
) -> None:
    print(f"seed {SEED}")
    random_ = random.Random(SEED)
    with nats_server() as server, postgres_server() as postgres:
        name = postgres.create_database()
        with warning_process(server, postgres.url(name)) as service:
            async with as_user(server, "test", "admin") as link:
                await link.jetstream().add_stream(
                    StreamConfig(name=subjects.EVENTS, subjects=[subjects.EVENTS_ALL])
                )
            hollow = await begin(server, service)
            agents.append(hollow)
            kills: list[tuple[str, Callable[[], None]]] = [
                ("service", lambda: (service.kill(), service.start())[1]),
                ("nats", server.restart),
                ("postgres", postgres.restart),
            ] * ROUNDS
            random_.shuffle(kills)
            for number, (victim, kill) in enumerate(kills):
                warning = f"kill-{number}-{victim}"
                await asyncio.to_thread(service.draft, warning)
                await asyncio.to_thread(service.sign_off, warning)
                began = time.monotonic()
                publishing = asyncio.create_task(
                    asyncio.to_thread(publish, service, warning, began + SETTLE_S)
                )
                await asyncio.wait([publishing], timeout=random_.uniform(0, KILL_WITHIN_S))
                await asyncio.to_thread(kill)
                await publishing

                async def all_stored(warning: str = warning) -> bool:
                    siren = notice_pb2.SINK_SIREN, notice_pb2.RECEIPT_STATE_DELIVERED
                    return await ask(postgres, name, _STORED, warning, *siren) == NODES

                await until(all_stored, SETTLE_S)
                print(f"{victim} killed: all receipts in {time.monotonic() - began:.1f} s")

            async def all_taken() -> bool:
                return await ask(postgres, name, _INBOX) >= hollow.reports

            await until(all_taken, SETTLE_S)
            assert await ask(postgres, name, _INBOX) == hollow.reports
            # Decided once and done once: two reports a node and warning, however often it was told.
            assert hollow.reports == 2 * NODES * len(kills)
            acted = Counter(tuple(line.split()[:3]) for line in hollow.totals.heard)
            assert len(acted) == NODES * len(kills)
            assert set(acted.values()) == {1}
