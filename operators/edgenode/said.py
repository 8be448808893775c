"""A node's status, and whose the node is: what both of its plans ask. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from operators.edgenode.api import EdgeNode
from operators.edgenode.model import Observed
from operators.fleet.model import LABEL_NAMESPACE
from operators.kube import quantity
from operators.kube.conditions import Condition, merge
from operators.kube.kinds import Object


def is_taken(node: EdgeNode, observed: Observed) -> bool:
    """Say whether the node's id belongs to an EdgeNode of another namespace."""
    if observed.node is None:
        return False
    owner = observed.node.registration.label(LABEL_NAMESPACE)
    return owner not in {"", node.key.namespace}


def status_of(
    node: EdgeNode,
    observed: Observed,
    current: Object,
    found: Sequence[Condition],
    now: datetime,
) -> dict[str, object]:
    """Return the status to write: conditions merged, the rest as it is now."""
    former = current.get("status") or {}
    version = observed.node.agent_version if observed.node else ""
    granted = [{"name": name, "quantity": quantity.render(a)} for name, a in observed.granted]
    return {
        "observedGeneration": node.generation,
        "conditions": merge(
            former.get("conditions") or [], found, generation=node.generation, now=now
        ),
        "agentVersion": version or None,
        "granted": granted or None,
    }
