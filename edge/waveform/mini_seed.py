"""miniSEED 2, a small reader: Steim-1, Steim-2, 16 and 32-bit integers, floats, both byte orders.

SEED Reference Manual 2.4, chapter 8 (fixed header, blockettes 100, 1000, 1001). A miniSEED file
holds counts and no coordinates, so both scale and place are given by whoever knows the station.
Gaps stay gaps (NaN); a record without blockette 1000 is refused, as its encoding is unknown.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.waveform import steim
from edge.waveform.record import (
    ACCELERATION_MAX_MPS2,
    SAMPLES_MAX,
    Reason,
    Record,
    RecordRefused,
    Samples,
    Trace,
    assemble,
    check_rate,
    check_samples,
)

HEADER_BYTES: Final = 48
BLOCKETTES_MAX: Final = 32
"""Blockettes of one record followed; a chain that is longer goes in a circle."""

EXPONENTS: Final = range(7, 17)
"""Record lengths that blockette 1000 may state: 128 bytes to 64 KiB."""

_YEARS: Final = range(1900, 2101)
_DAYS: Final = range(1, 367)
_TIME_APPLIED: Final = 0x02
_DIRECTIONS: Final[dict[str, float | None]] = {"Z": None, "N": 0.0, "E": 90.0}
_PLAIN: Final = {1: "i2", 3: "i4", 4: "f4", 5: "f8"}
_STEIM: Final = {10: 1, 11: 2}
_TICK_S: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Place:
    """What a miniSEED file does not say of its station."""

    latitude: float
    longitude: float
    scale_mps2: float
    """m/s2 of one count."""


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """One record: counts of one channel. ``name`` is NET.STA.LOC.CHA."""

    name: str
    start_s: float
    rate_hz: float
    counts: Samples


def parse(data: bytes, name: str, place: Place, *, stream: str | None = None) -> Record:
    """Return the record of a file's bytes.

    ``stream`` (NET.STA.LOC and the first two letters of the channel, such as ``BW.UH3..SH``)
    chooses one of several sensors in a file; without it there must be only one.
    """
    if not (math.isfinite(place.scale_mps2) and place.scale_mps2 != 0):
        what = f"scale of {place.scale_mps2} m/s2 a count"
        raise RecordRefused(Reason.UNITS_UNKNOWN, name, what)
    blocks: list[_Block] = []
    at = 0
    while at < len(data):
        where = f"{name} record {len(blocks) + 1} at byte {at}"
        block, length = _block(data[at:], where)
        if block is not None:
            blocks.append(block)
        at += length
    channels = _channels(blocks, stream, name)
    traces = [_trace(blocks, channel, place.scale_mps2, name) for channel in channels]
    return assemble(
        traces,
        station=channels[0].split(".")[1],
        latitude=place.latitude,
        longitude=place.longitude,
        where=name,
    )


def _channels(blocks: Sequence[_Block], stream: str | None, name: str) -> list[str]:
    found = sorted({block.name for block in blocks if block.name[-1:] in _DIRECTIONS})
    chosen = [channel for channel in found if stream in {None, channel[:-1]}]
    if len({channel[:-1] for channel in chosen}) != 1:
        known = ", ".join(sorted({block.name for block in blocks})) or "no channel"
        what = f"{stream or 'one sensor'} is wanted, the file has {known}"
        raise RecordRefused(Reason.COMPONENTS_INCOMPLETE, name, what)
    return chosen


def _block(data: bytes, where: str) -> tuple[_Block | None, int]:
    """Return the first record of the bytes (None when it holds no samples) and its length."""
    if len(data) < HEADER_BYTES:
        raise RecordRefused(Reason.TRUNCATED, where, f"{len(data)} bytes are no header")
    if not (data[:6].strip(b" \0").isdigit() or not data[:6].strip(b" \0")) or data[6:7] not in {
        b"D", b"R", b"Q", b"M",
    }:  # fmt: skip
        what = f"begins with {data[:8]!r}, not with a sequence number and D, R, Q or M"
        raise RecordRefused(Reason.HEADER_INVALID, where, what)
    order = _byte_order(data, where)
    year, day, hour, minute, second, _, tick, number, factor, multiplier = struct.unpack_from(
        f"{order}HHBBBBHHhh", data, 20
    )
    activity, _, _, _, correction, offset, first = struct.unpack_from(f"{order}BBBBiHH", data, 36)
    blockettes = _blockettes(data, first, order, where)
    if 1000 not in blockettes:  # noqa: PLR2004 - its name
        what = "has no blockette 1000, so its encoding is unknown"
        raise RecordRefused(Reason.ENCODING_UNSUPPORTED, where, what)
    encoding, big_endian, exponent = blockettes[1000][:3]
    if exponent not in EXPONENTS:
        raise RecordRefused(Reason.HEADER_INVALID, where, f"a length of 2^{exponent} bytes")
    length = 1 << exponent
    if len(data) < length:
        what = f"{len(data)} of its {length} bytes, then the file ends"
        raise RecordRefused(Reason.TRUNCATED, where, what)
    channel = ".".join(
        data[a:b].decode("latin-1").strip() for a, b in ((18, 20), (8, 13), (13, 15), (15, 18))
    )
    if not number or channel[-1:] not in _DIRECTIONS:
        return None, length
    micros = struct.unpack("b", blockettes[1001][1:2])[0] if 1001 in blockettes else 0  # noqa: PLR2004 - its name
    start_s = _time(year, day, hour, minute, second, tick, where) + micros * 1e-6
    if not activity & _TIME_APPLIED:
        start_s += correction * _TICK_S
    rate_hz = _rate(factor, multiplier, blockettes.get(100), order)
    if not HEADER_BYTES <= offset < length:
        raise RecordRefused(Reason.HEADER_INVALID, where, f"data begin at byte {offset}")
    counts = _decode(
        data[offset:length], number, encoding, big_endian=bool(big_endian), where=where
    )
    return _Block(channel, start_s, check_rate(rate_hz, where), counts), length


def _byte_order(data: bytes, where: str) -> str:
    for order in (">", "<"):
        year, day = struct.unpack_from(f"{order}HH", data, 20)
        if year in _YEARS and day in _DAYS:
            return order
    what = "year and day of its start are no date in either byte order"
    raise RecordRefused(Reason.HEADER_INVALID, where, what)


def _blockettes(data: bytes, first: int, order: str, where: str) -> dict[int, bytes]:
    """Return the bodies of blockettes by type, four bytes each and more where they are longer."""
    found: dict[int, bytes] = {}
    at = first
    for _ in range(BLOCKETTES_MAX):
        if at == 0:
            return found
        if not HEADER_BYTES <= at <= len(data) - 8:
            break
        kind, following = struct.unpack_from(f"{order}HH", data, at)
        found[kind] = data[at + 4 : at + 8]
        at = following
    raise RecordRefused(Reason.HEADER_INVALID, where, "the chain of blockettes does not end")


def _time(year: int, day: int, hour: int, minute: int, second: int, tick: int, where: str) -> float:
    # A leap second is stated as second 60 and is the next minute's first here: Unix time has none.
    if not (hour < 24 and minute < 60 and second <= 60 and tick < 10_000):  # noqa: PLR2004 - a time of day
        what = f"start time {hour}:{minute}:{second}.{tick} is none"
        raise RecordRefused(Reason.HEADER_INVALID, where, what)
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC) + dt.timedelta(
        days=day - 1, hours=hour, minutes=minute, seconds=second
    )
    return start.timestamp() + tick * _TICK_S


def _rate(factor: int, multiplier: int, actual: bytes | None, order: str) -> float:
    """Return samples per second: blockette 100's, else of the header's two numbers.

    Positive numbers multiply, negative ones divide; a zero factor is no rate.
    """
    if actual is not None:
        value = float(struct.unpack(f"{order}f", actual)[0])
        if value > 0:
            return value
    if not factor or not multiplier:
        return 0.0
    rate = float(factor) if factor > 0 else -1.0 / factor
    return rate * multiplier if multiplier > 0 else rate / -multiplier


def _decode(data: bytes, number: int, encoding: int, *, big_endian: bool, where: str) -> Samples:
    if encoding in _STEIM:
        try:
            counts = steim.decode(data, number, level=_STEIM[encoding], big_endian=big_endian)
        except steim.SteimError as error:
            raise RecordRefused(Reason.SAMPLE_INVALID, where, str(error)) from error
        return counts.astype(np.float64)
    if encoding not in _PLAIN:
        what = f"encoding {encoding}; read are 1, 3, 4, 5 (plain numbers), 10 and 11 (Steim)"
        raise RecordRefused(Reason.ENCODING_UNSUPPORTED, where, what)
    kind = np.dtype((">" if big_endian else "<") + _PLAIN[encoding])
    if len(data) < number * kind.itemsize:
        what = f"{len(data)} bytes of data for {number} samples of {kind.itemsize}"
        raise RecordRefused(Reason.TRUNCATED, where, what)
    # A signalling NaN of a float32 raises a warning when widened; it is refused just below.
    with np.errstate(invalid="ignore"):
        values = np.frombuffer(data, dtype=kind, count=number).astype(np.float64)
    if not np.all(np.isfinite(values)):
        raise RecordRefused(Reason.SAMPLE_INVALID, where, "a sample is not finite")
    return values


def _trace(blocks: Sequence[_Block], channel: str, scale_mps2: float, name: str) -> Trace:
    """Return a channel's records as one trace: NaN in gaps, the later record where two overlap."""
    mine = sorted((b for b in blocks if b.name == channel), key=lambda block: block.start_s)
    where = f"{name} {channel}"
    rate = mine[0].rate_hz
    if any(abs(block.rate_hz - rate) > rate * 1e-6 for block in mine):
        raise RecordRefused(Reason.COMPONENTS_DIFFER, where, "its records differ in rate")
    starts = [round((block.start_s - mine[0].start_s) * rate) for block in mine]
    total = max(start + block.counts.size for start, block in zip(starts, mine, strict=True))
    if total > SAMPLES_MAX:
        what = f"spans {total} samples with its gaps, at most {SAMPLES_MAX}"
        raise RecordRefused(Reason.TOO_LARGE, where, what)
    samples = np.full(total, np.nan)
    for start, block in zip(starts, mine, strict=True):
        values = block.counts
        # Floats may be so large that the scale makes them infinite: judge before multiplying.
        if float(np.abs(values).max()) > ACCELERATION_MAX_MPS2 / abs(scale_mps2):
            what = f"over {ACCELERATION_MAX_MPS2:g} m/s2 at {scale_mps2:g} m/s2 a count"
            raise RecordRefused(Reason.SAMPLE_INVALID, where, what)
        samples[start : start + values.size] = check_samples(values * scale_mps2, where)
    azimuth = _DIRECTIONS[channel[-1]]
    return Trace(channel, azimuth, mine[0].start_s, rate, samples)
