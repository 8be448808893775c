"""Who is heard from: one entry a node in memory, no database a heartbeat.

A heartbeat costs a dictionary look-up; ``sweep`` looks at every node once a second and returns
what changed, which is all that is ever stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from services.fleet.model import (
    ALTERNATIONS,
    INSTANCES_KEPT,
    INTERVAL_DEFAULT,
    INTERVAL_MAX,
    SINGLE_AGAIN_AFTER,
    Identity,
    Presence,
    silence_limits,
)

CLOCK_STEP_US: Final = 1_000_000
"""A clock offset that differs by less from what is stored is no news."""

NEWS_INTERVAL_S: Final = 60.0
"""Least time between stores of what is no transition (agent version, clock offset): a clock that
jumps with each heartbeat, or two agents of different versions, must not cost a write a second."""

MILLISECOND: Final = timedelta(milliseconds=1)
DEFAULT_MS: Final = INTERVAL_DEFAULT // MILLISECOND
MAX_MS: Final = INTERVAL_MAX // MILLISECOND


@dataclass(slots=True)
class Sighting:
    """What is known of a node's life. Times are monotonic seconds."""

    heard_s: float
    presence: Presence
    identity: Identity = Identity.UNKNOWN
    interval_ms: int = 0
    silent_after_s: float = 0.0
    offline_after_s: float = 0.0
    agent_version: str = ""
    clock_offset_us: int | None = None
    instance: int | None = None
    former_instances: tuple[int, ...] = ()
    alternations: int = 0
    alternated_s: float = 0.0
    transition: bool = False  # presence or identity may have changed: look at it
    news: bool = False  # something else has changed
    told_s: float = float("-inf")

    def set_interval(self, milliseconds: int) -> None:
        """Take note of how often the node means to report."""
        self.interval_ms = milliseconds
        believed = min(milliseconds or DEFAULT_MS, MAX_MS)
        silent, offline = silence_limits(timedelta(milliseconds=believed))
        self.silent_after_s = silent.total_seconds()
        self.offline_after_s = offline.total_seconds()

    def judged(self, now_s: float) -> Presence:
        """Return what the node is now."""
        if self.instance is None and self.presence in (Presence.NEVER_SEEN, Presence.OFFLINE):
            return self.presence  # as it was stored, and not heard since this service started
        silence = now_s - self.heard_s
        if silence >= self.offline_after_s:
            return Presence.OFFLINE
        if silence >= self.silent_after_s:
            return Presence.SILENT
        if self.instance is None and self.presence is Presence.SILENT:
            return Presence.SILENT
        return Presence.ONLINE

    def identified(self, now_s: float) -> Identity:
        """Return whether one agent or several speak for the node."""
        if self.alternations >= ALTERNATIONS:
            if now_s - self.alternated_s < SINGLE_AGAIN_AFTER.total_seconds():
                return Identity.DUPLICATED
            self.alternations = 0
        return self.identity if self.instance is None else Identity.SINGLE

    def other_instance(self, instance: int, now_s: float) -> None:
        """Take note of another instance than that of the last heartbeat.

        A restart brings a new one. One that comes back after another has replaced it is not dead:
        several agents speak by turns.
        """
        if instance in self.former_instances:
            if now_s - self.alternated_s >= SINGLE_AGAIN_AFTER.total_seconds():
                self.alternations = 0
            self.alternations += 1
            self.alternated_s = now_s
            self.transition = True
        if self.instance is not None:
            others = tuple(one for one in self.former_instances if one != instance)
            self.former_instances = (*others, self.instance)[-INSTANCES_KEPT:]
        self.instance = instance


class Beat(NamedTuple):
    """What presence needs of a heartbeat."""

    node_id: str
    instance: int
    interval_ms: int
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
        interval to be heard again before it is called silent. One stored as duplicated stays so
        for as long as if it had just been seen.
        """
        if node_id in self._nodes:
            return
        seen = self._nodes[node_id] = Sighting(
            heard_s=now_s,
            presence=presence,
            identity=identity,
            agent_version=agent_version,
            clock_offset_us=clock_offset_us,
        )
        seen.set_interval(0)
        if identity is Identity.DUPLICATED:
            seen.alternations, seen.alternated_s = ALTERNATIONS, now_s

    def forget(self, node_id: str) -> None:
        """Know a node no longer."""
        self._nodes.pop(node_id, None)

    def heard(self, beat: Beat, now_s: float) -> bool:
        """Take a heartbeat; return False when its node is not registered."""
        seen = self._nodes.get(beat.node_id)
        if seen is None:
            return False
        seen.heard_s = now_s
        if beat.interval_ms != seen.interval_ms:
            seen.set_interval(beat.interval_ms)
        if beat.instance != seen.instance:
            seen.other_instance(beat.instance, now_s)
        if seen.presence is not Presence.ONLINE or seen.identity is Identity.UNKNOWN:
            seen.transition = True
        if beat.agent_version != seen.agent_version:
            seen.agent_version, seen.news = beat.agent_version, True
        if _differs(beat.clock_offset_us, seen.clock_offset_us):
            seen.clock_offset_us, seen.news = beat.clock_offset_us, True
        return True

    def presence(self, node_id: str, now_s: float) -> Presence | None:
        """Return what a node is now, None when it is not registered here."""
        seen = self._nodes.get(node_id)
        return None if seen is None else seen.judged(now_s)

    def silence_s(self, node_id: str, now_s: float) -> float | None:
        """Return for how long a node has been silent, None when nothing was heard from it here."""
        seen = self._nodes.get(node_id)
        return None if seen is None or seen.instance is None else now_s - seen.heard_s

    def sweep(self, now_s: float) -> list[Change]:
        """Return what is to be stored, and count it as told: ``untold`` takes that back."""
        changes = []
        for node_id, seen in self._nodes.items():
            # The common case first: online, lately heard, nothing new. 50,000 nodes in 5 ms.
            if (
                seen.presence is Presence.ONLINE
                and now_s - seen.heard_s < seen.silent_after_s
                and not (seen.transition or seen.news or seen.alternations)
            ):
                continue
            presence, identity = seen.judged(now_s), seen.identified(now_s)
            moved = presence is not seen.presence or identity is not seen.identity
            seen.transition = False
            if not moved and not (seen.news and now_s - seen.told_s >= NEWS_INTERVAL_S):
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
            seen.presence, seen.identity, seen.news, seen.told_s = presence, identity, False, now_s
        return changes

    def untold(self, changes: Iterable[Change]) -> None:
        """Take note that these could not be stored: the next sweep returns them again."""
        for change in changes:
            seen = self._nodes.get(change.node_id)
            if seen is not None:
                seen.presence, seen.identity = change.previous, change.previous_identity
                seen.news = seen.transition = True
                seen.told_s = float("-inf")


def _differs(new: int | None, old: int | None) -> bool:
    if new is None:
        return False
    return old is None or abs(new - old) >= CLOCK_STEP_US
