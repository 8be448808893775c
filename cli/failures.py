"""Failures as a person meets them: what happened, a stable reason, what to do, an exit status."""

from __future__ import annotations

import enum
from typing import Final


class Exit(enum.IntEnum):
    """Exit statuses of ``tianfu``; README and `tianfu --help` state them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5
    """Not reached, or not in time."""
    DIFFERS = 6
    """`tianfu diff` found a difference."""


class Failure(Exception):
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
        first, *more = self.message.splitlines() or [""]
        shown = [f"error: {first} [{self.reason}]", *more]
        if self.fix:
            shown.append(f"  fix: {self.fix}")
        return shown


# What to do about the reasons that a caller can do something about.
FIXES: Final = {
    "UNAVAILABLE": "is the platform running? `tianfu status` says; `tianfu up` starts it",
    "CONTEXT_MISSING": "start the platform with `tianfu up`, or name its data folder with --data",
    "DEADLINE_EXCEEDED": "try again; if it lasts, `tianfu doctor` shows which part is slow",
    "NODE_UNKNOWN": "`tianfu nodes list` shows the nodes there are",
    "SERIES_UNKNOWN": "`tianfu series list` shows the series there are",
    "DEAD_LETTER_NOT_FOUND": "`tianfu dead-letters list` shows what there is",
    "DEAD_LETTER_ELSEWHERE": "replay it at the service that refused it",
    "ETAG_MISMATCH": "someone changed it since: get it again and repeat the change",
    "FILTER_INVALID": 'write it so: --filter "presence=online AND place_code=5101"',
    "RESULT_TOO_LARGE": "ask for a shorter range, or for steps: --aggregate mean --step 1m",
    "QUERY_TOO_LONG": "ask for a shorter range, or for steps: --aggregate mean --step 1m",
    "RESUME_TOKEN_EXPIRED": "begin the watch anew; `tianfu series query` shows what came between",
    "WATCHERS_TOO_MANY": "end another watch, or watch fewer series",
    "ROLE_MISSING": "call with a role that may: --role platform-engineer; for warnings "
    "duty-officer, warning-signer or warning-authority",
    "SAME_PERSON": "another person has to: --as NAME says who it is",
    "DRAW_OPEN": "`tianfu credit publish` or `tianfu credit void` the draw that it names",
    "DEPARTMENT_NOT_AFFILIATED": "call with a token of the department: "
    "`tianfu token supervisor --subject NAME --department DEPARTMENT`",
    "BADGE_OTHER": "call with the inspector's own token: "
    "`tianfu token inspector --subject NAME --badge DEPARTMENT/BADGE`",
    "VOID_REASON_MISSING": "say why: --reason TEXT",
    "AUTHORITY_REQUIRED": "level II and above need --role warning-authority",
    "WARNING_UNKNOWN": "`tianfu warnings list` shows the warnings there are",
    "WARNING_STATE_WRONG": "`tianfu warnings get NAME` shows where it stands, and how it got there",
    "EARTHQUAKE_UNKNOWN": "`tianfu earthquakes list` shows the earthquakes there are",
    "RULE_NOT_FOUND": "`tianfu rules list` shows the rules there are",
    "COMMENT_MISSING": "say why: --comment TEXT",
    "TOKEN_EXPIRED": "set this machine's clock: the services' and ours differ",
    "TOKEN_INVALID": "the token is not of this platform: is --data its folder?",
    "STORE_UNAVAILABLE": "`tianfu status` shows what runs; the service's log says more",
    "DATABASE_UNAVAILABLE": "`tianfu status` shows whether postgres runs; its log says more",
    "JETSTREAM_UNAVAILABLE": "`tianfu status` shows whether nats runs; its log says more",
}
