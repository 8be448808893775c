"""What operators say and what people want of rollouts, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.fleet import control_plane, tenancy
from services.fleet.control_plane_rpc import ControlPlane
from services.fleet.store import Transactor
from services.plumbing.tokens import Principal
from tianfu.authz.v1 import authz_pb2
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

pytestmark = pytest.mark.integration

T = datetime(2026, 11, 30, 8, tzinfo=UTC)
NAME = "namespaces/default/rollouts/demo"
POOL = "namespaces/default/pools/site"


def demo(ready: int = 0) -> pb.Rollout:
    return pb.Rollout(
        name=NAME,
        tenant="health",
        revision="new",
        stable_revision="old",
        ready=ready,
        history=[pb.RolloutRevision(revision=one, number=n) for one, n in (("new", 2), ("old", 1))],
    )


def said(*rollouts: pb.Rollout, operator: str = "files", **more: object) -> object:
    return service_pb.ReportControlPlaneRequest(operator=operator, rollouts=rollouts, **more)  # type: ignore[arg-type]


async def steer(transactor: Transactor, action: int, revision: str = "") -> pb.Rollout:
    asked = service_pb.SteerRolloutRequest(
        name=NAME, action=pb.RolloutAction.ValueType(action), revision=revision
    )
    found: pb.Rollout = await transactor.write(control_plane.steer, asked, "yang-lei", now=T)
    return found


async def report(transactor: Transactor, request: object, now: datetime = T) -> list[pb.Rollout]:
    return list(await transactor.write(control_plane.take_report, request, now=now))


async def test_what_is_wanted_is_told_to_its_operator_until_that_is_done(
    transactor: Transactor,
) -> None:
    assert await report(transactor, said(demo())) == []
    asked = await steer(transactor, pb.ROLLOUT_ACTION_PAUSE)
    assert (asked.steering.number, asked.steering.requester) == (1, "yang-lei")
    # The same again is the same; another operator is not told.
    assert (await steer(transactor, pb.ROLLOUT_ACTION_PAUSE)).steering.number == 1
    assert await report(transactor, said(operator="other")) == []
    (wanted,) = await report(transactor, said(demo(ready=1)))
    assert (wanted.name, wanted.steering.action) == (NAME, pb.ROLLOUT_ACTION_PAUSE)

    settled = [service_pb.SettledSteering(name=NAME, number=1)]
    assert await report(transactor, said(settled=settled)) == []
    found = await transactor.read(control_plane.get_rollout, NAME)
    assert (found.ready, found.steering.state) == (1, pb.STEERING_STATE_DONE)


async def test_a_late_word_on_an_earlier_wish_settles_nothing(transactor: Transactor) -> None:
    await report(transactor, said(demo()))
    await steer(transactor, pb.ROLLOUT_ACTION_PAUSE)
    await steer(transactor, pb.ROLLOUT_ACTION_RESUME)
    late = [service_pb.SettledSteering(name=NAME, number=1)]
    (wanted,) = await report(transactor, said(settled=late))
    assert wanted.steering.number == 2


async def test_only_a_revision_that_is_kept_comes_back(transactor: Transactor) -> None:
    await report(transactor, said(demo()))
    with pytest.raises(control_plane.RevisionUnknown):
        await steer(transactor, pb.ROLLOUT_ACTION_ROLL_BACK, "never")
    assert (await steer(transactor, pb.ROLLOUT_ACTION_ROLL_BACK)).steering.revision == "old"
    with pytest.raises(control_plane.RolloutNotFound):
        await transactor.read(control_plane.get_rollout, "namespaces/default/rollouts/none")


async def test_a_whole_report_forgets_what_is_gone_and_leaves_other_operators(
    transactor: Transactor,
) -> None:
    pool = pb.Pool(name=POOL, granted=1)
    await report(transactor, said(demo(), pools=[pool]))
    other = pb.Rollout(name="namespaces/east/rollouts/demo")
    await report(transactor, said(other, operator="other"), T + timedelta(seconds=1))

    await report(transactor, said(whole=True, names=[POOL]))

    left = await transactor.read(lambda tx: tx.control_plane.page("rollouts", "", 10))
    assert [pb.Rollout.FromString(one).name for one in left] == [other.name]
    assert (await transactor.read(control_plane.get_pool, POOL)).granted == 1
    with pytest.raises(control_plane.NameInvalid):
        await report(transactor, said(whole=True, names=["nodes/a"]))


def owner(*tenants: str) -> Principal:
    return Principal("tang-yi", frozenset({authz_pb2.ROLE_APP_OWNER}), tenants=frozenset(tenants))


async def test_an_app_owner_meets_only_what_is_of_its_tenants(transactor: Transactor) -> None:
    rpcs = ControlPlane(transactor, lambda: T)
    names = [f"namespaces/default/rollouts/app-{n}" for n in range(7)]
    apps = [pb.Rollout(name=name, tenant="health") for name in names[::2]]
    apps += [pb.Rollout(name=name, tenant="energy") for name in names[1::2]]
    shared = pb.Pool(
        name=POOL,
        granted=1,
        pending=1,
        tenants=[pb.PoolTenant(tenant=one) for one in ("health", "energy")],
        claims=[
            pb.PoolClaim(claim="a", tenant="health", share_id="s-1"),
            pb.PoolClaim(claim="b", tenant="energy"),
        ],
    )
    await report(transactor, said(*apps, pools=[shared]))

    health, seen, token = owner("health"), [], ""
    while True:
        asked = service_pb.ListRolloutsRequest(page_size=2, page_token=token)
        page = await rpcs.rollouts(asked, health)
        seen += [one.name for one in page.rollouts]
        if not (token := page.next_page_token):
            break
    assert seen == names[::2]
    (pool,) = (await rpcs.pools(service_pb.ListPoolsRequest(), health)).pools
    assert [one.tenant for one in pool.tenants] == ["health"]
    assert [one.claim for one in pool.claims] == ["a"]
    assert (pool.granted, pool.pending) == (1, 0)

    steer = service_pb.SteerRolloutRequest(name=names[1], action=pb.ROLLOUT_ACTION_PAUSE)
    for call in (
        rpcs.steer(steer, health),
        rpcs.rollout(service_pb.GetRolloutRequest(name=names[1]), health),
        rpcs.steer(steer, owner()),
    ):
        with pytest.raises(control_plane.RolloutNotFound):
            await call
    with pytest.raises(control_plane.PoolNotFound):
        await rpcs.pool(service_pb.GetPoolRequest(name=POOL), owner("fire"))
    steer.name = names[0]
    assert (await rpcs.steer(steer, health)).steering.requester == "tang-yi"


VIEWER, ENGINEER = authz_pb2.ROLE_VIEWER, authz_pb2.ROLE_PLATFORM_ENGINEER


@pytest.mark.parametrize(
    ("roles", "sees_all", "steers_all"),
    [
        ({authz_pb2.ROLE_APP_OWNER}, False, False),
        ({authz_pb2.ROLE_APP_OWNER, VIEWER}, True, False),
        ({authz_pb2.ROLE_APP_OWNER, ENGINEER}, True, True),
        ({ENGINEER}, True, True),
        (set(), True, False),
    ],
)
def test_who_is_more_than_an_app_owner_sees_what_that_sees(
    roles: set[authz_pb2.Role], *, sees_all: bool, steers_all: bool
) -> None:
    principal = Principal("somebody", frozenset(roles), tenants=frozenset({"health"}))
    own = frozenset({"health"})
    assert tenancy.of_reader(principal) == (None if sees_all else own)
    assert tenancy.of_steerer(principal) == (None if steers_all else own)


async def test_each_is_as_new_as_its_own_operator_whoever_else_is_heard_from(
    transactor: Transactor,
) -> None:
    now, engineer = [T], Principal("yang-lei", frozenset({ENGINEER}))
    served = ControlPlane(transactor, lambda: now[0])
    other = "namespaces/east/rollouts/demo"
    east_pool = pb.Pool(name="namespaces/east/pools/site")
    # An operator can't say of itself when it was heard from.
    forged = demo()
    forged.heard_time.FromDatetime(T + timedelta(days=1))
    await served.report(said(forged, pools=[pb.Pool(name=POOL)]))  # type: ignore[arg-type]
    now[0] = T + timedelta(hours=1)
    await served.report(said(pb.Rollout(name=other), operator="east", pools=[east_pool]))  # type: ignore[arg-type]
    await served.report(said(operator="east"))  # type: ignore[arg-type]

    rollouts = await served.rollouts(service_pb.ListRolloutsRequest(), engineer)
    pools = await served.pools(service_pb.ListPoolsRequest(), engineer)

    def heard(one: pb.Rollout | pb.Pool) -> datetime:
        found: datetime = one.heard_time.ToDatetime(UTC)
        return found

    expected = {NAME: T, other: now[0], POOL: T, east_pool.name: now[0]}
    assert {one.name: heard(one) for one in (*rollouts.rollouts, *pools.pools)} == expected
    assert rollouts.heard_time.ToDatetime(UTC) == now[0]
    assert heard(await served.rollout(service_pb.GetRolloutRequest(name=NAME), engineer)) == T
    assert heard(await served.pool(service_pb.GetPoolRequest(name=POOL), engineer)) == T
    pause = service_pb.SteerRolloutRequest(name=NAME, action=pb.ROLLOUT_ACTION_PAUSE)
    assert heard(await served.steer(pause, engineer)) == T

    # Another process of the service has heard nobody yet, and says so.
    anew = ControlPlane(transactor, lambda: now[0])
    (first, _) = (await anew.rollouts(service_pb.ListRolloutsRequest(), engineer)).rollouts
    assert not first.HasField("heard_time")
