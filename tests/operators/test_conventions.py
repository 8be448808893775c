"""The four kinds keep the Kubernetes API conventions, field by field, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CRDS = Path(__file__).parents[2] / "charts" / "tianfu-crds" / "templates"
KINDS = {
    one["spec"]["names"]["kind"]: one
    for path in sorted(CRDS.glob("*.yaml"))
    for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
}


def root(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = KINDS[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def fields(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from fields(child, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


ALL = [
    pytest.param(path, schema, id=path)
    for kind in KINDS
    for part in ("spec", "status")
    for path, schema in fields(root(kind)["properties"][part], f"{kind}.{part}")
]


def test_there_are_four_kinds() -> None:
    assert sorted(KINDS) == ["CapacityClaim", "CapacityPool", "EdgeApp", "EdgeNode"]


@pytest.mark.parametrize(("path", "schema"), ALL)
def test_every_field_is_described_typed_and_bounded(path: str, schema: dict[str, Any]) -> None:
    assert schema["description"].strip().endswith(".")
    assert schema["type"] in {"object", "array", "string", "integer"}, "no booleans, no floats"
    bounds = {
        "string": {"maxLength"},
        "array": {"maxItems", "x-kubernetes-list-type"},
        "integer": {"minimum", "maximum", "format"},
        "object": {"properties"},
    }
    assert bounds[schema["type"]] <= set(schema)
    assert "additionalProperties" not in schema, "a map has no bound and no keys to explain"
    assert not path.endswith((".phase", ".state.phase"))


@pytest.mark.parametrize(("path", "schema"), ALL)
def test_every_rule_says_what_to_do(path: str, schema: dict[str, Any]) -> None:
    for rule in schema.get("x-kubernetes-validations", []):
        assert len(rule["message"]) > 30, path


@pytest.mark.parametrize("kind", KINDS)
def test_status_is_a_subresource_with_conditions(kind: str) -> None:
    version = KINDS[kind]["spec"]["versions"][0]
    status = root(kind)["properties"]["status"]["properties"]

    assert version["name"] == "v1alpha1"
    assert version["subresources"] == {"status": {}}
    assert status["conditions"]["x-kubernetes-list-map-keys"] == ["type"]
    assert "observedGeneration" in status


@pytest.mark.parametrize("kind", KINDS)
def test_names_category_and_columns(kind: str) -> None:
    spec = KINDS[kind]["spec"]

    assert spec["group"] == "edge.tianfu.dev"
    assert spec["names"]["categories"] == ["tianfu"]
    assert len(spec["names"]["shortNames"]) == 1
    columns = spec["versions"][0]["additionalPrinterColumns"]
    assert columns[-1]["name"] == "Age"
    assert len(columns) >= 4


def test_conditions_are_the_same_everywhere() -> None:
    found = [root(kind)["properties"]["status"]["properties"]["conditions"] for kind in KINDS]

    assert all(one == found[0] for one in found)
