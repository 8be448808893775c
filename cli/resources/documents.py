"""Resources as documents, in YAML or JSON, and what differs between two. Pure.

A document is the resource as protobuf has it in JSON, with the proto's names of fields, and says of
which message it is under ``@type``, as google.protobuf.Any does. What is read can be applied.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import yaml
from google.api import field_behavior_pb2
from google.protobuf import json_format

from cli.failures import Exit, Failure
from cli.resources.catalogue import Kind, kinds
from cli.resources.requests import assign_all, behaves, field_named, made
from cli.resources.values import is_map

TYPE: Final = "@type"
URL: Final = "type.googleapis.com/"
DOCUMENTS_MAX: Final = 1_000
NOT_COMPARED: Final = {"name", "etag"}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml is untyped here
    """YAML without its timestamps: times are texts, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Document:
    """A resource that somebody wrote down."""

    kind: Kind
    message: Any
    given: tuple[str, ...]
    """Fields that it states and a person may set, in the proto's order."""
    settings: tuple[str, ...] = ()
    """What was typed as FIELD=VALUE, where no file states it."""

    @property
    def name(self) -> str:
        """Its full name; raise Failure when it has none."""
        if not self.message.name:
            raise Failure(
                "NAME_MISSING",
                f"a document of {self.kind.word} has no name",
                f"add name: {self.kind.pattern}",
                status=Exit.USAGE,
            )
        return self.kind.name_of(self.message.name)


def document_of(message: Any) -> dict[str, Any]:
    """Return a resource as a document."""
    found = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return {TYPE: str(message.DESCRIPTOR.full_name), **found}


def as_yaml(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return documents in YAML, one after the other."""
    return str(
        yaml.safe_dump_all(
            [dict(each) for each in documents], sort_keys=False, allow_unicode=True, width=100
        )
    )


def as_json(documents: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Return a document as a JSON object, several as a list."""
    return json.dumps(documents, indent=2, ensure_ascii=False) + "\n"


def read(text: str, source: str) -> list[Document]:
    """Return the documents of a file of YAML or JSON; raise Failure that says which is wrong."""
    try:
        loaded = list(yaml.load_all(text, Loader=_Loader))
    except yaml.YAMLError as error:
        raise _invalid(source, f"it is neither YAML nor JSON: {error}") from None
    listed = [one for part in loaded for one in (part if isinstance(part, list) else [part])]
    found = [each for each in listed if each is not None]
    if not found or len(found) > DOCUMENTS_MAX:
        raise _invalid(source, f"it has {len(found)} documents; 1 to {DOCUMENTS_MAX} are read")
    return [_parsed(each, f"{source}, document {n}") for n, each in enumerate(found, 1)]


def from_settings(kind: Kind, name: str, settings: Sequence[str], now: datetime) -> Document:
    """Return what was typed as FIELD=VALUE as if it had been written down; raise Failure."""
    message = made(kind.message)
    assign_all(message, settings, now)
    heads = {each.partition("=")[0].partition(".")[0] for each in settings}
    fields = [field_named(kind.message, head) for head in heads]
    for field in fields:
        if behaves(field, field_behavior_pb2.OUTPUT_ONLY):
            raise Failure(
                "FIELD_OF_SERVICE",
                f"{field.name} is set by the service",
                f"`tianfu explain {kind.typed}` shows what may be set",
                status=Exit.USAGE,
            )
    message.name = name
    ordered = sorted(fields, key=lambda field: field.index)
    given = tuple(field.name for field in ordered if field.name not in NOT_COMPARED)
    return Document(kind, message, given, tuple(settings))


def onto(current: Any, wanted: Document, now: datetime) -> Document:
    """Return what is wanted where a resource is there already.

    What was typed, such as labels.site=roof, leaves the other labels; a file states a field whole.
    """
    if not wanted.settings:
        return wanted
    message = writable(current)
    assign_all(message, wanted.settings, now)
    return replace(wanted, message=message)


def writable(message: Any) -> Any:
    """Return a copy without what only services set."""
    copy = type(message)()
    copy.CopyFrom(message)
    _strip(copy)
    return copy


def changed_fields(current: Any, wanted: Document) -> list[str]:
    """Return the given fields whose value is another, in the proto's order."""
    stands = writable(current)
    return [name for name in wanted.given if _value(stands, name) != _value(wanted.message, name)]


def differs(before: Any, after: Any, fields: Iterable[str]) -> bool:
    """Say whether any of the fields was another before, what only services set aside."""
    stood, stands = writable(before), writable(after)
    return any(_value(stood, name) != _value(stands, name) for name in fields)


def merged(current: Any, wanted: Document) -> Any:
    """Return the current resource with the given fields as they are wanted."""
    found = type(current)()
    found.CopyFrom(current)
    one = type(current)()
    one.CopyFrom(wanted.message)
    for name in wanted.given:
        found.ClearField(name)
    for field, _ in wanted.message.ListFields():
        if field.name not in wanted.given:
            one.ClearField(field.name)
    found.MergeFrom(one)
    return found


def difference(current: Any | None, wanted: Document) -> str:
    """Return a unified diff of what is there and what is wanted, "" where both are the same."""
    before = "" if current is None else as_yaml([document_of(current)])
    if current is not None and not changed_fields(current, wanted):
        return ""
    after = wanted.message if current is None else merged(current, wanted)
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        as_yaml([document_of(after)]).splitlines(keepends=True),
        f"{wanted.name} (is)",
        f"{wanted.name} (wanted)",
    )
    return "".join(lines)


def _parsed(stated: Any, source: str) -> Document:
    if not isinstance(stated, Mapping) or not isinstance(stated.get(TYPE), str):
        raise _invalid(source, f'it does not say under "{TYPE}" what it is')
    full_name = stated[TYPE].removeprefix(URL)
    kind = next((kind for kind in kinds() if kind.message.full_name == full_name), None)
    if kind is None:
        raise _invalid(source, f"{full_name!r} is no resource of the API")
    rest = {str(key): value for key, value in stated.items() if key != TYPE}
    message = made(kind.message)
    try:
        json_format.ParseDict(rest, message)
    except json_format.ParseError as error:
        raise _invalid(source, str(error)) from None
    named = {field_named(kind.message, key).name for key in rest}
    stripped = writable(message)
    given = [
        field.name
        for field in kind.message.fields
        if field.name in named - NOT_COMPARED and not behaves(field, field_behavior_pb2.OUTPUT_ONLY)
    ]
    return Document(kind, stripped, tuple(given))


def _invalid(source: str, what: str) -> Failure:
    return Failure(
        "FILE_INVALID",
        f"{source}: {what}",
        "`tianfu get KIND NAME -o yaml` shows a good one, `tianfu explain KIND` its fields",
        status=Exit.USAGE,
    )


def _strip(message: Any) -> None:
    for field, value in message.ListFields():
        if behaves(field, field_behavior_pb2.OUTPUT_ONLY):
            message.ClearField(field.name)
        elif field.message_type is not None and not is_map(field):
            for each in value if field.is_repeated else [value]:
                _strip(each)


def _value(message: Any, name: str) -> Any:
    """Return a field's value; None for a message that is not set."""
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not message.HasField(name):
        return None
    value = getattr(message, name)
    if is_map(field):
        return dict(value)
    return list(value) if field.is_repeated else value
