"""From coded observations to the inputs of an early-warning score.

A score is of one moment: values count that are not much older than the latest. What is not there
is left out, and the score says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.plumbing.rules import Rule, day_of
from tianfu.scores.scale import Scale, Score, Value

RULE: Final = "score-reading"
NEWS2: Final = "news2"
PEWS: Final = "bedside-pews"
ADULT_YEARS: Final = 16
"""From which age NEWS2 is for."""

MONTHS_OF_YEAR: Final = 12

LOINC: Final = "http://loinc.org"
OXYGEN_FLOW: Final = "3151-8"
CONSCIOUSNESS: Final = "67775-7"
NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    "9279-1": ("respiration_rate", "/min"),
    "59408-5": ("oxygen_saturation", "%"),
    "2708-6": ("oxygen_saturation", "%"),
    "8480-6": ("systolic_pressure", "mm[Hg]"),
    "8867-4": ("pulse", "/min"),
    "8889-8": ("pulse", "/min"),
    "8310-5": ("temperature", "Cel"),
    "8331-1": ("temperature", "Cel"),
    "44963-7": ("capillary_refill", "s"),
}
"""LOINC codes of the measures, with the unit in which the charts are."""

CODES: Final = frozenset({*NUMBERS, OXYGEN_FLOW, CONSCIOUSNESS})
"""Codes that an early-warning score looks at."""

HIGH_FLOW_L_MIN: Final = 4.0
"""From which flow on Bedside PEWS counts oxygen as high."""

AGE_GROUPS: Final = ((3, "0-2-months"), (12, "3-11-months"), (60, "1-4-years"), (156, "5-12-years"))
"""Bedside PEWS: below so many months, this group; from there on 13-years-on."""


@dataclass(frozen=True, slots=True)
class Vital:
    """One observation of a patient, as a score looks at it."""

    code: str
    number: float | None
    unit: str
    word: str
    observe_time: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How observations become a score."""

    version: str
    window: timedelta
    trend_points: int
    trend_within: timedelta
    realert_after: timedelta

    @classmethod
    def parse(cls, rule: Rule) -> Reading:
        """Read the rule; raise InvalidRule for what cannot be."""
        names = ("window_minutes", "trend_points", "trend_hours", "realert_minutes")
        numbers = {name: rule.number(name) for name in names}
        for name, value in numbers.items():
            if value <= 0:
                raise rule.invalid(name, "need more than 0")
        return cls(
            rule.version,
            timedelta(minutes=numbers["window_minutes"]),
            int(numbers["trend_points"]),
            timedelta(hours=numbers["trend_hours"]),
            timedelta(minutes=numbers["realert_minutes"]),
        )


def months_at(birth: date, at: datetime) -> int:
    """Return the completed months of age, 0 for one not born yet."""
    day = day_of(at)
    months = (day.year - birth.year) * MONTHS_OF_YEAR + day.month - birth.month
    return max(0, months - (day.day < birth.day))


def score_for(birth: date | None, at: datetime) -> str:
    """Return which score is for a patient; NEWS2 when the age is not known."""
    if birth is None or months_at(birth, at) >= ADULT_YEARS * MONTHS_OF_YEAR:
        return NEWS2
    return PEWS


def age_group(birth: date, at: datetime) -> str:
    """Return the age group of Bedside PEWS."""
    months = months_at(birth, at)
    return next((name for below, name in AGE_GROUPS if months < below), "13-years-on")


def inputs(
    scale: Scale,
    vitals: Sequence[Vital],
    birth: date | None,
    at: datetime,
    reading: Reading,
    oxygen_scale: str = "1",
) -> dict[str, Value]:
    """Return what goes into a score at ``at``: of each item the latest value of the window.

    ``oxygen_scale`` is 1 unless a clinician has ordered scale 2.
    """
    names = {item.name for item in scale.items}
    found: dict[str, Value] = dict.fromkeys(names)
    if "scale" in scale.context:
        found["scale"] = oxygen_scale
    if "age" in scale.context:
        found["age"] = None if birth is None else age_group(birth, at)
    for vital in sorted(vitals, key=lambda each: each.observe_time):
        if at - reading.window < vital.observe_time <= at:
            found.update((name, value) for name, value in _values(vital) if name in names)
    return found


def _values(vital: Vital) -> list[tuple[str, Value]]:
    if vital.code == OXYGEN_FLOW:
        flow = vital.number
        if flow is None:
            return []
        amount = "air" if flow <= 0 else "low" if flow < HIGH_FLOW_L_MIN else "high"
        return [("oxygen", "oxygen" if flow > 0 else "air"), ("oxygen_therapy", amount)]
    if vital.code == CONSCIOUSNESS:
        letter = vital.word.strip().upper()[:1]
        return [("consciousness", letter)] if letter and letter in "ACVPU" else []
    if vital.code in NUMBERS and vital.number is not None:
        name, unit = NUMBERS[vital.code]
        bare = vital.unit.partition("{")[0] + vital.unit.partition("}")[2]
        return [(name, vital.number)] if bare == unit else []
    return []


def trend(score: Score, before: tuple[int, bool] | None, reading: Reading) -> str:
    """Return RISING, STEADY or FALLING against (total, complete) before, empty without both."""
    if before is None or not before[1] or not score.is_complete:
        return ""
    difference = score.total - before[0]
    if difference >= reading.trend_points:
        return "RISING"
    return "FALLING" if difference <= -reading.trend_points else "STEADY"
