"""The list of gauges: read once, and all that is wrong with it told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.disaster_warning.bus.gauge_file import GaugesInvalid, parse, read
from services.disaster_warning.geography.counties import sichuan
from services.disaster_warning.model.gauge_list import GaugeList, Key, Quantity, Slot

EXAMPLE = Path(__file__).parents[3] / "examples" / "warning" / "gauges.toml"
COUNTIES = sichuan()

RAIN = """
[[gauge]]
kind = "rain"
node = "gw-1"
series = "rain"
county = "513221"
span_minutes = 5
"""
LEVEL = """
[[gauge]]
kind = "level"
node = "gw-2"
series = "stage"
county = "513221"
span_minutes = 10
warning_m = 2.0
"""
WEATHER = """
[[gauge]]
kind = "weather"
node = "gw-3"
county = "513401"
span_minutes = 10
latitude = 27.9
temperature = "t"
humidity = "h"
wind = "w"
rain = "r"
"""


def problems(text: str) -> str:
    with pytest.raises(GaugesInvalid) as refused:
        parse(text, COUNTIES)
    assert refused.value.reason == "GAUGES_INVALID"
    return str(refused.value)


def test_the_example_is_read() -> None:
    found = read(EXAMPLE, COUNTIES)

    assert (len(found.rain), len(found.level), len(found.weather)) == (3, 1, 1)
    assert found.nodes == ("gw-pengshan", "gw-qingping", "gw-xichang-lushan", "gw-yingxiu")
    [level] = found.level
    assert level.stages.fit_years == 12
    assert level.stages.fit is not None


def test_a_weather_stations_rain_is_a_rain_gauge() -> None:
    found = parse(RAIN + WEATHER, COUNTIES)

    assert [each.gauge_id for each in found.rain] == ["gw-1/rain", "gw-3/r"]
    assert found.slots[Key("gw-3", "r")] == Slot(Quantity.RAIN, 1)
    assert found.slots[Key("gw-3", "w")] == Slot(Quantity.WIND, 0)


def test_an_empty_list_is_none() -> None:
    assert parse("", COUNTIES) == GaugeList()


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        pytest.param(RAIN.replace("rain", "snow", 1), "kind", 3, id="kind"),
        pytest.param(RAIN.replace("gw-1", "GW 1"), "node", 4, id="node"),
        pytest.param(RAIN.replace('"rain"\nc', '"Rain"\nc'), "series", 5, id="series"),
        pytest.param(RAIN.replace("513221", "110101"), "county", 6, id="county-elsewhere"),
        pytest.param(RAIN.replace('"513221"', "513221"), "county", 6, id="county-a-number"),
        pytest.param(RAIN.replace("= 5", "= 7"), "span_minutes", 7, id="span"),
        pytest.param(RAIN.replace("= 5", "= true"), "span_minutes", 7, id="span-true"),
        pytest.param(RAIN.replace("span_minutes = 5", ""), "span_minutes", 2, id="missing"),
        pytest.param(RAIN + "colour = 1\n", "colour", 8, id="unknown"),
        pytest.param(LEVEL.replace("2.0", "nan"), "warning_m", 8, id="nan"),
        pytest.param(LEVEL.replace("2.0", '"2"'), "warning_m", 8, id="text"),
        pytest.param(LEVEL + "guarantee_m = 1.0\n", "guarantee_m", 9, id="stages-fall"),
        pytest.param(LEVEL.replace("warning_m = 2.0", ""), "warning_m", 2, id="no-stage"),
        pytest.param(LEVEL + "yearly_maxima_m = [1, 2]\n", "yearly_maxima_m", 9, id="too-few"),
        pytest.param(WEATHER.replace("27.9", "-27.9"), "latitude", 7, id="south"),
        pytest.param(WEATHER.replace('wind = "w"', ""), "wind", 2, id="no-wind"),
    ],
)
def test_a_field_that_can_not_be(text: str, field: str, line: int) -> None:
    told = problems(text)
    assert f"line {line}: gauge 1: {field}:" in told


def test_all_errors_come_at_once() -> None:
    text = RAIN.replace("= 5", "= 7") + LEVEL.replace("gw-2", "-") + RAIN.replace("513221", "1")
    told = problems(text)

    assert told.count(": gauge ") == 3
    assert "line 7: gauge 1: span_minutes" in told
    assert "line 11: gauge 2: node" in told
    assert "line 21: gauge 3: county" in told


def test_two_gauges_of_one_series() -> None:
    assert "gauge 2: series: gw-1/rain is told by gauge 1 already" in problems(RAIN + RAIN)
    assert "gauge 1: wind: gw-3/h" in problems(WEATHER.replace('"w"', '"h"'))


def test_what_is_no_list(tmp_path: Path) -> None:
    assert "no TOML" in problems("[[gauge]\n")
    assert "nothing else" in problems("gauges = 1\n")
    assert "nothing else" in problems("gauge = 1\n")
    with pytest.raises(GaugesInvalid, match="can't be read"):
        read(tmp_path / "none.toml", COUNTIES)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(GaugesInvalid, match="UTF-8"):
        read(tmp_path / "bytes.toml", COUNTIES)


def test_many_errors_are_bounded() -> None:
    told = problems(RAIN.replace("= 5", "= 7") * 50)
    assert "and 30 more" in told
