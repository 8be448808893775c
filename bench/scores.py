"""A million early-warning scores, and a province's casualties: ``python -m bench.scores``.

NEWS2 over columns against the plain Python loop over the same rows, in the same run; both must
agree on every row that the loop does. Then the distribution of casualties of 183 counties to 50
hospitals in 4 classes by HiGHS, against a greedy one that sends the gravest to the nearest free
bed: its cost shows what the programme is for, its time what it costs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any, TypeVar

import numpy as np

from services.healthcare.model import distribution
from services.healthcare.model.beds import COLOURS
from services.healthcare.model.distribution import Incident, Weights, distribute
from services.healthcare.model.score_columns import Column, ColumnScorer
from services.plumbing.rules import RuleBook
from tianfu.scores import shipped
from tianfu.scores.scale import Scale, Value

ROWS = 1_000_000
LOOP_ROWS = 20_000
ROUNDS = 5
SCORES_PER_SECOND = 1_000_000.0
DISTRIBUTION_S = 2.0
COUNTIES, HOSPITALS = 183, 50

T = TypeVar("T")


def timed(call: Callable[[], T], rounds: int) -> tuple[float, T]:
    """Return the median time of a call in seconds, and what it returned last."""
    times, found = [], None
    for _ in range(rounds):
        began = time.perf_counter()
        found = call()
        times.append(time.perf_counter() - began)
    assert found is not None
    return statistics.median(times), found


def columns(scale: Scale, rows: int, rng: np.random.Generator) -> dict[str, Column]:
    """Return made-up vital signs: around what is well, one value in fifty missing."""
    centres = {
        "respiration_rate": (18, 5),
        "oxygen_saturation": (95, 3),
        "systolic_pressure": (125, 25),
        "pulse": (82, 20),
        "temperature": (37.0, 0.8),
    }
    made: dict[str, Column] = {}
    for name, (centre, spread) in centres.items():
        values = np.round(rng.normal(centre, spread, rows), 1)
        values[rng.random(rows) < 0.02] = np.nan
        made[name] = values
    for name, codes in scale.codes():
        made[name] = rng.integers(-1 if name != "scale" else 0, len(codes), rows, dtype=np.int8)
    return made


def row_of(scale: Scale, made: dict[str, Column], place: int) -> dict[str, Value]:
    """Return one row as the scalar takes it."""
    codes = dict(scale.codes())
    row: dict[str, Value] = {}
    for name, column in made.items():
        value = column[place]
        if name in codes:
            row[name] = None if value < 0 else codes[name][int(value)]
        else:
            row[name] = None if np.isnan(value) else float(value)
    return row


def scores(scale_of_run: float) -> dict[str, Any]:
    """Return the figure of vectorised scores."""
    scale = shipped.scale("news2", date(2026, 1, 1))
    count = max(10_000, int(ROWS * scale_of_run))
    made = columns(scale, count, np.random.default_rng(2_026))
    scorer = ColumnScorer(scale)
    seconds, found = timed(lambda: scorer.score(made), ROUNDS)
    looped = min(count, max(1_000, int(LOOP_ROWS * scale_of_run)))
    rows = [row_of(scale, made, place) for place in range(looped)]
    loop_s, plain = timed(lambda: [scale.score(row) for row in rows], 1)
    for place, one in enumerate(plain):
        assert one.total == found.total[place], f"row {place}"
        assert one.band == found.bands[found.band[place]], f"row {place}"
    value, baseline = count / seconds, looped / loop_s
    print(f"NEWS2: {value:,.0f} scores/s as columns, {baseline:,.0f} by the plain loop", flush=True)
    return {
        "name": "healthcare.scores",
        "value": round(value),
        "unit": "scores/s",
        "baseline": round(baseline),
        "ratio": round(value / baseline, 1),
        "target": SCORES_PER_SECOND,
        "met": value >= SCORES_PER_SECOND,
    }


def greedy(incident: Incident, weights: Weights) -> float:
    """Return the cost of sending the gravest first, each to the nearest hospital with room."""
    free, cost = incident.capacity.copy(), 0.0
    order = np.argsort(incident.minutes, axis=1)
    for place, tag in enumerate(COLOURS):
        weight = weights.per_minute[tag]
        for origin in range(len(incident.origins)):
            left = int(incident.casualties[origin, place])
            for hospital in order[origin]:
                minutes = incident.minutes[origin, hospital]
                if minutes > weights.minutes_max[tag]:
                    break
                sent = min(left, int(free[hospital, place]))
                free[hospital, place] -= sent
                left -= sent
                cost += weight * minutes * sent
            cost += weight * weights.waiting_minutes * left
    return cost


def casualties(scale_of_run: float) -> dict[str, Any]:
    """Return the figure of the distribution of casualties."""
    rules = RuleBook.read(resources.files("services.healthcare") / "rules")
    rule = rules.in_force(distribution.RULE, "CN-51", datetime(2026, 1, 1, tzinfo=UTC))
    weights, rng = Weights.parse(rule), np.random.default_rng(512)
    incident = Incident(
        [f"county-{n}" for n in range(COUNTIES)],
        [f"hospital-{n}" for n in range(HOSPITALS)],
        rng.integers(0, 200, (COUNTIES, len(COLOURS))),
        rng.integers(50, 900, (HOSPITALS, len(COLOURS))),
        rng.uniform(5, 300, (COUNTIES, HOSPITALS)),
    )
    rounds = max(1, int(ROUNDS * scale_of_run))
    seconds, plan = timed(lambda: distribute(incident, weights), rounds)
    plain_s, plain = timed(lambda: greedy(incident, weights), rounds)
    people = int(incident.casualties.sum())
    assert people == sum(m.count for m in plan.moves) + sum(w[2] for w in plan.waiting)
    print(
        f"{people} casualties in {seconds:.2f} s at {plain / plan.cost:.2f} times less cost "
        f"than the nearest free bed ({plain_s:.2f} s)",
        flush=True,
    )
    return {
        "name": "healthcare.distribution",
        "value": round(seconds, 3),
        "unit": "s",
        "baseline": round(plain_s, 3),
        "ratio": round(seconds / plain_s, 2),
        "target": DISTRIBUTION_S,
        "met": seconds <= DISTRIBUTION_S,
    }


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full run, for tests")
    given = parser.parse_args()
    figures = [scores(given.scale), casualties(given.scale)]
    print(json.dumps(figures))
    return 0 if all(one["met"] is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
