"""Whose a monitor's reading is, when the monitor goes from bed to bed and readings come late."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.healthcare.bus import vitals
from services.healthcare.model.hangings import BEGINNING, Hanging, after, whose
from tests.healthcare.rulebook import NOW
from tianfu import batch_encoder, subjects
from tianfu.batch_encoder import BatchBuilder, Identity, SeriesKey

SECOND = timedelta(seconds=1)


def moved(*patients: str) -> list[Hanging]:
    """Return what is kept of a monitor that goes on every minute, beginning now."""
    known: list[Hanging] = []
    before = ""
    for minute, patient_id in enumerate(patients):
        if patient_id != before:
            known += after(known, before, patient_id, NOW + minute * 60 * SECOND)
        before = patient_id
    return known


def at(seconds: float) -> float:
    return (NOW + seconds * SECOND).timestamp()


def test_the_first_patients_are_the_readings_of_before_as_well() -> None:
    known = moved("a")
    assert known == [Hanging(BEGINNING, "a")]
    assert whose(known, at(-86_400)) == whose(known, at(0)) == "a"
    assert whose([], at(0)) == ""


def test_a_reading_is_the_patients_of_whom_it_was_taken() -> None:
    known = moved("a", "b", "", "a")
    assert [whose(known, at(each)) for each in (-1, 59.9, 60, 119, 120, 179, 180, 9_999)] == [
        "a", "a", "b", "b", "", "", "a", "a",
    ]  # fmt: skip


def test_one_that_was_hung_up_before_there_was_a_history_is_remembered_when_it_moves() -> None:
    assert after([], "a", "b", NOW) == [Hanging(BEGINNING, "a"), Hanging(NOW, "b")]
    assert after([], "a", "", NOW) == [Hanging(BEGINNING, "a"), Hanging(NOW, "")]
    assert after([], "", "", NOW) == []


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=12), st.floats(0, 720))
def test_at_each_moment_it_is_who_was_put_there_last(patients: list[str], seconds: float) -> None:
    first = next((n for n, each in enumerate(patients) if each), None)
    minute = min(int(seconds // 60), len(patients) - 1)
    expected = patients[minute]
    if first is not None and minute < first:
        expected = patients[first]
    assert whose(moved(*patients), at(seconds)) == expected


@pytest.mark.parametrize(
    ("offset_s", "owners"), [(None, ["a", "b"]), (0, ["a", "b"]), (3_600, ["b", "b"])]
)
def test_a_batch_is_read_by_the_platforms_clock(offset_s: int | None, owners: list[str]) -> None:
    builder = BatchBuilder()
    for seconds in (59, 61):
        moment_us = int((NOW + seconds * SECOND).timestamp() * 1e6)
        builder.add(SeriesKey("bed-1.pulse", "/min"), moment_us, 80.0 + seconds, 0)
    offset = {} if offset_s is None else {"clock_offset_us": offset_s * 1_000_000}
    data = batch_encoder.encode(
        builder.message(**offset), Identity("amb-1", 1, 1), produced_total=0, drops=[]
    )
    monitors = {"amb-1": {"bed-1.": moved("a", "b")}}

    heard = vitals.read(subjects.reading(subjects.node_id("amb-1")), data, monitors)

    assert heard is not None
    assert [patient_id for patient_id, _ in heard.readings] == owners


def test_readings_of_a_monitor_on_nobody_are_nobodys() -> None:
    builder = BatchBuilder()
    builder.add(SeriesKey("bed-1.pulse", "/min"), int(NOW.timestamp() * 1e6), 80.0, 0)
    data = batch_encoder.encode(
        builder.message(), Identity("amb-1", 1, 1), produced_total=0, drops=[]
    )
    gone: list[Hanging] = [Hanging(BEGINNING, "a"), Hanging(NOW - SECOND, "")]
    own = subjects.reading(subjects.node_id("amb-1"))

    heard = vitals.read(own, data, {"amb-1": {"bed-1.": gone}})

    assert heard is not None
    assert heard.readings == []
    assert vitals.read(own, data, {"amb-2": {"bed-1.": gone}}) is None
    assert isinstance(gone[1].since, datetime)
