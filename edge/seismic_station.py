"""A seismic station on the node: samples in, features out at once, the spool left alone.

Imports numpy, by way of ``edge.waveform``; the agent imports this only when a station is
configured.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, assert_never, cast

from edge import block_stream, seismic_inputs, spool_file
from edge.backoff import Backoff
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.drivers.driver import DriverFailed
from edge.feature_queue import FeatureQueue
from edge.link import Work
from edge.reading import Reading
from edge.seismic_settings import RecordSource, SeismicSettings, StreamSource
from edge.tracing import Tracer
from edge.uplink import Route, Uplink
from edge.waveform import files
from edge.waveform.features import Features
from edge.waveform.record import Record, RecordRefused
from edge.waveform.replay import Block, Epicentre, Replay, moved, shifted
from edge.waveform.station import Fault, Site, Station
from tianfu import subjects
from tianfu.seismic.v1 import station_features_pb2 as pb

CONTENT_TYPE: Final = "application/x-protobuf; type=tianfu.seismic.v1.StationFeatures"

RETRY_FIRST_S: Final = 0.5
RETRY_MOST_S: Final = 10.0
"""A digitiser that is gone is asked six times a minute."""

SEND_RETRY_MOST_S: Final = 2.0
"""Features are of use for a minute: a stream that is away is asked often."""

PRESENT_EVERY_S: Final = 10.0
"""How often a station whose ground is still says that it is there, so that its silence means
something: the service takes it for gone after three times that long."""

log = logging.getLogger(__name__)


@dataclass
class StationState:
    """What there is to say of a station in a status report."""

    name: str
    channel: str
    is_connected: bool = False
    blocks: int = 0
    picks: int = 0
    features: int = 0
    faults: int = 0
    reason: str = ""
    message: str = ""


class SeismicStation:
    """The station of one node."""

    def __init__(
        self,
        settings: SeismicSettings,
        node: subjects.NodeId,
        *,
        clock: Clock,
        counters: Counters,
        tracer: Tracer,
        random_bits: Callable[[int], int],
        jitter: Callable[[], float],
        offset_us: Callable[[], int | None],
        seen: seismic_inputs.Seen | None = None,
    ) -> None:
        """Take what the station is, and the clock's offset as it is estimated at each moment.

        ``seen`` is shown what rules on the node look at, unless it is an exercise.
        """
        self._settings = settings
        self._node = node
        self._clock = clock
        self._counters = counters
        self._jitter = jitter
        self._offset_us = offset_us
        # Of this start, and never of another: picks are numbered from it on.
        epoch = spool_file.new_epoch(clock.wall_us(), random_bits)
        self._next_pick_id = epoch
        self.queue = FeatureQueue(epoch, clock=clock, counters=counters)
        subject = subjects.seismic(settings.channel, node)
        named = self.queue.message_id
        route = Route(subject, CONTENT_TYPE, "disaster-warning", named, SEND_RETRY_MOST_S)
        self._uplink = Uplink(
            node,
            self.queue,
            clock=clock,
            counters=counters,
            tracer=tracer,
            jitter=jitter,
            route=route,
        )
        self.works: tuple[Work, ...] = (self._uplink.run,)
        self.state = StationState(settings.name, settings.channel.value)
        self._present_at = self._sent_at = float("-inf")
        self._seen = seismic_inputs.seen_on(settings.channel, seen)

    async def run(self) -> None:
        """Pick and measure until cancelled."""
        source = self._settings.source
        match source:
            case RecordSource():
                await self._play(source)
            case StreamSource():
                await self._follow(source)
            case _:
                assert_never(source)

    def status(self) -> dict[str, Any]:
        """Return what there is to say of the station now."""
        sent = self._uplink.state
        return {
            **asdict(self.state),
            "sent": sent.acknowledged,
            "waiting": len(self.queue),
            "late": self._counters.of("FEATURE_LATE"),
        }

    # -- where samples come from -----------------------------------------------------------------

    async def _play(self, source: RecordSource) -> None:
        """Play a record once, then rest: an exercise ends."""
        try:
            record = await asyncio.to_thread(_drill_record, source, self._origin_s(source))
        except RecordRefused as error:
            self._failed(error.reason.value, str(error))
            await asyncio.Event().wait()
            return
        skip_s = self._clock.wall_us() / MICROSECONDS - record.start_s
        if skip_s < 0:
            await asyncio.sleep(-skip_s)
        if skip_s >= record.duration_s:
            self._failed("SEISMIC_PLAYED", "the time of the exercise is over")
        else:
            site = Site(self._node, record.latitude, record.longitude)
            station = self._station(site, record.rate_hz)
            replay = Replay(record, self._clock, asyncio.sleep, skip_s=max(0.0, skip_s))
            await self._feed(station, replay.blocks())
        self.state.is_connected = False
        await asyncio.Event().wait()

    async def _follow(self, source: StreamSource) -> None:
        """Follow a digitiser, through all its connections."""
        place = source.place
        site = Site(self._node, place.latitude, place.longitude, source.full_scale_mps2)
        # One station through all connections: it knows a gap when it sees one.
        station = self._station(site, source.rate_hz)
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            before = self.state.blocks
            try:
                await self._feed(station, block_stream.blocks(source))
            except DriverFailed as error:
                self._failed(error.reason, str(error))
            if self.state.blocks > before:
                backoff.reset()
            await asyncio.sleep(backoff.next_s(self._jitter()))

    async def _feed(self, station: Station, blocks: AsyncIterator[Block]) -> None:
        async for block in blocks:
            state = self.state
            state.blocks += 1
            state.is_connected, state.reason, state.message = True, "", ""
            self._say_present(station.site)
            for said in station.feed(block.samples, block.start_s):
                if isinstance(said, Fault):
                    self._note(said)
                else:
                    self._send(said)

    def _station(self, site: Site, rate_hz: float) -> Station:
        return Station(site, rate_hz, first_pick_id=self._next_pick_id)

    def _origin_s(self, source: RecordSource) -> float:
        if source.play_at_s is not None:
            return source.play_at_s
        return self._clock.wall_us() / MICROSECONDS + source.play_after_s

    # -- what comes out --------------------------------------------------------------------------

    def _send(self, features: Features) -> None:
        if features.pick_id >= self._next_pick_id:
            self._next_pick_id = features.pick_id + 1
            self.state.picks += 1
        self.state.features += 1
        self._sent_at = self._clock.monotonic()
        self._show(seismic_inputs.of(features))
        payload = message(features, self._clock.wall_us(), self._offset_us()).SerializeToString()
        self.queue.put(payload, message_id(self._node, features))
        self._uplink.notify()

    def _say_present(self, site: Site) -> None:
        """Say now and then that the station is there: only while it has samples."""
        now = self._clock.monotonic()
        if now - self._present_at < PRESENT_EVERY_S:
            return
        self._present_at = now
        sent_us = self._clock.wall_us()
        if now - self._sent_at >= PRESENT_EVERY_S:
            self._show(seismic_inputs.still(sent_us))
        there = pb.StationFeatures(
            station=self._node,
            latitude=site.latitude,
            longitude=site.longitude,
            send_time_us=sent_us,
        )
        self.queue.put(there.SerializeToString(), f"{self._node}-there-{sent_us}")
        self._uplink.notify()

    def _show(self, readings: Sequence[Reading]) -> None:
        if self._seen is not None:
            for each in readings:
                self._seen(each)

    def _note(self, fault: Fault) -> None:
        self.state.faults += 1
        self._counters.add(f"SEISMIC_{fault.kind.value}")
        log.warning(
            "station",
            extra={"reason": f"SEISMIC_{fault.kind.value}", "component": fault.component},
        )

    def _failed(self, reason: str, text: str) -> None:
        state = self.state
        if state.is_connected or reason != state.reason:
            log.warning("station has no samples", extra={"reason": reason, "detail": text})
        self._counters.add(reason)
        state.is_connected, state.reason, state.message = False, reason, text


def message(features: Features, now_us: int, offset_us: int | None) -> pb.StationFeatures:
    """Return features as they are sent, by the node's clock."""
    quality = pb.RecordQuality.Value(f"RECORD_QUALITY_{features.quality.value}")
    found = pb.StationFeatures(
        station=features.station,
        pick_id=features.pick_id,
        latitude=features.latitude,
        longitude=features.longitude,
        pick_time_us=round(features.pick_time_s * MICROSECONDS),
        elapsed_s=features.elapsed_s,
        pd_cm=features.pd_cm,
        tau_c_s=features.tau_c_s,
        pga_mps2=features.pga_mps2,
        pgv_mps=features.pgv_mps,
        intensity=features.intensity,
        vertical_intensity=features.vertical_intensity,
        snr=features.snr,
        dominant_hz=features.dominant_hz,
        quality=cast("pb.RecordQuality", quality),
        send_time_us=now_us,
    )
    if offset_us is not None:
        found.clock_offset_us = offset_us
    return found


def message_id(node: subjects.NodeId, features: Features) -> str:
    """Return the id under which features are sent, at each attempt."""
    return f"{node}-{features.pick_id}-{features.elapsed_s:.2f}"


def _drill_record(source: RecordSource, origin_s: float) -> Record:
    """Return the record as if its earthquake happened at ``origin_s`` at the drill's epicentre."""
    record = files.read_record(source.file)
    true, drill = source.epicentre, source.drill_epicentre
    elsewhere = moved(
        record,
        Epicentre(true.latitude, true.longitude),
        Epicentre(drill.latitude, drill.longitude),
    )
    return shifted(elsewhere, origin_s - source.origin_s)
