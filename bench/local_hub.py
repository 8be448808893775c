"""Base stations as local hubs, in network namespaces: ``python -m bench.local_hub``.

A hub, two stations with leaf servers, three gateways behind each: nine places with real packets
between them. Gateways run the agent; what befalls a station's backhaul is drawn with a seed, thirty
times: it is cut (silently: nobody is told), flaps, loses a tenth of all packets with 200 ms each
way, loses one way alone, or the leaf server or an agent is killed. Meanwhile warnings are issued
that hold for seconds. Then all is well again, and must become so:

- readings: every batch that a spool took is in the hub's stream, once and in order, none dropped;
- warnings: none was made known after its expiry, by the node's own word.

Beside it, in the first gateway of each station, a plain client of NATS that publishes a number ten
times a second and reconnects by itself: how many of them never came is the baseline.
Needs root or user namespaces, and ``ip`` of iproute2. ``--seeds 3`` runs the first three.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from edge.enrolment import identity
from tests.edge.warnings.signing import COUNTY, LIVE, notice
from tests.integration.warning_world import Issuer
from tests.support.leaf_server import LeafServer
from tests.support.namespaces import Place, Wire, apart, cable, places
from tests.support.nats_server import NatsServer, nats_server
from tests.support.relay import CLEAR, Condition
from tests.support.waiting import until
from tianfu import nats_keys, subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.nats_keys import KeyKind
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.subjects import NodeId
from tools.ports import free_port

ROOT: Final = Path(__file__).resolve().parent.parent
SEEDS: Final = 30
STEPS: Final = 3
STEP_MOST_S: Final = 3.0
WARNING_MOST_S: Final = 8.0
WELL_AGAIN_S: Final = 180.0
GATEWAYS: Final = 3
YEAR_US: Final = 365 * 86_400 * 1_000_000
SLOW: Final = Condition(delay_s=0.2, loss=0.1)
CUT: Final = Condition(is_cut=True)
TROUBLES: Final = {
    "clear": CLEAR,
    "cut": CUT,
    "slow": SLOW,
    "lossy": Condition(loss=0.1),
    "blocked-up": Condition(is_up_blocked=True),
    "blocked-down": Condition(is_down_blocked=True),
}

AGENT_TOML: Final = """
[node]
id = "{node}"
data_dir = "data"
log_level = "error"
[batch]
close_after_ms = 100
readings_max = 50
[heartbeat]
interval_s = 1
[warnings]
place_code = "{county}"
live_key = "{key}"
[[warnings.sink]]
kind = "voice"
folder = "voice"
[[driver]]
kind = "simulated"
interval_s = 0.05
[[driver.series]]
id = "t"
unit = "Cel"
noise = 1
"""

PLAIN: Final = """
import asyncio, sys, nats
async def main(url, credentials, subject):
    async def quiet(error): pass
    client = await nats.connect(
        url, user_credentials=credentials, error_cb=quiet, max_reconnect_attempts=-1
    )
    number = 0
    while True:
        try:
            await client.publish(subject, str(number).encode())
        except nats.errors.Error:
            pass  # its buffer is full: this number is lost
        number += 1
        await asyncio.sleep(0.1)
asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Gateway:
    """An agent behind a station, as a process in a place of its own."""

    node: NodeId
    place: Place
    folder: Path
    hub_host: str
    process: subprocess.Popen[bytes] | None = None
    taken: int = 0
    """The last sequence number that has been looked at."""

    def start(self) -> None:
        """Start it."""
        command = [*self.place.within, sys.executable, "-m", "edge", "run"]
        environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto'}"}
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--config", str(self.folder / "edge.toml")],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def status(self) -> dict[str, Any]:
        """Return what it last said of itself, nothing before it has."""
        file = self.folder / "data" / "status.json"
        if not file.exists():
            return {}
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found


@dataclass
class Station:
    """A base station: its leaf server, its backhaul, the gateways behind it."""

    leaf: LeafServer
    backhaul: Wire
    gateways: list[Gateway]

    async def suffer(self, random: Random) -> str:
        """Let something befall it; return what."""
        name = random.choice([*TROUBLES, "flap", "leaf dies", "agent dies"])
        if name in TROUBLES:
            self.backhaul.be(TROUBLES[name])
        elif name == "flap":
            for _ in range(3):
                self.backhaul.be(CUT)
                await asyncio.sleep(random.uniform(0, 0.3))
                self.backhaul.be(CLEAR)
                await asyncio.sleep(random.uniform(0, 0.5))
        elif name == "leaf dies":
            await asyncio.to_thread(self.leaf.kill)
        else:
            await asyncio.to_thread(random.choice(self.gateways).kill)
        return name

    async def recover(self) -> None:
        """Be as good as new."""
        self.backhaul.be(CLEAR)
        if self.leaf.process is None:
            await asyncio.to_thread(self.leaf.start)
        for gateway in self.gateways:
            if gateway.process is None:
                gateway.start()


@dataclass
class Account:
    """What came of all scenarios."""

    batches: int = 0
    lost: int = 0
    twice: int = 0
    disorder: int = 0
    dropped: int = 0
    warnings: int = 0
    made_known: int = 0
    too_late: int = 0
    expired: int = 0
    settled_s: list[float] = field(default_factory=list)


@dataclass
class World:
    """The hub and its stations."""

    hub: NatsServer
    issuer: Issuer
    stations: list[Station]
    account: Account = field(default_factory=Account)
    expiry_us: dict[str, int] = field(default_factory=dict)
    read: int = 0
    reported: int = 0
    plain: dict[str, set[int]] = field(default_factory=dict)

    @property
    def plain_lost(self) -> int:
        """How many numbers of the plain clients never came, of those up to the last that did."""
        return sum(max(found) + 1 - len(found) for found in self.plain.values() if found)

    @property
    def gateways(self) -> list[Gateway]:
        """All of them."""
        return [gateway for station in self.stations for gateway in station.gateways]

    async def scenario(self, seed: int) -> None:
        """Run one: trouble, warnings, recovery, and the account of it."""
        random = Random(seed)
        befell: list[str] = []
        for step in range(STEPS):
            befell += [await station.suffer(random) for station in self.stations]
            await self._warn(f"w{seed}-{step}", random.uniform(0.5, WARNING_MOST_S))
            await asyncio.sleep(random.uniform(0.5, STEP_MOST_S))
        for station in self.stations:
            await station.recover()
        began = time.monotonic()
        await self.settle()
        self.account.settled_s.append(time.monotonic() - began)
        await self._look()
        print(f"seed {seed}: {', '.join(befell)}; {self.account}", flush=True)

    async def _warn(self, name: str, seconds: float) -> None:
        expire_us = self.expiry_us[name] = int((time.time() + seconds) * 1e6)
        await self.issuer.publish(notice(name, expire_us=expire_us))
        self.account.warnings += 1

    async def settle(self) -> None:
        """Wait until the hub has what each spool held when all was well again."""
        asked = time.time()
        wanted: dict[NodeId, int] = {}

        async def is_there() -> bool:
            for gateway in self.gateways:
                file = gateway.folder / "data" / "status.json"
                if gateway.node not in wanted:
                    if not file.exists() or file.stat().st_mtime <= asked:
                        return False
                    wanted[gateway.node] = int(gateway.status()["spool"]["sequence"])
            return all([await self._last(node) >= number for node, number in wanted.items()])

        await until(is_there, WELL_AGAIN_S)

    async def _last(self, node: NodeId) -> int:
        js = (await self.issuer.client()).jetstream()
        try:
            message = await js.get_last_msg(subjects.READINGS, subjects.reading(node), direct=False)
        except NotFoundError:
            return 0
        return int(reading_batch_pb2.ReadingBatch.FromString(message.data or b"").sequence)

    async def _look(self) -> None:
        """Take what is new in the streams into the account."""
        account = self.account
        js = (await self.issuer.client()).jetstream()
        state = (await js.stream_info(subjects.READINGS)).state
        by_node = {gateway.node: gateway for gateway in self.gateways}
        for number in range(self.read + 1, state.last_seq + 1):
            message = await js.get_msg(subjects.READINGS, seq=number)
            batch = reading_batch_pb2.ReadingBatch.FromString(message.data or b"")
            gateway = by_node[subjects.node_id(batch.node)]
            first = batch.sequence - max(batch.span, 1) + 1
            account.batches += 1
            account.dropped += sum(drop.readings for drop in batch.drops)
            account.lost += max(0, first - gateway.taken - 1)
            account.twice += batch.sequence == gateway.taken
            account.disorder += batch.sequence < gateway.taken
            gateway.taken = max(gateway.taken, batch.sequence)
        self.read = state.last_seq
        reports = await self.issuer.reports()
        for report in reports[self.reported :]:
            for receipt in report.receipts:
                is_done = receipt.state == pb.RECEIPT_STATE_DELIVERED
                if is_done and receipt.sink != pb.SINK_NODE:
                    account.made_known += 1
                    account.too_late += receipt.event_time_us > self.expiry_us[receipt.warning]
                account.expired += receipt.reason == "NOTICE_EXPIRED"
        self.reported = len(reports)


# -- the world ---------------------------------------------------------------------------------


def write_gateway(
    hub: NatsServer, node: NodeId, place: Place, folder: Path, leaf_url: str, hub_host: str
) -> Gateway:
    """Write what an enrolled gateway has on its card."""
    data = folder / "data"
    data.mkdir(parents=True)
    toml = AGENT_TOML.format(node=node, county=COUNTY, key=LIVE.nkey)
    (folder / "edge.toml").write_text(toml, encoding="utf-8")
    pair = nats_keys.generate(KeyKind.USER)
    now = int(time.time())
    token = hub.realm.user_token(
        "node", node, pair.public_key, subjects.node_permissions(node, COUNTY), issued=now
    )
    identity.keep_seed(data, identity.SEED, pair)
    far_us = now * 1_000_000 + YEAR_US
    urls = (leaf_url, f"nats://{hub_host}:{hub.port}")
    facts = identity.Facts(node, "", "", urls, now * 1_000_000, far_us, far_us)
    identity.store(data, facts, token, pair)
    return Gateway(node, place, folder, hub_host)


def build(stack: ExitStack, hub: NatsServer, folder: Path) -> list[Station]:
    """Build stations and gateways, and what lies between them and the hub; start them."""
    hub_place = Place()
    hub_place.forward()
    stations = []
    for number in (1, 2):
        node = subjects.node_id(f"station-{number}")
        names = [f"g{number}{position}" for position in range(1, GATEWAYS + 1)]
        here, *around = stack.enter_context(places([f"s{number}", *names]))
        wire = stack.enter_context(Wire(f"wire{number}", number))
        wire.lead(hub_place, f"10.77.{number}.1", here, f"10.77.{number}.2")
        here.forward()
        here.ip("link", "add", "name", "lan", "type", "bridge")
        here.ip("address", "add", f"10.78.{number}.1/24", "dev", "lan")
        here.ip("link", "set", "lan", "up")
        here.ip("route", "add", "default", "via", f"10.77.{number}.1")
        hub_place.ip("route", "add", f"10.78.{number}.0/24", "via", f"10.77.{number}.2")
        nodes = [subjects.node_id(f"station-{number}-{name}") for name in names]
        hub_host = f"10.77.{number}.1"
        leaf = LeafServer(
            hub,
            node,
            COUNTY,
            dict.fromkeys(nodes, COUNTY),
            hub.leaf_port or 0,
            hosts=(hub_host, f"10.78.{number}.1"),
            within=here.within,
        )
        stack.callback(leaf.kill)
        leaf.start()
        gateways = []
        for position, (name, place) in enumerate(zip(nodes, around, strict=True), start=11):
            cable(place, f"10.78.{number}.{position}/24", f"e{position}", here, "lan")
            place.ip("route", "add", "default", "via", f"10.78.{number}.1")
            gateway = write_gateway(hub, name, place, folder / name, leaf.url, hub_host)
            stack.callback(gateway.kill)
            gateway.start()
            gateways.append(gateway)
        stations.append(Station(leaf, wire, gateways))
    return stations


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Run hub, stations and gateways."""
    with ExitStack() as stack:
        hub = stack.enter_context(nats_server(leaf_port=free_port(), host="0.0.0.0"))  # noqa: S104 - of our own namespaces
        issuer = Issuer(hub)
        await issuer.begin()
        await issuer.streams()
        one = World(hub, issuer, build(stack, hub, folder))
        credentials = str(hub.credentials("test", "edge-admin"))
        listener = await nats.connect(hub.url, user_credentials=credentials)
        for station in one.stations:
            await listen(stack, one, station.gateways[0], credentials, listener)
        yield one
        await listener.close()
        await issuer.close()


async def listen(
    stack: ExitStack, one: World, gateway: Gateway, credentials: str, listener: Client
) -> None:
    """Run the plain client at a gateway, and write down which of its numbers come."""
    subject = f"plain.{gateway.node}"
    found = one.plain[subject] = set[int]()

    async def take(message: Msg) -> None:
        found.add(int(message.data))

    await listener.subscribe(subject, cb=take)
    url = f"nats://{gateway.hub_host}:{one.hub.port}"
    command = [*gateway.place.within, sys.executable, "-c", PLAIN, url, credentials, subject]
    started(stack, command)


def started(stack: ExitStack, command: list[str]) -> None:
    """Start a process that ends with the stack."""
    process = stack.enter_context(subprocess.Popen(command))
    stack.callback(process.kill)


def report(account: Account, plain_lost: int, seeds: int) -> list[dict[str, Any]]:
    """Return the figures."""
    settled = sorted(account.settled_s)
    rows: list[tuple[str, float, str, float | None]] = [
        ("local_hub.lost", account.lost + account.dropped, "batches", 0),
        ("local_hub.twice", account.twice, "batches", 0),
        ("local_hub.out_of_order", account.disorder, "batches", 0),
        ("local_hub.made_known_after_expiry", account.too_late, "warnings", 0),
        ("local_hub.made_known", account.made_known, "warnings", None),
        ("local_hub.scenarios", seeds, "scenarios", None),
        ("local_hub.settled_most", round(settled[-1], 1), "s", None),
    ]
    return [
        {
            "name": name,
            "value": value,
            "unit": unit,
            "baseline": plain_lost if name == "local_hub.lost" else None,
            "ratio": None,
            "target": target,
            "met": None if target is None else value <= target,
        }
        for name, value, unit, target in rows
    ]


async def run(folder: Path, seeds: int) -> list[dict[str, Any]]:
    """Run so many scenarios; return the figures."""
    async with world(folder) as one:
        await one.settle()
        for seed in range(seeds):
            await one.scenario(seed)
        return report(one.account, one.plain_lost, seeds)


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many scenarios")
    given = parser.parse_args()
    apart()
    with tempfile.TemporaryDirectory(prefix="tianfu-bench-hub-") as folder:
        figures = asyncio.run(run(Path(folder), given.seeds))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
