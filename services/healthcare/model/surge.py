"""Which hospitals get ready for a warning, and what each does."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from services.plumbing.rules import Rule

RULE: Final = "surge"
COLOURS: Final[Mapping[str, int]] = {"blue": 1, "yellow": 2, "orange": 3, "red": 4}
"""As the contract of warnings numbers them."""

INTENSITY_MAX: Final = 12.0
"""GB/T 17742."""


class Action(enum.IntEnum):
    """What a hospital does; numbered as in the contract."""

    LIFTS_TO_FLOOR = 1
    NOTIFY_THEATRES = 2
    START_GENERATORS = 3
    REPORT_BEDS = 4


TEXTS: Final[Mapping[Action, str]] = {
    Action.LIFTS_TO_FLOOR: "Lifts go to the next floor, open and stay.",
    Action.NOTIFY_THEATRES: "Operating theatres and imaging are told that the ground will shake.",
    Action.START_GENERATORS: "Generators start before the mains go.",
    Action.REPORT_BEDS: "Count beds, and what can be taken of each class; report.",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """From when on in the hospital's county, and what is then done.

    It is an intensity (GB/T 17742 degrees) where one is forecast, and else the warning's colour.
    """

    colour: int
    actions: tuple[Action, ...]
    intensity: float | None = None


@dataclass(frozen=True, slots=True)
class Surge:
    """The rule."""

    version: str
    report_within: timedelta
    earthquake: Trigger
    events: Mapping[str, Trigger]

    @classmethod
    def parse(cls, rule: Rule) -> Surge:
        """Read the rule; raise InvalidRule for what cannot be."""
        minutes = rule.number("report_beds_minutes")
        if minutes <= 0:
            raise rule.invalid("report_beds_minutes", "need more than 0")
        return cls(
            rule.version,
            timedelta(minutes=minutes),
            replace(_trigger(rule, "earthquake"), intensity=rule.number("earthquake", "intensity")),
            {code: _trigger(rule, "events", code) for code in rule.table("events")},
        )

    def trigger(self, event_code: str, *, earthquake: bool) -> Trigger | None:
        """Return what a warning sets off, None when nothing."""
        return self.earthquake if earthquake else self.events.get(event_code)


def counties_of(
    trigger: Trigger, colours: Mapping[str, int], intensities: Mapping[str, float]
) -> list[str]:
    """Return the counties of a warning whose hospitals get ready.

    ``colours`` has all of them, ``intensities`` what is forecast for some (``is_forecast``).
    """
    least = trigger.intensity
    return sorted(
        place
        for place, colour in colours.items()
        if (
            colour >= trigger.colour
            if least is None or place not in intensities
            else intensities[place] >= least
        )
    )


def is_forecast(intensity: float) -> bool:
    """Say whether it is a degree that there is; of what is none, the colour decides."""
    return 0.0 < intensity <= INTENSITY_MAX


def _trigger(rule: Rule, *path: str) -> Trigger:
    colour = rule.text(*path, "colour")
    if colour not in COLOURS:
        raise rule.invalid(".".join((*path, "colour")), f"is none of {', '.join(COLOURS)}")
    actions = []
    for name in rule.texts(*path, "actions"):
        try:
            actions.append(Action[name.upper().replace("-", "_")])
        except KeyError:
            raise rule.invalid(".".join((*path, "actions")), f"{name!r} is no action") from None
    return Trigger(COLOURS[colour], tuple(actions))
