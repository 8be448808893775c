"""What becomes of a setpoint now: carried out, waited for, refused. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

CLOCKS_APART_US: Final = 5_000_000
"""An order from the future by more than clocks differ is none of this platform's."""


@dataclass(frozen=True, slots=True)
class Setpoint:
    """One order to one piece of equipment; times are Unix microseconds."""

    order: str
    asset: str
    action: int
    value_kw: float
    scope: str
    generation: int
    issue_us: int
    start_us: int
    expire_us: int
    exercise: bool


class Verdict(enum.Enum):
    """What is to be done; a refusal's value is its stable reason."""

    DONE_BEFORE = "ORDER_REPEATED"
    EXPIRED = "ORDER_EXPIRED"
    OLDER = "ORDER_OLDER"
    NOT_YET_ISSUED = "ORDER_NOT_YET"
    ASSET_UNKNOWN = "ASSET_UNKNOWN"
    WAIT = "WAIT"
    GO = "GO"

    @property
    def is_refusal(self) -> bool:
        """Return whether the order is not carried out, and the platform is told why."""
        return self in {
            Verdict.EXPIRED,
            Verdict.OLDER,
            Verdict.NOT_YET_ISSUED,
            Verdict.ASSET_UNKNOWN,
        }


def decide(
    setpoint: Setpoint,
    settled: Collection[str],
    generations: Mapping[tuple[str, str], int],
    assets: Collection[str],
    now_us: int,
) -> Verdict:
    """Return what is to become of a setpoint.

    ``settled`` are the orders that have had their end, ``generations`` the highest one carried out
    by asset and scope.
    """
    if setpoint.order in settled:
        return Verdict.DONE_BEFORE
    if now_us >= setpoint.expire_us:
        return Verdict.EXPIRED
    if setpoint.issue_us - now_us > CLOCKS_APART_US:
        return Verdict.NOT_YET_ISSUED
    if setpoint.asset not in assets:
        return Verdict.ASSET_UNKNOWN
    last = generations.get((setpoint.asset, setpoint.scope))
    if last is not None and setpoint.generation < last:
        return Verdict.OLDER
    return Verdict.WAIT if now_us < setpoint.start_us else Verdict.GO
