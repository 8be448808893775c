"""The bench of anomalies: what counts as found and as false, and that ours find all four."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bench.anomalies import HIGHEST, JUDGES, in_process, joined, result, series

START = datetime(2026, 6, 1)  # noqa: DTZ001 - the series is in local time


def test_runs_are_joined_over_six_hours() -> None:
    odd = [True, *[False] * 6, True, *[False] * 7, True, True]
    assert joined(odd) == [(0, 7), (15, 16)]


def test_alarms_are_found_or_false() -> None:
    flows = [100.0] * 40
    flows[10:12] = [HIGHEST + 1, HIGHEST + 1]
    rows = [(START + timedelta(hours=n), flow) for n, flow in enumerate(flows)]
    odd = [n in {11, 12, 30} for n in range(40)]
    found = result(rows, odd, 1.0, 1.0)
    assert (found.found, found.false, found.false_hours) == (1, 1, 2)
    assert result(rows, [False] * 40, 1.0, 1.0).found == 0


@pytest.mark.parametrize("name", ["baseline", "online", "z-score"])
def test_judges_judge_in_processes_of_their_own(name: str) -> None:
    rows = series()
    found = in_process(name, rows)
    assert found.rss_mb > 5
    if name == "z-score":
        assert found.found < 4
    else:
        assert (found.found, found.false) == (4, 0)


def test_every_judge_is_named() -> None:
    assert {"river GaussianScorer", "river HalfSpaceTrees", "river SNARIMAX"} <= JUDGES.keys()
