"""Replay: in time, moved rigidly, by a clock that the test turns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edge.waveform.record import Record
from edge.waveform.replay import Block, Epicentre, Replay, moved, shifted
from tests.edge.doubles import FakeClock
from tests.edge.waveform.motion import RATE_HZ, START_S, noise
from tests.edge.waveform.oracle import obspy_geodetics

RECORD = Record("CLC", 35.816, -117.598, START_S, RATE_HZ, noise(3.0))
RIDGECREST = Epicentre(35.770, -117.599)
WENCHUAN = Epicentre(31.0, 103.4)


async def played(clock: FakeClock, replay: Replay) -> list[tuple[float, Block]]:
    began = clock.monotonic()
    return [(clock.monotonic() - began, block) async for block in replay.blocks()]


@pytest.mark.parametrize("speed", [1.0, 8.0])
async def test_each_block_comes_when_its_last_sample_is_due(speed: float) -> None:
    clock = FakeClock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    blocks = await played(clock, Replay(RECORD, clock, sleep, speed=speed, block_s=0.5))

    assert [at for at, _ in blocks] == pytest.approx(np.arange(0.5, 3.01, 0.5) / speed)
    assert [one.start_s for _, one in blocks] == pytest.approx(START_S + np.arange(0, 3.0, 0.5))
    assert np.array_equal(np.hstack([one.samples for _, one in blocks]), RECORD.samples)


async def test_a_late_reader_gets_everything_and_catches_up() -> None:
    clock = FakeClock()
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(seconds + (2.0 if len(waits) == 1 else 0.0))

    blocks = await played(clock, Replay(RECORD, clock, sleep, block_s=0.5, skip_s=1.0))

    assert len(blocks) == 4
    assert blocks[0][1].start_s == START_S + 1.0
    assert waits[1:] == [0.0, 0.0, 0.0]


def test_a_moved_record_keeps_distance_and_azimuth() -> None:
    far = dataclasses.replace(RECORD, latitude=35.525, longitude=-117.365)

    for record in (RECORD, far):
        there = moved(record, RIDGECREST, WENCHUAN)
        before = obspy_geodetics.gps2dist_azimuth(
            RIDGECREST.latitude, RIDGECREST.longitude, record.latitude, record.longitude
        )
        after = obspy_geodetics.gps2dist_azimuth(
            WENCHUAN.latitude, WENCHUAN.longitude, there.latitude, there.longitude
        )
        # On the ellipsoid the sphere is wrong by a few parts in a thousand.
        assert after[0] == pytest.approx(before[0], rel=0.005)
        assert after[1] == pytest.approx(before[1], abs=0.3)
        assert np.array_equal(there.samples, record.samples)


def test_a_shifted_record_is_the_same_at_another_time() -> None:
    later = shifted(RECORD, 86_400.0)

    assert later.start_s == START_S + 86_400.0
    assert np.array_equal(later.samples, RECORD.samples)


@pytest.mark.parametrize("bad", [{"speed": 0.0}, {"block_s": -1.0}, {"skip_s": 3.0}])
def test_a_replay_that_can_not_be_is_refused(bad: dict[str, float]) -> None:
    async def sleep(_: float) -> None:
        return None

    with pytest.raises(ValueError, match="skip_s"):
        Replay(RECORD, FakeClock(), sleep, **bad)
