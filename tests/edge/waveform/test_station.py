"""A station: the same answers for any blocks, and no pick of what is no earthquake."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.waveform.disturbance import AHEAD, BEHIND, mend_spikes
from edge.waveform.features import Features, Quality
from edge.waveform.record import RecordRefused
from edge.waveform.station import Fault, FaultKind, Output, Site, Station
from tests.edge.waveform.motion import RATE_HZ, SITE, START_S, Samples, noise, play, quake

QUAKE = quake(14.0, seconds=24.0)
PULSE = noise(30.0, seed=8)
PULSE[0, 1_500:1_700] += 0.5


def picks(outputs: list[Output]) -> list[int]:
    return sorted({one.pick_id for one in outputs if isinstance(one, Features)})


def features(outputs: list[Output]) -> list[Features]:
    return [one for one in outputs if isinstance(one, Features)]


def faults(outputs: list[Output]) -> list[FaultKind]:
    return [one.kind for one in outputs if isinstance(one, Fault)]


def test_features_come_with_the_pick_and_at_each_second() -> None:
    found = features(play(QUAKE))

    assert found[0].pick_time_s == pytest.approx(START_S + 14.0, abs=0.05)
    assert 0.3 <= found[0].elapsed_s < 0.6
    assert [one.elapsed_s for one in found[1:]] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert picks(play(QUAKE)) == [0]
    for earlier, later in itertools.pairwise(found):
        assert later.pga_mps2 >= earlier.pga_mps2
        assert later.intensity >= earlier.intensity
    assert found[-1].dominant_hz == pytest.approx(4.0, rel=0.5)
    assert (found[-1].station, found[-1].quality) == ("st-1", Quality.GOOD)


def test_features_are_due_when_their_record_has_come() -> None:
    station = Station(SITE, RATE_HZ)
    for at in range(0, QUAKE.shape[1], 10):
        fed_to = START_S + (at + 10) / RATE_HZ
        for one in station.feed(QUAKE[:, at : at + 10], START_S + at / RATE_HZ):
            assert isinstance(one, Features)
            assert 0 <= fed_to - one.data_time_s <= 0.3


SIGNALS = {
    "quake": QUAKE,
    "pulse": PULSE,
    "gap": np.where(np.arange(QUAKE.shape[1]) // 40 == 38, np.nan, QUAKE),
}


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(sorted(SIGNALS)), st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_answers_do_not_depend_on_the_blocks(name: str, lengths: list[int]) -> None:
    samples = SIGNALS[name]
    station = Station(SITE, RATE_HZ)
    outputs: list[Output] = []
    at = 0
    for length in itertools.cycle(lengths):
        if at >= samples.shape[1]:
            break
        outputs += station.feed(samples[:, at : at + length], START_S + at / RATE_HZ)
        at += length

    # Bit for bit: no tolerance.
    assert outputs == play(samples, block=samples.shape[1])


@pytest.mark.parametrize("rate_hz", [50.0, 62.5, 100.0, 200.0, 500.0])
def test_other_rates_give_the_same_earthquake(rate_hz: float) -> None:
    t = np.arange(0, 24.0, 1 / rate_hz)
    mother = np.arange(QUAKE.shape[1]) / RATE_HZ
    samples = np.vstack([np.interp(t, mother, row) for row in QUAKE])

    found = features(play(samples, rate_hz=rate_hz, block=round(rate_hz / 5)))

    assert found[0].pick_time_s == pytest.approx(START_S + 14.0, abs=0.1)
    assert found[-1].pga_mps2 == pytest.approx(features(play(QUAKE))[-1].pga_mps2, rel=0.1)
    assert [round(one.elapsed_s) for one in found[1:]] == list(range(1, len(found)))


def test_noise_is_no_earthquake() -> None:
    assert play(noise(120.0)) == []


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(RecordRefused):
        Station(SITE, 1.0)


@pytest.mark.parametrize("shape", [(2, 10), (10, 3), (30,)])
def test_a_block_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="needs samples"):
        Station(SITE, RATE_HZ).feed(np.zeros(shape), START_S)


# -- disturbances ------------------------------------------------------------------------------


def with_pulse(length: int, height: float = 0.5, rise: int = 1) -> Samples:
    samples = noise(40.0, seed=9)
    shape = np.zeros(samples.shape[1])
    shape[1_500 : 1_500 + length] = height
    samples[:] += np.convolve(shape, np.ones(rise) / rise, mode="same")
    return samples


@pytest.mark.parametrize("height", [0.02, 0.5, -8.0])
@pytest.mark.parametrize("length", [20, 100, 200, 1_000, 2_500])
def test_a_calibration_pulse_is_told_and_is_no_pick(length: int, height: float) -> None:
    outputs = play(with_pulse(length, height, rise=2))

    assert picks(outputs) == []
    assert FaultKind.CALIBRATION in faults(outputs)


@pytest.mark.parametrize("length", [40, 68, 82, 150])
def test_a_train_of_square_pulses_is_no_pick(length: int) -> None:
    samples = noise(40.0, seed=14)
    shape = np.zeros(samples.shape[1])
    for at in range(1_500, 1_500 + 6 * length, 2 * length):
        shape[at : at + length] = 0.5
    samples += np.convolve(shape, np.ones(4) / 4, mode="same")

    outputs = play(samples)

    assert picks(outputs) == []
    assert FaultKind.CALIBRATION in faults(outputs)


def test_an_earthquake_soon_after_a_calibration_pulse_is_picked() -> None:
    samples = with_pulse(100)
    samples[:, 2_000:] += quake(5.0, seconds=20.0)

    found = features(play(samples))

    assert [one.pick_time_s for one in found[:1]] == pytest.approx([START_S + 25.0], abs=0.05)


@pytest.mark.parametrize("width", [1, 2])
def test_a_spike_is_mended_and_is_no_pick(width: int) -> None:
    samples = noise(40.0, seed=10)
    samples[0, 2_000 : 2_000 + width] += 3.0

    outputs = play(samples)

    assert (picks(outputs), faults(outputs)) == ([], [FaultKind.SPIKE])


def test_a_bad_line_is_told_of_once_in_ten_seconds() -> None:
    samples = noise(60.0, seed=13)
    samples[0, 1_500:5_500:20] += 3.0

    outputs = play(samples)

    assert (picks(outputs), faults(outputs)) == ([], [FaultKind.SPIKE] * 4)


def test_a_longer_glitch_is_no_pick_either() -> None:
    samples = noise(40.0, seed=10)
    samples[0, 2_000:2_004] += 3.0

    outputs = play(samples)

    assert (picks(outputs), faults(outputs)) == ([], [FaultKind.SPIKE])


def test_a_spike_in_an_earthquake_does_not_reach_its_peak_acceleration() -> None:
    spiked = QUAKE.copy()
    spiked[1, 1_700] += 20.0

    clean, mended = features(play(QUAKE))[-1], features(play(spiked))[-1]

    assert mended.pga_mps2 == pytest.approx(clean.pga_mps2, rel=0.1)
    assert mended.intensity == pytest.approx(clean.intensity, abs=0.1)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 40.0), st.floats(0.01, 20.0))
def test_waves_are_not_taken_for_spikes(seed: int, hz: float, height: float) -> None:
    random = np.random.default_rng(seed)
    t = np.arange(BEHIND + 10 + AHEAD) / RATE_HZ
    wave = height * np.sin(2 * np.pi * hz * t + random.uniform(0, 6.3, (3, 1)))
    block = wave * np.where(t > t[random.integers(t.size)], 1.0, 1e-3)
    before = block.copy()

    assert mend_spikes(block) == 0
    assert np.array_equal(block, before)


def test_a_dead_channel_is_told_once_and_does_not_pick_when_it_wakes() -> None:
    samples = noise(60.0, seed=11)
    samples[0, 1_500:3_500] = samples[0, 1_500]

    outputs = play(samples)

    assert picks(outputs) == []
    assert faults(outputs) == [FaultKind.DEAD]


@pytest.mark.parametrize("full_scale", [0.3, None])
def test_a_clipped_record_says_so(full_scale: float | None) -> None:
    scale = 1.0 if full_scale else 10.0
    samples = np.clip(QUAKE * scale, -0.3 * scale, 0.3 * scale)

    outputs = play(samples, site=Site("st-1", 31.0, 103.4, full_scale))

    assert features(outputs)[-1].quality is Quality.CLIPPED
    assert set(faults(outputs)) == {FaultKind.CLIPPED}


# -- time --------------------------------------------------------------------------------------


def test_a_short_hole_is_bridged_and_marks_what_is_measured() -> None:
    samples = QUAKE.copy()
    samples[:, 1_700:1_740] = np.nan

    outputs = play(samples)

    assert faults(outputs) == [FaultKind.GAP]
    marks = {one.quality for one in features(outputs) if one.elapsed_s <= 2}
    assert marks == {Quality.GOOD}
    assert features(outputs)[-1].quality is Quality.GAPPED
    assert features(outputs)[-1].data_time_s == pytest.approx(features(play(QUAKE))[-1].data_time_s)


def test_a_hole_in_noise_is_no_pick() -> None:
    samples = noise(40.0) + 0.2
    samples[:, 2_000:2_050] = np.nan

    outputs = play(samples)

    assert (picks(outputs), faults(outputs)) == ([], [FaultKind.GAP])


def test_an_earthquake_right_behind_a_hole_is_picked() -> None:
    samples = QUAKE + 0.05
    samples[:, 1_320:1_360] = np.nan

    found = features(play(samples))

    assert found
    assert found[0].pick_time_s == pytest.approx(START_S + 14.0, abs=1.5)


def test_behind_a_long_hole_the_station_begins_anew() -> None:
    station = Station(SITE, RATE_HZ)
    station.feed(noise(20.0), START_S)

    outputs = station.feed(QUAKE, START_S + 600.0)

    assert faults(outputs) == [FaultKind.RESTART]
    assert features(outputs)[0].pick_time_s == pytest.approx(START_S + 614.0, abs=0.05)


def test_repeated_samples_are_dropped() -> None:
    station = Station(SITE, RATE_HZ)
    outputs: list[Output] = []
    for at in range(0, QUAKE.shape[1], 50):
        outputs += station.feed(QUAKE[:, at : at + 80], START_S + at / RATE_HZ)

    assert outputs == play(QUAKE)
    assert station.duplicates > 1_000


def test_a_clock_that_runs_a_little_fast_is_followed() -> None:
    station = Station(SITE, RATE_HZ)
    outputs: list[Output] = []
    for at in range(0, QUAKE.shape[1], 50):
        outputs += station.feed(QUAKE[:, at : at + 50], START_S + at / RATE_HZ * 1.0005)

    assert faults(outputs) == []
    assert features(outputs)[0].pick_time_s == pytest.approx(START_S + 14.007, abs=0.03)


def test_a_clock_that_was_set_back_begins_anew() -> None:
    station = Station(SITE, RATE_HZ)
    station.feed(noise(20.0), START_S)

    assert faults(station.feed(noise(20.0), START_S - 3_600)) == [FaultKind.RESTART]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.floats(-20, 20), st.sampled_from([0, 1e-3, 30, np.inf])),
        max_size=15,
    )
)
def test_no_order_of_blocks_breaks_a_station(blocks: list[tuple[int, float, float]]) -> None:
    station = Station(SITE, RATE_HZ)
    random = np.random.default_rng(12)
    at_s = START_S
    for length, jump_s, height in blocks:
        at_s += jump_s
        with np.errstate(invalid="ignore"):
            outputs = station.feed(random.standard_normal((3, length)) * height, at_s)
        for one in features(outputs):
            assert np.isfinite([one.pd_cm, one.tau_c_s, one.pga_mps2, one.pgv_mps, one.snr]).all()
