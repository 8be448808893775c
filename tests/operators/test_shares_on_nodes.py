"""What of a node's capacity is lent, and what of its plan has to change for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operators.capacity.api import Holder, parse_claim, parse_pool
from operators.capacity.shares import NodeShares, ShareChange, difference, next_end, wanted

NOW = datetime(2026, 5, 12, 14, 28, 3, tzinfo=UTC)
END = NOW + timedelta(minutes=10)
NODE: dict[str, Any] = {
    "metadata": {"name": "gw-1", "namespace": "default", "labels": {"ring": "early"}},
    "spec": {"class": "Gateway", "place": "510105"},
}


def amounts(number: int) -> list[dict[str, str]]:
    return [{"name": "cpu", "quantity": str(number)}]


def pool(name: str = "site", **members: Any) -> dict[str, Any]:
    tenants = [{"name": "health", "nominal": amounts(6)}]
    spec = {"resources": amounts(8), "tenants": tenants, "leaseDuration": "10m"}
    stated = {"members": members} if members else {}
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {**spec, **stated}}


def claim(name: str = "ward", **share: Any) -> dict[str, Any]:
    held = {
        "id": f"share-{name}",
        "epoch": 3,
        "amounts": amounts(2),
        "grantTime": "2026-05-12T14:20:00Z",
        "leaseEndTime": "2026-05-12T14:38:03Z",
        "state": "Active",
        "holder": "Holding",
        **share,
    }
    return {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-05-12T14:00:00Z",
        },
        "spec": {"pool": "site", "tenant": "health", "nodeName": "gw-1", "amounts": amounts(2)},
        "status": {"epoch": 3, "share": held},
    }


def test_a_share_that_holds_is_told_with_its_epoch_and_end() -> None:
    found = wanted(NODE, [claim()], [pool()], NOW)
    (share,) = found.shares.values()
    assert (share.share_id, share.epoch, share.tenant) == ("share-ward", 3, "health")
    assert share.claim == "uid-ward", "a claim made anew counts its epochs anew"
    assert share.amounts == (("cpu", 2000),)
    assert (share.lease_end, share.is_revoked) == (END, False)
    assert found.needs_shares
    assert next_end(found) == END


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        pytest.param({"state": "Revoked"}, True, id="taken-back-is-told-until-its-end"),
        pytest.param({"leaseEndTime": "2026-05-12T14:28:03Z"}, False, id="ended"),
        pytest.param({"holder": "Released"}, False, id="released"),
    ],
)
def test_what_is_told_of_a_share(change: dict[str, Any], is_told: bool) -> None:
    found = wanted(NODE, [claim(**change)], [pool()], NOW)
    assert bool(found.shares) is is_told
    assert all(one.is_revoked for one in found.shares.values())


@pytest.mark.parametrize(
    ("claims", "pools", "needs"),
    [
        pytest.param([], [], False, id="no-pool"),
        pytest.param([], [pool()], False, id="a-pool-of-the-namespace-that-nobody-uses-there"),
        pytest.param([claim()], [pool()], True, id="a-claim-names-it"),
        pytest.param([], [pool(places=["5101"])], True, id="named-by-place"),
        pytest.param([], [pool(places=["5132"])], False, id="another-place"),
        pytest.param([claim()], [pool(places=["5132"])], True, id="let-go-while-it-holds-a-share"),
        pytest.param(
            [{**claim(), "status": {}}], [pool(places=["5132"])], False, id="not-its-pool"
        ),
    ],
)
def test_who_is_bounded_by_shares(claims: Any, pools: Any, needs: bool) -> None:
    assert wanted(NODE, claims, pools, NOW).needs_shares is needs


def test_only_what_differs_is_changed() -> None:
    now = wanted(NODE, [claim("a"), claim("b")], [pool()], NOW)
    assert difference(now, now) is None
    assert difference(NodeShares(), NodeShares()) is None
    first = difference(now, NodeShares())
    assert first == ShareChange(tuple(now.shares.values()), (), True)
    renewed = wanted(NODE, [claim("a", leaseEndTime="2026-05-12T14:48:03Z")], [pool()], NOW)
    then = difference(renewed, now)
    assert then == ShareChange((renewed.shares["share-a"],), ("share-b",), None)
    assert difference(NodeShares(), now) == ShareChange((), ("share-a", "share-b"), False)


@pytest.mark.parametrize(
    ("state", "occupies"),
    [
        pytest.param("Revoked", False, id="who-has-stopped-frees-it"),
        pytest.param("Active", True, id="what-was-not-taken-back-is-kept"),
    ],
)
def test_a_node_that_has_stopped_frees_what_was_taken_back(state: str, occupies: bool) -> None:
    given = claim(state=state)
    read = parse_claim(given, parse_pool(pool()), Holder(), NOW, has_stopped=True)
    assert read.share is not None
    assert read.share.occupies(NOW) is occupies
