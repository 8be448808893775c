"""Credentials of base stations' leaf servers: whose word they pass on, and when they end. Pure.

A station's key is its operator's, made where the leaf server runs. Each time that credentials are
signed for it, what was signed before is turned out, by its time if it is of the same key. That
waits for ``Policy.overlap``: the new ones are on their way, as a Secret that a kubelet looks at
once a minute. A leaf server reads its file at each connection, so that it goes on with those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.fleet.enrolment import Policy, State
from services.fleet.model import NodeClass
from services.plumbing.refusal import FailedPrecondition, PermissionDenied
from tianfu.subjects import GATEWAYS_MAX

BACKDATED: Final = timedelta(minutes=1)
"""A token counts from a minute ago: NATS servers' clocks are not all the same."""

Place = tuple[str, str]
"""A node's id, and its county."""

TICK: Final = timedelta(seconds=1)
"""Tokens count in seconds: each of a key has a time of its own, to be told from the one before."""


class NotAStation(FailedPrecondition):
    """Leaf servers stand at base stations alone."""

    reason = "NODE_NOT_A_STATION"


class KeyTaken(FailedPrecondition):
    """The key is another node's, or was turned out."""

    reason = "STATION_KEY_TAKEN"


class StationRevoked(PermissionDenied):
    """The station was turned out."""

    reason = "ENROLMENT_REVOKED"


@dataclass(frozen=True, slots=True)
class StationKey:
    """A key that credentials were signed for."""

    public_key: str
    node_id: str
    issue_time: datetime
    """Of the newest token; older ones of this key end at ``retire_time``."""

    expire_time: datetime
    retire_time: datetime | None = None
    """When what is old is to be turned out; None when nothing is."""

    is_former: bool = False
    """Another key took its place: all of its tokens are old."""


@dataclass(frozen=True, slots=True)
class Gateways:
    """The gateways that a station's credentials speak of, by id, and how many they do not."""

    places: tuple[tuple[str, str], ...]
    left_out: int


def gateways(own: Sequence[Place], others: Sequence[Place] = ()) -> Gateways:
    """Return the gateways of a station: those of its own namespace before the others."""
    ordered = [*sorted(own), *sorted(others)]
    return Gateways(tuple(ordered[:GATEWAYS_MAX]), max(0, len(ordered) - GATEWAYS_MAX))


def check(node_class: NodeClass, state: State) -> None:
    """Raise NotAStation or StationRevoked."""
    if node_class is not NodeClass.BASE_STATION:
        raise NotAStation(
            "leaf servers stand at base stations; the node is a gateway", field="name"
        )
    if state is State.REVOKED:
        raise StationRevoked("the node was turned out; enrol its device anew first")


def issued(
    keys: Sequence[StationKey], node_id: str, public_key: str, policy: Policy, now: datetime
) -> tuple[StationKey, ...]:
    """Return a node's keys after credentials were signed for one of them, that one first."""
    before = next((key for key in keys if key.public_key == public_key), None)
    if before is not None and before.is_former:
        raise KeyTaken("another key took this one's place; make a new one", field="public_key")
    start = (now - BACKDATED).replace(microsecond=0)
    if before is not None:
        start = max(start, before.issue_time + TICK)
    current = StationKey(
        public_key,
        node_id,
        issue_time=start,
        expire_time=now + policy.lifetime,
        retire_time=None if before is None else now + policy.overlap,
    )
    former = tuple(
        replace(
            key,
            is_former=True,
            retire_time=key.retire_time if key.is_former else now + policy.overlap,
        )
        for key in keys
        if key.public_key != public_key
    )
    return (current, *former)


def turned_out_until(key: StationKey) -> datetime:
    """Return until when tokens of a key that is due must have been issued to be refused."""
    return key.issue_time if key.is_former else key.issue_time - TICK
