"""Gauges and what they tell, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from services.disaster_warning.model.flood import Stages
from services.disaster_warning.model.gauge_judge import GaugeJudge
from services.disaster_warning.model.gauge_list import (
    GaugeList,
    Key,
    LevelGauge,
    RainGauge,
    WeatherStation,
)
from services.disaster_warning.model.gauge_readings import GaugeReadings
from tests.disaster_warning.made_rules import shipped

BOOK = shipped()
T0 = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WENCHUAN, CHENGDU, XICHANG = "513221", "510104", "513401"
RAIN = RainGauge(Key("gw-rain", "rain"), WENCHUAN, 5)
TOWN = RainGauge(Key("gw-town", "rain"), CHENGDU, 5)
RIVER = LevelGauge(Key("gw-river", "stage"), CHENGDU, 10, Stages(10.0, 12.0, 14.0))
STATION = WeatherStation(
    Key("gw-wood", "t"),
    Key("gw-wood", "h"),
    Key("gw-wood", "w"),
    RainGauge(Key("gw-wood", "r"), XICHANG, 60),
    XICHANG,
    27.9,
)
GAUGES = GaugeList((RAIN, TOWN, STATION.rain), (RIVER,), (STATION,))


def judge(gauges: GaugeList = GAUGES, now: datetime = T0) -> GaugeJudge:
    """Return a judge of gauges that have told nothing."""
    return GaugeJudge(gauges, BOOK, now, jurisdiction="CN-51")


def told(key: Key, *readings: tuple[datetime, float]) -> GaugeReadings:
    """Return readings of one series."""
    return GaugeReadings(
        (key,),
        np.zeros(len(readings), np.int32),
        np.array([at.timestamp() for at, _ in readings]),
        np.array([value for _, value in readings], np.float64),
    )


def every(minutes: int, until: datetime, values: Sequence[float]) -> list[tuple[datetime, float]]:
    """Return readings that end at a time, one each so many minutes."""
    first = until - (len(values) - 1) * minutes * MINUTE
    return [(first + n * minutes * MINUTE, value) for n, value in enumerate(values)]


def storm(
    until: datetime = T0, mm: float = 3.0, hours: int = 3, key: Key = RAIN.key
) -> GaugeReadings:
    """Return even rain, ``mm`` every five minutes, that ends at a time."""
    return told(key, *every(5, until, [mm] * (hours * 12)))
