"""Which revision runs, what a failure means, what capacity allows, and what a plan may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from edge import plan_message
from edge.apps import app_message, decide
from edge.apps.decide import Choice, ShareStanding
from edge.apps.model import App, HttpProbe, Image, Share, TouchProbe, Wheel
from edge.plan_message import PlanRefused
from tianfu import subjects
from tianfu.fleet.v1 import app_pb2, capacity_pb2
from tianfu.fleet.v1 import node_pb2 as pb

NODE = subjects.node_id("gw-1")
SHA = "ab" * 32


def message(name: str = "filter", revision: int = 1, **fields: Any) -> app_pb2.NodeApp:
    wheel = app_pb2.WheelArtifact(package="filter", version="1.0", sha256=SHA, module="filter")
    made = app_pb2.NodeApp(name=name, revision=revision, tenant="health", wheel=wheel)
    made.MergeFrom(app_pb2.NodeApp(**fields))
    return made


def app(name: str = "filter", revision: int = 1, **fields: Any) -> App:
    return app_message.app(message(name, revision, **fields))


ONE, TWO = app(), app(revision=2)


@pytest.mark.parametrize(
    ("wanted", "good", "failed", "expected"),
    [
        pytest.param(None, ONE, {}, Choice(None), id="nothing-wanted"),
        pytest.param(ONE, None, {}, Choice(ONE), id="first"),
        pytest.param(TWO, ONE, {}, Choice(TWO), id="update"),
        pytest.param(TWO, ONE, {TWO.fingerprint: "X"}, Choice(ONE, "X"), id="back"),
        pytest.param(TWO, None, {TWO.fingerprint: "X"}, Choice(TWO), id="nothing-to-go-back-to"),
        pytest.param(ONE, ONE, {ONE.fingerprint: "X"}, Choice(ONE), id="the-good-one-itself"),
        pytest.param(
            app(revision=2, settings={"A": "1"}),
            ONE,
            {TWO.fingerprint: "X"},
            Choice(app(revision=2, settings={"A": "1"})),
            id="the-same-number-that-says-something-else",
        ),
    ],
)
def test_choose(
    wanted: App | None, good: App | None, failed: Mapping[str, str], expected: Choice
) -> None:
    assert decide.choose(wanted, good, failed) == expected


@pytest.mark.parametrize(
    ("was_good", "ends", "expected"),
    [(False, 1, False), (False, 2, False), (False, 3, True), (True, 3, False), (True, 99, False)],
)
def test_fails(was_good: bool, ends: int, expected: bool) -> None:
    assert decide.fails(was_good=was_good, ends_in_row=ends) is expected


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_delays_grow_and_are_bounded(ends: int, jitter: float) -> None:
    delay = decide.delay_s(ends, jitter)
    assert 0.5 <= delay <= decide.DELAY_MOST_S
    assert delay <= decide.delay_s(ends + 1, jitter)


# -- capacity --------------------------------------------------------------------------------------


def share(tenant: str = "health", cpu: int = 1_000, **fields: Any) -> Share:
    values = {"share_id": "s-1", "epoch": 2, "claim": "c", "lease_end_us": 100, **fields}
    return Share(tenant=tenant, amounts={"cpu": cpu}, **values)


@pytest.mark.parametrize(
    ("given_", "epochs", "now_us", "expected"),
    [
        pytest.param(share(), {}, 99, ShareStanding.HELD, id="held"),
        pytest.param(share(), {"c": 2}, 99, ShareStanding.HELD, id="its-own-epoch"),
        pytest.param(share(), {"c": 3}, 99, ShareStanding.REFUSED, id="older-epoch"),
        pytest.param(share(), {}, 100, ShareStanding.ENDED, id="lease-over"),
        pytest.param(share(), {}, None, ShareStanding.ENDED, id="no-time"),
        pytest.param(share(is_revoked=True), {}, 1, ShareStanding.RELEASED, id="taken-back"),
    ],
)
def test_standing(
    given_: Share, epochs: dict[str, int], now_us: int | None, expected: ShareStanding
) -> None:
    assert decide.standing(given_, epochs, now_us)[0] is expected


def use(name: str, cpu: int, **fields: Any) -> App:
    return app(name, resources_milli={"cpu": cpu, "memory": 9}, **fields)


@pytest.mark.parametrize(
    ("apps", "held", "waiting"),
    [
        pytest.param([use("a", 600), use("b", 400)], [share()], {}, id="fits"),
        pytest.param(
            [use("b", 600), use("a", 600)], [share()], {"b": "CAPACITY_EXCEEDED"}, id="by-name"
        ),
        pytest.param(
            [use("a", 600), use("b", 600), use("c", 400)],
            [share()],
            {"b": "CAPACITY_EXCEEDED"},
            id="smaller-ones-behind-fit",
        ),
        pytest.param([use("a", 600)], [], {"a": "CAPACITY_NOT_GRANTED"}, id="no-share"),
        pytest.param(
            [use("a", 600)], [share("energy")], {"a": "CAPACITY_NOT_GRANTED"}, id="of-others"
        ),
        pytest.param(
            [use("a", 1_600)], [share(), share(cpu=600, share_id="s-2")], {}, id="shares-add-up"
        ),
    ],
)
def test_admitted(apps: list[App], held: list[Share], waiting: dict[str, str]) -> None:
    found = decide.admitted(apps, held, needs_shares=True)
    assert {name: reason for name, (reason, _) in found.items()} == waiting
    assert decide.admitted(apps, [], needs_shares=False) == {}


@given(st.lists(st.integers(0, 2_000), max_size=12), st.integers(0, 4_000))
def test_what_is_admitted_never_exceeds_the_share(sizes: list[int], granted: int) -> None:
    apps = [use(f"a-{n:02}", cpu) for n, cpu in enumerate(sizes)]
    waiting = decide.admitted(apps, [share(cpu=granted)], needs_shares=True)
    running = [one for one in apps if one.name not in waiting]
    used = sum(one.limits["cpu"] for one in running)
    assert used <= granted
    # Whoever waits does not fit beside those before it.
    for one in apps:
        if one.name in waiting:
            before = sum(other.limits["cpu"] for other in running if other.name < one.name)
            assert before + one.limits["cpu"] > granted


# -- the plan's decoder ----------------------------------------------------------------------------


def test_an_app_is_read() -> None:
    check = app_pb2.AppHealthCheck(http=app_pb2.HttpProbe(port=8080), interval=Duration(seconds=2))
    found = app(settings={"A": "1"}, resources_milli={"cpu": 500}, health_check=check)
    assert found.artifact == Wheel("filter", "1.0", SHA, "filter")
    assert found.health.probe == HttpProbe(8080, "/")
    assert (found.health.interval_s, found.settings, found.limits) == (2, {"A": "1"}, {"cpu": 500})
    touch = app_pb2.TouchProbe(age_max=Duration(seconds=9))
    assert app(health_check=app_pb2.AppHealthCheck(touch=touch)).health.probe == TouchProbe(9)
    image = app_pb2.NodeApp(
        name="x",
        revision=1,
        tenant="t",
        image=app_pb2.ImageArtifact(reference=f"registry.example/x@sha256:{SHA}"),
    )
    assert app_message.app(image).artifact == Image(f"registry.example/x@sha256:{SHA}")
    assert app_message.app(message()).fingerprint == ONE.fingerprint != TWO.fingerprint


WHEEL = app_pb2.WheelArtifact(package="filter", version="1.0", sha256=SHA, module="filter")
IMAGE = app_pb2.ImageArtifact


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("name", message(name="-x")),
        ("name", message(name="../x")),
        ("revision", message(revision=0)),
        ("artifact", app_pb2.NodeApp(name="x", revision=1, tenant="t")),
        ("wheel.sha256", message(wheel=app_pb2.WheelArtifact(sha256="AB"))),
        ("wheel.module", message(wheel=app_pb2.WheelArtifact(module="os; rm"))),
        ("wheel.module", message(wheel=app_pb2.WheelArtifact(module="-c"))),
        ("wheel.version", message(wheel=app_pb2.WheelArtifact(version="../1"))),
        ("image.reference", message(image=IMAGE(reference="x:latest"))),
        ("image.reference", message(image=IMAGE(reference=f"--privileged@sha256:{SHA}"))),
        ("settings", message(settings={"a b": ""})),
        ("settings", message(settings={"TIANFU_NODE": "x"})),
        ("settings", message(settings={"A": "x\0y"})),
        ("settings", message(settings={"A": "x" * 1_025})),
        ("settings", message(settings={f"A{n}": "" for n in range(65)})),
        ("resources_milli", message(resources_milli={"cpu": -1})),
        ("resources_milli", message(resources_milli={"CPU": 1})),
        ("tenant", message(tenant="/")),
        (
            "health_check.http.port",
            message(health_check=app_pb2.AppHealthCheck(http=app_pb2.HttpProbe(port=70_000))),
        ),
        (
            "health_check.http.path",
            message(health_check=app_pb2.AppHealthCheck(http=app_pb2.HttpProbe(port=1, path="x"))),
        ),
        (
            "health_check.interval",
            message(health_check=app_pb2.AppHealthCheck(interval=Duration(seconds=301))),
        ),
    ],
)
def test_what_is_refused_of_an_app(where: str, wrong: app_pb2.NodeApp) -> None:
    plan = pb.NodePlan(name=f"nodes/{NODE}/plan", generation=7, apps=[wrong])
    with pytest.raises(PlanRefused) as caught:
        plan_message.parse(plan.SerializeToString(), NODE)
    assert (caught.value.reason, caught.value.generation) == ("PLAN_INVALID", 7)
    assert str(caught.value).startswith(f"apps[0].{where}")


def test_two_of_one_name_are_refused() -> None:
    for parts in (
        {"apps": [message(), message()]},
        {"shares": [capacity_pb2.CapacityShare(share_id="s", epoch=1, tenant="t", claim="c")] * 2},
    ):
        plan = pb.NodePlan(name=f"nodes/{NODE}/plan", **parts)
        with pytest.raises(PlanRefused, match="two of one name"):
            plan_message.parse(plan.SerializeToString(), NODE)


SOUND = pb.NodePlan(
    name=f"nodes/{NODE}/plan",
    generation=3,
    apps=[message(settings={"A": "1"}, resources_milli={"cpu": 5})],
    shares=[capacity_pb2.CapacityShare(share_id="s", epoch=1, tenant="t", claim="c")],
).SerializeToString(deterministic=True)


@given(st.binary(max_size=200), st.integers(0, len(SOUND)), st.integers(0, 60))
def test_any_bytes_are_a_plan_or_are_refused_with_a_reason(
    noise: bytes, at: int, replaced: int
) -> None:
    payload = SOUND[:at] + noise + SOUND[at + replaced :]
    names, reason = ["x"], "PLAN_"
    try:
        names = [one.name for one in plan_message.parse(payload, NODE).work.apps]
    except PlanRefused as error:
        reason = error.reason
    assert reason.startswith("PLAN_")
    assert all(0 < len(name) <= 63 for name in names)
