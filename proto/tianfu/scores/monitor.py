"""A monitor's readings as the inputs of an early-warning score: the same on the node and here.

A monitor sends each vital sign as a series of readings, named after the item (with whatever the
monitor's own prefix is). The latest good value of each within the window goes in; what is missing
stays missing. Integers and the standard library alone, so that an ambulance without a link counts
what the service counts, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tianfu.scores.scale import Scale, Value

WINDOW_US: Final = 3_600_000_000
"""How much older than the latest a value may be: a set of observations is taken within an hour."""

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


def alertness(value: float) -> str:
    """Return the letter of a level of consciousness, empty for a number that is none."""
    place = int(value)
    return ALERTNESS[place] if place == value and 0 <= place < len(ALERTNESS) else ""


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
