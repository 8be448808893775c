"""Who makes the call at hand, and whether the gateway lets it on to a service."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from services.gateway.model.session import Session
from services.plumbing.refusal import PermissionDenied, Refusal, ResourceExhausted, Unauthenticated


class SessionMissing(Unauthenticated):
    """The call needs a session or a bearer token and has neither."""

    reason = "SESSION_MISSING"


class SessionEnded(Unauthenticated):
    """There was a session: it is over, or the issuer no longer renews its token."""

    reason = "SESSION_ENDED"


class CsrfRefused(PermissionDenied):
    """The call carries a session's cookie and not its proof, or comes from another origin."""

    reason = "CSRF_REFUSED"


class RateLimited(ResourceExhausted):
    """The caller calls more often than it may."""

    reason = "RATE_LIMITED"


class StreamsExhausted(ResourceExhausted):
    """The caller has as many streams open as it may."""

    reason = "STREAMS_EXHAUSTED"


@dataclass(frozen=True)
class Caller:
    """Of one call: by what it is limited, what goes on to the service, or why nothing does."""

    key: str
    """Its session's digest, or the address that it calls from."""

    authorization: str = ""
    """The header for the service; empty when it has none."""

    session: Session | None = None
    refusal: Refusal | None = None


NOBODY: Final = Caller(key="", refusal=SessionMissing("sign in, or send a bearer token"))

current: Final[ContextVar[Caller]] = ContextVar("tianfu_gateway_caller", default=NOBODY)
"""Set before a call is handed to the RPC endpoints, which run in the same task."""
