"""The chart of one base station: what it renders is what the operators make of an EdgeNode."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest

from operators.edgenode.api import parse
from operators.edgenode.children import NODE_LABEL, Config, children
from tests.support import charts
from tianfu.nats_config import STATION_NAME

LEAF = f'server_name: {STATION_NAME}\nlisten: "0.0.0.0:4222"\nname: "of {STATION_NAME}"\n'
NODE = "bs-513221-7"
VALUES: dict[str, Any] = {"node": NODE, "kubernetesNode": "host-7"}
CONFIG = Config({"Stable": "0.1.0"}, agent_image="tianfu/edge", leaf_image="nats:2.15.1-alpine")
MATRIX: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "leaf": ({"leaf": {"config": LEAF}}, {"leaf_config": LEAF}),
    "disk": (
        {"storage": "20Gi", "storageClass": "local"},
        {"storage": "20Gi", "storage_class": "local"},
    ),
    "network": (
        {"network": {"hubPorts": [443], "deviceNetworks": ["192.0.2.0/24"]}},
        {"hub_ports": (443,), "device_networks": ("192.0.2.0/24",)},
    ),
    "no-devices": ({"network": {"deviceNetworks": []}}, {"device_networks": ()}),
    "images": (
        {"image": {"registry": "r.example/t", "tag": "0.1.0"}, "leaf": {"image": "r.example/n:1"}},
        {"agent_image": "r.example/t/edge", "leaf_image": "r.example/n:1"},
    ),
}
STATION = parse(
    {
        "apiVersion": "edge.tianfu.dev/v1alpha1",
        "kind": "EdgeNode",
        "metadata": {"name": NODE, "namespace": charts.NAMESPACE, "uid": "u-1"},
        "spec": {
            "class": "BaseStation",
            "place": "513221",
            "baseStation": {"gnbId": 7},
            "runtime": {"type": "Kubernetes", "kubernetes": {"nodeName": "host-7"}},
        },
    }
)


def essence(item: Any) -> dict[str, Any]:
    """Return an object without what says whose it is: labels of the maker, owner, annotations."""
    found: dict[str, Any] = json.loads(json.dumps(item))
    metadata = found.pop("metadata")
    found["name"] = metadata["name"]
    found["node"] = metadata["labels"][NODE_LABEL]
    template = found.get("spec", {}).get("template")
    if template is not None:
        template["metadata"]["labels"] = {NODE_LABEL: template["metadata"]["labels"][NODE_LABEL]}
    return found


@pytest.mark.parametrize("name", MATRIX)
def test_it_is_what_the_operators_make(name: str) -> None:
    values, config = MATRIX[name]
    rendered = charts.render("tianfu-edge", charts.merged(VALUES, values))
    made = children(STATION, replace(CONFIG, **config))

    by_kind = {item["kind"]: essence(item) for item in rendered}
    assert len(by_kind) == len(rendered)
    assert by_kind == {item["kind"]: essence(item) for item in made}


@pytest.mark.parametrize("name", MATRIX)
def test_objects_are_valid(name: str) -> None:
    values, _ = MATRIX[name]
    for item in charts.render("tianfu-edge", charts.merged(VALUES, values)):
        kubernetes_validate.validate(json.loads(json.dumps(item)), "1.36", strict=True)
        assert item["metadata"]["labels"]["app.kubernetes.io/part-of"] == "tianfu"


def test_an_operator_leaves_it_alone() -> None:
    """Its maker is Helm: operators that know the same node do not take it for theirs."""
    for item in charts.render("tianfu-edge", VALUES):
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"


def test_the_key_of_a_node_outlives_its_release() -> None:
    [claim] = [
        item
        for item in charts.render("tianfu-edge", VALUES)
        if item["kind"] == "PersistentVolumeClaim"
    ]
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        pytest.param({"node": "Not A Node"}, "node", id="name"),
        pytest.param({"node": "n" * 60}, "node", id="long"),
        pytest.param({"kubernetesNode": ""}, "kubernetesNode", id="nowhere"),
        pytest.param({"storage": "4"}, "storage", id="bytes"),
        pytest.param({"network": {"hubPorts": []}}, "hubPorts", id="no-port"),
        pytest.param({"leaff": {}}, "leaff", id="misspelt"),
    ],
)
def test_wrong_values_are_refused_by_name(wrong: dict[str, Any], where: str) -> None:
    with pytest.raises(helm.HelmError, match=where):
        charts.render("tianfu-edge", charts.merged(VALUES, wrong))


def test_notes_say_how_it_joins() -> None:
    text = charts.notes("tianfu-edge", VALUES)
    assert f"tianfu nodes enrol {NODE}" in text
    assert f"{NODE}-enrolment" in text
    assert "station.creds" not in text
    assert "station.creds" in charts.notes("tianfu-edge", {**VALUES, "leaf": {"config": LEAF}})
