from __future__ import annotations

from pathlib import Path

import pytest

from edge.driver_settings import ReplaySource
from edge.drivers.driver import DriverFailed
from edge.drivers.replay import ReplayDriver
from tests.edge.doubles import NOON_US, FakeClock


async def playing(
    tmp_path: Path, text: str, *, loop: bool = False, speed: float = 1.0
) -> tuple[ReplayDriver, FakeClock]:
    file = tmp_path / "r.csv"
    file.write_text(text)
    clock = FakeClock()
    driver = ReplayDriver(ReplaySource(file, loop, speed), clock)
    await driver.connect()
    return driver, clock


async def test_rows_come_when_their_time_has_come(tmp_path: Path) -> None:
    driver, clock = await playing(tmp_path, "time,series,value\n100,a,1\n101,b,2\n103,a,3\n")
    assert [(v.series, v.value) for v in await driver.read(["a", "b"])] == [("a", 1.0)]
    clock.advance(2)
    found = await driver.read(["a", "b"])
    assert [(v.series, v.value, v.time_us) for v in found] == [("b", 2.0, NOON_US + 1_000_000)]
    clock.advance(5)
    assert [v.value for v in await driver.read(["a", "b"])] == [3.0]
    assert await driver.read(["a", "b"]) == []


async def test_a_loop_goes_on_in_the_recordings_rhythm(tmp_path: Path) -> None:
    text = "time,series,value\n0,a,1\n900,a,2\n"
    driver, clock = await playing(tmp_path, text, loop=True, speed=900)
    clock.advance(4.5)
    found = await driver.read(["a"])
    assert [v.value for v in found] == [1, 2, 1, 2, 1]
    assert [v.time_us for v in found] == [NOON_US + n * 1_000_000 for n in range(5)]


async def test_iso_times_and_bad_rows(tmp_path: Path) -> None:
    text = (
        "time,series,value\n2026-01-01T00:00:00Z,a,1\nlater,a,2\n2026-01-01T00:00:01Z,a,x\n"
        "2026-01-01T00:00:02+00:00,a,4\n"
    )
    driver, clock = await playing(tmp_path, text)
    clock.advance(2)
    assert [v.value for v in await driver.read(["a"])] == [1, 4]
    assert driver.bad_rows == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("a,b\n1,2\n", "REPLAY_COLUMNS", id="columns"),
        pytest.param("", "REPLAY_COLUMNS", id="empty"),
        pytest.param("time,series,value\nx,y,z\n", "REPLAY_EMPTY", id="no-good-row"),
    ],
)
async def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(DriverFailed) as caught:
        await playing(tmp_path, text)
    assert caught.value.reason == reason


async def test_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    driver = ReplayDriver(ReplaySource(tmp_path / "no.csv"), FakeClock())
    with pytest.raises(DriverFailed) as caught:
        await driver.connect()
    assert caught.value.reason == "REPLAY_UNREADABLE"
