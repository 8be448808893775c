"""Who is heard from: one entry a node in memory, no database a heartbeat.

A heartbeat costs a dictionary look-up; ``sweep`` looks at every node once a second and returns
what changed, which is all that is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.fleet.model import (
    ALTERNATIONS,
    INTERVAL_DEFAULT,
    INTERVAL_MAX,
    SINGLE_AGAIN_AFTER,
    Identity,
    Presence,
    judge,
)

CLOCK_STEP_US: Final = 1_000_000
"""A clock offset that differs by less from what is stored is no news."""


@dataclass(slots=True)
class Sighting:
    """What is known of a node's life. Times are monotonic seconds."""

    heard_s: float
    presence: Presence
    identity: Identity = Identity.UNKNOWN
    interval: timedelta = INTERVAL_DEFAULT
    agent_version: str = ""
    clock_offset_us: int | None = None
    instance: int | None = None
    former_instance: int | None = None
    alternations: int = 0
    alternated_s: float = 0.0
    news: bool = False


@dataclass(frozen=True, slots=True)
class Beat:
    """What presence needs of a heartbeat."""

    node_id: str
    instance: int
    interval: timedelta
    agent_version: str
    clock_offset_us: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be stored of a node: how it is now, and how it was."""

    node_id: str
    previous: Presence
    presence: Presence
    previous_identity: Identity
    identity: Identity
    agent_version: str
    clock_offset_us: int | None


class PresenceTable:
    """All registered nodes' sightings."""

    def __init__(self) -> None:
        self._nodes: dict[str, Sighting] = {}

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._nodes)

    def register(
        self,
        node_id: str,
        presence: Presence,
        identity: Identity,
        *,
        agent_version: str = "",
        clock_offset_us: int | None = None,
        now_s: float,
    ) -> None:
        """Know a node.

        One stored as online counts as heard now: after a restart of this service it has its whole
        interval to be heard again before it is called silent.
        """
        if node_id not in self._nodes:
            self._nodes[node_id] = Sighting(
                heard_s=now_s,
                presence=presence,
                identity=identity,
                agent_version=agent_version,
                clock_offset_us=clock_offset_us,
            )

    def forget(self, node_id: str) -> None:
        """Know a node no longer."""
        self._nodes.pop(node_id, None)

    def heard(self, beat: Beat, now_s: float) -> bool:
        """Take a heartbeat; return False when its node is not registered."""
        seen = self._nodes.get(beat.node_id)
        if seen is None:
            return False
        seen.heard_s = now_s
        seen.interval = min(beat.interval or INTERVAL_DEFAULT, INTERVAL_MAX)
        if seen.presence is not Presence.ONLINE:
            seen.news = True
        if beat.agent_version != seen.agent_version:
            seen.agent_version, seen.news = beat.agent_version, True
        if _differs(beat.clock_offset_us, seen.clock_offset_us):
            seen.clock_offset_us, seen.news = beat.clock_offset_us, True
        if beat.instance != seen.instance:
            self._other_instance(seen, beat.instance, now_s)
        if seen.identity is Identity.UNKNOWN:
            seen.news = True
        return True

    @staticmethod
    def _other_instance(seen: Sighting, instance: int, now_s: float) -> None:
        if instance == seen.former_instance:
            seen.alternations += 1
            seen.alternated_s = now_s
        seen.former_instance, seen.instance = seen.instance, instance

    def sweep(self, now_s: float) -> list[Change]:
        """Return what is to be stored, and count it as told: ``untold`` takes that back."""
        changes = []
        for node_id, seen in self._nodes.items():
            presence, identity = seen.presence, seen.identity
            if presence is not Presence.NEVER_SEEN or seen.instance is not None:
                presence = self._presence(seen, now_s)
                identity = self._identity(seen, now_s)
            if presence is seen.presence and identity is seen.identity and not seen.news:
                continue
            changes.append(
                Change(
                    node_id,
                    seen.presence,
                    presence,
                    seen.identity,
                    identity,
                    seen.agent_version,
                    seen.clock_offset_us,
                )
            )
            seen.presence, seen.identity, seen.news = presence, identity, False
        return changes

    @staticmethod
    def _presence(seen: Sighting, now_s: float) -> Presence:
        if seen.instance is None and seen.presence is Presence.OFFLINE:
            return Presence.OFFLINE  # stored as offline, and not heard since this service started
        found = judge(timedelta(seconds=now_s - seen.heard_s), seen.interval)
        if seen.instance is None and seen.presence is Presence.SILENT:
            return max(found, Presence.SILENT)
        return found

    @staticmethod
    def _identity(seen: Sighting, now_s: float) -> Identity:
        if seen.instance is None:
            return seen.identity
        if seen.alternations >= ALTERNATIONS:
            if now_s - seen.alternated_s < SINGLE_AGAIN_AFTER.total_seconds():
                return Identity.DUPLICATED
            seen.alternations = 0
        return Identity.SINGLE

    def untold(self, changes: Iterable[Change]) -> None:
        """Take note that these could not be stored: the next sweep returns them again."""
        for change in changes:
            seen = self._nodes.get(change.node_id)
            if seen is not None:
                seen.presence, seen.identity = change.previous, change.previous_identity
                seen.news = True


def _differs(new: int | None, old: int | None) -> bool:
    if new is None:
        return False
    return old is None or abs(new - old) >= CLOCK_STEP_US
