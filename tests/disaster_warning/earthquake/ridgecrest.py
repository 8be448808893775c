"""The three records of the Ridgecrest M 7.1 as the nodes would have sent them."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.waveform.features import Features
from edge.waveform.files import read_record
from edge.waveform.replay import Epicentre, moved
from edge.waveform.station import Site, Station
from services.disaster_warning.model.earthquake.features import StationFeatures
from tests.disaster_warning.earthquake.simulator import in_order

RECORDS = Path(__file__).parents[3] / "cli" / "drill" / "records"
FILES = ("CICLC.v1.xz", "CITOW2.RAW.xz", "CICCC.RAW.xz")

ORIGIN = 1_562_383_193.04
"""2019-07-06 03:19:53.04 UTC (USGS)."""

EPICENTRE = Epicentre(35.770, -117.599)
LONGMENSHAN = Epicentre(31.00, 103.40)

LATENCY_S = 0.45
"""From a feature's last sample to the stream: block, processing on the node, and network."""

BLOCK_S = 0.2


@functools.cache
def stream(epicentre: Epicentre = EPICENTRE) -> tuple[StationFeatures, ...]:
    """Return the features of all three stations by arrival, moved rigidly to an epicentre."""
    sent: list[StationFeatures] = []
    for name in FILES:
        record = moved(read_record(RECORDS / name), EPICENTRE, epicentre)
        site = Site(record.station.lower(), record.latitude, record.longitude)
        station = Station(site, record.rate_hz)
        step = round(BLOCK_S * record.rate_hz)
        # 60 s after the origin there is nothing left to decide.
        last = min(
            record.samples.shape[1], round((ORIGIN + 60.0 - record.start_s) * record.rate_hz)
        )
        for begin in range(0, last, step):
            block = record.samples[:, begin : begin + step]
            due = station.feed(np.asarray(block), record.start_s + begin / record.rate_hz)
            end = record.start_s + (begin + block.shape[1]) / record.rate_hz
            sent += [_received(one, end) for one in due if isinstance(one, Features)]
    return tuple(in_order(sent))


def _received(one: Features, end: float) -> StationFeatures:
    """Return features as the service has them; ``end`` is the end of the block that gave them."""
    made = StationFeatures(
        station=one.station,
        pick_id=one.pick_id,
        latitude=one.latitude,
        longitude=one.longitude,
        pick_time=one.pick_time_s,
        elapsed_s=one.elapsed_s,
        pd_cm=one.pd_cm,
        tau_c_s=one.tau_c_s,
        pga_mps2=one.pga_mps2,
        pgv_mps=one.pgv_mps,
        intensity=one.intensity,
        vertical_intensity=one.vertical_intensity,
        snr=one.snr,
        dominant_hz=one.dominant_hz,
        clock_offset_s=math.nan,
        received_time=0.0,
        sequence=0,
    )
    # The block that completes a second is 0.2 s long; the rest is on the node and on the way.
    return replace(made, received_time=end + LATENCY_S - BLOCK_S / 2.0)
