"""5G base stations: what they draw (EARTH model), and when a cell may sleep.

A cell under an active warning, or one that serves an ambulance, never sleeps: whatever the traffic
and the price, and it is woken if it does.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

POWER_RULE: Final = "base-station-power"
SLEEP_RULE: Final = "base-station-sleep"


class InvalidLoad(InvalidArgument):
    """A share of traffic that is none."""

    reason = "CELL_LOAD_INVALID"


@dataclass(frozen=True, slots=True)
class Radio:
    """P = transceivers * (idle + slope * output) while on, transceivers * sleep while asleep."""

    transceivers: int
    output_max_w: float
    idle_w: float
    slope: float
    sleep_w: float

    @classmethod
    def of(cls, rule: Rule, kind: str) -> Radio:
        """Return the radio of a kind: macro, remote_radio_head, micro, pico or femto."""
        found = cls(
            int(rule.number(kind, "transceivers")),
            rule.number(kind, "output_max_w"),
            rule.number(kind, "idle_w"),
            rule.number(kind, "slope"),
            rule.number(kind, "sleep_w"),
        )
        if found.transceivers < 1 or not 0 <= found.sleep_w <= found.idle_w:
            raise rule.invalid(f"{kind}.sleep_w", "need 0 <= sleep_w <= idle_w, 1 transceiver")
        return found

    def watts(self, load: float, *, is_asleep: bool = False) -> float:
        """Return what it draws at ``load``, the share of its traffic from 0 to 1.

        An awake radio without traffic draws its idle power; only sleep saves that.
        """
        if not 0 <= load <= 1:
            raise InvalidLoad(f"load {load} is outside 0..1")
        if is_asleep:
            return self.transceivers * self.sleep_w
        return self.transceivers * (self.idle_w + self.slope * self.output_max_w * load)


@dataclass(frozen=True, slots=True)
class SleepRule:
    """The figures of the rule ``base-station-sleep``."""

    sleep_below: float
    wake_above: float
    idle: timedelta
    awake: timedelta
    neighbour_room: float
    version: str

    @classmethod
    def of(cls, rule: Rule) -> SleepRule:
        """Return the rule's figures; raise InvalidRule without a gap between them (hysteresis)."""
        found = cls(
            rule.number("sleep_below"),
            rule.number("wake_above"),
            timedelta(minutes=rule.number("idle_minutes")),
            timedelta(minutes=rule.number("awake_minutes")),
            rule.number("neighbour_room"),
            rule.version,
        )
        if not 0 < found.sleep_below < found.wake_above <= 1:
            raise rule.invalid("sleep_below", "need 0 < sleep_below < wake_above <= 1")
        return found


class Reason(enum.Enum):
    """Why a cell sleeps or is awake; the value is the stable code, the first that holds is told."""

    WARNING_ACTIVE = "WARNING_ACTIVE"
    SERVES_AMBULANCE = "SERVES_AMBULANCE"
    STATE_STALE = "STATE_STALE"
    TRAFFIC = "TRAFFIC"
    NO_NEIGHBOUR = "NO_NEIGHBOUR"
    IDLE_TOO_SHORT = "IDLE_TOO_SHORT"
    WOKEN_LATELY = "WOKEN_LATELY"
    IDLE = "IDLE"


@dataclass(frozen=True, slots=True)
class Cell:
    """What the controller remembers of a cell."""

    is_asleep: bool = False
    idle_since: datetime | None = None
    woken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What holds around a cell now.

    ``load`` is its traffic, or while it sleeps what its
    neighbours carry for it, as a share of its own capacity; ``spare`` is their free share.
    ``is_fresh``: warnings and ambulances are known as of now.
    """

    load: float
    spare: float
    in_warning: bool
    serves_ambulance: bool
    is_fresh: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What the cell is to do, and why."""

    cell: Cell
    reason: Reason
    rule_version: str


def decide(cell: Cell, scene: Scene, rule: SleepRule, now: datetime) -> Decision:
    """Return whether a cell sleeps from ``now`` on.

    Not knowing counts as danger: with a stale view of warnings no cell sleeps.
    """
    if not (math.isfinite(scene.load) and scene.load >= 0):
        raise InvalidLoad(f"load {scene.load} is no share from 0 up")
    idle_since = (cell.idle_since or now) if scene.load < rule.sleep_below else None
    seen = replace(cell, idle_since=idle_since)
    keeps_awake = _danger(scene)
    if keeps_awake is not None:
        return _awake(seen, keeps_awake, rule, now)
    if cell.is_asleep:
        if scene.load > rule.wake_above:
            return _awake(seen, Reason.TRAFFIC, rule, now)
        if scene.spare < rule.neighbour_room:
            return _awake(seen, Reason.NO_NEIGHBOUR, rule, now)
        return Decision(seen, Reason.IDLE, rule.version)
    return _may_fall_asleep(seen, scene, rule, now)


def _danger(scene: Scene) -> Reason | None:
    if scene.in_warning:
        return Reason.WARNING_ACTIVE
    if scene.serves_ambulance:
        return Reason.SERVES_AMBULANCE
    return None if scene.is_fresh else Reason.STATE_STALE


def _awake(cell: Cell, reason: Reason, rule: SleepRule, now: datetime) -> Decision:
    woken_at = now if cell.is_asleep else cell.woken_at
    return Decision(replace(cell, is_asleep=False, woken_at=woken_at), reason, rule.version)


def _may_fall_asleep(cell: Cell, scene: Scene, rule: SleepRule, now: datetime) -> Decision:
    if cell.idle_since is None:
        reason = Reason.TRAFFIC
    elif now - cell.idle_since < rule.idle:
        reason = Reason.IDLE_TOO_SHORT
    elif cell.woken_at is not None and now - cell.woken_at < rule.awake:
        reason = Reason.WOKEN_LATELY
    elif scene.spare < rule.neighbour_room:
        reason = Reason.NO_NEIGHBOUR
    else:
        return Decision(replace(cell, is_asleep=True), Reason.IDLE, rule.version)
    return Decision(cell, reason, rule.version)


@dataclass(frozen=True, slots=True)
class Saving:
    """Energy of the same scenes with the controller and always on."""

    kwh: float
    always_on_kwh: float
    asleep: timedelta
    switches: int

    @property
    def share(self) -> float:
        """Return what was saved, of always-on."""
        return 1 - self.kwh / self.always_on_kwh if self.always_on_kwh > 0 else 0.0


def simulate(
    radio: Radio, scenes: Sequence[Scene], rule: SleepRule, start: datetime, step: timedelta
) -> Saving:
    """Return what sleep saves over ``scenes``, one a step, against always on with the same traffic.

    A sleeping cell's traffic is carried by its neighbours and paid there, by the radio's slope.
    """
    cell, asleep, switches = Cell(), 0, 0
    used = always = 0.0
    hours = step / timedelta(hours=1)
    for number, scene in enumerate(scenes):
        was_asleep = cell.is_asleep
        cell = decide(cell, scene, rule, start + number * step).cell
        switches += cell.is_asleep != was_asleep
        load = min(scene.load, 1.0)
        carried = radio.watts(load) - radio.watts(0.0)
        always += radio.watts(load) * hours
        if cell.is_asleep:
            asleep += 1
            used += (radio.watts(0.0, is_asleep=True) + carried) * hours
        else:
            used += radio.watts(load) * hours
    return Saving(used / 1000, always / 1000, asleep * step, switches)


def reserve_kwh(critical_kw: float, backup_hours: float) -> float:
    """Return what a station's battery keeps for an outage, whatever the price of power."""
    if not (critical_kw >= 0 and backup_hours >= 0 and math.isfinite(critical_kw * backup_hours)):
        raise InvalidLoad("critical_kw and backup_hours are numbers from 0 up")
    return critical_kw * backup_hours
