"""All gauges of all kinds, judged together: what they told, what it means, and what has changed.

Its state has two parts, which are kept apart: what gauges told (:meth:`GaugeJudge.states`, large)
and what was proposed (:meth:`GaugeJudge.changes`, small), which belongs to the drafts made of it.
"""

from __future__ import annotations

import functools
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.evaluator import RainEvaluator, RainSite
from services.disaster_warning.model.explanation import Explanation
from services.disaster_warning.model.fire_stations import DAY_S, FireStations
from services.disaster_warning.model.gauge_list import (
    GaugeList,
    LevelGauge,
    Quantity,
    RainGauge,
    WeatherStation,
)
from services.disaster_warning.model.gauge_readings import GaugeReadings
from services.disaster_warning.model.level_changes import (
    CHANGES,
    ChangeRule,
    Hazard,
    LevelChanges,
    Proposal,
)
from services.disaster_warning.model.rain import Floats
from services.disaster_warning.model.rain_gauges import MINUTES_KEPT
from services.disaster_warning.model.water_gauges import WaterGauges
from services.plumbing.rules import RuleBook

RAIN_HAZARDS: Final = (Hazard.RAINSTORM, Hazard.DEBRIS_FLOW)
DAY_MINUTES: Final = DAY_S // 60


@dataclass(frozen=True)
class Grounds:
    """A proposal, why it is made, and the versions of the rules that say so."""

    proposal: Proposal
    reason: str
    rule_versions: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """What one gauge says of one hazard: (quantity, value, threshold, unit), in words, by what.

    Value and threshold are NaN where nothing is known.
    """

    hazard: Hazard
    gauge_id: str
    colour: Colour
    compared: tuple[str, float, float, str]
    text: str
    rule_versions: tuple[str, ...]

    @classmethod
    def of_rain(cls, said: Explanation) -> Shown:
        """Return what an explanation says."""
        quantity = f"{said.hazard.value}, {said.hours} h"
        compared = (quantity, said.observed_mm, said.threshold_mm, "mm")
        return cls(said.hazard, said.gauge_id, said.colour, compared, said.text, said.rule_versions)


class GaugeJudge:
    """What is known of the gauges of a list. Takes readings, and judges at a time that is given."""

    def __init__(
        self, gauges: GaugeList, book: RuleBook, now: datetime, *, jurisdiction: str
    ) -> None:
        """Begin with gauges that have told nothing; :meth:`restore` goes on from what was kept."""
        self.gauges: Final = gauges
        self._book = book
        self._jurisdiction = jurisdiction
        self._slots = gauges.slots
        self._sites = tuple(RainSite(g.gauge_id, g.county, g.span_minutes) for g in gauges.rain)
        self._rain = RainEvaluator.start(self._sites, book, now)
        self._water = WaterGauges(gauges.level, book)
        self._fire = FireStations(gauges.weather, book, now)
        rain_places = {gauge.key: place for place, gauge in enumerate(gauges.rain)}
        self._station_rain = [rain_places[station.rain.key] for station in gauges.weather]
        self._changes = {
            hazard: LevelChanges(hazard, [each.county for each in members])
            for hazard, members in self._members().items()
        }

    def take(self, readings: GaugeReadings, now_s: float) -> Counter[str]:
        """Take readings, and return what became of them; "unwatched" are those of other series."""
        outcomes: Counter[str] = Counter()
        slots = [self._slots.get(key) for key in readings.keys]
        place_of = np.array([-1 if slot is None else slot.place for slot in slots], np.int64)
        for quantity in Quantity:
            ours = np.array([slot is not None and slot.quantity is quantity for slot in slots])
            if not ours.any():
                continue
            mask = ours[readings.index]
            place, time_s = place_of[readings.index[mask]], readings.time_s[mask]
            outcomes += self._add(quantity, place, time_s, readings.value[mask], now_s)
        outcomes["unwatched"] += len(readings) - outcomes.total()
        return outcomes

    def _add(
        self,
        quantity: Quantity,
        place: npt.NDArray[np.int64],
        time_s: Floats,
        value: Floats,
        now_s: float,
    ) -> Counter[str]:
        if quantity is Quantity.RAIN:
            # A reading is early or late by the clock, not by the last judgement.
            self._rain.gauges.advance(now_s)
            return Counter(self._rain.add(place, time_s, value)._asdict())
        if quantity is Quantity.LEVEL:
            return self._water.add(place, time_s, value, now_s)
        return self._fire.add(quantity, place, time_s, value, now_s)

    def shake(self, event_id: str, time_s: float, by_county: Mapping[str, float]) -> None:
        """Take an earthquake: time in s of the epoch, intensity (GB/T 17742) by county."""
        intensity = [by_county.get(site.county, 0.0) for site in self._sites]
        self._rain.shake(event_id, time_s, np.array(intensity, np.float32))

    def calm(self) -> None:
        """Forget every earthquake: those that count are told anew."""
        self._rain.calm()

    def judge(self, now: datetime) -> list[Grounds]:
        """Judge every gauge at ``now`` (aware), and return what has changed; raise RuleNotFound."""
        rule = ChangeRule.parse(self._book.in_force(CHANGES, self._jurisdiction, now))
        # First all that may be refused, then the steps: a step that nobody hears of is lost.
        findings = [*self._rain_found(now, rule), *self._others_found(now, rule)]
        minute = int(now.timestamp() // 60)
        return [
            self._grounds(proposal, found)
            for found in findings
            for proposal in self._changes[found.hazard].step(
                found.level, found.severity, found.certain, minute, found.rule
            )
        ]

    def proposed(self) -> dict[tuple[Hazard, str], Colour]:
        """Return the colour that was last proposed for each hazard and county that is watched."""
        return {
            (hazard, county): colour
            for hazard, changes in self._changes.items()
            for county, colour in changes.proposed.items()
        }

    def shown(self, now: datetime, county: str) -> list[Shown]:
        """Return what the gauges of a county call for by themselves at ``now``; nothing changes.

        Colours are those of this moment: what holds them up or down over time is left aside.
        """
        found = []
        if any(site.county == county for site in self._sites):
            evaluation = self._rain.evaluate(now)
            found += [
                Shown.of_rain(self._rain.explain(evaluation, hazard, place))
                for hazard in RAIN_HAZARDS
                for place, site in enumerate(self._sites)
                if site.county == county
            ]
        water = self._water.evaluate(now, np.zeros(len(self.gauges.level), np.int8))
        for place, gauge in enumerate(self.gauges.level):
            if gauge.county == county:
                colour = Colour(int(water.level[place]))
                value, bound = self._water.against(place, colour)
                found.append(
                    Shown(
                        Hazard.FLOOD,
                        gauge.gauge_id,
                        colour,
                        ("stage", value, bound, "m"),
                        *self._water.explain(place, now),
                    )
                )
        level, index, _ = self._fire.levels(now)
        for place, station in enumerate(self.gauges.weather):
            if station.county == county:
                colour = Colour(int(level[place]))
                bound = self._fire.bound(place, colour, now)
                found.append(
                    Shown(
                        Hazard.FOREST_FIRE_WEATHER,
                        station.gauge_id,
                        colour,
                        ("fire-weather index", float(index[place]), bound, "1"),
                        *self._fire.explain(place, now),
                    )
                )
        return found

    def reporting(self, now: datetime) -> dict[str, int]:
        """Return how many gauges are heard: rain within the hour, levels that are known now."""
        held = np.zeros(len(self.gauges.level), np.int8)
        return {
            "rain": int((self._rain.gauges.known_minutes[0] > 0).sum()),
            "level": int(self._water.evaluate(now, held).certain.sum()),
        }

    def states(self) -> dict[str, bytes]:
        """Return what gauges told, by part, for a restart."""
        return {
            "rain": self._rain.to_bytes(),
            "water": self._water.to_bytes(),
            "fire": self._fire.to_bytes(),
        }

    def changes(self) -> bytes:
        """Return what is held and was proposed, for a restart."""
        file = io.BytesIO()
        members = self._members()
        columns = {}
        for hazard, changes in self._changes.items():
            ids = np.array([each.gauge_id for each in members[hazard]], np.str_)
            columns[f"{hazard.value}.ids"] = ids
            columns[hazard.value] = np.frombuffer(changes.to_bytes(), np.uint8)
        np.savez(file, **columns)  # type: ignore[arg-type]
        return file.getvalue()

    def restore(self, states: Mapping[str, bytes], changes: bytes | None, now: datetime) -> None:
        """Go on from what was kept. Gauges may have come and gone; raise ValueError otherwise."""
        if "rain" in states:
            self._rain = RainEvaluator.from_bytes(states["rain"], self._sites, self._book)
        if "water" in states:
            self._water = WaterGauges.from_bytes(states["water"], self.gauges.level, self._book)
        if "fire" in states:
            fire = states["fire"]
            self._fire = FireStations.from_bytes(fire, self.gauges.weather, self._book, now)
        if changes is not None:
            self._restore_changes(changes)

    def _restore_changes(self, kept: bytes) -> None:
        with np.load(io.BytesIO(kept), allow_pickle=False) as stored:
            for hazard, members in self._members().items():
                if hazard.value not in stored:
                    continue
                old = {each: n for n, each in enumerate(stored[f"{hazard.value}.ids"].tolist())}
                source = np.array([old.get(each.gauge_id, -1) for each in members], np.int64)
                before = LevelChanges.from_bytes(stored[hazard.value].tobytes())
                counties = [each.county for each in members]
                self._changes[hazard] = before.rearranged(counties, source)

    def _members(self) -> dict[Hazard, Sequence[RainGauge | LevelGauge | WeatherStation]]:
        """Return the gauges of each hazard that there are any of."""
        by_hazard: dict[Hazard, Sequence[RainGauge | LevelGauge | WeatherStation]] = {
            **dict.fromkeys(RAIN_HAZARDS, self.gauges.rain),
            Hazard.FLOOD: self.gauges.level,
            Hazard.FOREST_FIRE_WEATHER: self.gauges.weather,
        }
        return {hazard: members for hazard, members in by_hazard.items() if members}

    def _rain_found(self, now: datetime, rule: ChangeRule) -> list[_Found]:
        if not self._sites:
            return []
        evaluation = self._rain.evaluate(now)

        def explain(hazard: Hazard, gauge: int) -> tuple[str, tuple[str, ...]]:
            explained = self._rain.explain(evaluation, hazard, gauge)
            return explained.text, explained.rule_versions

        return [
            _Found(
                hazard,
                evaluation.hazards[hazard].level,
                evaluation.hazards[hazard].ratio,
                evaluation.certain(hazard, rule.coverage_min),
                rule,
                functools.partial(explain, hazard),
            )
            for hazard in RAIN_HAZARDS
        ]

    def _others_found(self, now: datetime, rule: ChangeRule) -> list[_Found]:
        found = []
        if self.gauges.level:
            held = self._changes[Hazard.FLOOD].held
            water = self._water.evaluate(now, held)
            falling = replace(rule, falling_minutes=self._water.falling_minutes(now))
            explain = functools.partial(self._water.explain, now=now)
            found.append(
                _Found(Hazard.FLOOD, water.level, water.severity, water.certain, falling, explain)
            )
        if self.gauges.weather:
            self._fire.evaluate(now, functools.partial(self._rain_before, rule.coverage_min))
            level, index, certain = self._fire.levels(now)
            explain = functools.partial(self._fire.explain, now=now)
            severity = np.nan_to_num(index, nan=-1.0)
            found.append(
                _Found(Hazard.FOREST_FIRE_WEATHER, level, severity, certain, rule, explain)
            )
        return found

    def _rain_before(self, coverage_min: float, time_s: float) -> Floats:
        """Return mm of the day before a time at each weather station, NaN where not known."""
        gauges = self._rain.gauges
        last = MINUTES_KEPT + int(time_s // 60) - gauges.head
        found = np.full(len(self._station_rain), np.nan)
        if not DAY_MINUTES <= last <= MINUTES_KEPT:
            return found
        for place, gauge in enumerate(self._station_rain):
            minutes = gauges.minutes_mm(gauge)[last - DAY_MINUTES : last]
            if np.isfinite(minutes).mean() >= coverage_min:
                found[place] = np.nansum(minutes)
        return found

    def _grounds(self, proposal: Proposal, found: _Found) -> Grounds:
        if not proposal.gauges:
            minutes = found.rule.falling_minutes
            text = f"every gauge has been below every colour for {minutes:.0f} min"
            return Grounds(proposal, text, (proposal.rule_version,))
        text, versions = found.explain(proposal.gauges[0])
        more = proposal.gauge_count - 1
        beside = f"; and {more} other gauge{'s' if more > 1 else ''}" if more else ""
        return Grounds(proposal, text + beside, (*versions, proposal.rule_version))


@dataclass(frozen=True)
class _Found:
    """What one step found of a hazard: arrays of one element a gauge, and who explains them."""

    hazard: Hazard
    level: npt.NDArray[np.int8]
    severity: Floats
    certain: npt.NDArray[np.bool_]
    rule: ChangeRule
    explain: Callable[[int], tuple[str, tuple[str, ...]]]
