"""What the rules make of given figures, and why: a dry run that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from services.disaster_warning.geography.counties import Counties
from services.disaster_warning.model import evaluator, fire_weather, flood
from services.disaster_warning.model.earthquake.geodesy import distance_km
from services.disaster_warning.model.earthquake.intensity import user_intensity
from services.disaster_warning.model.earthquake.thresholds import Thresholds
from services.disaster_warning.model.explanation import Explanation
from services.disaster_warning.model.gauge_judge import Shown
from services.disaster_warning.model.level_changes import Hazard
from services.disaster_warning.model.warning import EARTHQUAKE_EVENT, Colour
from services.plumbing.refusal import InvalidArgument, NotFound
from services.plumbing.rules import RuleBook, jurisdiction_of

EARTHQUAKE_RULE: Final = "earthquake-thresholds"
HOUR: Final = timedelta(hours=1)
EVENTS: Final = {Hazard.RAINSTORM: "11B03", Hazard.DEBRIS_FLOW: "11D02"}
FLOOD_EVENT: Final = "11A01"
FIRE_EVENT: Final = "11B25"


EVENT_OF: Final = {**EVENTS, Hazard.FLOOD: FLOOD_EVENT, Hazard.FOREST_FIRE_WEATHER: FIRE_EVENT}


class GaugeUnknown(NotFound):
    """No such gauge is watched in that county."""

    reason = "GAUGE_UNKNOWN"


class FiguresInvalid(InvalidArgument):
    """Figures that can't be, such as stages that do not rise."""

    reason = "FIGURES_INVALID"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure beside its threshold, both in ``unit``."""

    quantity: str
    value: float
    threshold: float
    unit: str
    colour: Colour
    explanation: str = ""
    gauge: str = ""

    @property
    def ratio(self) -> float:
        """Value over threshold; 0 where there is no threshold, or nothing is known."""
        known = self.threshold and np.isfinite(self.value) and np.isfinite(self.threshold)
        return self.value / self.threshold if known else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say: colour NONE when they call for nothing."""

    colour: Colour
    event_code: str
    comparisons: tuple[Comparison, ...]
    rule_versions: tuple[str, ...]


def rain(
    rules: RuleBook,
    county: str,
    hourly_mm: Sequence[float],
    earthquake: tuple[datetime, float] | None,
    at: datetime,
) -> Verdict:
    """Judge rain, mm an hour, the latest last; NaN where it is missing."""
    hours = len(hourly_mm)
    readings = [
        ((at - (hours - 1 - place) * HOUR).timestamp(), amount)
        for place, amount in enumerate(hourly_mm)
        if np.isfinite(amount)
    ]
    if any(amount < 0 for _, amount in readings):
        raise FiguresInvalid("rain is 0 mm or more", field="rain.hourly_mm")
    shaken = [] if earthquake is None else [(earthquake[0].timestamp(), earthquake[1])]
    found = evaluator.dry_run(rules, county, readings, at, span_minutes=60, earthquakes=shaken)
    ordered = sorted(found, key=lambda each: (-each.colour, -each.ratio))
    gravest = ordered[0]
    versions = dict.fromkeys(version for each in ordered for version in each.rule_versions)
    return Verdict(
        gravest.colour,
        EVENTS[gravest.hazard],
        tuple(map(_of_rain, ordered)),
        tuple(versions),
    )


def water(
    rules: RuleBook,
    county: str,
    level_m: float,
    stages: tuple[float | None, float | None, float | None],
    at: datetime,
) -> Verdict:
    """Judge a stage against warning, guarantee and highest level, m; None where there is none."""
    rule = rules.in_force(flood.COLOUR_RULE, jurisdiction_of(county), at)
    parsed = flood.FloodRule.parse(rule)
    try:
        thresholds = flood.Stages(*stages).thresholds_m(parsed)
    except ValueError as error:
        raise FiguresInvalid(str(error), field="flood") from None
    names = ("near the warning stage", "warning stage", "guarantee stage", "highest on record")
    colours = (Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
    comparisons = [
        Comparison(name, level_m, float(each), "m", colour if level_m >= each else Colour.NONE)
        for name, each, colour in zip(names, thresholds, colours, strict=True)
        if np.isfinite(each)
    ]
    return _verdict(FLOOD_EVENT, comparisons, rule.version)


def fire(
    rules: RuleBook,
    county: str,
    weather: fire_weather.Weather,
    before: tuple[float | None, float | None, float | None],
    latitude: float,
    month: int,
    at: datetime,
) -> Verdict:
    """Judge noon weather by the Canadian fire-weather index."""
    rule = rules.in_force(fire_weather.CLASSES, jurisdiction_of(county), at)
    parsed = fire_weather.FireWeatherRule.parse(rule)
    start = [
        given if given is not None else usual
        for given, usual in zip(before, parsed.start, strict=True)
    ]
    try:
        day = fire_weather.day(weather, fire_weather.Codes(*start), latitude=latitude, month=month)
    except ValueError as error:
        raise FiguresInvalid(str(error), field="fire") from None
    index = float(day.fwi)
    text = (
        f"FFMC {float(day.ffmc):.1f}, DMC {float(day.dmc):.1f}, DC {float(day.dc):.1f}, "
        f"ISI {float(day.isi):.1f}, BUI {float(day.bui):.1f}"
    )
    colours = (Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
    comparisons = [
        Comparison(
            "fire-weather index", index, bound, "1", colour if index >= bound else Colour.NONE, text
        )
        for bound, colour in zip(parsed.colours, colours, strict=True)
    ]
    return _verdict(FIRE_EVENT, comparisons, rule.version)


def shaking(
    rules: RuleBook,
    counties: Counties,
    county: str,
    epicentre: tuple[float, float],
    magnitude: float,
    at: datetime,
) -> Verdict:
    """Judge what a county would be told of an earthquake there; raise UnknownPlace."""
    rule = rules.in_force(EARTHQUAKE_RULE, jurisdiction_of(county), at)
    thresholds = Thresholds.of(rule.parameters)
    place = counties[county]
    away = float(
        np.asarray(
            distance_km(
                epicentre[0],
                epicentre[1],
                np.array([place.latitude]),
                np.array([place.longitude]),
            )
        )[0]
    )
    intensity = float(user_intensity(magnitude, np.array([away]))[0])
    text = f"{away:.0f} km from the epicentre"
    bounds = (thresholds.tell, thresholds.yellow, thresholds.orange, thresholds.red)
    colours = (Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED)
    comparisons = [
        Comparison(
            "intensity",
            intensity,
            bound,
            "degree",
            colour if intensity >= bound else Colour.NONE,
            text,
        )
        for bound, colour in zip(bounds, colours, strict=True)
    ]
    return _verdict(EARTHQUAKE_EVENT, comparisons, rule.version)


def live(county: str, shown: Sequence[Shown], gauge: str) -> Verdict:
    """Return what gauges of a county say, or one of them; raise GaugeUnknown."""
    ours = [each for each in shown if gauge in ("", each.gauge_id)]
    if not ours:
        which = f"gauge {gauge!r} of {county}" if gauge else f"a gauge in {county}"
        raise GaugeUnknown(f"{which} is not on the list that is watched", field="live.gauge")
    comparisons = [
        Comparison(*each.compared, each.colour, each.text, each.gauge_id) for each in ours
    ]
    gravest = max(ours, key=lambda each: each.colour)
    versions = dict.fromkeys(version for each in ours for version in each.rule_versions)
    return _verdict(EVENT_OF[gravest.hazard], comparisons, *versions)


def _of_rain(explained: Explanation) -> Comparison:
    return Comparison(
        f"{explained.hazard.value}, {explained.hours} h",
        explained.observed_mm,
        explained.threshold_mm,
        "mm",
        explained.colour,
        explained.text,
    )


def _verdict(event_code: str, comparisons: list[Comparison], *versions: str) -> Verdict:
    ordered = sorted(comparisons, key=lambda each: (-each.colour, -each.ratio))
    colour = max((each.colour for each in ordered), default=Colour.NONE)
    return Verdict(colour, event_code, tuple(ordered), versions)
