"""What the protos say of kinds, fields and methods, for `tianfu explain`. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

import tianfu
from cli.failures import Failure
from cli.resources.catalogue import Kind, Verb, kinds
from cli.resources.requests import field_named, words_of
from cli.resources.values import is_map

WIDTH: Final = 88
DEPTH_MAX: Final = 6
PACKAGE_PARTS: Final = 3
"""tianfu.fleet.v1"""
BEHAVIOURS: Final = {
    field_behavior_pb2.REQUIRED: "required",
    field_behavior_pb2.OUTPUT_ONLY: "set by the service",
    field_behavior_pb2.IMMUTABLE: "never changes",
    field_behavior_pb2.INPUT_ONLY: "never returned",
    field_behavior_pb2.IDENTIFIER: "its name",
}


@cache
def comments(package: str) -> Mapping[str, str]:
    """Return what the protos of a package say of each message, field, value and method.

    protoc leaves that out of the code; tools/protogen.py writes it beside it.
    """
    folder = Path(tianfu.__file__).parent.joinpath(*package.split(".")[1:])
    path = folder / "comments.json"
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def said(thing: Any) -> str:
    """Return what the protos say of a descriptor."""
    package = ".".join(thing.full_name.split(".")[:PACKAGE_PARTS])
    return comments(package).get(thing.full_name, "")


def all_kinds() -> list[dict[str, Any]]:
    """Return a record of each kind: its word, its area, how it is named, its verbs."""
    return [
        {
            "kind": kind.word,
            "area": kind.area,
            "names": kind.pattern,
            "verbs": [verb.value for verb in Verb if kind.can(verb)],
        }
        for kind in kinds()
    ]


def of_kind(kind: Kind, path: list[str], *, deep: bool) -> str:
    """Return what a kind is, or a field of it; raise Failure for a field that there is not."""
    message, field = kind.message, None
    for part in path:
        if field is not None:
            message = _inside(field, part)
        field = field_named(message, part)
    if field is None:
        return "\n".join(_kind_lines(kind, deep=deep)) + "\n"
    return "\n".join(_field_lines(kind, path, field, deep=deep)) + "\n"


def _kind_lines(kind: Kind, *, deep: bool) -> Iterator[str]:
    yield f"{kind.word}  ({kind.message.full_name})"
    yield ""
    yield from _wrapped(said(kind.message), "  ")
    yield ""
    yield f"names:   {kind.pattern}"
    yield f"verbs:   {' '.join(verb for verb in Verb if kind.can(verb))}"
    for verb in Verb:
        if not kind.can(verb):
            yield from _wrapped(f"no {verb}: {kind.why_not(verb)}", "         ")
    yield ""
    yield "fields:"
    yield from _fields(kind.message, "  ", deep=deep, above=())
    if kind.methods():
        yield ""
        yield "methods:"
        for method in kind.methods():
            yield f"  {method.name}"
            yield from _wrapped(said(method), "    ")


def _field_lines(
    kind: Kind, path: list[str], field: FieldDescriptor, *, deep: bool
) -> Iterator[str]:
    yield f"{kind.word}.{'.'.join(path)}  <{type_of(field)}>"
    yield ""
    yield from _wrapped(said(field), "  ")
    notes = _notes(field)
    if notes:
        yield f"  It is: {', '.join(notes)}."
    enumeration = field.enum_type
    if enumeration is not None:
        yield ""
        yield "values:"
        for value, word in zip(
            [each for each in enumeration.values if not each.name.endswith("UNSPECIFIED")],
            words_of(field),
            strict=True,
        ):
            # A value's full name is beside its enumeration in protobuf; comments have it below.
            text = comments(enumeration.file.package).get(
                f"{enumeration.full_name}.{value.name}", ""
            )
            yield from _wrapped(f"{word}: {text}", "  ")
    inner = _message_of(field)
    if inner is not None:
        yield ""
        yield "fields:"
        yield from _fields(inner, "  ", deep=deep, above=())


def _fields(
    message: Descriptor, indent: str, *, deep: bool, above: tuple[str, ...]
) -> Iterator[str]:
    for field in message.fields:
        notes = _notes(field)
        yield f"{indent}{field.name} <{type_of(field)}>{' - ' if notes else ''}{', '.join(notes)}"
        yield from _wrapped(said(field), f"{indent}  ")
        inner = _message_of(field)
        # Messages may hold themselves.
        if deep and inner is not None and inner.full_name not in above and len(above) < DEPTH_MAX:
            yield from _fields(inner, f"{indent}    ", deep=True, above=(*above, message.full_name))


def type_of(field: FieldDescriptor) -> str:
    """Return the type of a field as a person reads it: [NodeApp], map of string, time."""
    if is_map(field):
        return f"map of {type_of(field.message_type.fields_by_name['value'])}"
    if field.message_type is not None:
        known = {"Timestamp": "time", "Duration": "duration", "FieldMask": "fields"}
        is_ours = field.message_type.file.package != "google.protobuf"
        name = field.message_type.name
        one = name if is_ours else known.get(name, name)
    elif field.enum_type is not None:
        one = field.enum_type.name
    else:
        one = SCALARS.get(field.cpp_type, "number")
        one = "bytes" if field.type == FieldDescriptor.TYPE_BYTES else one
    return f"[{one}]" if field.is_repeated else one


SCALARS: Final = {
    FieldDescriptor.CPPTYPE_STRING: "string",
    FieldDescriptor.CPPTYPE_BOOL: "yes or no",
    FieldDescriptor.CPPTYPE_INT32: "integer",
    FieldDescriptor.CPPTYPE_INT64: "integer",
    FieldDescriptor.CPPTYPE_UINT32: "integer",
    FieldDescriptor.CPPTYPE_UINT64: "integer",
}


def _message_of(field: FieldDescriptor) -> Descriptor | None:
    """Return the message whose fields a field has, None for single values and known types."""
    inner = field.message_type.fields_by_name["value"] if is_map(field) else field
    message = inner.message_type
    return None if message is None or message.file.package == "google.protobuf" else message


def _inside(field: FieldDescriptor, part: str) -> Descriptor:
    message = _message_of(field)
    if message is None:
        raise Failure(
            "FIELD_UNKNOWN", f"{field.name} has no field {part!r}: it is {type_of(field)}"
        )
    return message


def _notes(field: FieldDescriptor) -> list[str]:
    stated = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return [BEHAVIOURS[one] for one in stated if one in BEHAVIOURS]


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
