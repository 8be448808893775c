"""Ten thousand rain gauges judged each minute: ``python -m bench.gauges``.

All gauges report each minute, 72 h of rain behind them. A minute is: take the readings, bring the
sums up to date, judge rainstorm and debris flow over 72 durations with an earthquake's lowered
thresholds and the antecedent rain, hold the levels, make the drafts. Beside it, in the same run, a
plain Python loop over a sample of the same gauges that does the same for debris flow only: sums
by durations from a running total of the gauge's minutes, ratio, level. Its levels must agree.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from services.disaster_warning.model.evaluator import (
    Evaluation,
    RainEvaluator,
    RainSite,
    propose,
)
from services.disaster_warning.model.level_changes import ChangeRule, Hazard, LevelChanges
from services.disaster_warning.model.rain import DURATIONS
from services.plumbing.rules import RuleBook

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "services" / "disaster_warning" / "rules"
GAUGES = 10_000
SAMPLE = 100
MINUTES = 30
TARGET_MS = 1_000.0
START = datetime(2026, 7, 1, tzinfo=UTC)
RATIOS = (0.7, 0.85, 1.0, 1.2)


def sites(count: int) -> list[RainSite]:
    """Return gauges spread over 183 counties; those of Dujiangyan have their own curve."""
    codes = [f"51{number:04}" for number in range(1, 183)] + ["510181"]
    return [RainSite(f"gauge-{n}", codes[n % len(codes)], 1) for n in range(count)]


def filled(count: int, random: np.random.Generator) -> RainEvaluator:
    """Return an evaluator whose gauges have told 72 h of showers."""
    evaluator = RainEvaluator.start(sites(count), RuleBook.read(RULES), START)
    evaluator.shake("wenchuan", START.timestamp() - 3e7, random.uniform(5, 9, count))
    every = np.tile(np.arange(count), 60)
    for hour in range(DURATIONS):
        minutes = np.arange(hour * 60, hour * 60 + 60)
        times = np.repeat(START.timestamp() + 60.0 * (minutes + 1), count)
        rain = np.concatenate([showers(int(each), count, random) for each in minutes])
        evaluator.gauges.advance(START.timestamp() + 3600.0 * (hour + 1))
        evaluator.add(every, times, rain)
    return evaluator


def showers(minute: int, count: int, random: np.random.Generator) -> Any:
    """Return a minute's rain, in mm: showers of two hours, each gauge's of its own strength."""
    gauge = np.arange(count)
    raining = (gauge * 7 + minute // 60) % 36 < 2
    mean = 0.002 + 0.0004 * (gauge % 100)
    return np.where(raining, np.round(random.exponential(mean), 1), 0.0)


def minutes_of(evaluator: RainEvaluator, count: int, rounds: int, random: Any) -> Any:
    """Return (seconds of each round, the last evaluation, drafts made)."""
    changes = [
        LevelChanges(hazard, [site.county for site in evaluator.sites])
        for hazard in (Hazard.RAINSTORM, Hazard.DEBRIS_FLOW)
    ]
    book = RuleBook.read(RULES)
    rule = ChangeRule.parse(book.in_force("level-changes", "CN", START))
    took, drafts, evaluation = [], 0, None
    every, now = np.arange(count), START + timedelta(hours=DURATIONS)
    for minute in range(rounds):
        now += timedelta(minutes=1)
        rain = showers(DURATIONS * 60 + minute, count, random)
        began = time.perf_counter()
        evaluator.add(every, np.full(count, now.timestamp()), rain)
        evaluation = evaluator.evaluate(now)
        for each in changes:
            drafts += len(propose(evaluation, each, rule))
        took.append(time.perf_counter() - began)
    return took, evaluation, drafts


def plain(columns: list[list[float]], weights: list[list[float]], factors: list[float]) -> Any:
    """Return (level, hours) of each gauge in plain Python."""
    found = []
    for minutes, weight, factor in zip(columns, weights, factors, strict=True):
        # From the newest back, so that the total up to D hours is the sum of the last D hours.
        best, hours, total = 0.0, 0, 0.0
        for back, mm in enumerate(reversed(minutes), 1):
            if mm == mm:  # noqa: PLR0124 - not a number is not known
                total += mm
            if back % 60 == 0:
                ratio = total * weight[back // 60 - 1] / factor
                if ratio > best:
                    best, hours = ratio, back // 60
        found.append((bisect_right(RATIOS, best), hours))
    return found


def baseline(evaluator: RainEvaluator, evaluation: Evaluation, sample: int) -> float:
    """Return seconds for one gauge in plain Python; raise when it finds other levels."""
    weights = evaluator.rules_at(evaluation.time).weight
    columns = [evaluator.gauges.minutes_mm(gauge).tolist() for gauge in range(sample)]
    own = [(weights[:, gauge].astype(float) * 100).tolist() for gauge in range(sample)]
    factors = (evaluation.earthquake_factor * evaluation.antecedent_factor)[:sample].tolist()
    began = time.perf_counter()
    found = plain(columns, own, factors)
    took = time.perf_counter() - began
    levels = evaluation.hazards[Hazard.DEBRIS_FLOW]
    same = sum(
        (int(levels.level[gauge]), int(levels.hours[gauge])) == each
        for gauge, each in enumerate(found)
    )
    # A ratio on a boundary may fall on either side in single and double precision.
    if same < sample * 0.98:
        raise RuntimeError(f"only {same} of {sample} gauges agree with the plain loop")
    return took / sample


def figure(name: str, value: float, unit: str, baseline: float, target: float) -> dict[str, Any]:
    """Return one figure; met when the value is below the target."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 4),
        "target": f"< {target:g} {unit}",
        "met": value < target,
    }


def bench(count: int, rounds: int) -> list[dict[str, Any]]:
    """Measure; return the figures."""
    random = np.random.default_rng(3)
    evaluator = filled(count, random)
    took, evaluation, drafts = minutes_of(evaluator, count, rounds, random)
    each = baseline(evaluator, evaluation, min(SAMPLE, count))
    median, worst = statistics.median(took) * 1e3, max(took) * 1e3
    loop = each * count * 1e3
    began = time.perf_counter()
    state = evaluator.to_bytes()
    saved = (time.perf_counter() - began) * 1e3
    began = time.perf_counter()
    RainEvaluator.from_bytes(state, evaluator.sites, RuleBook.read(RULES))
    loaded = (time.perf_counter() - began) * 1e3
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    levels = np.bincount(evaluation.level, minlength=5).tolist()
    print(f"{count} gauges, {rounds} minutes: median {median:.1f} ms, worst {worst:.1f} ms;")
    print(f"plain loop {loop:.0f} ms ({loop / median:.0f} times as long); levels {levels},")
    print(f"drafts {drafts}; state {len(state) / 2**20:.1f} MB, saved in {saved:.0f} ms, read in")
    print(f"{loaded:.0f} ms; at most {rss:.0f} MB resident")
    return [
        figure("gauges.minute_median", median, "ms", loop, TARGET_MS),
        figure("gauges.minute_worst", worst, "ms", loop, TARGET_MS),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gauges", type=int, default=GAUGES)
    parser.add_argument("--minutes", type=int, default=MINUTES)
    given = parser.parse_args()
    print(json.dumps(bench(given.gauges, given.minutes)))


if __name__ == "__main__":
    main()
