"""Hollow agents: thousands of nodes in one process, each of which verifies, decides and receipts.

    python -m bench.hollow_agents --url nats://127.0.0.1:4222 --seed admin.creds \
        --live-key UAB... --counties 510104,510105 --nodes 2500 [--first 0] [--connections 4]

The receiver of each node is the agent's own code (``edge.warnings``); only its journal is memory
and its one sink takes no time. Nodes of a process share a few connections of a user that may do
what all of them may: each node subscribes its county's warnings, gets its bulletin at the start,
and publishes its receipts to its own subject by JetStream, with an acknowledgement for each and
another attempt for what is not acknowledged.

Nodes are named hollow-N from ``--first`` on, and spread over the counties in turn. On standard
output come JSON lines: {"ready": N} when all listen, {"delivered": ..., "acknowledged": ...} each
second while anything changes, and a last line with the figures at the end: on SIGTERM, on the end
of standard input, or when ``--expect`` warnings have been acknowledged for every node. Latencies
are from the notice's send_time to the node's decision, in milliseconds: one clock, one machine.
With ``--reconnect`` they outlive the server: whoever was cut off asks for its bulletin again.
With ``--heard FILE`` each notice's "node warning version microseconds" goes into a file, a line
each, the time being when the node had the bulletin in hand.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import nats
import uvloop
from nats.aio.client import Client

from edge.clock import SystemClock
from edge.counters import Counters
from edge.warnings import receipts
from edge.warnings.bulletin import PinnedKey
from edge.warnings.memory_journal import MemoryJournal
from edge.warnings.notices import Act, Receipt, SinkKind, SinkProfile, Told
from edge.warnings.platform_time import PlatformTime
from edge.warnings.ports import Task
from edge.warnings.receiver import Receiver
from tianfu import subjects, tasks
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

WINDOW: Final = 256
"""Reports of a connection under way."""

ACK_TIMEOUT_S: Final = 5.0
RECONNECT_S: Final = 0.1
FETCH_TIMEOUT_S: Final = 30.0
FETCH_RETRY_S: Final = 0.2
FETCHES_AT_ONCE: Final = 64
REPORT_EVERY_S: Final = 1.0
SINKS: Final = (SinkProfile(SinkKind.SIREN, takes_drills=True),)


@dataclass
class Totals:
    """What all nodes of a process have done."""

    delivered: int = 0
    refused: int = 0
    acknowledged: int = 0
    receipts: int = 0
    resent: int = 0
    duplicates: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def figures(self, nodes: int, counters: Counters) -> dict[str, Any]:
        """Return what is printed at the end."""
        ordered = sorted(self.latencies_ms)
        return {
            "nodes": nodes,
            "delivered": self.delivered,
            "refused": self.refused,
            "receipts": self.receipts,
            "acknowledged": self.acknowledged,
            "resent": self.resent,
            "duplicates": self.duplicates,
            "decision_ms": {
                name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)
                for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0))
                if ordered
            },
            "counts": dict(sorted(counters.counts.items())),
        }


class HollowNode:
    """One node: a receiver over a journal in memory, and a sink that is done at once."""

    def __init__(
        self,
        node: subjects.NodeId,
        county: str,
        keys: dict[Channel, PinnedKey],
        epoch: int,
        *,
        counters: Counters,
        waiting: asyncio.Queue[HollowNode],
    ) -> None:
        self.node = node
        self.county = county
        self._clock = SystemClock()
        shown = receipts.Reporter(node, county, lambda: 0)
        self.journal = MemoryJournal(epoch, shown.report)
        self._tasks: list[Task] = []
        self._waiting = waiting
        self._is_waiting = False
        self.receiver = Receiver(
            county,
            keys,
            SINKS,
            self.journal,
            self._tasks.append,
            time=PlatformTime(self._clock, lambda: 0),
            counters=counters,
            reported=self._notify,
        )

    async def take(self, channel: Channel, payload: bytes, totals: Totals, heard_us: int) -> None:
        """Follow a bulletin as an agent does; note what came of it."""
        decision = await self.receiver.take(channel, payload)
        if decision is None:
            return
        now_us = self._clock.wall_us()
        for receipt in decision.receipts:
            if receipt.sink == 1:
                totals.delivered += receipt.told is Told.DELIVERED
                totals.refused += receipt.told is Told.REFUSED
        tasks, self._tasks[:] = list(self._tasks), []
        for task in tasks:
            notice = task.action.notice
            if task.action.act in (Act.WARN, Act.REVISE) and notice is not None:
                sent_us = pb.Notice.FromString(notice.payload).send_time_us
                totals.latencies_ms.append((now_us - sent_us) / 1000)
                totals.heard.append(f"{self.node} {notice.warning} {notice.version} {heard_us}")
            done = _done(task, now_us)
            await self.journal.finish(task, [done] if task.action.is_receipted else [])
        if tasks:
            self._notify()

    def sent(self) -> None:
        """Note that all that waited has been acknowledged."""
        self._is_waiting = False
        if self.journal.waiting:
            self._notify()

    def _notify(self) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            self._waiting.put_nowait(self)


def _done(task: Task, now_us: int) -> Receipt:
    action = task.action
    return Receipt(
        action.channel,
        action.warning,
        action.version,
        action.sink.code,
        Told.DELIVERED,
        event_time_us=now_us,
    )


class Connection:
    """One connection, the nodes that share it, and the receipts they send over it."""

    def __init__(self, client: Client, totals: Totals, ack_timeout_s: float) -> None:
        self.client = client
        self.waiting: asyncio.Queue[HollowNode] = asyncio.Queue()
        self._ack_timeout_s = ack_timeout_s
        self._totals = totals
        self._room = asyncio.Semaphore(WINDOW)
        self._flights: dict[str, asyncio.Future[bool]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._inbox = client.new_inbox()

    async def begin(self) -> None:
        """Listen for acknowledgements."""
        await self.client.subscribe(f"{self._inbox}.*", cb=self._on_ack, pending_msgs_limit=-1)

    async def send(self) -> None:
        """Send what nodes have to say, until cancelled."""
        while True:
            node = await self.waiting.get()
            task = asyncio.create_task(self._empty(node))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _empty(self, node: HollowNode) -> None:
        """Send all reports of a node in order, each until it is acknowledged."""
        journal = node.journal
        while rows := await journal.turn(journal.epoch, [], 0, 1):
            (row,) = rows
            named = receipts.message_id(node.node, row.epoch, row.sequence)
            async with self._room:
                is_known = await self._acknowledged(node.node, row.payload, named)
            if is_known is None:
                self._totals.resent += 1
                continue
            self._totals.acknowledged += 1
            self._totals.receipts += row.readings
            self._totals.duplicates += is_known
            await journal.turn(journal.epoch, [row.sequence], 0, 0)
        node.sent()

    async def _acknowledged(self, node: subjects.NodeId, payload: bytes, named: str) -> bool | None:
        """Publish; return whether the stream knew it, or None when there was no answer."""
        flight: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._flights[named] = flight
        try:
            async with asyncio.timeout(self._ack_timeout_s):
                await self.client.publish(
                    subjects.receipt(node),
                    payload,
                    reply=f"{self._inbox}.{named}",
                    headers={"Nats-Msg-Id": named, "content-type": receipts.CONTENT_TYPE},
                )
                return await flight
        except TimeoutError:
            return None
        finally:
            self._flights.pop(named, None)

    async def _on_ack(self, message: Any) -> None:
        flight = self._flights.get(message.subject.rpartition(".")[2])
        if flight is None or flight.done():
            return
        with contextlib.suppress(ValueError):
            answer = json.loads(message.data)
            if "seq" in answer:
                flight.set_result(bool(answer.get("duplicate")))


class Arrived(NamedTuple):
    """A bulletin that a node has in hand, and since when."""

    node: HollowNode
    channel: Channel
    payload: bytes
    heard_us: int


class HollowAgents:
    """All nodes of a process."""

    def __init__(self, given: argparse.Namespace) -> None:
        self._given = given
        self.totals = Totals()
        self.counters = Counters()
        self._arrived: asyncio.Queue[Arrived] = asyncio.Queue()
        self._connections: list[Connection] = []
        self._nodes: list[tuple[Connection, HollowNode]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._keys = {
            channel: PinnedKey(nkey)
            for channel, nkey in (
                (Channel.LIVE, given.live_key),
                (Channel.DRILL, given.drill_key),
            )
            if nkey
        }

    async def begin(self) -> None:
        """Connect, make the nodes, listen, and get what there is."""
        given = self._given
        for _ in range(given.connections):
            client = await nats.connect(
                given.url,
                user_credentials=str(given.seed),
                pending_size=64 << 20,
                allow_reconnect=given.reconnect,
                max_reconnect_attempts=-1,
                reconnect_time_wait=RECONNECT_S,
                reconnected_cb=self._reconnected,
            )
            connection = Connection(client, self.totals, given.ack_timeout_s)
            await connection.begin()
            self._connections.append(connection)
            self._tasks.append(asyncio.create_task(connection.send()))
        self._tasks.append(asyncio.create_task(self._work()))
        counties = given.counties.split(",")
        epoch = time.time_ns() // 1000
        for number in range(given.first, given.first + given.nodes):
            connection = self._connections[number % len(self._connections)]
            node = HollowNode(
                subjects.node_id(f"hollow-{number}"),
                counties[number % len(counties)],
                self._keys,
                epoch,
                counters=self.counters,
                waiting=connection.waiting,
            )
            await node.receiver.restore()
            for channel in self._keys:
                subject = subjects.warning(channel, node.county)
                await connection.client.subscribe(subject, cb=self._heard(node, channel))
            self._nodes.append((connection, node))
        for connection in self._connections:
            await connection.client.flush()
        await self._fetch_all()
        await self._arrived.join()

    @property
    def reports(self) -> int:
        """Return how many reports all nodes have written so far."""
        return sum(node.journal.written for _, node in self._nodes)

    async def close(self) -> None:
        """End."""
        await tasks.end(self._tasks)
        for connection in self._connections:
            await connection.client.close()

    @property
    def is_settled(self) -> bool:
        """Tell whether each node has had the warnings that are expected, and all is receipted."""
        wanted = self._given.expect * len(self._nodes)
        done = self.totals.delivered + self.totals.refused
        return (
            done >= wanted
            and self._arrived.empty()
            and not any(node.journal.waiting for _, node in self._nodes)
        )

    def _heard(self, node: HollowNode, channel: Channel) -> Callable[[Any], Any]:
        async def on_bulletin(message: Any) -> None:
            if message.data:
                self._arrive(node, channel, message.data)

        return on_bulletin

    def _arrive(self, node: HollowNode, channel: Channel, payload: bytes) -> None:
        self._arrived.put_nowait(Arrived(node, channel, bytes(payload), time.time_ns() // 1000))

    async def _work(self) -> None:
        """Be the nodes, one after the other, until cancelled.

        One bulletin a turn of the loop: they share a processor, which a node's own does not wait
        for, so what has arrived is noted before it is dealt with.
        """
        while True:
            node, channel, payload, heard_us = await self._arrived.get()
            await node.take(channel, payload, self.totals, heard_us)
            self._arrived.task_done()
            await asyncio.sleep(0)

    async def _fetch_all(self) -> None:
        room = asyncio.Semaphore(FETCHES_AT_ONCE)

        async def fetch(connection: Connection, node: HollowNode, channel: Channel) -> None:
            subject = subjects.bulletin_get(channel, node.county)
            async with room:
                answer = await self._asked(connection.client, subject)
            if "Status" not in (answer.headers or {}):
                self._arrive(node, channel, answer.data)

        await asyncio.gather(
            *(fetch(connection, node, c) for connection, node in self._nodes for c in self._keys)
        )

    async def _asked(self, client: Client, subject: str) -> Any:
        """Ask until there is an answer; once, for who is not to outlive the server."""
        while True:
            try:
                return await client.request(subject, b"", timeout=FETCH_TIMEOUT_S)
            except (nats.errors.Error, OSError):
                if not self._given.reconnect:
                    raise
                await asyncio.sleep(FETCH_RETRY_S)

    async def _reconnected(self) -> None:
        """Get what was published while a connection was gone."""
        task = asyncio.create_task(self._fetch_all())
        self._tasks.append(task)


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def _watch_input(stop: asyncio.Event) -> None:
    """Stop when whoever started this closes the other end, or dies."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(4096):
        pass
    stop.set()


async def run(given: argparse.Namespace) -> int:
    """Run until stopped; return 0 when all that was expected has been acknowledged."""
    agents, stop = HollowAgents(given), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watch = asyncio.create_task(_watch_input(stop)) if given.until_input_ends else None
    await agents.begin()
    _say({"ready": given.nodes})
    said = -1
    while not stop.is_set() and not (given.expect and agents.is_settled):
        if agents.totals.acknowledged != said:
            said = agents.totals.acknowledged
            _say({"delivered": agents.totals.delivered, "acknowledged": said})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05 if given.expect else REPORT_EVERY_S):
                await stop.wait()
    is_settled = agents.is_settled
    await agents.close()
    if watch is not None:
        watch.cancel()
    if given.heard is not None:
        given.heard.write_text("\n".join(agents.totals.heard))
    _say(agents.totals.figures(given.nodes, agents.counters))
    return 0 if is_settled else 1


def arguments_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the arguments, of the command line unless given."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--seed", required=True, type=Path, help="credentials of the shared user")
    parser.add_argument("--live-key", required=True, help="public nkey of live bulletins")
    parser.add_argument("--drill-key", default="", help="that of exercises; none: live alone")
    parser.add_argument("--counties", required=True, help="codes of six digits, by comma")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--first", type=int, default=0, help="number of the first node")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--expect", type=int, default=0, help="end after so many notices a node")
    parser.add_argument("--reconnect", action="store_true", help="outlive the server")
    parser.add_argument("--ack-timeout-s", type=float, default=ACK_TIMEOUT_S)
    parser.add_argument("--heard", type=Path, help="a file for when each node had each notice")
    parser.add_argument("--until-input-ends", action="store_true")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run hollow agents as the arguments say."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(arguments_of(arguments)))


if __name__ == "__main__":
    sys.exit(main())
