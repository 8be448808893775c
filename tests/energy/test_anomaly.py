"""Anomalies, on a published series of a water main with four known anomalous stretches."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from tianfu.anomaly import Detector, Kind, Stretch, Verdict, stretches

# Where the flow leaves its usual 99 to 106 l/s: three losses, and a pumping peak after two of them.
KNOWN = ("2022-03-24T09", "2022-03-29T09", "2022-04-03T06", "2022-04-27T15")
OUTLIERS = {Kind.LOW, Kind.HIGH}


def water_flow() -> list[tuple[datetime, float]]:
    text = (files("river.datasets") / "water-flow.csv").read_text()
    rows = list(csv.reader(text.splitlines()))[1:]
    return [(datetime.fromisoformat(time), float(flow)) for time, flow in rows]


def judged(rows: list[tuple[datetime, float]]) -> list[Verdict]:
    detector = Detector()
    return [detector.judge(time, value) for time, value in rows]


def outliers(verdicts: list[Verdict]) -> list[Stretch]:
    return stretches((each for each in verdicts if each.kind in OUTLIERS or not each.kind), 6)


def test_all_four_stretches_are_found_and_nothing_else() -> None:
    rows = water_flow()
    verdicts = judged(rows)

    assert len(rows) == 1268
    assert [f"{each.begin:%Y-%m-%dT%H}" for each in outliers(verdicts)] == list(KNOWN)


def test_drift_is_told_of_rarely() -> None:
    drifts = [each for each in judged(water_flow()) if each.kind in set(Kind) - OUTLIERS]

    assert len(drifts) <= 4


def test_a_plain_z_score_misses_what_the_baseline_finds() -> None:
    rows = water_flow()
    mean = sum(value for _, value in rows) / len(rows)
    deviation = (sum((value - mean) ** 2 for _, value in rows) / len(rows)) ** 0.5
    found = [time for time, value in rows if abs(value - mean) >= 3 * deviation]

    assert not any(f"{time:%Y-%m-%dT%H}" == KNOWN[2] for time in found)


def test_each_verdict_is_said_in_words() -> None:
    [peak] = [each for each in judged(water_flow()) if each.kind is Kind.HIGH]

    assert peak.sentence.startswith("109.68 at 2022-04-03 06:00 is +8 % against the 101.59 usual")
    assert judged(water_flow())[0].sentence == ""


def made(days: int, value: float = 100.0) -> list[tuple[datetime, float]]:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    return [(start + timedelta(hours=n), value + n % 24) for n in range(days * 24)]


@pytest.mark.parametrize("factor", [1.02, 0.98])
def test_a_lasting_shift_below_the_outlier_bound_is_a_drift(factor: float) -> None:
    rows = made(20)
    shifted = [(time, value * (factor if n > 240 else 1)) for n, (time, value) in enumerate(rows)]
    kinds = {each.kind for each in judged(shifted)} - {None}

    assert kinds == {Kind.DRIFT_UP if factor > 1 else Kind.DRIFT_DOWN}


def test_a_new_normal_is_learnt_after_three_days() -> None:
    rows = made(40)
    doubled = [(time, value * (2 if n >= 240 else 1)) for n, (time, value) in enumerate(rows)]
    verdicts = judged(doubled)

    assert all(each.kind is Kind.HIGH for each in verdicts[240:312])
    assert all(each.kind is None for each in verdicts[-24:])


def test_a_value_that_is_no_number_is_neither_judged_nor_learnt() -> None:
    rows = made(10)
    rows[200] = (rows[200][0], float("nan"))

    assert all(each.kind is None for each in judged(rows))
