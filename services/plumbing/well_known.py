"""Timestamps and durations of a request that protobuf carries and nobody can reckon with.

A Timestamp on the wire is any two integers; google/protobuf/timestamp.proto allows the years 1 to
9999 and nanoseconds below a second, and the libraries raise on the rest at their first use. Looked
at here once, for every field of every request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

SECONDS_MIN: Final = -62_135_596_800
"""0001-01-01T00:00:00Z."""
SECONDS_MAX: Final = 253_402_300_799
"""9999-12-31T23:59:59Z."""
DURATION_SECONDS_MAX: Final = 315_576_000_000
"""Ten thousand years."""
NANOS_MAX: Final = 999_999_999

TIMESTAMP: Final = "google.protobuf.Timestamp"
DURATION: Final = "google.protobuf.Duration"


def unsound(message: Message) -> Iterator[tuple[str, str]]:
    """Yield (path, what is wrong) of each timestamp and duration that can't be one."""
    yield from _unsound(message, "")


def _unsound(message: Message, path: str) -> Iterator[tuple[str, str]]:
    check = CHECKS.get(message.DESCRIPTOR.full_name)
    if check is not None:
        wrong = check(message)
        if wrong:
            yield path, wrong
        return
    for field in _fields_to_look_at(message.DESCRIPTOR):
        yield from _of_field(message, field, f"{path}.{field.name}" if path else field.name)


def _of_field(message: Message, field: FieldDescriptor, path: str) -> Iterator[tuple[str, str]]:
    if not field.is_repeated:
        if message.HasField(field.name):
            yield from _unsound(getattr(message, field.name), path)
        return
    inside = getattr(message, field.name)
    if field.message_type.GetOptions().map_entry:
        for value in inside.values():  # a map's key is the caller's, and stays out of the text
            yield from _unsound(value, f"{path}[*]")
    else:
        for i, one in enumerate(inside):
            yield from _unsound(one, f"{path}[{i}]")


def _timestamp(message: Any) -> str:
    if not SECONDS_MIN <= message.seconds <= SECONDS_MAX:
        return "the time is outside the years 1 to 9999"
    return "" if 0 <= message.nanos <= NANOS_MAX else "the nanoseconds are not of one second"


def _duration(message: Any) -> str:
    if abs(message.seconds) > DURATION_SECONDS_MAX:
        return "the duration is longer than 10,000 years"
    if abs(message.nanos) > NANOS_MAX:
        return "the nanoseconds are not of one second"
    return "seconds and nanoseconds differ in sign" if message.seconds * message.nanos < 0 else ""


CHECKS: Final[Mapping[str, Callable[[Any], str]]] = {TIMESTAMP: _timestamp, DURATION: _duration}


@cache
def _fields_to_look_at(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Return the fields below which a timestamp or a duration may stand."""
    return tuple(f for f in descriptor.fields if _leads_to_one(f, frozenset()))


def _leads_to_one(field: FieldDescriptor, seen: frozenset[str]) -> bool:
    kind = field.message_type
    if kind is None or kind.full_name in seen:
        return False
    if kind.full_name in CHECKS:
        return True
    if kind.GetOptions().map_entry:
        return _leads_to_one(kind.fields_by_name["value"], seen)
    return any(_leads_to_one(inner, seen | {kind.full_name}) for inner in kind.fields)
