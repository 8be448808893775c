"""Base stations as local hubs with real packets between: the first scenarios of bench.local_hub."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.chaos

ROOT: Final = Path(__file__).resolve().parents[2]
SEEDS: Final = 2
DEADLINE_S: Final = 600


def test_nothing_is_lost_or_twice_nor_a_warning_made_known_too_late() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.local_hub", "--seeds", str(SEEDS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    figures = {one["name"]: one for one in json.loads(done.stdout.splitlines()[-1])}
    missed = [name for name, one in figures.items() if one["met"] is False]
    assert not missed, done.stdout
    assert figures["local_hub.scenarios"]["value"] == SEEDS
    assert figures["local_hub.made_known"]["value"] > 0, "nobody heard of any warning"
