"""How high the water stands at each gauge (水位), and what that means by the rule of the day."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model import flood
from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.flood import FloodRule, Tendency
from services.disaster_warning.model.gauge_list import LevelGauge
from services.disaster_warning.model.rain import Floats
from services.disaster_warning.model.rules_of_day import Group, groups_of, of_gauge
from services.plumbing.rules import RuleBook, day_of

FORMAT: Final = 1
AHEAD_S: Final = 600.0
"""How far ahead of now a reading's time may be: more is a clock that is wrong."""

STALE_SPANS: Final = 3
"""Readings that may be missing before a level counts as not known."""

STALE_MIN_S: Final = 900.0
"""And never less than so long: a link that is made anew takes minutes."""

LEVEL_LIMIT_M: Final = 9_000.0
"""No river is higher above the sea."""

Places = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class WaterLevels:
    """What one step found; arrays have one element a gauge.

    ``severity`` is metres above where the colour begins (below the first colour, above that one),
    ``certain`` says where the level is known now.
    """

    level: npt.NDArray[np.int8]
    severity: Floats
    certain: npt.NDArray[np.bool_]


class WaterGauges:
    """The latest level of each gauge."""

    def __init__(self, gauges: Sequence[LevelGauge], book: RuleBook) -> None:
        self.gauges: Final = tuple(gauges)
        self._book = book
        self._level = np.full(len(gauges), np.nan)
        self._before = np.full(len(gauges), np.nan)
        self._time = np.full(len(gauges), -np.inf)
        spans = np.array([each.span_minutes for each in gauges], np.float64)
        self._stale_s = np.maximum(spans * 60 * STALE_SPANS, STALE_MIN_S)
        self._groups: tuple[Group[FloodRule], ...] = ()
        self._thresholds: Floats = np.empty((4, len(gauges)))
        self._day: Any = None

    def add(self, place: Places, time_s: Floats, metres: Floats, now_s: float) -> Counter[str]:
        """Take readings and return what became of them.

        The latest counts; of two of one time, the higher. So their order is of no consequence.
        """
        outcomes: Counter[str] = Counter()
        for gauge, at, level in zip(place.tolist(), time_s.tolist(), metres.tolist(), strict=True):
            outcomes[self._take(gauge, at, level, now_s)] += 1
        return outcomes

    def _take(self, gauge: int, at: float, level: float, now_s: float) -> str:
        if not abs(level) <= LEVEL_LIMIT_M:
            return "invalid"
        if at > now_s + AHEAD_S:
            return "early"
        if at < self._time[gauge]:
            return "late"
        if at == self._time[gauge]:
            higher = level > self._level[gauge]
            self._level[gauge] = max(level, self._level[gauge])
            return "stored" if higher else "repeated"
        self._before[gauge] = self._level[gauge]
        self._level[gauge], self._time[gauge] = level, at
        return "stored"

    def evaluate(self, now: datetime, held: npt.NDArray[np.int8]) -> WaterLevels:
        """Judge every gauge at ``now`` given the colours that are held; raise RuleNotFound."""
        self._read_rules(now)
        known = now.timestamp() - self._time <= self._stale_s
        level_m = np.where(known, self._level, np.nan)
        found = held.copy()
        for group in self._groups:
            part = group.members
            found[part] = flood.levels_held(
                level_m[part], self._thresholds[:, part], held[part], group.parsed
            )
        begins = self._thresholds[np.maximum(found, 1) - 1, np.arange(len(found))]
        severity = np.where(known & np.isfinite(begins), level_m - begins, -np.inf)
        return WaterLevels(found, severity, known)

    def against(self, gauge: int, colour: Colour) -> tuple[float, float]:
        """Return a gauge's level, and where its colour begins, or the first there is; m or NaN."""
        begins = self._thresholds[:, gauge]
        known = begins[np.isfinite(begins)]
        first = float(known[0]) if len(known) else float("nan")
        return float(self._level[gauge]), float(begins[colour - 1]) if colour else first

    def falling_minutes(self, now: datetime) -> float:
        """Return how long water must have been below before its colour falls: the longest."""
        self._read_rules(now)
        return max((group.parsed.falling_minutes for group in self._groups), default=0.0)

    def explain(self, gauge: int, now: datetime) -> tuple[str, tuple[str, ...]]:
        """Return in one line what a gauge's colour stands on, and the versions of the rules."""
        self._read_rules(now)
        group = of_gauge(self._groups, gauge)
        site, level = self.gauges[gauge], float(self._level[gauge])
        if group is None or np.isnan(level):
            return f"{site.gauge_id} in {site.county}: no level is known", ()
        told = flood.explain(level, site.stages, group.parsed)
        begins = ", ".join(f"{name} {at:.2f}" for name, at in told["thresholds_m"].items())
        tendency = flood.tendency(float(self._before[gauge]), level)
        way = "" if tendency is Tendency.UNKNOWN else f", {tendency.value}"
        years = told["return_years"]
        period = "" if years is None else f", once in {years:.0f} years"
        colour: Colour = told["colour"]
        text = (
            f"{site.gauge_id} in {site.county}: {level:.2f} m{way}{period}, of {begins} m: "
            f"{colour.name.lower()} by {group.rule.version}"
        )
        return text, (group.rule.version,)

    def to_bytes(self) -> bytes:
        """Return the state, for a restart."""
        file = io.BytesIO()
        np.savez(
            file,
            format=np.int64(FORMAT),
            ids=np.array([each.gauge_id for each in self.gauges], np.str_),
            level=self._level,
            before=self._before,
            time=self._time,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, state: bytes, gauges: Sequence[LevelGauge], book: RuleBook) -> Self:
        """Return gauges as :meth:`to_bytes` left them, known by their ids; raise ValueError."""
        water = cls(gauges, book)
        with np.load(io.BytesIO(state), allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise ValueError(f"levels of format {stored['format']}, need {FORMAT}")
            old = {gauge_id: n for n, gauge_id in enumerate(stored["ids"].tolist())}
            kept = [(n, old[g.gauge_id]) for n, g in enumerate(gauges) if g.gauge_id in old]
            new, source = np.array(kept, np.int64).reshape(-1, 2).T
            for to, name in (("_level", "level"), ("_before", "before"), ("_time", "time")):
                getattr(water, to)[new] = stored[name][source]
        return water

    def _read_rules(self, now: datetime) -> None:
        if self._day == day_of(now):
            return
        counties = [each.county for each in self.gauges]
        self._groups = groups_of(self._book, flood.COLOUR_RULE, counties, now, FloodRule.parse)
        for group in self._groups:
            every = np.arange(len(self.gauges))[group.members]
            stages = [self.gauges[n].stages for n in every.tolist()]
            self._thresholds[:, every] = flood.thresholds_m(stages, group.parsed)
        self._day = day_of(now)
