"""From a pool and its claims to what is written, in which order."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from operators.capacity.api import FINALIZER, Holder, is_member
from operators.capacity.reconcile import orphaned, settle
from operators.kube.actions import Emit, WriteFinalizers, WriteStatus

NOW = datetime(2026, 5, 12, 14, 28, 3, 999_999, tzinfo=UTC)
CPU = "cpu"


def amounts(number: int) -> list[dict[str, str]]:
    return [{"name": CPU, "quantity": str(number)}]


POOL: dict[str, Any] = {
    "metadata": {"name": "site", "namespace": "default", "uid": "p", "generation": 1},
    "spec": {
        "resources": amounts(10),
        "tenants": [
            {"name": "energy", "nominal": amounts(4)},
            {"name": "health", "nominal": amounts(6)},
        ],
        "emergencyClasses": ["disaster-warning"],
        "leaseDuration": "10m",
    },
}


def claim(name: str, tenant: str, number: int, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": name,
            "generation": 1,
            "creationTimestamp": "2026-05-12T14:00:00Z",
            "finalizers": [FINALIZER],
        },
        "spec": {"pool": "site", "tenant": tenant, "amounts": amounts(number), **spec},
    }


def written(
    claims: list[dict[str, Any]],
    now: datetime = NOW,
    holders: Mapping[str, Holder] = MappingProxyType({}),
) -> Any:
    return settle(POOL, claims, holders, now)


def applied(one: dict[str, Any], outcome: Any) -> dict[str, Any]:
    """Return a claim as it is after what was written of it."""
    made = copy.deepcopy(one)
    for actions in outcome.claims:
        for action in actions:
            if (
                isinstance(action, WriteStatus)
                and action.observed["metadata"]["name"] == (one["metadata"]["name"])
            ):
                made["status"] = {k: v for k, v in action.status.items() if v is not None}
    return made


def reason(one: dict[str, Any], kind: str = "Granted") -> tuple[str, str]:
    return next(
        (c["status"], c["reason"]) for c in one["status"]["conditions"] if c["type"] == kind
    )


def test_a_grant_writes_the_pool_first_and_the_second_time_says_the_same() -> None:
    first = claim("a", "energy", 3)
    outcome = written([first])
    (fence,) = outcome.fence

    assert fence.status["allocationEpoch"] == 1
    held = applied(first, outcome)
    assert held["status"]["share"]["leaseEndTime"] == "2026-05-12T14:38:03Z"
    assert held["status"]["firstGrantTime"] == "2026-05-12T14:28:03Z"
    again = written([held], NOW + timedelta(minutes=1))
    assert again.fence[0].status["allocationEpoch"] == 0, "nothing new: no epoch"
    assert applied(held, again)["status"] == held["status"]


def test_a_lease_is_renewed_at_half_time_for_who_can_be_told() -> None:
    one = claim("a", "energy", 3, nodeName="gw-1")
    held = applied(one, written([one], holders={"gw-1": Holder()}))
    later = NOW + timedelta(minutes=6)

    renewed = applied(held, written([held], later, holders={"gw-1": Holder()}))
    assert renewed["status"]["share"]["leaseEndTime"] == "2026-05-12T14:44:03Z"
    away = applied(held, written([held], later, holders={"gw-1": Holder(is_reachable=False)}))
    assert away["status"]["share"]["leaseEndTime"] == "2026-05-12T14:38:03Z"


def test_a_cordoned_node_keeps_and_gets_no_more() -> None:
    one = claim("a", "energy", 3, nodeName="gw-1")
    cordoned = Holder(takes_more=False)

    assert reason(applied(one, written([one], holders={"gw-1": cordoned}))) == (
        "False",
        "HolderUnreachable",
    )
    held = applied(one, written([one], holders={"gw-1": Holder()}))
    kept = applied(held, written([held], NOW + timedelta(minutes=6), holders={"gw-1": cordoned}))
    assert kept["status"]["share"]["leaseEndTime"] == "2026-05-12T14:44:03Z"


def test_a_node_that_leaves_gives_up_what_it_has() -> None:
    one = claim("a", "energy", 3, nodeName="gw-1")
    held = applied(one, written([one], holders={"gw-1": Holder()}))
    left = applied(held, written([held], holders={"gw-1": Holder(is_leaving=True)}))

    assert reason(left) == ("False", "NodeLeaving")
    assert left["status"]["share"]["state"] == "Revoked"


def test_what_is_taken_back_for_whom_is_recorded() -> None:
    lent = claim("lent", "energy", 8)
    held = applied(lent, written([lent]))
    outcome = written([held, claim("due", "health", 6)])
    (event,) = [a for actions in outcome.claims for a in actions if isinstance(a, Emit)]

    assert event.reason == "Reclaimed"
    assert "for claim default/due" in event.note
    assert event.occurrence == held["status"]["share"]["id"]


def test_without_our_finalizer_a_claim_gets_it_before_a_share() -> None:
    bare = claim("a", "energy", 3)
    bare["metadata"]["finalizers"] = []
    ((action,),) = written([bare]).claims

    assert isinstance(action, WriteFinalizers)


def deleted(one: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(one)
    made["metadata"]["deletionTimestamp"] = "2026-05-12T14:30:00Z"
    return made


def test_a_deleted_claim_goes_when_nobody_can_use_its_share() -> None:
    plain, on_node = claim("a", "energy", 2), claim("b", "energy", 2, nodeName="gw-1")
    outcome = written([plain, on_node], holders={"gw-1": Holder()})
    going = [deleted(applied(one, outcome)) for one in (plain, on_node)]
    kinds = {
        type(action).__name__: action.observed["metadata"]["name"]
        for actions in written(going, holders={"gw-1": Holder()}).claims
        for action in actions
    }

    assert kinds == {"WriteFinalizers": "a", "WriteStatus": "b"}
    after = written(going, NOW + timedelta(minutes=11), holders={"gw-1": Holder()})
    assert {type(a) for actions in after.claims for a in actions} == {WriteFinalizers}


def test_a_duration_ends_a_claim() -> None:
    one = claim("a", "energy", 3, duration="5m")
    held = applied(one, written([one]))
    over = applied(held, written([held], NOW + timedelta(minutes=6)))

    assert reason(over) == ("False", "Expired")
    assert over["status"]["share"]["state"] == "Revoked"
    gone = applied(over, written([over], NOW + timedelta(minutes=11)))
    assert reason(gone) == ("False", "Expired")
    assert "share" not in gone["status"]


def test_claims_without_a_pool_say_so_and_can_be_deleted() -> None:
    one = claim("a", "energy", 3)

    assert reason(applied(one, orphaned([one], "site", NOW))) == ("False", "PoolMissing")
    ((action,),) = orphaned([deleted(one)], "site", NOW).claims
    assert isinstance(action, WriteFinalizers)
    held = applied(
        claim("b", "energy", 1, nodeName="gw-1"),
        written([claim("b", "energy", 1, nodeName="gw-1")], holders={"gw-1": Holder()}),
    )
    held["metadata"]["deletionTimestamp"] = "2026-05-12T14:30:00Z"
    outcome = orphaned([held], "site", NOW)
    assert outcome.look_again == datetime(2026, 5, 12, 14, 38, 3, tzinfo=UTC)


def test_a_node_that_is_no_member_gets_nothing_and_gives_up_what_it_has() -> None:
    one = claim("a", "energy", 3, nodeName="gw-1")
    stranger = Holder(is_member=False)

    assert reason(applied(one, written([one], holders={"gw-1": stranger}))) == (
        "False",
        "NodeNotMember",
    )
    held = applied(one, written([one], holders={"gw-1": Holder()}))
    left = applied(held, written([held], holders={"gw-1": stranger}))
    assert left["status"]["share"]["state"] == "Revoked"


def test_what_a_claim_holds_counts_though_it_was_changed_to_what_there_is_none_of() -> None:
    held = claim("a", "energy", 8)
    held = applied(held, written([held]))
    held["spec"]["amounts"] = [{"name": "gpu", "quantity": "1"}]
    outcome = written([held, claim("b", "health", 6)])

    assert reason(applied(held, outcome)) == ("False", "Changed")
    assert reason(applied(claim("b", "health", 6), outcome)) == ("False", "AwaitingRelease")
    over = applied(held, outcome)
    later = written([over], NOW + timedelta(minutes=11))
    assert reason(applied(over, later)) == ("False", "ResourceUnknown")


def test_members_are_chosen_by_label_class_place_and_circle() -> None:
    node = {
        "metadata": {"name": "gw-1", "labels": {"ward": "a"}},
        "spec": {
            "class": "Gateway",
            "place": "510105",
            "position": {"latitude": "30.6741", "longitude": "104.0617"},
        },
    }
    near = {"latitude": "30.67", "longitude": "104.06", "radiusMeters": 2_000}
    cases = [
        ({}, True),
        ({"labels": [{"key": "ward", "value": "a"}]}, True),
        ({"labels": [{"key": "ward", "value": "b"}]}, False),
        ({"classes": ["BaseStation"]}, False),
        ({"places": ["5101"]}, True),
        ({"places": ["5132"]}, False),
        ({"within": near}, True),
        ({"within": {**near, "radiusMeters": 100}}, False),
    ]
    for members, expected in cases:
        pool = {"spec": {**POOL["spec"], "members": members}}
        assert is_member(pool, node) is expected, members


def test_without_its_pool_a_deleted_claim_is_taken_back_and_goes_once_its_node_has_stopped() -> (
    None
):
    first = claim("a", "energy", 3, nodeName="gw-1")
    held = applied(first, written([first], holders={"gw-1": Holder()}))
    assert held["status"]["share"]["state"] == "Active"
    held["metadata"]["deletionTimestamp"] = "2026-05-12T14:29:00Z"

    # What the node says of a share counts only once that was taken back.
    taken = applied(held, orphaned([held], "site", NOW, stopped={"a"}))
    assert taken["status"]["share"]["state"] == "Revoked"
    still = orphaned([taken], "site", NOW)
    assert not any(isinstance(one, WriteFinalizers) for each in still.claims for one in each)
    gone = orphaned([taken], "site", NOW, stopped={"a"})
    ((action,),) = gone.claims
    assert isinstance(action, WriteFinalizers)
    assert action.finalizers == ()
