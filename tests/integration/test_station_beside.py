"""A leaf server in a container beside the agent's cuts off who is turned out."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client

from edge import settings
from edge.clock import SystemClock
from edge.counters import Counters
from edge.station.beside import BesideServer
from services.plumbing.nats_link import close
from tests.support.nats_server import binary
from tests.support.waiting import until
from tianfu import nats_accounts, nats_config, nats_jwt, nats_keys, nats_realm, subjects
from tianfu.nats_config import LeafConfig
from tianfu.nats_keys import KeyKind
from tianfu.subjects import NodeId
from tools.ports import free_port

pytestmark = pytest.mark.integration

COUNTY = "510104"
ISSUED = int(time.time()) - 60
REALM = nats_realm.generate(issued=ISSUED)
EDGE = REALM.accounts[nats_accounts.EDGE]
KEPT, STOLEN = NodeId("gw-1"), NodeId("gw-2")
WAIT_S = 60.0
REVOCATION_S = 10.0


def gateway(node: NodeId, folder: Path) -> tuple[str, Path]:
    """Return a gateway's public key, and its credentials."""
    pair = nats_keys.generate(KeyKind.USER)
    rights = subjects.node_permissions(node, COUNTY)
    user = REALM.user_token("node", node, pair.public_key, rights, issued=ISSUED)
    file = folder / f"{node}.creds"
    file.write_text(nats_jwt.credentials(user, pair.seed))
    return pair.public_key, file


def heard(turned_out: str) -> bytes:
    """Return what the fleet service has stations hear when a key was turned out."""
    token, signer = (
        REALM.trust(issued=ISSUED).account_tokens[EDGE.public_key],
        REALM.operator_signing,
    )
    now = int(time.time())
    changed = nats_jwt.with_revocations(token, signer, {turned_out: now}, issued=now)
    return nats_jwt.for_leaf(changed, signer).encode()


def beside(folder: Path, port: int) -> BesideServer:
    config = LeafConfig(
        name="bs-1",
        hub_urls=("nats-leaf://127.0.0.1:9",),
        credentials=folder / "none.creds",
        account=EDGE.public_key,
        trust=REALM.leaf_trust(issued=ISSUED),
        host="127.0.0.1",
        port=port,
    )
    (folder / "given.conf").write_text(nats_config.render_leaf(config))
    (folder / "run").mkdir()
    environment = {
        "TIANFU_EDGE_STATION_CONFIG_FILE": str(folder / "given.conf"),
        "TIANFU_EDGE_STATION_SHARED_FOLDER": str(folder / "run"),
    }
    text = '[node]\nid = "bs-1"\n'
    loaded = settings.parse(text, environment, file="edge.toml", folder=folder)
    assert loaded.station is not None
    return BesideServer(
        loaded.station,
        loaded.node,
        folder / "data",
        clock=SystemClock(),
        counters=Counters(),
        jitter=lambda: 0.5,
    )


async def connected(port: int, credentials: Path) -> Client | None:
    """Return a connection, None when the server takes none."""

    async def note(_: Exception) -> None:
        """Nothing: being refused is what is asked about."""

    client = Client()
    try:
        await client.connect(
            f"nats://127.0.0.1:{port}",
            user_credentials=str(credentials),
            allow_reconnect=False,
            connect_timeout=60,
            error_cb=note,
        )
    except (nats.errors.Error, OSError):
        await close(client)
        return None
    return client


async def held(port: int, credentials: Path) -> Client:
    found: list[Client] = []

    async def is_in() -> bool:
        client = await connected(port, credentials)
        found.extend([] if client is None else [client])
        return bool(found)

    await until(is_in, WAIT_S)
    return found[0]


async def test_who_is_turned_out_is_cut_off_and_stays_out(tmp_path: Path) -> None:
    _, kept = gateway(KEPT, tmp_path)
    public_key, stolen = gateway(STOLEN, tmp_path)
    port = free_port()
    station = beside(tmp_path, port)
    await station.restore()
    server = await asyncio.create_subprocess_exec(
        binary(), "-c", str(station.config_file),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        good, bad = await held(port, kept), await held(port, stolen)
        await station.take(heard(public_key))
        await until(lambda: bad.is_closed, REVOCATION_S)
        assert await connected(port, stolen) is None
        assert good.is_connected
        assert station.status()["pid"] == server.pid
        assert server.returncode is None
        for client in (good, bad):
            await close(client)
    finally:
        server.kill()
        await server.wait()
