"""Remote consultation: the whole way, every guard, and no way round any."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.model import consultation as c
from services.healthcare.model.consultation import (
    Action,
    Actor,
    Consent,
    Consultation,
    Detail,
    State,
    Times,
    Urgency,
)
from services.plumbing.refusal import Refusal
from tests.healthcare.rulebook import BOOK, NOW

TIMES: Final = Times.parse(BOOK.in_force(c.RULE, "CN", NOW))
HERE: Final = Actor("asking", "county")
EXPERT: Final = Actor("expert", "university")
OTHER: Final = Actor("other", "university")
DRAFT: Final = Consultation("c1", Urgency.ROUTINE, "county", State.DRAFT, NOW)
INVITE: Final = Detail(doctor="expert", hospital="university")
WAY: Final[tuple[tuple[Action, Actor, Detail, State], ...]] = (
    (Action.SUBMIT, HERE, Detail(), State.SUBMITTED),
    (Action.CHECK_MATERIALS, HERE, Detail(), State.MATERIALS_CHECK),
    (Action.RECORD_CONSENT, HERE, Detail(), State.CONSENT_RECORDED),
    (Action.INVITE, HERE, INVITE, State.INVITED),
    (Action.ACCEPT, EXPERT, Detail(), State.ACCEPTED),
    (Action.SCHEDULE, EXPERT, Detail(time=NOW + timedelta(hours=1)), State.SCHEDULED),
    (Action.START, HERE, Detail(), State.IN_SESSION),
    (Action.DRAFT_OPINION, EXPERT, Detail(), State.OPINION_DRAFT),
    (Action.SIGN_OPINION, EXPERT, Detail(), State.OPINION_SIGNED),
    (Action.RETURN_OPINION, EXPERT, Detail(), State.RETURNED),
    (Action.ADOPT, HERE, Detail(), State.ADOPTED),
    (Action.CLOSE, HERE, Detail(), State.CLOSED),
)


def act(
    held: Consultation, action: Action, actor: Actor = HERE, detail: Detail | None = None
) -> Consultation:
    return c.act(held, action, actor, detail or Detail(), TIMES, NOW)


def at(state: State, start: Consultation = DRAFT) -> Consultation:
    held = start
    for action, actor, detail, reached in WAY:
        held = act(held, action, actor, detail)
        if reached is state:
            return held
    raise AssertionError(state)


def test_the_whole_way() -> None:
    held = DRAFT
    for action, actor, detail, reached in WAY:
        held = act(held, action, actor, detail)
        assert reached is held.state

    assert (Consent.RECORDED, "expert", TIMES.version) == (
        held.consent, held.doctor, held.rule_version,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "action", "actor", "detail", "refusal"),
    [
        pytest.param(
            State.MATERIALS_CHECK, Action.INVITE, HERE, INVITE, c.ConsentMissing, id="no-consent"
        ),
        pytest.param(
            State.MATERIALS_CHECK,
            Action.DEFER_CONSENT,
            HERE,
            Detail(reason="x"),
            c.ConsentMissing,
            id="deferred-routine",
        ),
        pytest.param(
            State.INVITED, Action.ACCEPT, OTHER, Detail(), c.NotTheInvited, id="another-accepts"
        ),
        pytest.param(
            State.OPINION_DRAFT,
            Action.SIGN_OPINION,
            OTHER,
            Detail(),
            c.NotTheInvited,
            id="another-signs",
        ),
        pytest.param(
            State.OPINION_DRAFT,
            Action.SIGN_OPINION,
            HERE,
            Detail(),
            c.NotTheInvited,
            id="the-asking-signs",
        ),
        pytest.param(
            State.RETURNED,
            Action.ADOPT,
            EXPERT,
            Detail(),
            c.NotTheInviting,
            id="the-expert-decides",
        ),
        pytest.param(
            State.RETURNED, Action.NOT_ADOPT, HERE, Detail(), c.DetailRequired, id="no-reason"
        ),
        pytest.param(
            State.INVITED,
            Action.DECLINE,
            EXPERT,
            Detail(),
            c.DetailRequired,
            id="decline-without-reason",
        ),
        pytest.param(
            State.CONSENT_RECORDED,
            Action.INVITE,
            HERE,
            Detail(),
            c.DetailRequired,
            id="nobody-named",
        ),
        pytest.param(
            State.ACCEPTED, Action.SCHEDULE, HERE, Detail(), c.DetailRequired, id="no-time"
        ),
        pytest.param(
            State.ACCEPTED,
            Action.SCHEDULE,
            HERE,
            Detail(time=NOW - timedelta(1)),
            c.DetailRequired,
            id="past-time",
        ),
        pytest.param(
            State.IN_SESSION,
            Action.CANCEL,
            HERE,
            Detail(reason="x"),
            c.ActionNotAllowed,
            id="cancel-in-session",
        ),
        pytest.param(
            State.INVITED, Action.TIME_OUT, c.SYSTEM, Detail(), c.ActionNotAllowed, id="too-early"
        ),
        pytest.param(
            State.SCHEDULED, Action.START, OTHER, Detail(), c.NotTheInviting, id="a-third-starts"
        ),
    ],
)
def test_what_stands_in_the_way(
    state: State, action: Action, actor: Actor, detail: Detail, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        act(at(state), action, actor, detail)


def test_an_emergency_may_put_consent_off_and_make_up_for_it() -> None:
    emergency = replace(DRAFT, urgency=Urgency.EMERGENCY)
    held = act(at(State.MATERIALS_CHECK, emergency), Action.DEFER_CONSENT, HERE, Detail("coma"))
    invited = act(held, Action.INVITE, HERE, INVITE)

    assert NOW + timedelta(minutes=15) == invited.answer_by
    assert (invited.consent, invited.consent_reason) == (Consent.DEFERRED, "coma")
    later = act(invited, Action.RECORD_CONSENT)
    assert (later.state, later.consent) == (State.INVITED, Consent.RECORDED)
    adopted = replace(invited, state=State.ADOPTED)
    with pytest.raises(c.DetailRequired):
        act(adopted, Action.CLOSE)
    assert State.CLOSED is act(adopted, Action.CLOSE, HERE, Detail("died")).state


def test_an_invitation_that_runs_out_goes_to_another() -> None:
    invited = at(State.INVITED)
    assert invited.answer_by is not None
    assert c.timed_out(invited, TIMES, invited.answer_by - timedelta(microseconds=1)) is None

    over = c.timed_out(invited, TIMES, invited.answer_by)

    assert over is not None
    assert State.TIMED_OUT is over.state
    with pytest.raises(c.ActionNotAllowed):
        act(over, Action.INVITE, HERE, INVITE)
    again = act(over, Action.INVITE, HERE, Detail(doctor="other", hospital="university"))
    assert (again.state, again.asked) == (State.INVITED, ("expert", "other"))


def test_materials_may_go_back_and_forth() -> None:
    back = act(at(State.MATERIALS_CHECK), Action.RETURN_FOR_MORE, HERE, Detail("no ECG"))

    assert State.SUBMITTED is act(back, Action.SUBMIT).state


ACTIONS: Final = st.lists(
    st.tuples(
        st.sampled_from(Action),
        st.sampled_from([HERE, EXPERT, OTHER, c.SYSTEM]),
        st.sampled_from([Detail(), INVITE, Detail("r"), Detail("r", "other", "university", NOW)]),
    ),
    max_size=40,
)


@given(urgency=st.sampled_from(Urgency), tried=ACTIONS)
def test_no_order_of_actions_gets_round_a_guard(
    urgency: Urgency, tried: list[tuple[Action, Actor, Detail]]
) -> None:
    held: Any = replace(DRAFT, urgency=urgency)
    for action, actor, detail in tried:
        before = held
        try:
            held = act(held, action, actor, detail)
        except Refusal:
            continue
        if State.INVITED <= held.state < State.CANCELLED:
            assert held.consent is not Consent.NONE
        if held.state is State.OPINION_SIGNED and before.state is not held.state:
            assert (actor.doctor, actor.hospital) == (held.doctor, held.hospital)
        if urgency is Urgency.ROUTINE:
            assert held.consent is not Consent.DEFERRED
        assert before.state not in (State.CLOSED, State.CANCELLED)
