"""What a patient's monitor has said last, and what came of it, as it is stored.

A monitor speaks every second, and nearly always says the same. Points that stay as they were are
not scored again for a minute; points that change are scored at once. What is due is decided by
``tianfu.scores.monitor``, which a node goes by too.

A batch can come after newer ones. The newest values never wait for it: they are scored as they
come. While a batch of the node is missing, what came since is kept, from the state before it on;
when the late one comes, all that is followed again in the order of time, and what differs from
what was scored is scored anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from services.healthcare.model.vitals import Vital
from tianfu.scores import monitor
from tianfu.scores.monitor import SIGNS, Watched, alertness
from tianfu.scores.scale import Scale

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

KEPT_MAX: Final = 1_000
"""Readings of a patient that are kept while a batch is missing: of seven signs a second, more than
two minutes. Beyond it the earliest are taken as settled."""

Seen = tuple[str, int, float]
"""A reading of a monitor: sign, Unix microseconds, value in the sign's unit."""


@dataclass(frozen=True, slots=True)
class VitalState:
    """What a monitor said last and, while a batch is missing, what has come since.

    ``kept`` is in the order of time and has no moment's sign twice; ``settled`` is the state before
    it, None while nothing is missing. ``watched`` is always ``settled`` after what is kept.
    """

    watched: Watched = field(default_factory=Watched)
    settled: Watched | None = None
    kept: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What readings came to: the state after them, and which scores are due, in order of time.

    After a late batch ``since_us`` is the first moment of which the scores are others than before:
    from there on all are due, also those that may stand as they are, since a score's trend hangs
    on the one before; ``gone`` are moments that were scored and would not have been.
    """

    state: VitalState
    due: Sequence[Watched] = ()
    since_us: int | None = None
    gone: frozenset[int] = frozenset()


def take(scale: Scale, before: VitalState, seen: Sequence[Seen], *, is_missing: bool) -> Change:
    """Return what readings come to; ``is_missing`` says that a batch is still waited for.

    Readings that were taken before change nothing.
    """
    if before.settled is None or min(each[1] for each in seen) > before.kept[-1][1]:
        watched, due = monitor.follow(scale, before.watched, seen)
        settled = before.watched if before.settled is None else before.settled
        kept = before.kept + _in_order(seen) if is_missing else ()
        return Change(_state(scale, watched, settled, kept), due)
    kept = _in_order((*before.kept, *seen))
    if len(kept) == len(before.kept):
        return Change(_state(scale, before.watched, before.settled, kept if is_missing else ()))
    return _replayed(scale, before, before.settled, kept, is_missing=is_missing)


def _replayed(
    scale: Scale, before: VitalState, settled: Watched, kept: tuple[Seen, ...], *, is_missing: bool
) -> Change:
    """Follow all that is kept in the order of time, and compare with what was scored of it."""
    was = {each.score_us or 0: each for each in monitor.follow(scale, settled, before.kept)[1]}
    watched, due = monitor.follow(scale, settled, kept)
    now = {each.score_us or 0: each for each in due}
    gone = was.keys() - now.keys()
    others = [at for at, each in now.items() if was.get(at) != each]
    state = _state(scale, watched, settled, kept if is_missing else ())
    if not gone and not others:
        return Change(state)
    since_us = min([*gone, *others])
    again = [each for at, each in now.items() if at >= since_us]
    return Change(state, again, since_us, frozenset(gone))


def _in_order(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    """Return values in the order of time, the first of those of a sign and moment."""
    found: dict[tuple[str, int], Seen] = {}
    for each in seen:
        if monitor.is_value(each[0], each[2]):
            found.setdefault(each[:2], each)
    return tuple(sorted(found.values(), key=lambda each: each[1]))


def _state(scale: Scale, watched: Watched, settled: Watched, kept: tuple[Seen, ...]) -> VitalState:
    """Return a state that keeps no more than it may."""
    if not kept:
        return VitalState(watched)
    if len(kept) > KEPT_MAX:
        first_us = kept[-KEPT_MAX][1]
        early = [each for each in kept if each[1] < first_us]
        settled = monitor.follow(scale, settled, early)[0]
        kept = kept[len(early) :]
    return VitalState(watched, settled, kept)


def encode(state: VitalState) -> bytes:
    """Return a state's bytes."""
    content = _content(state.watched)
    if state.settled is not None:
        content |= {"settled": _content(state.settled), "kept": state.kept}
    return json.dumps(content, separators=(",", ":")).encode()


def decode(data: bytes) -> VitalState:
    """Return the state that ``encode`` gave; an empty one of what an earlier version wrote."""
    content = json.loads(data)
    if "signs" not in content:
        return VitalState()  # the monitor says all of it again within seconds
    if "settled" not in content:
        return VitalState(_watched(content))
    kept = tuple((name, time_us, value) for name, time_us, value in content["kept"])
    return VitalState(_watched(content), _watched(content["settled"]), kept)


def _content(watched: Watched) -> dict[str, Any]:
    return {
        "signs": dict(sorted(watched.latest.items())),
        "points": watched.points,
        "scored_us": watched.score_us,
    }


def _watched(content: Mapping[str, Any]) -> Watched:
    latest = {name: (time_us, value) for name, (time_us, value) in content["signs"].items()}
    return Watched(latest, tuple(content["points"]), content["scored_us"])


def time_us_of(time: datetime) -> int:
    """Return a time as Unix microseconds."""
    return (time - EPOCH) // MICROSECOND


def time_of(time_us: int) -> datetime:
    """Return Unix microseconds as a time."""
    return EPOCH + MICROSECOND * time_us


def vitals_of(watched: Watched) -> Sequence[Vital]:
    """Return a state's values as a score looks at them."""
    return [vital_of(name, time_us, value) for name, (time_us, value) in watched.latest.items()]


def vital_of(name: str, time_us: int, value: float) -> Vital:
    """Return a reading as a score looks at it."""
    sign = SIGNS[name]
    if name == "consciousness":
        return Vital(sign.loinc, None, "", alertness(value), time_of(time_us))
    return Vital(sign.loinc, value, sign.unit, "", time_of(time_us))
