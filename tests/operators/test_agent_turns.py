"""Whose agent is being replaced, and who waits for its turn."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from operators.edgenode.api import parse
from operators.edgenode.children import children
from operators.edgenode.handlers import turning
from operators.edgenode.model import Observed, Workload
from operators.edgenode.plan import conditions
from operators.fleet.model import Presence
from operators.kube.actions import Apply
from tests.operators.test_edge_node_plan import (
    CONFIG,
    STATION,
    changed,
    decided,
    fleet_node,
    leaf_secret,
)

UP = {"type": "Progressing", "reason": "NewReplicaSetAvailable"}


@pytest.mark.parametrize(
    ("generation", "status", "is_turning"),
    [
        pytest.param(1, {}, False, id="its-first-pod-replaces-none"),
        pytest.param(2, {"observedGeneration": 1, "availableReplicas": 1}, True, id="not-seen-yet"),
        pytest.param(
            2,
            {"observedGeneration": 2, "availableReplicas": 1, "conditions": [UP]},
            True,
            id="the-old-pod-is-up",
        ),
        pytest.param(2, {"observedGeneration": 2, "updatedReplicas": 1}, True, id="coming"),
        pytest.param(
            2,
            {"observedGeneration": 2, "updatedReplicas": 1, "availableReplicas": 1},
            False,
            id="back",
        ),
        pytest.param(
            2,
            {"observedGeneration": 2, "updatedReplicas": 1, "conditions": [UP]},
            False,
            id="its-host-is-lost",
        ),
        pytest.param(
            2,
            {
                "observedGeneration": 2,
                "updatedReplicas": 1,
                "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}],
            },
            True,
            id="never-came-up-and-stops-the-others",
        ),
    ],
)
def test_whose_agent_is_being_replaced(
    generation: int, status: dict[str, Any], is_turning: bool
) -> None:
    one = {"metadata": {"generation": generation}, "status": status}
    assert bool(list(turning(one))) is is_turning


def test_who_waits_for_its_turn_says_so_and_the_rest_goes_on() -> None:
    made = {
        f"{one['kind']}/{one['metadata']['name']}": copy.deepcopy(one)
        for one in children(parse(STATION), CONFIG)
    }
    observed = Observed(
        fleet_node(STATION, Presence.ONLINE, agent_version="0.1.0"),
        children=made,
        leaf_secret=leaf_secret(),
        workload=Workload.AVAILABLE,
        awaits_turn=True,
    )
    newer = changed(STATION, spec__agent={"version": "0.9.0"})
    assert not [one for one in decided(newer, observed).steps if isinstance(one, Apply)]
    assert conditions(parse(newer), observed, CONFIG)[2].reason == "AwaitingTurn"
    # What somebody has edited beside the pod's own template is set back at once.
    made["Deployment/gw-1-agent"]["spec"]["replicas"] = 5
    (step,) = [one for one in decided(STATION, observed).steps if isinstance(one, Apply)]
    assert step.kind.name == "Deployment"
