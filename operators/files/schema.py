"""Check a manifest by the schema of its kind, as the API server would: types, bounds, CEL rules.

What is checked is what the kinds use: ``type``, ``required``, ``properties``, ``items``, ``enum``,
``pattern``, bounds of length and value, ``default``, and ``x-kubernetes-validations``. A field that
the schema does not know is refused, where a server would drop it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cel
import yaml

TYPES: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str, "integer": int}
PROBLEMS_SHOWN: Final = 5


class InvalidManifest(ValueError):
    """A manifest that the schema refuses; the text names each field and what to do."""


@dataclass(frozen=True)
class Schemas:
    """The schemas of our kinds, by name."""

    by_kind: Mapping[str, Mapping[str, Any]]

    @classmethod
    def load(cls, folder: Path) -> Schemas:
        """Read the CustomResourceDefinitions of a folder."""
        found = {}
        for file in sorted(folder.glob("*.yaml")):
            for one in yaml.safe_load_all(file.read_text(encoding="utf-8")):
                schema = one["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
                found[one["spec"]["names"]["kind"]] = schema
        if not found:
            raise InvalidManifest(f"{folder} holds no CustomResourceDefinition")
        return cls(found)

    def check(
        self, manifest: Mapping[str, Any], former: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a manifest with its defaults; raise InvalidManifest with all that is wrong."""
        schema = self.by_kind.get(str(manifest.get("kind")))
        if schema is None:
            known = ", ".join(sorted(self.by_kind))
            raise InvalidManifest(f"kind: {manifest.get('kind')!r}; there are {known}")
        made: dict[str, Any] = copy.deepcopy(dict(manifest))
        spec = schema["properties"]["spec"]
        part: dict[str, Any] = {"properties": {"spec": spec}, "required": ["spec"]}
        judged = {"spec": made.get("spec")} if "spec" in made else {}
        name = schema["properties"]["metadata"]["properties"]["name"]
        problems = list(_value(name, made["metadata"]["name"], "metadata.name"))
        problems += _object(part, judged, "")
        if not problems:
            made["spec"] = judged["spec"]
            old = None if former is None else former.get("spec")
            problems = list(_rules(spec, made["spec"], old, "spec"))
        if problems:
            more = len(problems) - PROBLEMS_SHOWN
            shown = problems[:PROBLEMS_SHOWN] + ([f"and {more} more"] if more > 0 else [])
            raise InvalidManifest("; ".join(shown))
        return made


def _value(schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    kind = TYPES.get(schema.get("type", "object"), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{where}: need {schema.get('type')}, not {value!r}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r}; there are {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        yield from _text(schema, value, where)
    elif isinstance(value, int):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield f"{where}: {value} is outside {low}..{high}"
    elif isinstance(value, list):
        yield from _list(schema, value, where)
    elif isinstance(value, dict):
        yield from _object(schema, value, where)


def _text(schema: Mapping[str, Any], value: str, where: str) -> Iterator[str]:
    most = schema.get("maxLength", len(value))
    if len(value) > most:
        yield f"{where}: {len(value)} characters; at most {most}"
    pattern = schema.get("pattern")
    if pattern and not re.search(pattern, value):
        yield f"{where}: {value[:64]!r} is not of the form {pattern}"


def _list(schema: Mapping[str, Any], value: list[Any], where: str) -> Iterator[str]:
    low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not low <= len(value) <= high:
        yield f"{where}: {len(value)} items; need {low} to {high}"
        return
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: list[Any] = []
    for number, one in enumerate(value):
        yield from _value(schema["items"], one, f"{where}[{number}]")
        name = [one.get(key) for key in keys] if keys and isinstance(one, dict) else None
        if schema.get("x-kubernetes-list-type") == "set":
            name = one
        if name is not None and name in seen:
            yield f"{where}[{number}]: {name!r} is there twice"
        seen.append(name)


def _object(schema: Mapping[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{_at(where, name)}: missing"
    for name in value.keys() - known.keys():
        yield f"{_at(where, name)}: unknown field; there are {', '.join(sorted(known))}"
    for name, child in known.items():
        if name not in value and "default" in child:
            value[name] = copy.deepcopy(child["default"])
        if name in value:
            yield from _value(child, value[name], _at(where, name))


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


# -- CEL ------------------------------------------------------------------------------------------


def _rules(schema: Mapping[str, Any], value: Any, old: Any, where: str) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" in rule["rule"] and old is None:
            continue  # a rule about a change; nothing has been changed
        if not holds(rule["rule"], value, old):
            yield f"{where}{rule.get('fieldPath', '')}: {rule['message']}"
    if isinstance(value, dict):
        for name, child in schema.get("properties", {}).items():
            if name in value:
                former = old.get(name) if isinstance(old, dict) else None
                yield from _rules(child, value[name], former, f"{where}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _rules(schema["items"], one, None, f"{where}[{number}]")


def holds(rule: str, value: Any, old: Any = None) -> bool:
    """Say whether a rule holds of a value; raise RuntimeError for one that can't be worked out."""
    variables = {"self": value} if old is None else {"self": value, "oldSelf": old}
    # Lists have it in Kubernetes' CEL, and not in the standard.
    functions = {"indexOf": lambda items, one: items.index(one) if one in items else -1}
    return bool(cel.evaluate(rule, cel.Context(variables=variables, functions=functions)))
