"""Decide what a bulletin means for this node. Pure: state, bulletin and time come in.

The rules, each held by a test:

- A node deals once with each version of a warning, whichever bulletins repeat it.
- A notice at or past its expiry causes nothing but a receipt (REFUSED, NOTICE_EXPIRED).
- An alert or update is made known loudly when nothing of its warning is in force here, or when its
  colour is graver than any it was made known in before. Otherwise it is said without a sound.
- A cancellation gives the all-clear where the warning was made known, and nothing elsewhere.
- A bulletin is complete: a warning in force that is not in it is withdrawn, without a word.
- What stops comes before what begins, the graver before the lesser, sinks in one order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from edge.warnings.notices import (
    NODE_CODE,
    NOTICE_EXPIRED,
    Act,
    Action,
    Bulletin,
    Colour,
    Decision,
    Kind,
    Known,
    Memory,
    Notice,
    Receipt,
    SinkKind,
    SinkProfile,
    Told,
)

ALL_CLEAR_US: Final = 300 * 1_000_000
"""An all-clear is shown for five minutes; whoever has not looked by then has not left either."""

TAKES: Final = {
    Act.WARN: frozenset(SinkKind),
    # A phone alerts on every new cell broadcast, and a voice is a sound: they wait for a reason.
    Act.REVISE: frozenset({SinkKind.SIREN, SinkKind.BOARD, SinkKind.LOG}),
    Act.CLEAR: frozenset(SinkKind),
    Act.WITHDRAW: frozenset(SinkKind) - {SinkKind.VOICE},
}
"""Which sinks have a part in each act. A siren's part in a revision is an earlier end."""

_ORDER: Final = {kind: position for position, kind in enumerate(SinkKind)}


def decide(
    memory: Memory, bulletin: Bulletin, sinks: Sequence[SinkProfile], now_us: int
) -> Decision:
    """Return what ``bulletin`` asks of a node that remembers ``memory``, at ``now_us``."""
    if bulletin.revision < memory.revision:
        return Decision(memory.revision, is_old=True)
    profiles = [one for one in sinks if one.takes(bulletin.channel)]
    notices = _latest(bulletin.notices)
    ended = [
        known
        for name, known in sorted(memory.warnings.items())
        if name not in notices and known.is_in_force(now_us)
    ]
    parts = [_withdrawn(known, profiles, now_us) for known in ended]
    for notice in sorted(notices.values(), key=lambda one: (-one.colour, one.warning)):
        known = memory.warnings.get(notice.warning)
        if known is None or notice.version > known.version:
            parts.append(_dealt_with(notice, known, profiles, now_us))
    return Decision(
        bulletin.revision,
        actions=tuple(_in_order(action for part in parts for action in part.actions)),
        receipts=tuple(receipt for part in parts for receipt in part.receipts),
        known=tuple(known for part in parts for known in part.known),
    )


def acknowledge(memory: Memory, warning: str, now_us: int) -> Decision:
    """Return what follows when somebody at the node acknowledges a warning (签收).

    Nothing, when it is not known, is over, or was acknowledged in this version. It stops no
    siren: that one person has heard it says nothing of the others.
    """
    known = memory.warnings.get(warning)
    if known is None or known.acknowledged >= known.version or not known.is_in_force(now_us):
        return Decision(memory.revision)
    receipt = Receipt(
        known.channel, warning, known.version, NODE_CODE, Told.ACKED, event_time_us=now_us
    )
    return Decision(
        memory.revision,
        receipts=(receipt,),
        known=(replace(known, acknowledged=known.version),),
    )


def forgotten(memory: Memory, before_us: int) -> list[str]:
    """Return the warnings that were over at ``before_us``, which nobody will ask about."""
    return [name for name, known in memory.warnings.items() if known.expire_us < before_us]


# -- one notice -----------------------------------------------------------------------------------


def _dealt_with(
    notice: Notice, known: Known | None, profiles: Sequence[SinkProfile], now_us: int
) -> Decision:
    in_force = known if known is not None and known.is_in_force(now_us) else None
    if notice.expire_us <= now_us:
        return _refused(notice, known, in_force, profiles, now_us)
    actions = tuple(
        action
        for profile in profiles
        if (action := _asked_of(profile, notice, in_force, now_us)) is not None
    )
    receipts = [_receipt(notice, NODE_CODE, Told.DELIVERED, now_us)]
    receipts += [
        _receipt(notice, action.sink.code, Told.SENT, now_us)
        for action in actions
        if action.is_receipted
    ]
    loudest = Colour.UNSTATED if in_force is None else in_force.loudest
    is_cancel = notice.kind is Kind.CANCEL
    after = _remembered(notice, known, is_told=not is_cancel, loudest=max(loudest, notice.colour))
    return Decision(0, actions, tuple(receipts), (after,))


def _refused(
    notice: Notice,
    known: Known | None,
    in_force: Known | None,
    profiles: Sequence[SinkProfile],
    now_us: int,
) -> Decision:
    # A version that is over replaces one that may still be made known here.
    actions = () if in_force is None else _withdrawn(in_force, profiles, now_us).actions
    after = _remembered(notice, known, is_told=False, loudest=Colour.UNSTATED)
    receipt = _receipt(notice, NODE_CODE, Told.REFUSED, now_us, NOTICE_EXPIRED)
    return Decision(0, actions, (receipt,), (after,))


def _withdrawn(known: Known, profiles: Sequence[SinkProfile], now_us: int) -> Decision:
    actions = tuple(
        Action(
            Act.WITHDRAW,
            profile.kind,
            known.channel,
            known.warning,
            known.version,
            now_us,
            known.expire_us,
        )
        for profile in profiles
        if profile.kind in TAKES[Act.WITHDRAW]
    )
    return Decision(0, actions, known=(replace(known, is_told=False),))


def _asked_of(
    profile: SinkProfile, notice: Notice, in_force: Known | None, now_us: int
) -> Action | None:
    act = _act(profile, notice, in_force)
    if act is None or profile.kind not in TAKES[act]:
        return None
    until_us = notice.expire_us
    if act is Act.CLEAR:
        until_us = min(until_us, now_us + ALL_CLEAR_US)
    return Action(
        act,
        profile.kind,
        notice.channel,
        notice.warning,
        notice.version,
        now_us,
        until_us,
        notice,
    )


def _act(profile: SinkProfile, notice: Notice, in_force: Known | None) -> Act | None:
    # What this sink was last asked to say: whatever was loud enough for it.
    was_told = in_force is not None and in_force.loudest >= profile.from_colour
    if notice.kind is Kind.CANCEL:
        return Act.CLEAR if was_told else None
    if notice.colour < profile.from_colour:
        return Act.WITHDRAW if was_told else None
    if in_force is None or notice.colour > in_force.loudest:
        return Act.WARN
    return Act.REVISE


# -- pieces ---------------------------------------------------------------------------------------


def _latest(notices: Iterable[Notice]) -> dict[str, Notice]:
    """Return the highest version of each warning."""
    found: dict[str, Notice] = {}
    for notice in notices:
        other = found.get(notice.warning)
        if other is None or notice.version > other.version:
            found[notice.warning] = notice
    return found


def _in_order(actions: Iterable[Action]) -> list[Action]:
    """Return what stops first; the sort is stable, so the graver stays before the lesser."""
    return sorted(
        actions,
        key=lambda one: (one.act not in (Act.CLEAR, Act.WITHDRAW), _ORDER[one.sink]),
    )


def _receipt(notice: Notice, sink: int, told: Told, now_us: int, reason: str = "") -> Receipt:
    return Receipt(
        notice.channel, notice.warning, notice.version, sink, told, reason, event_time_us=now_us
    )


def _remembered(notice: Notice, known: Known | None, *, is_told: bool, loudest: Colour) -> Known:
    return Known(
        notice.channel,
        notice.warning,
        notice.version,
        notice.expire_us,
        is_told=is_told,
        loudest=loudest,
        acknowledged=0 if known is None else known.acknowledged,
    )
