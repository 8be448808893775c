"""What of a node's capacity is lent, as its plan has it: from claims and pools. Pure.

A node is bounded by shares when a pool names it by its ``members``, or when a claim on a pool that
it may serve names it. Any other one is its own master: each app runs within its own limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from operators.capacity.api import held_share, is_member, pool_of
from operators.capacity.model import ShareState
from operators.kube import quantity
from operators.kube.kinds import Object, key_of, uid_of


@dataclass(frozen=True, slots=True)
class NodeShare:
    """A share as a node is told of it; ``amounts`` in thousandths, by resource.

    ``claim`` is the claim's uid: one that is made anew under the same name counts epochs anew.
    """

    share_id: str
    epoch: int
    tenant: str
    claim: str
    amounts: tuple[tuple[str, int], ...]
    lease_end: datetime
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class NodeShares:
    """All shares of a node, by id; ``needs_shares``: apps run within them only."""

    shares: Mapping[str, NodeShare] = field(default_factory=dict)
    needs_shares: bool = False


@dataclass(frozen=True, slots=True)
class ShareChange:
    """What of a plan is to change; ``needs_shares`` is None when that is to stay."""

    put: tuple[NodeShare, ...] = ()
    removed: tuple[str, ...] = ()
    needs_shares: bool | None = None


def wanted(
    node: Object, claims: Iterable[Object], pools: Iterable[Object], now: datetime
) -> NodeShares:
    """Return what a node's plan is to say; ``claims`` name the node, ``pools`` are its own's."""
    serving = {key_of(pool): pool for pool in pools if is_member(pool, node)}
    needs = any(pool["spec"].get("members") for pool in serving.values())
    shares = {}
    for claim in claims:
        needs = needs or pool_of(claim) in serving
        found = _share(claim, now)
        if found is not None:
            shares[found.share_id] = found
    # Who still holds a share is bounded by it, though its pool has let the node go.
    return NodeShares(shares, needs_shares=needs or bool(shares))


def difference(wanted_now: NodeShares, has: NodeShares) -> ShareChange | None:
    """Return what makes a plan as wanted, None when it is so."""
    put = tuple(
        share for name, share in sorted(wanted_now.shares.items()) if has.shares.get(name) != share
    )
    removed = tuple(sorted(has.shares.keys() - wanted_now.shares.keys()))
    mode = None if wanted_now.needs_shares == has.needs_shares else wanted_now.needs_shares
    if not put and not removed and mode is None:
        return None
    return ShareChange(put, removed, mode)


def next_end(shares: NodeShares) -> datetime | None:
    """Return when the first lease ends: the share goes from the plan then."""
    return min((share.lease_end for share in shares.shares.values()), default=None)


def _share(claim: Object, now: datetime) -> NodeShare | None:
    share = held_share(claim)
    if share is None or not share.occupies(now):
        return None
    amounts = ((one["name"], quantity.parse(one["quantity"])) for one in _amounts(claim))
    return NodeShare(
        share_id=share.share_id,
        epoch=share.epoch,
        tenant=claim["spec"]["tenant"],
        claim=uid_of(claim),
        amounts=tuple(sorted(amounts)),
        lease_end=share.lease_end,
        is_revoked=share.state is ShareState.REVOKED,
    )


def _amounts(claim: Object) -> Iterable[Mapping[str, str]]:
    found: Iterable[Mapping[str, str]] = claim["status"]["share"]["amounts"]
    return found
