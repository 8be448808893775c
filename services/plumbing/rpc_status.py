"""What a caller sees of a failure: a gRPC status with google.rpc details, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import grpc
import protovalidate
from google.rpc import error_details_pb2, status_pb2

from services.plumbing.refusal import InvalidArgument, Kind, Refusal

DOMAIN: Final = "tianfu.dev"
"""The domain of our reason codes in ``google.rpc.ErrorInfo``."""

DETAILS_KEY: Final = "grpc-status-details-bin"

VIOLATIONS_MAX: Final = 20
"""Violations that are reported; with their texts they stay below a client's 8 KiB of metadata."""

TEXT_LENGTH_MAX: Final = 160
"""Characters of one violation's text, and of a field's path."""

MESSAGE_LENGTH_MAX: Final = 1_000
"""Characters of the status message."""

CODES: Final[Mapping[Kind, grpc.StatusCode]] = {kind: grpc.StatusCode[kind.name] for kind in Kind}
"""Each kind of refusal has the status code of its name; a kind without one fails at import."""


class Violation(NamedTuple):
    """A rule of the proto that a request breaks. It never holds the request's value."""

    field: str
    reason: str
    message: str


class InvalidRequest(InvalidArgument):
    """The request breaks rules that the proto states."""

    reason = "REQUEST_INVALID"

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        where = ", ".join(dict.fromkeys(v.field or "the request" for v in self.violations[:3]))
        super().__init__(f"the request breaks {len(self.violations)} rule(s), at {where}")


class Answer(NamedTuple):
    """A failure, ready to be sent."""

    code: grpc.StatusCode
    message: str
    reason: str
    trailers: tuple[tuple[str, bytes], ...]


def violations_of(found: Iterable[protovalidate.Violation]) -> list[Violation]:
    """Return what protovalidate found, without the values it found."""
    return [
        Violation(
            _path(one.proto),
            (one.proto.rule_id or "rule").upper().replace(".", "_"),
            one.proto.message or f"breaks the rule {one.proto.rule_id}",
        )
        for one in found
    ]


def _path(violation: protovalidate.ViolationPb) -> str:
    """Return a field's path such as ``node.labels[*].x``: a map's key is the caller's, so [*]."""
    if violation.field is None:
        return ""
    parts: list[str] = []
    for element in violation.field.elements:
        subscript = element.subscript
        if subscript is None:
            parts.append(element.field_name or "")
        elif subscript.field == "index":
            parts.append(f"{element.field_name}[{subscript.value}]")
        else:
            parts.append(f"{element.field_name}[*]")
    return ".".join(parts)


def answer(refusal: Refusal) -> Answer:
    """Return what to tell the caller of a refusal."""
    code = CODES[refusal.kind]
    message = refusal.message[:MESSAGE_LENGTH_MAX]
    status = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason, domain=DOMAIN, metadata=refusal.metadata
    )
    status.details.add().Pack(info)
    violations: Iterable[Violation] = ()
    if isinstance(refusal, InvalidRequest):
        violations = refusal.violations
    elif refusal.field is not None:
        violations = (Violation(refusal.field, refusal.reason, refusal.message),)
    if violations:
        status.details.add().Pack(_bad_request(violations))
    if refusal.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(refusal.retry_after)
        status.details.add().Pack(retry)
    trailers = ((DETAILS_KEY, status.SerializeToString()),)
    return Answer(code, message, refusal.reason, trailers)


def _bad_request(violations: Iterable[Violation]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=one.field[:TEXT_LENGTH_MAX],
                description=one.message[:TEXT_LENGTH_MAX],
                reason=one.reason,
            )
            for one in list(violations)[:VIOLATIONS_MAX]
        ]
    )


def internal(trace_id: str) -> Answer:
    """Return what to tell the caller of a bug: that it is one, and under which id it is logged."""
    return _plain(
        grpc.StatusCode.INTERNAL,
        "the service failed; it is logged, so report the trace id",
        "INTERNAL",
        {"trace_id": trace_id},
    )


def unimplemented() -> Answer:
    """Return what to tell the caller of an RPC that the contract has and this service has not."""
    return _plain(
        grpc.StatusCode.UNIMPLEMENTED,
        "this version of the service does not have the RPC",
        "RPC_UNIMPLEMENTED",
        {},
    )


def _plain(code: grpc.StatusCode, message: str, reason: str, metadata: Mapping[str, str]) -> Answer:
    status = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    status.details.add().Pack(info)
    return Answer(code, message, reason, ((DETAILS_KEY, status.SerializeToString()),))
