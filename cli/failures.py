"""Failures as a person meets them: what happened, a stable reason, what to do, an exit status."""

from __future__ import annotations

import enum
from typing import Final


class Exit(enum.IntEnum):
    """Exit statuses of ``tianfu``."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5


class Failure(Exception):  # noqa: N818 - it reads as what it is: raise Failure("PORT_IN_USE", ...)
    """Something the user has to know. It is printed without a traceback."""

    def __init__(
        self, reason: str, message: str, fix: str = "", *, status: Exit = Exit.FAILED
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.fix = fix
        self.status = status

    def lines(self) -> list[str]:
        """Return what is printed."""
        shown = [f"error: {self.message} [{self.reason}]"]
        if self.fix:
            shown.append(f"  fix: {self.fix}")
        return shown


# What to do about the reasons that a caller can do something about.
FIXES: Final = {
    "UNAVAILABLE": "is the platform running? `tianfu status` says; `tianfu up` starts it",
    "CONTEXT_MISSING": "start the platform with `tianfu up`, or name its data folder with --data",
    "DEADLINE_EXCEEDED": "try again; if it lasts, `tianfu doctor` shows which part is slow",
    "NODE_NOT_FOUND": "`tianfu nodes list` shows the nodes there are",
    "SERIES_NOT_FOUND": "`tianfu series list` shows the series there are",
    "DELIVERY_NOT_FOUND": "`tianfu delivery list` shows the nodes that have sent something",
    "DEAD_LETTER_NOT_FOUND": "`tianfu dead-letters list` shows what there is",
    "ETAG_MISMATCH": "someone changed it since: get it again and repeat the change",
    "PERMISSION_DENIED": "use a token of a role that may, with --role",
    "UNAUTHENTICATED": "the token is not of this platform: is --data its folder?",
    "TOKEN_EXPIRED": "set this machine's clock, or restart the platform for a new token",
}
