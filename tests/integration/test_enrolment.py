"""A device's life over TLS: a token once, a key of its own, renewals, and being turned out."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import grpc
import pytest
from nats.aio.client import Client

from cli.authority import Authority
from cli.keyfiles import KeyFiles
from cli.keystore import COST_RANDOM
from cli.updates.repository import Repository
from edge import main as edge_main
from edge import settings as edge_settings
from edge.agent import Agent
from edge.clock import SystemClock
from edge.enrolment import enrolling, identity
from edge.enrolment.unary_call import CallFailed, CallRefused
from edge.spool import Spool
from services.plumbing.nats_link import close
from tests.integration.edge_world import running
from tests.support.fleet_process import FleetProcess, enrolment_environment, fleet_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.waiting import until
from tianfu import join_code, subjects
from tianfu.fleet.v1 import enrolment_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.join_code import JoinCode

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
SHORT_S = 12.0
WAIT_S = 90.0
BITS = SystemRandom().getrandbits
NOBODY = "https://127.0.0.1:1"
TOKEN_REFUSED = "ENROLMENT_TOKEN_REFUSED"


@contextmanager
def platform(
    postgres: PostgresServer, folder: Path, lifetime_s: float = 3600
) -> Iterator[FleetProcess]:
    """Run a fleet service that enrols, by TLS."""
    authority = Authority(folder / "tls")
    authority.ensure(datetime.now(UTC))
    shown = authority.issue("fleet", ["127.0.0.1", "localhost"], datetime.now(UTC))
    name = postgres.create_database()
    with nats_server() as server:
        root = Repository(
            folder / "releases", KeyFiles(folder / "keys", "a passphrase", COST_RANDOM), NOW
        ).create()
        more = enrolment_environment(folder, server) | {
            "TIANFU_UPDATE_ROOT_FILE": str(root),
            "TIANFU_NODE_CREDENTIALS_LIFETIME_S": str(lifetime_s),
            "TIANFU_TLS_CERTIFICATE_FILE": str(shown.certificate),
            "TIANFU_TLS_KEY_FILE": str(shown.key),
        }
        with fleet_process(server, postgres.url(name), more, authority.certificate) as process:
            yield process
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def fleet(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FleetProcess]:
    with platform(postgres, tmp_path_factory.mktemp("platform")) as process:
        yield process


def join(fleet: FleetProcess, node: str, *, is_new: bool = True) -> JoinCode:
    """Register a node and return what its device is handed."""
    if is_new:
        fleet.create(node)
    answer = fleet.call("IssueEnrolmentToken", pb.IssueEnrolmentTokenRequest(name=f"nodes/{node}"))
    assert fleet.authority is not None
    server = f"https://127.0.0.1:{fleet.port}"
    return JoinCode(answer.token, server, fleet.authority.read_text(), answer.update_root_sha256)


def state(fleet: FleetProcess, node: str) -> Any:
    return fleet.call("GetEnrolment", pb.GetEnrolmentRequest(name=f"nodes/{node}/enrolment"))


def revoke(fleet: FleetProcess, node: str) -> Any:
    request = pb.RevokeEnrolmentRequest(name=f"nodes/{node}/enrolment", cause="stolen")
    return fleet.call("RevokeEnrolment", request)


class Device:
    """A NATS connection of an enrolled device."""

    def __init__(self, held: identity.Identity) -> None:
        self.client = Client()
        self.node = subjects.node_id(held.facts.node)
        self._held = held
        self.errors: list[str] = []

    async def connect(self) -> None:
        async def note(error: Exception) -> None:
            self.errors.append(str(error))

        await self.client.connect(
            self._held.facts.nats_urls[0],
            user_credentials=self._held.credentials,
            inbox_prefix=subjects.inbox_prefix("node", self.node),
            allow_reconnect=False,
            error_cb=note,
        )

    async def close(self) -> None:
        await close(self.client)


def handed_over(fleet: FleetProcess) -> bytes:
    return Path(fleet.environment["TIANFU_UPDATE_ROOT_FILE"]).read_bytes()


async def lets_in(held: identity.Identity) -> bool:
    device = Device(held)
    try:
        await device.connect()
    except Exception:  # noqa: BLE001 - nats-py has a type for each way of being turned away
        return False
    finally:
        await device.close()
    return True


async def test_a_token_makes_a_device_a_node_once(fleet: FleetProcess, tmp_path: Path) -> None:
    code = join(fleet, "gw-once")
    assert state(fleet, "gw-once").state == enrolment_pb2.ENROLMENT_STATE_NONE

    done = await enrolling.enroll(code, tmp_path / "a", BITS)

    assert done.identity.facts.node == "gw-once"
    assert await lets_in(done.identity)
    now = state(fleet, "gw-once")
    assert now.state == enrolment_pb2.ENROLMENT_STATE_ENROLLED
    assert now.public_key == done.identity.key.public_key
    with pytest.raises(CallRefused) as caught:  # another device with the same token
        await enrolling.enroll(code, tmp_path / "b", BITS)
    assert caught.value.reason == "ENROLMENT_TOKEN_REFUSED"


@pytest.mark.parametrize(
    ("digest", "is_handed"),
    [
        pytest.param("0" * 64, False, id="another"),
        pytest.param("", True, id="a-code-of-before"),
    ],
)
async def test_a_root_that_the_code_does_not_name_is_not_taken(
    fleet: FleetProcess, tmp_path: Path, digest: str, *, is_handed: bool
) -> None:
    """Then nothing is kept; with the right code the same device goes on by the same token."""
    node = f"gw-root-{'any' if is_handed else 'named'}"
    code = join(fleet, node)
    other = replace(code, root_sha256=digest)
    if not is_handed:
        with pytest.raises(CallFailed) as caught:
            await enrolling.enroll(other, tmp_path, BITS)
        assert caught.value.reason == "UPDATE_ROOT_MISMATCH"
        assert identity.load(tmp_path) is None
        assert not (tmp_path / "update").exists()
        other = code
    assert (await enrolling.enroll(other, tmp_path, BITS)).has_root


async def test_an_answer_that_was_lost_is_given_again(fleet: FleetProcess, tmp_path: Path) -> None:
    code = join(fleet, "gw-lost")
    first = await enrolling.enroll(code, tmp_path, BITS)
    # As if the power had gone before the answer came: the key is there, and nothing else.
    key = first.identity.key
    for file in (identity.FACTS, identity.TOKEN, identity.SEED):
        (first.identity.folder / file).unlink()
    identity.keep_seed(tmp_path, identity.NEXT_SEED, key)

    again = await enrolling.enroll(code, tmp_path, BITS)

    assert again.identity.key.public_key == key.public_key
    assert await lets_in(again.identity)


async def test_the_command_enrols_and_the_agent_comes_online(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    """What a field engineer does: one command, one code; then the agent runs."""
    text = join_code.encode(join(fleet, "gw-real"))
    file = tmp_path / "edge.toml"
    command = [sys.executable, "-m", "edge", "enroll", "-", "--config", str(file)]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        input=text + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "enrolled as gw-real" in done.stdout
    assert edge_main.main(["check", str(file)]) == 0
    pinned = (tmp_path / "data" / "update" / "root.json").read_bytes()
    assert pinned == handed_over(fleet)
    assert edge_settings.load(file, {}).update is not None
    agent = agent_at(file)
    async with running(agent):
        await until(lambda: agent.link.is_connected)
        await until(lambda: agent.heartbeat.offset_us != 0)
        shown = agent.status()["identity"]
        assert shown["server"].startswith("https://")
    assert fleet.node("gw-real").name == "nodes/gw-real"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda c: (c.token, c.server, ""), "SERVER_UNTRUSTED", id="no-authority"),
        pytest.param(lambda c: ("tf1.gw-x.abc", c.server, c.ca_pem), TOKEN_REFUSED, id="unknown"),
        pytest.param(lambda c: ("x", c.server, c.ca_pem), TOKEN_REFUSED, id="no-token"),
        pytest.param(lambda c: (c.token, NOBODY, c.ca_pem), "SERVER_UNREACHABLE", id="nobody"),
    ],
)
async def test_a_device_is_told_why_not(
    fleet: FleetProcess, tmp_path: Path, change: Any, reason: str
) -> None:
    code = JoinCode(*change(join(fleet, f"gw-{tmp_path.name.replace('_', '-')}"[:60].strip("-"))))
    with pytest.raises((CallRefused, CallFailed)) as caught:
        await enrolling.enroll(code, tmp_path, BITS)
    refusal: Any = caught.value
    assert refusal.reason == reason, str(refusal)
    assert code.token not in str(caught.value) or len(code.token) < 3
    assert identity.load(tmp_path) is None


async def test_a_signature_of_another_key_is_refused(fleet: FleetProcess, tmp_path: Path) -> None:
    code = join(fleet, "gw-forged")
    held = (await enrolling.enroll(code, tmp_path / "a", BITS)).identity
    request = pb.RenewEnrolmentRequest(
        name="nodes/gw-forged", public_key=held.key.public_key, signature=b"\1" * 64
    )
    with pytest.raises(grpc.RpcError) as caught:
        fleet.call("RenewEnrolment", request)
    assert refused(caught.value) == "ENROLMENT_PROOF_REFUSED"


async def test_a_node_that_is_turned_out_is_gone_within_seconds(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    held = (await enrolling.enroll(join(fleet, "gw-out"), tmp_path, BITS)).identity
    other = (await enrolling.enroll(join(fleet, "gw-in"), tmp_path / "o", BITS)).identity
    stolen, honest = Device(held), Device(other)
    await stolen.connect()
    await honest.connect()
    try:
        revoke(fleet, "gw-out")
        async with asyncio.timeout(10):  # what is promised
            await until(lambda: not stolen.client.is_connected)
        assert honest.client.is_connected
    finally:
        await stolen.close()
        await honest.close()
    assert not await lets_in(held)
    await until(lambda: state(fleet, "gw-out").revoke_applied)
    with pytest.raises(CallRefused) as caught:
        await enrolling.renew(held, tmp_path)
    assert caught.value.reason == "ENROLMENT_REVOKED"
    back = join(fleet, "gw-out", is_new=False)
    new = await enrolling.enroll(back, tmp_path / "new", BITS)
    assert await lets_in(new.identity)
    assert not await lets_in(held)


async def test_a_new_device_turns_the_old_one_out(fleet: FleetProcess, tmp_path: Path) -> None:
    old = (await enrolling.enroll(join(fleet, "gw-swap"), tmp_path / "old", BITS)).identity
    code = join(fleet, "gw-swap", is_new=False)
    new = (await enrolling.enroll(code, tmp_path / "new", BITS)).identity
    assert await lets_in(new)

    async def is_out() -> bool:
        return not await lets_in(old)

    await until(is_out)


async def test_a_removed_node_is_turned_out(fleet: FleetProcess, tmp_path: Path) -> None:
    held = (await enrolling.enroll(join(fleet, "gw-gone"), tmp_path, BITS)).identity
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/gw-gone"))

    async def is_out() -> bool:
        return not await lets_in(held)

    await until(is_out)
    # The next of its name waits for a device, as if there had been none.
    join(fleet, "gw-gone")
    asked = pb.GetEnrolmentRequest(name="nodes/gw-gone/enrolment")
    state = fleet.call("GetEnrolment", asked).state
    assert state == enrolment_pb2.ENROLMENT_STATE_NONE
    assert not await lets_in(held)


async def test_a_removed_node_s_token_is_none_for_the_next_of_its_name(
    fleet: FleetProcess, tmp_path: Path
) -> None:
    old = join(fleet, "gw-again")
    fleet.call("DeleteNode", pb.DeleteNodeRequest(name="nodes/gw-again"))
    new = join(fleet, "gw-again")
    with pytest.raises(CallRefused) as caught:
        await enrolling.enroll(old, tmp_path / "old", BITS)
    assert caught.value.reason == TOKEN_REFUSED
    assert await lets_in((await enrolling.enroll(new, tmp_path / "new", BITS)).identity)


async def test_turning_out_survives_the_service_and_the_server(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Revoked while NATS is away, killed at once: told when both are back."""
    with platform(postgres, tmp_path) as fleet:
        held = (await enrolling.enroll(join(fleet, "gw-kill"), tmp_path / "d", BITS)).identity
        fleet.nats.kill()
        revoke(fleet, "gw-kill")
        fleet.kill()
        fleet.nats.start()
        fleet.start()

        async def is_out() -> bool:
            return not await lets_in(held)

        await until(is_out)
        # The server remembers by itself, too.
        fleet.kill()
        fleet.nats.restart()
        assert not await lets_in(held)
        fleet.start()


async def test_credentials_are_renewed_in_time_and_caught_up_on(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    with platform(postgres, tmp_path, SHORT_S) as fleet:
        file = tmp_path / "edge.toml"
        text = join_code.encode(join(fleet, "gw-short"))
        arguments = ["enroll", text, "--config", str(file)]
        assert await asyncio.to_thread(edge_main.main, arguments) == 0
        first = identity.load(tmp_path / "data")
        assert first is not None
        agent = agent_at(file)
        async with running(agent):
            await until(lambda: agent.counters.of("CREDENTIALS_RENEWED") >= 1, WAIT_S)
            await until(lambda: agent.link.is_connected, WAIT_S)
        second = identity.load(tmp_path / "data")
        assert second is not None
        assert second.key.public_key != first.key.public_key
        # Offline past the end: nobody lets it in, its key gets it back.
        await until(lambda: SystemClock().wall_us() > second.facts.expire_us + 1_000_000)
        assert not await lets_in(second)
        late = agent_at(file)
        async with running(late):
            await until(lambda: late.link.is_connected, WAIT_S)


async def test_a_renewal_in_time_leaves_no_gap(fleet: FleetProcess, tmp_path: Path) -> None:
    file, data = tmp_path / "edge.toml", tmp_path / "data"
    arguments = ["enroll", join_code.encode(join(fleet, "gw-no-gap")), "--config", str(file)]
    assert await asyncio.to_thread(edge_main.main, arguments) == 0
    first = identity.load(data)
    assert first is not None
    # The card says that they are about to end, and the server takes them for an hour yet: however
    # slow this machine is, they do not end while the test runs.
    facts = replace(
        first.facts, renew_us=first.facts.issue_us, expire_us=first.facts.issue_us + 1_000_000
    )
    token = (first.folder / identity.TOKEN).read_text()
    identity.store(data, facts, token, first.key)
    agent = agent_at(file)
    async with running(agent):
        await until(lambda: agent.counters.of("CREDENTIALS_RENEWED") == 1, WAIT_S)
        await until(lambda: agent.link.is_connected, WAIT_S)
        assert agent.counters.of("NATS_UNAUTHORIZED") == 0
    second = identity.load(data)
    assert second is not None
    assert second.key.public_key != first.key.public_key


def agent_at(file: Path) -> Agent:
    """Return the agent that `tianfu-edge run` would run."""
    loaded = edge_settings.load(file, {})
    clock, random = SystemClock(), Random(4)
    spool = Spool(
        loaded.data_dir,
        loaded.node,
        clock=clock,
        random_bits=random.getrandbits,
        bytes_max=loaded.spool.bytes_max,
        age_max_s=loaded.spool.age_max_s,
    )
    held = identity.load_for(loaded.node, loaded.data_dir)
    return Agent(loaded, spool, clock=clock, random=random, version="1.0", identity=held)


def test_without_keys_nobody_is_enrolled(postgres: PostgresServer, nats: NatsServer) -> None:
    name = postgres.create_database()
    with fleet_process(nats, postgres.url(name)) as fleet:
        fleet.create("gw-unset")
        with pytest.raises(grpc.RpcError) as caught:
            join(fleet, "gw-unset", is_new=False)
        assert refused(caught.value) == "ENROLMENT_UNSET"
    postgres.drop_database(name)


def refused(error: grpc.RpcError) -> str:
    """Return the reason of a refused call."""
    info = details(error).info
    assert info is not None
    return str(info.reason)
