"""Messages of any kind with every field set, from their descriptors alone."""

from __future__ import annotations

from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

DEPTH_MAX = 3
SECONDS = 1_768_204_800


def filled(message: Descriptor, depth: int = 0) -> Any:
    """Return a message whose fields are all set, lists to two items, to a depth of three."""
    made = message_factory.GetMessageClass(message)()
    for field in message.fields:
        if field.containing_oneof is not None and field.containing_oneof.fields[0] != field:
            continue
        _fill(made, field, depth)
    return made


def _fill(made: Any, field: FieldDescriptor, depth: int) -> None:
    target = getattr(made, field.name)
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        key, value = (inner.fields_by_name[each] for each in ("key", "value"))
        if value.message_type is None:
            target[_scalar(key)] = _scalar(value)
        elif depth < DEPTH_MAX:
            target[_scalar(key)].CopyFrom(filled(value.message_type, depth + 1))
    elif inner is not None and depth < DEPTH_MAX:
        for one in [target.add(), target.add()] if field.is_repeated else [target]:
            one.CopyFrom(_known(inner) or filled(inner, depth + 1))
    elif inner is None and field.is_repeated:
        target.extend([_scalar(field), _scalar(field)])
    elif inner is None:
        setattr(made, field.name, _scalar(field))


def _known(message: Descriptor) -> Any | None:
    made = message_factory.GetMessageClass(message)()
    match message.full_name:
        case "google.protobuf.Timestamp" | "google.protobuf.Duration":
            made.seconds = SECONDS if message.name == "Timestamp" else 90
        case "google.protobuf.FieldMask":
            made.paths.append("name")
        case "google.protobuf.Struct":
            made.update({"resourceType": "Patient"})
        case _:
            return None
    return made


def _scalar(field: FieldDescriptor) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"\x01\x02"
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            return f"{field.name} 一"
        case FieldDescriptor.CPPTYPE_BOOL:
            return True
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return 1.5
        case _:
            return 7
