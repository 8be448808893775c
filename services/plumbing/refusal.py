"""Expected failures, as types with a verdict.

A ``Refusal`` says what is wrong, where, and what to do, under a reason code that never changes.
One table turns its kind into a gRPC status (``rpc_status``), another into what becomes of a
message (dead letter). Whatever is not a ``Refusal`` is a bug, and is reported as one::

    Refusal
    ├── InvalidArgument     the call is wrong, whatever the state
    ├── NotFound            no such thing
    ├── AlreadyExists       there is one already
    ├── FailedPrecondition  the state does not allow it
    ├── Aborted             somebody else was faster; read again and repeat
    ├── OutOfRange          past the end
    ├── PermissionDenied    known caller, not allowed
    ├── Unauthenticated     unknown caller
    ├── ResourceExhausted   a limit is reached
    ├── Unavailable         not now; repeat later
    └── DeadlineExceeded    too late

A service derives its own: ``class NodeNotFound(NotFound): reason = "NODE_NOT_FOUND"``.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from typing_extensions import override

REASON_PATTERN: Final = re.compile(r"[A-Z][A-Z0-9_]{1,61}[A-Z0-9]")
"""Grammar of ``google.rpc.ErrorInfo.reason`` (AIP-193)."""


class Kind(enum.Enum):
    """What sort of refusal it is; named as the gRPC status codes are."""

    INVALID_ARGUMENT = enum.auto()
    NOT_FOUND = enum.auto()
    ALREADY_EXISTS = enum.auto()
    FAILED_PRECONDITION = enum.auto()
    ABORTED = enum.auto()
    OUT_OF_RANGE = enum.auto()
    PERMISSION_DENIED = enum.auto()
    UNAUTHENTICATED = enum.auto()
    RESOURCE_EXHAUSTED = enum.auto()
    UNAVAILABLE = enum.auto()
    DEADLINE_EXCEEDED = enum.auto()


class Refusal(Exception):
    """An expected failure: ``kind`` and ``reason`` of its class, the rest of the case at hand.

    ``message`` goes to the caller, so it never holds personal data, secrets or a driver's text.
    ``field`` is the request's field at fault, ``metadata`` what a program may want to know,
    ``retry_after`` how long to wait before trying again.
    """

    kind: Kind = Kind.FAILED_PRECONDITION
    reason: str = "REFUSED"

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raise TypeError for a class whose reason is no reason code."""
        super().__init_subclass__(**kwargs)
        if not REASON_PATTERN.fullmatch(cls.reason):
            raise TypeError(f"{cls.__name__}.reason {cls.reason!r}: need UPPER_SNAKE")

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.metadata: dict[str, str] = dict(metadata or {})
        self.retry_after = retry_after


class InvalidArgument(Refusal):
    """The call is wrong, whatever the state."""

    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_ARGUMENT"


class NotFound(Refusal):
    """There is no such thing."""

    kind = Kind.NOT_FOUND
    reason = "NOT_FOUND"


class AlreadyExists(Refusal):
    """There is one already."""

    kind = Kind.ALREADY_EXISTS
    reason = "ALREADY_EXISTS"


class FailedPrecondition(Refusal):
    """The state does not allow it."""

    kind = Kind.FAILED_PRECONDITION
    reason = "FAILED_PRECONDITION"


class Aborted(Refusal):
    """Somebody else was faster: read again and repeat."""

    kind = Kind.ABORTED
    reason = "ABORTED"


class OutOfRange(Refusal):
    """Past the end of what there is."""

    kind = Kind.OUT_OF_RANGE
    reason = "OUT_OF_RANGE"


class PermissionDenied(Refusal):
    """The caller is known, and may not."""

    kind = Kind.PERMISSION_DENIED
    reason = "PERMISSION_DENIED"


class Unauthenticated(Refusal):
    """The caller is not known."""

    kind = Kind.UNAUTHENTICATED
    reason = "UNAUTHENTICATED"


class ResourceExhausted(Refusal):
    """A limit is reached."""

    kind = Kind.RESOURCE_EXHAUSTED
    reason = "RESOURCE_EXHAUSTED"


class Unavailable(Refusal):
    """Not now: repeat later."""

    kind = Kind.UNAVAILABLE
    reason = "UNAVAILABLE"


class DeadlineExceeded(Refusal):
    """The caller's deadline is over."""

    kind = Kind.DEADLINE_EXCEEDED
    reason = "DEADLINE_EXCEEDED"
