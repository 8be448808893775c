"""Filters by frames against scipy's recursion sample by sample."""

from __future__ import annotations

import numpy as np
import pytest

from edge.waveform.filters import Bank, Stage, band_pass, high_pass, integrating_high_pass
from edge.waveform.history import History
from tests.edge.waveform.motion import Samples
from tests.edge.waveform.oracle import scipy_signal


def butter(order: int, corners: list[float] | float, kind: str, rate_hz: float) -> Samples:
    return np.asarray(scipy_signal.butter(order, corners, kind, fs=rate_hz, output="sos"))


def run(bank: Bank, signal: Samples, frame: int, stage: int = -1) -> Samples:
    frames = [bank.step(signal[k : k + frame, None]) for k in range(0, signal.size, frame)]
    return np.concatenate([outputs[stage, :, 0] for outputs in frames])


@pytest.mark.parametrize("frame", [1, 7, 10, 100])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (band_pass(4, 0.1, 10, 100), butter(4, [0.1, 10], "band", 100)),
        (band_pass(2, 1, 20, 200), butter(2, [1, 20], "band", 200)),
        (band_pass(3, 10, 20, 100), butter(3, [10, 20], "band", 100)),
        (band_pass(1, 0.5, 20, 50), butter(1, [0.5, 20], "band", 50)),
        (high_pass(2, 0.075, 100), butter(2, 0.075, "high", 100)),
        (high_pass(4, 0.1, 1000), butter(4, 0.1, "high", 1000)),
    ],
)  # fmt: skip
def test_a_filter_is_scipys_sosfilt(ours: Samples, theirs: Samples, frame: int) -> None:
    signal = np.random.default_rng(2).standard_normal(7_000)

    output = run(Bank([Stage(ours)], frame), signal, frame)

    assert output == pytest.approx(scipy_signal.sosfilt(theirs, signal), abs=1e-10)


def test_integration_with_high_pass_is_both_one_after_the_other() -> None:
    signal = np.random.default_rng(3).standard_normal(5_000)

    output = run(Bank([Stage(integrating_high_pass(0.075, 100))], 10), signal, 10)

    # scipy's trapezoids start between samples; ours with half the first.
    integral = np.cumsum(signal + np.concatenate([[0.0], signal[:-1]])) / 200
    corner = butter(2, 0.075, "high", 100)
    assert output == pytest.approx(scipy_signal.sosfilt(corner, integral), abs=1e-10)


def test_an_offset_leaves_no_drift() -> None:
    bank = Bank([Stage(integrating_high_pass(0.075, 100)),
                 Stage(integrating_high_pass(0.075, 100), source=0)], 10)  # fmt: skip

    output = run(bank, np.full(60_000, 5.0), 10, stage=1)

    assert np.abs(output[30_000:]).max() < 1e-8


def test_stages_run_one_behind_the_other_on_columns_of_their_own() -> None:
    random = np.random.default_rng(4)
    signals = random.standard_normal((1_000, 3))
    first, second = band_pass(2, 1, 20, 100), high_pass(2, 0.5, 100)
    bank = Bank([Stage(first), Stage(second, source=0)], 10, columns=3)

    outputs = np.concatenate([bank.step(signals[k : k + 10]) for k in range(0, 1_000, 10)], axis=1)

    for column in range(3):
        once = scipy_signal.sosfilt(first, signals[:, column])
        assert outputs[0, :, column] == pytest.approx(once, abs=1e-10)
        twice = scipy_signal.sosfilt(second, once)
        assert outputs[1, :, column] == pytest.approx(twice, abs=1e-10)


@pytest.mark.parametrize("band", [(0.0, 20.0), (20.0, 1.0), (1.0, 50.0)])
def test_a_band_that_is_none_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="a band of"):
        band_pass(2, *band, 100)


def test_history_is_addressed_by_sample_number_however_often_it_is_moved() -> None:
    history = History(1, 50)
    for number in range(0, 2_000, 10):
        history.append(10)[0] = np.arange(number, number + 10)

        assert history.end == number + 10
        assert history.rows(0, history.end)[0].tolist() == list(range(history.begin, history.end))
    assert history.begin == 1_950
