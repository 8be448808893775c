"""Where pods go, where Secrets come from, what checkov has against renderings; golden profiles."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.support import charts

GOLDEN: Final = Path(__file__).with_name("golden")
ALL: Final = {
    "backup": {"state": "enabled"},
    "openadr": {"state": "enabled"},
    "gateway": {"autoscaling": {"state": "enabled"}},
    "priorityClasses": {"state": "enabled"},
}
SKIPPED: Final = {
    "CKV_K8S_11": "CPU has no limit: who is throttled misses heartbeats while the machine idles",
    "CKV_K8S_15": "IfNotPresent: tags are versions that never move, and a registry may be away",
    "CKV_K8S_21": "the namespace is the release's, given at installation",
    "CKV_K8S_35": "URLs of databases are settings of the services, which are environment alone",
    "CKV_K8S_43": "digests are the installer's to state (image.digest); none is published yet",
}
"""Checks of checkov that nothing here can or should meet, each with why."""

EXCEPTED: Final = {
    ("CKV_K8S_8", "Pod.default.tianfu-test-ready"): "a test ends by itself",
    ("CKV_K8S_9", "Pod.default.tianfu-test-ready"): "a test ends by itself",
    ("CKV_K8S_38", "Deployment.default.tianfu-operators"): "it speaks to the API server",
    ("CKV_K8S_40", "StatefulSet.default.tianfu-postgresql"): "PostgreSQL's image has its own user",
    ("CKV_K8S_8", "Deployment.default.bs-1-agent"): "an agent serves nothing; heartbeats tell",
    ("CKV_K8S_9", "Deployment.default.bs-1-agent"): "an agent serves nothing; heartbeats tell",
}
"""Findings on one object that are meant, each with why."""


def secrets_of(items: list[dict[str, Any]]) -> set[str]:
    """Return the Secrets that pods mount or have in their environment."""
    found = set()
    for item in items:
        spec = charts.pod_spec(item)
        if spec is None:
            continue
        found |= {v["secret"]["secretName"] for v in spec.get("volumes", ()) if "secret" in v}
        for container in charts.containers(item):
            for one in container.get("env", ()):
                source = one.get("valueFrom", {}).get("secretKeyRef")
                if source is not None:
                    found.add(source["name"])
    return found


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_a_vault_gives_every_secret_that_pods_name(profile: str) -> None:
    wanted = {"externalSecrets": {"state": "enabled"}, **ALL}
    items = charts.render("tianfu", charts.merged(charts.profile(profile), wanted))
    given = {one["spec"]["target"]["name"]: one for one in items if one["kind"] == "ExternalSecret"}
    own = {name for name in secrets_of(items) if name.startswith("tianfu-")}
    # The URL of ClickHouse is the installer's own Secret, whatever its name.
    assert own - {"tianfu-clickhouse"} == given.keys()
    for name, one in given.items():
        assert one["spec"]["target"]["creationPolicy"] == "Orphan"
        # Migrations are hooks with a database of one's own, and wait for theirs.
        early = profile != "minimal" and (name.endswith(("-database", "-admin")))
        assert ("annotations" in one["metadata"]) is early


def test_what_warnings_go_through_stays_longest() -> None:
    items = charts.render("tianfu", ALL)
    classes = {
        one["metadata"]["name"]: one["value"] for one in items if one["kind"] == "PriorityClass"
    }
    assert classes["tianfu-urgent"] > classes["tianfu-standard"] > 0
    placed = {
        item["metadata"]["labels"]["app.kubernetes.io/component"]: charts.pod_spec(item)
        for item in items
        if item["kind"] in {"Deployment", "StatefulSet"}
    }
    urgent = {
        name
        for name, spec in placed.items()
        if spec is not None and spec.get("priorityClassName") == "tianfu-urgent"
    }
    assert urgent == {"nats", "fleet", "disaster-warning"}
    named = charts.render("tianfu", {**ALL, "priorityClassName": "mine"})
    assert "tianfu-urgent" not in json.dumps([charts.pod_spec(one) for one in named])


def test_what_there_are_several_of_is_spread() -> None:
    for item in charts.render("tianfu", charts.profile("ha")):
        spec = charts.pod_spec(item)
        if spec is None or item["spec"].get("replicas", 1) < 2:
            continue
        keys = [one["topologyKey"] for one in spec["topologySpreadConstraints"]]
        assert keys == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Return the leaves of an object by their paths; members of lists by their names."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path}/{key}")
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            name = inner.get("name", number) if isinstance(inner, dict) else number
            yield from flat(inner, f"{path}[{name}]")
    else:
        yield path, value


def leaves(profile: str) -> dict[str, Any]:
    values = charts.profile(profile) if profile else {}
    return {
        f"{item['kind']} {item['metadata']['name']} {path}": value
        for item in charts.render("tianfu", values)
        if item["kind"] != "ConfigMap"  # dashboards
        for path, value in flat(item)
    }


def differences(profile: str) -> dict[str, Any]:
    """Return what a profile changes of what the chart renders by itself."""
    plain, other = leaves(""), leaves(profile)
    whole = {path.rsplit(" ", 1)[0] for path in plain}
    found: dict[str, Any] = {}
    for path in sorted(plain.keys() | other.keys()):
        if plain.get(path) == other.get(path):
            continue
        thing = path.rsplit(" ", 1)[0]
        if thing not in whole:
            found[thing] = "is added"
        elif not any(one.startswith(f"{thing} ") for one in other):
            found[thing] = "is not there"
        else:
            found[path] = other.get(path, "is not there")
    return found


@pytest.mark.parametrize("profile", charts.PROFILES)
def test_a_profile_changes_what_its_golden_file_says(profile: str) -> None:
    """A golden file is what is reviewed when a profile changes; it is written by hand or by
    ``python -m tests.charts.test_production``."""
    golden = yaml.safe_load((GOLDEN / f"{profile}.yaml").read_text(encoding="utf-8"))
    assert differences(profile) == golden


def checked(folder: Path) -> list[dict[str, Any]]:
    """Return what checkov finds in a folder of renderings."""
    command = [sys.executable, "tools/checkers.py", "checkov", "--framework", "kubernetes"]
    command += ["--skip-download", "--quiet", "--compact", "--output", "json"]
    command += ["--skip-check", ",".join(SKIPPED), "--directory", str(folder)]
    done = subprocess.run(
        command, cwd=charts.CHARTS.parent, capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] > 1000
    failed: list[dict[str, Any]] = found["results"]["failed_checks"]
    return failed


@pytest.mark.timeout(900)  # the first time checkov is installed, with a hundred packages
def test_checkov_has_nothing_against_them(tmp_path: Path) -> None:
    edge = {"node": "bs-1", "kubernetesNode": "host-1", "leaf": {"config": "a: b"}}
    profiles = {name: charts.merged(charts.profile(name), ALL) for name in ("minimal", "ha")}
    renderings = {name: charts.render("tianfu", values) for name, values in profiles.items()}
    renderings["operators"] = charts.render("tianfu-operators", {})
    renderings["edge"] = charts.render("tianfu-edge", edge)
    for name, items in renderings.items():
        known = [one for one in items if not one["apiVersion"].startswith("monitoring.coreos")]
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(known), encoding="utf-8")
    found = {(one["check_id"], one["resource"]) for one in checked(tmp_path)}
    assert found == EXCEPTED.keys()


if __name__ == "__main__":
    for _name in charts.PROFILES:
        _text = yaml.safe_dump(differences(_name), width=200)
        (GOLDEN / f"{_name}.yaml").write_text(_text, encoding="utf-8")
