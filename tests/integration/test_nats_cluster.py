"""Three servers of one cluster: what a stream of three copies has taken outlives any of them."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nats.errors
import nats.js.errors
import pytest
from nats.aio.client import Client

from services.plumbing.jetstream import PullConsumer
from services.plumbing.metrics import new_registry
from services.plumbing.nats_link import close, connect
from services.plumbing.streams import JetStreamUnavailable, jetstream
from services.telemetry import readings_stream
from tests.support.nats_server import binary
from tests.support.waiting import until
from tianfu import nats_config, nats_jwt, nats_keys, nats_realm, service_rights, subjects
from tianfu.nats_config import Cluster, NatsConfig
from tianfu.nats_keys import KeyKind
from tools.ports import free_port

pytestmark = pytest.mark.integration

SIZE = 3
MESSAGES = 60
ANSWER_S = 2.0
DEADLINE_S = 60.0
NODE = subjects.NodeId("gw-1")


@dataclass
class Servers:
    """The servers by name, their client ports, and credentials by user."""

    processes: dict[str, subprocess.Popen[bytes]]
    ports: dict[str, int]
    credentials: dict[str, Path]

    def url(self, name: str) -> str:
        return f"nats://127.0.0.1:{self.ports[name]}"


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Servers]:
    realm, now = nats_realm.generate(issued=int(time.time())), int(time.time())
    users = {
        ("service", "telemetry"): service_rights.service_permissions("telemetry"),
        ("node", NODE): subjects.node_permissions(NODE, None),
    }
    files = {}
    for (role, name), rights in users.items():
        pair = nats_keys.generate(KeyKind.USER)
        token = realm.user_token(role, name, pair.public_key, rights, issued=now)
        files[role] = folder / f"{role}.creds"
        files[role].write_text(nats_jwt.credentials(token, pair.seed))
    routes = [free_port() for _ in range(SIZE)]
    found = Servers({}, {}, files)
    with contextlib.ExitStack() as stack:
        for i, route in enumerate(routes):
            name = f"s{i}"
            found.ports[name] = free_port()
            config = NatsConfig(
                store_dir=folder / name,
                trust=realm.trust(issued=now),
                port=found.ports[name],
                server_name_variable="SERVER",
                cluster=Cluster(
                    name="tianfu",
                    host="127.0.0.1",
                    port=route,
                    servers=[f"127.0.0.1:{port}" for port in routes],
                    password="a p@ss/word",
                ),
            )
            path = folder / f"{name}.conf"
            path.write_text(nats_config.render(config))
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                [binary(), "--config", str(path)], env={"SERVER": name}, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            found.processes[name] = process
        yield found


async def made(link: Client) -> None:
    """Make the stream as soon as the servers have found each other."""

    async def there() -> bool:
        try:
            await readings_stream.ensure(link, bytes_max=64 << 20, replicas=SIZE)
        except JetStreamUnavailable:
            return False
        return True

    await until(there, DEADLINE_S)


async def sent(node: Client, number: int) -> None:
    """Publish until it is acknowledged, always under the same id."""
    subject, headers = subjects.reading(NODE), {"Nats-Msg-Id": f"m-{number}"}
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                answer = await node.request(
                    subject, str(number).encode(), timeout=ANSWER_S, headers=headers
                )
            except nats.errors.Error:
                continue
            if b'"error"' not in answer.data:
                return


async def leader(link: Client) -> str | None:
    try:
        info = await jetstream(link).stream_info(subjects.READINGS)
    except (nats.errors.Error, nats.js.errors.Error):
        return None
    if info.cluster is None or info.cluster.leader is None:
        return None
    current = [peer for peer in info.cluster.replicas or () if peer.current]
    return info.cluster.leader if len(current) == SIZE - 1 else None


async def test_no_acknowledged_message_goes_with_a_server(tmp_path: Path) -> None:
    with cluster(tmp_path) as servers:
        first = await connect(
            servers.url("s0"),
            servers.credentials["service"],
            "service",
            "telemetry",
            registry=new_registry(),
        )
        await made(first)
        held: str | None = None

        async def led() -> bool:
            nonlocal held
            held = await leader(first)
            return held is not None

        await until(led, DEADLINE_S)
        assert held is not None
        away = next(name for name in servers.processes if name != held)
        node = await connect(
            servers.url(away), servers.credentials["node"], "node", NODE, registry=new_registry()
        )
        for number in range(MESSAGES // 2):
            await sent(node, number)
        servers.processes[held].kill()
        for number in range(MESSAGES // 2, MESSAGES):
            await sent(node, number)
        reader = await connect(
            servers.url(away),
            servers.credentials["service"],
            "service",
            "telemetry",
            registry=new_registry(),
        )

        async def there() -> None:
            await made(reader)

        consumer = PullConsumer(
            reader,
            subjects.READINGS,
            subjects.TELEMETRY_INGEST,
            ensure=there,
            registry=new_registry(),
        )
        await consumer.start()
        got: list[int] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(set(got)) < MESSAGES:
                for message in await consumer.take(MESSAGES, 1.0):
                    got.append(int(message.data))
                    await message.ack()
        await consumer.stop()
        assert sorted(got) == list(range(MESSAGES))
        for link in (node, reader, first):
            await close(link)
