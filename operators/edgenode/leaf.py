"""The credentials of a base station's leaf server: when they are made, and kept in which Secret.

Its key is made here and never leaves the cluster; the fleet service signs what it may do. They are
made anew at two thirds of their life, with a new key; with the same key when other gateways have
come to the station; when somebody has edited the Secret; and when another device has enrolled as
the station, since turning out the one before has ended its leaf server's key too. Pure.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from operators.edgenode.api import EdgeNode
from operators.edgenode.children import EXPIRES, Config, leaf_secret_name, metadata
from operators.edgenode.model import IssueLeaf, LeafSecret, Observed, Step
from operators.fleet.model import (
    LABEL_NAMESPACE,
    EnrolmentState,
    Registration,
    StationCredentials,
)
from operators.kube.actions import Delete
from operators.kube.conditions import parse_time, timestamp
from operators.kube.kinds import SECRET, Object, key_of, uid_of
from tianfu import nats_config
from tianfu.subjects import GATEWAYS_MAX

CREDENTIALS: Final = nats_config.STATION_CREDENTIALS
RENEW: Final = "edge.tianfu.dev/renew-time"
ENROLLED: Final = "edge.tianfu.dev/enrol-time"
"""Annotation: when the device enrolled that the station was when it was signed."""

LOOK_AGAIN: Final = timedelta(seconds=60)
"""Nobody tells of a station that was turned out and enrolled again while it was heard from: a
kubelet needs as long to put a new Secret in place."""

SPEAKS_FOR: Final = "edge.tianfu.dev/speaks-for"
"""Annotation: digest of the station's place and of its gateways', when it was signed."""

CONTENT: Final = "edge.tianfu.dev/content"
"""Annotation: digest of the credentials, by which an edit of them is found."""


def in_order(found: Iterable[Registration], namespace: str) -> tuple[tuple[str, str], ...]:
    """Return a station's gateways as (id, place), as the fleet service counts its places.

    Those of its own namespace come first: whoever may make nodes elsewhere takes none from them.
    """

    def rank(one: Registration) -> tuple[bool, str]:
        return one.label(LABEL_NAMESPACE) != namespace, one.node_id

    return tuple((one.node_id, one.place) for one in sorted(found, key=rank))


def speaks_for(place: str, gateways: tuple[tuple[str, str], ...]) -> str:
    """Return a digest of whom a station's credentials speak for."""
    named = (("", place), *gateways[:GATEWAYS_MAX])
    text = "\n".join(f"{node_id} {where}" for node_id, where in named)
    return sha256(text.encode()).hexdigest()[:16]


def secret(
    node: EdgeNode, signed: StationCredentials, text: str, meant: str, enrolled: str = ""
) -> Object:
    """Return the Secret; ``text`` is the credentials file, ``meant`` whom it speaks for."""
    made = metadata(node, leaf_secret_name(node))
    data = b64encode(text.encode()).decode()
    made["annotations"] = {
        EXPIRES: timestamp(signed.expire_time),
        RENEW: timestamp(signed.renew_time),
        SPEAKS_FOR: meant,
        ENROLLED: enrolled,
        CONTENT: digest(data),
    }
    return {
        "apiVersion": SECRET.api_version,
        "kind": SECRET.name,
        "metadata": made,
        "type": "Opaque",
        "data": {CREDENTIALS: data},
    }


def observe(found: Object) -> LeafSecret:
    """Return what is known of a Secret: without a time to renew it when it is not as it was."""
    notes = found["metadata"].get("annotations") or {}
    data = (found.get("data") or {}).get(CREDENTIALS, "")
    is_whole = bool(data) and notes.get(CONTENT) == digest(data)
    renew = notes.get(RENEW)
    return LeafSecret(
        found,
        renew_time=parse_time(renew) if is_whole and renew else None,
        speaks_for=notes.get(SPEAKS_FOR, ""),
        enrolled=notes.get(ENROLLED, ""),
    )


def digest(data: str) -> str:
    """Return a digest of what a Secret has under ``station.creds``."""
    return sha256(data.encode()).hexdigest()[:32]


def is_wanted(node: EdgeNode, config: Config) -> bool:
    """Say whether a leaf server stands at the node."""
    has_version = bool(node.version(config.channels))
    return bool(config.leaf_config) and node.is_on_kubernetes and has_version


def steps(node: EdgeNode, observed: Observed, config: Config, now: datetime) -> Iterator[Step]:
    """Yield what is to be done about a station's credentials, at most one step."""
    kept = observed.leaf_secret
    if observed.node is None:
        return
    is_out = observed.enrolment is not None and observed.enrolment.state is EnrolmentState.REVOKED
    if not is_wanted(node, config) or is_out:
        if kept is not None:
            # They were turned out with the node, or speak for a leaf server that is no more.
            yield Delete(SECRET, key_of(kept.observed), uid_of(kept.observed))
        return
    meant = speaks_for(node.place, observed.gateways)
    enrolled = enrol_time(observed) or ("" if kept is None else kept.enrolled)
    is_due = kept is None or kept.renew_time is None or kept.renew_time <= now
    if kept is None or is_due or (kept.enrolled and kept.enrolled != enrolled):
        yield IssueLeaf(node.key.name, meant, enrolled)
    elif (kept.speaks_for, kept.enrolled) != (meant, enrolled):
        yield IssueLeaf(node.key.name, meant, enrolled, keeps_key=True)


def enrol_time(observed: Observed) -> str:
    """Return when the station's device enrolled, to the microsecond; empty when none is known."""
    since = observed.enrolment.since if observed.enrolment else None
    return "" if since is None else since.isoformat()


def look_again(observed: Observed, now: datetime) -> datetime | None:
    """Return when the credentials are to be looked at."""
    if observed.leaf_secret is None:
        return None
    return min(observed.leaf_secret.renew_time or now, now + LOOK_AGAIN)
