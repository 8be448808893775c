"""Ground motion and files that are made, not recorded; and where the recorded ones lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.waveform.files import read_record
from edge.waveform.record import Record
from edge.waveform.station import Output, Site, Station

Samples = NDArray[np.float64]

RECORDS = Path(__file__).parents[3] / "cli" / "drill" / "records"

START_S = 1_780_000_000.0
RATE_HZ = 100.0
SITE = Site("st-1", 31.0, 103.4)


def ridgecrest(name: str) -> Record:
    return read_record(RECORDS / f"{name}.xz")


def noise(seconds: float, *, seed: int = 1, rms: float = 1e-4, rate_hz: float = RATE_HZ) -> Samples:
    random = np.random.default_rng(seed)
    return rms * random.standard_normal((3, round(seconds * rate_hz)))


def quake(
    at_s: float, *, seconds: float = 30.0, seed: int = 1, peak: float = 0.5, hz: float = 4.0
) -> Samples:
    """Return noise with a damped burst from ``at_s`` on, on all components."""
    samples = noise(seconds, seed=seed)
    t = np.arange(samples.shape[1]) / RATE_HZ - at_s
    random = np.random.default_rng(seed + 1)
    burst = np.where(t >= 0, np.exp(-np.maximum(t, 0) / 4.0), 0.0)
    for row in range(3):
        wave = sum(
            np.sin(2 * np.pi * hz * f * t + random.uniform(0, 1)) for f in (0.5, 0.8, 1.0, 1.7)
        )
        samples[row] += peak / 2 * burst * wave
    return samples


def play(
    samples: Samples,
    *,
    block: int = 20,
    site: Site = SITE,
    rate_hz: float = RATE_HZ,
    start_s: float = START_S,
) -> list[Output]:
    station = Station(site, rate_hz)
    due: list[Output] = []
    for at in range(0, samples.shape[1], block):
        due += station.feed(samples[:, at : at + block], start_s + at / rate_hz)
    return due


def csmip(rows: int = 3, *, unit: str = "g", rate: str = "100", start: str = "03:19:37.0") -> str:
    """Return a short file as the California Geological Survey writes them."""
    blocks = []
    points = 8 * rows - 3
    form = "       Format: (8f9.6)  "
    for number, channel in enumerate(("  90 Deg", " 360 Deg", " Up"), 1):
        lines = [
            "Uncorrected Accelerogram Data             Processed: 07/06/19, CGS  ciccc--y    ",
            f"38457511.CI.CCC.--.HN                Start time:  7/06/19, {start} UTC (GPS) ",
            "Station Id. CCC     35.525N, 117.365W    Q330    s/n 4114  (3 Chns of  3 at Sta)",
            f"Chan  {number}:{channel}",
            f"{points:6d} Accelerogram points at {rate} pts/sec in units of {unit}.{form}",
        ]
        values = [f"{(number * n % 7 - 3) / 1000:9.6f}" for n in range(points)]
        lines += ["".join(values[k : k + 8]) for k in range(0, len(values), 8)]
        lines.append(f"/&  ----------  End of Data for Station Channel   {number}  ----------")
        blocks.append("\r\n".join(lines) + "\r\n")
    return "".join(blocks)
