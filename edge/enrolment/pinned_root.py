"""The root of signed releases that a device was handed as it enrolled: pinned once, for good.

At that moment the device believes the platform, whose certificate its join code names, about the
root whose digest is in that code; one without a digest is of before, and any root goes. Afterwards
it believes nobody: a root that is there is replaced by nobody but who is at the device, and later
ones are believed by TUF's rules, signed by the one before (`tianfu.releases.trust`).
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Final

from edge import durable_file
from edge.enrolment import identity
from edge.update.settings import pinned_root
from tianfu import join_code

BYTES_MAX: Final = 32 << 10
"""As `tianfu.releases.trust` has it, which loads TUF's client."""

log = logging.getLogger(__name__)


class RootRefused(ValueError):
    """What was handed over is not the root that the join code names."""

    reason = "UPDATE_ROOT_MISMATCH"


def pin(data_dir: Path, root: bytes, sha256: str = "") -> bool:
    """Pin a root unless there is one; tell whether one is pinned then.

    ``sha256`` is its digest in hex, as the join code has it; empty when that says nothing of it.
    Raises RootRefused for another, or for none where one is named, and OSError.
    """
    file = pinned_root(data_dir)
    if file.is_file():
        return True
    if sha256 and join_code.root_digest(root) != sha256:
        raise RootRefused("the root of signed releases is not the one that the code names")
    if not _is_root(root):
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    identity.give(file.parent, data_dir)
    durable_file.replace(file, root)
    identity.give(file, data_dir)
    durable_file.sync_folder(file.parent)
    return True


def _is_root(data: bytes) -> bool:
    """Tell whether this may be a root; what it signs is seen when releases come."""
    if not data or len(data) > BYTES_MAX:
        return False
    try:
        return bool(json.loads(data)["signed"]["_type"] == "root")
    except (ValueError, KeyError, TypeError):
        log.warning("what was handed over is no root", extra={"reason": "UPDATE_ROOT_UNREADABLE"})
        return False
