"""Every profile of the chart `tianfu` on a real API server; its namespace wants `restricted`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.support import charts
from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.integration

FOREIGN = {"ServiceMonitor", "PrometheusRule"}
"""Kinds of the Prometheus operator, which is not there."""


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_the_api_server_takes_it(profile: str, cluster: ControlPlane, tmp_path: Path) -> None:
    space = f"chart-{profile}"
    made = cluster.kubectl("create", "namespace", space)
    assert made.status == 0, made.err
    # The controller manager's work, which is not there either.
    account = cluster.kubectl("-n", space, "create", "serviceaccount", "default")
    assert account.status == 0, account.err
    for mode in ("enforce", "warn"):
        label = f"pod-security.kubernetes.io/{mode}=restricted"
        assert cluster.kubectl("label", "namespace", space, label).status == 0
    items = [
        one
        for one in charts.render("tianfu", charts.profile(profile))
        if one["kind"] not in FOREIGN
    ]
    manifests = tmp_path / "all.yaml"
    manifests.write_text(yaml.safe_dump_all(items))
    applied = cluster.kubectl("-n", space, "apply", "--server-side", "-f", str(manifests))
    assert applied.status == 0, applied.err
    # Of pods that are not restricted the server would warn here.
    assert "Warning" not in applied.err
    # What is the same changes nothing: no rolling restart because somebody applied it once more.
    again = cluster.kubectl("-n", space, "apply", "--server-side", "-f", str(manifests))
    assert again.status == 0, again.err
    listed = cluster.kubectl("-n", space, "get", "deployments,statefulsets", "-o", "json")
    generations = {
        one["metadata"]["name"]: one["metadata"]["generation"]
        for one in json.loads(listed.out)["items"]
    }
    assert generations
    assert set(generations.values()) == {1}
