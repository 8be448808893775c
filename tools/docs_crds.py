"""Reference pages of the custom resources, from their definitions in charts/tianfu-crds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from tools import docs_markdown as md

ROOT: Final = Path(__file__).resolve().parent.parent
CRDS: Final = ROOT / "charts" / "tianfu-crds" / "templates"
BOUNDS: Final = {
    "pattern": "pattern",
    "format": "format",
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "characters at least",
    "maxLength": "characters at most",
    "minItems": "items at least",
    "maxItems": "items at most",
    "maxProperties": "entries at most",
    "default": "default",
}


def pages() -> dict[str, str]:
    """Return a page a kind, by its file below reference/."""
    found = {}
    for path in sorted(CRDS.glob("*.yaml")):
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[f"crds/{crd['spec']['names']['kind']}.md"] = _page(crd)
    found["crds/index.md"] = _index(sorted(found))
    return found


def _index(files: list[str]) -> str:
    names = "\n".join(Path(each).stem for each in files)
    return f"""# Custom resources

Group `edge.tianfu.dev`, version `v1alpha1`, category `tianfu`: `kubectl get tianfu` lists all of
them, `kubectl explain edgenode.spec` says what stands here. Every field is bounded; a rule that is
broken is refused with its message when the object is applied.

```{{toctree}}
:maxdepth: 1

{names}
```
"""


def _page(crd: dict[str, Any]) -> str:
    names, version = crd["spec"]["names"], crd["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    short = ", ".join(md.code(each) for each in names.get("shortNames", []))
    columns = [
        (md.text(one["name"]), md.code(one["jsonPath"]), md.text(one.get("description", "")))
        for one in version.get("additionalPrinterColumns", [])
    ]
    rules = [
        (md.code(path), md.text(rule.get("message", "")), md.code(rule["rule"]))
        for path, one in [("", schema), *_below(schema, "")]
        for rule in one.get("x-kubernetes-validations", [])
    ]
    api = md.code(f"{names['plural']}.{crd['spec']['group']}/{version['name']}")
    parts = [
        f"# {names['kind']}\n",
        md.text(schema["description"]) + "\n",
        f"{api}, {crd['spec']['scope']}; short name {short}.\n",
    ]
    for part in ("spec", "status"):
        one = schema["properties"].get(part)
        if one is not None:
            parts += [f"## {part}\n", md.text(one.get("description", "")) + "\n", _fields(one)]
    parts += ["## Rules\n", md.table(("of", "message", "rule"), rules) or "None.\n"]
    parts += ["## Columns of kubectl get\n", md.table(("column", "from", ""), columns)]
    return "\n".join(parts)


def _fields(schema: dict[str, Any]) -> str:
    rows = [
        (md.code(path), _type(one), _bounds(one), md.text(one.get("description", "")))
        for path, one in _below(schema, "")
        if not path.endswith("[]")
    ]
    return md.table(("field", "type", "bounds", "what it is"), rows)


def _below(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each field with its path: spec.members[].name."""
    required = set(schema.get("required", []))
    for name, one in schema.get("properties", {}).items():
        at = f"{path}.{name}" if path else name
        yield at, {**one, "is_required": name in required}
        yield from _below(one, at)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        inner = schema.get(key)
        if isinstance(inner, dict):
            yield f"{path}{mark}", inner
            yield from _below(inner, f"{path}{mark}")


def _type(one: dict[str, Any]) -> str:
    kind = one.get("type") or ("integer or string" if one.get("x-kubernetes-int-or-string") else "")
    if kind == "array":
        kind = f"list of {one['items'].get('type', 'value')}"
    return f"{kind}, required" if one.get("is_required") else str(kind)


def _bounds(one: dict[str, Any]) -> str:
    said = [f"one of {', '.join(md.code(each) for each in one['enum'])}"] if "enum" in one else []
    said += [f"{word} {md.code(one[key])}" for key, word in BOUNDS.items() if key in one]
    return "; ".join(said)
