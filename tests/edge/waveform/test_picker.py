"""STA/LTA and network detections against obspy's."""

from __future__ import annotations

import numpy as np
import pytest

from edge.waveform.filters import Bank, Stage, band_pass
from edge.waveform.picker import NEAR, NETWORK, PickerSettings, StaLta, Trigger, akaike_onset
from tests.edge.waveform.motion import Samples
from tests.edge.waveform.oracle import OBSPY, obspy, obspy_trigger

DATA = OBSPY / "signal" / "tests" / "data"
FRAME = 10


def ratios(signal: Samples, sta: int, lta: int) -> Samples:
    averages = StaLta(sta, lta, FRAME)
    whole = signal.size // FRAME * FRAME
    return np.concatenate([averages.step(signal[k : k + FRAME])[0] for k in range(0, whole, FRAME)])


def test_the_ratio_is_obspys_recursive_sta_lta() -> None:
    random = np.random.default_rng(5)
    signal = random.standard_normal(10_000) * np.where(np.arange(10_000) % 3_000 < 400, 9.0, 1.0)
    # obspy leaves out the first sample, and reports nothing within the first long window.
    signal[0] = 0.0

    ours = ratios(signal, 50, 1_000)

    theirs = obspy_trigger.recursive_sta_lta(signal, 50, 1_000)
    assert ours[1_000:] == pytest.approx(theirs[1_000:], rel=1e-9)
    assert not theirs[:1_000].any()


def detections(file: str) -> list[tuple[float, float]]:
    """Return (on, off) times of a station's vertical, in Unix seconds."""
    (trace,) = obspy.read(str(DATA / file))
    rate = trace.stats.sampling_rate
    signal = trace.data.astype(float)
    frames = signal.size // FRAME * FRAME
    bank = Bank([Stage(band_pass(4, 10, 20, rate))], FRAME)
    filtered = np.concatenate(
        [bank.step(signal[k : k + FRAME, None])[0, :, 0] for k in range(0, frames, FRAME)]
    )
    ratio = ratios(filtered, round(0.5 * rate), round(10 * rate))
    trigger = Trigger(PickerSettings(refractory_s=0.0), rate)
    begin = trace.stats.starttime.timestamp
    found = []
    for k in range(0, frames, FRAME):
        at = trigger.step(ratio[k : k + FRAME], k)
        if at is not None:
            below = np.flatnonzero(ratio[at:] < NETWORK.off)
            end = at + int(below[0]) if below.size else frames
            found.append((begin + at / rate, begin + end / rate))
    return found


def test_four_stations_give_the_three_detections_of_the_published_example() -> None:
    files = ("BW.UH1._.SHZ", "BW.UH2._.SHZ", "BW.UH3._.SHZ", "BW.UH4._.EHZ")
    stations = [detections(f"{name}.D.2010.147.cut.slist.gz") for name in files]

    edges = sorted(one for station in stations for one in station)
    coincidences: list[tuple[float, int]] = []
    covered_to = 0.0
    for on, off in edges:
        together = [s for s in stations if any(a <= off and on <= b for a, b in s)]
        if len(together) >= 3 and on > covered_to:
            coincidences.append((on, len(together)))
        if len(together) >= 3:
            covered_to = max(covered_to, off)

    expected = [("2010-05-27T16:24:33.21", 4), ("2010-05-27T16:27:01.26", 3),
                ("2010-05-27T16:27:30.51", 4)]  # fmt: skip
    assert [number for _, number in coincidences] == [number for _, number in expected]
    for (time_s, _), (text, _) in zip(coincidences, expected, strict=True):
        assert time_s == pytest.approx(obspy.UTCDateTime(text).timestamp, abs=0.02)


def test_the_onset_is_where_the_character_changes() -> None:
    random = np.random.default_rng(6)
    signal = random.standard_normal(400)
    signal[250:] *= 8.0

    assert akaike_onset(signal) == pytest.approx(250, abs=2)


def test_a_signal_without_variance_has_an_onset_all_the_same() -> None:
    assert 1 <= akaike_onset(np.zeros(50)) <= 49


def test_a_trigger_waits_for_quiet_and_for_its_time() -> None:
    trigger = Trigger(PickerSettings(lta_s=0.6, refractory_s=1.0), 100.0)
    loud, middle, quiet = np.full(10, 5.0), np.full(10, 2.0), np.full(10, 0.5)

    heard = [trigger.step(ratio, 10 * n) for n, ratio in enumerate([loud] * 8 + [middle] * 4)]
    assert heard == [None] * 6 + [60] + [None] * 5
    assert trigger.step(loud, 120) is None
    assert trigger.step(quiet, 130) is None
    assert trigger.step(loud, 140) is None
    assert trigger.step(loud, 150) is None
    assert trigger.step(loud, 160) == 160


def test_thresholds_that_contradict_are_refused() -> None:
    assert (NEAR.on, NETWORK.on) == (10.0, 3.5)
    with pytest.raises(ValueError, match="off < on"):
        PickerSettings(on=1.0, off=2.0)
