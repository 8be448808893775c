"""FHIR R4 (4.0.1): is a resource what the definitions say, and does each number have its unit.

``fhir_r4.json`` holds the definitions that the resources of this door are made of, taken as they
are from the JSON schema of R4 (published by HL7 under CC0), without descriptions. The schema leaves
some rules out, since a primitive may be replaced by an extension; those that matter here are added
below (``REQUIRED``, choices, units). What is *stricter* than plain R4: a status is never left out,
a Quantity that is an Observation's value has a UCUM code of ``http://unitsofmeasure.org``, and null
is refused in lists too, where R4 lets it stand beside an extension.
What is *looser*: value sets are checked only where the schema lists them, invariants only where
they are named here, and resources of other types, contained ones too, are not looked into.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from services.plumbing.refusal import InvalidArgument
from tianfu import ucum

UCUM: Final = "http://unitsofmeasure.org"
TYPES: Final = frozenset(
    {"Observation", "Patient", "DiagnosticReport", "ServiceRequest", "Encounter", "Location"}
)
"""Resources that are taken."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Observation": ("status", "subject"),
    "DiagnosticReport": ("status", "subject"),
    "ServiceRequest": ("status", "intent"),
    "Encounter": ("status",),
    "Bundle": ("type",),
    "Task": ("status", "intent"),
}
"""Elements that R4 asks for and its JSON schema can't, and a subject, without which nothing is
anybody's."""

DEPTH_MAX: Final = 40
"""Of elements within elements: clinical resources have ten."""

ENTRIES_MAX: Final = 5_000

Json = Any


class FhirInvalid(InvalidArgument):
    """Not a resource of FHIR R4, or one without its units; ``field`` is the element at fault."""

    reason = "FHIR_RESOURCE_INVALID"

    def __init__(self, path: str, problem: str) -> None:
        # Only names of elements and what the definitions allow: a value may be a person's.
        super().__init__(f"{path}: {problem}", field=path)


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Json]:
    """Return the definitions by name."""
    text = (resources.files("services.healthcare.model") / "fhir_r4.json").read_text("utf-8")
    found: Mapping[str, Json] = json.loads(text)
    return found


def check(resource: Json, path: str = "resource") -> list[tuple[str, Mapping[str, Json]]]:
    """Return (path, resource) of every resource in it that is taken; raise FhirInvalid.

    A Bundle is looked through; what is of another type must say so, and is left out.
    """
    sort = type_of(resource, path)
    if sort == "Bundle":
        _object("Bundle", resource, path, 0)
        _beyond_schema("Bundle", resource, path)
        entries = resource.get("entry", [])
        if len(entries) > ENTRIES_MAX:
            raise FhirInvalid(f"{path}.entry", f"at most {ENTRIES_MAX} are taken at once")
        return [
            taken
            for number, entry in enumerate(entries)
            if "resource" in entry
            for taken in check(entry["resource"], f"{path}.entry[{number}].resource")
        ]
    if sort not in TYPES:
        return []
    _object(sort, resource, path, 0)
    _beyond_schema(sort, resource, path)
    return [(path, resource)]


def type_of(resource: Json, path: str) -> str:
    """Return a resource's type; raise FhirInvalid when it is none."""
    if not isinstance(resource, Mapping):
        raise FhirInvalid(path, "need a JSON object")
    sort = resource.get("resourceType")
    if not isinstance(sort, str) or not re.fullmatch(r"[A-Z][A-Za-z]{2,63}", sort):
        raise FhirInvalid(f"{path}.resourceType", "need the name of a resource")
    return sort


def _object(name: str, value: Json, path: str, depth: int) -> None:
    """Check a value against a definition by its name."""
    _value(definitions()[name], value, path, depth + 1)


def _value(rule: Mapping[str, Json], value: Json, path: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise FhirInvalid(path, f"more than {DEPTH_MAX} elements within one another")
    named = rule.get("$ref")
    if named == "ResourceList":
        type_of(value, path)
    elif named is not None:
        _value(definitions()[named], value, path, depth + 1)
    elif "const" in rule or "enum" in rule:
        allowed = rule.get("enum") or [rule["const"]]
        if not isinstance(value, str) or value not in allowed:
            raise FhirInvalid(path, f"need one of {', '.join(allowed)}")
    elif "properties" in rule:
        _properties(rule, value, path, depth)
    elif rule.get("type") == "array":
        _list(rule["items"], value, path, depth)
    else:
        _primitive(rule, value, path)


def _list(rule: Mapping[str, Json], value: Json, path: str, depth: int) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise FhirInvalid(path, "need a list that is not empty")
    for number, each in enumerate(value):
        _value(rule, each, f"{path}[{number}]", depth + 1)


def _properties(rule: Mapping[str, Json], value: Json, path: str, depth: int) -> None:
    if not isinstance(value, Mapping):
        raise FhirInvalid(path, "need a JSON object")
    known = rule["properties"]
    for name in rule.get("required", ()):
        if name not in value:
            raise FhirInvalid(f"{path}.{name}", "is missing")
    for name, each in value.items():
        if name not in known:
            raise FhirInvalid(path, "has an element that R4 does not know there")
        _value(known[name], each, f"{path}.{name}", depth + 1)


def _primitive(rule: Mapping[str, Json], value: Json, path: str) -> None:
    wanted = rule.get("type")
    if wanted == "boolean" or (wanted is None and isinstance(value, bool)):
        if not isinstance(value, bool):
            raise FhirInvalid(path, "need true or false")
        return
    if wanted == "number":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FhirInvalid(path, "need a number")
        text = str(int(value)) if float(value).is_integer() else repr(value)
    elif isinstance(value, str) and value:
        text = value
    else:
        raise FhirInvalid(path, "need a text that is not empty")
    if "pattern" in rule and not _pattern(rule["pattern"]).search(text):
        raise FhirInvalid(path, "is not written as R4 has it")


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    # The schema means the end of the text, and not a newline before it.
    return re.compile(text.removesuffix("$") + r"\Z" if text.endswith("$") else text)


# -- what the JSON schema can't say ---------------------------------------------------------------


def _beyond_schema(sort: str, resource: Mapping[str, Json], path: str) -> None:
    for name in REQUIRED.get(sort, ()):
        if name not in resource:
            raise FhirInvalid(f"{path}.{name}", "is missing")
    for choice in ("value", "effective", "deceased", "multipleBirth", "occurrence", "asNeeded"):
        found = sorted(_chosen(resource, choice))
        if len(found) > 1:
            raise FhirInvalid(path, f"has {choice}[x] twice: {', '.join(found)}")
    if sort == "Observation":
        _observation(resource, path)
        for number, part in enumerate(resource.get("component", ())):
            _observation(part, f"{path}.component[{number}]")


def _chosen(resource: Mapping[str, Json], choice: str) -> Iterator[str]:
    for name in resource:
        rest = name.removeprefix(choice)
        if rest != name and rest[:1].isupper():
            yield name


def _observation(part: Mapping[str, Json], path: str) -> None:
    """Check the unit of a value, and that what is missing has not come all the same (obs-6)."""
    values = list(_chosen(part, "value"))
    if len(values) > 1:
        raise FhirInvalid(path, "has value[x] twice")
    if values and "dataAbsentReason" in part:
        raise FhirInvalid(f"{path}.dataAbsentReason", "there is a value, so it is not absent")
    quantity = part.get("valueQuantity")
    if quantity is None:
        return
    if "value" not in quantity:
        raise FhirInvalid(f"{path}.valueQuantity.value", "is missing; use dataAbsentReason")
    if quantity.get("system") != UCUM:
        raise FhirInvalid(f"{path}.valueQuantity.system", f"need {UCUM}: units are UCUM's")
    try:
        ucum.check(quantity.get("code", ""))
    except ucum.NotAUnit:
        raise FhirInvalid(f"{path}.valueQuantity.code", "need a UCUM unit") from None


def check_definition(resource: Json, path: str = "resource") -> None:
    """Check one resource of any type that there is a definition of; raise FhirInvalid."""
    sort = type_of(resource, path)
    if sort not in definitions():
        raise FhirInvalid(f"{path}.resourceType", "is none that this door knows")
    _object(sort, resource, path, 0)
    _beyond_schema(sort, resource, path)
