"""The door for foreign CAP under atheris, briefly; `tools/fuzz_cap.py` goes on longer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.disaster_warning.cap.examples import DATA

ROOT = Path(__file__).parents[3]
LONGEST_S = 240
RUNS = 1500


def test_foreign_alerts_are_read_or_refused_by_reason(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for path in DATA.glob("*.cap"):
        (corpus / path.name).write_bytes(path.read_bytes())
    command = [sys.executable, str(ROOT / "tools" / "fuzz_cap.py")]
    done = subprocess.run(
        [*command, f"-runs={RUNS}", "-seed=1", str(corpus)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_S,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {RUNS} runs" in done.stderr
