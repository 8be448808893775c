"""A monitor's readings as the inputs of an early-warning score: the same on the node and here.

A monitor sends each vital sign as a series of readings, named after the item (with whatever the
monitor's own prefix is). The latest good value of each within the window goes in; what is missing
stays missing. Integers and the standard library alone, so that an ambulance without a link counts
what the service counts, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tianfu.scores.scale import Coded, Measure, Scale, Value

WINDOW_US: Final = 3_600_000_000
"""How much older than the latest a value may be: a set of observations is taken within an hour."""

RESCORE_US: Final = 60_000_000
"""How old a score of unchanged points may become."""

Points = tuple[int | None, ...]

POINTS_KEPT: Final = 200_000
"""Sets of values whose points are remembered: monitors nearly always say what they have said."""

_POINTS: Final[dict[tuple[int | str | None, ...], Points]] = {}

ALERTNESS: Final = "ACVPU"
"""Level of consciousness, sent as its place: 0 alert to 4 unresponsive."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A series that a monitor sends: its UCUM unit, and the LOINC code of what it measures."""

    unit: str
    loinc: str


SIGNS: Final[Mapping[str, Sign]] = {
    "respiration_rate": Sign("/min", "9279-1"),
    "oxygen_saturation": Sign("%", "59408-5"),
    "oxygen_flow": Sign("L/min", "3151-8"),
    "systolic_pressure": Sign("mm[Hg]", "8480-6"),
    "pulse": Sign("/min", "8867-4"),
    "consciousness": Sign("1", "67775-7"),
    "temperature": Sign("Cel", "8310-5"),
}


def sign_of(series: str, unit: str) -> tuple[str, str] | None:
    """Return (a monitor's prefix, sign) of a series, None when it is of no sign in its unit."""
    for name, sign in SIGNS.items():
        if series.endswith(name):
            return (series[: -len(name)], name) if sign.unit == unit else None
    return None


def alertness(value: float) -> str:
    """Return the letter of a level of consciousness, empty for a number that is none."""
    place = int(value)
    return ALERTNESS[place] if place == value and 0 <= place < len(ALERTNESS) else ""


def is_value(name: str, value: float) -> bool:
    """Return whether a reading says anything of a sign."""
    return name in SIGNS and (name != "consciousness" or alertness(value) != "")


def inputs(
    scale: Scale, latest: Mapping[str, tuple[int, float]], oxygen_scale: str = "1"
) -> dict[str, Value]:
    """Return what goes into an adult's score: ``latest`` has (Unix microseconds, value) by sign.

    The moment is that of the latest value; older ones count for WINDOW_US.
    """
    found: dict[str, Value] = dict.fromkeys(item.name for item in scale.items)
    if "scale" in scale.context:
        found["scale"] = oxygen_scale
    known = {
        name: each for name, each in latest.items() if name != "consciousness" or alertness(each[1])
    }
    oldest = max((time_us for time_us, _ in known.values()), default=0) - WINDOW_US
    for name, (time_us, value) in known.items():
        if time_us <= oldest:
            continue
        if name == "oxygen_flow":
            found["oxygen"] = "oxygen" if value > 0 else "air"
        elif name == "consciousness":
            found[name] = alertness(value)
        elif name in found:
            found[name] = value
    return found


def points(scale: Scale, latest: Mapping[str, tuple[int, float]]) -> Points:
    """Return each item's points on either SpO2 scale, None where they are not known.

    Both scales, so that a node and a service that know different orders score at the same moments.
    """
    measured = inputs(scale, latest)
    keys = (scale.version, *(_key(item, measured[item.name]) for item in scale.items))
    found = _POINTS.get(keys)
    if found is None:
        if len(_POINTS) >= POINTS_KEPT:
            _POINTS.clear()
        found = _POINTS[keys] = _points(scale, measured)
    return found


def _key(item: Measure | Coded, value: Value) -> int | str | None:
    """Return all that an item's points hang on: its value at the chart's resolution."""
    if value is None or isinstance(item, Coded):
        return None if value is None else str(value)
    return item.key(float(value))


def _points(scale: Scale, measured: Mapping[str, Value]) -> Points:
    found: list[int | None] = []
    for oxygen_scale in scale.context.get("scale", ("",)):
        chosen = {**measured, "scale": oxygen_scale} if "scale" in scale.context else measured
        parts = scale.score(chosen).parts
        found += [parts[item.name] for item in scale.items]
    return tuple(found)


def is_due(now: Points, at_us: int, before: Points, score_us: int | None) -> bool:
    """Return whether points of a moment have to be scored, ``before`` being those of the last."""
    return score_us is None or now != before or at_us - score_us >= RESCORE_US


@dataclass(frozen=True, slots=True)
class Watched:
    """What a monitor said last of each sign, and the points and moment of the last score."""

    latest: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    points: Points = ()
    score_us: int | None = None

    @property
    def time_us(self) -> int | None:
        """When the latest value was measured, None when there is none."""
        return max((time_us for time_us, _ in self.latest.values()), default=None)

    def after(self, seen: Sequence[tuple[str, int, float]]) -> Watched:
        """Return the state with what is newer of (sign, time, value); a late value is none."""
        latest = dict(self.latest)
        for name, time_us, value in seen:
            known = latest.get(name)
            if is_value(name, value) and (known is None or time_us > known[0]):
                latest[name] = (time_us, value)
        return replace(self, latest=latest)

    def scored(self, now: Points) -> Watched:
        """Return the state as it is after a score of its latest moment."""
        return replace(self, points=now, score_us=self.time_us)


def moments(seen: Sequence[tuple[str, int, float]]) -> list[Sequence[tuple[str, int, float]]]:
    """Return what was seen, moment by moment, the earliest first."""
    found: dict[int, list[tuple[str, int, float]]] = {}
    for each in seen:
        found.setdefault(each[1], []).append(each)
    return [found[time_us] for time_us in sorted(found)]


def follow(
    scale: Scale, watched: Watched, seen: Sequence[tuple[str, int, float]]
) -> tuple[Watched, list[Watched]]:
    """Return the state after what was seen, and those states on the way that are to be scored.

    The moments come from the readings alone: in whatever portions they arrive, in their order,
    the same moments are scored.
    """
    due = []
    for moment in moments(seen):
        watched = watched.after(moment)
        at_us = watched.time_us
        if at_us is None:
            continue
        now = points(scale, watched.latest)
        if is_due(now, at_us, watched.points, watched.score_us):
            watched = watched.scored(now)
            due.append(watched)
    return watched, due
