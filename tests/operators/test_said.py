"""What the fleet service is told of EdgeApps, pools and claims, and what is written for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import protovalidate
import pytest
import yaml

from operators.fleet.said import patch_of, pool_of, rollout_of
from operators.kube.kinds import Key
from tianfu.fleet.v1 import control_plane_pb2 as pb

MANIFESTS = Path(__file__).parents[2] / "examples" / "manifests"
SINCE = "2026-11-30T08:00:00Z"


def manifests(file: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((MANIFESTS / file).read_text(encoding="utf-8")))


def condition(kind: str, status: str, reason: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": reason, "lastTransitionTime": SINCE}


def test_a_rollout_says_where_it_stands() -> None:
    (app,) = manifests("apps.yaml")
    app["metadata"]["annotations"] = {"edge.tianfu.dev/back-to": "aaaa"}
    app["spec"]["rollout"]["progress"] = "Paused"
    app["status"] = {
        "revision": "bbbb",
        "stableRevision": "aaaa",
        "desired": 4,
        "ready": 1,
        "offline": 2,
        "conditions": [condition("Progressing", "False", "Paused")],
        "history": [{"revision": "bbbb", "number": 2, "template": "{}"}],
    }
    made = rollout_of(Key("default", "site-watch"), app)
    protovalidate.validate(made)
    assert made.name == "namespaces/default/rollouts/site-watch"
    assert (made.artifact, list(made.steps)) == ("site-watch 1.0.0", [25, 100])
    assert (made.progress, made.wanted_revision) == (pb.ROLLOUT_PROGRESS_PAUSED, "aaaa")
    assert (made.desired, made.ready, made.offline) == (4, 1, 2)
    assert [(c.type, c.reason) for c in made.conditions] == [("Progressing", "Paused")]


def test_a_new_app_of_which_nothing_is_said_yet() -> None:
    (app,) = manifests("apps.yaml")
    made = rollout_of(Key("default", "site-watch"), app)
    protovalidate.validate(made)
    assert (made.progress, made.revision) == (pb.ROLLOUT_PROGRESS_RUNNING, "")


def test_a_pool_says_who_has_borrows_and_waits_and_those_that_wait_come_first() -> None:
    pool, *claims = [one for one in manifests("capacity.yaml") if _is_of_wenchuan(one)]
    cpu = [{"name": "cpu", "quantity": "10"}]
    pool["status"] = {
        "granted": 1,
        "pending": 1,
        "tenants": [
            {"name": "energy", "used": cpu, "borrowed": [{"name": "cpu", "quantity": "2"}]}
        ],
    }
    claims[0]["status"] = {
        "share": {"id": "s-1", "amounts": cpu, "leaseEndTime": SINCE},
        "conditions": [condition("Granted", "True", "Borrowed")],
    }
    claims[1]["status"] = {"conditions": [condition("Pending", "True", "NoCapacity")]}
    made = pool_of(Key("default", "wenchuan"), pool, claims)
    protovalidate.validate(made)
    assert {one.tenant: dict(one.borrowed) for one in made.tenants} == {
        "energy": {"cpu": "2"},
        "health": {},
        "warning": {},
    }
    assert dict(made.tenants[0].borrowing_limit) == {"cpu": "4"}
    assert [(one.claim, one.share_id) for one in made.claims] == [
        ("ward-video", ""),
        ("forecast", "s-1"),
    ]
    assert made.claims[0].conditions[0].reason == "NoCapacity"


def test_of_very_many_claims_it_says_how_many_are_left_out() -> None:
    pool, claim, *_ = manifests("capacity.yaml")
    many = [{**claim, "metadata": {"name": f"claim-{n}"}} for n in range(510)]
    made = pool_of(Key("default", "wenchuan"), pool, many)
    protovalidate.validate(made)
    assert (len(made.claims), made.claims_left_out) == (500, 10)


@pytest.mark.parametrize(
    ("action", "progress", "back_to"),
    [
        pytest.param(pb.ROLLOUT_ACTION_PAUSE, "Paused", "left", id="pause"),
        pytest.param(pb.ROLLOUT_ACTION_RESUME, "Running", None, id="resume"),
        pytest.param(pb.ROLLOUT_ACTION_ROLL_BACK, "Running", "old", id="roll-back"),
    ],
)
def test_what_is_wanted_is_what_kubectl_tianfu_writes(
    action: pb.RolloutAction, progress: str, back_to: str | None
) -> None:
    patch = patch_of(pb.Steering(action=action, revision="old"))
    assert patch["spec"] == {"rollout": {"progress": progress}}
    annotations = patch.get("metadata", {}).get("annotations", {"edge.tianfu.dev/back-to": "left"})
    assert annotations == {"edge.tianfu.dev/back-to": back_to}


def _is_of_wenchuan(one: dict[str, Any]) -> bool:
    return "wenchuan" in {one["metadata"]["name"], one["spec"].get("pool")}
