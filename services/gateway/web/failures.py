"""What a caller sees of a failure, whichever protocol it speaks: code, reason, what to do."""

from __future__ import annotations

from typing import Any, Final

import grpc
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from google.rpc import status_pb2
from protobuf.wkt import Any as AnyMessage

from services.plumbing import rpc_status
from services.plumbing.refusal import Kind, Refusal, Unavailable

CODES: Final = {code.name: code for code in Code}
# gRPC spells it with two l.
CODES["CANCELLED"] = Code.CANCELED
DETAILS_MAX: Final = 16


class BackendUnavailable(Unavailable):
    """The service behind the gateway can't be reached."""

    reason = "BACKEND_UNAVAILABLE"


class BackendUnset(Unavailable):
    """The gateway was not told where the service is."""

    reason = "BACKEND_UNSET"


def refused(refusal: Refusal) -> ConnectError:
    """Return a refusal of the gateway's own as what goes out."""
    answer = rpc_status.answer(refusal)
    return _error(CODES[Kind(refusal.kind).name], answer.message, dict(answer.trailers))


def passed_on(error: grpc.aio.AioRpcError, backend: str) -> ConnectError:
    """Return a service's failure as what goes out: its code, message and details as they are."""
    trailers = {key: value for key, value in (error.trailing_metadata() or ())}  # noqa: C416 - aio's metadata is no mapping of pairs
    if error.code() is grpc.StatusCode.UNAVAILABLE and rpc_status.DETAILS_KEY not in trailers:
        # gRPC's own text names addresses behind the gateway.
        return refused(BackendUnavailable(f"{backend} can't be reached; try again"))
    return _error(CODES[error.code().name], error.details() or "", trailers)


def _error(code: Code, message: str, trailers: dict[str, Any]) -> ConnectError:
    raw = trailers.get(rpc_status.DETAILS_KEY)
    status = status_pb2.Status.FromString(raw) if isinstance(raw, bytes) else status_pb2.Status()
    details = [
        ErrorDetail(AnyMessage(type_url=each.type_url, value=each.value))
        for each in status.details[:DETAILS_MAX]
    ]
    return ConnectError(code, message, details)
