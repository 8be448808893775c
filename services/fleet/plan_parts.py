"""Change parts of a plan, and leave the others: pure, over the contract's own messages.

Several write one plan: who sets how a node samples, the operator of apps, that of capacity, who
decides on rules. Each names what it changes, so that none has to know of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from tianfu.fleet.v1 import app_pb2, capacity_pb2, node_pb2, rule_set_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

PARTS: Final = (
    "sampling_rules",
    "heartbeat_interval",
    "apps",
    "capacity_mode",
    "shares",
    "rule_sets",
    "agent",
)
"""What an update may name."""

PARTS_OF_OLD: Final = PARTS[:2]
"""What an update that names nothing replaces: all there was before there were others."""

APPS_MAX: Final = 64
SHARES_MAX: Final = 256
RULE_SETS_MAX: Final = 16
PLAN_BYTES_MAX: Final = 240 << 10
"""Of a plan as it is written, below what the bucket of plans takes for one."""


class PartRefused(ValueError):
    """A change that makes no plan; ``reason`` is a stable code, ``field`` where it is wrong."""

    def __init__(self, reason: str, field: str, message: str) -> None:
        """Take the reason code, the field at fault and the sentence."""
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.message = message


def replaced(
    current: node_pb2.NodePlan, asked: node_pb2.NodePlan, parts: Iterable[str]
) -> node_pb2.NodePlan:
    """Return the plan with some parts as asked; raise PartRefused."""
    new = node_pb2.NodePlan()
    new.CopyFrom(current)
    for part in parts:
        if part not in PARTS:
            known = ", ".join(PARTS)
            text = f"{part!r} is no part of a plan; there are {known}"
            raise PartRefused("UPDATE_MASK_INVALID", "update_mask", text)
        new.ClearField(part)
        _copy(new, asked, part)
    check(new)
    return new


def patched(current: node_pb2.NodePlan, patch: service_pb.NodePlanPatch) -> node_pb2.NodePlan:
    """Return the plan with what a patch adds, changes and takes away; raise PartRefused."""
    new = node_pb2.NodePlan()
    new.CopyFrom(current)
    _put(new.apps, patch.apps, patch.removed_apps, "name")
    _put(new.rule_sets, patch.rule_sets, patch.removed_rule_sets, "name")
    epochs = {share.claim: share.epoch for share in current.shares}
    for share in patch.shares:
        known = epochs.get(share.claim, 0)
        if share.epoch < known:
            text = f"share {share.share_id!r} is of epoch {share.epoch}; the claim is at {known}"
            raise PartRefused("SHARE_EPOCH_OLD", "shares", text)
    # A claim holds one share: a newer grant takes the place of the one before.
    claims = {share.claim for share in patch.shares}
    former = [s.share_id for s in current.shares if s.claim in claims]
    gone = {*patch.removed_shares, *former} - {share.share_id for share in patch.shares}
    _put(new.shares, patch.shares, sorted(gone), "share_id")
    if patch.capacity_mode:
        new.capacity_mode = patch.capacity_mode
    if patch.HasField("agent"):
        new.agent.CopyFrom(patch.agent)
    check(new)
    return new


def check(plan: node_pb2.NodePlan) -> None:
    """Raise PartRefused for more than a plan may hold, or two of one name."""
    for part, key, most in (
        ("apps", "name", APPS_MAX),
        ("shares", "share_id", SHARES_MAX),
        ("rule_sets", "name", RULE_SETS_MAX),
    ):
        names = [getattr(one, key) for one in getattr(plan, part)]
        if len(names) > most:
            raise PartRefused("PLAN_TOO_LARGE", part, f"{len(names)} {part}; at most {most}")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PartRefused("PLAN_INVALID", part, f"{part}: {twice[0]!r} is there twice")
    size = plan.ByteSize()
    if size > PLAN_BYTES_MAX:
        text = f"the plan has {size} bytes; at most {PLAN_BYTES_MAX}"
        raise PartRefused("PLAN_TOO_LARGE", "plan", text)


def _copy(new: node_pb2.NodePlan, asked: node_pb2.NodePlan, part: str) -> None:
    if part in {"heartbeat_interval", "agent"}:
        if asked.HasField(part):
            getattr(new, part).CopyFrom(getattr(asked, part))
    elif part == "capacity_mode":
        new.capacity_mode = asked.capacity_mode
    else:
        getattr(new, part).extend(getattr(asked, part))


def _put(
    held: Any,
    put: Sequence[app_pb2.NodeApp | capacity_pb2.CapacityShare | rule_set_pb2.SignedRuleSet],
    removed: Iterable[str],
    key: str,
) -> None:
    """Put messages in the place of those of the same key, in order of key."""
    kept = {getattr(one, key): one for one in held}
    for name in removed:
        kept.pop(name, None)
    kept.update((getattr(one, key), one) for one in put)
    after = [kept[name] for name in sorted(kept)]
    if after != list(held):
        del held[:]
        held.extend(after)
