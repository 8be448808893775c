"""Whether what is there is what is wanted, and the smallest patch that makes it so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def covers(live: Any, wanted: Any) -> bool:
    """Say whether all that is wanted is there; what the server or others have added is left out.

    Lists have to be alike in length: one that somebody has added to is not what was wanted.
    """
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and covers(live[key], value) for key, value in wanted.items()
        )
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return (
            isinstance(live, Sequence)
            and not isinstance(live, str)
            and len(live) == len(wanted)
            and all(map(covers, live, wanted))
        )
    return bool(live == wanted)


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON merge patch (RFC 7396) that makes ``after`` of ``before``; empty for none.

    A None in ``after`` stands for a key that is not there, as in the RFC.
    """
    patch: dict[str, Any] = {key: None for key in before if after.get(key) is None}
    for key, value in after.items():
        current = before.get(key)
        if value is None or value == current:
            continue
        if isinstance(value, Mapping):
            patch[key] = merge_patch(current if isinstance(current, Mapping) else {}, value)
        else:
            patch[key] = value
    return patch
