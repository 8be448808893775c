"""A platform of profile ha: started as its user does, asked, written to, and its processes killed.

What is counted: writes that the fleet acknowledged, each sent under one request id until it is;
readings, by the platform's own account and its count of what is stored; the seconds in which each
part did not answer; the seconds until another process has the turn of one that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cli import channels
from cli.connection import metadata_of
from cli.local.folder import Folder, read_json
from cli.local.postgres_pair import MEMBERS, Pair
from cli.local.stack import SERVICES
from tests.support.waiting import until
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2, telemetry_service_pb2_grpc

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = Path(sys.executable)
READY_S: Final = 600.0
WHOLE_S: Final = 300.0
ASK_S: Final = 1.0
"""One read: who waits longer has not been answered."""

ASK_EVERY_S: Final = 0.1
LIST_S: Final = 60.0
"""A page of nodes; services refuse deadlines of more than 300 s."""

WRITE_S: Final = 5.0
WRITE_EVERY_S: Final = 0.2
PLACE: Final = "510104"
ROLE: Final = "service"
# What is no part of the platform but of the world around it, or lasts no longer than a start.
WORLD: Final = ("meters", "ward", "hospitals", "ven", "issuer", "register", "enrol-")


@dataclass
class Outages:
    """When a part did not answer: spans in seconds, and how many reads were answered."""

    spans: list[float] = field(default_factory=list)
    answered: int = 0
    _since_s: float | None = None

    def saw(self, *, answered: bool, began_s: float) -> None:
        """Take one read, and when it began."""
        if answered:
            self.answered += 1
            if self._since_s is not None:
                self.spans.append(time.monotonic() - self._since_s)
                self._since_s = None
        elif self._since_s is None:
            self._since_s = began_s


@dataclass
class Platform:
    """One that runs."""

    folder: Folder
    process: subprocess.Popen[bytes]
    log: Path
    # Names of all processes, as they were once it was ready.
    names: frozenset[str] = frozenset()
    reads: dict[str, Outages] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list)

    # -- what runs --

    def listed(self) -> dict[str, int]:
        """Return the process id of each process of the platform, by name."""
        found = (read_json(self.folder.pids) or {"processes": []})["processes"]
        return {
            each["name"]: each["pid"]
            for each in found
            if not each["name"].startswith(WORLD) and not each["name"].endswith("-migrate")
        }

    def holder(self, name: str) -> int:
        """Return the process that has the turn of a service."""
        file = self.folder.settings / f"{name}.turn"
        text = file.read_text(encoding="ascii").strip() if file.exists() else ""
        return int(text) if text.isdigit() else 0

    def leader(self, name: str) -> tuple[str, Callable[[], int]] | None:
        """Return of which part a process is the leader now, and how to ask who is; None."""
        if name in MEMBERS:
            pair = Pair(self.folder.postgres)
            leads = pair.read().primary == name
            return ("postgres", lambda: pair.read().generation) if leads else None
        part = name.removesuffix("-2")
        if part not in (*SERVICES, "gateway", "operators"):
            return None
        leads = self.holder(part) == self.listed().get(name)
        return (part, lambda: self.holder(part)) if leads else None

    async def whole(self) -> None:
        """Return when every process runs and PostgreSQL's standby has what is acknowledged."""

        def is_whole() -> bool:
            listed = self.listed()
            there = all(psutil.pid_exists(pid) for pid in listed.values())
            return (
                there and self.names <= listed.keys() and Pair(self.folder.postgres).read().in_sync
            )

        await until(is_whole, WHOLE_S)

    async def replace(self, name: str) -> float | None:
        """Have a process end by SIGTERM and start anew; return as ``kill`` does.

        A service's other process stands by before this one is told to end, as a rollout waits for
        readiness.
        """
        led = self.leader(name)
        before = 0 if led is None else led[1]()
        if led is not None:
            await until(lambda: self.stands_by(led[0]), WHOLE_S)
        pid, began_s = self.listed()[name], time.monotonic()
        os.kill(pid, signal.SIGTERM)
        moved_s = None
        if led is not None:
            await until(lambda: led[1]() not in {0, before}, WHOLE_S)
            moved_s = time.monotonic() - began_s
        await until(lambda: self.listed().get(name) not in {None, pid}, WHOLE_S)
        return moved_s

    def stands_by(self, part: str) -> bool:
        """Say whether both processes of a part have come as far as its turn."""
        file = self.folder.settings / f"{part}.turn"
        return all(file in _opened(self.listed().get(name, 0)) for name in (part, f"{part}-2"))

    async def kill(self, name: str) -> float | None:
        """Kill a process; return the seconds until another one leads if it did, else None."""
        led = self.leader(name)
        before = 0 if led is None else led[1]()
        pid, began_s = self.listed()[name], time.monotonic()
        os.kill(pid, signal.SIGKILL)
        if led is None:
            await until(lambda: self.listed().get(name) not in {None, pid}, WHOLE_S)
            return None
        await until(lambda: led[1]() not in {0, before}, WHOLE_S)
        return time.monotonic() - began_s

    # -- load --

    @contextlib.asynccontextmanager
    async def loaded(self) -> AsyncIterator[None]:
        """Read from every part and write to the fleet until the block ends."""
        async with contextlib.AsyncExitStack() as stack:
            context = read_json(self.folder.context)
            opened = {
                name: await stack.enter_async_context(
                    channels.asynchronous(context[name], self.folder.keys)
                )
                for name in SERVICES
            }
            work = [self._reading(name, read) for name, read in self._reads(opened, context)]
            stub = fleet_service_pb2_grpc.FleetServiceStub(opened["fleet"])
            tasks = [asyncio.create_task(each) for each in (*work, self._writing(stub))]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
            for each in ended:
                if isinstance(each, Exception):
                    raise each

    def _reads(
        self, opened: dict[str, grpc.aio.Channel], context: dict[str, Any]
    ) -> list[tuple[str, Callable[[], Awaitable[object]]]]:
        fleet = fleet_service_pb2_grpc.FleetServiceStub(opened["fleet"])
        telemetry = telemetry_service_pb2_grpc.TelemetryServiceStub(opened["telemetry"])
        node = fleet_service_pb2.GetNodeRequest(name="nodes/jinjiang-1")
        ingest = telemetry_service_pb2.GetIngestStatusRequest()
        metadata = metadata_of(self.folder, ROLE)

        async def console() -> None:
            await asyncio.to_thread(_fetched, f"{context['console']}/healthz")

        def ready(name: str) -> Callable[[], Awaitable[object]]:
            health = health_pb2_grpc.HealthStub(opened[name])
            request = health_pb2.HealthCheckRequest(service="readiness")
            return lambda: health.Check(request, timeout=ASK_S)

        return [
            ("fleet", lambda: fleet.GetNode(node, timeout=ASK_S, metadata=metadata)),
            (
                "telemetry",
                lambda: telemetry.GetIngestStatus(ingest, timeout=ASK_S, metadata=metadata),
            ),
            ("gateway", console),
            *((name, ready(name)) for name in SERVICES if name not in {"fleet", "telemetry"}),
        ]

    async def _reading(self, name: str, read: Callable[[], Awaitable[object]]) -> None:
        outages = self.reads.setdefault(name, Outages())
        while True:
            began_s = time.monotonic()
            try:
                await read()
            except (grpc.aio.AioRpcError, OSError):
                outages.saw(answered=False, began_s=began_s)
            else:
                outages.saw(answered=True, began_s=began_s)
            await asyncio.sleep(ASK_EVERY_S)

    async def _writing(self, stub: fleet_service_pb2_grpc.FleetServiceStub) -> None:
        """Register nodes, each under one request id until it is acknowledged."""
        metadata, run = metadata_of(self.folder, ROLE), uuid.uuid4()
        while True:
            node_id = f"ha-{run.hex[:8]}-{len(self.acknowledged)}"
            request = fleet_service_pb2.CreateNodeRequest(
                node_id=node_id,
                node=node_pb2.Node(
                    display_name=node_id,
                    node_class=node_pb2.NODE_CLASS_GATEWAY,
                    place_code=PLACE,
                    labels={"load": "ha"},
                ),
                request_id=str(uuid.uuid5(run, node_id)),
            )
            try:
                await stub.CreateNode(request, timeout=WRITE_S, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                if error.code() not in {
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                    # By the server: what came in as it ended. Ours ends this task.
                    grpc.StatusCode.CANCELLED,
                }:
                    raise
            else:
                self.acknowledged.append(f"nodes/{node_id}")
            await asyncio.sleep(WRITE_EVERY_S)

    async def lost(self) -> list[str]:
        """Return which acknowledged nodes are not there, or there twice."""
        context, metadata = read_json(self.folder.context), metadata_of(self.folder, ROLE)
        found: list[str] = []
        async with channels.asynchronous(context["fleet"], self.folder.keys) as channel:
            stub = fleet_service_pb2_grpc.FleetServiceStub(channel)
            token = ""
            while True:
                request = fleet_service_pb2.ListNodesRequest(page_size=500, page_token=token)
                answer = await stub.ListNodes(request, timeout=LIST_S, metadata=metadata)
                found += [each.name for each in answer.nodes]
                token = answer.next_page_token
                if not token:
                    break
        return [name for name in self.acknowledged if found.count(name) != 1]

    def ended(self) -> dict[str, Any]:
        """Have it settle and stop; return its own account of all readings."""
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=READY_S)
        account: dict[str, Any] = json.loads(out.splitlines()[-1])
        return account


def _opened(pid: int) -> set[Path]:
    try:
        return {Path(each.path) for each in psutil.Process(pid).open_files()}
    except psutil.NoSuchProcess:
        return set()


def _fetched(url: str) -> None:
    with urllib.request.urlopen(url, timeout=ASK_S):  # noqa: S310 - http to this host
        pass


@contextlib.asynccontextmanager
async def platform(beside: Path, python: Path = PYTHON) -> AsyncIterator[Platform]:
    """Start a platform of profile ha in a folder below ``beside``; kill what is left at last.

    ``python`` is the interpreter whose ``tianfu`` is started.
    """
    folder, log = Folder.at(beside / "data"), beside / "up.log"
    manifests = beside / "manifests"
    manifests.mkdir()
    arguments = ["up", "--profile", "ha", "--no-drill", "--for", "10h", "--json"]
    arguments += ["--data", str(folder.root), "--manifests", str(manifests)]
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: ASYNC220 - the loop has nothing else to do yet
            [str(python), "-P", "-m", "cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
        )
    made = Platform(folder, process, log)

    def is_ready() -> bool:
        return b"ready after" in log.read_bytes() or process.poll() is not None

    try:
        await until(is_ready, READY_S)
        if process.poll() is not None:
            raise RuntimeError(log.read_text(encoding="utf-8"))
        await made.whole()
        made.names = frozenset(made.listed())
        yield made
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
