"""The Ridgecrest M7.1 as its three nearest stations recorded it, against the published replay.

Times are seconds after the origin, 2019-07-06 03:19:53.04 UTC. Tolerances say why they are there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from edge.waveform.features import Features, Quality, Row
from edge.waveform.picker import NEAR, NETWORK, PickerSettings
from edge.waveform.signals import Signals
from edge.waveform.station import Fault, Output, Site, Station
from tests.edge.waveform.motion import Samples, ridgecrest

ORIGIN_S = 1_562_383_193.04
DEPTH_KM = 8.0


@dataclass(frozen=True)
class Expected:
    """A line of the table. ``magnitudes`` are by Pd after 1, 2, 3, 4 and 6 s."""

    file: str
    epicentral_km: float
    onset_s: float
    pd_3s_cm: float
    magnitudes: tuple[float, ...]
    pga: float
    pgv: float
    intensity: float
    sixth_at_s: float
    eighth_at_s: float


TABLE = [
    Expected("CICLC.v1", 5.1, 0.63, 0.683, (5.9, 6.2, 6.4, 6.4, 7.5), 5.39, 0.357, 8.4, 2.75, 9.05),
    Expected(
        "CITOW2.RAW", 15.6, 2.73, 0.365, (5.9, 6.5, 6.5, 6.8, 7.8), 4.79, 0.576, 9.1, 7.30, 10.45
    ),
    Expected(
        "CICCC.RAW", 34.5, 6.39, 0.131, (5.6, 6.5, 6.5, 6.7, 6.9), 4.72, 0.657, 9.2, 13.20, 19.80
    ),
]
EACH = pytest.mark.parametrize("line", TABLE, ids=lambda line: line.file.partition(".")[0])


@cache
def outputs(file: str, settings: PickerSettings = NEAR) -> tuple[Output, ...]:
    record = ridgecrest(file)
    site = Site(record.station, record.latitude, record.longitude)
    station = Station(site, record.rate_hz, settings)
    due: list[Output] = []
    for at in range(0, record.samples.shape[1], 50):
        due += station.feed(record.samples[:, at : at + 50], record.start_s + at / record.rate_hz)
    return tuple(due)


def main_shock(line: Expected, settings: PickerSettings = NEAR) -> list[Features]:
    """Return the features of the pick nearest to the true onset; the table's own is NEAR."""
    found = [one for one in outputs(line.file, settings) if isinstance(one, Features)]
    nearest = min(found, key=lambda one: abs(one.pick_time_s - ORIGIN_S - line.onset_s))
    return [one for one in found if one.pick_id == nearest.pick_id]


def magnitude(pd_cm: float, line: Expected) -> float:
    """Return the magnitude by Wu & Zhao 2006 at the true distance."""
    distance = math.hypot(line.epicentral_km, DEPTH_KM)
    return 4.750 + 1.372 * math.log10(pd_cm) + 1.885 * math.log10(distance)


@pytest.mark.parametrize(("settings", "tolerance_s"), [(NEAR, 0.01), (NETWORK, 0.07)])
@EACH
def test_the_onset_is_picked(line: Expected, settings: PickerSettings, tolerance_s: float) -> None:
    found = main_shock(line, settings)

    # TOW2 begins weakly: the lower threshold triggers on the first of it, 0.06 s earlier.
    assert found[0].pick_time_s - ORIGIN_S == pytest.approx(line.onset_s, abs=tolerance_s)
    assert found[0].elapsed_s < 0.6


@EACH
def test_displacement_and_its_magnitude_grow_as_published(line: Expected) -> None:
    by_second = {one.elapsed_s: one for one in main_shock(line)}

    assert by_second[3.0].pd_cm == pytest.approx(line.pd_3s_cm, rel=0.01)
    for second, expected in zip((1, 2, 3, 4, 6), line.magnitudes, strict=True):
        # The table has one decimal.
        assert magnitude(by_second[second].pd_cm, line) == pytest.approx(expected, abs=0.06)
    assert by_second[7.0].pd_cm == by_second[6.0].pd_cm


@EACH
def test_peaks_and_final_intensity_are_as_published(line: Expected) -> None:
    last = main_shock(line)[-1]

    assert last.pga_mps2 == pytest.approx(line.pga, abs=0.006)
    assert last.pgv_mps == pytest.approx(line.pgv, abs=0.001)
    assert last.intensity == line.intensity
    assert last.quality is Quality.GOOD


def unrounded(line: Expected) -> tuple[Samples, Samples]:
    """Return times after the origin and the intensity so far, sample by sample, not rounded."""
    record = ridgecrest(line.file)
    signals = Signals(NETWORK, record.rate_hz)
    frames = []
    for at in range(0, record.samples.shape[1] - signals.frame + 1, signals.frame):
        signals.step(record.samples[:, at : at + signals.frame])
        rows = signals.history.rows(at, at + signals.frame)
        frames.append(rows[[Row.A_SQUARE, Row.V_SQUARE]].copy())
    squares = np.hstack(frames)
    times = record.start_s - ORIGIN_S + np.arange(squares.shape[1]) / record.rate_hz
    squares[:, times < 0] = 1e-20
    pga, pgv = np.sqrt(np.maximum.accumulate(squares, axis=1))
    by_pga, by_pgv = 3.17 * np.log10(pga) + 6.59, 3.0 * np.log10(pgv) + 9.77
    both = np.minimum(by_pga, by_pgv) >= 6.0
    return times, np.where(both, by_pgv, (by_pga + by_pgv) / 2)


@EACH
def test_intensity_passes_six_and_eight_when_published(line: Expected) -> None:
    times, intensity = unrounded(line)

    # The table's times are multiples of 0.05 s.
    assert times[np.argmax(intensity >= 6.0)] == pytest.approx(line.sixth_at_s, abs=0.051)
    assert times[np.argmax(intensity >= 8.0)] == pytest.approx(line.eighth_at_s, abs=0.051)


@EACH
def test_features_are_sent_as_soon_as_intensity_passes_an_alert_level(line: Expected) -> None:
    found = main_shock(line)

    for level, expected in ((6.0, line.sixth_at_s), (8.0, line.eighth_at_s)):
        first = next(one for one in found if one.intensity >= level)
        # The standard's one decimal makes 5.95 a six, up to half a second before 6.00.
        assert expected - 0.5 <= first.data_time_s - ORIGIN_S <= expected + 0.15


@EACH
def test_a_network_stations_magnitude_is_the_same_but_for_its_earlier_window(
    line: Expected,
) -> None:
    near, network = (
        {one.elapsed_s: magnitude(one.pd_cm, line) for one in main_shock(line, settings)}
        for settings in (NEAR, NETWORK)
    )

    for second in (1.0, 2.0, 3.0, 4.0, 6.0):
        assert network[second] == pytest.approx(near[second], abs=0.15)


@pytest.mark.parametrize("settings", [NEAR, NETWORK])
@EACH
def test_nothing_is_wrong_with_the_sensors(line: Expected, settings: PickerSettings) -> None:
    assert [one for one in outputs(line.file, settings) if isinstance(one, Fault)] == []


def test_the_coda_of_the_earlier_earthquake_does_not_hide_the_main_shock() -> None:
    found = [one for one in outputs("CICLC.v1", NETWORK) if isinstance(one, Features)]
    before = [one for one in found if one.data_time_s < ORIGIN_S]

    # The M5 itself and an aftershock are picked, its coda of three minutes is not.
    assert max(one.intensity for one in before) == pytest.approx(5.5, abs=0.2)
    assert len({one.pick_id for one in before}) <= 3
    assert max(one.intensity for one in before if one.pick_time_s > ORIGIN_S - 150) == 1.0


@EACH
def test_a_local_earthquake_does_not_look_like_a_distant_one(line: Expected) -> None:
    assert all(one.dominant_hz > 1.5 for one in main_shock(line))
