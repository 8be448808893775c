"""What equipment is ordered to do when the ground is about to shake, and when it is let go.

An order is derived from the earthquake, so that the same solution gives the same orders, however
often it comes. Orders only grow while an earthquake lasts: a later, weaker solution takes nothing
back. A cancelled earthquake frees what costs nothing to free; a gas valve that has closed is opened
by a person who has smelt the air, never from here.
"""

from __future__ import annotations

import enum
import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import Rule

ORDERS_RULE: Final = "earthquake-orders"
INTENSITY_MAX: Final = 12.0
"""Of the scale of GB/T 17742: a higher figure is a mistake, and no reason to do nothing."""


class InvalidShaking(InvalidArgument):
    """A forecast that says nothing of how strongly the ground will shake."""

    reason = "SHAKING_INVALID"


class Action(enum.Enum):
    """What is ordered; the value is the rule's and the wire's name."""

    CLOSE_GAS_VALVE = "close_gas_valve"
    ARM_ISLAND = "arm_island"
    HOLD_BATTERY = "hold_battery"
    STOP_CHARGER = "stop_charger"
    RELEASE_BATTERY = "release_battery"
    RESUME_CHARGER = "resume_charger"
    DISARM_ISLAND = "disarm_island"


URGENCY: Final = (
    Action.CLOSE_GAS_VALVE,
    Action.ARM_ISLAND,
    Action.HOLD_BATTERY,
    Action.STOP_CHARGER,
)
"""In this order they go out: what burns first, what can wait last."""

RELEASED_BY: Final = {
    Action.STOP_CHARGER: Action.RESUME_CHARGER,
    Action.HOLD_BATTERY: Action.RELEASE_BATTERY,
    Action.ARM_ISLAND: Action.DISARM_ISLAND,
}
"""How an order ends when the earthquake was none. A gas valve is not among them: see above."""


class Equipment(enum.Enum):
    """What can be ordered about, and by which action it is made safe."""

    GAS_VALVE = "gas_valve"
    CHARGER = "charger"
    BATTERY = "battery"
    MICROGRID = "microgrid"

    @property
    def action(self) -> Action:
        """Return what makes it safe."""
        return _SAFE[self]


_SAFE: Final = {
    Equipment.GAS_VALVE: Action.CLOSE_GAS_VALVE,
    Equipment.CHARGER: Action.STOP_CHARGER,
    Equipment.BATTERY: Action.HOLD_BATTERY,
    Equipment.MICROGRID: Action.ARM_ISLAND,
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A piece of equipment: its name, the node that reaches it, its county (GB/T 2260)."""

    name: str
    node: str
    county: str
    equipment: Equipment


@dataclass(frozen=True, slots=True)
class Shaking:
    """One solution of an earthquake. ``version`` counts up; ``intensity`` is by county."""

    event: str
    version: int
    issued: datetime
    is_exercise: bool
    intensity: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Order:
    """One order. ``order`` is its id, ``generation`` counts up for an asset and earthquake.

    It is not carried out after ``expires``, nor when a later generation was.
    """

    order: str
    asset: str
    node: str
    action: Action
    generation: int
    issued: datetime
    expires: datetime
    is_exercise: bool
    reason: str
    rule_version: str


def respond(
    shaking: Shaking, assets: Sequence[Asset], given: Collection[str], rule: Rule, now: datetime
) -> list[Order]:
    """Return the new orders of a solution, the most urgent first; ``given`` are ids given before.

    None when the solution is too old to act on: what it says is over, or was said by a later one.
    An exercise's orders say so, and equipment only reports what it would have done.
    """
    valid = timedelta(seconds=rule.number("valid_seconds"))
    expires = shaking.issued + valid
    if now >= expires:
        return []
    least = {action: rule.number(action.value) for action in URGENCY}
    _check(shaking)
    found: list[Order] = []
    for asset in assets:
        intensity = shaking.intensity.get(asset.county)
        action = asset.equipment.action
        if intensity is None or intensity < least[action]:
            continue
        name = order_id(shaking.event, asset.name, action, is_exercise=shaking.is_exercise)
        if name not in given:
            reason = f"intensity {intensity:.1f} in {asset.county}, {least[action]:g} suffices"
            found.append(_order(name, asset, action, shaking, expires, reason, rule))
    return sorted(found, key=lambda each: (URGENCY.index(each.action), each.asset))


def release(
    shaking: Shaking, assets: Sequence[Asset], given: Collection[str], rule: Rule, now: datetime
) -> list[Order]:
    """Return the orders that end those given for an earthquake that was cancelled.

    What was never ordered is not released; gas valves stay shut. A release is valid from ``now``:
    it harms nobody to come late.
    """
    expires = now + timedelta(seconds=rule.number("valid_seconds"))
    found: list[Order] = []
    for asset in assets:
        back = RELEASED_BY.get(asset.equipment.action)
        is_exercise = shaking.is_exercise
        first = order_id(shaking.event, asset.name, asset.equipment.action, is_exercise=is_exercise)
        if back is None or first not in given:
            continue
        name = order_id(shaking.event, asset.name, back, is_exercise=is_exercise)
        if name not in given:
            found.append(_order(name, asset, back, shaking, expires, "cancelled", rule))
    return sorted(found, key=lambda each: each.asset)


def order_id(event: str, asset: str, action: Action, *, is_exercise: bool) -> str:
    """Return the id that any repetition of the same order has; an exercise's is another."""
    parts = (event, asset, action.value, "exercise" if is_exercise else "actual")
    # The lengths keep two names apart from one that has the other's beginning at its end.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _order(
    name: str,
    asset: Asset,
    action: Action,
    shaking: Shaking,
    expires: datetime,
    reason: str,
    rule: Rule,
) -> Order:
    return Order(
        name,
        asset.name,
        asset.node,
        action,
        shaking.version,
        shaking.issued,
        expires,
        shaking.is_exercise,
        reason,
        rule.version,
    )


def _check(shaking: Shaking) -> None:
    for county, intensity in shaking.intensity.items():
        if not math.isfinite(intensity) or intensity > INTENSITY_MAX:
            raise InvalidShaking(
                f"{shaking.event}: intensity {intensity} in {county} is none up to {INTENSITY_MAX}",
                metadata={"event": shaking.event, "county": county},
            )


class Refused(enum.Enum):
    """Why an agent does not carry out an order; the value is the stable reason code."""

    EXPIRED = "ORDER_EXPIRED"
    OLDER = "ORDER_OLDER"
    REPEATED = "ORDER_REPEATED"
    NOT_YET = "ORDER_NOT_YET"


CLOCKS_APART: Final = timedelta(seconds=5)
"""An order from the future by more than clocks differ is none of this platform's."""


def admit(
    order: Order, done: Collection[str], generation: int | None, now: datetime
) -> Refused | None:
    """Return why an order is not to be carried out now, None when it is.

    ``done`` are the ids carried out, ``generation`` the last one of this asset and earthquake.
    """
    if order.order in done:
        return Refused.REPEATED
    if now >= order.expires:
        return Refused.EXPIRED
    if order.issued - now > CLOCKS_APART:
        return Refused.NOT_YET
    if generation is not None and order.generation < generation:
        return Refused.OLDER
    return None
