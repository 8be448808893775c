"""An EdgeNode, parsed once: below this it is valid."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from operators.fleet.model import (
    LABEL_CHANNEL,
    LABEL_NAMESPACE,
    LABEL_STATION,
    LABEL_VERSION,
    LABEL_WISH,
    Registration,
    labels_of,
)
from operators.kube.conditions import parse_time
from operators.kube.kinds import Key, Object, key_of, uid_of

FINALIZER: Final = "edge.tianfu.dev/node"
ESCAPE: Final = "edge.tianfu.dev/abandon"
"""Annotation: whoever sets it, to a reason, lets a node go that can't be drained any more."""

TOKEN_TTL: Final = timedelta(hours=24)
TOKEN_TTL_MIN: Final = timedelta(minutes=1)
TOKEN_TTL_MAX: Final = timedelta(days=7)
LABELS_MAX: Final = 28
"""The fleet keeps 32 labels a node; four are ours."""

LABEL_CHARS_MAX: Final = 63
"""Of a label's value, by the fleet's contract."""

DEFAULT_CHANNEL: Final = "Stable"

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9./_-]{0,61}[a-z0-9])?")


class Scheduling(enum.Enum):
    """Whether apps and claims may use the node."""

    OPEN = "Open"
    CORDONED = "Cordoned"
    DRAINING = "Draining"


@dataclass(frozen=True, slots=True)
class EdgeNode:
    """What is wanted of a node. ``kubernetes_node`` is empty for runtime Standalone."""

    key: Key
    uid: str
    generation: int
    is_base_station: bool
    place: str
    display_name: str
    labels: tuple[tuple[str, str], ...]
    kubernetes_node: str
    token_ttl: timedelta
    channel: str
    pinned_version: str
    scheduling: Scheduling
    delete_time: datetime | None
    escape: str
    """Why it is to be let go without being drained; empty when it is not."""

    @property
    def is_on_kubernetes(self) -> bool:
        """Say whether its agent runs as a pod of this cluster."""
        return bool(self.kubernetes_node)

    @property
    def is_leaving(self) -> bool:
        """Say whether what it holds is to be given up."""
        return self.delete_time is not None or self.scheduling is Scheduling.DRAINING

    def version(self, channels: Mapping[str, str]) -> str:
        """Return the agent version it is to run, empty when its channel names none."""
        return self.pinned_version or channels.get(self.channel, "")

    @property
    def wish(self) -> str:
        """What its plan says of its agent: ``stable``, ``candidate``, either with ``_VERSION``.

        Empty when its agent is a pod's, or is to be the newest stable release anyway.
        """
        if self.is_on_kubernetes:
            return ""
        wish = "_".join(word for word in (self.channel.lower(), self.pinned_version) if word)
        return "" if wish == DEFAULT_CHANNEL.lower() else wish[:LABEL_CHARS_MAX]

    def registration(self, channels: Mapping[str, str]) -> Registration:
        """Return it as the fleet service is to have it."""
        own = {
            LABEL_NAMESPACE: self.key.namespace,
            LABEL_CHANNEL: self.channel.lower(),
            LABEL_VERSION: self.version(channels),
            LABEL_WISH: self.wish,
        }
        return Registration(
            node_id=self.key.name,
            is_base_station=self.is_base_station,
            place=self.place,
            display_name=self.display_name,
            labels=labels_of({**dict(self.labels), **{k: v for k, v in own.items() if v}}),
        )


def parse(given: Object) -> EdgeNode:
    """Return an EdgeNode of an object that the schema has let pass."""
    metadata, spec = given["metadata"], given["spec"]
    runtime, agent = spec["runtime"], spec.get("agent") or {}
    deleted = metadata.get("deletionTimestamp")
    ttl = (runtime.get("standalone") or {}).get("tokenTimeToLive")
    return EdgeNode(
        key=key_of(given),
        uid=uid_of(given),
        generation=int(metadata.get("generation", 0)),
        is_base_station=spec["class"] == "BaseStation",
        place=spec["place"],
        display_name=spec.get("displayName", ""),
        labels=_labels(metadata.get("labels") or {}),
        kubernetes_node=(runtime.get("kubernetes") or {}).get("nodeName", ""),
        token_ttl=TOKEN_TTL if ttl is None else _bounded(duration(ttl)),
        channel=agent.get("channel", DEFAULT_CHANNEL),
        pinned_version=agent.get("version", ""),
        scheduling=Scheduling(spec.get("scheduling", "Open")),
        delete_time=parse_time(deleted) if deleted else None,
        escape=(metadata.get("annotations") or {}).get(ESCAPE, ""),
    )


def duration(text: str) -> timedelta:
    """Return a duration such as ``24h``, as the schema lets them pass."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _bounded(ttl: timedelta) -> timedelta:
    return max(TOKEN_TTL_MIN, min(ttl, TOKEN_TTL_MAX))


def _labels(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the labels that the fleet can keep: the first by key, of those it takes."""
    fit = [(key, str(value)) for key, value in sorted(given.items()) if _LABEL.fullmatch(key)]
    # However many there are, the one that decides who speaks for the node is among them.
    fit.sort(key=lambda one: one[0] != LABEL_STATION)
    return tuple(sorted(fit[:LABELS_MAX]))
