"""Every chart on a real API server; the namespaces want `restricted`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.test_edge import MATRIX as STATIONS
from tests.charts.test_operators import OPTIONS as OPERATORS
from tests.charts.test_rendering import OPTIONS
from tests.support import charts
from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.integration

FOREIGN = {"ServiceMonitor", "PrometheusRule", "ExternalSecret"}
"""Kinds of the Prometheus operator and of External Secrets, which are not there."""

EDGE = {"node": "bs-1", "kubernetesNode": "host-1"}
OTHERS = {
    "tianfu-operators": OPERATORS,
    "tianfu-edge": {name: charts.merged(EDGE, values) for name, (values, _) in STATIONS.items()},
}


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_the_api_server_takes_it(profile: str, cluster: ControlPlane, tmp_path: Path) -> None:
    space = restricted(cluster, f"chart-{profile}")
    items = charts.render("tianfu", charts.profile(profile))
    apply(cluster, space, items, tmp_path)
    # What is the same changes nothing: no rolling restart because somebody applied it once more.
    apply(cluster, space, items, tmp_path)
    listed = cluster.kubectl("-n", space, "get", "deployments,statefulsets", "-o", "json")
    generations = {
        one["metadata"]["name"]: one["metadata"]["generation"]
        for one in json.loads(listed.out)["items"]
    }
    assert generations
    assert set(generations.values()) == {1}


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_the_api_server_takes_every_option(
    profile: str, cluster: ControlPlane, tmp_path: Path
) -> None:
    """Each object that some option makes of a profile, once, without being kept."""
    space = restricted(cluster, f"options-{profile}")
    # The installer's own, which an option names; a pod of an unknown class is refused.
    named = OPTIONS["placed"]["priorityClassName"]
    own = tmp_path / "class.yaml"
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass"}
    own.write_text(yaml.safe_dump({**kind, "metadata": {"name": named}, "value": 1000}))
    assert cluster.kubectl("apply", "--server-side", "-f", str(own)).status == 0
    found: dict[str, dict[str, Any]] = {}
    for options in OPTIONS.values():
        for item in charts.render("tianfu", charts.merged(charts.profile(profile), options)):
            found[json.dumps(item, sort_keys=True)] = item
    apply(cluster, space, list(found.values()), tmp_path, "--dry-run=server")


@pytest.mark.parametrize(
    ("chart", "option"), [(chart, option) for chart in OTHERS for option in OTHERS[chart]]
)
def test_the_api_server_takes_operators_and_stations(
    chart: str, option: str, cluster: ControlPlane, tmp_path: Path
) -> None:
    space = restricted(cluster, f"{chart}-{option}")
    apply(cluster, space, charts.render(chart, OTHERS[chart][option]), tmp_path, "--dry-run=server")


def restricted(cluster: ControlPlane, space: str) -> str:
    """Make a namespace that refuses pods which are not restricted, and warns of them; return it."""
    made = cluster.kubectl("create", "namespace", space)
    assert made.status == 0, made.err
    # The controller manager's work, which is not there either.
    account = cluster.kubectl("-n", space, "create", "serviceaccount", "default")
    assert account.status == 0, account.err
    for mode in ("enforce", "warn"):
        label = f"pod-security.kubernetes.io/{mode}=restricted"
        assert cluster.kubectl("label", "namespace", space, label).status == 0
    return space


def apply(
    cluster: ControlPlane, space: str, items: list[dict[str, Any]], folder: Path, *options: str
) -> None:
    """Apply objects by server-side apply; fail for what is refused, or that a pod is warned of."""
    known = [one for one in items if one["kind"] not in FOREIGN]
    for one in known:
        if one["metadata"].get("namespace") == charts.NAMESPACE:
            one["metadata"]["namespace"] = space
    manifests = folder / "all.yaml"
    manifests.write_text(yaml.safe_dump_all(known))
    applied = cluster.kubectl(
        *("-n", space, "apply", "--server-side", *options, "-f", str(manifests))
    )
    assert applied.status == 0, applied.err
    # Of pods that are not restricted the server would warn here.
    assert "Warning" not in applied.err
