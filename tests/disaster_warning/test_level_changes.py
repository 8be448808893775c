"""Changes of level: one draft a county, none for flapping, the same after a restart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.disaster_warning.model.colours import Colour
from services.disaster_warning.model.level_changes import (
    CHANGES,
    GAUGES_SHOWN,
    Change,
    ChangeRule,
    Hazard,
    LevelChanges,
    Proposal,
    Route,
)
from tests.disaster_warning.made_rules import made, rule

RULE = ChangeRule.parse(rule(CHANGES))
MINUTE = 29_000_000
B, Y, O, R = Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED  # noqa: E741 - colours
N = Colour.NONE


def step(
    changes: LevelChanges, level: list[int], minute: int = 0, *, certain: bool = True, **given: Any
) -> list[Proposal]:
    severity = np.asarray(given.get("severity", level), float)
    return changes.step(
        np.array(level, np.int8),
        severity,
        np.full(len(level), certain),
        MINUTE + minute,
        given.get("rule", RULE),
    )


def one() -> LevelChanges:
    return LevelChanges(Hazard.DEBRIS_FLOW, ["510181"])


def shape(proposals: list[Proposal]) -> list[tuple[str, Change, Colour, Colour]]:
    return [(each.county, each.change, each.previous, each.colour) for each in proposals]


def test_a_level_rises_at_once() -> None:
    changes = one()

    assert shape(step(changes, [B])) == [("510181", Change.BEGUN, N, B)]
    assert shape(step(changes, [R], 1)) == [("510181", Change.RAISED, B, R)]
    assert step(changes, [R], 2) == []


def test_a_level_falls_after_long_enough_below() -> None:
    changes = one()
    step(changes, [R])

    assert step(changes, [Y], 1) == []
    assert step(changes, [Y], 60) == []
    assert shape(step(changes, [Y], 61)) == [("510181", Change.LOWERED, R, Y)]


def test_it_falls_to_the_highest_seen_meanwhile() -> None:
    changes = one()
    step(changes, [R])
    step(changes, [N], 1)
    step(changes, [O], 30)

    assert shape(step(changes, [N], 61)) == [("510181", Change.LOWERED, R, O)]
    assert step(changes, [N], 62) == []
    assert shape(step(changes, [N], 122)) == [("510181", Change.ENDED, O, N)]


def test_a_gauge_that_flaps_makes_one_draft() -> None:
    changes = one()

    drafts = [
        each for minute in range(600) for each in step(changes, [R if minute % 7 else N], minute)
    ]

    assert shape(drafts) == [("510181", Change.BEGUN, N, R)]


def test_silence_lowers_nothing() -> None:
    changes = one()
    step(changes, [R])

    assert [step(changes, [N], m, certain=False) for m in range(1, 300)] == [[]] * 299
    assert step(changes, [N], 300) == []
    assert shape(step(changes, [N], 360)) == [("510181", Change.ENDED, R, N)]


def test_silence_raises_all_the_same() -> None:
    assert shape(step(one(), [O], certain=False)) == [("510181", Change.BEGUN, N, O)]


def test_a_moment_of_silence_starts_the_wait_anew() -> None:
    changes = one()
    step(changes, [R])
    step(changes, [N], 1)
    step(changes, [N], 59, certain=False)

    assert step(changes, [N], 61) == []
    assert len(step(changes, [N], 121)) == 1


def test_gauges_of_a_county_make_one_draft() -> None:
    changes = LevelChanges(Hazard.RAINSTORM, ["510181", "510104", "510181", "510181"])

    drafts = step(changes, [B, N, O, Y], severity=[1, 0, 2, 3])

    assert shape(drafts) == [("510181", Change.BEGUN, N, O)]
    assert drafts[0].gauges == (2, 3, 0)
    assert drafts[0].gauge_count == 3


def test_the_gravest_gauges_are_named_and_all_are_counted() -> None:
    changes = LevelChanges(Hazard.RAINSTORM, ["510181"] * 50)

    draft = step(changes, [Y] * 50, severity=list(range(50)))[0]

    assert draft.gauges == tuple(range(49, 49 - GAUGES_SHOWN, -1))
    assert draft.gauge_count == 50


def test_another_gauge_at_the_same_level_is_no_news() -> None:
    changes = LevelChanges(Hazard.RAINSTORM, ["510181", "510181"])
    step(changes, [O, N])

    assert step(changes, [O, O], 1) == []
    assert step(changes, [O, B], 2) == []


def test_counties_are_apart() -> None:
    changes = LevelChanges(Hazard.RAINSTORM, ["510181", "510104"])

    assert shape(step(changes, [B, R])) == [
        ("510104", Change.BEGUN, N, R),
        ("510181", Change.BEGUN, N, B),
    ]


def test_an_episode_lasts_until_its_end_and_its_drafts_are_numbered() -> None:
    changes = one()
    drafts = step(changes, [B]) + step(changes, [R], 5) + step(changes, [N], 6)
    drafts += step(changes, [N], 66) + step(changes, [B], 70)

    assert [each.proposal_id for each in drafts] == [
        f"debris_flow/510181/{MINUTE}/1",
        f"debris_flow/510181/{MINUTE}/2",
        f"debris_flow/510181/{MINUTE}/3",
        f"debris_flow/510181/{MINUTE + 70}/1",
    ]
    assert {each.rule_version for each in drafts} == {RULE.version}


@pytest.mark.parametrize(
    ("hazard", "colour", "expected"),
    [
        (Hazard.DEBRIS_FLOW, R, Route.AUTOMATIC),
        (Hazard.DEBRIS_FLOW, O, Route.REVIEW),
        (Hazard.RAINSTORM, R, Route.REVIEW),
        (Hazard.DEBRIS_FLOW, N, Route.REVIEW),
    ],
)
def test_only_what_a_rule_authorises_is_automatic(
    hazard: Hazard, colour: Colour, expected: Route
) -> None:
    allowed = ChangeRule.parse(made(rule(CHANGES), ("automatic", "debris_flow"), ("red",)))

    assert allowed.route(hazard, colour) is expected
    assert RULE.route(hazard, colour) is Route.REVIEW


series = st.lists(
    st.tuples(
        st.lists(st.integers(0, 4), min_size=3, max_size=3), st.booleans(), st.integers(1, 90)
    ),
    min_size=1,
    max_size=25,
)
COUNTIES = ["510181", "510104", "510181"]


@settings(deadline=None)
@given(series)
def test_a_county_is_never_proposed_below_what_is_there(found: Any) -> None:
    changes = LevelChanges(Hazard.RAINSTORM, COUNTIES)
    proposed = dict.fromkeys(COUNTIES, N)
    minute = 0
    for level, certain, later in found:
        minute += later
        for each in step(changes, level, minute, certain=certain):
            assert each.previous == proposed[each.county] != each.colour
            proposed[each.county] = each.colour
        for county, there in zip(COUNTIES, level, strict=True):
            assert proposed[county] >= there


@settings(deadline=None)
@given(series, st.integers(0, 25))
def test_a_restart_between_steps_changes_nothing(found: Any, at: int) -> None:
    through, restarted = (LevelChanges(Hazard.RAINSTORM, COUNTIES) for _ in range(2))
    minute = 0
    for number, (level, certain, later) in enumerate(found):
        minute += later
        if number == at:
            restarted = LevelChanges.from_bytes(restarted.to_bytes())
        assert step(through, level, minute, certain=certain) == step(
            restarted, level, minute, certain=certain
        )
    assert through.to_bytes() == restarted.to_bytes()


def test_gauges_come_and_go_and_counties_keep_what_was_proposed() -> None:
    changes = LevelChanges(Hazard.RAINSTORM, ["510181", "510104"])
    step(changes, [R, B])

    after = changes.rearranged(["510104", "510181", "513221"], np.array([1, 0, -1]))

    assert after.held.tolist() == [B, R, N]
    assert step(after, [B, R, N], 1) == []
    assert shape(step(after, [B, R, O], 2)) == [("513221", Change.BEGUN, N, O)]


def test_a_state_of_another_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.disaster_warning.model.level_changes.FORMAT", 99)
    state = one().to_bytes()
    monkeypatch.undo()

    with pytest.raises(ValueError, match="format 99"):
        LevelChanges.from_bytes(state)
