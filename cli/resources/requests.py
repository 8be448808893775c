"""Requests out of what a person typed: FIELD=VALUE, names, parents. Pure; now is a parameter."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from google.api import field_behavior_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

from buf.validate import validate_pb2
from cli.failures import Exit, Failure
from cli.names import duration_of, time_of
from cli.resources.catalogue import Kind, of_type, reference_of, resource_field
from cli.resources.values import is_map, prefix_of

ANY_PARENT: Final = "-"
"""A collection of all parents (AIP-159), where a service takes it."""

OWN: Final = {"name", "parent", "page_size", "page_token", "filter", "resume_token", "request_id"}
"""Fields of requests that verbs fill in by themselves."""

NUMBERS: Final = {
    FieldDescriptor.CPPTYPE_DOUBLE: float,
    FieldDescriptor.CPPTYPE_FLOAT: float,
    FieldDescriptor.CPPTYPE_INT32: int,
    FieldDescriptor.CPPTYPE_INT64: int,
    FieldDescriptor.CPPTYPE_UINT32: int,
    FieldDescriptor.CPPTYPE_UINT64: int,
}
TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


def made(message: Descriptor) -> Any:
    """Return an empty message of a kind."""
    return message_factory.GetMessageClass(message)()


def assign_all(message: Any, settings: Iterable[str], now: datetime) -> None:
    """Set fields of a message by texts such as labels.site=roof; raise Failure."""
    for text in settings:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise Failure(
                "SETTING_INVALID",
                f"{text!r} sets nothing",
                "write FIELD=VALUE, such as labels.site=roof",
                status=Exit.USAGE,
            )
        assign(message, path.split("."), value, now)


def assign(message: Any, path: Sequence[str], text: str, now: datetime) -> None:
    """Set the field at a path of a message to what a text says; raise Failure."""
    here = message
    for number, part in enumerate(path):
        field = field_named(here.DESCRIPTOR, part)
        last = number == len(path) - 1
        if is_map(field):
            key = ".".join(path[number + 1 :])
            _put(getattr(here, field.name), field, key, text, now)
            return
        if last:
            _set(here, field, text, now)
            return
        if field.message_type is None or field.is_repeated:
            raise Failure(
                "FIELD_UNKNOWN",
                f"{'.'.join(path[: number + 1])} has no fields of its own",
                f"lists and their parts go into a file: `tianfu create -f`, not {'.'.join(path)}=",
                status=Exit.USAGE,
            )
        here = getattr(here, field.name)


def field_named(message: Descriptor, name: str) -> FieldDescriptor:
    """Return a field, by its name in the proto or in JSON; raise Failure with those there are."""
    found = message.fields_by_name.get(name.replace("-", "_"))
    found = found or message.fields_by_camelcase_name.get(name)
    if found is None:
        known = ", ".join(each.name for each in message.fields) or "none"
        raise Failure(
            "FIELD_UNKNOWN",
            f"{message.name} has no field {name!r}",
            f"there are: {known}",
            status=Exit.USAGE,
        )
    return found


def behaves(field: FieldDescriptor, behaviour: int) -> bool:
    """Say whether a field has a behaviour, such as REQUIRED or OUTPUT_ONLY."""
    return behaviour in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]


def value_of(field: FieldDescriptor, text: str, now: datetime) -> Any:
    """Return one value of a field that is no message, or of a time or duration; raise Failure."""
    if field.message_type is not None:
        return _known_message(field, text, now)
    if field.enum_type is not None:
        return _enum_value(field, text)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return _parsed(field, text, lambda each: base64.b64decode(each, validate=True))
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _parsed(field, text, lambda each: TRUTH[each.lower()])
    number = NUMBERS.get(field.cpp_type)
    return text if number is None else _parsed(field, text, number)


def words_of(field: FieldDescriptor) -> list[str]:
    """Return the values of an enumeration as they are typed: base-station, gateway."""
    prefix = prefix_of(field)
    return [
        value.name.removeprefix(prefix).lower().replace("_", "-")
        for value in field.enum_type.values
        if not value.name.endswith("UNSPECIFIED")
    ]


def request_for(
    method: MethodDescriptor, settings: Iterable[str], now: datetime, **own: Any
) -> Any:
    """Return a request with what was typed, and with fields that the verb fills in itself.

    Of both it takes what it has: a verb may call several methods, and a purpose is for reading
    alone. ``must_be_known`` refuses what none of them has.
    """
    request = made(method.input_type)
    assign_all(request, [each for each in settings if _has(method, each)], now)
    for name, value in own.items():
        if name in request.DESCRIPTOR.fields_by_name and value not in {"", 0}:
            setattr(request, name, value)
    return request


def must_be_known(kind: Kind, settings: Iterable[str]) -> None:
    """Raise Failure for a parameter that no standard method of a kind takes."""
    methods = list(kind.steps.values())
    for each in settings:
        if any(_has(method, each) for method in methods):
            continue
        known = {field.name for method in methods for field in method.input_type.fields} - OWN
        raise Failure(
            "FIELD_UNKNOWN",
            f"no request for {kind.word} has a field {each.partition('=')[0]!r}",
            f"there are: {', '.join(sorted(known)) or 'none'}",
            status=Exit.USAGE,
        )


def must_be_whole(request: Any, method: MethodDescriptor) -> None:
    """Raise Failure where a request lacks what the method needs, with what could stand there."""
    for field in method.input_type.fields:
        if not behaves(field, field_behavior_pb2.REQUIRED):
            continue
        known = field.message_type is not None and not field.is_repeated
        given = request.HasField(field.name) if known else bool(getattr(request, field.name))
        if given:
            continue
        if field.name == "parent":
            raise Failure(
                "PARENT_MISSING",
                f"{method.name} wants to know of which parent",
                f"--parent {parent_pattern(method) or 'NAME'}",
                status=Exit.USAGE,
            )
        raise Failure(
            "PARAMETER_MISSING",
            f"{method.name} needs {field.name}",
            " ".join(f"-p {each}" for each in _examples(field)),
            status=Exit.USAGE,
        )


def parent_for(kind: Kind, method: MethodDescriptor, text: str) -> str:
    """Return the parent that a text means; all parents when it is empty and that may be asked."""
    field = method.input_type.fields_by_name.get("parent")
    if field is None:
        if text:
            raise Failure(
                "PARENT_UNKNOWN",
                f"{kind.word} have no parent to list them by",
                "leave --parent out",
                status=Exit.USAGE,
            )
        return ""
    pattern = parent_pattern(method)
    if not text:
        every = re.sub(r"\{[a-z_]+\}", ANY_PARENT, pattern)
        rule = field.GetOptions().Extensions[validate_pb2.field].string.pattern
        return every if pattern and rule and re.match(rule, every) else ""
    return text if "/" in text or not pattern else re.sub(r"\{[a-z_]+\}", text, pattern, count=1)


def parent_pattern(method: MethodDescriptor) -> str:
    """Return how a method's parents are named, "" where the proto does not say."""
    field = method.input_type.fields_by_name.get("parent")
    if field is None:
        return ""
    area = method.containing_service.file.package.split(".")[1].replace("_", "-")
    stated = reference_of(field)
    if stated.type:
        kind = of_type(stated.type, area)
        return kind.pattern if kind is not None else ""
    kind = of_type(stated.child_type, area)
    return kind.pattern.rsplit("/", 2)[0] if kind is not None else ""


def kind_parameter(kind: Kind, method: MethodDescriptor) -> dict[str, int]:
    """Return what tells a method of several kinds which one is meant: its field `kind`."""
    field = method.input_type.fields_by_name.get("kind")
    if field is None or field.enum_type is None:
        return {}
    ending = resource_field(method.output_type, kind).upper()
    found = [v.number for v in field.enum_type.values if v.name.endswith(f"_{ending}")]
    shortest = min(
        (v for v in field.enum_type.values if v.number in found), key=lambda v: len(v.name)
    )
    return {"kind": int(shortest.number)}


def _has(method: MethodDescriptor, setting: str) -> bool:
    head = setting.partition("=")[0].partition(".")[0]
    fields = method.input_type
    return head.replace("-", "_") in fields.fields_by_name or (
        head in fields.fields_by_camelcase_name
    )


def _set(here: Any, field: FieldDescriptor, text: str, now: datetime) -> None:
    if field.is_repeated:
        values = [value_of(field, each, now) for each in text.split(",") if each]
        here.ClearField(field.name)
        getattr(here, field.name).extend(values)
    elif field.message_type is not None:
        getattr(here, field.name).CopyFrom(value_of(field, text, now))
    else:
        setattr(here, field.name, value_of(field, text, now))


def _put(target: Any, field: FieldDescriptor, key: str, text: str, now: datetime) -> None:
    entry = field.message_type.fields_by_name
    if not key:
        raise Failure(
            "SETTING_INVALID",
            f"{field.name} needs a key",
            f"write {field.name}.KEY=VALUE",
            status=Exit.USAGE,
        )
    target[value_of(entry["key"], key, now)] = value_of(entry["value"], text, now)


def _known_message(field: FieldDescriptor, text: str, now: datetime) -> Any:
    found = made(field.message_type)
    match field.message_type.full_name:
        case "google.protobuf.Timestamp":
            found.FromDatetime(time_of(text, now))
        case "google.protobuf.Duration":
            found.FromTimedelta(duration_of(text))
        case "google.protobuf.FieldMask":
            found.paths.extend(text.split(","))
        case _:
            inner = ", ".join(f"{field.name}.{each.name}" for each in field.message_type.fields)
            raise Failure(
                "FIELD_UNKNOWN",
                f"{field.name} is more than one value",
                f"set its fields: {inner}",
                status=Exit.USAGE,
            )
    return found


def _enum_value(field: FieldDescriptor, text: str) -> int:
    wanted = text.upper().replace("-", "_").replace(" ", "_")
    for value in field.enum_type.values:
        if wanted in {value.name, value.name.removeprefix(prefix_of(field))}:
            return int(value.number)
    raise Failure(
        "VALUE_INVALID",
        f"{text!r} is no {field.name}",
        f"one of {', '.join(words_of(field))}",
        status=Exit.USAGE,
    )


def _parsed(field: FieldDescriptor, text: str, parse: Any) -> Any:
    try:
        return parse(text)
    except (ValueError, KeyError):
        raise Failure(
            "VALUE_INVALID",
            f"{field.name} can't be {text!r}",
            f"`tianfu explain` says what {field.name} is",
            status=Exit.USAGE,
        ) from None


def _examples(field: FieldDescriptor) -> list[str]:
    if field.enum_type is not None:
        return [f"{field.name}={'|'.join(words_of(field))}"]
    known = field.message_type is not None and field.message_type.file.package != "google.protobuf"
    if known and not field.is_repeated:
        needed = [
            each for each in field.message_type.fields if behaves(each, field_behavior_pb2.REQUIRED)
        ]
        return [f"{field.name}.{each.name}=VALUE" for each in needed or field.message_type.fields]
    return [f"{field.name}=VALUE"]
