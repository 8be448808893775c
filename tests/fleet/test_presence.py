"""Who is heard from: tables of cases, and any order of heartbeats, sweeps and failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fleet.model import (
    OFFLINE_AFTER_INTERVALS,
    SILENT_AFTER_INTERVALS,
    SILENT_AFTER_MIN,
    SINGLE_AGAIN_AFTER,
    Identity,
    Presence,
    judge,
    silence_limits,
)
from services.fleet.presence import NEWS_INTERVAL_S, Beat, Change, PresenceTable

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)
TEN_S = timedelta(seconds=10)
TEN_MS = 10_000
GRACE_S = 90.0  # three intervals of the 30 s that are taken when none is stated
A, B, C = 0xA, 0xB, 0xC


@pytest.mark.parametrize(
    ("expected", "silence", "interval"),
    [
        pytest.param(Presence.ONLINE, timedelta(0), TEN_S, id="just-heard"),
        pytest.param(Presence.ONLINE, 2.9 * TEN_S, TEN_S, id="two-missed"),
        pytest.param(Presence.SILENT, 3 * TEN_S, TEN_S, id="three-missed"),
        pytest.param(Presence.SILENT, 9.9 * TEN_S, TEN_S, id="nine-missed"),
        pytest.param(Presence.OFFLINE, 10 * TEN_S, TEN_S, id="ten-missed"),
        pytest.param(Presence.ONLINE, timedelta(seconds=4.9), timedelta(0), id="short-interval"),
        pytest.param(Presence.SILENT, SILENT_AFTER_MIN, timedelta(0), id="shortest-silence"),
        pytest.param(Presence.OFFLINE, 2 * SILENT_AFTER_MIN, timedelta(0), id="shortest-offline"),
        pytest.param(Presence.ONLINE, -TEN_S, TEN_S, id="clock-went-back"),
    ],
)
def test_judgement(expected: Presence, silence: timedelta, interval: timedelta) -> None:
    assert judge(NOW - silence, interval, NOW) is expected


@given(st.timedeltas(timedelta(0), timedelta(hours=1)), st.lists(st.floats(0, 1e5), min_size=2))
def test_longer_silence_is_never_better(interval: timedelta, silences: list[float]) -> None:
    found = [judge(NOW - timedelta(seconds=s), interval, NOW) for s in sorted(silences)]
    assert found == sorted(found)
    silent, offline = silence_limits(interval)
    assert silent >= interval * SILENT_AFTER_INTERVALS
    assert offline >= interval * OFFLINE_AFTER_INTERVALS
    assert silent < offline


def beat(instance: int = A, version: str = "1.0", offset: int | None = None) -> Beat:
    return Beat("gw-1", instance, TEN_MS, version, offset)


def table(
    presence: Presence = Presence.NEVER_SEEN, identity: Identity = Identity.UNKNOWN
) -> PresenceTable:
    made = PresenceTable()
    made.register("gw-1", presence, identity, agent_version="1.0", now_s=0.0)
    return made


def presences(changes: list[Change]) -> list[tuple[Presence, Presence]]:
    return [(change.previous, change.presence) for change in changes]


def test_a_life() -> None:
    nodes = table()
    assert nodes.sweep(1.0) == []
    assert nodes.heard(beat(), 2.0)
    assert presences(nodes.sweep(2.0)) == [(Presence.NEVER_SEEN, Presence.ONLINE)]
    assert nodes.sweep(3.0) == []
    assert presences(nodes.sweep(32.0)) == [(Presence.ONLINE, Presence.SILENT)]
    assert nodes.sweep(33.0) == []
    assert presences(nodes.sweep(102.0)) == [(Presence.SILENT, Presence.OFFLINE)]
    assert nodes.heard(beat(), 103.0)
    assert presences(nodes.sweep(103.0)) == [(Presence.OFFLINE, Presence.ONLINE)]


def test_a_node_that_is_not_registered_is_not_kept() -> None:
    nodes = PresenceTable()
    assert not nodes.heard(beat(), 0.0)
    assert len(nodes) == 0
    assert nodes.sweep(0.0) == []


def test_a_node_that_was_removed_is_told_no_more() -> None:
    nodes = table()
    nodes.heard(beat(), 0.0)
    nodes.forget("gw-1")
    assert nodes.sweep(0.0) == []
    assert not nodes.heard(beat(), 0.0)


@pytest.mark.parametrize(
    ("stored", "after_grace", "at_once"),
    [
        pytest.param(Presence.NEVER_SEEN, Presence.NEVER_SEEN, Presence.NEVER_SEEN, id="never"),
        pytest.param(Presence.ONLINE, Presence.SILENT, Presence.ONLINE, id="online"),
        pytest.param(Presence.SILENT, Presence.SILENT, Presence.SILENT, id="silent"),
        pytest.param(Presence.OFFLINE, Presence.OFFLINE, Presence.OFFLINE, id="offline"),
    ],
)
def test_after_a_restart_nobody_is_called_silent_before_it_could_speak(
    stored: Presence, after_grace: Presence, at_once: Presence
) -> None:
    nodes = table(stored, Identity.SINGLE)
    before = nodes.sweep(GRACE_S - 0.1)
    assert [change.presence for change in before] == ([] if at_once is stored else [at_once])
    after = nodes.sweep(GRACE_S)
    assert [change.presence for change in after] == ([] if after_grace is stored else [after_grace])


def test_after_a_restart_a_node_that_goes_on_is_not_stored_anew() -> None:
    nodes = PresenceTable()
    nodes.register(
        "gw-1", Presence.ONLINE, Identity.SINGLE, agent_version="1.0", clock_offset_us=5, now_s=0.0
    )
    nodes.heard(beat(offset=6), 1.0)
    assert nodes.sweep(1.0) == []


@pytest.mark.parametrize(
    ("expected", "instances"),
    [
        pytest.param(Identity.SINGLE, [A, A, A], id="one"),
        pytest.param(Identity.SINGLE, [A, B, B], id="restart"),
        pytest.param(Identity.SINGLE, [A, B, C, 4, 5, 6, 7], id="restarts"),
        pytest.param(Identity.SINGLE, [A, B, A], id="one-return-may-be-an-old-message"),
        pytest.param(Identity.DUPLICATED, [A, B, A, B], id="two-by-turns"),
        pytest.param(Identity.DUPLICATED, [A, A, B, A, A, A, B], id="two-unevenly"),
        pytest.param(Identity.DUPLICATED, [A, B, C, A, B, C], id="three-by-turns"),
    ],
)
def test_identity(expected: Identity, instances: list[int]) -> None:
    nodes = table()
    for second, instance in enumerate(instances):
        nodes.heard(beat(instance), float(second))
    (change,) = nodes.sweep(float(len(instances)))
    assert change.identity is expected


def test_a_copy_that_is_switched_off_is_forgotten_in_time() -> None:
    nodes = table()
    for second, instance in enumerate([A, B, A, B]):
        nodes.heard(beat(instance), float(second))
    assert nodes.sweep(4.0)[0].identity is Identity.DUPLICATED
    again_s = 3.0 + SINGLE_AGAIN_AFTER.total_seconds()
    nodes.heard(beat(B), again_s - 1)
    assert nodes.sweep(again_s - 1) == []
    nodes.heard(beat(B), again_s)
    (change,) = nodes.sweep(again_s)
    assert (change.previous_identity, change.identity) == (Identity.DUPLICATED, Identity.SINGLE)


def test_a_restart_of_the_service_does_not_acquit_a_copied_card() -> None:
    nodes = table(Presence.ONLINE, Identity.DUPLICATED)
    nodes.heard(beat(A), 1.0)
    assert [change.identity for change in nodes.sweep(1.0)] in ([], [Identity.DUPLICATED])


def test_a_version_or_clock_that_changes_all_the_time_is_stored_once_a_minute() -> None:
    nodes = table()
    stored = 0
    for second in range(int(10 * NEWS_INTERVAL_S)):
        nodes.heard(beat(A, version=f"1.{second}", offset=second * 5_000_000), float(second))
        stored += len(nodes.sweep(float(second)))
    assert stored <= 11


def test_what_could_not_be_stored_is_told_again() -> None:
    nodes = table()
    nodes.heard(beat(version="2.0"), 0.0)
    changes = nodes.sweep(0.0)
    nodes.untold(changes)
    assert nodes.sweep(1.0) == changes
    assert nodes.sweep(2.0) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("heard"), st.sampled_from([A, B])),
        st.tuples(st.just("pass"), st.floats(0.1, 200.0)),
        st.tuples(st.just("sweep"), st.booleans()),
    ),
    max_size=60,
)


@given(STEPS)
def test_what_is_stored_is_what_is_true_in_any_order(steps: list[tuple[str, float]]) -> None:
    """The database follows the changes told; a failed store in between loses none."""
    nodes, now, heard, stored = table(), 0.0, None, Presence.NEVER_SEEN
    writes, transitions = 0, 0
    truth = Presence.NEVER_SEEN

    def true_now() -> Presence:
        if heard is None:
            return Presence.NEVER_SEEN
        return judge(NOW, TEN_S, NOW + timedelta(seconds=now - heard))

    for step, value in [*steps, ("sweep", True)]:
        if step == "heard":
            nodes.heard(beat(int(value)), now)
            heard = now
        elif step == "pass":
            now += value
        else:
            if true_now() is not truth:
                transitions += 1
                truth = true_now()
            changes = nodes.sweep(now)
            if value:
                for change in changes:
                    assert change.previous is stored
                    stored = change.presence
                    writes += 1
            else:
                nodes.untold(changes)
    assert stored is true_now()
    # One write a transition, and two at the most for what is seen of the identity.
    assert writes <= transitions + 1 + len([s for s in steps if s[0] == "heard"]) // 2
