"""kill -9 of the service, of nats-server and of PostgreSQL while nodes are warned and answer.

Each node acts once on each warning. Each report that a node has written is taken, once: what the
nodes have numbered is what the database's inbox holds, and every siren's receipt is stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial

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


async def all_stored(postgres: PostgresServer, name: str, warning: str) -> bool:
    siren = notice_pb2.SINK_SIREN, notice_pb2.RECEIPT_STATE_DELIVERED
    return await ask(postgres, name, _STORED, warning, *siren) == NODES


async def all_taken(postgres: PostgresServer, name: str, reports: int) -> bool:
    return await ask(postgres, name, _INBOX) >= reports


@contextlib.asynccontextmanager
async def listening(server: NatsServer, service: WarningProcess) -> AsyncIterator[HollowAgents]:
    """Run agents that listen and outlive the server's kills."""
    given = arguments_of(
        [
            *("--url", server.url, "--seed", str(server.credentials("test", "admin"))),
            *("--live-key", service.signing_keys[Channel.LIVE], "--reconnect"),
            *("--counties", ",".join(COUNTIES), "--nodes", str(NODES), "--connections", "3"),
            *("--ack-timeout-s", "1"),
        ]
    )
    found = HollowAgents(given)
    await found.begin()
    try:
        yield found
    finally:
        await found.close()


async def one_kill(
    service: WarningProcess, warning: str, kill: Callable[[], None], after_s: float
) -> None:
    """Publish a warning, kill so much later at the latest, and return when it is out."""
    await asyncio.to_thread(service.draft, warning)
    await asyncio.to_thread(service.sign_off, warning)
    end = time.monotonic() + SETTLE_S
    publishing = asyncio.create_task(asyncio.to_thread(publish, service, warning, end))
    await asyncio.wait([publishing], timeout=after_s)
    await asyncio.to_thread(kill)
    await publishing


async def test_no_receipt_is_lost_or_doubled_whatever_is_killed() -> None:
    print(f"seed {SEED}")
    random_ = random.Random(SEED)
    with nats_server() as server, postgres_server() as postgres:
        name = postgres.create_database()
        with warning_process(server, postgres.url(name)) as service:
            async with as_user(server, "test", "admin") as link:
                await link.jetstream().add_stream(
                    StreamConfig(name=subjects.EVENTS, subjects=[subjects.EVENTS_ALL])
                )

            def service_again() -> None:
                service.kill()
                service.start()

            kills: list[tuple[str, Callable[[], None]]] = [
                ("service", service_again),
                ("nats", server.restart),
                ("postgres", postgres.restart),
            ] * ROUNDS
            random_.shuffle(kills)
            async with listening(server, service) as hollow:
                for number, (victim, kill) in enumerate(kills):
                    began = time.monotonic()
                    warning = f"kill-{number}-{victim}"
                    await one_kill(service, warning, kill, random_.uniform(0, KILL_WITHIN_S))
                    await until(partial(all_stored, postgres, name, warning), SETTLE_S)
                    print(f"{victim} killed: all receipts in {time.monotonic() - began:.1f} s")
                await until(lambda: all_taken(postgres, name, hollow.reports), SETTLE_S)
                taken = await ask(postgres, name, _INBOX)
            # Decided once and done once: two reports a node and warning, however often it was told.
            assert taken == hollow.reports == 2 * NODES * len(kills)
            acted = Counter(tuple(line.split()[:3]) for line in hollow.totals.heard)
            assert len(acted) == NODES * len(kills)
            assert set(acted.values()) == {1}
