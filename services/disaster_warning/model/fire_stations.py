"""Weather stations through the days of a fire season: noon's weather, and the index it makes.

A day's index is made once, an hour after noon and more, of the readings that were nearest to noon
and of the rain of the 24 hours before it. A station without weather keeps the codes that it has.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model import fire_weather
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.fire_weather import Codes, FireWeatherRule, Weather
from services.disaster_warning.model.gauge_list import Quantity, WeatherStation
from services.disaster_warning.model.rain import Floats
from services.disaster_warning.model.rules_of_day import Group, groups_of, of_gauge
from services.plumbing.rules import RuleBook

FORMAT: Final = 1
DAY_S: Final = 86_400
NOON_S: Final = 5 * 3_600
"""Of a day in UTC: noon of the meridian of 105 E, the standard time of Sichuan's own zone. By the
clock it is 13:00. The index is defined at the noon of standard time, when the sun is highest."""

NEAR_S: Final = 3_600.0
"""Readings within an hour of noon stand for noon."""

SETTLE_S: Final = 4_500.0
"""After noon a day is judged: the hour in which readings count, and a quarter for those to come."""

DAYS_KEPT: Final = 3
"""Days whose weather may still come in: rain is known for as long."""

AHEAD_S: Final = 600.0
RANGES: Final = {
    Quantity.TEMPERATURE: (-60.0, 60.0),
    Quantity.HUMIDITY: (0.0, 100.0),
    Quantity.WIND: (0.0, 400.0),
}
ROWS: Final = {quantity: row for row, quantity in enumerate(RANGES)}
"""What the index is made of besides rain, and what it can be."""

RAIN_MAX_MM: Final = 2_000.0
"""Of a day: beyond, the index's own check would refuse all stations for one."""

Places = npt.NDArray[np.integer[Any]]
RainBefore = Callable[[float], Floats]
"""Returns mm of the 24 h before a time (s of the epoch) at each station, NaN where not known."""


class _Noon(NamedTuple):
    """One day's readings nearest to noon, and how far from it: (3, stations)."""

    value: Floats
    away_s: Floats


class FireStations:
    """Codes and index of each station, and the weather of days that are not judged yet."""

    def __init__(self, stations: Sequence[WeatherStation], book: RuleBook, now: datetime) -> None:
        self.stations: Final = tuple(stations)
        self._book = book
        self._codes = np.full((3, len(stations)), np.nan)
        self._index = np.full(len(stations), np.nan)
        self._index_day = np.full(len(stations), -1, np.int64)
        self._judged = _last_due(now.timestamp()) - 1
        self._noons: dict[int, _Noon] = {}

    def add(
        self, quantity: Quantity, place: Places, time_s: Floats, value: Floats, now_s: float
    ) -> Counter[str]:
        """Take readings and return what became of them; their order is of no consequence."""
        outcomes: Counter[str] = Counter()
        for at, time, reading in zip(place.tolist(), time_s.tolist(), value.tolist(), strict=True):
            outcomes[self._take(quantity, at, time, reading, now_s)] += 1
        return outcomes

    def _take(self, quantity: Quantity, at: int, time_s: float, value: float, now_s: float) -> str:
        low, high = RANGES[quantity]
        if not low <= value <= high:
            return "invalid"
        if time_s > now_s + AHEAD_S:
            return "early"
        day, second = divmod(time_s, DAY_S)
        away = abs(second - NOON_S)
        if day <= self._judged:
            return "late"
        if away > NEAR_S:
            return "unneeded"
        noon = self._noon(int(day))
        row = ROWS[quantity]
        # Of two that are equally near, the higher value: whichever came first.
        if (away, -value) >= (noon.away_s[row, at], -np.nan_to_num(noon.value[row, at])):
            return "repeated"
        noon.value[row, at], noon.away_s[row, at] = value, away
        return "stored"

    def evaluate(self, now: datetime, rain_before: RainBefore) -> None:
        """Judge the days that are over; raise RuleNotFound."""
        due = _last_due(now.timestamp())
        for day in range(max(self._judged + 1, due - DAYS_KEPT + 1), due + 1):
            self._judge(day, rain_before(day * DAY_S + NOON_S))
            self._judged = day
        self._judged = max(self._judged, due)
        self._noons = {day: noon for day, noon in self._noons.items() if day > self._judged}

    def levels(self, now: datetime) -> tuple[npt.NDArray[np.int8], Floats, npt.NDArray[np.bool_]]:
        """Return colour, index (NaN: not known) and whether it is of the last day, by station."""
        level = np.zeros(len(self.stations), np.int8)
        for group in self._groups(now):
            level[group.members] = group.parsed.levels(self._index[group.members])
        return level, self._index, self._index_day == self._judged

    def bound(self, station: int, colour: Colour, now: datetime) -> float:
        """Return the index at which a station's colour begins, or the first one."""
        group = of_gauge(self._groups(now), station)
        return float("nan") if group is None else group.parsed.colours[max(colour - 1, 0)]

    def explain(self, station: int, now: datetime) -> tuple[str, tuple[str, ...]]:
        """Return in one line what a station's colour stands on, and the versions of the rules."""
        site = self.stations[station]
        group = of_gauge(self._groups(now), station)
        if group is None or np.isnan(self._index[station]):
            return f"{site.gauge_id} in {site.county}: no weather is known", ()
        ffmc, dmc, dc = self._codes[:, station]
        day = date.fromordinal(date(1970, 1, 1).toordinal() + int(self._index_day[station]))
        text = (
            f"{site.gauge_id} in {site.county}: fire-weather index {self._index[station]:.1f} on "
            f"{day.isoformat()} (FFMC {ffmc:.1f}, DMC {dmc:.1f}, DC {dc:.1f}) "
            f"by {group.rule.version}"
        )
        return text, (group.rule.version,)

    def to_bytes(self) -> bytes:
        """Return the state, for a restart."""
        days = sorted(self._noons)
        shape = (len(days), len(ROWS), len(self.stations))
        file = io.BytesIO()
        np.savez(
            file,
            format=np.int64(FORMAT),
            ids=np.array([each.gauge_id for each in self.stations], np.str_),
            codes=self._codes,
            index=self._index,
            index_day=self._index_day,
            judged=np.int64(self._judged),
            days=np.array(days, np.int64),
            values=np.array([self._noons[day].value for day in days]).reshape(shape),
            away=np.array([self._noons[day].away_s for day in days]).reshape(shape),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(
        cls, state: bytes, stations: Sequence[WeatherStation], book: RuleBook, now: datetime
    ) -> Self:
        """Return stations as :meth:`to_bytes` left them, known by their ids; raise ValueError."""
        fire = cls(stations, book, now)
        with np.load(io.BytesIO(state), allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise ValueError(f"fire weather of format {stored['format']}, need {FORMAT}")
            old = {gauge_id: n for n, gauge_id in enumerate(stored["ids"].tolist())}
            kept = [(n, old[s.gauge_id]) for n, s in enumerate(stations) if s.gauge_id in old]
            new, source = np.array(kept, np.int64).reshape(-1, 2).T
            fire._judged = int(stored["judged"])
            fire._codes[:, new] = stored["codes"][:, source]
            fire._index[new] = stored["index"][source]
            fire._index_day[new] = stored["index_day"][source]
            for place, day in enumerate(stored["days"].tolist()):
                noon = fire._noon(day)
                noon.value[:, new] = stored["values"][place][:, source]
                noon.away_s[:, new] = stored["away"][place][:, source]
        return fire

    def _noon(self, day: int) -> _Noon:
        if day not in self._noons:
            shape = (len(ROWS), len(self.stations))
            self._noons[day] = _Noon(np.full(shape, np.nan), np.full(shape, np.inf))
        return self._noons[day]

    def _judge(self, day: int, rain_mm: Floats) -> None:
        at = datetime.fromtimestamp(day * DAY_S + NOON_S, UTC)
        noon = self._noon(day)
        for group in self._groups(at):
            part = np.arange(len(self.stations))[group.members]
            start = np.array(group.parsed.start)[:, None]
            before = np.where(np.isnan(self._codes[:, part]), start, self._codes[:, part])
            # A shower of more than any has ever brought is a gauge that is wrong.
            rain = np.where(rain_mm[part] <= RAIN_MAX_MM, rain_mm[part], np.nan)
            latitude = np.array([self.stations[n].latitude for n in part.tolist()])
            temperature, humidity, wind = noon.value[:, part]
            found = fire_weather.day(
                Weather(temperature, humidity, wind, rain),
                Codes(before[0], before[1], before[2]),
                latitude=latitude,
                month=at.month,
            )
            codes = np.array([found.ffmc, found.dmc, found.dc])
            self._codes[:, part] = np.where(np.isnan(codes), before, codes)
            known = ~np.isnan(found.fwi)
            self._index[part[known]] = found.fwi[known]
            self._index_day[part[known]] = day

    def _groups(self, at: datetime) -> tuple[Group[FireWeatherRule], ...]:
        counties = [each.county for each in self.stations]
        return groups_of(self._book, fire_weather.CLASSES, counties, at, FireWeatherRule.parse)


def _last_due(now_s: float) -> int:
    """Return the last day, in days of the epoch, that is to be judged by now."""
    return int((timedelta(seconds=now_s - NOON_S - SETTLE_S)) // timedelta(days=1))
