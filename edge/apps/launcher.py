"""Become an app within its limits, that can't outlive the agent.

Run by path with ``python -I -S``, so only the standard library may be imported here::

    launcher.py PARENT LIMITS PROGRAM [ARGUMENT...]

LIMITS is JSON: ``{"rlimits": {"AS": bytes, "NOFILE": n, ...}, "cgroup": FOLDER or "",
"nice": n}``. A launcher, and not a function between fork and exec: the agent has threads, and a
function that runs in a forked copy of a threaded process can wait for a lock for ever.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_NO_NEW_PRIVS: Final = 38


def main(arguments: list[str]) -> None:
    """Become the program; return only when it can't be run, by raising OSError."""
    parent, limits_text, program = arguments[:3]
    limits = json.loads(limits_text)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit(1)  # the agent died before we asked to be told
    if limits["cgroup"]:
        # By itself, before it is the program: nothing of the program runs outside.
        Path(limits["cgroup"], "cgroup.procs").write_text("0", encoding="ascii")
    os.nice(limits["nice"])
    for name, value in limits["rlimits"].items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    os.execv(program, [program, *arguments[3:]])  # noqa: S606 - becoming a program is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
