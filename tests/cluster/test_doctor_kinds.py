"""The doctor on the kinds of a real cluster."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.doctor_kinds import UPGRADE, compared, installed, of_kinds
from tests.support.control_plane import ControlPlane
from tools.kube import must

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

NAME = "kites.doctor.example"


@pytest.fixture
def by_kubectl(cluster: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> ControlPlane:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("HOME", str(cluster.folder))
    monkeypatch.setenv("PATH", f"{cluster.binaries}:/usr/bin:/bin")
    return cluster


def kite(storage: str, *served: str) -> dict[str, Any]:
    """Return a kind of nobody's, of which one version is stored."""
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {"m": {"type": "integer"}}}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": "doctor.example",
            "scope": "Namespaced",
            "names": {"plural": "kites", "kind": "Kite"},
            "versions": [
                {
                    "name": each,
                    "served": True,
                    "storage": each == storage,
                    "schema": {"openAPIV3Schema": schema},
                }
                for each in served
            ],
        },
    }


def test_kinds_of_this_release_are_well(by_kubectl: ControlPlane, tmp_path: Path) -> None:
    """Nothing that an API server fills in is taken for another release's."""
    found = of_kinds()
    assert [(each.ok, each.found) for each in found] == [(True, "v1alpha1, of this release")] * 4

    (tmp_path / "kites.yaml").write_text(yaml.safe_dump(kite("v1", "v1")), encoding="utf-8")
    (lacking,) = of_kinds(tmp_path)
    assert (lacking.ok, lacking.fix) == (False, UPGRADE)


def test_what_is_kept_of_an_earlier_version_is_written_anew_by_the_remedy(
    by_kubectl: ControlPlane,
) -> None:
    must(by_kubectl, "apply", "-f", "-", stdin=json.dumps(kite("v1alpha1", "v1alpha1")))
    try:
        must(by_kubectl, "wait", "--for=condition=Established", f"crd/{NAME}", "--timeout=60s")
        wanted = kite("v1", "v1alpha1", "v1")
        # Of a kind without objects.
        must(by_kubectl, "apply", "-f", "-", stdin=json.dumps(wanted))
        found = compared(wanted, installed()[NAME])
        assert found.found == "kept as v1alpha1 too"
        subprocess.run(["/bin/sh", "-c", found.fix], check=True, timeout=60)
        assert compared(wanted, installed()[NAME]).ok
        # And of one with some.
        must(by_kubectl, "apply", "-f", "-", stdin=json.dumps(kite("v1alpha1", "v1alpha1", "v1")))
        made = {"apiVersion": "doctor.example/v1alpha1", "kind": "Kite", "spec": {"m": 3}}
        made["metadata"] = {"name": "one", "namespace": "default"}
        must(by_kubectl, "create", "-f", "-", stdin=json.dumps(made))
        must(by_kubectl, "apply", "-f", "-", stdin=json.dumps(wanted))
        found = compared(wanted, installed()[NAME])
        assert found.found == "kept as v1alpha1 too"

        subprocess.run(["/bin/sh", "-c", found.fix], check=True, timeout=60)

        assert compared(wanted, installed()[NAME]).ok
    finally:
        by_kubectl.kubectl("delete", "crd", NAME, "--wait=false")
