"""Objects as a person reads them. Pure: objects in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from operators.edgeapp.api import parse
from operators.edgeapp.selection import selects

Object = Mapping[str, Any]


def tree(node: Object, apps: Iterable[Object], claims: Iterable[Object]) -> list[str]:
    """Return a node with what it is to run and what it holds of its pool."""
    spec, name = node["spec"], node["metadata"]["name"]
    head = f"EdgeNode {name}  {spec['class']} {spec['place']} {spec['runtime']['type']}"
    branches = [[text] for text in conditions(node)]
    branches += [app_lines(app) for app in apps if is_for(app, node)]
    branches += [claim_lines(one) for one in claims if one["spec"].get("nodeName") == name]
    return [head, *grown(branches)]


def app_lines(app: Object) -> list[str]:
    """Return an app, how far its rollout is, and what holds it up."""
    status = app.get("status") or {}
    counts = ", ".join(
        f"{status.get(key, 0)} {key}" for key in ("desired", "updated", "ready", "offline")
    )
    head = f"EdgeApp {app['metadata']['name']}  revision {status.get('revision', 'none')}: {counts}"
    return [head, *grown([[text] for text in conditions(app)])]


def claim_lines(claim: Object) -> list[str]:
    """Return a claim and the share that it holds."""
    spec, status = claim["spec"], claim.get("status") or {}
    share = status.get("share")
    held = "no share"
    if share:
        held = f"share {share.get('id', '')} epoch {share.get('epoch', '?')}"
        held += f" until {share.get('leaseEndTime', share.get('leaseEnd', '?'))}"
    head = f"CapacityClaim {claim['metadata']['name']}  pool {spec['pool']}: {held}"
    return [head, *grown([[text] for text in conditions(claim)])]


def why(claim: Object, pool: Object | None) -> list[str]:
    """Return why a claim waits, or that it does not, and how its pool stands."""
    name, spec = claim["metadata"]["name"], claim["spec"]
    found = {one["type"]: one for one in (claim.get("status") or {}).get("conditions") or ()}
    pending = found.get("Pending", {})
    if found.get("Granted", {}).get("status") == "True":
        lines = [f"{name} does not wait: {_said(found['Granted'])}"]
    elif pending.get("status") == "True":
        lines = [f"{name} waits: {_said(pending)}"]
    else:
        lines = [f"{name}: nothing is said of it yet; do the operators run?"]
    if pool is None:
        return [*lines, f"there is no CapacityPool {spec['pool']} in this namespace: make it"]
    asked = _amounts(spec["amounts"])
    has = _amounts(pool["spec"].get("resources") or ())
    lines.append(f"it asks for {asked}; pool {spec['pool']} has {has}")
    for tenant in (pool.get("status") or {}).get("tenants") or ():
        marker = "*" if tenant["name"] == spec["tenant"] else " "
        parts = [
            f"{key} {_amounts(tenant[key])}"
            for key in ("used", "borrowed", "lent")
            if tenant.get(key)
        ]
        lines.append(f"{marker} {tenant['name']}: {', '.join(parts) or 'uses nothing'}")
    return lines


def history(app: Object) -> list[str]:
    """Return the revisions that an app can have back, the newest first."""
    status = app.get("status") or {}
    current, stable = status.get("revision"), status.get("stableRevision")
    return [
        f"{one['revision']}  number {one['number']}"
        + ("  rolled out" if one["revision"] == current else "")
        + ("  stable" if one["revision"] == stable else "")
        + ("  failed" if one["revision"] == status.get("failedRevision") else "")
        for one in status.get("history") or ()
    ]


def earlier(app: Object) -> str:
    """Return the revision before the one that is rolled out, empty when there is none."""
    status = app.get("status") or {}
    known = [one["revision"] for one in status.get("history") or ()]
    left = [r for r in known if r not in {status.get("revision"), status.get("failedRevision")}]
    return left[0] if left else ""


def is_for(app: Object, node: Object) -> bool:
    """Say whether an app selects a node."""
    stated = node["spec"].get("position")
    return selects(
        parse(app).selector,
        labels=node["metadata"].get("labels") or {},
        node_class=node["spec"]["class"],
        place=node["spec"]["place"],
        position=None
        if stated is None
        else (float(stated["latitude"]), float(stated["longitude"])),
    )


def conditions(one: Object) -> list[str]:
    """Return an object's conditions, one a line."""
    found = (one.get("status") or {}).get("conditions") or ()
    return [f"{c['type']}={c['status']}  {_said(c)}" for c in found] or [
        "nothing is said of it yet"
    ]


def grown(branches: Sequence[Sequence[str]]) -> list[str]:
    """Return branches with the strokes of a tree."""
    lines = []
    for number, branch in enumerate(branches):
        last = number == len(branches) - 1
        first, *rest = branch
        lines.append(f"{'└─' if last else '├─'} {first}")
        lines += [f"{'  ' if last else '│ '} {line}" for line in rest]
    return lines


def _said(condition: Object) -> str:
    text = condition.get("message", "")
    return f"{condition['reason']}: {text}" if text else str(condition["reason"])


def _amounts(amounts: Iterable[Object]) -> str:
    return ", ".join(f"{one['name']} {one['quantity']}" for one in amounts) or "nothing"
