"""Manifests from files: what the schema refuses, and a folder that stands in for an API server."""

from __future__ import annotations

import asyncio
import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from operators.files.api import FileApi, merged
from operators.files.process import CRDS
from operators.files.schema import InvalidManifest, Schemas
from operators.kube.failures import Conflict, NotFound
from operators.kube.kinds import EDGE_APP, EDGE_NODE, SECRET, Key
from tests.support.wheels import digest, wheel

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "manifests"
SCHEMAS = Schemas.load(CRDS)
NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)


def documents(folder: Path) -> list[dict[str, Any]]:
    return [
        one
        for file in sorted(folder.glob("*.yaml"))
        for one in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    ]


APP = next(one for one in documents(EXAMPLES) if one["kind"] == "EdgeApp")


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """Return the example app with one value changed; None takes it away."""
    made: dict[str, Any] = copy.deepcopy(APP)
    inner: Any = made
    for name in path[:-1]:
        inner = inner[name]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return made


@pytest.mark.parametrize(
    "folder", [EXAMPLES, ROOT / "examples" / "operators"], ids=lambda f: f.name
)
def test_examples_are_taken(folder: Path) -> None:
    for one in documents(folder):
        assert SCHEMAS.check(one)["spec"].keys() >= one["spec"].keys()


def test_the_examples_wheel_is_of_its_source_and_of_its_sum() -> None:
    source = (EXAMPLES / "apps" / "site_watch.py").read_text(encoding="utf-8")
    built = wheel("site-watch", "1.0.0", source)
    (file,) = (EXAMPLES / "artifacts").glob("*.whl")
    assert file.read_bytes() == built, "make it anew: tests/support/wheels.py"
    assert digest(built) == APP["spec"]["artifact"]["wheel"]["sha256"]


def test_defaults_are_filled_in() -> None:
    made = SCHEMAS.check(changed("spec", "rollout", to={}))
    assert made["spec"]["rollout"]["maxUnavailable"] == 1
    assert made["spec"]["offline"] == "CatchUp"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param(changed("spec", "tenant", to=None), "spec.tenant: missing", id="missing"),
        pytest.param(changed("spec", "tenat", to="x"), "spec.tenat: unknown field", id="unknown"),
        pytest.param(changed("spec", "tenant", to=7), "spec.tenant: need string", id="type"),
        pytest.param(changed("spec", "tenant", to="A B"), "spec.tenant: 'A B'", id="pattern"),
        pytest.param(
            changed("spec", "offline", to="Maybe"), "there are CatchUp, Keep", id="enumeration"
        ),
        pytest.param(
            changed("spec", "rollout", "maxUnavailable", to=0), "0 is outside 1..10000", id="low"
        ),
        pytest.param(changed("spec", "resources", to=[]), "0 items", id="too-few"),
        pytest.param(
            changed("spec", "selector", "classes", to=["Gateway", "Gateway"]), "twice", id="set"
        ),
        pytest.param(changed("spec", "selector", to={}), "selector must state", id="cel"),
        pytest.param(
            changed("spec", "artifact", "image", to={"reference": f"x@sha256:{'a' * 64}"}),
            "spec.artifact.image: image.reference",
            id="cel-with-a-field",
        ),
        pytest.param(
            changed("spec", "rollout", "steps", to=[25, 5, 100]), "must rise", id="cel-lists"
        ),
        pytest.param(
            changed("spec", "healthCheck", to={"httpPort": 80, "touchedWithin": "5s"}),
            "leave one out",
            id="cel-both",
        ),
        pytest.param(changed("kind", to="Deployment"), "there are", id="kind"),
        pytest.param(changed("metadata", "name", to="-x"), "metadata.name", id="name"),
    ],
)
def test_what_the_schema_refuses(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        SCHEMAS.check(wrong)
    assert said in str(caught.value)


def test_what_may_not_be_changed_is_refused() -> None:
    former = SCHEMAS.check(APP)
    assert SCHEMAS.check(APP, former)
    with pytest.raises(InvalidManifest, match="tenant can not be changed"):
        SCHEMAS.check(changed("spec", "tenant", to="energy"), former)


# -- the folder ------------------------------------------------------------------------------------


@pytest.fixture
def api(tmp_path: Path) -> FileApi:
    (tmp_path / "in").mkdir()
    return FileApi(tmp_path / "in", tmp_path / "state", SCHEMAS, clock=lambda: NOW)


def write(tmp_path: Path, *manifests: dict[str, Any], name: str = "a.yaml") -> None:
    (tmp_path / "in" / name).write_text(yaml.safe_dump_all(manifests))


async def listed(api: FileApi) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one async for _, page in api.pages(EDGE_APP) for one in page}


KEY = Key("default", "site-watch")
PATH = EDGE_APP.path(*KEY)


async def test_files_become_objects_that_change_and_go(api: FileApi, tmp_path: Path) -> None:
    write(tmp_path, APP)
    assert await api.read()
    assert not await api.read()
    (one,) = (await listed(api)).values()
    assert (one["metadata"]["generation"], one["metadata"]["namespace"]) == (1, "default")
    write(tmp_path, changed("spec", "rollout", "maxUnavailable", to=9))
    assert await api.read()
    (two,) = (await listed(api)).values()
    assert (two["metadata"]["generation"], two["metadata"]["uid"]) == (2, one["metadata"]["uid"])
    (tmp_path / "in" / "a.yaml").unlink()
    assert await api.read()
    assert await listed(api) == {}


async def test_a_bad_file_takes_nothing_away(api: FileApi, tmp_path: Path) -> None:
    write(tmp_path, APP)
    await api.read()
    write(tmp_path, changed("spec", "tenant", to=None), name="a.yaml")
    write(tmp_path, {"kind": "EdgeApp"}, name="b.yaml")
    (tmp_path / "in" / "c.yaml").write_text("{ not yaml")
    await api.read()
    assert list(await listed(api)) == ["site-watch"]
    assert sorted(api.refused) == ["a.yaml, document 1", "b.yaml, document 1", "c.yaml"]
    assert "spec.tenant: missing" in api.refused["a.yaml, document 1"]


async def test_status_is_written_on_what_was_observed_and_kept(
    api: FileApi, tmp_path: Path
) -> None:
    write(tmp_path, APP)
    await api.read()
    observed = (await listed(api))["site-watch"]
    version = observed["metadata"]["resourceVersion"]
    body = {"status": {"ready": 3}, "metadata": {"resourceVersion": version}}
    content = "application/merge-patch+json"

    async def patch(body: Any, path: str = "status") -> Any:
        where = EDGE_APP.path(*KEY, path)
        return await api.request("PATCH", EDGE_APP, where, body=body, content=content)

    made = await patch(body)
    assert made["status"] == {"ready": 3}
    with pytest.raises(Conflict):
        await patch(body)
    again = FileApi(tmp_path / "in", tmp_path / "state", SCHEMAS, clock=lambda: NOW)
    assert (await listed(again))["site-watch"] == made
    await again.read()
    assert (await listed(again))["site-watch"] == made
    with pytest.raises(NotFound):
        await api.request("GET", EDGE_APP, EDGE_APP.path("default", "other"))


async def test_what_has_a_finalizer_goes_when_it_is_let_go(api: FileApi, tmp_path: Path) -> None:
    write(tmp_path, APP)
    await api.read()
    content = "application/merge-patch+json"
    body: Any = {"metadata": {"finalizers": ["x/y"]}}
    await api.request("PATCH", EDGE_APP, PATH, body=body, content=content)
    (tmp_path / "in" / "a.yaml").unlink()
    await api.read()
    one = (await listed(api))["site-watch"]
    assert one["metadata"]["deletionTimestamp"] == "2026-05-12T14:28:00Z"
    body = {"metadata": {"finalizers": []}}
    await api.request("PATCH", EDGE_APP, PATH, body=body, content=content)
    assert await listed(api) == {}


async def test_changes_are_watched_by_kind(api: FileApi, tmp_path: Path) -> None:
    write(tmp_path, APP)
    await api.read()
    changes = api.watch(EDGE_APP, "0")
    assert (await anext(changes))[0] == "ADDED"
    assert (await anext(changes))[0] == "BOOKMARK"
    nodes = api.watch(EDGE_NODE, "0")
    assert (await anext(nodes))[0] == "BOOKMARK"
    waiting = asyncio.ensure_future(anext(changes))
    write(tmp_path, changed("spec", "rollout", "maxUnavailable", to=9))
    await api.read()
    async with asyncio.timeout(60):
        change, one = await waiting
    assert (change, one["spec"]["rollout"]["maxUnavailable"]) == ("MODIFIED", 9)
    await changes.aclose()
    await nodes.aclose()


async def test_children_are_applied(api: FileApi) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": "default", "name": "s", "labels": {"a": "b"}},
    }
    path = SECRET.path("default", "s")
    content = "application/apply-patch+yaml"
    made = await api.request("PATCH", SECRET, path, body=manifest, content=content)
    again = await api.request("PATCH", SECRET, path, body=manifest, content=content)
    assert again == made
    found = [one async for _, page in api.pages(SECRET, "", "a=b") for one in page]
    assert found == [made]
    await api.request("DELETE", SECRET, path, body={"preconditions": {}})
    assert [one async for _, page in api.pages(SECRET) for one in page] == []


def test_merge_patches() -> None:
    # RFC 7396, appendix A.
    assert merged({"a": "b", "b": "c"}, {"a": None}) == {"b": "c"}
    assert merged({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}) == {"a": {"b": "d"}}
    assert merged({"a": ["b"]}, {"a": "c"}) == {"a": "c"}
    assert merged({"e": None}, {"a": 1}) == {"e": None, "a": 1}
    assert merged({}, {"a": {"bb": {"ccc": None}}}) == {"a": {"bb": {}}}
