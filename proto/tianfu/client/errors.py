"""What a call that failed says, as an exception of this package alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
from google.rpc import error_details_pb2, status_pb2
from typing_extensions import override

DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Violation:
    """A field of the request, and what is wrong with it."""

    field: str
    description: str


@dataclass
class CallError(Exception):
    """A call failed. ``reason`` is stable and for programs; ``message`` says what to do."""

    code: grpc.StatusCode
    reason: str
    message: str
    violations: Sequence[Violation] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    # How long to wait before trying again; None when that helps nothing, or nobody knows.
    retry_after: timedelta | None = None

    @override
    def __str__(self) -> str:
        """Return reason, message and what is wrong with which field."""
        wrong = "".join(f"; {one.field}: {one.description}" for one in self.violations)
        return f"{self.reason}: {self.message}{wrong}"


def call_error(error: grpc.RpcError) -> CallError:
    """Return gRPC's error as ours."""
    code = error.code()
    info, wait = error_details_pb2.ErrorInfo(), None
    wrong: list[Violation] = []
    trailing = error.trailing_metadata() or ()
    packed = next((value for key, value in trailing if key == DETAILS), b"")
    for detail in status_pb2.Status.FromString(packed).details:
        bad, retry = error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Is(info.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(bad.DESCRIPTOR):
            detail.Unpack(bad)
            wrong += [Violation(one.field, one.description) for one in bad.field_violations]
        elif detail.Is(retry.DESCRIPTOR):
            detail.Unpack(retry)
            wait = retry.retry_delay.ToTimedelta()
    message = error.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE and not info.reason:
        message = "the service can't be reached"
    return CallError(code, info.reason or code.name, message, wrong, dict(info.metadata), wait)
