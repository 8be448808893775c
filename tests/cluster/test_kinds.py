"""The four kinds on a real API server: each rule takes what it should, and says why it refuses."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.control_plane import CRDS, KINDS, Answer, ControlPlane

# The first run on a machine may build the API server, if `make test` has not.
pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]
EXAMPLES = Path(__file__).parents[2] / "examples" / "operators"
SHOWN = {
    one["metadata"]["name"]: one
    for path in sorted(EXAMPLES.glob("*.yaml"))
    for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
}
GATEWAY, STATION = "gw-qingyang-1", "bs-wenchuan-7"
APP, POOL, CLAIM = "vitals-filter", "wenchuan", "ward-video"
GONE = object()


def changed(name: str, **changes: Any) -> dict[str, Any]:
    """Return an example with fields of its spec, by dotted path, set or removed."""
    manifest: dict[str, Any] = copy.deepcopy(SHOWN[name])
    for path, value in changes.items():
        *parents, last = path.split("__")
        at: Any = manifest["spec"]
        for step in parents:
            at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
        if value is GONE:
            del at[last]
        else:
            at[last] = value
    return manifest


def one(name: str, amount: str) -> dict[str, str]:
    return {"name": name, "quantity": amount}


# What is refused on being made: (part of the message, example, change).
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("baseStation.gnbId is needed for class BaseStation", STATION, {"baseStation": GONE}),
    ("baseStation.gnbId is needed", GATEWAY, {"baseStation": {"gnbId": 1}}),
    ("gateway.model is needed for class Gateway", GATEWAY, {"gateway": GONE}),
    ("gateway.model is needed", STATION, {"gateway": {"model": "Pi"}}),
    ("kubernetes.nodeName is needed for runtime", STATION, {"runtime__kubernetes": GONE}),
    ("kubernetes.nodeName is needed", GATEWAY, {"runtime__kubernetes": {"nodeName": "n"}}),
    ("standalone must be left out", STATION, {"runtime__standalone": {}}),
    ("image.reference is needed for artifact", APP, {"artifact__type": "Image"}),
    ("wheel is needed for artifact type Wheel", APP, {"artifact__wheel": GONE}),
    (
        "settings that begin with TIANFU_",
        APP,
        {"settings": [{"name": "TIANFU_X", "value": "1"}]},
    ),
    ("the last of rollout.steps must be 100", APP, {"rollout__steps": [5, 25]}),
    ("the last of rollout.steps must be 100", APP, {"rollout__steps": []}),
    ("rollout.steps must rise", APP, {"rollout__steps": [25, 5, 100]}),
    ("rollout.steps must rise", APP, {"rollout__steps": [5, 5, 100]}),
    ("selector must state labels", APP, {"selector": {}}),
    (
        "healthCheck looks at httpPort or at touchedWithin",
        APP,
        {"healthCheck": {"httpPort": 8080, "touchedWithin": "10s"}},
    ),
    ("a tenant's nominal names a resource", POOL, {"tenants__0__nominal": [one("gpu", "1")]}),
    (
        "a tenant's borrowingLimit names a resource",
        POOL,
        {"tenants__0__borrowingLimit": [one("gpu", "1")]},
    ),
    (
        "a tenant's lendingLimit names a resource",
        POOL,
        {"tenants__1__lendingLimit": [one("gpu", "1")]},
    ),
    ("spec.place", GATEWAY, {"place": "5101"}),
    ("spec.amounts", CLAIM, {"amounts": []}),
    ("spec.amounts[0].quantity", CLAIM, {"amounts": [one("cpu", "-1")]}),
    ("spec.scheduling", GATEWAY, {"scheduling": "Closed"}),
    ("unknown field", GATEWAY, {"palce": "510105"}),
]

# What each rule lets pass, at its edge: (part of the message it would have, example, change).
TAKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("baseStation.gnbId is needed for class BaseStation", STATION, {"baseStation": {"gnbId": 0}}),
    ("gateway.model is needed for class Gateway", GATEWAY, {"gateway": {"model": "P"}}),
    ("kubernetes.nodeName is needed", STATION, {"runtime__kubernetes": {"nodeName": "n"}}),
    ("standalone must be left out", GATEWAY, {"runtime__standalone": {"tokenTimeToLive": "60s"}}),
    (
        "image.reference is needed for artifact",
        APP,
        {
            "artifact": {
                "type": "Image",
                "image": {"reference": "registry.example/vitals@sha256:" + "0" * 64},
            }
        },
    ),
    ("wheel is needed for artifact type Wheel", APP, {"artifact__type": "Wheel"}),
    ("settings that begin with TIANFU_", APP, {"settings": [{"name": "MY_TIANFU_", "value": ""}]}),
    ("the last of rollout.steps must be 100", APP, {"rollout__steps": [100]}),
    ("rollout.steps must rise", APP, {"rollout__steps": [1, 99, 100]}),
    ("selector must state labels", APP, {"selector": {"places": ["51"]}}),
    ("healthCheck looks at httpPort", APP, {"healthCheck": {"touchedWithin": "10s"}}),
    ("a tenant's nominal names", POOL, {"tenants__0__nominal": [one("cpu", "0")]}),
    ("a tenant's borrowingLimit names", POOL, {"tenants__0__borrowingLimit": [one("cpu", "0")]}),
    ("a tenant's lendingLimit names", POOL, {"tenants__1__lendingLimit": [one("cpu", "0")]}),
]

# What can't be changed: (part of the message, example, change).
FIXED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "class can not be changed",
        GATEWAY,
        {"class": "BaseStation", "gateway": GONE, "baseStation": {"gnbId": 1}},
    ),
    (
        "runtime.type can not be changed",
        GATEWAY,
        {"runtime": {"type": "Kubernetes", "kubernetes": {"nodeName": "n"}}},
    ),
    ("tenant can not be changed", APP, {"tenant": "energy"}),
    ("pool can not be changed", CLAIM, {"pool": "other"}),
    ("tenant can not be changed", CLAIM, {"tenant": "energy"}),
    ("nodeName can not be changed", CLAIM, {"nodeName": "gw-1"}),
]


def made_anew(cluster: ControlPlane, manifest: Any) -> Answer:
    return cluster.kubectl(
        "create", "--dry-run=server", "-f", "-", stdin=json.dumps(with_name(manifest, "made-anew"))
    )


def with_name(manifest: Any, name: str) -> dict[str, Any]:
    return {**manifest, "metadata": {"name": name, "namespace": "default"}}


@pytest.mark.parametrize("name", SHOWN)
def test_the_examples_are_taken(cluster: ControlPlane, name: str) -> None:
    answer = made_anew(cluster, SHOWN[name])

    assert (answer.status, answer.err) == (0, "")


@pytest.mark.parametrize(("message", "name", "changes"), REFUSED)
def test_what_is_wrong_is_refused_with_field_and_remedy(
    cluster: ControlPlane, message: str, name: str, changes: Any
) -> None:
    answer = made_anew(cluster, changed(name, **changes))

    assert answer.status != 0
    assert message in answer.err


@pytest.mark.parametrize(("message", "name", "changes"), TAKEN)
def test_what_is_right_at_a_rule_s_edge_is_taken(
    cluster: ControlPlane, message: str, name: str, changes: Any
) -> None:
    answer = made_anew(cluster, changed(name, **changes))

    assert (answer.status, answer.err) == (0, ""), message


@pytest.mark.parametrize(("message", "name", "changes"), FIXED)
def test_what_stays_as_it_is_is_taken_again(
    cluster: ControlPlane, message: str, name: str, changes: Any
) -> None:
    """The accepting case of rules about changes: applied again with the field stated, unchanged."""
    stored = with_name(SHOWN[name], f"same-{name}")
    assert cluster.apply(stored).status == 0
    stored["metadata"] = {**stored["metadata"], "labels": {"again": "yes"}}
    answer = cluster.apply(stored)

    assert (answer.status, answer.err) == (0, ""), message
    assert set(changes)


@pytest.mark.parametrize(("message", "name", "changes"), FIXED)
def test_what_can_not_be_changed_is_refused(
    cluster: ControlPlane, message: str, name: str, changes: Any
) -> None:
    stored = with_name(SHOWN[name], f"fixed-{name}")
    assert cluster.apply(stored).status == 0
    answer = cluster.apply(with_name(changed(name, **changes), f"fixed-{name}"))

    assert answer.status != 0
    assert message in answer.err


@pytest.mark.parametrize("name", [GATEWAY, STATION, APP, POOL, CLAIM])
def test_what_can_be_changed_is_taken(cluster: ControlPlane, name: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        GATEWAY: {"scheduling": "Draining"},
        STATION: {"place": "513222"},
        APP: {
            "rollout__progress": "Paused",
            "rollout__steps": [100],
            "healthCheck": {"httpPort": 8080},
        },
        POOL: {"leaseDuration": "5m"},
        CLAIM: {"priority": 7},
    }
    assert cluster.apply(with_name(SHOWN[name], f"free-{name}")).status == 0
    answer = cluster.apply(with_name(changed(name, **changes[name]), f"free-{name}"))

    assert (answer.status, answer.err) == (0, "")


def test_every_rule_has_a_case_that_refuses_and_one_that_takes() -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(CRDS.glob("*.yaml"))]
    rules: set[str] = set()
    for text in texts:
        gather(yaml.safe_load(text), rules)
    for cases in ([*REFUSED, *FIXED], [*TAKEN, *FIXED]):
        told = [message for message, _name, _changes in cases]
        assert [r for r in rules if not any(case in r or r in case for case in told)] == []


def gather(node: Any, messages: set[str]) -> None:
    if isinstance(node, dict):
        messages |= {rule["message"] for rule in node.get("x-kubernetes-validations", [])}
        for child in node.values():
            gather(child, messages)
    elif isinstance(node, list):
        for child in node:
            gather(child, messages)


def test_defaults_are_filled_in(cluster: ControlPlane) -> None:
    assert cluster.apply(with_name(SHOWN[CLAIM], "defaults")).status == 0
    app = changed(APP, rollout=GONE)
    assert cluster.apply(with_name(app, "defaults")).status == 0

    assert cluster.get("edgeapp", "defaults")["spec"]["rollout"] == {
        "progress": "Running",
        "maxUnavailable": 1,
        "healthWindow": "2m",
        "onFailure": "RollBack",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_explain_says_something_of_every_field(cluster: ControlPlane, kind: str) -> None:
    answer = cluster.kubectl(
        "explain", kind, "--recursive", "--api-version=edge.tianfu.dev/v1alpha1"
    )

    assert answer.status == 0, answer.err
    assert "<no description>" not in answer.out
    assert re.search(r"conditions\s+<\[\]Object>", answer.out)


def test_the_kinds_are_one_category_with_short_names(cluster: ControlPlane) -> None:
    assert cluster.kubectl("get", "tianfu").status == 0
    for short in ("en", "ea", "cpool", "cclaim"):
        assert cluster.kubectl("get", short).status == 0
