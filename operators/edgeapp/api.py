"""An EdgeApp, parsed once: below this it is valid; and what its status keeps of a rollout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from operators.edgeapp.model import (
    Circle,
    Counts,
    EdgeApp,
    Offline,
    OnFailure,
    Progress,
    Rollout,
    Selector,
    Template,
)
from operators.kube.conditions import parse_time, timestamp
from operators.kube.kinds import Object

FINALIZER: Final = "edge.tianfu.dev/app"
BACK_TO: Final = "edge.tianfu.dev/back-to"
"""Annotation: the revision of the history that is wanted back, whatever the spec says."""

TOLD: Final = ("artifact", "settings", "resources", "tenant", "healthCheck")
"""The parts of a spec that nodes are told: what changes of them is another revision."""

REVISION_DIGITS: Final = 10
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}


def parse(given: Object) -> EdgeApp:
    """Return an EdgeApp of an object that the schema has let pass."""
    metadata, spec = given["metadata"], given["spec"]
    text = template_text(spec)
    return EdgeApp(
        name=metadata["name"],
        generation=int(metadata.get("generation", 0)),
        asked_revision=revision_of(text),
        asked=text,
        selector=_selector(spec["selector"]),
        rollout=_rollout(spec.get("rollout") or {}, spec.get("offline", "CatchUp")),
        is_deleted="deletionTimestamp" in metadata,
        back_to=(metadata.get("annotations") or {}).get(BACK_TO, ""),
    )


def template_text(spec: Mapping[str, Any]) -> str:
    """Return the part of a spec that nodes are told, as canonical JSON."""
    told = {name: spec[name] for name in TOLD if name in spec}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def revision_of(text: str) -> str:
    """Return a template's name: the same for the same text, whenever it is applied."""
    return sha256(text.encode()).hexdigest()[:REVISION_DIGITS]


def duration(text: str) -> timedelta:
    """Return a duration such as ``24h``, as the schema lets them pass."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _selector(spec: Mapping[str, Any]) -> Selector:
    circle = spec.get("within")
    return Selector(
        labels={one["key"]: one["value"] for one in spec.get("labels") or ()},
        classes=frozenset(spec.get("classes") or ()),
        places=tuple(spec.get("places") or ()),
        within=None
        if circle is None
        else Circle(
            float(circle["latitude"]), float(circle["longitude"]), float(circle["radiusMeters"])
        ),
    )


def _rollout(spec: Mapping[str, Any], offline: str) -> Rollout:
    return Rollout(
        steps=tuple(spec.get("steps") or (100,)),
        is_paused=spec.get("progress", "Running") == "Paused",
        max_unavailable=int(spec.get("maxUnavailable", 1)),
        health_window=duration(spec.get("healthWindow", "2m")),
        on_failure=OnFailure(spec.get("onFailure", "RollBack")),
        offline=Offline(offline),
    )


# -- status -----------------------------------------------------------------------------------


def progress_of(given: Object) -> Progress:
    """Return how far a rollout was, as its status keeps it."""
    status = given.get("status") or {}
    since = status.get("lastProgressTime")
    return Progress(
        revision=status.get("revision", ""),
        stable=status.get("stableRevision", ""),
        failed=status.get("failedRevision", ""),
        failed_reason=status.get("failedReason", ""),
        number=int(status.get("number", 0)),
        step=int(status.get("step", 0)),
        ready=int(status.get("ready", 0)),
        progress_time=parse_time(since) if since else None,
        history=tuple(
            Template(one["revision"], int(one["number"]), one["template"])
            for one in status.get("history") or ()
        ),
    )


def status_of(
    app: EdgeApp, progress: Progress, counts: Counts, conditions: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the whole status; None takes a field away."""
    since = progress.progress_time
    return {
        "observedGeneration": app.generation,
        "conditions": list(conditions),
        "revision": progress.revision,
        "stableRevision": progress.stable or None,
        "failedRevision": progress.failed or None,
        "failedReason": progress.failed_reason[:1024] or None,
        "number": progress.number,
        "step": progress.step,
        "lastProgressTime": None if since is None else timestamp(since),
        "history": [
            {"revision": one.revision, "number": one.number, "template": one.text}
            for one in progress.history
        ],
        "desired": counts.desired,
        "updated": counts.updated,
        "ready": counts.ready,
        "offline": counts.offline,
        "failed": counts.failed,
    }
