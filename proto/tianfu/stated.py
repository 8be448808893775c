"""What a caller states of a resource: all but its name and what the service fills in."""

from __future__ import annotations

from typing import TypeVar

from google.api import field_behavior_pb2
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

FILLED_IN = frozenset({field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER})


def stated(message: M) -> M:
    """Return a copy without its name, and without fields that the service alone fills in.

    Two requests that state the same are the same request, whatever came back in between.
    """
    copy: M = type(message)()
    copy.CopyFrom(message)
    for field in copy.DESCRIPTOR.fields:
        behaviours = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        if FILLED_IN & set(behaviours):
            copy.ClearField(field.name)
    return copy
