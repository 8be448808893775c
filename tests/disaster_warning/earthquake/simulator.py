"""A seeded network and seeded earthquakes, for tests that need hundreds.

Travel times, Pd, tau_c and intensities follow the published relations with their scatter; a
rupture shows no more of itself in ``w`` seconds than a magnitude of about 6.0 + 1.65 lg w. On the
way, messages are delayed, lost, repeated and reordered, and some clocks are wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.disaster_warning.model.earthquake.counties import Counties
from services.disaster_warning.model.earthquake.decisions import Decision
from services.disaster_warning.model.earthquake.features import StationFeatures
from services.disaster_warning.model.earthquake.geodesy import KM_PER_DEGREE, distance_km
from services.disaster_warning.model.earthquake.intensity import (
    acceleration_at,
    user_intensity,
    velocity_at,
)
from services.disaster_warning.model.earthquake.magnitude import displacement
from services.disaster_warning.model.earthquake.memory import Setting
from services.disaster_warning.model.earthquake.stations import Network, Station
from services.disaster_warning.model.earthquake.thresholds import Home, Thresholds
from services.disaster_warning.model.earthquake.tracker import Tracker
from services.disaster_warning.model.earthquake.travel_time import DEPTHS_KM, sichuan

T0 = 1_800_000_000.0
"""When simulations begin."""

CENTRE = (31.0, 103.4)
"""Yingxiu, where the Wenchuan earthquake began."""

THRESHOLDS = Thresholds.of(
    {
        "home_magnitude": 4.0,
        "home_buffer_km": 50.0,
        "region_magnitude": 5.0,
        "south": 20.0,
        "north": 35.0,
        "west": 95.0,
        "east": 110.0,
        "observed_intensity": 5.0,
        "tell": 2.0,
        "yellow": 3.0,
        "orange": 5.0,
        "red": 7.0,
        "on_site_tau_c_s": 1.0,
        "on_site_pd_cm": 0.5,
        "observed_radius_km": 30.0,
        "observed_support": 3.0,
        "change_magnitude": 0.3,
        "change_intensity": 0.5,
        "change_km": 10.0,
        "cancel_within_s": 30.0,
    }
)

SICHUAN_ROUGHLY = Home(
    np.array([26.0, 26.0, 29.0, 32.5, 34.3, 33.0]),
    np.array([101.0, 103.5, 107.0, 108.5, 104.0, 97.4]),
)


def counties(number: int = 183, seed: int = 7) -> Counties:
    """Return places all over the province."""
    rng = np.random.default_rng(seed)
    return Counties(
        tuple(f"51{n:04d}" for n in range(number)),
        rng.uniform(27.0, 34.0, number),
        rng.uniform(98.0, 108.0, number),
    )


SETTING = Setting(counties(), SICHUAN_ROUGHLY, THRESHOLDS, "earthquake-thresholds/CN-51/2023-05-01")


def at(east_km: float, north_km: float) -> tuple[float, float]:
    """Return latitude and longitude of a point east and north of the centre."""
    latitude, longitude = CENTRE
    return (
        latitude + north_km / KM_PER_DEGREE,
        longitude + east_km / KM_PER_DEGREE / math.cos(math.radians(latitude)),
    )


def network(rng: np.random.Generator, *, spacing_km: float = 13.0, side: int = 19) -> Network:
    """Return ``side`` x ``side`` stations around the centre, moved a little off their grid."""
    half = (side - 1) / 2.0
    stations = []
    for row in range(side):
        for column in range(side):
            jitter = rng.uniform(-0.25, 0.25, 2) * spacing_km
            east, north = (column - half) * spacing_km, (row - half) * spacing_km
            stations.append(
                Station(f"bs-{row:02d}-{column:02d}", *at(east + jitter[0], north + jitter[1]))
            )
    return Network.of(stations)


@dataclass(frozen=True)
class Quake:
    """An earthquake as it is."""

    magnitude: float
    latitude: float
    longitude: float
    depth_km: float
    origin: float


@dataclass(frozen=True)
class Way:
    """What happens to messages on their way, as chances, and to clocks."""

    loss: float = 0.02
    twice: float = 0.03
    dead: float = 0.03
    delay_s: float = 0.45
    jitter_s: float = 0.15
    clock_fault: float = 0.0


def shake(
    quake: Quake,
    net: Network,
    rng: np.random.Generator,
    *,
    way: Way = Way(),
    seconds: int = 20,
    within_km: float = 120.0,
    pick_id: int = 1,
) -> list[StationFeatures]:
    """Return what a network sends of an earthquake, in the order of arrival."""
    away = distance_km(quake.latitude, quake.longitude, net.latitude, net.longitude)
    weights = np.array(
        [np.interp(quake.depth_km, DEPTHS_KM, row) for row in np.eye(len(DEPTHS_KM))]
    )
    p, s = (read(away, weights) for read in (sichuan().p_at_depths, sichuan().s_at_depths))
    slant = np.hypot(away, quake.depth_km)
    event_scatter = rng.normal(0.0, 0.12)
    sent: list[StationFeatures] = []
    for place in np.flatnonzero(away <= within_km):
        scatter = event_scatter + rng.normal(0.0, 0.28)
        tau_scatter = rng.normal(0.0, 0.41 / 3.373)
        onset = quake.origin + p[place] + rng.normal(0.0, 0.12)
        clock = float(rng.choice([-240.0, 180.0, 65.0])) if rng.random() < way.clock_fault else 0.0
        felt = float(user_intensity(quake.magnitude, away[place : place + 1])[0])
        is_dead = rng.random() < way.dead
        for elapsed in range(1, seconds + 1):
            window = min(elapsed, 6)
            seen = min(quake.magnitude, 6.0 + 1.65 * math.log10(window) + 0.2)
            pd = float(displacement(seen, slant[place : place + 1])[0]) * 10.0**scatter
            has_s = onset + elapsed > quake.origin + s[place]
            if has_s and window > s[place] - p[place]:
                pd *= 2.2
            if is_dead or pd < 0.0008:
                break
            grown = min(1.0, 0.55 + 0.045 * elapsed) if has_s else 0.5
            intensity = round(max(1.0, felt * grown), 1)
            sent += _sent(
                rng,
                way,
                station=net.names[place],
                pick_id=pick_id,
                latitude=float(net.latitude[place]),
                longitude=float(net.longitude[place]),
                pick_time=onset + clock,
                elapsed_s=float(elapsed),
                pd_cm=pd,
                tau_c_s=10.0 ** ((min(seen, 7.5) - 5.787) / 3.373 + tau_scatter),
                intensity=intensity,
                dominant_hz=max(0.5, 10.0 - 1.3 * quake.magnitude),
                clock=clock,
            )
    return in_order(sent)


def aftermath(
    quake: Quake,
    net: Network,
    rng: np.random.Generator,
    *,
    coda: float,
    within_km: float = 320.0,
    first_id: int = 500,
) -> list[StationFeatures]:
    """Return picks of what follows P: S at every station, and ``coda`` more each in a minute.

    They are as strong as the earthquake itself: what a picker sends that takes all of them for P.
    """
    away = distance_km(quake.latitude, quake.longitude, net.latitude, net.longitude)
    weights = np.array(
        [np.interp(quake.depth_km, DEPTHS_KM, row) for row in np.eye(len(DEPTHS_KM))]
    )
    s = quake.origin + sichuan().s_at_depths(away, weights)
    sent: list[StationFeatures] = []
    for place in np.flatnonzero(away <= within_km):
        here = away[place : place + 1]
        felt = float(user_intensity(quake.magnitude, here)[0])
        pd = float(displacement(6.5, np.hypot(here, quake.depth_km))[0]) * 2.2
        onsets = [s[place] + rng.normal(0.0, 0.4)]
        onsets += [s[place] + rng.uniform(3.0, 60.0) for _ in range(rng.poisson(coda))]
        for number, onset in enumerate(onsets):
            for elapsed in range(1, 6):
                sent += _sent(
                    rng,
                    Way(),
                    station=net.names[place],
                    pick_id=first_id + number,
                    latitude=float(net.latitude[place]),
                    longitude=float(net.longitude[place]),
                    pick_time=float(onset),
                    elapsed_s=float(elapsed),
                    pd_cm=pd * 10.0 ** rng.normal(0.0, 0.2),
                    tau_c_s=10.0 ** rng.normal(0.1, 0.2),
                    intensity=round(felt, 1),
                    dominant_hz=1.5,
                    clock=0.0,
                )
    return in_order(sent)


def _sent(
    rng: np.random.Generator, way: Way, *, intensity: float, clock: float, **values: object
) -> Iterable[StationFeatures]:
    if rng.random() < way.loss:
        return
    one = features(intensity=intensity, **values)
    for _ in range(2 if rng.random() < way.twice else 1):
        delay = way.delay_s + rng.exponential(way.jitter_s)
        yield replace(one, received_time=one.pick_time + one.elapsed_s - clock + delay)


def features(**values: object) -> StationFeatures:
    """Return features: these values, and plausible ones for the others."""
    intensity = float(values.get("intensity", 1.5))  # type: ignore[arg-type]
    defaults = {
        "station": "bs-00-00",
        "pick_id": 1,
        "latitude": CENTRE[0],
        "longitude": CENTRE[1],
        "pick_time": T0,
        "elapsed_s": 1.0,
        "pd_cm": 0.01,
        "tau_c_s": 0.5,
        "pga_mps2": float(acceleration_at(np.array(intensity))),
        "pgv_mps": float(velocity_at(np.array(intensity))),
        "intensity": intensity,
        "vertical_intensity": max(1.0, intensity - 1.0),
        "snr": 20.0,
        "dominant_hz": 4.0,
        "clock_offset_s": math.nan,
        "sequence": 0,
    } | values
    defaults.setdefault(
        "received_time",
        defaults["pick_time"] + defaults["elapsed_s"] + 0.45,  # type: ignore[operator]
    )
    return StationFeatures(**defaults)  # type: ignore[arg-type]


def noise(
    net: Network,
    rng: np.random.Generator,
    *,
    begin: float,
    seconds: float,
    per_hour: float = 6.0,
    first_id: int = 1_000,
) -> list[StationFeatures]:
    """Return picks of traffic and weather: small, short, each at one station."""
    sent: list[StationFeatures] = []
    count = rng.poisson(per_hour * seconds / 3600.0 * len(net.names))
    for number in range(count):
        place = int(rng.integers(len(net.names)))
        onset = begin + rng.uniform(0.0, seconds)
        pd = 0.001 * 10.0 ** rng.normal(0.3, 0.5)
        for elapsed in range(1, int(rng.integers(2, 10))):
            sent += _sent(
                rng,
                Way(),
                station=net.names[place],
                pick_id=first_id + number,
                latitude=float(net.latitude[place]),
                longitude=float(net.longitude[place]),
                pick_time=onset,
                elapsed_s=float(elapsed),
                pd_cm=pd,
                tau_c_s=10.0 ** rng.normal(-0.4, 0.35),
                intensity=round(float(rng.uniform(1.0, 3.5)), 1),
                dominant_hz=float(rng.uniform(0.7, 15.0)),
                clock=0.0,
            )
    return in_order(sent)


def in_order(sent: Sequence[StationFeatures]) -> list[StationFeatures]:
    """Return messages as the stream has them: by arrival, numbered."""
    arrived = sorted(sent, key=lambda one: (one.received_time, one.station, one.elapsed_s))
    return [replace(one, sequence=number) for number, one in enumerate(arrived, 1)]


def run(
    tracker: Tracker, stream: Iterable[StationFeatures], *, until: float, tick_s: float = 0.25
) -> list[Decision]:
    """Return the decisions on a stream as it comes, with a tick between."""
    decisions: list[Decision] = []
    tick = -math.inf
    for one in stream:
        if tick == -math.inf:
            tick = one.received_time
        while tick + tick_s < one.received_time:
            tick += tick_s
            decisions += tracker.advance(tick)
        tracker.take(one)
        decisions += tracker.advance(one.received_time)
    while tick < until and tick != -math.inf:
        tick += tick_s
        decisions += tracker.advance(tick)
    return decisions
