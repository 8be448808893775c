"""A node's own scores: counted as readings pass, kept through restarts and half-written lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from edge import status
from edge.batcher import Measured
from edge.counters import Counters
from edge.early_warning.node_scores import FILE, NodeScores
from edge.early_warning.settings import MonitorSettings
from edge.line_journal import LineJournal
from edge.reading import Priority, Quality, Reading
from edge.settings import InvalidSettings, load, parse
from tests.edge.doubles import FakeClock
from tianfu.batch_encoder import SeriesKey
from tianfu.scores.monitor import SIGNS

START_US: Final = 1_795_000_000_000_000
ILL: Final = {
    "respiration_rate": 22.0,
    "oxygen_saturation": 94.0,
    "oxygen_flow": 4.0,
    "systolic_pressure": 105.0,
    "pulse": 112.0,
    "consciousness": 0.0,
    "temperature": 38.5,
}
STRETCHER: Final = MonitorSettings("stretcher", "stretcher.", "1")


def measured(
    values: dict[str, float], at_us: int, *, quality: Quality = Quality.GOOD, prefix: str = ""
) -> list[Measured]:
    return [
        Measured(
            SeriesKey(f"{prefix or STRETCHER.prefix}{name}", SIGNS[name].unit),
            Priority.URGENT,
            Reading(name, at_us, value, quality),
        )
        for name, value in values.items()
    ]


def node(folder: Path, *monitors: MonitorSettings, wall_us: int = START_US) -> NodeScores:
    clock = FakeClock(wall=wall_us)
    return NodeScores(monitors or (STRETCHER,), folder, clock=clock, counters=Counters())


async def kept(scores: NodeScores) -> None:
    await scores.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in LineJournal(folder, FILE).lines()]


def test_a_score_is_a_reading_a_line_and_what_status_shows(tmp_path: Path) -> None:
    scores = node(tmp_path)

    [made] = scores.observe(measured(ILL, START_US))
    again = scores.observe(measured(ILL, START_US + 1_000_000))
    asyncio.run(kept(scores))

    assert (made.key.series, made.reading.value, made.reading.time_us) == (
        "stretcher.news2", 9.0, START_US,
    )  # fmt: skip
    assert (made.reading.quality, again) == (Quality.GOOD, [])
    [line] = lines(tmp_path)
    assert (line["figures"]["total"], line["figures"]["band"]) == (9, "high")
    [shown] = scores.status()
    assert shown["figures"] == line["figures"]
    text = status._score(shown)
    assert "NEWS2 9, high, SpO2 scale 1" in text
    assert "news2/CN/" in text


def test_what_is_missing_makes_a_lower_bound_that_says_so(tmp_path: Path) -> None:
    scores = node(tmp_path)
    bad = measured({"temperature": 38.5}, START_US, quality=Quality.BAD)

    [made] = scores.observe([*measured({"pulse": 112.0}, START_US), *bad])

    assert (made.reading.value, made.reading.quality) == (2.0, Quality.UNCERTAIN)
    [shown] = scores.status()
    assert "temperature" in shown["figures"]["missing"]
    assert "NEWS2 2 to " in status._score(shown)
    assert "without respiration_rate" in status._score(shown)


def test_it_goes_on_after_a_restart_and_passes_over_half_a_line(tmp_path: Path) -> None:
    first = node(tmp_path)
    first.observe(measured(ILL, START_US))
    asyncio.run(kept(first))
    with (tmp_path / "scores.jsonl").open("a") as stream:
        stream.write('{"monitor":"stretcher","time_us":1')

    second = node(tmp_path)
    asyncio.run(second.restore())
    unchanged = second.observe(measured(ILL, START_US + 1_000_000))
    changed = second.observe(measured({**ILL, "pulse": 140.0}, START_US + 2_000_000))
    asyncio.run(kept(second))

    assert (unchanged, [each.reading.value for each in changed]) == ([], [10.0])
    third = node(tmp_path)
    asyncio.run(third.restore())
    assert third.observe(measured({**ILL, "pulse": 140.0}, START_US + 3_000_000)) == []


def test_scale_two_is_a_setting_of_the_monitor(tmp_path: Path) -> None:
    other = MonitorSettings("bay", "bay.", "2")
    scores = node(tmp_path, STRETCHER, other)
    values = {**ILL, "oxygen_saturation": 90.0}

    made = scores.observe([
        *measured(values, START_US), *measured(values, START_US, prefix="bay."),
    ])  # fmt: skip

    assert {each.key.series: each.reading.value for each in made} == {
        "stretcher.news2": 11.0, "bay.news2": 8.0,
    }  # fmt: skip


def test_a_clock_before_any_chart_scores_nothing(tmp_path: Path) -> None:
    assert node(tmp_path, wall_us=0).observe(measured(ILL, 0)) == []


def test_the_journal_is_bounded(tmp_path: Path) -> None:
    journal = LineJournal(tmp_path, FILE, bytes_max=100)
    for number in range(50):
        journal.append([f"{number:020d}\n"])

    found = [int(each) for each in journal.lines()]
    assert found == list(range(found[0], 50))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 250


SETTINGS: Final = """
[node]
id = "amb-1"
[[early_warning]]
name = "stretcher"
series_prefix = "stretcher."
oxygen_scale = "2"
"""


def test_the_example_of_an_ambulance_is_understood() -> None:
    example = Path(__file__).parents[3] / "examples" / "edge" / "ambulance.toml"

    found = load(example, {})

    assert found.monitors == (STRETCHER,)
    assert {(s.id, s.unit) for s in found.drivers[0].series} == {
        (f"stretcher.{name}", SIGNS[name].unit)
        for name in ("pulse", "oxygen_saturation", "respiration_rate")
    }


def test_settings_are_read_and_refused_by_line(tmp_path: Path) -> None:
    found = parse(SETTINGS, {}, file="edge.toml", folder=tmp_path)
    assert found.monitors == (MonitorSettings("stretcher", "stretcher.", "2"),)

    twice = SETTINGS + '[[early_warning]]\nname = "stretcher"\nseries_prefix = "b."\n'
    with pytest.raises(InvalidSettings) as error:
        parse(twice, {}, file="edge.toml", folder=tmp_path)
    assert "REPEATED" in str(error.value)
    with pytest.raises(InvalidSettings, match="VALUE_UNKNOWN"):
        parse(SETTINGS.replace('"2"', '"3"'), {}, file="edge.toml", folder=tmp_path)
