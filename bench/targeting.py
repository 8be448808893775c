"""From an area to its counties, in milliseconds: ``python -m bench.targeting``.

Each figure is the slowest of its areas, an area's time the median of its rounds: parsed, drawn,
projected, weighed against 183 counties by the rule. Beside it, in the same run, the plain loop: one
shapely intersection a county, with neither index nor blocks. Both must give the same shares.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import shapely

from services.disaster_warning.geography.area import Circle, Polygon, plane
from services.disaster_warning.geography.targeting import Criteria, Targeting, targeting

TARGET_MS = 20.0
ROUNDS = 20
CRITERIA = Criteria(0.02, 0.10)
Shapes = Sequence[Polygon | Circle]


def box(south: float, west: float, north: float, east: float) -> Polygon:
    """Return a rectangle of degrees."""
    return Polygon(((south, west), (south, east), (north, east), (north, west), (south, west)))


def contour(points: int, *, waves: int, depth: float) -> Polygon:
    """Return a ring around the province's middle that swings in and out, as radar contours do."""
    ring = []
    for number in range(points):
        angle = 2.0 * math.pi * number / points
        reach = 1.0 - depth * (0.5 + 0.5 * math.sin(waves * angle))
        ring.append((30.3 + 3.4 * reach * math.sin(angle), 103.0 + 4.6 * reach * math.cos(angle)))
    return Polygon((*ring, ring[0]))


CASES: dict[str, list[Shapes]] = {
    "targeting.province": [[box(25.5, 97.0, 34.5, 109.0)], [Circle(30.5, 102.7, 800.0)]],
    "targeting.polygon": [
        [box(27.6, 99.1, 32.8, 107.2)],
        [Circle(30.5, 102.7, 350.0)],
        [Circle(31.0, 103.4, 100.0)],
        [contour(60, waves=5, depth=0.3)],
    ],
    "targeting.contour_1000": [[contour(1_000, waves=23, depth=0.3)]],
}
"""Areas by figure. The first two reach all counties, or most, and are what the target is for."""
TARGETS: dict[str, float | None] = {
    "targeting.province": TARGET_MS,
    "targeting.polygon": TARGET_MS,
    "targeting.contour_1000": None,
}


def plain(engine: Targeting, shapes: Shapes) -> list[float]:
    """Return each county's share by the plain loop."""
    area = plane(shapes)
    return [
        shapely.area(shapely.intersection(area, county)) / shapely.area(county)
        for county in engine.areas
    ]


def median_ms(call: Callable[[], object], rounds: int) -> float:
    """Return the median time of a call in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def check(engine: Targeting, shapes: Shapes) -> int:
    """Return how many counties an area reaches; stop where the two ways differ."""
    expected = dict(zip(engine.counties.codes, plain(engine, shapes), strict=True))
    found = {each.code: each.share for each in engine.overlaps(shapes)}
    for code, share in expected.items():
        assert abs(found.get(code, 0.0) - share) < 1e-6, f"{code}: {found.get(code)}, not {share}"
    return len(engine.target(shapes, CRITERIA).counties)


def figure(name: str, value: float, baseline: float, target: float | None) -> dict[str, Any]:
    """Return one figure; less is better."""
    return {
        "name": name,
        "value": round(value, 2),
        "unit": "ms",
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 3),
        "target": target,
        "met": None if target is None else value <= target,
    }


def measure(engine: Targeting, name: str, rounds: int) -> dict[str, Any]:
    """Return the figure of one group of areas: its slowest."""
    worst, baseline = 0.0, 1.0
    for shapes in CASES[name]:
        reached = check(engine, shapes)
        own = median_ms(lambda given=shapes: engine.target(given, CRITERIA), rounds)  # type: ignore[misc]
        loop = median_ms(lambda given=shapes: plain(engine, given), max(rounds // 4, 1))  # type: ignore[misc]
        print(f"{name}: {reached} counties in {own:.2f} ms; plain loop {loop:.2f} ms", flush=True)
        if own > worst:
            worst, baseline = own, loop
    return figure(name, worst, baseline, TARGETS[name])


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full run, for tests")
    given = parser.parse_args()
    began = time.perf_counter()
    engine = targeting()
    print(f"counties read and indexed in {time.perf_counter() - began:.2f} s", flush=True)
    rounds = max(3, int(ROUNDS * given.scale))
    figures = [measure(engine, name, rounds) for name in CASES]
    print(json.dumps(figures))
    return 0 if all(one["met"] is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
