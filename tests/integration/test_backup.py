"""Backups of every store, taken while the platform works, restored and compared.

A world is NATS, PostgreSQL and ClickHouse with telemetry, fleet and somebody who takes the fleet's
events with an inbox, as every service does. What was acknowledged before a backup's point has to
be in the world that is made of it, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import httpx
import nats
import pytest
from nats.aio.client import Client
from typing_extensions import override

from cli.backup import sealing
from tests.support import clickhouse_http
from tests.support.batches import batch
from tests.support.fleet_process import FleetProcess
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.telemetry_process import TelemetryProcess, as_node
from tests.support.waiting import until
from tianfu import keeping_rights, nats_accounts, subjects
from tianfu.fleet.v1 import events_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
NODE = "gw-1"
READINGS = 4
DURABLE = "taker"
WAIT_S = 120.0
NOW_US = int(time.time() * 1e6) - 3_600_000_000


@dataclass
class World:
    """Three stores, empty or filled."""

    folder: Path
    nats: NatsServer
    database_url: str
    clickhouse_url: str

    def tianfu(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `tianfu backup` or `tianfu restore` on the stores."""
        (self.folder / "database-url").write_text(self.database_url)
        (self.folder / "clickhouse-url").write_text(self.clickhouse_url)
        named = {
            "--nats": self.nats.url,
            "--credentials": str(self.nats.credentials(command, "keeper")),
            "--database-url-file": str(self.folder / "database-url"),
            "--clickhouse-url-file": str(self.folder / "clickhouse-url"),
        }
        options = [word for pair in named.items() for word in pair]
        return subprocess.run(
            [sys.executable, "-m", "cli", command, *arguments, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_S,
        )

    def backup(self, out: Path, *options: str) -> Path:
        done = self.tianfu("backup", "--out", str(out), *options)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[Any]:
        plain = self.database_url.replace("+asyncpg", "")
        connection = await asyncpg.connect(plain)
        try:
            yield connection
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def admin(self) -> AsyncIterator[Client]:
        credentials = str(self.nats.credentials("test", "admin"))
        link = await nats.connect(self.nats.url, user_credentials=credentials)
        try:
            yield link
        finally:
            await link.close()

    @contextlib.contextmanager
    def services(self) -> Iterator[tuple[TelemetryProcess, FleetProcess]]:
        for name in ("telemetry", "fleet"):
            (self.folder / name).mkdir()
        telemetry = TelemetryProcess(self.folder / "telemetry", self.nats)
        telemetry.environment["TIANFU_CLICKHOUSE_URL"] = self.clickhouse_url
        fleet = FleetProcess(self.folder / "fleet", self.nats, self.database_url)
        try:
            fleet.migrate()
            for each in (telemetry, fleet):
                each.start()
            yield telemetry, fleet
        finally:
            for each in (telemetry, fleet):
                if each.process is not None:
                    each.kill()

    async def contents(self) -> dict[str, Any]:
        """Return what every store holds, to be compared."""
        found: dict[str, Any] = {}
        async with self.database() as connection:
            tables = await connection.fetch(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('fleet', 'taker')"
            )
            for schema, table in tables:
                sql = f'SELECT t::text AS row FROM "{schema}"."{table}" t ORDER BY 1'  # noqa: S608 - names that PostgreSQL told
                found[f"{schema}.{table}"] = [row["row"] for row in await connection.fetch(sql)]
        async with self.admin() as link:
            js = link.jetstream()
            for info in await js.streams_info():
                name, state = info.config.name, info.state
                assert name is not None
                held = []
                for number in range(max(state.first_seq, 1), state.last_seq + 1):
                    with contextlib.suppress(nats.js.errors.NotFoundError):
                        one = await js.get_msg(name, number)
                        held.append((number, one.subject, one.data, str(one.headers)))
                found[name] = (state.last_seq, held)
                for consumer in await js.consumers_info(name):
                    assert consumer.ack_floor is not None
                    found[f"{name}.{consumer.name}"] = consumer.ack_floor.stream_seq
        # Merges replace rows when they please: FINAL is what there is once they have.
        for table in ("readings", "batches", "series FINAL", "marks FINAL", "counters FINAL"):
            sql = f"SELECT * FROM tianfu.{table} ORDER BY ALL FORMAT TabSeparated"  # noqa: S608 - names of ours
            found[f"clickhouse.{table}"] = clickhouse_http_rows(self.clickhouse_url, sql)
        return found


def clickhouse_http_rows(url: str, sql: str) -> str:
    return httpx.post(url, content=sql, timeout=WAIT_S).raise_for_status().text


@contextlib.contextmanager
def world(postgres: PostgresServer, folder: Path, name: str) -> Iterator[World]:
    place = folder / name
    place.mkdir()
    database = postgres.create_database()
    with nats_server(nodes=(NODE,)) as server, clickhouse_http.running(place / "ch") as url:
        platform = nats_accounts.PLATFORM
        rights = {
            "backup": keeping_rights.backup_permissions,
            "restore": keeping_rights.restore_permissions,
        }
        for role, of in rights.items():
            server.add_user(role, "keeper", of("keeper"), account=platform)
        try:
            yield World(place, server, postgres.url(database), url)
        finally:
            postgres.drop_database(database)


@dataclass
class Load:
    """What the world was asked, and when it had said that it has it."""

    batches: list[tuple[int, datetime]] = field(default_factory=list)
    nodes: list[tuple[str, datetime]] = field(default_factory=list)

    def before(self, point: datetime) -> tuple[int, set[str]]:
        """Return how many batches, and which nodes, were acknowledged before a moment."""
        sent = max((number for number, when in self.batches if when < point), default=0)
        return sent, {name for name, when in self.nodes if when < point}


class Registrar(threading.Thread):
    """Registers nodes until it is told to stop: each is a row, and an event by the outbox."""

    def __init__(self, fleet: FleetProcess, load: Load) -> None:
        super().__init__(daemon=True)
        self.fleet, self.load, self.done = fleet, load, threading.Event()
        self.error: BaseException | None = None

    @override
    def run(self) -> None:
        try:
            while not self.done.is_set():
                name = f"n-{len(self.load.nodes)}"
                self.fleet.create(name, request_id=str(uuid.uuid4()))
                self.load.nodes.append((name, datetime.now(UTC)))
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            self.error = error


async def send_batches(server: NatsServer, load: Load, done: threading.Event) -> None:
    async with as_node(server, NODE) as link:
        js = link.jetstream()
        while not done.is_set():
            number = len(load.batches) + 1
            # Two a node: the stand-in for ClickHouse takes one statement at a time.
            await until(lambda: done.is_set() or len(load.batches) < 2 * len(load.nodes), WAIT_S)
            payload = batch(NODE, sequence=number, base_us=NOW_US)
            await js.publish(subjects.reading(subjects.NodeId(NODE)), payload)
            load.batches.append((number, datetime.now(UTC)))


async def take_events(here: World, done: asyncio.Event) -> None:
    """Take events into a table, each once: its inbox is its primary key."""
    async with here.database() as connection, here.admin() as link:
        await connection.execute("CREATE SCHEMA IF NOT EXISTS taker")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS taker.taken (node text, event text PRIMARY KEY)"
        )
        js = link.jetstream()
        sub = await js.pull_subscribe("", durable=DURABLE, stream=subjects.EVENTS)
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                for message in await sub.fetch(20, timeout=0.3):
                    await keep(connection, message)
                    await message.ack_sync()


async def keep(connection: Any, message: Any) -> None:
    event = (message.headers or {}).get("ce-id") or (message.headers or {})["Nats-Msg-Id"]
    if message.subject.endswith(".node-created"):
        name = events_pb2.NodeCreated.FromString(message.data).node
        await connection.execute(
            "INSERT INTO taker.taken VALUES ($1, $2) ON CONFLICT DO NOTHING", name, event
        )


async def taken(here: World) -> list[str]:
    async with here.database() as connection:
        rows = await connection.fetch("SELECT node FROM taker.taken")
        return [row["node"].removeprefix("nodes/") for row in rows]


async def is_quiet(here: World) -> bool:
    """Say whether all that was sent has been taken."""
    async with here.admin() as link:
        js = link.jetstream()
        for name in (subjects.READINGS, subjects.EVENTS):
            for one in await js.consumers_info(name):
                if one.num_pending or one.num_ack_pending:
                    return False
        return True


async def quiet(here: World, taking: asyncio.Task[None]) -> None:
    """Wait until all that was sent has been taken."""
    async with asyncio.timeout(WAIT_S):
        while not await is_quiet(here):
            done, _ = await asyncio.wait({taking}, timeout=0.2)
            assert not done, taking.exception()


async def work(here: World, load: Load, out: Path) -> Path:
    """Have the world work, take a backup meanwhile, and stop when all is taken."""
    with here.services() as (_, fleet):
        registrar, stop = Registrar(fleet, load), asyncio.Event()
        registrar.start()
        sending = asyncio.create_task(send_batches(here.nats, load, registrar.done))
        taking = asyncio.create_task(take_events(here, stop))
        try:
            await until(lambda: len(load.nodes) > 30 and len(load.batches) > 60, WAIT_S)
            before = len(load.nodes), len(load.batches)
            backup = await asyncio.to_thread(here.backup, out)
            assert (len(load.nodes), len(load.batches)) > before  # it went on meanwhile
        finally:
            registrar.done.set()
            await sending
        await asyncio.to_thread(registrar.join, WAIT_S)
        assert registrar.error is None, registrar.error
        await quiet(here, taking)
        stop.set()
        await taking
    return backup


async def went_on(here: World, load: Load, point: datetime) -> None:
    """Start the services on what was restored: nothing before the point lacks, nothing is twice."""
    sent, nodes = load.before(point)
    assert sent > 50
    assert len(nodes) > 20
    with here.services() as (telemetry, fleet):
        stop = asyncio.Event()
        taking = asyncio.create_task(take_events(here, stop))
        await quiet(here, taking)
        stop.set()
        await taking
        account, audit = telemetry.delivery(NODE), telemetry.audit()
        assert account.stored >= sent * READINGS
        assert account.missing_batches == 0
        assert audit.found_rows == account.stored
        assert nodes <= {name for name, _ in load.nodes if fleet_has(fleet, name)}
    events = await taken(here)
    assert nodes <= set(events)
    assert len(events) == len(set(events))


def fleet_has(fleet: FleetProcess, node: str) -> bool:
    try:
        return bool(fleet.node(node).name)
    except grpc.RpcError:
        return False


async def test_what_was_acknowledged_is_in_a_backup_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    load, out, key = Load(), tmp_path / "backups", tmp_path / "backup.age-key"
    content, public = sealing.new_key()
    key.write_text(content)
    with world(postgres, tmp_path, "first") as first:
        under_load = await work(first, load, out)
        at_rest = await asyncio.to_thread(first.backup, out, "--recipient", public)
        files = {path for path in at_rest.rglob("*") if path.is_file()}
        assert {path.suffix for path in files - {at_rest / "manifest.json"}} == {".age"}
        there = await first.contents()
    with world(postgres, tmp_path, "second") as second:
        done = await asyncio.to_thread(second.tianfu, "restore", str(at_rest))
        assert "[IDENTITY_MISSING]" in done.stderr
        opened = ("restore", str(at_rest), "--identity", str(key))
        done = await asyncio.to_thread(second.tianfu, *opened)
        assert done.returncode == 0, done.stderr
        here = await second.contents()
        assert here.keys() == there.keys()
        assert [name for name in here if here[name] != there[name]] == []
        refuses_what_is_filled(second, under_load)
        done = await asyncio.to_thread(second.tianfu, "restore", str(under_load), "--replace")
        assert done.returncode == 0, done.stderr
        point = datetime.fromisoformat(json.loads(done.stdout)["point"])
        await went_on(second, load, point)


def refuses_what_is_filled(here: World, backup: Path) -> None:
    done = here.tianfu("restore", str(backup))
    assert done.returncode == 4
    assert "[STORE_NOT_EMPTY]" in done.stderr
    for store in ("stream EVENTS", "database ", "readings in ClickHouse"):
        assert store in done.stderr
