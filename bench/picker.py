"""What a station costs the node: ``python -m bench.picker``.

Ten minutes of a three-component station at 100 Hz (noise with an earthquake each minute, so that
more is measured than in any real hour) go through ``edge.waveform`` in blocks of 0.2 s. CPU time
over the time that the record lasts is the share of one core. In the same run:

- obspy's way: scipy's filters over each new block and obspy's compiled recursive STA/LTA over the
  last eleven seconds, which is what its real-time examples do; no features, no quality;
- a loop over samples in plain Python: all of the station's filters and the means, and nothing of
  onset, features, spikes, clipping and gaps;
- our own station on noise without an earthquake.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.waveform.features import Features
from edge.waveform.filters import band_pass, high_pass, integrating_high_pass
from edge.waveform.station import Site, Station

with warnings.catch_warnings():
    # obspy 1.5 asks for its plugins in a way that Python 3.11 has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from obspy.signal.trigger import recursive_sta_lta
    from scipy import signal as scipy_signal

Samples = NDArray[np.float64]

RATE_HZ = 100.0
BLOCK = 20
SECONDS = 600
LOOP_SECONDS = 60
EACH_S = 60
STA, LTA = 50, 1_000
CORE_SHARE_TARGET = 2.0


def record(seconds: int, *, quakes: bool) -> Samples:
    """Return three components of noise, with an earthquake each minute."""
    random = np.random.default_rng(1)
    samples = 1e-4 * random.standard_normal((3, int(seconds * RATE_HZ)))
    if quakes:
        t = np.arange(samples.shape[1]) / RATE_HZ % EACH_S - EACH_S / 2
        burst = np.where(t >= 0, np.exp(-np.maximum(t, 0.0) / 5.0), 0.0)
        samples += 0.5 * burst * random.standard_normal(samples.shape)
    return samples


def station(samples: Samples) -> int:
    """Feed a station; return how many features came out."""
    ours = Station(Site("bench", 31.0, 103.4), RATE_HZ)
    found = 0
    for at in range(0, samples.shape[1], BLOCK):
        due = ours.feed(samples[:, at : at + BLOCK], at / RATE_HZ)
        found += sum(isinstance(one, Features) for one in due)
    return found


def obspys_way(samples: Samples) -> int:
    """Filter each block with scipy and run obspy's STA/LTA over the window; return triggers."""
    sections = band_pass(2, 1.0, 20.0, RATE_HZ)
    state = np.zeros((len(sections), 2))
    window = np.zeros(LTA + 100)
    triggers = 0
    for at in range(0, samples.shape[1], BLOCK):
        filtered, state = scipy_signal.sosfilt(sections, samples[0, at : at + BLOCK], zi=state)
        window = np.concatenate([window[filtered.size :], filtered])
        triggers += int(recursive_sta_lta(window, STA, LTA)[-BLOCK:].max() > 3.5)
    return triggers


def cascades() -> list[tuple[int, list[list[float]]]]:
    """Return what the station filters, as (row, sections): twenty sections a sample."""
    band = band_pass(2, 1.0, 20.0, RATE_HZ)
    corner, integral = high_pass(2, 0.075, RATE_HZ), integrating_high_pass(0.075, RATE_HZ)
    motion = np.vstack([band_pass(4, 0.1, 10.0, RATE_HZ), integral])
    displacement = np.vstack([corner, integral, integral])
    return [
        (0, band.tolist()),
        (0, displacement.tolist()),
        *((row, motion.tolist()) for row in range(3)),
    ]


def python_loop(samples: Samples) -> int:
    """Run all of the station's filters and both means sample by sample; return triggers."""
    filters = [(row, sections, [[0.0, 0.0] for _ in sections]) for row, sections in cascades()]
    sta = lta = 1e-12
    triggers = 0
    for values in samples.T.tolist():
        outputs = []
        for row, sections, state in filters:
            x = values[row]
            for (b0, b1, b2, _, a1, a2), z in zip(sections, state, strict=True):
                y = b0 * x + z[0]
                z[0] = b1 * x - a1 * y + z[1]
                z[1] = b2 * x - a2 * y
                x = y
            outputs.append(x)
        square = outputs[0] * outputs[0]
        sta += (square - sta) / STA
        lta += (square - lta) / LTA
        triggers += sta > 3.5 * lta
    return triggers


def core_share(run: Callable[[Samples], int], samples: Samples) -> tuple[float, int]:
    """Return the percentage of a core that a run needs to keep pace, and what it found."""
    began = time.process_time()
    found = run(samples)
    used = time.process_time() - began
    return 100.0 * used / (samples.shape[1] / RATE_HZ), found


def figure(name: str, value: float, baseline: float, target: float | None) -> dict[str, Any]:
    """Return one figure; less is better."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": "% of core",
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
        "target": target,
        "met": None if target is None else value <= target,
    }


def main() -> int:
    """Measure and print; the last line is the JSON list."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full run, for tests")
    given = parser.parse_args()
    seconds = max(EACH_S, int(SECONDS * given.scale))
    samples = record(seconds, quakes=True)
    ours, features = core_share(station, samples)
    print(f"station, picks and features: {ours:.3f} % of a core, {features} features", flush=True)
    quiet, none = core_share(station, record(seconds, quakes=False))
    print(f"station, noise: {quiet:.3f} % of a core, {none} features", flush=True)
    theirs, heard = core_share(obspys_way, samples)
    print(f"scipy and obspy, triggers only: {theirs:.3f} %, {heard} blocks above", flush=True)
    loop, above = core_share(python_loop, record(min(seconds, LOOP_SECONDS), quakes=True))
    print(
        f"plain Python, filters and triggers only: {loop:.3f} %, {above} samples above", flush=True
    )
    assert features >= seconds // EACH_S, "an earthquake was not measured"
    assert none == 0, "noise was picked"
    figures = [
        figure("picker.station_100hz", ours, loop, CORE_SHARE_TARGET),
        figure("picker.station_quiet", quiet, loop, CORE_SHARE_TARGET),
        figure("picker.obspy_triggers_only", theirs, loop, None),
    ]
    print(json.dumps(figures))
    return 0 if all(one["met"] is not False for one in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
