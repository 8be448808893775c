"""The charts as Helm renders them, as objects."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml

CHARTS = Path(__file__).parents[2] / "charts"
PROFILES = ("minimal", "ha", "province")
RELEASE = "tianfu"
NAMESPACE = "tianfu"
HELM_ERROR = 3


def profile(name: str) -> dict[str, Any]:
    """Return the values of a profile."""
    text = (CHARTS / "tianfu" / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, the second's word counting more, as Helm merges files of values."""
    out = dict(first)
    for key, value in second.items():
        old = out.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        out[key] = merged(old, value) if both and isinstance(old, Mapping) else value
    return out


def render(chart: str, values: Mapping[str, Any], release: str = RELEASE) -> list[dict[str, Any]]:
    """Return all objects, those of hooks and tests as well; raise HelmError for wrong values."""
    texts = json.loads(_rendered(chart, json.dumps(values), release))
    return [
        found
        for path, text in sorted(texts.items())
        if path.endswith(".yaml")
        for found in yaml.load_all(text, Loader=yaml.CSafeLoader)
        if found
    ]


@functools.cache
def _rendered(chart: str, values: str, release: str) -> str:
    with _load(chart) as loaded:
        loaded.validate_schema(json.loads(values))
        return json.dumps(loaded.render(json.loads(values), name=release, namespace=NAMESPACE))


def notes(chart: str, values: Mapping[str, Any]) -> str:
    """Return what a person reads after an installation."""
    with _load(chart) as loaded:
        texts = loaded.render(dict(values), name=RELEASE, namespace=NAMESPACE)
    return next(text for path, text in texts.items() if path.endswith("NOTES.txt"))


def default_values(chart: str) -> dict[str, Any]:
    """Return values.yaml."""
    text = (CHARTS / chart / "values.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@functools.cache
def findings(chart: str) -> list[str]:
    """Return what `helm lint --strict` has to say, but for advice."""
    report = helm.lint(str(CHARTS / chart), strict=True)
    return [
        f"{one['path']}: {one['error']}" for one in report["messages"] if one["severity"] > 1
    ] + list(report["errors"] or [])


def containers(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a pod, or of what makes pods."""
    spec = pod_spec(item)
    return [] if spec is None else [*spec.get("initContainers", ()), *spec["containers"]]


def pod_spec(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the pod within an object, None when there is none."""
    if item["kind"] == "Pod":
        return dict(item["spec"])
    if item["kind"] == "CronJob":
        return dict(item["spec"]["jobTemplate"]["spec"]["template"]["spec"])
    if item["kind"] in {"Deployment", "StatefulSet", "DaemonSet", "Job"}:
        return dict(item["spec"]["template"]["spec"])
    return None


def _load(chart: str) -> helm.Chart:
    return helm.Chart.load(str(CHARTS / chart))
