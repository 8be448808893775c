"""A made-up earthquake through a tracker that is thrown away: the first real one finds all warm.

What numpy does for the first time, and what is read for the first time, takes three times as long.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from services.disaster_warning.model.earthquake.decisions import Decision
from services.disaster_warning.model.earthquake.features import StationFeatures
from services.disaster_warning.model.earthquake.geodesy import Floats, distance_km
from services.disaster_warning.model.earthquake.memory import Setting
from services.disaster_warning.model.earthquake.stations import Network, Station
from services.disaster_warning.model.earthquake.tracker import Tracker

EPICENTRE: Final = (31.0, 103.4)
"""Latitude and longitude: Yingxiu, where the earthquake of Wenchuan began in 2008."""

SIDE: Final = 5
"""Stations a side of a square around it."""

SPACING_DEG: Final = 0.2
P_KM_S: Final = 6.0
SECONDS: Final = 5
ORIGIN_S: Final = 1.0e9
"""In 2001: nothing of it is told to anybody."""


def rehearse(setting: Setting) -> list[Decision]:
    """Return what a tracker decides on a strong earthquake below a small network."""
    steps = (np.arange(SIDE) - SIDE // 2) * SPACING_DEG
    latitude, longitude = (axis.ravel() for axis in np.meshgrid(*(at + steps for at in EPICENTRE)))
    names = [f"rehearsal-{n}" for n in range(latitude.size)]
    stations = [
        Station(name, float(north), float(east))
        for name, north, east in zip(names, latitude, longitude, strict=True)
    ]
    tracker = Tracker(setting, Network.of(stations))
    onset = ORIGIN_S + 2.0 + distance_km(*EPICENTRE, latitude, longitude) / P_KM_S
    decided = []
    for said in sorted(_said(stations, onset), key=lambda each: each.received_time):
        tracker.take(said)
        decided += tracker.advance(said.received_time)
    return decided


def _said(stations: list[Station], onset: Floats) -> list[StationFeatures]:
    return [
        StationFeatures(
            station=station.station,
            pick_id=1,
            latitude=station.latitude,
            longitude=station.longitude,
            pick_time=float(at),
            elapsed_s=float(second),
            pd_cm=1.0,
            tau_c_s=1.5,
            pga_mps2=1.0,
            pgv_mps=0.1,
            intensity=6.0,
            vertical_intensity=5.0,
            snr=50.0,
            dominant_hz=2.0,
            clock_offset_s=0.0,
            received_time=float(at) + second + 0.3,
            sequence=second,
        )
        for station, at in zip(stations, onset, strict=True)
        for second in range(1, SECONDS + 1)
    ]
