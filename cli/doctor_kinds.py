"""What the doctor says of the kinds on a cluster: whether they fit this release.

It asks by kubectl, and so with the rights and the context of whoever calls it. A kind is compared
field by field with the one of the chart `tianfu-crds`, and by the versions that are kept of it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

import cli
from cli.finding import Finding

KINDS: Final = Path(cli.__file__).parents[1] / "operators" / "files" / "kinds"
"""Of this release: they are installed together."""

KUBECTL_S: Final = 30.0
"""As long as kubectl itself waits for a server that does not answer."""

REVISION: Final = "edge.tianfu.dev/revision"
"""Counts how often a kind was changed: which of two is later, where their fields do not tell."""

SHOWN_MAX: Final = 5
"""Of the fields that differ: enough to see what it is about."""

UPGRADE: Final = "helm upgrade --install tianfu-crds charts/tianfu-crds"
ANOTHER: Final = (
    f"{UPGRADE}, unless somebody changed it by hand and means it: "
    "`kubectl diff -f` on the release's kinds shows how"
)
LATER: Final = (
    "a later release has been here: upgrade tianfu and operators, or stay: operators pass over "
    "fields that they do not know (docs/upgrading.md)"
)


class NotAsked(Exception):
    """kubectl did not say; the words are its own."""


def of_kinds(folder: Path = KINDS) -> list[Finding]:
    """Check every kind of this release on the cluster of kubectl's context."""
    try:
        there = installed()
    except NotAsked as error:
        fix = "does `kubectl get crd` answer? KUBECONFIG names who is asked, and by whom"
        return [Finding("kinds", ok=False, found=str(error), fix=fix)]
    wanted = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))
    ]
    return [compared(each, there.get(each["metadata"]["name"])) for each in wanted]


def installed() -> dict[str, Any]:
    """Return the definitions on the cluster, by name; raise NotAsked without an answer."""
    command = ["kubectl", "get", "customresourcedefinitions", "--output=json"]
    command.append(f"--request-timeout={KUBECTL_S:.0f}s")
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
            command, capture_output=True, text=True, timeout=2 * KUBECTL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotAsked(f"kubectl can't be run: {error}") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise NotAsked(said[-1] if said else f"kubectl ended with {done.returncode}")
    return {each["metadata"]["name"]: each for each in json.loads(done.stdout)["items"]}


def compared(wanted: Mapping[str, Any], there: Mapping[str, Any] | None) -> Finding:
    """Compare a kind with what the cluster has; None is none."""
    name = f"kind {wanted['spec']['names']['plural']}"
    if there is None:
        return Finding(name, ok=False, found="the cluster does not have it", fix=UPGRADE)
    if unwell := _unwell(there):
        fix = f"kubectl describe crd {wanted['metadata']['name']}: whose names are in the way?"
        return Finding(name, ok=False, found=unwell, fix=fix)
    if stale := _stale(there):
        return Finding(name, ok=False, found=f"kept as {', '.join(stale)} too", fix=_move(there))
    said, fix = _otherwise(wanted, there)
    if said:
        return Finding(name, ok=False, found=said, fix=fix)
    return Finding(name, ok=True, found=f"{', '.join(_versions(wanted))}, of this release")


def _unwell(there: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{one['type']} is {one['status']}: {one.get('message', '')}"
        for one in there.get("status", {}).get("conditions", ())
        if one["type"] in {"Established", "NamesAccepted"} and one["status"] != "True"
    )


def _otherwise(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, str]:
    """Return how a kind differs and what to do; empty when it does not."""
    versions = _versions(wanted), _versions(there)
    more = sorted(set(versions[1]) - set(versions[0]))
    if lacks := sorted(set(versions[0]) - set(versions[1])):
        return f"does not serve {', '.join(lacks)}", UPGRADE
    found = [_difference(versions[0][each], versions[1][each]) for each in versions[0]]
    missing = sorted({path for each in found for path in each[0]})
    unknown = sorted({path for each in found for path in each[1]})
    other = sorted({path for each in found for path in each[2]})
    if missing:
        return f"an earlier one: {_shown(missing)}", UPGRADE
    if more or unknown:
        return f"a later one: {_shown(more or unknown)}", LATER
    if not other:
        return "", ""
    return _by_revision(_revision(there) - _revision(wanted), _shown(other))


def _by_revision(later_by: int, shown: str) -> tuple[str, str]:
    """Return which of two kinds is later that have the same fields, and what to do."""
    if later_by < 0:
        return f"an earlier one: {shown}", UPGRADE
    if later_by > 0:
        return f"a later one: {shown}", LATER
    return f"of this release, and changed: {shown}", ANOTHER


def _revision(definition: Mapping[str, Any]) -> int:
    """Return how often a kind was changed; releases of before did not say."""
    said = str(definition["metadata"].get("annotations", {}).get(REVISION, ""))
    return int(said) if said.isdecimal() else 0


def _versions(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schemas of what is served, by version."""
    return {
        one["name"]: one["schema"]["openAPIV3Schema"]
        for one in definition["spec"]["versions"]
        if one["served"]
    }


def _stale(there: Mapping[str, Any]) -> list[str]:
    """Return versions in which objects may be kept besides the one that is written now."""
    (storage,) = (one["name"] for one in there["spec"]["versions"] if one["storage"])
    return [each for each in there.get("status", {}).get("storedVersions", ()) if each != storage]


def _move(there: Mapping[str, Any]) -> str:
    """Return how objects are written anew in the version of today, if there are any."""
    name = there["metadata"]["name"]
    (storage,) = (one["name"] for one in there["spec"]["versions"] if one["storage"])
    patch = json.dumps({"status": {"storedVersions": [storage]}}, separators=(",", ":"))
    return (
        f'{{ test -z "$(kubectl get {name} --all-namespaces --output=name)" || '
        f"kubectl get {name} --all-namespaces --output=json | kubectl replace -f -; }} && "
        f"kubectl patch crd {name} --subresource=status --type=merge --patch='{patch}'"
    )


def _difference(wanted: Any, there: Any) -> tuple[list[str], list[str], list[str]]:
    """Return fields that are missing, that are unknown here, and that are said otherwise."""
    fields = dict(_fields(wanted)), dict(_fields(there))
    both = fields[0].keys() & fields[1].keys()
    return (
        sorted(fields[0].keys() - fields[1].keys()),
        sorted(fields[1].keys() - fields[0].keys()),
        sorted(path for path in both if fields[0][path] != fields[1][path]),
    )


def _fields(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each field with what is said of it alone."""
    below = ("properties", "items", "additionalProperties")
    yield path or "(all)", {key: value for key, value in schema.items() if key not in below}
    for name, each in schema.get("properties", {}).items():
        yield from _fields(each, f"{path}.{name}" if path else name)
    for key in below[1:]:
        if isinstance(schema.get(key), Mapping):
            yield from _fields(schema[key], f"{path}[]")


def _shown(paths: list[str]) -> str:
    rest = len(paths) - SHOWN_MAX
    return ", ".join(paths[:SHOWN_MAX]) + (f" and {rest} more" if rest > 0 else "")
