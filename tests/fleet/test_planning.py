"""Parts of plans, patched side by side: what changes, what stays, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.fleet import plan_parts, planning, usecases
from services.fleet.model import Node, NodeClass
from services.fleet.plan_parts import PartRefused
from services.fleet.store import Transactor
from tianfu.fleet.v1 import app_pb2, capacity_pb2, node_pb2, rule_set_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def app(name: str = "filter", revision: int = 1) -> app_pb2.NodeApp:
    wheel = app_pb2.WheelArtifact(package=name, version="1.0", sha256="a" * 64, module="m")
    return app_pb2.NodeApp(name=name, revision=revision, wheel=wheel, tenant="health")


def share(share_id: str, epoch: int, claim: str = "default/ward") -> capacity_pb2.CapacityShare:
    made = capacity_pb2.CapacityShare(share_id=share_id, epoch=epoch, claim=claim, tenant="health")
    made.lease_end_time.FromDatetime(LATER)
    return made


def patch(node: str = "gw-1", **parts: Any) -> service_pb.NodePlanPatch:
    return service_pb.NodePlanPatch(name=f"nodes/{node}/plan", **parts)


def names(plan: node_pb2.NodePlan) -> list[tuple[str, int]]:
    return [(one.name, one.revision) for one in plan.apps]


# -- pure ------------------------------------------------------------------------------------------


def test_a_patch_changes_what_it_names_and_nothing_else() -> None:
    plan = node_pb2.NodePlan(capacity_mode=capacity_pb2.CAPACITY_MODE_SHARES)
    plan.sampling_rules.add(series_pattern="*")
    plan.apps.extend([app("a"), app("b"), app("c")])
    plan.shares.append(share("s-1", 1))
    after = plan_parts.patched(plan, patch(apps=[app("b", 2), app("d")], removed_apps=["a", "no"]))
    assert names(after) == [("b", 2), ("c", 1), ("d", 1)]
    assert names(plan) == [("a", 1), ("b", 1), ("c", 1)]
    after.ClearField("apps")
    plan.ClearField("apps")
    assert after == plan


def test_a_newer_grant_takes_the_place_of_its_claims_share() -> None:
    plan = node_pb2.NodePlan(shares=[share("s-1", 1), share("o-1", 4, "default/other")])
    after = plan_parts.patched(plan, patch(shares=[share("s-2", 2)]))
    assert [(s.share_id, s.epoch) for s in after.shares] == [("o-1", 4), ("s-2", 2)]
    assert plan_parts.patched(after, patch(removed_shares=["s-2"])).shares == [plan.shares[1]]


def test_parts_that_an_update_does_not_name_stay() -> None:
    plan = node_pb2.NodePlan(apps=[app()])
    asked = node_pb2.NodePlan(apps=[app("other")])
    asked.sampling_rules.add(series_pattern="*")
    old = plan_parts.replaced(plan, asked, plan_parts.PARTS_OF_OLD)
    assert (names(old), len(old.sampling_rules)) == ([("filter", 1)], 1)
    new = plan_parts.replaced(plan, asked, ["apps"])
    assert (names(new), len(new.sampling_rules)) == ([("other", 1)], 0)


RULES = [rule_set_pb2.SignedRuleSet(name=f"r-{n}", rule_set=b"x" * 32_768) for n in range(8)]


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        pytest.param("SHARE_EPOCH_OLD", patch(shares=[share("s-0", 1)]), id="older-epoch"),
        pytest.param(
            "PLAN_TOO_LARGE", patch(apps=[app(f"a-{n}") for n in range(64)]), id="too-many-apps"
        ),
        pytest.param("PLAN_TOO_LARGE", patch(rule_sets=RULES), id="too-many-bytes"),
    ],
)
def test_refused(reason: str, change: service_pb.NodePlanPatch) -> None:
    plan = node_pb2.NodePlan(apps=[app()], shares=[share("s-2", 2)])
    with pytest.raises(PartRefused) as caught:
        plan_parts.patched(plan, change)
    assert caught.value.reason == reason


def test_two_of_one_name_are_refused() -> None:
    asked = node_pb2.NodePlan(apps=[app(), app()])
    with pytest.raises(PartRefused, match="twice"):
        plan_parts.replaced(node_pb2.NodePlan(), asked, ["apps"])


# -- on a real PostgreSQL --------------------------------------------------------------------------


async def register(transactor: Transactor, *ids: str) -> None:
    for node_id in ids:
        node = Node(node_id, NodeClass.GATEWAY, "510104", NOW, NOW, NOW)
        asked = usecases.Registration(node, "", b"")
        await transactor.write(usecases.create_node, asked, lambda _: b"", now=NOW)


async def patched(transactor: Transactor, *patches: service_pb.NodePlanPatch) -> list[Any]:
    found = await transactor.write(planning.patch_plans, list(patches), now=LATER)
    return [(one.node_id, one.generation, one.reason) for one in found]


@pytest.mark.integration
async def test_patches_of_many_plans(transactor: Transactor) -> None:
    await register(transactor, "gw-1", "gw-2")
    both = [patch("gw-2", apps=[app()]), patch("nobody", apps=[app()]), patch(apps=[app()])]
    wanted = [("gw-2", 1, ""), ("nobody", 0, "NODE_UNKNOWN"), ("gw-1", 1, "")]
    assert await patched(transactor, *both) == wanted
    # Once more, nothing changes; a refusal leaves the others be.
    assert await patched(transactor, *both) == wanted
    await patched(transactor, patch(shares=[share("s-2", 2)]))
    mixed = [patch(shares=[share("s-1", 1)]), patch("gw-2", removed_apps=["filter"])]
    assert await patched(transactor, *mixed) == [("gw-1", 2, "SHARE_EPOCH_OLD"), ("gw-2", 2, "")]
    plan = await transactor.read(planning.get_plan, "gw-1", now=NOW)
    body = node_pb2.NodePlan.FromString(plan.body)
    assert (names(body), body.generation, body.name) == ([("filter", 1)], 2, "nodes/gw-1/plan")


@pytest.mark.integration
async def test_who_sets_sampling_leaves_apps_in_the_plan(transactor: Transactor) -> None:
    await register(transactor, "gw-1")
    await patched(transactor, patch(apps=[app()]))
    asked = node_pb2.NodePlan()
    asked.sampling_rules.add(series_pattern="*")
    plan = await transactor.write(planning.update_plan, "gw-1", "", asked, now=LATER)
    assert names(node_pb2.NodePlan.FromString(plan.body)) == [("filter", 1)]
    with pytest.raises(planning.UpdateMaskInvalid):
        await transactor.write(planning.update_plan, "gw-1", "", asked, ("report",), now=LATER)


@pytest.mark.integration
async def test_changes_of_plans_and_reports_are_found_by_number(transactor: Transactor) -> None:
    await register(transactor, "gw-1", "gw-2")
    await patched(transactor, patch(apps=[app()]), patch("gw-2", apps=[app()]))
    first, second = await transactor.read(planning.plans_after, 0)
    assert (first.node_id, second.node_id) == ("gw-1", "gw-2")
    report = node_pb2.PlanReport(node="gw-1", generation=1)
    assert await transactor.write(planning.record_report, report, now=LATER)
    (changed,) = await transactor.read(planning.plans_after, second.number)
    assert (changed.node_id, changed.report) == ("gw-1", report.SerializeToString())
    # The same report again is no change.
    assert await transactor.write(planning.record_report, report, now=LATER)
    assert await transactor.read(planning.plans_after, changed.number) == []
    await transactor.write(usecases.delete_node, "gw-2", "", now=LATER)
    (gone,) = await transactor.read(planning.plans_after, changed.number)
    assert (gone.node_id, gone.body, gone.generation) == ("gw-2", b"", 1)
    with pytest.raises(usecases.ResumeTokenExpired):
        await transactor.read(planning.plans_after, gone.number + 1_000)


def applied(generation: int, state: node_pb2.PlanState = node_pb2.PLAN_STATE_APPLIED) -> Any:
    return node_pb2.PlanReport(node="gw-1", generation=generation, state=state)


@pytest.mark.integration
async def test_a_plan_goes_above_what_its_node_follows_when_stores_were_set_back(
    transactor: Transactor,
) -> None:
    await register(transactor, "gw-1")
    assert not await transactor.write(planning.record_report, applied(7), now=LATER)
    await patched(transactor, patch(apps=[app()]))
    # What is said of a plan that it refuses is nothing that it follows; what can't be is no number.
    for one in (applied(7, node_pb2.PLAN_STATE_REFUSED), applied(planning.GENERATION_MAX + 1)):
        assert not await transactor.write(planning.record_report, one, now=LATER)
    assert await transactor.write(planning.record_report, applied(7), now=LATER)

    plan = await transactor.read(planning.get_plan, "gw-1", now=NOW)
    body = node_pb2.NodePlan.FromString(plan.body)
    assert (names(body), body.generation, plan.generation) == ([("filter", 1)], 8, 8)
    # Told again, as a message is that was not acknowledged: 7 is no longer above.
    await transactor.write(planning.record_report, applied(7), now=LATER)
    assert (await transactor.read(planning.get_plan, "gw-1", now=NOW)).generation == 8
    assert await transactor.write(planning.record_report, applied(8), now=LATER)
