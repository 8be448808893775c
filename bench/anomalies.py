"""Who finds the four anomalous stretches of a water main: ``python -m bench.anomalies``.

The series is river's WaterFlow: 1,268 hours of a pipeline branch, with "3 low value moments" and
"a small peak", which its description names and does not number. Here they are the runs of hours
with a flow outside of 95 to 107.5 l/s, joined over six hours: four. Beside each other in one run,
each in a process of its own whose memory is measured, each judging by what came before it alone:

* ``baseline``: what a node and the service judge by (``tianfu.anomaly``),
* ``online``: a node's online model by river's ``stats`` (``edge.anomalies.online_model``),
* ``z-score``: the plain one, three deviations from the mean of all hours before,
* ``z-score of all``: the same by mean and deviation of the whole series, which knows the future,
* river's ``GaussianScorer``, ``HalfSpaceTrees`` and ``PredictiveAnomalyDetection`` with SNARIMAX,
  with the parameters of their documentation, but that a season is a day and the first scorer is
  silent for a day instead of a hundred hours, in which the first stretch would lie.

A stretch is found when an alarm falls within it. False are alarms, joined over six hours, that
touch no stretch. Both tunings of ours were chosen on this very series: that they find it shows that
they can, not how often they err elsewhere.
"""

from __future__ import annotations

import csv
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

Row = tuple[datetime, float]
Step = Callable[[datetime, float], bool]

ROOT: Final = Path(__file__).resolve().parent.parent
LOWEST: Final = 95.0
HIGHEST: Final = 107.5
GAP_HOURS: Final = 6
DEVIATIONS: Final = 3.0
LEAST: Final = 24
"""Hours that a z-score sees before it speaks."""

DRIFTS: Final = ("DRIFT_UP", "DRIFT_DOWN")
CHILD_S: Final = 300.0


def series() -> list[Row]:
    """Return the hours of WaterFlow: local time and litres a second."""
    # The package is found without its code being run, which takes 190 MB.
    spec = find_spec("river")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("river is not installed: make env")
    text = (Path(spec.origin).parent / "datasets" / "water-flow.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    return [(datetime.fromisoformat(when), float(flow)) for when, flow in rows]


# -- who judges -----------------------------------------------------------------------------------


def baseline() -> Step:
    """Return what a node and the service judge by."""
    from tianfu.anomaly import Detector, Kind  # noqa: PLC0415 - its memory is measured

    detector = Detector()
    return lambda when, flow: detector.judge(when, flow).kind in {Kind.LOW, Kind.HIGH}


def drifts() -> Step:
    """Return what the same detector says of drift, by CUSUM."""
    from tianfu.anomaly import Detector  # noqa: PLC0415 - its memory is measured

    detector = Detector()

    def judge(when: datetime, flow: float) -> bool:
        kind = detector.judge(when, flow).kind
        return kind is not None and kind.value in DRIFTS

    return judge


def online() -> Step:
    """Return a node's online model by river."""
    from edge.anomalies.online_model import OnlineModel  # noqa: PLC0415 - its memory is measured
    from tianfu.anomaly import Tuning  # noqa: PLC0415 - as above

    model = OnlineModel(Tuning())
    return lambda when, flow: model.judge(when, flow).kind is not None


def z_score() -> Step:
    """Return the plain z-score of what came before."""
    count, mean, squares = 0, 0.0, 0.0

    def judge(_: datetime, flow: float) -> bool:
        nonlocal count, mean, squares
        deviation = math.sqrt(squares / count) if count else 0.0
        odd = count >= LEAST and abs(flow - mean) >= DEVIATIONS * deviation
        count += 1
        step = flow - mean
        mean += step / count
        squares += step * (flow - mean)
        return odd

    return judge


def z_score_of_all() -> Step:
    """Return the z-score by the whole series."""
    flows = [flow for _, flow in series()]
    mean = math.fsum(flows) / len(flows)
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in flows) / len(flows))
    return lambda _, flow: abs(flow - mean) >= DEVIATIONS * deviation


def gaussian_scorer() -> Step:
    """Return river's GaussianScorer at three deviations, which learns nothing from what is odd."""
    from river import anomaly  # noqa: PLC0415 - its memory is measured

    within = math.erf(DEVIATIONS / math.sqrt(2))
    scorer: Any = anomaly.GaussianScorer
    model: Any = anomaly.ThresholdFilter(scorer(grace_period=LEAST), threshold=within)

    def judge(_: datetime, flow: float) -> bool:
        odd = bool(model.classify(model.score_one(None, flow)))
        model.learn_one(None, flow)
        return odd

    return judge


def half_space_trees() -> Step:
    """Return river's HalfSpaceTrees as in the example of QuantileFilter."""
    from river import anomaly, compose, preprocessing  # noqa: PLC0415 - its memory is measured

    trees = anomaly.QuantileFilter(anomaly.HalfSpaceTrees(seed=42), q=0.95)
    model = compose.Pipeline(preprocessing.MinMaxScaler(), trees)

    def judge(_: datetime, flow: float) -> bool:
        said = {"flow": flow}
        odd = bool(model["QuantileFilter"].classify(model.score_one(said)))
        model.learn_one(said)
        return odd

    return judge


def snarimax() -> Step:
    """Return river's PredictiveAnomalyDetection as in its example, its season a day of hours."""
    from river import (  # noqa: PLC0415 - its memory is measured
        anomaly,
        linear_model,
        optim,
        preprocessing,
        time_series,
    )

    regressor = preprocessing.StandardScaler() | linear_model.LinearRegression(
        optimizer=optim.SGD(0.005)
    )
    forecast = time_series.SNARIMAX(p=12, d=1, q=12, m=24, sd=1, regressor=regressor)
    model: Any = anomaly.PredictiveAnomalyDetection(
        forecast, horizon=1, n_std=3.5, warmup_period=48
    )

    def judge(_: datetime, flow: float) -> bool:
        odd = model.score_one(None, flow) >= 1.0
        model.learn_one(None, flow)
        return bool(odd)

    return judge


JUDGES: Final[dict[str, Callable[[], Step]]] = {
    "baseline": baseline,
    "online": online,
    "z-score": z_score,
    "z-score of all": z_score_of_all,
    "river GaussianScorer": gaussian_scorer,
    "river HalfSpaceTrees": half_space_trees,
    "river SNARIMAX": snarimax,
    "baseline's drift": drifts,
}


# -- what they found ------------------------------------------------------------------------------


def joined(odd: Sequence[bool]) -> list[tuple[int, int]]:
    """Return runs of odd hours, first and last, with at most six usual ones between."""
    found: list[tuple[int, int]] = []
    for number, each in enumerate(odd):
        if not each:
            continue
        if found and number - found[-1][1] <= GAP_HOURS + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


@dataclass(frozen=True)
class Result:
    """What one judge found, in what memory and time."""

    found: int
    false: int
    false_hours: int
    rss_mb: float
    us: float


def result(rows: Sequence[Row], odd: Sequence[bool], rss_mb: float, us: float) -> Result:
    """Return what alarms are worth."""
    labels = [not LOWEST <= flow <= HIGHEST for _, flow in rows]
    known, alarms = joined(labels), joined(odd)

    def meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] <= other[1] and other[0] <= one[1]

    return Result(
        found=sum(any(odd[first : last + 1]) for first, last in known),
        false=sum(not any(meet(each, one) for one in known) for each in alarms),
        false_hours=sum(each and not label for each, label in zip(odd, labels, strict=True)),
        rss_mb=rss_mb,
        us=us,
    )


def judged(name: str) -> dict[str, Any]:
    """Judge the series in this process; return alarms, memory in MB and microseconds an hour."""
    rows = series()
    step = JUDGES[name]()
    began = time.perf_counter()
    odd = [step(when, flow) for when, flow in rows]
    us = (time.perf_counter() - began) / len(rows) * 1e6
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"odd": odd, "rss_mb": rss_mb, "us": us}


def in_process(name: str, rows: Sequence[Row]) -> Result:
    """Have a process of its own judge, and return what it found."""
    command = [sys.executable, "-m", "bench.anomalies", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=CHILD_S)
    said = json.loads(done.stdout)
    return result(rows, said["odd"], said["rss_mb"], said["us"])


def figure(
    name: str, value: float, unit: str, baseline: float, target: float | None, *, most: bool
) -> dict[str, Any]:
    """Return one figure; ``most`` says that the target is the least that is wanted."""
    met = None if target is None else value >= target if most else value <= target
    return {
        "name": f"anomalies.{name}",
        "value": round(value, 2),
        "unit": unit,
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 3) if baseline else None,
        "target": target,
        "met": met,
    }


def main() -> None:
    """Judge by all of them, and print figures."""
    if len(sys.argv) > 1:
        print(json.dumps(judged(sys.argv[1])))
        return
    rows = series()
    known = joined([not LOWEST <= flow <= HIGHEST for _, flow in rows])
    results = {name: in_process(name, rows) for name in JUDGES}
    print(f"{len(rows)} hours, {len(known)} stretches from {rows[0][0]:%Y-%m-%d}")
    print(f"{'':24}{'found':>6}{'false':>7}{'hours':>7}{'MB':>8}{'us/hour':>9}")
    for name, each in results.items():
        print(
            f"{name:24}{each.found:>6}{each.false:>7}{each.false_hours:>7}"
            f"{each.rss_mb:>8.0f}{each.us:>9.1f}"
        )
    ours, model, plain = results["baseline"], results["online"], results["z-score of all"]
    drift, whole = results["baseline's drift"], results["river GaussianScorer"]
    print(
        json.dumps(
            [
                figure("baseline_found", ours.found, "of 4", plain.found, len(known), most=True),
                figure("baseline_false", ours.false, "stretches", plain.false, 0, most=False),
                figure("online_found", model.found, "of 4", plain.found, len(known), most=True),
                figure("online_false", model.false, "stretches", plain.false, 0, most=False),
                figure("online_memory", model.rss_mb, "MB", whole.rss_mb, 60, most=False),
                figure("drift_false", drift.false, "alarms", 0, 4, most=False),
            ]
        )
    )


if __name__ == "__main__":
    main()
