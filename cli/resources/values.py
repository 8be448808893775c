"""One value of a resource as people read it. Pure."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from cli import names
from cli.resources.catalogue import kebab

TIMESTAMP: Final = "google.protobuf.Timestamp"
DURATION: Final = "google.protobuf.Duration"
SHOWN_MAX: Final = 48


def is_map(field: FieldDescriptor) -> bool:
    """Say whether a field is a map."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def prefix_of(field: FieldDescriptor) -> str:
    """Return what the names of an enumeration's values begin with: NODE_CLASS_."""
    return f"{kebab(field.enum_type.name).upper().replace('-', '_')}_"


def is_plain(field: FieldDescriptor) -> bool:
    """Say whether a field is one value that fits into a cell."""
    if field.is_repeated or field.type == FieldDescriptor.TYPE_BYTES:
        return False
    return field.message_type is None or field.message_type.full_name in {TIMESTAMP, DURATION}


def cell(field: FieldDescriptor, value: Any) -> str:
    """Return one value of a field in words: enumerations without prefix, times in UTC."""
    if field.message_type is not None:
        return _message(field, value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        text = str(value) if known is None else known.name.removeprefix(prefix_of(field))
        return "" if text == "UNSPECIFIED" else text.lower().replace("_", " ")
    if field.type == FieldDescriptor.TYPE_BYTES:
        return f"{len(value)} bytes" if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.6g}" if isinstance(value, float) else visible(str(value))


def visible(text: str) -> str:
    """Return a text without what would steer the terminal: who writes it may be anybody."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def of(message: Any, field: FieldDescriptor) -> str:
    """Return a field of a message as a cell: of lists what fits, of messages how many."""
    if field.has_presence and not message.HasField(field.name):
        return ""
    value = getattr(message, field.name)
    if is_map(field):
        return shortened(", ".join(entries(field, value)))
    if not field.is_repeated:
        return cell(field, value)
    if field.message_type is not None:
        return str(len(value)) if value else ""
    return shortened(", ".join(cell(field, each) for each in value))


def entries(field: FieldDescriptor, value: Any) -> list[str]:
    """Return a map as KEY=VALUE, by key."""
    kinds = field.message_type.fields_by_name
    return [
        f"{cell(kinds['key'], key)}={cell(kinds['value'], value[key])}" for key in sorted(value)
    ]


def shortened(text: str) -> str:
    """Return a text that fits into a cell."""
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def _message(field: FieldDescriptor, value: Any) -> str:
    match field.message_type.full_name:
        case name if name == TIMESTAMP:
            return names.to_the_second(value).replace("+00:00", "Z")
        case name if name == DURATION:
            return f"{value.seconds + value.nanos / 1e9:g} s"
        case _:
            plain = [each for each, _ in value.ListFields() if is_plain(each)]
            parts = (f"{each.name}={cell(each, getattr(value, each.name))}" for each in plain)
            return shortened(", ".join(parts))
