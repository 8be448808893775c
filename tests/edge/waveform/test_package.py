"""What the package asks of a node."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def loaded(module: str) -> set[str]:
    """Return the packages that an interpreter has loaded after importing a module."""
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(run.stdout.split())


def test_a_waveform_node_needs_numpy_and_nothing_more() -> None:
    names = loaded("edge.waveform.station") | loaded("edge.waveform.files")

    assert "numpy" in names
    assert names.isdisjoint({"obspy", "scipy", "matplotlib", "grpc", "google", "nats", "pandas"})


def test_an_agent_without_waveforms_loads_no_numpy() -> None:
    assert "numpy" not in loaded("edge.main")
