"""Plays the drill on a running platform: stations on, waves, watch, stations off, the end."""

from __future__ import annotations

import asyncio
import enum
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import grpc
import nats.errors

from cli.connection import Metadata, metadata_of
from cli.drill import scenario
from cli.drill.features import Span, read
from cli.drill.scenario import Station
from cli.drill.seen import Seen
from cli.drill.watch import Addresses, Watcher
from cli.local import keys, programs
from cli.local.folder import Folder
from cli.local.state import State
from cli.local.supervisor import Supervisor
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as messages
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2

LOOK_S: Final = 0.25
"""How often the services are asked while the ground shakes."""

WAIT_S: Final = 1.0
"""And while a warning runs out."""

DETECTED_S: Final = 45.0
"""After the origin: a drill that nobody has noticed by then is over."""

FINAL_S: Final = 150.0
"""After the origin: solutions end two minutes after it, and then some for a busy machine."""

RECEIPTS_S: Final = 30.0
"""For the nodes' receipts, which come within a second when all is well."""

EXPIRY_S: Final = 30.0
"""After the warning's expiry, for the service to say so."""

CANCEL_REASON: Final = "演练结束 / The drill is over."
ROLE: Final = "service"
CANCELS: Final = "warning-authority"
"""Level II and above are cancelled by the authority."""

ENDED: Final = frozenset({"final", "false"})
"""States in which no further solution comes."""

Show = Callable[[Seen], None]


class End(enum.Enum):
    """How the drill's warning ends."""

    CANCEL = "cancel"
    EXPIRE = "expire"


@dataclass(frozen=True)
class Stage:
    """Where a drill is played."""

    folder: Folder
    state: State
    supervisor: Supervisor

    @property
    def addresses(self) -> Addresses:
        """Where the platform's parts are."""
        return Addresses(
            self.state.address("disaster-warning grpc"),
            self.state.address("fleet grpc"),
            self.state.address("nats monitor"),
            keys=self.folder.keys,
        )

    def metadata(self, role: str = ROLE) -> Metadata:
        """Return what a call of a role carries."""
        return metadata_of(self.folder, role)


async def play(stage: Stage, *, lead_s: float, end: End, show: Show) -> Seen:
    """Play the earthquake ``lead_s`` from now; return what was seen when its warning has ended."""
    async with Watcher(stage.addresses, stage.metadata) as watcher:
        begin_s = time.time()
        await register(watcher, stage.state.stack_id)
        before = await watcher.live_traffic(begin_s)
        last_feature = (await watcher.stored()).get(subjects.SEISMIC_DRILL, 0)
        standing = await watcher.standing()
        seen = Seen(origin_s=time.time() + lead_s)
        names = await _start_stations(stage, seen.origin_s)
        try:
            seen = await _until_alert(watcher, seen, standing, show)
            # Now, so that the first alert's way is shown while it matters; all of them at the end.
            seen = await _with_features(stage, watcher, seen, last_feature)
            seen = await _until_final(watcher, seen, standing, show)
        finally:
            await stage.supervisor.stop(*names)
        seen = await _with_features(stage, watcher, seen, last_feature)
        show(seen)
        if seen.warning is not None:
            ending = _cancelled if end is End.CANCEL else _expired
            seen = await ending(stage, watcher, seen, standing, show)
        after = await watcher.live_traffic(begin_s)
        return replace(seen, live=after.since(before))


async def _with_features(stage: Stage, watcher: Watcher, seen: Seen, last: int) -> Seen:
    """Return ``seen`` with what the stations sent after the stream's message ``last``."""
    span = Span(last + 1, (await watcher.stored()).get(subjects.SEISMIC_DRILL, 0))
    credentials = keys.credentials_file(stage.folder, "drill", keys.PLAYER)
    try:
        return replace(seen, features=await read(stage.state.nats_url, credentials, span))
    except (OSError, nats.errors.Error):
        # They say how long each hop took, and decide nothing.
        return seen


async def register(watcher: Watcher, stack_id: str) -> None:
    """Make the stations known to the fleet, unless they are."""
    for station in scenario.STATIONS:
        try:
            await watcher.ask(watcher.fleet.CreateNode, registration(station, stack_id))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
                raise


def registration(station: Station, stack_id: str) -> fleet_service_pb2.CreateNodeRequest:
    """Return the request that registers a station; the same each time, to be repeatable."""
    return fleet_service_pb2.CreateNodeRequest(
        node_id=station.node,
        node=node_pb2.Node(
            display_name=station.display_name,
            node_class=node_pb2.NODE_CLASS_BASE_STATION,
            place_code=station.place_code,
            labels={"stack": "local", scenario.LABEL: "true"},
        ),
        request_id=str(uuid.uuid5(uuid.UUID(stack_id), station.node)),
    )


async def _start_stations(stage: Stage, origin_s: float) -> list[str]:
    names = []
    for station in scenario.STATIONS:
        program = programs.drill_station(stage.folder, stage.state, station, origin_s)
        await stage.supervisor.start(program)
        names.append(program.name)
    return names


async def _look(watcher: Watcher, seen: Seen, standing: Mapping[str, int], show: Show) -> Seen:
    """Look once. A service that does not answer now may answer the next time."""
    try:
        seen = await watcher.look(seen, standing)
    except grpc.aio.AioRpcError as error:
        if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}:
            raise
    show(seen)
    return seen


async def _until_alert(
    watcher: Watcher, seen: Seen, standing: Mapping[str, int], show: Show
) -> Seen:
    """Watch until the first version is out, or nothing more is to be expected."""
    while True:
        seen = await _look(watcher, seen, standing, show)
        is_late = time.time() - seen.origin_s > DETECTED_S
        if seen.warning is not None or seen.state in ENDED or is_late:
            return seen
        await asyncio.sleep(LOOK_S)


async def _until_final(
    watcher: Watcher, seen: Seen, standing: Mapping[str, int], show: Show
) -> Seen:
    """Watch until the last solution stands and its receipts are there, or time is up."""
    while True:
        seen = await _look(watcher, seen, standing, show)
        after_s = time.time() - seen.origin_s
        told = seen.last_told
        is_settled = seen.state in ENDED
        is_told = seen.warning is None or (told is not None and told.is_complete)
        if is_settled and (is_told or after_s > FINAL_S + RECEIPTS_S):
            return seen
        if after_s > (FINAL_S + RECEIPTS_S if seen.earthquakes else DETECTED_S):
            return seen
        await asyncio.sleep(LOOK_S)


async def _cancelled(
    stage: Stage, watcher: Watcher, seen: Seen, standing: Mapping[str, int], show: Show
) -> Seen:
    """Take the warning back, and watch until each node has said that it knows."""
    assert seen.warning is not None  # noqa: S101 - the caller has looked
    if seen.warning.state == "published":
        request = messages.CancelWarningRequest(
            name=f"warnings/{seen.warning.name}", reason=CANCEL_REASON
        )
        await watcher.warnings.CancelWarning(
            request, timeout=RECEIPTS_S, metadata=stage.metadata(CANCELS)
        )
    until = time.monotonic() + RECEIPTS_S
    while time.monotonic() < until:
        seen = await _look(watcher, seen, standing, show)
        told, warning = seen.last_told, seen.warning
        if told and warning and told.version == warning.version and told.is_complete:
            break
        await asyncio.sleep(LOOK_S)
    return seen


async def _expired(
    stage: Stage, watcher: Watcher, seen: Seen, standing: Mapping[str, int], show: Show
) -> Seen:
    """Watch until the warning is over."""
    del stage
    while True:
        seen = await _look(watcher, seen, standing, show)
        warning = seen.warning
        if warning is None or warning.state != "published":
            return seen
        if time.time() > warning.expire_s + EXPIRY_S:
            return seen
        await asyncio.sleep(WAIT_S)
