"""How an EdgeNode goes: shares end, children go, its device is turned out, it is let go. Pure.

A volume waits for its pod by a finalizer of Kubernetes' own, so only Deployments are waited for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from operators.edgenode.api import ESCAPE, FINALIZER, EdgeNode
from operators.edgenode.model import Decision, Observed, Remove, Step
from operators.edgenode.said import is_taken, status_of
from operators.kube.actions import Delete, Emit, EventType, WriteFinalizers, without_finalizer
from operators.kube.conditions import Condition, Status, timestamp
from operators.kube.kinds import DEPLOYMENT, EDGE_NODE, Object, key_of, kind_of, uid_of

LOOK_AGAIN: Final = timedelta(seconds=30)


def leave(node: EdgeNode, observed: Observed, current: Object, now: datetime) -> Decision:
    """Return what is to be done first, and what it waits for."""
    remaining = without_finalizer(current, FINALIZER)
    if remaining is None:
        return Decision()  # it waits for somebody else's finalizer
    let_go = WriteFinalizers(EDGE_NODE, current, remaining)
    if node.escape:
        told = Emit(
            EDGE_NODE,
            current,
            EventType.WARNING,
            "Abandoned",
            "Delete",
            f"let go without being drained: {node.escape}. If the fleet service could not be"
            f" reached, its credentials are good still: `tianfu nodes revoke {node.key.name}`",
            node.uid,
        )
        return Decision((*_clear(observed), *_remove(node, observed, ()), told, let_go))
    waits = _waits(node, observed, now)
    if waits is None:
        steps = (*_clear(observed), *_remove(node, observed, _pods(observed)))
        if steps:
            return Decision(steps)
        if not _pods(observed):
            return Decision((let_go,))
        waits = ("Leaving", "its pod is being stopped")
    return _stay(node, observed, current, *waits, now)


def _waits(node: EdgeNode, observed: Observed, now: datetime) -> tuple[str, str] | None:
    """Return what has to happen before anything of it is taken away, as (reason, message)."""
    escape = f"kubectl annotate edgenode {node.key.name} -n {node.key.namespace} {ESCAPE}=REASON"
    if observed.shares_end is not None and observed.shares_end > now:
        until = timestamp(observed.shares_end)
        return "Draining", (
            f"claims hold shares on it until {until} at the latest; to let it go now: `{escape}`"
        )
    if observed.trouble:
        return "FleetUnavailable", (
            f"{observed.trouble}; its credentials are to be revoked first. If that can't be:"
            f" `{escape}`"
        )
    return None


def _pods(observed: Observed) -> tuple[Object, ...]:
    return tuple(one for one in observed.children.values() if kind_of(one) == DEPLOYMENT)


def _clear(observed: Observed) -> Iterator[Step]:
    gone = [*observed.children.values()]
    if observed.secret is not None:
        gone.append(observed.secret.observed)
    if observed.leaf_secret is not None:
        gone.append(observed.leaf_secret.observed)
    for one in gone:
        if "deletionTimestamp" not in one["metadata"]:
            yield Delete(kind_of(one), key_of(one), uid_of(one))


def _remove(node: EdgeNode, observed: Observed, pods: Sequence[Object]) -> Iterator[Step]:
    # The agent stops before its credentials do, so that it sends what it can.
    if observed.node is not None and not is_taken(node, observed) and not pods:
        yield Remove(node.key.name, is_best_effort=bool(node.escape))


def _stay(
    node: EdgeNode, observed: Observed, current: Object, reason: str, message: str, now: datetime
) -> Decision:
    found = (Condition("Ready", Status.FALSE, reason, message),)
    end, soon = observed.shares_end, now + LOOK_AGAIN
    again = end if end is not None and end > now else soon
    return Decision((), status_of(node, observed, current, found, now), (), again)
