"""Features as stations send them, for tests and benches that play earthquakes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence

from nats.aio.client import Client

from services.disaster_warning.model.earthquake.features import StationFeatures
from tianfu.seismic.v1 import station_features_pb2 as pb


def message_of(said: StationFeatures) -> pb.StationFeatures:
    """Return features as a station sends them."""
    message = pb.StationFeatures(
        station=said.station,
        pick_id=said.pick_id,
        latitude=said.latitude,
        longitude=said.longitude,
        pick_time_us=round(said.pick_time * 1e6),
        elapsed_s=said.elapsed_s,
        pd_cm=said.pd_cm,
        tau_c_s=said.tau_c_s,
        pga_mps2=said.pga_mps2,
        pgv_mps=said.pgv_mps,
        intensity=said.intensity,
        vertical_intensity=said.vertical_intensity,
        snr=said.snr,
        dominant_hz=said.dominant_hz,
        quality=pb.RECORD_QUALITY_GOOD,
    )
    if not math.isnan(said.clock_offset_s):
        message.clock_offset_us = round(said.clock_offset_s * 1e6)
    return message


async def wait_for_moment(unix_s: float) -> None:
    """Return at a moment of the wall clock: an earthquake is played as it happens."""
    await asyncio.sleep(max(0.0, unix_s - time.time()))


async def play(link: Client, sent: Sequence[tuple[float, str, bytes]]) -> None:
    """Publish each (when, subject, payload) into its stream when it is due."""
    js = link.jetstream()
    for at, subject, payload in sent:
        await wait_for_moment(at)
        await js.publish(subject, payload)
