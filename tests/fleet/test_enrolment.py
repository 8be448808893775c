"""Tokens, keys and their lives: what is decided, without clock or database."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fleet import enrolment
from services.fleet.enrolment import Enrolment, Policy, State, StoredToken
from services.plumbing.refusal import Refusal
from tianfu import subjects

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(lifetime=30 * DAY, catch_up=365 * DAY)
OLD, NEW, OTHER = "U-old", "U-new", "U-other"
NONE = Enrolment("n", State.NONE)
TOKEN = StoredToken(b"digest", "n", NOW + DAY)
ENROLLED = Enrolment(
    "n",
    State.ENROLLED,
    public_key=OLD,
    enrol_time=NOW - DAY,
    renew_time=NOW - DAY,
    expire_time=NOW + 29 * DAY,
)
REVOKED = replace(ENROLLED, state=State.REVOKED, revoke_time=NOW)


@given(st.from_regex(subjects.NODE_ID_PATTERN, fullmatch=True), st.binary(min_size=20, max_size=20))
def test_a_token_names_its_node(node: str, secret: bytes) -> None:
    token = enrolment.make_token(node, secret)
    assert enrolment.token_node(token) == node
    assert len(enrolment.digest_of(token)) == 32


@given(st.text() | st.from_regex(r"tf[12]\.[a-zA-Z.-]*\.?[a-z]*", fullmatch=True))
def test_what_is_no_token_is_refused_like_an_unknown_one(text: str) -> None:
    if re.fullmatch(rf"tf1\.{subjects.NODE_ID_PATTERN.pattern}\..+", text, re.DOTALL):
        return
    with pytest.raises(enrolment.TokenRefused, match=re.escape(str(enrolment.refused_token()))):
        enrolment.token_node(text)


@pytest.mark.parametrize(
    ("current", "token", "key", "reason"),
    [
        pytest.param(NONE, TOKEN, NEW, None, id="first"),
        pytest.param(ENROLLED, TOKEN, NEW, None, id="another-device"),
        pytest.param(REVOKED, TOKEN, NEW, None, id="back-with-a-new-key"),
        pytest.param(ENROLLED, replace(TOKEN, public_key=OLD), OLD, None, id="answer-was-lost"),
        pytest.param(NONE, replace(TOKEN, expire_time=NOW), NEW, "ENROLMENT_TOKEN_REFUSED", id="t"),
        pytest.param(
            ENROLLED, replace(TOKEN, public_key=OLD), NEW, "ENROLMENT_TOKEN_REFUSED", id="used-up"
        ),
        pytest.param(
            replace(ENROLLED, public_key=OTHER),
            replace(TOKEN, public_key=OLD),
            OLD,
            "ENROLMENT_TOKEN_REFUSED",
            id="another-device-since",
        ),
        pytest.param(REVOKED, TOKEN, OLD, "ENROLMENT_REVOKED", id="turned-out-key"),
        pytest.param(
            REVOKED, replace(TOKEN, public_key=OLD), OLD, "ENROLMENT_REVOKED", id="and-its-token"
        ),
    ],
)
def test_enrolling(current: Enrolment, token: StoredToken, key: str, reason: str | None) -> None:
    if reason is not None:
        with pytest.raises(Refusal) as caught:
            enrolment.enrolled(current, token, key, POLICY, NOW)
        assert caught.value.reason == reason
        return
    after = enrolment.enrolled(current, token, key, POLICY, NOW)
    assert (after.state, after.public_key) == (State.ENROLLED, key)
    assert after.expire_time == NOW + POLICY.lifetime
    assert after.revoke_time is None


@pytest.mark.parametrize(
    ("current", "key", "new", "now", "outcome"),
    [
        pytest.param(ENROLLED, OLD, "", NOW, (OLD, ""), id="same-key"),
        pytest.param(ENROLLED, OLD, NEW, NOW, (NEW, OLD), id="new-key"),
        pytest.param(
            replace(ENROLLED, public_key=NEW, previous_key=OLD),
            OLD,
            NEW,
            NOW,
            (NEW, OLD),
            id="lost",
        ),
        pytest.param(ENROLLED, OLD, "", NOW + 390 * DAY, (OLD, ""), id="catches-up"),
        pytest.param(ENROLLED, OLD, "", NOW + 395 * DAY, "ENROLMENT_ENDED", id="too-late"),
        pytest.param(ENROLLED, OTHER, "", NOW, "ENROLMENT_PROOF_REFUSED", id="others-key"),
        pytest.param(
            replace(ENROLLED, public_key=NEW, previous_key=OLD),
            OLD,
            OTHER,
            NOW,
            "ENROLMENT_PROOF_REFUSED",
            id="old-key-wants-another",
        ),
        pytest.param(
            replace(ENROLLED, public_key=NEW, previous_key=OLD),
            OLD,
            "",
            NOW,
            "ENROLMENT_PROOF_REFUSED",
            id="old-key",
        ),
        pytest.param(REVOKED, OLD, "", NOW, "ENROLMENT_REVOKED", id="turned-out"),
        pytest.param(NONE, OLD, "", NOW, "ENROLMENT_PROOF_REFUSED", id="never-enrolled"),
    ],
)
def test_renewing(
    current: Enrolment, key: str, new: str, now: datetime, outcome: tuple[str, str] | str
) -> None:
    if isinstance(outcome, str):
        with pytest.raises(Refusal) as caught:
            enrolment.renewed(current, key, new, POLICY, now)
        assert caught.value.reason == outcome
        return
    after = enrolment.renewed(current, key, new, POLICY, now)
    assert (after.public_key, after.previous_key) == outcome
    assert (after.renew_time, after.expire_time) == (now, now + POLICY.lifetime)
    assert after.enrol_time == current.enrol_time


@pytest.mark.parametrize(
    ("before", "state"),
    [
        pytest.param(NONE, State.NONE, id="no-device"),
        pytest.param(ENROLLED, State.REVOKED, id="enrolled"),
        pytest.param(
            replace(REVOKED, revoke_cause="stolen"), State.REVOKED, id="turned-out-before"
        ),
    ],
)
def test_a_removed_node_s_device_is_none_of_the_next_of_its_name(
    before: Enrolment, state: State
) -> None:
    after = enrolment.removed(before, NOW + DAY)
    assert (after.state, after.public_key) == (state, before.public_key)
    assert after == enrolment.removed(after, NOW + 2 * DAY)
    assert enrolment.as_registered(after) == NONE
    assert enrolment.as_registered(before) == before
    if state is State.REVOKED:
        with pytest.raises(enrolment.Revoked):
            enrolment.enrolled(after, replace(TOKEN, expire_time=NOW + DAY), OLD, POLICY, NOW)


def test_turning_out_twice_is_once() -> None:
    once = enrolment.revoked(ENROLLED, "stolen", NOW)
    assert (once.state, once.revoke_cause, once.revoke_time) == (State.REVOKED, "stolen", NOW)
    assert enrolment.revoked(once, "again", NOW + DAY) is once
    assert enrolment.revoked(NONE, "never there", NOW) is NONE


def test_credentials_are_renewed_well_before_they_end() -> None:
    assert POLICY.renew_after == 20 * DAY


@pytest.mark.parametrize(
    ("current", "key", "after", "reason"),
    [
        pytest.param(ENROLLED, OLD, 400 * DAY, "ENROLMENT_ENDED", id="too-late"),
        pytest.param(ENROLLED, OTHER, DAY, "ENROLMENT_PROOF_REFUSED", id="another-s-key"),
        pytest.param(
            replace(ENROLLED, public_key=NEW, previous_key=OLD),
            OLD,
            DAY,
            "ENROLMENT_PROOF_REFUSED",
            id="the-key-of-before",
        ),
        pytest.param(NONE, NEW, DAY, "ENROLMENT_PROOF_REFUSED", id="never-enrolled"),
        pytest.param(REVOKED, OLD, DAY, "ENROLMENT_REVOKED", id="turned-out"),
    ],
)
def test_who_may_ask_for_a_leaf_server(
    current: Enrolment, key: str, after: timedelta, reason: str
) -> None:
    with pytest.raises(Refusal) as caught:
        enrolment.check_holder(current, key, POLICY, NOW + after)
    assert caught.value.reason == reason


@pytest.mark.parametrize("days", [29, 29 + 365])
def test_a_station_s_own_key_may_also_after_it_has_ended(days: int) -> None:
    enrolment.check_holder(ENROLLED, OLD, POLICY, NOW + days * DAY)
