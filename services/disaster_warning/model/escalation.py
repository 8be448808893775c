"""Calling until somebody answers (叫应): village → township → county, by a dated rule.

The rule is ``rules/escalation.toml``: for each colour, the minutes after publication at which each
level is called when nobody in the county has acknowledged the warning. At night a red rainstorm is
told by a voice call, since nobody reads messages asleep.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Final

from services.disaster_warning.model.warning import Colour
from services.plumbing.rules import Rule

RULE_ID: Final = "escalation"

BEIJING: Final = timezone(timedelta(hours=8))
"""In whose hours the night is; there is no summer time."""


class Level(enum.IntEnum):
    """Who is called; numbered as in the contract."""

    NONE = 0
    VILLAGE = 1
    TOWNSHIP = 2
    COUNTY = 3


@dataclass(frozen=True, slots=True)
class Calls:
    """The rule's figures. ``after`` has a level's delay from publication, by colour."""

    after: Mapping[Colour, Mapping[Level, timedelta]]
    exempt_events: frozenset[str]
    voice_events: frozenset[str]
    voice_from: Colour
    night_begin: time
    night_end: time

    @classmethod
    def of(cls, rule: Rule) -> Calls:
        """Return the figures of a rule."""
        parameters = rule.parameters
        after = {
            Colour[name.upper()]: {
                Level[level.upper()]: timedelta(minutes=float(minutes))
                for level, minutes in levels.items()
            }
            for name, levels in parameters["minutes_after_publication"].items()
        }
        voice = parameters["voice_call"]
        return cls(
            after=after,
            exempt_events=frozenset(parameters["exempt_event_codes"]),
            voice_events=frozenset(voice["event_codes"]),
            voice_from=Colour[str(voice["from_colour"]).upper()],
            night_begin=time.fromisoformat(str(voice["night_begin"])),
            night_end=time.fromisoformat(str(voice["night_end"])),
        )

    def next_call(
        self, event_code: str, colour: Colour, called: Level
    ) -> tuple[Level, timedelta] | None:
        """Return who is called next and how long after the call before; None when nobody is.

        Before the first call (``called`` NONE), it is the time since publication.
        """
        delays = self.after.get(colour, {})
        if event_code in self.exempt_events:
            return None
        for level, delay in sorted(delays.items()):
            if level > called:
                return level, max(delay - delays.get(called, timedelta()), timedelta())
        return None

    def by_voice(self, event_code: str, colour: Colour, at: datetime) -> bool:
        """Say whether a call at this time is a voice call."""
        if colour < self.voice_from or event_code not in self.voice_events:
            return False
        clock = at.astimezone(BEIJING).time()
        if self.night_begin <= self.night_end:
            return self.night_begin <= clock < self.night_end
        return clock >= self.night_begin or clock < self.night_end
