"""The doors under atheris, as long as a test may take; `tools/fuzz_doors.py` goes on longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_S = 240


@pytest.mark.parametrize("door", ["hl7", "fhir", "credit"])
def test_a_door_refuses_by_place_and_never_breaks(door: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "fuzz_doors.py"), door, "-runs=4000", "-seed=1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done 4000 runs" in done.stderr
