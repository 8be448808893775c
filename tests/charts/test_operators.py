"""The chart of the operators: valid, restricted, with the rights that are stated in code."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest

from operators import rights
from operators.settings import VARIABLES
from tests.support import charts

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "shards": {"shards": 3, "namespaces": ["chengdu", "mianyang"]},
    "leaf": {"leaf": {"configSecret": "leaf"}, "agent": {"deviceNetworks": ["192.168.0.0/16"]}},
    "placed": {
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "priorityClassName": "warnings",
        "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": ["registry"]},
    },
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_objects_are_valid_and_restricted(options: dict[str, Any]) -> None:
    items = charts.render("tianfu-operators", options)
    for item in items:
        kubernetes_validate.validate(json.loads(json.dumps(item)), "1.36", strict=True)
        spec = charts.pod_spec(item)
        if spec is None:
            continue
        assert spec["securityContext"]["runAsNonRoot"] is True
        [container] = spec["containers"]
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        given = {one["name"] for one in container["env"]}
        assert given <= VARIABLES.keys()
        assert "TIANFU_FLEET_ADDRESS" in given


def test_each_part_of_the_namespaces_has_its_own() -> None:
    deployments = [
        one
        for one in charts.render("tianfu-operators", OPTIONS["shards"])
        if one["kind"] == "Deployment"
    ]
    shards = {
        env["value"]
        for one in deployments
        for env in charts.containers(one)[0]["env"]
        if env["name"] == "TIANFU_SHARD"
    }
    assert shards == {"0/3", "1/3", "2/3"}
    selectors = [json.dumps(one["spec"]["selector"]) for one in deployments]
    assert len(set(selectors)) == 3


def test_rights_are_those_that_are_tried_on_an_api_server() -> None:
    rendered = charts.render("tianfu-operators", {})
    for wanted in rights.manifests(charts.NAMESPACE):
        if wanted["kind"].startswith("MutatingAdmissionPolicy"):
            continue  # only where the server says that it has them
        assert wanted in rendered
    done = subprocess.run(
        [sys.executable, "tools/chart_rights.py", "--check"],
        cwd=charts.CHARTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_wrong_address_is_refused() -> None:
    with pytest.raises(helm.HelmError, match="address"):
        charts.render("tianfu-operators", {"fleet": {"address": "tianfu-fleet"}})
