"""Monitors: a node without a link counts what the service counts, and nothing is scored in vain."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from services.healthcare.bus.vitals import read, vital_of
from services.healthcare.model import vital_state, vitals
from services.healthcare.model.vital_state import VitalState
from services.healthcare.model.vitals import Reading, Vital
from tests.healthcare.rulebook import BOOK, NOW
from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey
from tianfu.scores import monitor, shipped

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

    seen = [vital_of(name, value, time_us) for name, (time_us, value) in latest.items()]
    state = VitalState().after([each for each in seen if each is not None])
    at = state.time or NOW
    inputs = vitals.inputs(SCALE, list(state.vitals.values()), None, at, READING, oxygen_scale)

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
    own = {"amb-1": [("bed-1.", "p1"), ("bed-2.", "p2")]}
    data = batch(
        "amb-1",
        ("bed-1.pulse", "/min", 88.0),
        ("bed-2.pulse", "/min", 99.0),
        ("bed-2.temperature", "[degF]", 99.0),
        ("speed", "km/h", 60.0),
    )

    found = read(subject, data, own)

    assert [(who, each.code, each.number) for who, each in found] == [
        ("p1", "8867-4", 88.0), ("p2", "8867-4", 99.0),
    ]  # fmt: skip
    assert read(subject, data, {}) == []
    assert read(subject, batch("amb-1", ("bed-1.pulse", "/min", 1.0), quality=5), own) == []


def vital(code: str, number: float, seconds: int) -> Vital:
    return Vital(code, number, "/min", "", NOW + timedelta(seconds=seconds))


def test_a_state_keeps_the_latest_and_comes_back_as_it_was() -> None:
    state = VitalState().after([vital("8867-4", 80, 5), vital("8867-4", 70, 1)])
    state = state.after([vital("9279-1", 16, 3)]).scored((0, None))

    assert VitalState.decode(state.encode()) == state
    assert state.vitals["8867-4"].number == 80
    assert state.time == NOW + timedelta(seconds=5)


def test_unchanged_points_are_scored_once_a_minute_and_changed_ones_at_once() -> None:
    state = VitalState().after([vital("8867-4", 80, 0)])
    assert state.is_due((0,))
    state = state.scored((0,))

    later = state.after([vital("8867-4", 81, 59)])
    assert not later.is_due((0,))
    assert later.is_due((1,))
    assert state.after([vital("8867-4", 81, 60)]).is_due((0,))
    assert not VitalState().is_due(())
    assert vital_state.points_of(SCALE, {"pulse": 140})[4] in (3, None)
