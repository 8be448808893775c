"""Looks at a drill from outside: asks the services as anybody may, and remembers what they said."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from cli import channels, nats_monitor
from cli.connection import Metadata
from cli.drill import scenario
from cli.drill.seen import (
    LiveTraffic,
    Seen,
    solution_of,
    told_of,
    unix,
    warning_of,
    with_receipts,
)
from cli.names import shown_time, words
from tianfu import subjects
from tianfu.disaster_warning.v1 import (
    disaster_warning_service_pb2 as messages,
)
from tianfu.disaster_warning.v1 import (
    disaster_warning_service_pb2_grpc,
    earthquake_pb2,
    warning_pb2,
)
from tianfu.fleet.v1 import fleet_service_pb2, fleet_service_pb2_grpc, node_pb2
from tianfu.subjects import Channel

DEADLINE_S: Final = 5.0
PAGE: Final = 1000
ORIGIN_BEFORE_S: Final = 15.0
"""A located origin may be off by seconds; the drill before was over half a minute earlier."""

NOT_OUT: Final = frozenset(
    {
        warning_pb2.WARNING_STATE_DRAFT,
        warning_pb2.WARNING_STATE_REVIEWED,
        warning_pb2.WARNING_STATE_SIGNED_OFF,
    }
)
"""States of a warning that nobody has heard of yet."""


@dataclass(frozen=True)
class Addresses:
    """Where the platform's parts are, as HOST:PORT."""

    disaster_warning: str
    fleet: str
    nats_monitor: str
    # The folder of keys, which has the authority that signed the services' certificates.
    keys: Path


class Watcher:
    """Asks, with channels of its own. ``metadata`` gives a fresh token."""

    def __init__(self, addresses: Addresses, metadata: Callable[[], Metadata]) -> None:
        self._addresses = addresses
        self._metadata = metadata
        self._channels = [
            channels.asynchronous(each, addresses.keys)
            for each in (addresses.disaster_warning, addresses.fleet)
        ]
        self.warnings: Any = disaster_warning_service_pb2_grpc.DisasterWarningServiceStub(
            self._channels[0]
        )
        self.fleet: Any = fleet_service_pb2_grpc.FleetServiceStub(self._channels[1])
        self._updated: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        """Nothing to get ready: channels connect with the first call."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the channels."""
        for channel in self._channels:
            await channel.close()

    async def ask(self, method: Any, request: Any) -> Any:
        """Call a unary method."""
        return await method(request, timeout=DEADLINE_S, metadata=self._metadata())

    async def standing(self) -> dict[str, int]:
        """Return how many nodes that are online stand in each county, the drill's own apart."""
        listed = await self.ask(
            self.fleet.ListNodes, fleet_service_pb2.ListNodesRequest(page_size=PAGE)
        )
        return dict(
            Counter(
                node.place_code
                for node in listed.nodes
                if node.presence == node_pb2.PRESENCE_ONLINE and scenario.LABEL not in node.labels
            )
        )

    async def live_traffic(self, begin_s: float) -> LiveTraffic:
        """Return what is on the public's channel: what changed since ``begin_s``, and counts."""
        since = f"channel=live AND from_time={shown_time(begin_s)}"
        warnings = await self.ask(
            self.warnings.ListWarnings, messages.ListWarningsRequest(page_size=PAGE, filter=since)
        )
        earthquakes = await self.ask(
            self.warnings.ListEarthquakes,
            messages.ListEarthquakesRequest(page_size=PAGE, filter=since),
        )
        stored = await self.stored()
        return LiveTraffic(
            warnings=sum(map(is_public, warnings.warnings)),
            earthquakes=len(earthquakes.earthquakes),
            features=stored.get(subjects.seismic_stream(Channel.LIVE), 0),
            bulletins=stored.get(subjects.bucket_stream(subjects.bulletins(Channel.LIVE)), 0),
        )

    async def stored(self) -> dict[str, int]:
        """Return the number of the last message of every stream."""
        return await asyncio.to_thread(last_sequences, self._addresses.nats_monitor)

    async def look(self, seen: Seen, standing: Mapping[str, int]) -> Seen:
        """Return ``seen`` with what the services say now."""
        since = shown_time(seen.origin_s - ORIGIN_BEFORE_S)
        listed = await self.ask(
            self.warnings.ListEarthquakes,
            messages.ListEarthquakesRequest(
                page_size=PAGE, filter=f"channel=drill AND from_time={since}"
            ),
        )
        # The first that was found is the drill's; a second would be one too many.
        found = sorted(listed.earthquakes, key=lambda each: unix(each, "create_time") or 0.0)
        names = tuple(each.name.removeprefix("earthquakes/") for each in found)
        seen = replace(seen, earthquakes=names)
        if not found:
            return seen
        first = found[0]
        if self._updated.get(first.name) != first.update_time.ToNanoseconds():
            seen = await self._solutions(seen, first)
        return await self._warnings(seen, set(names), dict(standing))

    async def _solutions(self, seen: Seen, listed: earthquake_pb2.Earthquake) -> Seen:
        request = messages.GetEarthquakeRequest(name=listed.name)
        earthquake = await self.ask(self.warnings.GetEarthquake, request)
        self._updated[listed.name] = earthquake.update_time.ToNanoseconds()
        state = words(earthquake_pb2.EarthquakeState, earthquake.state, "EARTHQUAKE_STATE_")
        return replace(seen, state=state, solutions=tuple(map(solution_of, earthquake.history)))

    async def _warnings(self, seen: Seen, earthquakes: set[str], standing: dict[str, int]) -> Seen:
        begin = shown_time(seen.origin_s - scenario.LEAD_S)
        listed = await self.ask(
            self.warnings.ListWarnings,
            messages.ListWarningsRequest(
                page_size=PAGE, filter=f"channel=drill AND from_time={begin}"
            ),
        )
        own = sorted(
            each.name
            for each in listed.warnings
            if each.earthquake.removeprefix("earthquakes/") in earthquakes
        )
        seen = replace(seen, warnings=tuple(name.removeprefix("warnings/") for name in own))
        if not own:
            return seen
        warning, receipts = await asyncio.gather(
            self.ask(self.warnings.GetWarning, messages.GetWarningRequest(name=own[0])),
            self.ask(self.warnings.GetReceipts, messages.GetReceiptsRequest(name=own[0])),
        )
        shown = warning_of(warning)
        told = told_of(receipts, standing, shown.counties, time.time())
        seen = replace(seen, warning=shown, told=with_receipts(seen.told, told))
        return await self.first_told(seen, standing)

    async def first_told(self, seen: Seen, standing: dict[str, int]) -> Seen:
        """Return ``seen`` with the first version's receipts, which a newer one may have overtaken.

        The service tells of the version that holds unless it is asked for another, and a look that
        is a second late finds the second version: the first alert's way would have no end.
        """
        warning, first = seen.warning, seen.first_told
        if warning is None or warning.version == 1 or (first and first.complete_s is not None):
            return seen
        name = f"warnings/{warning.name}"
        receipts = await self.ask(
            self.warnings.GetReceipts, messages.GetReceiptsRequest(name=name, version=1)
        )
        # Whom it told is what its receipts say: the warning names the counties of the newest.
        counties = [each.name.rpartition("/")[2] for each in receipts.counties]
        told = told_of(receipts, standing, counties, time.time())
        return replace(seen, told=with_receipts(seen.told, told))


def is_public(warning: warning_pb2.Warning) -> bool:
    """Return whether a warning of the live channel is out, or will be by itself.

    A rain gauge may speak while a drill is played: what it drafts waits for people's signatures.
    A warning that an earthquake makes waits for nobody, so it counts in any state.
    """
    return warning.state not in NOT_OUT or warning.earthquake != ""


def last_sequences(monitor: str) -> dict[str, int]:
    """Return the number of the last message of every stream, by NATS' monitor at HOST:PORT.

    Without it a drill could not tell that the public's channel stayed still: Failure.
    """
    return sequences_of(nats_monitor.jsz(monitor, "accounts"))


def sequences_of(answer: Any) -> dict[str, int]:
    """Return the number of the last message of every stream in an answer of ``/jsz``."""
    return {
        stream["name"]: int(stream["state"]["last_seq"]) for stream in nats_monitor.streams(answer)
    }
