"""Rules of the local platform: the first gateway judges its river's stage by itself.

What the rule does is written into the agent's log, and sent as an urgent reading, alarm.river-1:
`tianfu node-rules list --node jinjiang-1` shows what the node says of its rules.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from cli import node_rule_file
from cli.connection import DEADLINE_S, Metadata
from cli.failures import Failure
from cli.local import credentials
from cli.local.folder import Folder
from cli.node_rules import signer
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb
from tianfu.subjects import NodeId

OUTPUT: Final = "siren-lamp"
SET: Final[dict[str, Any]] = {
    "name": "river",
    "version": 1,
    "valid_from": datetime.fromisoformat("2026-01-01T00:00:00+08:00"),
    "source": "made up, as the river is: an example",
    "verified": False,
    "rule": [
        {
            "name": "high",
            "condition": "stage >= 10.5",
            "input": [{"name": "stage", "series": "river-1.stage", "age_max_s": 180}],
            "action": [
                {"series": "alarm.river-1", "value": 1},
                {"output": OUTPUT, "position": "on"},
            ],
        }
    ],
}


def agent_lines(key: str) -> list[str]:
    """Return the settings of the gateway's rules: a lamp that writes down what it is told."""
    return [
        "",
        "[rules]",
        f'key = "{key}"',
        "[[rules.output]]",
        f'name = "{OUTPUT}"',
        'kind = "log"',
    ]


async def publish(fleet: Any, metadata: Metadata, folder: Folder, node: NodeId) -> None:
    """Put the rules into the gateway's plan, unless it has some of that name, perhaps newer ones.

    ``fleet`` is a stub of its service.
    """
    name = f"nodes/{node}/plan"
    plan = await fleet.GetNodePlan(
        service_pb.GetNodePlanRequest(name=name), timeout=DEADLINE_S, metadata=metadata
    )
    if any(each.name == SET["name"] for each in plan.rule_sets):
        return
    credentials.rules_key(folder)
    pair = signer(credentials.rules_seed_file(folder))
    signed = node_rule_file.signed(node_rule_file.of_table(SET), pair)
    patch = service_pb.NodePlanPatch(name=name, rule_sets=[signed])
    answer = await fleet.PatchNodePlans(
        service_pb.PatchNodePlansRequest(patches=[patch]), timeout=DEADLINE_S, metadata=metadata
    )
    if answer.outcomes[0].reason:
        raise Failure(answer.outcomes[0].reason, answer.outcomes[0].message)
