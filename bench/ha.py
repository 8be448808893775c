"""A platform of which one process after the other is killed: ``python -m bench.ha``.

It starts ``tianfu up --profile ha`` with two operators, writes nodes and reads from every part, all
the time, beside the 1,600 readings/s of its own meters. The first fifth of the time nothing is
killed: that is the baseline. Then processes are killed at random (SIGKILL, ``--seed``), the next
one when the platform is whole again and 10 s have gone by. Asked: what was acknowledged and is not
there, what is there twice, how long any part did not answer, how long until another one led.

``--minutes`` says how long kills go on, 1 by default; the bar is for 10. The supervisor is not
killed: all it started ends with it, which is its promise. Nor are meters, ward, hospitals, virtual
end node and sign-in: they stand for the world around the platform.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests.support.ha_platform import Outages, Platform, platform

MINUTES: Final = 1.0
EVERY_S: Final = 10.0
SEED: Final = 290
UNAVAILABLE_TARGET_S: Final = 5.0
LEADER_TARGET_S: Final = 20.0
CALM_PART: Final = 0.2
P99: Final = 0.99


def quantile(values: list[float], part: float) -> float:
    """Return the value that ``part`` of the values do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def figure(
    name: str, value: float, unit: str, baseline: float | None, target: float
) -> dict[str, Any]:
    """Return one figure; met when the value is the target at most."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "baseline": None if baseline is None else round(baseline, 3),
        "ratio": round(value / baseline, 3) if baseline else None,
        "target": f"<= {target:g} {unit}",
        "met": value <= target,
    }


async def kills(running: Platform, until_s: float, choice: random.Random) -> list[float]:
    """Kill one process after the other; return the seconds that leaders took to move."""
    moved: list[float] = []
    while time.monotonic() < until_s:
        began_s = time.monotonic()
        await running.whole()
        name = choice.choice(sorted(running.listed()))
        took_s = await running.kill(name)
        if took_s is not None:
            moved.append(took_s)
        print(f"killed {name}: {'no leader' if took_s is None else f'{took_s:.2f} s'}", flush=True)
        await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - began_s)))
    await running.whole()
    return moved


async def run(minutes: float, seed: int, folder: Path) -> list[dict[str, Any]]:
    """Return the figures."""
    async with platform(folder) as running:
        print(f"ready; seed {seed}", flush=True)
        async with running.loaded():
            await asyncio.sleep(minutes * 60 * CALM_PART)
            calm, running.reads = dict(running.reads), {}
            calm_writes = len(running.acknowledged)
        async with running.loaded():
            end_s = time.monotonic() + minutes * 60
            moved = await kills(running, end_s, random.Random(seed))
        lost = await running.lost()
        stormy = running.reads
        account = await asyncio.to_thread(running.ended)
    return figures(calm, stormy, moved, lost, account, (calm_writes, len(running.acknowledged)))


def figures(
    calm: dict[str, Outages],
    stormy: dict[str, Outages],
    moved: list[float],
    lost: list[str],
    account: dict[str, Any],
    writes: tuple[int, int],
) -> list[dict[str, Any]]:
    """Return what was found, and print what is no figure."""
    spans = [span for each in stormy.values() for span in each.spans]
    before = [span for each in calm.values() for span in each.spans]
    for name, each in sorted(stormy.items()):
        print(f"{name}: {each.answered} reads, away {[round(span, 2) for span in each.spans]} s")
    print(f"writes acknowledged: {writes[1]}, of which {writes[0]} before the first kill")
    print(f"readings produced: {account['produced']}; restarts: {account['restarts']}")
    missing = account["produced"] - account["stored"] - account["dropped"]
    return [
        figure("writes lost or twice", len(lost), "writes", None, 0),
        figure("readings lost", missing + account["dropped"], "readings", None, 0),
        figure("readings twice", account["duplicates"], "rows", None, 0),
        figure(
            "p99 unavailable to reads",
            quantile(spans, P99),
            "s",
            quantile(before, P99),
            UNAVAILABLE_TARGET_S,
        ),
        figure("leader moved, longest", max(moved, default=0.0), "s", None, LEADER_TARGET_S),
    ]


def main() -> int:
    """Print the figures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long kills go on")
    parser.add_argument("--seed", type=int, default=SEED, help="of the choice of processes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(given.minutes, given.seed, Path(folder)))
    print(json.dumps(found))
    return 0 if all(one["met"] for one in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
