"""Rollouts, table by table: who is told, who is counted, what is said, and what goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operators.edgeapp.model import (
    Circle,
    Decision,
    EdgeApp,
    Node,
    Offline,
    OnFailure,
    Progress,
    Rollout,
    Selector,
    State,
    Template,
)
from operators.edgeapp.plan import DEADLINE, SILENT_KEEPS, plan
from operators.edgeapp.selection import distance_m, selects
from operators.kube.conditions import Status

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
OLD, NEW = Template("old", 1, "{old}"), Template("new", 2, "{new}")
ROLLING = Progress("new", "old", number=2, progress_time=NOW, history=(NEW, OLD))
DONE = Progress("old", "old", number=1, ready=4, progress_time=LONG_AGO, history=(OLD,))


def app(asked: str = "new", **rollout: Any) -> EdgeApp:
    values = {"max_unavailable": 2, "health_window": timedelta(minutes=2), **rollout}
    return EdgeApp("demo", 1, asked, "{" + asked + "}", Selector(), Rollout(**values))


def node(number: int, assigned: int = 0, state: State = State.READY, **fields: Any) -> Node:
    values = {"spoken_of": assigned, "since": LONG_AGO, **fields}
    return Node(f"gw-{number}", assigned=assigned, state=state, **values)


def olds(*numbers: int) -> list[Node]:
    return [node(number, 1) for number in numbers]


def decide(nodes: list[Node], before: Progress = ROLLING, **rollout: Any) -> Decision:
    asked = rollout.pop("asked", "new")
    return plan(app(asked, **rollout), before, nodes, rollout.pop("strays", ()), NOW)


def told(decision: Decision) -> dict[str, str]:
    return {
        one.node_id: one.template.revision if one.template else "-" for one in decision.assignments
    }


def said(decision: Decision, kind: str) -> tuple[Status, str]:
    (found,) = (one for one in decision.conditions if one.type == kind)
    return found.status, found.reason


def test_a_first_revision_begins() -> None:
    decision = decide([node(1), node(2), node(3)], Progress())
    assert told(decision) == {"gw-1": "new", "gw-2": "new"}
    assert (decision.progress.number, decision.progress.stable) == (1, "")
    assert said(decision, "Progressing") == (Status.TRUE, "RollingOut")


def test_a_new_revision_gets_the_next_number_and_keeps_the_one_before() -> None:
    decision = decide(olds(1, 2, 3, 4), DONE)
    progress = decision.progress
    assert (progress.revision, progress.stable, progress.number) == ("new", "old", 2)
    assert [(one.revision, one.number) for one in progress.history] == [("new", 2), ("old", 1)]
    assert told(decision) == {"gw-1": "new", "gw-2": "new"}


STARTING, READY = State.STARTING, State.READY
FRESH = NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("nodes", "rollout", "expected"),
    [
        pytest.param(olds(1, 2, 3, 4), {}, ["gw-1", "gw-2"], id="as-many-as-may-be-away"),
        pytest.param([node(1, 2, STARTING), *olds(2, 3)], {}, ["gw-2"], id="one-place-is-taken"),
        pytest.param([node(1, 2, since=FRESH), *olds(2, 3)], {}, ["gw-2"], id="window-not-over"),
        pytest.param([node(1, 2), *olds(2, 3, 4)], {}, ["gw-2", "gw-3"], id="the-first-is-well"),
        pytest.param(
            [node(1, 2, spoken_of=1), *olds(2, 3)], {}, ["gw-2"], id="has-not-heard-of-it-yet"
        ),
        pytest.param(
            [node(1, 2, STARTING), node(2, 2, STARTING), *olds(3)], {}, [], id="all-places-taken"
        ),
        pytest.param(olds(*range(10)), {"steps": (10, 100)}, ["gw-0"], id="first-step"),
        pytest.param(
            [node(0, 2, since=FRESH), *olds(*range(1, 10))],
            {"steps": (10, 100)},
            [],
            id="a-step-is-waited-for",
        ),
        pytest.param(
            [node(0, 2), *olds(*range(1, 10))],
            {"steps": (10, 100)},
            ["gw-1", "gw-2"],
            id="second-step",
        ),
        pytest.param(olds(1, 2), {"is_paused": True}, [], id="paused"),
        pytest.param(
            [node(1, 1, is_online=False, offline_since=LONG_AGO), *olds(2)],
            {},
            ["gw-2"],
            id="offline-is-told-nothing",
        ),
        pytest.param(
            [node(1, 2, STARTING, is_online=False, offline_since=FRESH), *olds(2, 3)],
            {},
            ["gw-2"],
            id="fell-silent-with-it",
        ),
        pytest.param(
            [
                node(1, 2, STARTING, is_online=False, offline_since=NOW - SILENT_KEEPS),
                *olds(2, 3),
            ],
            {},
            ["gw-2", "gw-3"],
            id="silent-for-long-blocks-nobody",
        ),
        pytest.param([replace(olds(1)[0], takes_more=False), *olds(2)], {}, ["gw-2"], id="cordon"),
    ],
)
def test_who_is_told_next(nodes: list[Node], rollout: Any, expected: list[str]) -> None:
    decision = decide(nodes, **rollout)
    assert sorted(told(decision)) == expected
    assert decision.progress.revision == "new"
    # What was carried out is not decided again.
    after = [
        replace(one, assigned=2, spoken_of=0) if one.node_id in told(decision) else one
        for one in nodes
    ]
    assert told(plan(app(**rollout), decision.progress, after, (), NOW)) == {}


def test_it_completes_with_nodes_offline_that_are_counted_apart() -> None:
    away = [node(n, 1, is_online=False, offline_since=LONG_AGO) for n in (8, 9)]
    decision = decide([node(1, 2), node(2, 2), *away])
    assert decision.progress.stable == "new"
    assert (decision.counts.desired, decision.counts.ready, decision.counts.offline) == (4, 2, 2)
    assert said(decision, "Progressing") == (Status.FALSE, "Complete")
    assert said(decision, "Available")[0] is Status.TRUE
    # What waits for them is the revision in force.
    assert told(decision) == {"gw-8": "new", "gw-9": "new"}
    kept = decide([node(1, 2), node(2, 2), *away], offline=Offline.KEEP)
    assert told(kept) == {}


BAD = node(1, 2, State.ROLLED_BACK, reason="APP_CRASHED", message="ended with status 1")


def test_a_bad_revision_goes_back_everywhere_with_its_reason() -> None:
    decision = decide([BAD, node(2, 2, STARTING), *olds(3, 4)])
    assert told(decision) == {"gw-1": "old", "gw-2": "old"}
    progress = decision.progress
    assert (progress.revision, progress.failed) == ("old", "new")
    assert progress.failed_reason == "node gw-1: APP_CRASHED: ended with status 1"
    assert said(decision, "RolledBack") == (Status.TRUE, "RevisionFailed")
    # Though the spec still says so, it is not tried again.
    again = plan(app(), progress, olds(1, 2, 3, 4), (), NOW)
    assert told(again) == {}
    assert again.progress.revision == "old"
    # Another one is.
    assert decide(olds(1, 2, 3), progress, asked="newer").progress.revision == "newer"


@pytest.mark.parametrize(
    ("before", "rollout"),
    [
        pytest.param(ROLLING, {"on_failure": OnFailure.PAUSE}, id="told-to-pause"),
        pytest.param(
            Progress("new", number=2, progress_time=NOW, history=(NEW,)), {}, id="nothing-before"
        ),
    ],
)
def test_a_bad_revision_that_can_not_go_back_is_held(before: Progress, rollout: Any) -> None:
    decision = decide([BAD, *olds(2, 3)], before, **rollout)
    assert told(decision) == {}
    assert said(decision, "Progressing") == (Status.FALSE, "RevisionFailed")


def test_a_revision_that_is_never_ready_fails_in_time() -> None:
    slow = [node(1, 2, State.PREPARING, since=LONG_AGO, reason="ARTIFACT_UNKNOWN"), *olds(2)]
    late = replace(ROLLING, progress_time=NOW - DEADLINE - timedelta(minutes=3))
    assert decide(slow).progress.failed == ""
    decision = decide(slow, late)
    assert decision.progress.failed_reason.endswith("(Preparing, ARTIFACT_UNKNOWN)")
    # Waiting for capacity is nobody's failure.
    waiting = [node(1, 2, State.WAITING, message="no share"), *olds(2)]
    held = decide(waiting, late, max_unavailable=1)
    assert (held.progress.failed, told(held)) == ("", {})


def test_a_person_has_an_earlier_revision_back() -> None:
    done = replace(ROLLING, stable="new", ready=3)
    back = replace(app(), back_to="old")
    decision = plan(back, done, [node(n, 2) for n in (1, 2, 3)], (), NOW)
    assert (decision.progress.revision, decision.progress.number) == ("old", 3)
    assert told(decision) == {"gw-1": "old", "gw-2": "old"}


def test_who_is_not_meant_any_more_has_it_taken_away() -> None:
    decision = plan(app("old"), DONE, olds(1, 2), ("gw-9", "gw-7"), NOW)
    assert told(decision) == {"gw-7": "-", "gw-9": "-"}


def test_who_is_new_gets_what_is_in_force() -> None:
    assert told(plan(app("old"), DONE, [*olds(1), node(5), node(6)], (), NOW)) == {
        "gw-5": "old",
        "gw-6": "old",
    }


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        pytest.param([], (Status.FALSE, "NoNodes"), id="none"),
        pytest.param(olds(1, 2, 3), (Status.TRUE, "NodesReady"), id="all"),
        pytest.param([*olds(1), node(2, 1, STARTING)], (Status.TRUE, "NodesReady"), id="enough"),
        pytest.param(
            [node(n, 1, STARTING) for n in (1, 2, 3)], (Status.FALSE, "NodesNotReady"), id="few"
        ),
        pytest.param(
            [node(n, 1, State.WAITING) for n in (1, 2, 3)],
            (Status.FALSE, "WaitingForCapacity"),
            id="capacity",
        ),
    ],
)
def test_availability(nodes: list[Node], expected: tuple[Status, str]) -> None:
    assert said(plan(app("old"), DONE, nodes, (), NOW), "Available") == expected


# -- selection -------------------------------------------------------------------------------------

CHENGDU, MIANYANG = (30.6598, 104.0633), (31.4675, 104.6796)


def test_distances() -> None:
    # By the WGS 84 ellipsoid 107.2 km (GeographicLib); the sphere is within 0.6 %.
    assert distance_m(CHENGDU, MIANYANG) == pytest.approx(107_200, rel=0.006)
    assert distance_m(CHENGDU, CHENGDU) == 0


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param(Selector(), True, id="all"),
        pytest.param(Selector(labels={"ward": "3"}), True, id="label"),
        pytest.param(Selector(labels={"ward": "3", "x": "y"}), False, id="not-all-labels"),
        pytest.param(Selector(classes=frozenset({"Gateway"})), True, id="class"),
        pytest.param(Selector(classes=frozenset({"BaseStation"})), False, id="other-class"),
        pytest.param(Selector(places=("5106", "5101")), True, id="prefecture"),
        pytest.param(Selector(places=("510105",)), False, id="other-county"),
        pytest.param(Selector(within=Circle(*MIANYANG, 108_000)), True, id="within"),
        pytest.param(Selector(within=Circle(*MIANYANG, 106_000)), False, id="beyond"),
    ],
)
def test_selection(selector: Selector, expected: bool) -> None:
    node_: dict[str, Any] = {"labels": {"ward": "3"}, "node_class": "Gateway", "place": "510104"}
    assert selects(selector, position=CHENGDU, **node_) is expected
    if selector.within is not None:
        assert not selects(selector, position=None, **node_)


def test_who_has_caught_up_is_looked_at_again_when_its_window_is_over() -> None:
    """Nobody brings news of the end of a window: without another look it would never be ready."""
    done = replace(DONE, revision="new", stable="new", number=2, history=(NEW, OLD))
    fresh = NOW - timedelta(seconds=1)
    decision = decide([node(1, 2), node(2, 2, since=fresh)], done)
    assert decision.counts.ready == 1
    assert decision.look_again is not None
    assert decide([node(1, 2), node(2, 2)], done).look_again is None


@pytest.mark.parametrize(
    ("since_s", "expected_s"),
    [
        pytest.param(-118.5, 2, id="rounded-up"),
        pytest.param(-119.9, 1, id="soon"),
        pytest.param(-10, 5, id="far-off"),
        pytest.param(7, 5, id="its-clock-is-ahead"),
    ],
)
def test_the_next_nodes_are_told_when_a_window_ends_and_not_seconds_later(
    since_s: float, expected_s: float
) -> None:
    fresh = node(1, 2, since=NOW + timedelta(seconds=since_s))
    decision = decide([fresh, node(2, 2, since=NOW - timedelta(seconds=1)), *olds(3, 4)])
    assert decision.look_again == timedelta(seconds=expected_s)
    assert told(decision) == {}


# -- labels that change while a revision is rolled out ------------------------------------------


@pytest.mark.parametrize("before", [ROLLING, Progress()], ids=["a-new-one", "the-first"])
def test_a_revision_that_is_on_no_node_has_proven_nothing(before: Progress) -> None:
    """Its nodes have left the selection half way: those that come are told as few at a time."""
    empty = decide([], before)
    assert empty.progress.stable == before.stable
    assert said(empty, "Progressing") == (Status.TRUE, "RollingOut")
    came = decide([node(n) for n in range(9)], empty.progress)
    assert told(came) == {"gw-0": "new", "gw-1": "new"}


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        pytest.param([], {"gw-3": "new", "gw-4": "new"}, id="nobody"),
        pytest.param([node(1, 2)], {"gw-1": "-", "gw-3": "new", "gw-4": "new"}, id="who-has-it"),
        pytest.param([node(4, 1)], {"gw-4": "-", "gw-3": "new", "gw-5": "new"}, id="who-waits"),
        pytest.param([node(1, 2), node(2, 2)], {"gw-1": "-", "gw-2": "-"}, id="all-who-had-it"),
    ],
)
def test_who_leaves_half_way_loses_it_and_takes_no_place(
    left: list[Node], expected: dict[str, str]
) -> None:
    gone = {one.node_id for one in left}
    nodes = [node(1, 2), node(2, 2), node(3, 1), node(4, 1), node(5, 1)]
    stays = [one for one in nodes if one.node_id not in gone]
    decision = plan(app(), ROLLING, stays, sorted(gone), NOW)
    # Who has left is told so once; of the rest as many are told as may be away.
    more = {"gw-3": "new", "gw-4": "new"} if len(left) == 2 else {}
    assert told(decision) == {**expected, **more}


def test_who_was_harmed_and_leaves_does_not_let_the_rest_be_harmed() -> None:
    bad = node(1, 2, State.FAILED, reason="APP_CRASHED", message="exit 1")
    first = decide([bad, *olds(2, 3, 4)])
    assert first.progress.revision == "old"
    # Its labels change at once: what it has shown stands.
    second = decide(olds(2, 3, 4), first.progress)
    assert second.progress.revision == "old"
    assert second.progress.failed == "new"


def test_who_joins_half_way_waits_for_its_turn() -> None:
    joined = decide([node(1, 2, STARTING), node(2, 2, STARTING), *olds(3), node(9)])
    assert told(joined) == {}
