"""What operators say and what people want of rollouts, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.fleet import control_plane
from services.fleet.store import Transactor
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
