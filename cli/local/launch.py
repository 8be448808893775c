"""Become another program that can't outlive its supervisor.

Run by path with ``python -I -S``, so only the standard library may be imported here::

    launch.py PARENT DEATH_SIGNAL USER PROGRAM [ARGUMENT...]

It asks the kernel to send DEATH_SIGNAL when the supervisor (process PARENT) dies, however it dies,
gives up root for USER ('-' keeps the user), and becomes PROGRAM. A launcher, and not a function
between fork and exec: the supervisor has threads, and a function that runs in a forked copy of a
threaded process can wait for ever for a lock that nobody holds any more.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_SET_KEEPCAPS: Final = 8
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_RAISE: Final = 2
CAPABILITY_VERSION_3: Final = 0x20080522

# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: a database that root starts runs as another user, and
# must still reach its folder below /root. The alternative, opening root's folders to all, is worse.
KEPT_CAPABILITIES: Final = (1, 2)


class _Header(ctypes.Structure):
    """struct __user_cap_header_struct of capset(2)."""

    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    """struct __user_cap_data_struct of capset(2)."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def give_up_root(libc: ctypes.CDLL, user: str) -> None:
    """Become ``user``, keeping only root's rights to reach files, where allowed."""
    entry = pwd.getpwnam(user)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = "/"
    header, data = _Header(CAPABILITY_VERSION_3, 0), (_Data * 2)()
    if libc.capget(ctypes.byref(header), data) != 0:
        return  # no capabilities here: the user has only its own rights
    kept = data[0].permitted & sum(1 << capability for capability in KEPT_CAPABILITIES)
    data[0].permitted = data[0].effective = data[0].inheritable = kept
    data[1].permitted = data[1].effective = data[1].inheritable = 0
    if libc.capset(ctypes.byref(header), data) == 0:
        for capability in KEPT_CAPABILITIES:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def main(arguments: list[str]) -> None:
    """Become the program; return only when it can't be run, by raising OSError."""
    parent, death_signal, user, program = arguments[:4]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if user != "-":
            give_up_root(libc, user)
        # After the change of user, which would clear it.
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit(1)  # it died before we asked to be told
    os.execv(program, [program, *arguments[4:]])  # noqa: S606 - becoming a program is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
