"""Monitors: a node without a link counts what the service counts, and nothing is scored in vain."""

from __future__ import annotations

from datetime import date
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from services.healthcare.bus.vitals import Heard, read
from services.healthcare.model import vital_state, vitals
from services.healthcare.model.vital_state import VitalState
from services.healthcare.model.vitals import Reading
from tests.healthcare.rulebook import BOOK, NOW
from tests.support.late_vitals import always
from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.scores import monitor, shipped
from tianfu.scores.monitor import RESCORE_US, Watched

SCALE: Final = shipped.scale("news2", date(2026, 11, 20))
READING: Final = Reading.parse(BOOK.in_force(vitals.RULE, "CN", NOW))
NOW_US: Final = int(NOW.timestamp()) * 1_000_000

NUMBERS = st.floats(min_value=-10, max_value=300, allow_nan=False)
LATEST = st.dictionaries(
    st.sampled_from(sorted(monitor.SIGNS)),
    st.tuples(st.integers(NOW_US - 2 * monitor.WINDOW_US, NOW_US), NUMBERS),
    max_size=7,
)


@settings(max_examples=500, deadline=None)
@given(LATEST, st.sampled_from(("1", "2")))
def test_a_node_and_the_service_agree_to_the_bit(
    latest: dict[str, tuple[int, float]], oxygen_scale: str
) -> None:
    on_node = SCALE.score(monitor.inputs(SCALE, latest, oxygen_scale))

    state = Watched().after([(name, *each) for name, each in latest.items()])
    at = NOW if state.time_us is None else vital_state.time_of(state.time_us)
    inputs = vitals.inputs(SCALE, vital_state.vitals_of(state), None, at, READING, oxygen_scale)

    assert SCALE.score(inputs) == on_node


def batch(node: str, *readings: tuple[str, str, float], quality: int = 0) -> bytes:
    builder = BatchBuilder()
    for series, unit, value in readings:
        builder.add(SeriesKey(series, unit), NOW_US, value, quality)
    return batch_encoder.encode(
        builder.message(), Identity(node, 1, 1), produced_total=len(readings), drops=[]
    )


def test_readings_are_of_whom_the_monitor_hangs_on() -> None:
    subject = subjects.reading(subjects.node_id("amb-1"))
    own = {"amb-1": {"bed-1.": always("p1"), "bed-2.": always("p2")}}
    data = batch(
        "amb-1",
        ("bed-1.pulse", "/min", 88.0),
        ("bed-2.pulse", "/min", 99.0),
        ("bed-2.temperature", "[degF]", 99.0),
        ("speed", "km/h", 60.0),
    )

    found = read(subject, data, own)

    assert found is not None
    assert found.readings == [
        ("p1", ("pulse", NOW_US, 88.0)), ("p2", ("pulse", NOW_US, 99.0)),
    ]  # fmt: skip
    assert (found.node, found.number) == ("amb-1", (1, 1, 1))
    assert read(subject, data, {}) is None
    bad = read(subject, batch("amb-1", ("bed-1.pulse", "/min", 1.0), quality=5), own)
    assert bad == Heard("amb-1", (1, 1, 1), [])


def test_a_state_keeps_the_latest_and_comes_back_as_it_was() -> None:
    state = Watched().after([("pulse", NOW_US + 5, 80.0), ("pulse", NOW_US + 1, 70.0)])
    state = state.after([("respiration_rate", NOW_US + 3, 16.0), ("consciousness", NOW_US, 9.0)])
    state = state.scored((0, None))

    for whole in (VitalState(state), VitalState(state, Watched(), (("pulse", NOW_US, 70.0),))):
        assert vital_state.decode(vital_state.encode(whole)) == whole
    assert b"kept" not in vital_state.encode(VitalState(state))
    assert state.latest == {"pulse": (NOW_US + 5, 80.0), "respiration_rate": (NOW_US + 3, 16.0)}
    assert state.time_us == state.score_us == NOW_US + 5
    assert vital_state.decode(b'{"vitals":{},"points":[],"scored":null}') == VitalState()


def test_unchanged_points_are_scored_once_a_minute_and_changed_ones_at_once() -> None:
    state, first = monitor.follow(SCALE, Watched(), [("pulse", NOW_US, 80.0)])
    assert len(first) == 1

    seen = [
        ("pulse", NOW_US + 59_999_999, 81.0),
        ("pulse", NOW_US + RESCORE_US, 81.0),
        ("pulse", NOW_US + RESCORE_US + 1, 120.0),
        ("pulse", NOW_US + RESCORE_US + 1, 121.0),
    ]
    after, due = monitor.follow(SCALE, state, seen)
    late = monitor.follow(SCALE, after, [("pulse", NOW_US + RESCORE_US - 7, 40.0)])

    assert [each.score_us for each in due] == [NOW_US + RESCORE_US, NOW_US + RESCORE_US + 1]
    assert after.latest["pulse"] == (NOW_US + RESCORE_US + 1, 120.0)
    assert late == (after, [])
    assert monitor.follow(SCALE, Watched(), []) == (Watched(), [])


SIGNS = st.sampled_from(sorted(monitor.SIGNS))
COURSE = st.lists(st.tuples(st.integers(0, 200), SIGNS, NUMBERS), max_size=40)


@settings(max_examples=300, deadline=None)
@given(COURSE, st.integers(1, 9))
def test_the_same_moments_are_scored_in_whatever_portions_they_arrive(
    course: list[tuple[int, str, float]], size: int
) -> None:
    """A node counts moment by moment; a service takes what waited for a link in one go."""
    seen = sorted((NOW_US + 1_000_000 * second, name, value) for second, name, value in course)
    by_moment = [
        [(name, at, value) for at, name, value in seen if at == moment]
        for moment in sorted({at for at, _, _ in seen})
    ]

    def followed(portions: list[list[tuple[str, int, float]]]) -> list[Watched]:
        state, found = Watched(), []
        for each in portions:
            state, due = monitor.follow(SCALE, state, each)
            found += due
        return found

    portions = [
        [each for moment in by_moment[at : at + size] for each in moment]
        for at in range(0, len(by_moment), size)
    ]
    assert followed(portions) == followed(by_moment)
