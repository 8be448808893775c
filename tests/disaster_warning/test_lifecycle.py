"""Every state, every action, every role: which steps there are, and who may take them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.disaster_warning.model import lifecycle
from services.disaster_warning.model.lifecycle import ROLES, TRANSITIONS, Action
from services.disaster_warning.model.warning import (
    ENDED,
    Area,
    Channel,
    Colour,
    Content,
    HazardWarning,
    Person,
    Role,
    Route,
    State,
    Verdict,
)
from services.plumbing.refusal import Refusal

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
HOURS = timedelta(hours=1)
DAY = timedelta(days=1)
DRAFTER, REVIEWER, SIGNER = "user:drafter", "user:reviewer", "user:signer"
EVERY_ROLE = frozenset(Role)
APPROVE, REJECT = Verdict.APPROVE, Verdict.REJECT


def warning(state: State = State.DRAFT, **fields: Any) -> HazardWarning:
    out = state in (State.PUBLISHED, *ENDED)
    values: dict[str, Any] = {
        "drafter": DRAFTER,
        "reviewer": "" if state is State.DRAFT else REVIEWER,
        "version": 1 if out else 0,
        "holds_until": NOW + HOURS if state is State.PUBLISHED else None,
        "content": Content(Colour.BLUE, Area(place_codes=("51",)), NOW + HOURS),
        **fields,
    }
    return HazardWarning(
        warning_id="w",
        channel=Channel.LIVE,
        event_code="11B03",
        state=state,
        create_time=NOW,
        update_time=NOW,
        **values,
    )


def person(subject: str = "user:else", *roles: Role) -> Person:
    return Person(subject, frozenset(roles) or EVERY_ROLE)


def act(action: Action, of: HazardWarning, who: Person) -> HazardWarning:
    """Take a step as a use case would."""
    later = replace(of.content, expire_time=NOW + 2 * HOURS)
    calls: dict[Action, Callable[[], Any]] = {
        Action.APPROVE_REVIEW: lambda: lifecycle.review(of, APPROVE, who, "", now=NOW),
        Action.REJECT_REVIEW: lambda: lifecycle.review(of, REJECT, who, "no", now=NOW),
        Action.APPROVE_SIGNATURE: lambda: lifecycle.sign(of, APPROVE, who, "", now=NOW),
        Action.REJECT_SIGNATURE: lambda: lifecycle.sign(of, REJECT, who, "no", now=NOW),
        Action.PUBLISH: lambda: lifecycle.publish(of, who, now=NOW),
        Action.REVISE: lambda: lifecycle.revise(of, later, who, now=NOW, max_validity=DAY),
        Action.CANCEL: lambda: lifecycle.cancel(of, who, "no", now=NOW),
        Action.CONFIRM: lambda: lifecycle.confirm(of, APPROVE, who, "", now=NOW),
        Action.UPDATE_AUTOMATICALLY: lambda: lifecycle.update_automatically(
            of, later, "rule", now=NOW
        ),
        Action.CANCEL_AUTOMATICALLY: lambda: lifecycle.cancel_automatically(
            of, "rule", "no", now=NOW
        ),
        Action.EXPIRE: lambda: lifecycle.expire(of, now=NOW),
    }
    changed, step = calls[action]()
    assert (step.from_state, step.to_state) == (of.state, changed.state)
    assert step.step_time == changed.update_time == NOW
    assert changed.revision == of.revision + 1
    found: HazardWarning = changed
    return found


def reason_of(call: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value.reason


def route_for(action: Action) -> Route:
    automatic = (Action.CONFIRM, Action.UPDATE_AUTOMATICALLY, Action.CANCEL_AUTOMATICALLY)
    return Route.AUTOMATIC if action in automatic else Route.FOUR_EYES


@pytest.mark.parametrize("action", Action, ids=lambda a: a.name)
@pytest.mark.parametrize("state", State, ids=lambda s: s.name)
def test_each_step_leads_where_the_table_says_or_is_refused(state: State, action: Action) -> None:
    of = warning(state, route=route_for(action))
    to = TRANSITIONS.get((state, action))
    if to is not None:
        assert act(action, of, person()).state is to
        return
    with pytest.raises(lifecycle.StateWrong) as caught:
        act(action, of, person())
    assert caught.value.metadata["state"] == state.name
    assert state.name in caught.value.message
    for way in lifecycle.possible(state):
        assert way.name in caught.value.metadata["possible"]


@pytest.mark.parametrize("role", Role, ids=lambda r: r.name)
@pytest.mark.parametrize(
    ("state", "action"),
    [pytest.param(s, a, id=f"{s.name}-{a.name}") for s, a in TRANSITIONS if a in ROLES],
)
def test_each_step_is_for_its_roles_only(state: State, action: Action, role: Role) -> None:
    of = warning(state, route=route_for(action))
    if role in ROLES[action]:
        act(action, of, person("user:else", role))
    else:
        who = person("user:else", role)
        assert reason_of(lambda: act(action, of, who)) == "ROLE_MISSING"


@pytest.mark.parametrize("colour", [Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED])
@pytest.mark.parametrize("role", [Role.WARNING_SIGNER, Role.WARNING_AUTHORITY])
def test_level_two_and_above_need_the_authority(colour: Colour, role: Role) -> None:
    content = replace(warning().content, colour=colour)
    of = warning(State.REVIEWED, content=content)
    signer = person(SIGNER, role)
    if colour >= Colour.ORANGE and role is Role.WARNING_SIGNER:
        found = reason_of(lambda: act(Action.APPROVE_SIGNATURE, of, signer))
        assert found == "AUTHORITY_REQUIRED"
    else:
        assert act(Action.APPROVE_SIGNATURE, of, signer).signer == SIGNER


@pytest.mark.parametrize(
    ("state", "action", "who"),
    [
        (State.DRAFT, Action.APPROVE_REVIEW, DRAFTER),
        (State.DRAFT, Action.REJECT_REVIEW, DRAFTER),
        (State.REVIEWED, Action.APPROVE_SIGNATURE, DRAFTER),
        (State.REVIEWED, Action.APPROVE_SIGNATURE, REVIEWER),
        (State.REVIEWED, Action.REJECT_SIGNATURE, REVIEWER),
    ],
)
def test_nobody_checks_their_own_work(state: State, action: Action, who: str) -> None:
    assert reason_of(lambda: act(action, warning(state), person(who))) == "SAME_PERSON"


@pytest.mark.parametrize(
    "spelling",
    ["user:Drafter", "USER:DRAFTER", "user:drafter ", "\uff55ser:drafter"],
    ids=["capital", "capitals", "space", "full-width"],
)
def test_another_spelling_is_no_other_person(spelling: str) -> None:
    who = person(spelling)
    assert reason_of(lambda: act(Action.APPROVE_REVIEW, warning(), who)) == "SAME_PERSON"


def test_who_changes_a_draft_is_its_drafter_from_then_on() -> None:
    changed = act(Action.REVISE, warning(State.SIGNED_OFF, signer=SIGNER), person("user:new"))
    assert (changed.drafter, changed.reviewer, changed.signer) == ("user:new", "", "")
    assert reason_of(lambda: act(Action.APPROVE_REVIEW, changed, person("user:new")))


def test_a_change_of_level_is_said() -> None:
    of = warning(State.PUBLISHED)
    for colour, said in ((Colour.RED, "raised from BLUE to RED"), (Colour.BLUE, "")):
        content = replace(of.content, colour=colour)
        _, step = lifecycle.revise(of, content, person(), now=NOW, max_validity=DAY)
        assert step.comment == said


@pytest.mark.parametrize("comment", ["", "  "])
def test_a_rejection_says_why(comment: str) -> None:
    reviewed = warning(State.REVIEWED)
    automatic = warning(State.PUBLISHED, route=Route.AUTOMATIC)
    for call in (
        lambda: lifecycle.review(warning(), REJECT, person(), comment, now=NOW),
        lambda: lifecycle.sign(reviewed, REJECT, person(), comment, now=NOW),
        lambda: lifecycle.confirm(automatic, REJECT, person(), comment, now=NOW),
    ):
        assert reason_of(call) == "COMMENT_MISSING"


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (State.DRAFT, Action.APPROVE_REVIEW),
        (State.REVIEWED, Action.APPROVE_SIGNATURE),
        (State.SIGNED_OFF, Action.PUBLISH),
    ],
)
def test_what_is_over_goes_no_further(state: State, action: Action) -> None:
    content = replace(warning().content, expire_time=NOW)
    assert reason_of(lambda: act(action, warning(state, content=content), person())) == (
        "WARNING_EXPIRED"
    )


def test_a_published_warning_that_is_over_is_not_extended() -> None:
    of = warning(State.PUBLISHED, holds_until=NOW)
    assert reason_of(lambda: act(Action.REVISE, of, person())) == "WARNING_EXPIRED"


def test_people_review_only_what_a_rule_let_out_and_change_only_what_people_did() -> None:
    assert reason_of(lambda: act(Action.CONFIRM, warning(State.PUBLISHED), person())) == (
        "NOT_AUTOMATIC"
    )
    automatic = warning(State.PUBLISHED, route=Route.AUTOMATIC)
    assert reason_of(lambda: act(Action.REVISE, automatic, person())) == "ROUTE_AUTOMATIC"


def test_a_rejected_automatic_warning_is_cancelled_if_it_holds() -> None:
    automatic = warning(State.PUBLISHED, route=Route.AUTOMATIC)
    changed, _ = lifecycle.confirm(automatic, REJECT, person(), "a blast", now=NOW)
    assert (changed.state, changed.version) == (State.CANCELLED, 2)
    over = warning(State.EXPIRED, route=Route.AUTOMATIC)
    changed, step = lifecycle.confirm(over, REJECT, person(), "a blast", now=NOW)
    assert (changed.state, changed.version) == (State.EXPIRED, 1)
    assert step.comment == "rejected: a blast"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"expire_time": NOW}, "EXPIRY_INVALID", id="now"),
        pytest.param({"effective_time": NOW + HOURS}, "EXPIRY_INVALID", id="begins-at-its-end"),
        pytest.param({"onset_time": NOW + HOURS}, "EXPIRY_INVALID", id="onset-at-its-end"),
        pytest.param({"expire_time": NOW + DAY}, "", id="longest"),
        pytest.param(
            {"expire_time": NOW + DAY + timedelta(microseconds=1)}, "EXPIRY_TOO_LATE", id="longer"
        ),
        pytest.param(
            {"effective_time": NOW - DAY, "expire_time": NOW + DAY}, "", id="counted-from-now"
        ),
    ],
)
def test_times_are_checked_to_the_microsecond(fields: dict[str, Any], reason: str) -> None:
    content = replace(warning().content, **fields)

    def check() -> None:
        lifecycle.check_times(content, now=NOW, max_validity=DAY)

    if reason:
        assert reason_of(check) == reason
    else:
        check()


def test_an_etag_is_the_current_one_or_none() -> None:
    of = warning(revision=4)
    lifecycle.check_etag("", of)
    lifecycle.check_etag('"4"', of)
    assert reason_of(lambda: lifecycle.check_etag('"3"', of)) == "ETAG_MISMATCH"


@given(st.lists(st.tuples(st.sampled_from(list(Action)), st.integers(0, 3)), max_size=20))
def test_whatever_is_done_three_people_stand_behind_what_is_out(
    actions: list[tuple[Action, int]],
) -> None:
    people = [person(f"user:{n}") for n in range(4)]
    now = warning(drafter="user:0")
    for action, who in actions:
        before = now
        try:
            now = act(action, now, people[who])
        except Refusal:
            continue
        assert before.state not in ENDED  # what has ended stays so
        assert now.version >= before.version
        if action is Action.PUBLISH:
            assert len({now.drafter, now.reviewer, now.signer, ""}) == 4


def test_every_state_but_the_ends_can_be_left() -> None:
    for state, action in itertools.product(ENDED, Action):
        assert TRANSITIONS.get((state, action), state) is state
    for state in set(State) - ENDED:
        assert any(TRANSITIONS.get((state, action), state) is not state for action in Action)
