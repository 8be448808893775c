"""A node's own verdicts on hours: the service's, remembered through restarts, sent as readings."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from edge import status
from edge.anomalies import hours
from edge.anomalies import settings as anomaly_settings
from edge.anomalies.hours import BACK_HOURS, CHINA, HOUR_US, Hour, Watch, restored
from edge.anomalies.node_anomalies import FILE, NodeAnomalies
from edge.anomalies.settings import SERIES_MAX, AnomalySettings, Model
from edge.batcher import Measured
from edge.counters import Counters
from edge.line_journal import LineJournal
from edge.reading import Priority, Quality, Reading
from edge.settings import InvalidSettings, load, parse
from tests.energy.test_anomaly import KNOWN, water_flow
from tianfu.anomaly import Detector, Kind, stretches
from tianfu.batch_encoder import SeriesKey

MAIN: Final = AnomalySettings("main.flow")
ONLINE: Final = AnomalySettings("main.flow", model=Model.RIVER)
FIRST: Final = 455_832
"""An hour in 2022."""


def flow(hour: float, value: float, *, quality: Quality = Quality.GOOD) -> Measured:
    reading = Reading(MAIN.series, int(hour * HOUR_US), value, quality)
    return Measured(SeriesKey(MAIN.series, "l/s"), Priority.ROUTINE, reading)


def node(folder: Path, *settings: AnomalySettings) -> NodeAnomalies:
    return NodeAnomalies(settings or (MAIN,), folder, counters=Counters())


def hour_of(local: datetime) -> int:
    """Return the number of the hour that is so called in China."""
    return int(local.replace(tzinfo=CHINA).timestamp()) // 3600


def test_the_known_stretches_are_found_and_verdicts_are_the_services(tmp_path: Path) -> None:
    rows = water_flow()
    detector = Detector()
    expected = [detector.judge(time, value) for time, value in rows]
    watched = node(tmp_path)
    made: list[Measured] = []
    for time, value in [*rows, (rows[-1][0] + timedelta(hours=1), 0.0)]:
        made += watched.observe([flow(hour_of(time), value)])

    known = [each for each in expected if each.spread is not None]
    assert [each.reading.value for each in made] == [each.score for each in known]
    assert {each.key.series for each in made} == {"main.flow.anomaly"}
    urgent = [each.priority is Priority.URGENT for each in made]
    assert urgent == [each.kind is not None for each in known]
    found = stretches((e for e in expected if e.kind in {Kind.LOW, Kind.HIGH} or not e.kind), 6)
    assert [f"{each.begin:%Y-%m-%dT%H}" for each in found] == list(KNOWN)


def test_an_online_model_finds_the_known_stretches_too(tmp_path: Path) -> None:
    rows = water_flow()
    watched = node(tmp_path, ONLINE)
    made: list[Measured] = []
    for time, value in [*rows, (rows[-1][0] + timedelta(hours=1), 0.0)]:
        made += watched.observe([flow(hour_of(time), value)])

    odd = [each.reading for each in made if each.priority is Priority.URGENT]
    times = [each.time_us for each in odd]
    begun = [us for last, us in pairwise([0, *times]) if us - last > 6 * HOUR_US]
    named = [f"{datetime.fromtimestamp(us / 1e6, CHINA):%Y-%m-%dT%H}" for us in begun]
    assert [each[:10] for each in named] == [each[:10] for each in KNOWN]
    [said] = watched.status()
    assert said["known"]


@pytest.mark.parametrize("settings", [MAIN, ONLINE], ids=["baseline", "river"])
def test_what_is_usual_is_known_again_after_a_restart(
    tmp_path: Path, settings: AnomalySettings
) -> None:
    rows = water_flow()
    without = node(tmp_path / "without", settings)
    (tmp_path / "with").mkdir()
    expected: list[Measured] = []
    for time, value in rows:
        expected += without.observe([flow(hour_of(time), value)])

    made: list[Measured] = []
    for start in range(0, len(rows), 500):
        one = node(tmp_path / "with", settings)
        asyncio.run(one.restore())
        for time, value in rows[start : start + 501]:  # the next one ends the last hour
            made += one.observe([flow(hour_of(time), value)])
        asyncio.run(one.close())

    assert [each.reading for each in made] == [each.reading for each in expected]


def test_an_hour_is_the_mean_of_its_good_readings(tmp_path: Path) -> None:
    watched = node(tmp_path)
    for minute, value in ((0, 10.0), (20, 20.0), (40, 30.0)):
        watched.observe([flow(FIRST + minute / 60, value)])
    watched.observe([flow(FIRST + 0.9, 1e9, quality=Quality.OUT_OF_RANGE)])
    watched.observe([flow(FIRST + 1, 5.0)])
    asyncio.run(watched.close())

    lines = list(LineJournal(tmp_path, FILE).lines())
    assert [restored(line) for line in lines] == [Hour("main.flow", FIRST, 20.0)]


def test_an_hour_begun_late_is_not_judged_and_a_late_reading_changes_nothing() -> None:
    watch = Watch(MAIN, hours.detector_of(MAIN))
    assert watch.observe(int((FIRST + 0.6) * HOUR_US), 9.0) is None
    assert watch.observe((FIRST + 1) * HOUR_US, 1.0) is None, "its first half is unknown"
    assert watch.observe(int((FIRST + 0.9) * HOUR_US), 9.0) is None, "late"
    ended = watch.observe((FIRST + 2) * HOUR_US, 2.0)
    assert ended is not None
    assert ended[0] == Hour("main.flow", FIRST + 1, 1.0)


def test_a_clock_that_was_far_ahead_is_begun_anew() -> None:
    watch = Watch(MAIN, hours.detector_of(MAIN))
    watch.observe((FIRST + 10_000) * HOUR_US, 1.0)
    assert watch.observe((FIRST + 10_000 - BACK_HOURS) * HOUR_US, 2.0) is None
    ended = watch.observe((FIRST + 10_001 - BACK_HOURS) * HOUR_US, 3.0)
    assert ended is not None
    assert ended[0].mean == 2.0


def test_half_a_line_is_passed_over_and_counted(tmp_path: Path) -> None:
    LineJournal(tmp_path, FILE).append([Hour("main.flow", FIRST, 1.0).line(), '["main.fl'])
    counters = Counters()
    watched = NodeAnomalies([MAIN], tmp_path, counters=counters)

    asyncio.run(watched.restore())

    assert counters.counts["HOUR_LINE_BROKEN"] == 1
    assert watched.status() == [{"series": "main.flow", "known": False, "sentence": ""}]


@pytest.mark.parametrize("settings", [MAIN, ONLINE], ids=["baseline", "river"])
def test_status_says_what_is_odd(tmp_path: Path, settings: AnomalySettings) -> None:
    watched = node(tmp_path, settings)
    for number in range(24 * 8):
        watched.observe([flow(FIRST + number, 100.0 + number % 24)])
    [usual] = watched.status()
    watched.observe([flow(FIRST + 24 * 8, 300.0)])
    watched.observe([flow(FIRST + 24 * 8 + 1, 100.0)])
    [odd] = watched.status()

    assert status._anomaly(usual) == "anomaly     main.flow: as usual"
    assert "300.00 at " in status._anomaly(odd)
    assert "ABOVE_BASELINE" in status._anomaly(odd)


def test_the_example_of_a_water_works_is_understood() -> None:
    example = Path(__file__).parents[3] / "examples" / "edge" / "water-main.toml"
    found = load(example, {})

    assert found.anomalies == (MAIN,)
    assert MAIN.series in {each.id for driver in found.drivers for each in driver.series}


SETTINGS: Final = """
[node]
id = "gw-1"
[[anomalies]]
series = "main.flow"
deviations = 8
"""


def test_settings_are_read_and_refused_by_line(tmp_path: Path) -> None:
    found = parse(SETTINGS, {}, file="edge.toml", folder=tmp_path)
    assert found.anomalies == (AnomalySettings("main.flow", 8.0),)

    named = SETTINGS + 'model = "river"\n'
    found = parse(named, {}, file="edge.toml", folder=tmp_path)
    assert found.anomalies == (AnomalySettings("main.flow", 8.0, Model.RIVER),)

    for wrong, reason in (
        (SETTINGS + 'model = "oracle"\n', "VALUE_UNKNOWN"),
        (SETTINGS + '[[anomalies]]\nseries = "main.flow"\n', "REPEATED"),
        (SETTINGS.replace("= 8", "= 1"), "VALUE_RANGE"),
        (SETTINGS.replace("main.flow", "Main flow"), "ID_INVALID"),
        (
            SETTINGS + "".join(f'[[anomalies]]\nseries = "s{n}"\n' for n in range(SERIES_MAX)),
            "TOO_MANY",
        ),
    ):
        with pytest.raises(InvalidSettings) as error:
            parse(wrong, {}, file="edge.toml", folder=tmp_path)
        assert reason in str(error.value)


def test_a_model_whose_package_is_missing_is_refused_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anomaly_settings, "PACKAGE", "no_such_river")
    with pytest.raises(InvalidSettings, match=r"tianfu\[no_such_river\]"):
        parse(SETTINGS + 'model = "river"\n', {}, file="edge.toml", folder=tmp_path)
    assert parse(SETTINGS, {}, file="edge.toml", folder=tmp_path).anomalies


def test_the_online_model_learns_a_new_normal_and_no_nonsense(tmp_path: Path) -> None:
    watched = node(tmp_path, ONLINE)
    made: list[Measured] = []
    for number in range(24 * 30):
        value = 100.0 + number % 24 if number < 240 else 200.0 + number % 24
        made += watched.observe([flow(FIRST + number, value)])
    odd = [each.priority is Priority.URGENT for each in made]
    begin = len(made) - (24 * 30 - 241)
    assert not any(odd[:begin])
    assert all(odd[begin : begin + 72])
    assert not any(odd[-24:])


def test_a_series_that_stands_still_is_as_usual(tmp_path: Path) -> None:
    watched = node(tmp_path, ONLINE)
    for number in range(24 * 8):
        watched.observe([flow(FIRST + number, 0.0 if number % 24 == 3 else 7.0)])
    [said] = watched.status()
    assert said == {"series": "main.flow", "known": True, "sentence": ""}
