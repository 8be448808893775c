"""What the gateway decides without a network: limits, sessions, where one returns to, reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.model.limits import Gauge
from services.gateway.model.reads import changes
from services.gateway.model.session import AGE_MAX, IDLE_MAX, Session, digest_of, safe_return

NOW = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
SESSION = Session(
    digest=digest_of("handle"),
    subject="wang-min",
    shown_name="王敏",
    roles=("DUTY_OFFICER",),
    csrf="proof",
    access_token="token",
    access_expire_time=NOW + timedelta(hours=1),
    refresh_token="",
    create_time=NOW,
    seen_time=NOW,
)


def test_streams_are_counted_up_to_a_bound() -> None:
    gauge = Gauge(2)

    assert [gauge.enter("a") for _ in range(3)] == [True, True, False]
    gauge.leave("a")
    assert gauge.enter("a")


@pytest.mark.parametrize(
    ("after", "seen", "good"),
    [
        pytest.param(timedelta(), timedelta(), True, id="new"),
        pytest.param(IDLE_MAX, timedelta(), False, id="idle"),
        pytest.param(AGE_MAX, AGE_MAX - timedelta(minutes=1), False, id="old"),
        pytest.param(IDLE_MAX, timedelta(minutes=5), True, id="used"),
    ],
)
def test_a_session_ends(after: timedelta, seen: timedelta, good: bool) -> None:
    assert replace(SESSION, seen_time=NOW + seen).is_good(NOW + after) is good


def test_a_token_is_renewed_before_it_ends() -> None:
    assert not SESSION.needs_renewal(NOW)
    assert SESSION.needs_renewal(NOW + timedelta(minutes=59, seconds=1))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/warnings?colour=red", "/warnings?colour=red", id="ours"),
        pytest.param("https://evil.example/", "/", id="another origin"),
        pytest.param("//evil.example/", "/", id="without a scheme"),
        pytest.param("/\\evil.example/", "/", id="by a backslash"),
        pytest.param("/\t/evil.example", "/", id="control character"),
        pytest.param("/" + "x" * 3000, "/", id="too long"),
        pytest.param("", "/", id="nothing"),
    ],
)
def test_one_returns_to_this_origin_only(path: str, expected: str) -> None:
    assert safe_return(path) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [("GetNode", False), ("WatchWarnings", False), ("PublishWarning", True), ("CreateNode", True)],
)
def test_calls_that_change_something_are_known_by_name(method: str, expected: bool) -> None:
    assert changes(method) is expected
