"""Resources as a table, as one page, or as documents. Pure: messages in, text out."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from cli import output
from cli.resources.catalogue import Kind, Step, Verb, kinds
from cli.resources.documents import as_json, as_yaml, document_of
from cli.resources.values import DURATION, TIMESTAMP, cell, entries, is_map, is_plain, of

COLUMNS_MAX: Final = 6
"""Of a table beside the name: what fits on 100 columns of a terminal, mostly."""

NEVER: Final = {"name", "etag"}
TELLING: Final = ("display_name", "title", "state", "presence", "place_code", "unit", "version")


class Format(enum.StrEnum):
    """How resources are printed."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


def text(kind: Kind, messages: Sequence[Any], form: Format) -> str:
    """Return resources in a form."""
    match form:
        case Format.JSON:
            return as_json([document_of(each) for each in messages])
        case Format.YAML:
            return as_yaml(document_of(each) for each in messages)
        case Format.NAME:
            return "".join(f"{each.name}\n" for each in messages)
        case Format.TABLE | Format.WIDE:
            fields = columns(kind, messages, wide=form is Format.WIDE)
            return output.table(heads(fields), [row(kind, each, fields) for each in messages])


def columns(kind: Kind, messages: Sequence[Any], *, wide: bool) -> list[FieldDescriptor]:
    """Return the fields that a table has beside the name: none that is empty throughout.

    A wide one has all that fit into a cell; another the six that tell most.
    """
    fields = [each for each in kind.message.fields if each.name not in NEVER]
    if not wide:
        fields = [each for each in fields if is_plain(each)]
    if messages:
        fields = [each for each in fields if any(of(one, each) for one in messages)]
    if wide:
        return fields
    ranked = sorted(fields, key=lambda field: (_rank(field), field.index))[:COLUMNS_MAX]
    return sorted(ranked, key=lambda field: field.index)


def heads(fields: Sequence[FieldDescriptor]) -> list[str]:
    """Return the heading of a table."""
    return ["name", *(field.name.replace("_", " ") for field in fields)]


def row(kind: Kind, message: Any, fields: Sequence[FieldDescriptor]) -> list[str]:
    """Return one resource as a table has it."""
    return [kind.id_of(message.name), *(of(message, field) for field in fields)]


def described(kind: Kind, message: Any) -> str:
    """Return all that is known of a resource, and where to go from it."""
    lines = [f"{kind.singular} {kind.id_of(message.name)}  ({kind.message.full_name})", ""]
    lines += _fields(message, "")
    children = [each for each in kinds() if _is_child(each, kind) and each.can(Verb.GET)]
    if children:
        width = max(len(each.typed) for each in children)
        lines += ["", "below it:"]
        lines += [f"  {each.typed:<{width}}  {_how(each, message.name)}" for each in children]
    if kind.others:
        lines += ["", f"its other methods: {', '.join(method.name for method in kind.others)}"]
    return "\n".join(lines) + "\n"


def _how(child: Kind, parent: str) -> str:
    if child.is_singleton:
        return f"tianfu get {parent}/{child.pattern.rsplit('/', 1)[1]}"
    return f"tianfu get {child.typed} --parent {parent}"


def _is_child(kind: Kind, parent: Kind) -> bool:
    """Say whether names of a kind begin with those of another, with one more part or two."""
    return (
        kind.pattern.startswith(f"{parent.pattern}/")
        and kind.variables <= parent.variables + 1
        and (Step.LIST in kind.steps or kind.is_singleton)
    )


def _fields(message: Any, indent: str) -> Iterator[str]:
    listed = message.ListFields()
    plain = [(field, value) for field, value in listed if is_plain(field)]
    width = max((len(field.name) for field, _ in plain), default=0)
    for field, value in listed:
        label = field.name.replace("_", " ")
        if is_plain(field):
            yield f"{indent}{label + ':':<{width + 2}} {cell(field, value)}"
        elif is_map(field):
            yield f"{indent}{label}:"
            yield from (f"{indent}  {each}" for each in entries(field, value))
        elif field.is_repeated and field.message_type is not None:
            yield f"{indent}{label}:"
            for each in value:
                yield from _item(field, each, f"{indent}  ")
        elif field.message_type is not None:
            yield f"{indent}{label}:"
            yield from _fields(value, f"{indent}  ")
        else:
            yield f"{indent}{label}: {of(message, field)}"


def _item(field: FieldDescriptor, value: Any, indent: str) -> Iterator[str]:
    if field.message_type.full_name in {TIMESTAMP, DURATION}:
        yield f"{indent}- {cell(field, value)}"
        return
    for number, line in enumerate(_fields(value, f"{indent}  ")):
        yield f"{indent}- {line.lstrip()}" if number == 0 else line


def _rank(field: FieldDescriptor) -> int:
    """Return how little a field tells: what people call it first, times last."""
    if field.name in TELLING:
        return 0
    if field.enum_type is not None:
        return 1
    if field.message_type is not None:
        return 3 if field.name == "create_time" else 4
    return 2
