"""Plots of characters, and the live view: what is seen of numbers."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from cli import plots
from cli.verbs import top
from cli.verbs.top import Look
from tianfu.telemetry.v1 import telemetry_pb2

NOON = datetime(2026, 1, 12, 12, tzinfo=UTC)
NOON_S = NOON.timestamp()


def points(*values: float) -> list[plots.Point]:
    return [(NOON_S + 60 * number, value) for number, value in enumerate(values)]


def test_a_rising_line_in_ascii() -> None:
    drawn = plots.plot(points(0, 1, 2), width=26, height=3, ascii_only=True)

    assert drawn == [
        "2 |                 ******",
        "1 |      ***********",
        "0 |******",
        "  +-----------------------",
        "   12:00:00Z     12:02:00Z",
    ]


def test_every_line_is_as_wide_as_was_asked() -> None:
    drawn = plots.plot(points(*(math.sin(n / 9) for n in range(300))), width=72)

    assert max(len(line) for line in drawn) == 72
    assert len(drawn) == plots.HEIGHT + 2
    assert all(ord(each) < 0x2900 for line in drawn for each in line)


def test_eight_dots_are_one_character() -> None:
    assert plots.plot(points(1, 0), width=24, height=2)[:2] == [
        "1 ┤⠉⠑⠒⠒⠢⠤⠤⢄⣀⣀⡀",
        "0 ┤          ⠈⠉⠉⠑⠒⠒⠢⠤⠤⢄⣀",
    ]


def test_a_missing_value_is_a_gap() -> None:
    whole = plots.plot(points(1, 1, 1), width=40, height=3, ascii_only=True)
    broken = plots.plot(points(1, math.nan, 1), width=40, height=3, ascii_only=True)

    assert sum(line.count("*") for line in broken) == 2
    assert sum(line.count("*") for line in whole) > 20


@pytest.mark.parametrize("values", [(), (math.nan,), (math.inf, -math.inf)])
def test_where_nothing_is_known_nothing_is_drawn(values: tuple[float, ...]) -> None:
    assert plots.plot(points(*values), width=80) == []


def test_values_that_are_all_one_have_an_axis_around_them() -> None:
    assert plots.bounds([5.0, 5.0]) == (4.75, 5.25)
    assert plots.bounds([0.0]) == (-1.0, 1.0)
    assert plots.plot(points(5), width=40)


def test_a_plot_of_days_says_the_days() -> None:
    long = [(NOON_S, 1.0), (NOON_S + 2 * plots.DAY_S, 2.0)]

    assert "01-12 12:00Z" in plots.plot(long, width=60)[-1]
    assert "01-14 12:00Z" in plots.plot(long, width=60)[-1]


# -- top -------------------------------------------------------------------------------------------


def look(at_s: float, stored: dict[str, int], presence: dict[str, str]) -> Look:
    accounts = {}
    for node, count in stored.items():
        account = telemetry_pb2.Delivery(name=f"nodes/{node}/delivery", stored=count, dropped=count)
        account.store_time.FromDatetime(NOON)
        accounts[node] = account
    ingest = telemetry_pb2.IngestStatus(readings_per_second=1234.4, pending_batches=3)
    ingest.latency_p50.FromMilliseconds(12)
    return Look(at_s, NOON + timedelta(seconds=at_s), accounts, presence, ingest)


BEFORE = look(0, {"a": 100, "b": 50}, {})
NOW = look(2, {"a": 120, "b": 150, "c": 7}, {"a": "online", "b": "silent", "d": "never seen"})


def test_rates_are_of_the_time_between_two_looks() -> None:
    found = {each["node"]: each for each in top.records(BEFORE, NOW, "rate")}

    assert list(found) == ["b", "a", "c", "d"]
    assert found["a"]["readings_per_s"] == 10.0
    assert found["b"]["readings_per_s"] == 50.0
    # What a node had stored before it was first seen is no rate.
    assert found["c"]["readings_per_s"] == 0.0
    assert found["d"] == {
        "node": "d",
        "presence": "never seen",
        "readings_per_s": 0.0,
        "stored": 0,
        "in_flight": 0,
        "dropped": 0,
        "missing_batches": 0,
        "silent": "",
    }
    assert found["a"]["silent"] == "2.0 s"


@pytest.mark.parametrize(
    ("sort", "first"), [("node", "a"), ("dropped", "b"), ("rate", "b"), ("in-flight", "a")]
)
def test_sorts(sort: str, first: str) -> None:
    assert top.records(BEFORE, NOW, sort)[0]["node"] == first


def test_the_view_says_how_ingestion_does_and_how_many_nodes_do_not_fit() -> None:
    shown = top.view(BEFORE, NOW, "rate", 2).replace("\x1b[K", "").splitlines()

    assert shown[0] == "12:00:02Z  1 of 3 nodes online, 3 with an account"
    assert shown[1].startswith("1,234 readings/s stored, queryable after 12 ms")
    assert shown[3].split()[:3] == ["NODE", "PRESENCE", "READINGS"]
    assert [line.split()[0] for line in shown[4:6]] == ["b", "a"]
    assert shown[-1] == "and 2 more"
