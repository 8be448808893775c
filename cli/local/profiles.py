"""Published load profiles, and what a meter shows when it meters one.

Everything is a function of the profile's time in seconds since Monday 00:00 of week 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).with_name("load_profiles.csv")
STEP_S: Final = 900
WEEK_S: Final = 7 * 24 * 3600
SECONDS_PER_HOUR: Final = 3600
# The profiles are stated for a customer of 1 GWh a year.
PROFILE_KWH_PER_YEAR: Final = 1_000_000.0

NOMINAL_VOLT: Final = 230.0
# What the voltage falls by at a meter's greatest load. The norm allows 10 % (23 V).
DROP_VOLT: Final = 6.0
# The grid's own slow rise and fall, and its period.
SWELL_VOLT: Final = 1.5
SWELL_PERIOD_S: Final = 5 * 3600
PHASES: Final = 3


@dataclass(frozen=True)
class Profile:
    """A week of mean power, a value a step, for a customer of 1 GWh a year."""

    name: str
    kw: tuple[float, ...]
    # kWh from the week's beginning to the beginning of each step, and to its end.
    kwh: tuple[float, ...]

    @classmethod
    def of(cls, name: str, kw: tuple[float, ...]) -> Profile:
        """Return a profile with its running sum."""
        step_hours = STEP_S / SECONDS_PER_HOUR
        return cls(name, kw, tuple(accumulate((each * step_hours for each in kw), initial=0.0)))

    def power_kw(self, time_s: float) -> float:
        """Mean power of the step at a time."""
        return self.kw[int(time_s % WEEK_S // STEP_S)]

    def energy_kwh(self, time_s: float) -> float:
        """Energy since time 0."""
        weeks, rest = divmod(time_s, WEEK_S)
        step, within = divmod(rest, STEP_S)
        whole = weeks * self.kwh[-1] + self.kwh[int(step)]
        return whole + self.kw[int(step)] * within / SECONDS_PER_HOUR


def load() -> dict[str, Profile]:
    """Read the profiles that come with this module."""
    lines = [
        line
        for line in PATH.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    names = lines[0].split(",")
    rows = [tuple(float(cell) for cell in line.split(",")) for line in lines[1:]]
    return {name: Profile.of(name, tuple(row[i] for row in rows)) for i, name in enumerate(names)}


@dataclass(frozen=True)
class Meter:
    """A three-phase meter of one customer."""

    name: str
    profile: Profile
    annual_kwh: float
    power_factor: float
    # Seconds by which this customer's day is later than the profile's.
    shift_s: int

    def shown(self, time_s: float) -> Shown:
        """Return what the meter shows at a time."""
        own_s = time_s + WEEK_S - self.shift_s
        scale = self.annual_kwh / PROFILE_KWH_PER_YEAR
        power_kw = self.profile.power_kw(own_s) * scale
        load = power_kw / (max(self.profile.kw) * scale)
        swell = SWELL_VOLT * math.sin(2 * math.pi * (time_s % SWELL_PERIOD_S) / SWELL_PERIOD_S)
        volt = NOMINAL_VOLT + swell - DROP_VOLT * load
        return Shown(
            power_kw=power_kw,
            energy_kwh=self.profile.energy_kwh(own_s) * scale,
            volt=volt,
            ampere=power_kw * 1000 / (PHASES * volt * self.power_factor),
        )


@dataclass(frozen=True)
class Shown:
    """A meter's display."""

    power_kw: float
    energy_kwh: float
    volt: float
    ampere: float
