"""The planners over a folder of manifests, until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import grpc

from operators.capacity.handlers import Capacity
from operators.capacity.on_nodes import SharesOnNodes
from operators.clock import system_clock
from operators.edgeapp.handlers import EdgeApps
from operators.edgeapp.node_plans import NodePlans
from operators.edgeapp.presences import FleetPresences
from operators.edgenode.children import Config
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.files import turn
from operators.files.api import FileApi
from operators.files.schema import InvalidManifest, Schemas
from operators.fleet.client import Fleet, FleetAddress
from operators.fleet.telling import Telling
from operators.kube.connection import Connection
from operators.kube.kinds import Object, key_of
from operators.kube.operator import Controller, Operator
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc

LOOK_S: Final = 1.0
"""How often files are looked at for changes."""

NAME: Final = "files"
"""Of this operator, to the fleet service."""

ARTIFACTS: Final = "artifacts"
PART_BYTES: Final = 512 << 10
UPLOAD_S: Final = 120.0
AWAY_S: Final = 2.0
CRDS: Final = Path(__file__).with_name("kinds")
"""Those of the chart, by a link; a wheel has them as files."""
LOOPBACK: Final = ("127.0.0.1:", "[::1]:", "localhost:")
DONE: Final = 0
WRONG: Final = 2

log = logging.getLogger("tianfu.operators.files")


@dataclass(frozen=True)
class Settings:
    """Where manifests are, where what operators write goes, and who the fleet service is."""

    manifests: Path
    state: Path
    crds: Path
    fleet: str
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token_file: Path | None = None
    turn_file: Path | None = None

    def address(self) -> FleetAddress:
        """Return where the fleet service is: spoken to in clear on this machine alone."""
        return FleetAddress(
            self.fleet,
            authority=self.authority,
            certificate=self.certificate,
            key=self.key,
            token_file=self.token_file,
            is_plain=self.authority is None,
        )

    def entrance(self) -> Entrance:
        """Return where a device enrols that is told of by a manifest."""
        pem = "" if self.authority is None else self.authority.read_text("ascii")
        return Entrance(f"https://{self.fleet}", pem)


def parse(arguments: Sequence[str] | None) -> Settings:
    """Return the settings that a command line states."""
    parser = argparse.ArgumentParser(prog="python -m operators.files", description=__doc__)
    parser.add_argument("--manifests", type=Path, required=True, help="folder of YAML manifests")
    parser.add_argument("--state", type=Path, required=True, help="folder for status and events")
    parser.add_argument("--crds", type=Path, default=CRDS, help="folder of the kinds' schemas")
    parser.add_argument("--fleet", required=True, help="HOST:PORT of the fleet service")
    parser.add_argument("--ca", type=Path, help="who signs its certificate, PEM")
    parser.add_argument("--certificate", type=Path, help="our own, PEM")
    parser.add_argument("--key", type=Path, help="its key, PEM")
    parser.add_argument("--token-file", type=Path, help="a bearer token, read at each call")
    parser.add_argument(
        "--turn-file", type=Path, help="whose lock says who acts, where two run on one machine"
    )
    given = parser.parse_args(arguments)
    if given.ca is None and not given.fleet.startswith(LOOPBACK):
        parser.error("--ca is needed: only a fleet service on 127.0.0.1 is spoken to in clear")
    return Settings(
        given.manifests,
        given.state,
        given.crds,
        given.fleet,
        given.ca,
        given.certificate,
        given.key,
        given.token_file,
        given.turn_file,
    )


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Make the manifests true, once it is our turn, until told to stop."""
    async with turn.held(settings.turn_file, stop) as ours:
        if ours:
            await _act(settings, stop)


async def _act(settings: Settings, stop: asyncio.Event) -> None:
    api = FileApi(
        settings.manifests, settings.state, Schemas.load(settings.crds), clock=system_clock
    )
    address = settings.address()
    channel, fleet = address.channel(), Fleet(address)
    operator = Operator(api, Connection("http://127.0.0.1"), clock=system_clock)
    plans, presences = NodePlans(channel, address.metadata), FleetPresences(fleet)
    # No pods here: which version an agent is to have is its installer's business. And who takes
    # another folder of manifests means no node by it: `tianfu nodes revoke` turns one out.
    EdgeNodes(operator, fleet, Config(), settings.entrance(), turns_out=False)
    apps = EdgeApps(operator, plans, presences)
    presences.subscribe(apps.presence_changed)
    Capacity(operator, plans)
    SharesOnNodes(operator, plans)
    telling = Telling(operator, channel, address.metadata, NAME)
    for controller in operator.controllers.values():
        _hear(controller)
    await api.read()
    uploads = Uploads(settings, fleet_service_pb2_grpc.FleetServiceStub(channel))
    try:
        async with _together(
            operator.run(),
            plans.run(),
            fleet.run(),
            telling.run(),
            _look(api),
            uploads.run(),
        ) as failed:
            stopping = asyncio.create_task(stop.wait())
            both: set[asyncio.Future[Any]] = {stopping, failed}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if failed.done():
                failed.result()
    finally:
        await fleet.close()
        await channel.close()


def _hear(controller: Controller) -> None:
    """Look at an object whenever it changes: what Kopf does on a cluster."""

    def listener(before: Object | None, after: Object | None) -> None:
        one = after or before
        if one is not None:
            controller.queue.wake(key_of(one))

    controller.cache.subscribe(listener)


@contextlib.asynccontextmanager
async def _together(*works: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Future[None]]:
    """Run all until the end of the block; yield what ends when one of them fails."""
    tasks = [asyncio.create_task(work) for work in works]
    failed = asyncio.ensure_future(_first(tasks))
    try:
        yield failed
    finally:
        failed.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(failed, *tasks, return_exceptions=True)


async def _first(tasks: Sequence[asyncio.Task[None]]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    raise RuntimeError("a part of the operator ended by itself")


async def _look(api: FileApi) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        if await api.read():
            log.info("manifests were read again")


class Uploads:
    """Brings the folder's wheels to where nodes fetch them from."""

    def __init__(self, settings: Settings, stub: fleet_service_pb2_grpc.FleetServiceStub) -> None:
        """Take where they are, and who takes them."""
        self._settings, self._stub = settings, stub
        self._done: set[tuple[Path, int]] = set()

    async def run(self) -> None:
        """Upload what is new, again and again."""
        while True:
            for file in sorted((self._settings.manifests / ARTIFACTS).glob("*.whl")):
                name = (file, file.stat().st_mtime_ns)
                if name not in self._done and await self._upload(file):
                    self._done.add(name)
            await asyncio.sleep(AWAY_S)

    async def _upload(self, file: Path) -> bool:
        data = await asyncio.to_thread(file.read_bytes)
        name = f"artifacts/{sha256(data).hexdigest()}"

        def parts() -> Iterator[pb.UploadArtifactRequest]:
            yield pb.UploadArtifactRequest(name=name)
            for start in range(0, len(data), PART_BYTES):
                yield pb.UploadArtifactRequest(data=data[start : start + PART_BYTES])

        try:
            await self._stub.UploadArtifact(
                parts(), timeout=UPLOAD_S, metadata=self._settings.address().metadata()
            )
        except grpc.RpcError as error:
            log.warning("%s: not uploaded now: %s", file.name, error.details())
            return False
        log.info("%s: uploaded", file.name)
        return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; return its exit status."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = parse(arguments)

    async def until_signal() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run(settings, stop)

    try:
        asyncio.run(until_signal())
    except InvalidManifest as error:
        log.error("%s [SCHEMAS_MISSING]", error)  # noqa: TRY400 - what is wrong is said whole
        return WRONG
    return DONE
