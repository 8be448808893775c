"""What the Kubernetes API may answer instead of what was asked for.

::

    ApiError            all of them: status, reason, message
      NotFound          404
      Conflict          409: somebody else wrote meanwhile, or it is there already
      Expired           410: the place to go on from is gone; list again
      Refused           any other 4xx: the same request will be refused again
      Taken             what is to be made is there, and somebody else's
      Unavailable       429, 5xx, no answer, no connection: try again later
    NotLeading          another replica acts now
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final


class ApiError(Exception):
    """An answer other than the one asked for. ``reason`` is the server's, such as AlreadyExists."""

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class NotFound(ApiError):
    """There is no such object."""


class Conflict(ApiError):
    """Somebody else wrote meanwhile, or there is one of that name."""


class Expired(ApiError):
    """What was to be gone on from is no longer kept."""


class Refused(ApiError):
    """The request is wrong, or not allowed: it will be refused again."""


class Taken(ApiError):
    """There is an object of that name, and it is not ours to change or to delete."""


class Unavailable(ApiError):
    """The server can't answer now. ``retry_after_s`` is its own wish, or 0."""

    def __init__(
        self, message: str, *, status: int = 0, reason: str = "", retry_after_s: float = 0.0
    ) -> None:
        super().__init__(message, status=status, reason=reason)
        self.retry_after_s = retry_after_s


class NotLeading(Exception):
    """This replica does not hold the lease (any more), so it writes nothing."""


_KINDS: Final = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Expired,
}


def error_of(status: int, reason: str, message: str, retry_after_s: float = 0.0) -> ApiError:
    """Return the error for a status code."""
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unavailable(message, status=status, reason=reason, retry_after_s=retry_after_s)
    known: type[ApiError] | None = next((e for s, e in _KINDS.items() if s == status), None)
    return (known or Refused)(message, status=status, reason=reason)
