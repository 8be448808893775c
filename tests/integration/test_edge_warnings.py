"""Warnings on a whole agent, against a real nats-server and simulated devices."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge import link, status
from edge.agent import Agent
from edge.settings import parse
from edge.warnings import receiver
from tests.edge.warnings.signing import DRILL, LIVE, SECOND_US, notice, signed, signer
from tests.integration import edge_world, warning_world
from tests.integration.edge_world import ROOT, AgentProcess, running
from tests.integration.warning_world import Issuer, environment, warning_toml, write
from tests.support import warning_devices
from tests.support.nats_server import NatsServer
from tests.support.waiting import until
from tests.support.warning_devices import Board, Relay
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.subjects import Channel

pytestmark = pytest.mark.integration

DELIVERED = ("w1", 1, "SIREN", "DELIVERED")
UPDATE, CANCEL = pb.NOTICE_TYPE_UPDATE, pb.NOTICE_TYPE_CANCEL
RED = warning_pb2.COLOUR_RED


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than in the field; nothing else differs."""
    monkeypatch.setattr(link, "RETRY_MOST_S", 0.5)
    monkeypatch.setattr(receiver, "RETRY_S", 0.3)
    monkeypatch.setattr(receiver, "OFFSET_WAIT_S", 0.1)


@dataclass
class World:
    """The platform and the site."""

    issuer: Issuer
    relay: Relay
    board: Board
    folder: Path

    @property
    def server(self) -> NatsServer:
        return self.issuer.server

    def agent(self, more: str = "") -> Agent:
        """Return the site's agent, to be run."""
        text = warning_toml(self.relay, self.board, more=more)
        settings = parse(text, environment(self.server), file="t", folder=self.folder)
        return edge_world.agent_of(settings)

    def process(self) -> WarnedProcess:
        """Return the site's agent as a process."""
        return WarnedProcess(write(self.folder, warning_toml(self.relay, self.board)), self.server)

    async def cut(self) -> None:
        """Cut the site off."""
        await self.issuer.close()
        await asyncio.to_thread(self.server.stop)

    async def mend(self) -> None:
        """Connect it again."""
        await asyncio.to_thread(self.server.start)


class WarnedProcess(AgentProcess):
    """The agent of the warned node."""

    def __init__(self, file: Path, server: NatsServer) -> None:
        super().__init__(file, server)
        self._environment = os.environ | environment(server)


@pytest.fixture
async def world(nats: NatsServer, tmp_path: Path) -> AsyncIterator[World]:
    warning_world.warned(nats)
    issuer = Issuer(nats)
    await issuer.begin()
    relay, board = Relay(), Board()
    async with warning_devices.running(relay, board):
        yield World(issuer, relay, board, tmp_path)
        await issuer.close()


def ahead(seconds: float) -> int:
    return int((time.time() + seconds) * SECOND_US)


def alert(
    version: int = 1,
    *,
    warning: str = "w1",
    seconds: float = 3600,
    kind: int = pb.NOTICE_TYPE_ALERT,
    colour: int = warning_pb2.COLOUR_ORANGE,
) -> pb.Notice:
    return notice(warning, version, expire_us=ahead(seconds), kind=kind, colour=colour)


def count(agent: Agent, reason: str) -> int:
    return agent.counters.of(reason)


async def test_a_bulletin_that_was_there_before_is_followed(world: World) -> None:
    await world.issuer.publish(alert())
    async with running(world.agent()):
        await until(lambda: world.issuer.has(DELIVERED, ("w1", 1, "BOARD", "DELIVERED")))
        assert world.relay.is_on
        assert world.board.shown == ["live/w1/1"]
    assert not world.relay.is_on, "a stop leaves nothing sounding"
    states = {one[2:4] for one in await world.issuer.receipts()}
    assert states == {
        ("NODE", "DELIVERED"),
        ("SIREN", "SENT"),
        ("SIREN", "DELIVERED"),
        ("BOARD", "SENT"),
        ("BOARD", "DELIVERED"),
    }


async def test_a_bulletin_is_followed_as_it_is_published(world: World) -> None:
    agent = world.agent()
    async with running(agent):
        await until(lambda: count(agent, "CLOCK_UNANSWERED") > 0)
        await world.issuer.publish(alert())
        await until(lambda: world.relay.is_on)
        await world.issuer.publish(alert(2, kind=UPDATE))
        await until(lambda: world.board.shown == ["live/w1/2"])
        await until(lambda: world.issuer.has(("w1", 2, "SIREN", "DELIVERED")))
        assert world.relay.sounds == 1
        await world.issuer.publish(alert(3, kind=CANCEL))
        await until(lambda: not world.relay.is_on)
        await until(lambda: bool(world.board.requests[-1][0]["colour"] == "green"))
        await until(lambda: world.issuer.has(("w1", 3, "BOARD", "DELIVERED")))
        found = agent.status()["warnings"]
    assert found["revisions"]["live"] == 3
    assert found["in_force"] == []
    assert found["acted"] == 6


async def test_a_graver_update_sounds_again(world: World) -> None:
    agent = world.agent()
    await world.issuer.publish(alert(seconds=2.0))
    async with running(agent):
        await until(lambda: world.relay.is_on)
        await until(lambda: not world.relay.is_on)
        await world.issuer.publish(alert(2, kind=UPDATE, colour=RED))
        await until(lambda: world.relay.sounds == 2)


async def test_nothing_is_done_twice_by_a_restart(world: World) -> None:
    await world.issuer.publish(alert(warning="w9", seconds=-1), alert())
    async with running(world.agent()):
        await until(lambda: world.issuer.has(DELIVERED, ("w1", 1, "BOARD", "DELIVERED")))
    before = await world.issuer.receipts()
    assert ("w9", 1, "NODE", "REFUSED", "NOTICE_EXPIRED") in before
    agent = world.agent()
    async with running(agent):
        # The siren goes on in its time, the board shows its page, and nobody is told again.
        await until(lambda: world.relay.is_on)
        await until(lambda: count(agent, "BULLETIN_RECEIVED") > 0)
        await until(lambda: world.board.shown == ["live/w1/1"])
    assert await world.issuer.receipts() == before


async def test_a_cut_during_a_warning_that_is_valid_on_return(world: World) -> None:
    agent = world.agent()
    async with running(agent):
        await until(lambda: agent.link.is_connected)
        await world.cut()
        await until(lambda: not agent.link.is_connected)
        await world.mend()
        await world.issuer.publish(alert())
        await until(lambda: world.relay.is_on)
        await until(lambda: world.issuer.has(DELIVERED))


async def test_a_cut_during_a_warning_that_is_over_on_return(world: World) -> None:
    agent = world.agent()
    await world.issuer.publish(alert(seconds=1.0))
    await world.cut()
    end = time.monotonic() + 1.1
    async with running(agent):
        await until(lambda: time.monotonic() > end)
        await world.mend()
        refused = ("w1", 1, "NODE", "REFUSED", "NOTICE_EXPIRED")
        await until(lambda: world.issuer.has(refused))
        assert count(agent, "NOTICE_EXPIRED") == 1
    assert world.relay.sounds == 0
    assert world.board.requests == []
    assert [one[3] for one in await world.issuer.receipts()] == ["REFUSED"]


async def test_a_siren_ends_at_expiry_though_the_link_is_down(world: World) -> None:
    agent = world.agent()
    await world.issuer.publish(alert(seconds=3.0))
    async with running(agent):
        await until(lambda: world.relay.is_on)
        await world.cut()
        await until(lambda: not world.relay.is_on)
        assert not agent.link.is_connected
        await world.mend()
        await until(lambda: world.issuer.has(DELIVERED))


async def test_receipts_wait_for_a_link_and_come_once(world: World) -> None:
    agent = world.agent()
    world.board.is_refusing = True
    await world.issuer.publish(alert())
    async with running(agent):
        await until(lambda: world.relay.is_on)
        await world.cut()
        world.board.is_refusing = False
        await until(lambda: world.board.shown == ["live/w1/1"])
        await until(lambda: agent.status()["warnings"]["receipts"]["waiting"] > 0)
    # Stopped with receipts unsent, and started again.
    await world.mend()
    async with running(world.agent()):
        await until(lambda: world.issuer.has(("w1", 1, "BOARD", "DELIVERED")))
    states = [one[2:4] for one in await world.issuer.receipts()]
    assert len(states) == len(set(states)) == 5


@pytest.mark.parametrize("case", ["stranger", "drill-key", "drill-notice", "replayed", "noise"])
async def test_what_is_not_to_be_trusted_does_nothing(world: World, case: str) -> None:
    drill = notice(expire_us=ahead(60), channel=Channel.DRILL)
    payloads = {
        "stranger": (signed([alert()], by=signer(9)), "BULLETIN_KEY_UNKNOWN"),
        "drill-key": (signed([alert()], by=DRILL), "BULLETIN_KEY_UNKNOWN"),
        "drill-notice": (signed([alert(), drill], 1), "NOTICE_OF_ANOTHER_CHANNEL"),
        "replayed": (signed([alert()], 1), "BULLETIN_OLD"),
        "noise": (b"\x08\x96\x01noise", "BULLETIN_MALFORMED"),
    }
    payload, reason = payloads[case]
    agent = world.agent()
    async with running(agent):
        if case == "replayed":
            for _ in range(3):
                await world.issuer.publish()
            await until(lambda: agent.status()["warnings"]["revisions"]["live"] == 3)
        await world.issuer.publish(payload=payload)
        await until(lambda: count(agent, reason) > 0)
        assert agent.status()["warnings"]["refused"][reason] > 0
    assert world.relay.sounds == 0
    assert world.board.requests == []
    assert await world.issuer.receipts() == []


async def test_an_exercise_shows_and_does_not_sound(world: World) -> None:
    agent = world.agent()
    exercise = notice(expire_us=ahead(60), channel=Channel.DRILL)
    await world.issuer.publish(exercise, channel=Channel.DRILL)
    async with running(agent):
        await until(lambda: world.issuer.has(("w1", 1, "BOARD", "DELIVERED")))
    assert world.relay.sounds == 0
    (page,) = world.board.requests[-1]
    assert page["mode"] == "drill"
    assert all(text.startswith(("演练", "EXERCISE")) for text in page["text"])
    reports = await world.issuer.reports()
    channels = {receipt.channel for report in reports for receipt in report.receipts}
    assert channels == {warning_pb2.WARNING_CHANNEL_DRILL}


async def test_a_live_notice_in_the_bucket_of_exercises_does_nothing(world: World) -> None:
    agent = world.agent()
    payload = signed([alert()], by=LIVE)
    await world.issuer.publish(channel=Channel.DRILL, payload=payload)
    async with running(agent):
        await until(lambda: count(agent, "BULLETIN_KEY_UNKNOWN") > 0)
    assert world.relay.sounds == 0


async def test_a_stuck_board_holds_up_no_siren(world: World) -> None:
    world.board.is_silent = True
    await world.issuer.publish(alert())
    agent = world.agent()
    async with running(agent):
        await until(lambda: world.issuer.has(DELIVERED))
        await world.issuer.publish(alert(2, kind=CANCEL))
        await until(lambda: not world.relay.is_on)
        assert agent.status()["warnings"]["sinks"][1]["done"] == 0
        await until(lambda: world.issuer.has(("w1", 1, "BOARD", "FAILED", "SUPERSEDED")))


# -- killed ----------------------------------------------------------------------------------------


async def test_a_kill_between_sound_and_receipt_is_one_sound_and_one_receipt(world: World) -> None:
    world.relay.is_silent = True  # it switches, and its answer is lost: nothing is receipted yet
    await world.issuer.publish(alert())
    process = world.process()
    process.start()
    await until(lambda: world.relay.is_on)
    process.kill()
    world.relay.is_silent = False
    assert ("w1", 1, "SIREN", "DELIVERED", "") not in await world.issuer.receipts()
    process.start()
    await until(lambda: world.issuer.has(DELIVERED))
    assert world.relay.is_on
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    found = await world.issuer.receipts()
    assert [one[3] for one in found if one[2] == "SIREN"] == ["SENT", "DELIVERED"]
    assert world.relay.sounds == 1


async def test_kills_at_many_moments_lose_and_double_nothing(world: World) -> None:
    process = world.process()
    process.start()
    for version in range(1, 7):
        kind = UPDATE if version > 1 else pb.NOTICE_TYPE_ALERT
        colour = RED if version > 3 else warning_pb2.COLOUR_YELLOW
        await world.issuer.publish(alert(version, kind=kind, colour=colour))
        if version % 3 == 1:
            await until(lambda: world.relay.is_on)
        elif version % 3 == 2:
            await until(lambda: world.issuer.has(("w1", version)))  # noqa: B023 - awaited here
        process.kill()
        process.start()
    last = ("w1", 6, "BOARD", "DELIVERED")
    await until(lambda: world.issuer.has(("w1", 6, "NODE"), last))
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == 0
    found = await world.issuer.receipts()
    assert len(found) == len(set(found))
    # Each version that was followed at all has come to one end at each sink.
    followed = {one[1] for one in found if one[2] == "NODE"}
    for version in followed:
        for sink in ("SIREN", "BOARD"):
            states = sorted(one[3] for one in found if one[1:3] == (version, sink))
            assert states in (["DELIVERED", "SENT"], ["FAILED", "SENT"]), (version, sink, found)
    final = status.read(world.folder / "data")
    assert final is not None
    assert final["warnings"]["receipts"]["waiting"] == 0


# -- acknowledged ----------------------------------------------------------------------------------


def acknowledge(file: Path, *warning: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", "acknowledge", *warning, "--config", str(file)]
    return subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
    )


async def test_somebody_acknowledges_by_a_command(world: World) -> None:
    file = write(world.folder, warning_toml(world.relay, world.board))
    early = await asyncio.to_thread(acknowledge, file, "w1")
    assert (early.returncode, "AGENT_NOT_RUNNING" in early.stderr) == (1, True)
    await world.issuer.publish(alert(), alert(warning="w2"))
    agent = world.agent()
    async with running(agent):
        # What was asked for before there was an agent is answered, with nothing.
        await until(lambda: world.issuer.has(DELIVERED))
        done = await asyncio.to_thread(acknowledge, file, "w1")
        assert (done.returncode, done.stdout) == (0, "acknowledged w1\n")
        again = await asyncio.to_thread(acknowledge, file, "w1")
        assert (again.returncode, "NOTHING_TO_ACKNOWLEDGE" in again.stderr) == (1, True)
        rest = await asyncio.to_thread(acknowledge, file)
        assert rest.stdout == "acknowledged w2\n"
        await until(
            lambda: world.issuer.has(("w1", 1, "NODE", "ACKED"), ("w2", 1, "NODE", "ACKED"))
        )
    found = await world.issuer.receipts()
    assert len([one for one in found if one[3] == "ACKED"]) == 2


async def test_somebody_presses_a_button(world: World) -> None:
    button = f'[warnings.button]\nhost = "127.0.0.1"\nport = {world.relay.port}\ninput = 4\n'
    await world.issuer.publish(alert())
    async with running(world.agent(button)):
        await until(lambda: world.issuer.has(DELIVERED))
        assert not await world.issuer.has(("w1", 1, "NODE", "ACKED"))
        world.relay.inputs[4] = True
        await until(lambda: world.issuer.has(("w1", 1, "NODE", "ACKED")))
