"""One station: blocks of three components in, features and faults out. Reads no clock.

Whatever the length of the blocks, the same samples give the same answers, bit for bit: all work
is done on frames of a tenth of a second counted from the first sample.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.waveform.disturbance import (
    AHEAD,
    BEHIND,
    PULSE_HOLD_MAX_S,
    PULSE_HOLD_S,
    Shape,
    judge,
    mend_spikes,
)
from edge.waveform.features import ELAPSED_MAX_S, Features, Measurement, Quality, Row
from edge.waveform.picker import NETWORK, REFINE_AFTER_S, PickerSettings, Trigger, refined
from edge.waveform.record import check_rate
from edge.waveform.signals import Signals
from edge.waveform.timeline import Piece, Timeline

Samples = NDArray[np.float64]

COMPONENTS: Final = ("Z", "N", "E")

MEASUREMENTS_MAX: Final = 3
"""Picks measured side by side: an earthquake, its S wave if that triggers, and the next one."""

FELT_INTENSITY: Final = 3.0
"""Felt by some indoors (GB/T 17742-2020); what stays below ends when a new onset is picked."""

DEAD_S: Final = 2.0
"""A component without the least change for so long is dead: noise moves the last bit."""

CLIP_SHARE: Final = 0.99
"""Of full scale, from which on a sample is taken as cut off."""

FLAT_MIN_MPS2: Final = 1.0
"""Samples that stay the same beyond this are a flat top: motion that strong never rests."""

FLAT_SAMPLES: Final = 4
"""As many the same in a row."""

WEAK_WAIT_S: Final = 1.0
"""As long a weak onset may take to grow; then the search begins anew, in case it grows later."""

FAULT_AGAIN_S: Final = 10.0
"""A fault is told once in so long: a bad line must not become a stream of messages."""

AFTER_BRIDGE_S: Final = 1.0
"""Onsets found in a bridged hole, or so shortly behind it, are the hole's edges."""

ALERT_INTENSITIES: Final = (6.0, 8.0)
"""When shaking passes one of these, features are sent at once and not at the full second:
the levels of domain.md's Replay 1."""


class FaultKind(enum.StrEnum):
    """What happened to a sensor or its line; stable codes."""

    CALIBRATION = "CALIBRATION_PULSE"
    SPIKE = "SPIKE"
    GAP = "GAP"
    RESTART = "RESTART"
    DEAD = "DEAD_CHANNEL"
    CLIPPED = "CLIPPED"


@dataclass(frozen=True, slots=True)
class Fault:
    """A disturbance that was recognised, and is no pick."""

    station: str
    kind: FaultKind
    time_s: float
    """Unix seconds by the record's clock."""
    component: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A station as the network knows it; WGS84 degrees."""

    station: str
    latitude: float
    longitude: float
    full_scale_mps2: float | None = None
    """Where the sensor clips; None when it is not known, then only flat tops are seen."""


@dataclass(slots=True)
class _Candidate:
    """A trigger whose shape is not yet known."""

    trigger: int
    onset: int | None = None


Output = Features | Fault
"""What a station says."""

_NEVER: Final = -(1 << 62)


class Station:
    """Picks and measures at one place. Feed it blocks in the order of their time."""

    def __init__(
        self,
        site: Site,
        rate_hz: float,
        settings: PickerSettings = NETWORK,
        *,
        first_pick_id: int = 0,
    ) -> None:
        """Take where it is, the sampling rate, the thresholds, and the first number of a pick."""
        self.site = site
        self._rate_hz = check_rate(rate_hz, site.station)
        self._timeline = Timeline(rate_hz)
        self._settings = settings
        self._signals = Signals(settings, rate_hz)
        self._trigger = Trigger(settings, rate_hz)
        self._next_pick_id = first_pick_id
        self._waiting = np.empty((3, 0))
        self._candidate: _Candidate | None = None
        self._measurements: list[tuple[Measurement, float]] = []
        self._bridged: list[tuple[int, int]] = []
        # Older onsets are known to be none: they must not be found again.
        self._search_from = 0
        self._still = np.zeros(3, dtype=np.int64)
        self._last_cut = _NEVER
        self._told_s: dict[tuple[FaultKind, str], float] = {}

    @property
    def duplicates(self) -> int:
        """Return how many samples came again and were dropped."""
        return self._timeline.duplicates

    def feed(self, samples: Samples, start_s: float) -> list[Output]:
        """Take a block (3, n) in m/s2, rows Z, N, E; ``start_s`` is its first sample's Unix time.

        Return what is due, in order. NaN stands for a missing sample. Raise ValueError on
        another shape or a start that is no time.
        """
        if samples.ndim != 2 or samples.shape[0] != 3 or not np.isfinite(start_s):  # noqa: PLR2004 - Z, N, E
            raise ValueError(f"needs samples (3, n) and a time, not {samples.shape} at {start_s}")
        due: list[Output] = []
        for stretch in self._timeline.stretches(samples, start_s):
            due += self._take(stretch.piece, stretch.samples)
        return due

    def _take(self, piece: Piece, samples: Samples) -> Iterator[Output]:
        if piece is Piece.NEW:
            if self._signals.history.end:
                yield from self._fault(FaultKind.RESTART, 0)
            self._restart()
        # What waits begins BEHIND samples before the next frame.
        number = self._signals.history.end + self._waiting.shape[1] - BEHIND
        if not self._waiting.shape[1]:
            self._waiting = np.repeat(samples[:, :1], BEHIND, axis=1)
            number = 0
        if piece is Piece.BRIDGE:
            oldest = number - ELAPSED_MAX_S * self._rate_hz
            self._bridged = [bridge for bridge in self._bridged if bridge[1] > oldest]
            self._bridged.append((number, number + samples.shape[1]))
            yield from self._fault(FaultKind.GAP, number)
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        frame = self._signals.frame
        at = 0
        while at + BEHIND + frame + AHEAD <= self._waiting.shape[1]:
            yield from self._frame(self._waiting[:, at : at + BEHIND + frame + AHEAD])
            at += frame
        self._waiting = self._waiting[:, at:]

    def _restart(self) -> None:
        self._signals.restart()
        self._trigger.restart(0)
        self._waiting = np.empty((3, 0))
        self._candidate = None
        self._measurements.clear()
        self._bridged.clear()
        self._search_from = 0
        self._still[:] = 0
        self._last_cut = _NEVER

    def _frame(self, block: Samples) -> Iterator[Output]:
        begin = self._signals.history.end
        if mend_spikes(block):
            yield from self._fault(FaultKind.SPIKE, begin)
        frame = block[:, BEHIND : BEHIND + self._signals.frame]
        self._signals.step(frame)
        yield from self._dead(frame, begin)
        yield from self._clipped(frame, begin)
        ratio = self._signals.history.rows(begin, self._signals.history.end)[Row.RATIO]
        trigger = self._trigger.step(ratio, begin)
        if trigger is not None:
            self._candidate = _Candidate(trigger)
        if self._candidate is not None:
            yield from self._examine(self._candidate, frame)
        for measurement, onset_time_s in self._measurements:
            yield from self._measure(measurement, onset_time_s)
        self._measurements = [one for one in self._measurements if not self._is_over(one[0])]

    # -- picks ---------------------------------------------------------------------------------

    def _examine(self, candidate: _Candidate, frame: Samples) -> Iterator[Output]:
        """Decide on a trigger, once there is enough record behind it."""
        history = self._signals.history
        end = history.end
        if candidate.onset is None:
            if end < candidate.trigger + REFINE_AFTER_S * self._rate_hz:
                return
            candidate.onset = self._onset(candidate.trigger)
        onset = candidate.onset
        held_s = (end - onset) / self._rate_hz
        raw = history.rows(history.begin, end)[Row.RAW]
        shape = judge(raw, onset - history.begin, self._rate_hz)
        band = history.rows(onset, end)[Row.BAND]
        is_weak = float(np.abs(band).max()) < self._settings.least_mps2
        if (
            held_s < PULSE_HOLD_S
            or (shape is Shape.DOUBTFUL and held_s < PULSE_HOLD_MAX_S)
            or (is_weak and held_s < WEAK_WAIT_S)
        ):
            return
        self._candidate = None
        if is_weak:
            self._trigger.rearm(end)
        elif self._is_bridged(onset):
            self._trigger.rearm(end)
            self._search_from = end
        elif shape in {Shape.STEP, Shape.SPIKE}:
            kind = FaultKind.CALIBRATION if shape is Shape.STEP else FaultKind.SPIKE
            yield from self._fault(kind, onset, "Z")
            self._forget(onset, frame)
        else:
            self._begin(onset)

    def _onset(self, trigger: int) -> int:
        history = self._signals.history
        begin = max(history.begin, min(self._search_from, trigger))
        band = history.rows(begin, history.end)[Row.BAND]
        return refined(band, begin, trigger, self._rate_hz)

    def _begin(self, onset: int) -> None:
        """Take an onset for that of a P wave, and measure from it on."""
        # What follows belongs to the new pick, unless its onset may be the S wave of an older one.
        felt = [one for one in self._measurements if one[0].intensity >= FELT_INTENSITY]
        self._measurements = felt[1 - MEASUREMENTS_MAX :]
        measurement = Measurement(self._next_pick_id, onset, self._rate_hz)
        if self._last_cut >= onset:
            measurement.quality = Quality.CLIPPED
        self._next_pick_id += 1
        self._measurements.append((measurement, self._timeline.time_s(onset)))

    def _forget(self, onset: int, frame: Samples) -> None:
        """Undo what a pulse did to filters and means, unless an earthquake is being measured."""
        history = self._signals.history
        self._search_from = history.end
        if self._measurements:
            return
        before = max(history.begin, onset - round(REFINE_AFTER_S * self._rate_hz))
        level = float(history.rows(before, history.end)[Row.LONG, 0])
        self._signals.recover(level, frame)
        self._trigger.rearm(history.end)

    def _is_bridged(self, onset: int) -> bool:
        after = round(AFTER_BRIDGE_S * self._rate_hz)
        # The onset of a bridge's own edge may be found a little before it.
        return any(begin - after // 4 <= onset < end + after for begin, end in self._bridged)

    # -- measurements --------------------------------------------------------------------------

    def _measure(self, measurement: Measurement, onset_time_s: float) -> Iterator[Features]:
        """Grow a measurement to the end of the record; yield at each second and alert level."""
        history = self._signals.history
        site = self.site
        is_new = not measurement.elapsed
        told = 0.0 if is_new else measurement.intensity
        while measurement.next < history.end:
            second = int(measurement.elapsed / self._rate_hz + 1e-9) + 1
            full = measurement.onset + math.ceil(second * self._rate_hz)
            end = min(full, history.end)
            measurement.grow(history.rows(measurement.next, end))
            if any(begin < end and measurement.onset < stop for begin, stop in self._bridged):
                measurement.quality = Quality.GAPPED
            passed = any(told < level <= measurement.intensity for level in ALERT_INTENSITIES)
            if is_new or passed or end == full:
                told = measurement.intensity
                is_new = False
                yield measurement.features(
                    site.station, site.latitude, site.longitude, onset_time_s
                )

    def _is_over(self, measurement: Measurement) -> bool:
        limit = ELAPSED_MAX_S * self._rate_hz
        return measurement.elapsed >= limit or measurement.is_quiet

    # -- the sensor ----------------------------------------------------------------------------

    def _dead(self, frame: Samples, begin: int) -> Iterator[Fault]:
        still = np.ptp(frame, axis=1) == 0
        if not still.any() and not self._still.any():
            return
        was = self._still.copy()
        self._still = np.where(still, self._still + self._signals.frame, 0)
        limit = DEAD_S * self._rate_hz
        for row, name in enumerate(COMPONENTS):
            if was[row] < limit <= self._still[row]:
                yield from self._fault(FaultKind.DEAD, begin, name)
                for measurement, _ in self._measurements:
                    measurement.quality = Quality.GAPPED
        if was[0] >= limit:
            # What comes back after silence triggers on its own noise: learn the noise first.
            self._trigger.restart(begin)

    def _clipped(self, frame: Samples, begin: int) -> Iterator[Fault]:
        largest = np.abs(frame).max(axis=1)
        full_scale = self.site.full_scale_mps2
        if largest.max() < FLAT_MIN_MPS2 and full_scale is None:
            return
        cut = np.zeros(3, dtype=bool)
        if full_scale is not None:
            cut = largest >= CLIP_SHARE * full_scale
        if frame.shape[1] >= FLAT_SAMPLES:
            windows = np.lib.stride_tricks.sliding_window_view(frame, FLAT_SAMPLES, axis=1)
            flat = (np.ptp(windows, axis=2) == 0) & (np.abs(windows[:, :, 0]) >= FLAT_MIN_MPS2)
            cut |= flat.any(axis=1) & (self._still == 0)
        if not cut.any():
            return
        for measurement, _ in self._measurements:
            if measurement.quality is Quality.GOOD:
                measurement.quality = Quality.CLIPPED
        self._last_cut = begin + frame.shape[1] - 1
        yield from self._fault(FaultKind.CLIPPED, begin, COMPONENTS[int(np.argmax(cut))])

    def _fault(self, kind: FaultKind, number: int, component: str = "") -> Iterator[Fault]:
        time_s = self._timeline.time_s(number)
        told_s = self._told_s.get((kind, component))
        if told_s is None or abs(time_s - told_s) >= FAULT_AGAIN_S:
            self._told_s[kind, component] = time_s
            yield Fault(self.site.station, kind, time_s, component)
