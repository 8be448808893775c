"""Decide which revision runs, what a failure means, and what capacity allows. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.apps.model import App, Share

NEW_TRIES: Final = 3
"""Starts that a revision gets that was never well, before the one before it comes back."""

DELAY_FIRST_S: Final = 1.0
DELAY_MOST_S: Final = 300.0
"""A program that ends at once costs a start in five minutes, and no card its life."""

STEADY_S: Final = 600.0
"""After so long without an end, the next end counts as the first."""

APP_CRASHED: Final = "APP_CRASHED"
APP_UNHEALTHY: Final = "APP_UNHEALTHY"
APP_NOT_READY_IN_TIME: Final = "APP_NOT_READY_IN_TIME"
CAPACITY_NOT_GRANTED: Final = "CAPACITY_NOT_GRANTED"
CAPACITY_EXCEEDED: Final = "CAPACITY_EXCEEDED"
SHARE_EPOCH_OLD: Final = "SHARE_EPOCH_OLD"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which app runs; ``rolled_back`` says why it is not the one that is wanted."""

    app: App | None
    rolled_back: str = ""


def choose(wanted: App | None, good: App | None, failed: Mapping[str, str]) -> Choice:
    """Return what runs: what is wanted, or what was last well when that has failed.

    ``failed`` has the reason by fingerprint: the same revision sent again is not tried again, one
    that says anything else is. With nothing to go back to, what is wanted is tried on.
    """
    if wanted is None:
        return Choice(None)
    reason = failed.get(wanted.fingerprint, "")
    if reason and good is not None and good.fingerprint != wanted.fingerprint:
        return Choice(good, reason)
    return Choice(wanted)


def fails(*, was_good: bool, ends_in_row: int) -> bool:
    """Say whether a revision that ended so often in a row has failed.

    One that was well once is started again for ever: what broke then is not the program.
    """
    return not was_good and ends_in_row >= NEW_TRIES


def delay_s(ends_in_row: int, jitter: float) -> float:
    """Return how long to wait before the next start; ``jitter`` lies in 0..1."""
    whole = min(DELAY_MOST_S, DELAY_FIRST_S * 2.0 ** min(max(ends_in_row - 1, 0), 32))
    return whole * (1.0 - jitter / 2)


# -- capacity --------------------------------------------------------------------------------------


class ShareStanding(enum.Enum):
    """What became of a share; numbered as in the contract."""

    HELD = 1
    RELEASED = 2
    ENDED = 3
    REFUSED = 4


def standing(
    share: Share, epochs: Mapping[str, int], now_us: int | None
) -> tuple[ShareStanding, str]:
    """Return what a share is good for, and the reason when it is refused.

    ``epochs`` has the highest that was seen of each claim; ``now_us`` is the platform's time, None
    when nobody knows it: then no lease can be said to have ended, nor to hold.
    """
    if share.epoch < epochs.get(share.claim, 0):
        return ShareStanding.REFUSED, SHARE_EPOCH_OLD
    if share.is_revoked:
        return ShareStanding.RELEASED, ""
    if now_us is None or now_us >= share.lease_end_us:
        return ShareStanding.ENDED, ""
    return ShareStanding.HELD, ""


def admitted(
    apps: Iterable[App], held: Sequence[Share], *, needs_shares: bool
) -> dict[str, tuple[str, str]]:
    """Return the apps that may not run, each with reason and text; in order of name.

    Where shares are needed, the limits of a tenant's apps together fit within its shares: an app
    that no longer fits waits, those before it run on. A resource that an app does not state is one
    that it takes nothing of.
    """
    if not needs_shares:
        return {}
    room: dict[str, dict[str, int]] = {}
    for share in held:
        tenant = room.setdefault(share.tenant, {})
        for resource, amount in share.amounts.items():
            tenant[resource] = tenant.get(resource, 0) + amount
    waiting = {}
    for app in sorted(apps, key=lambda one: one.name):
        left = room.get(app.tenant)
        if left is None:
            text = f"tenant {app.tenant!r} has no share of this node's pool"
            waiting[app.name] = (CAPACITY_NOT_GRANTED, text)
            continue
        # What the pool does not share out is not bounded by it.
        short = [r for r, n in sorted(app.limits.items()) if r in left and n > left[r]]
        if short:
            text = f"{short[0]}: {app.limits[short[0]]}m asked, {left[short[0]]}m left of the share"
            waiting[app.name] = (CAPACITY_EXCEEDED, text)
            continue
        for resource, amount in app.limits.items():
            if resource in left:
                left[resource] -= amount
    return waiting
