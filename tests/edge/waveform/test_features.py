"""Formulas against the vectors of the standard, and of waves whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edge.waveform.features import Features, Measurement, Row, dominant_frequency
from edge.waveform.features import instrumental_intensity as intensity
from tests.edge.waveform.motion import RATE_HZ, play, quake


@pytest.mark.parametrize(
    ("pga", "pgv", "expected"),
    [
        (0.653, 0.0558, 6.0),
        (1.35, 0.120, 7.0),
        (2.79, 0.258, 8.0),
        (5.77, 0.555, 9.0),
        (1.0, 0.03, 5.9),
        (0.0, 0.0, 1.0),
        (1e6, 1e6, 12.0),
    ],
)
def test_intensity_is_that_of_the_standard(pga: float, pgv: float, expected: float) -> None:
    assert intensity(pga, pgv) == expected


@pytest.mark.parametrize("hz", [0.5, 2.0, 8.0])
def test_period_and_frequency_of_a_wave_are_found(hz: float) -> None:
    t = np.arange(400) / RATE_HZ
    measurement = Measurement(1, 0, RATE_HZ)
    rows = np.zeros((len(Row), 400))
    rows[Row.U] = 1e-3 * np.sin(2 * np.pi * hz * t)
    rows[Row.V] = 2e-3 * np.pi * hz * np.cos(2 * np.pi * hz * t)
    rows[Row.AZ] = -4e-3 * (np.pi * hz) ** 2 * np.sin(2 * np.pi * hz * t)

    measurement.grow(rows)
    features = measurement.features("s", 0, 0, 0)

    assert features.tau_c_s == pytest.approx(1 / hz, rel=0.05)
    assert features.dominant_hz == pytest.approx(hz, rel=0.15)
    assert features.pd_cm == pytest.approx(0.1, rel=0.01)


def test_growing_in_pieces_is_growing_at_once() -> None:
    rows = np.random.default_rng(7).standard_normal((len(Row), 900))
    once, pieces = Measurement(1, 0, RATE_HZ), Measurement(1, 0, RATE_HZ)
    once.grow(rows)
    for begin, end in ((0, 10), (10, 299), (299, 301), (301, 900)):
        pieces.grow(rows[:, begin:end])

    a, b = (one.features("s", 0, 0, 0) for one in (once, pieces))
    assert a.tau_c_s == pytest.approx(b.tau_c_s)
    assert (a.pd_cm, a.pga_mps2, a.intensity, a.snr) == (b.pd_cm, b.pga_mps2, b.intensity, b.snr)


def test_a_stretch_without_motion_has_no_frequency() -> None:
    assert dominant_frequency(np.zeros(100), RATE_HZ) == 0.0
    assert dominant_frequency(np.ones(2), RATE_HZ) == 0.0


def test_amplitudes_of_a_steady_wave_come_out_of_the_whole_chain() -> None:
    samples = quake(15.0, peak=0.0)
    t = np.arange(samples.shape[1]) / RATE_HZ - 15.0
    # Slowly growing: a wave that begins at full height moves the ground's mean velocity, truly.
    wave = np.clip(t / 5.0, 0.0, 1.0) * np.sin(2 * np.pi * 2.0 * t)
    samples += np.array([[0.3], [0.4], [1.2]]) * wave

    last = [one for one in play(samples) if isinstance(one, Features)][-1]

    # 0.3, 0.4 and 1.2 make 1.3.
    assert last.pga_mps2 == pytest.approx(1.3, rel=0.05)
    assert last.pgv_mps == pytest.approx(1.3 / (2 * math.pi * 2.0), rel=0.05)
    assert last.dominant_hz == pytest.approx(2.0, rel=0.1)


def test_a_distant_earthquake_is_known_by_its_frequency() -> None:
    # What is left of P after 9,000 km: periods of a second and more, rising over seconds.
    samples = quake(15.0, seconds=40.0, peak=0.0)
    t = np.arange(samples.shape[1]) / RATE_HZ - 15.0
    rise = np.clip(t / 3.0, 0.0, 1.0)
    samples += 0.02 * rise * (np.sin(2 * np.pi * 0.7 * t) + 0.5 * np.sin(2 * np.pi * 1.0 * t))

    late = [one for one in play(samples) if isinstance(one, Features) and one.elapsed_s >= 3.0]

    assert late
    assert all(one.dominant_hz < 1.2 and one.tau_c_s > 1.0 for one in late)
