"""Reference pages of what the code states in many places: settings, metrics, reason codes."""

from __future__ import annotations

import ast
import importlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticUndefined

from operators.settings import VARIABLES
from services.plumbing.settings import PREFIX
from services.plumbing.settings import ServiceSettings as Common
from tools import docs_markdown as md

ROOT: Final = Path(__file__).resolve().parent.parent
SERVICES: Final = (
    "telemetry",
    "fleet",
    "healthcare",
    "energy",
    "disaster_warning",
    "credit_supervision",
    "gateway",
)
SETTINGS: Final = """\
Services and operators take theirs from the environment, check all of them before they start, and
say of each what is wrong; secrets are never shown. Settings of a node are a file:
[examples/edge/gateway.toml](../examples/edge/gateway.toml) has every key, and
`tianfu-edge check FILE` says what is wrong with yours, line by line.
"""
METRICS: Final = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}


def pages() -> dict[str, str]:
    """Return the pages by their file below reference/."""
    return {"settings.md": _settings(), "metrics.md": _metrics(), "reasons.md": _reasons()}


# -- settings --------------------------------------------------------------------------------------


def _settings() -> str:
    parts = [
        "# Settings\n",
        SETTINGS,
        "## Every service\n",
        _of(Common, set()),
    ]
    shared = set(Common.model_fields)
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.settings")
        is_ours = [
            each
            for each in vars(module).values()
            if isinstance(each, type)
            and each.__module__ == module.__name__
            and hasattr(each, "model_fields")
            and each.__name__.endswith("Settings")
        ]
        for made in is_ours:
            parts += [f"## {service.replace('_', '-')}\n", _of(made, shared)]
    rows = [(md.code(name), md.text(said)) for name, said in VARIABLES.items()]
    parts += ["## Operators\n", md.table(("variable", "what it is"), rows)]
    return "\n".join(parts)


def _of(settings: Any, left_out: set[str]) -> str:
    rows = []
    for name, field in settings.model_fields.items():
        # A service may state one of the shared ones anew, with another default.
        if name in left_out and field.default == Common.model_fields[name].default:
            continue
        default = field.default
        shown = "" if default in (None, PydanticUndefined, "") else md.code(_plain(default))
        required = "**required**" if field.is_required() else shown
        rows.append(
            (md.code(f"{PREFIX}{name.upper()}"), required, md.text(field.description or ""))
        )
    return md.table(("variable", "default", "what it is"), rows)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# -- what stands in the source ---------------------------------------------------------------------


class Found(NamedTuple):
    """Something that a module states."""

    name: str
    said: str
    more: str
    area: str


def _modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            area = parts[1] if folder == "services" else folder
            yield area.replace("_", "-"), ast.parse(path.read_text(encoding="utf-8"))


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def metrics() -> list[Found]:
    """Return every metric that services and operators make, in order of name."""
    found = set()
    for area, module in _modules("services", "operators"):
        for node in ast.walk(module):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            kind = METRICS.get(node.func.id)
            if kind is None or not node.args or not _text(node.args[0]).startswith("tianfu_"):
                continue
            name = _text(node.args[0])
            total = kind == "counter" and not name.endswith("_total")
            labels = node.args[2].elts if len(node.args) > 2 and _is_list(node.args[2]) else ()  # type: ignore[attr-defined]  # noqa: PLR2004 - the third argument is the labels
            labelled = ", ".join(filter(None, map(_text, labels)))
            found.add(
                Found(
                    name + ("_total" if total else ""),
                    _text(node.args[1]) if len(node.args) > 1 else "",
                    f"{kind}{f' by {labelled}' if labelled else ''}",
                    area,
                )
            )
    return sorted(found)


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, (ast.List, ast.Tuple))


def _metrics() -> str:
    rows = [(md.code(one.name), one.more, one.area, md.text(one.said)) for one in metrics()]
    return f"""# Metrics

What Prometheus reads at `/metrics` of each process (`TIANFU_METRICS_ADDRESS`). Names begin with
`tianfu_`, units stand last, and no label takes a value that a caller can choose. What is promised
of them stands in `charts/tianfu/objectives.toml`, and what to do when it is broken in the
[runbooks](../runbooks.md).

{md.table(("metric", "kind", "of", "what it counts"), rows)}"""


def reasons() -> dict[str, list[Found]]:
    """Return each reason code of services and the command line, with where it is said."""
    found: dict[str, set[Found]] = defaultdict(set)
    for area, module in _modules("services", "cli"):
        for node in ast.walk(module):
            one = _refusal(node, area) or _failure(node, area)
            if one is not None:
                found[one.name].add(one)
    return {name: sorted(found[name]) for name in sorted(found)}


def _refusal(node: ast.AST, area: str) -> Found | None:
    """Return what a class of refusals says: its reason, its kind, its docstring."""
    if not isinstance(node, ast.ClassDef):
        return None
    stated = {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    reason = _text(stated.get("reason"))
    if not reason.isupper():
        return None
    kind = stated.get("kind")
    named = kind.attr.lower().replace("_", " ") if isinstance(kind, ast.Attribute) else ""
    said = (ast.get_docstring(node) or "").split("\n\n")[0]
    return Found(reason, said, named, area)


def _failure(node: ast.AST, area: str) -> Found | None:
    """Return what the command line says when it raises a Failure."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return None
    if node.func.id != "Failure" or not node.args or not _text(node.args[0]).isupper():
        return None
    remedy = _text(node.args[2]) if len(node.args) > 2 else ""  # noqa: PLR2004 - message, then remedy
    return Found(_text(node.args[0]), remedy, "", area)


def _reasons() -> str:
    rows = []
    for name, places in reasons().items():
        areas = ", ".join(sorted({one.area for one in places}))
        kinds = ", ".join(sorted({one.more for one in places if one.more}))
        said = next((one.said for one in places if one.said), "")
        rows.append((md.code(name), kinds, areas, md.text(said)))
    return f"""# Reason codes

Whatever is refused says why by a code that stays: in `google.rpc.ErrorInfo` over gRPC, in the
error's details over HTTP, and in brackets on the command line. Programs go by the code, people by
the message beside it. [When something is wrong](../guides/when-something-is-wrong.md) has those
that one meets first.

{md.table(("reason", "status", "of", "what it means, or what to do"), rows)}"""
