"""The batch codec: what is written is read, and no bytes whatever do harm.

Bounds: ``decode`` never takes more than PYTHON_BYTES_MAX of Python's memory, nor more than
PROCESS_BYTES_MAX of the process's, whatever it is given; only the latter counts protobuf's own.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tianfu import batch_decoder, batch_encoder
from tianfu import batch_limits as limits
from tianfu.batch_decoder import InvalidBatch, decode
from tianfu.batch_encoder import BatchBuilder, BatchFull, Identity, SeriesKey
from tianfu.reading.v1 import reading_batch_pb2 as pb

ROOT = Path(__file__).parents[2]
PYTHON_BYTES_MAX = 8 * limits.PAYLOAD_BYTES_MAX
PROCESS_BYTES_MAX = 64 * limits.PAYLOAD_BYTES_MAX
KEY = SeriesKey("power", "kW")
NOW_US = 1_770_000_000_000_000


def builder(count: int = 3, key: SeriesKey = KEY) -> BatchBuilder:
    open_batch = BatchBuilder()
    for number in range(count):
        open_batch.add(key, NOW_US + number, float(number), 0)
    return open_batch


def valid(readings: int = 3, /, *, zstd_level: int | None = None, **fields: Any) -> bytes:
    """Return a good batch with some fields replaced by worse ones."""
    message = builder(readings).message()
    identity = Identity("pump-7", 1, 9)
    payload = batch_encoder.encode(message, identity, produced_total=27, zstd_level=zstd_level)
    message = pb.ReadingBatch.FromString(payload)
    for name, value in fields.items():
        message.ClearField(name)
        if value is not None:
            message.MergeFrom(pb.ReadingBatch(**{name: value}))
    return bytes(message.SerializeToString())


def table(*entries: pb.Series) -> bytes:
    return bytes(pb.SeriesTable(series=entries).SerializeToString())


# -- what is written is read -----------------------------------------------------------------------

keys = st.builds(
    SeriesKey,
    st.from_regex(limits.SERIES_ID_PATTERN, fullmatch=True),
    st.from_regex(limits.UNIT_PATTERN, fullmatch=True),
    st.sampled_from(pb.RetentionClass.values()),
)
readings = st.tuples(
    st.integers(0, 9),
    st.integers(-limits.OFFSET_US_MAX, limits.OFFSET_US_MAX),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(pb.Quality.values()),
)
drops = st.builds(
    pb.Drop,
    priority=st.sampled_from(pb.Priority.values()),
    reason=st.sampled_from(pb.DropReason.values()),
    readings=st.integers(0, limits.COUNT_MAX // limits.DROPS_MAX),
)
identities = st.builds(
    Identity,
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
    st.integers(0, 2**64 - 1),
    st.integers(1, limits.SEQUENCE_MAX),
)


@given(
    st.lists(keys, min_size=1, max_size=10, unique=True),
    st.lists(readings, max_size=40),
    st.lists(drops, max_size=4),
    identities,
    st.integers(-(2**62), 2**62),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([None, 1, 3, 19]),
    st.sampled_from(pb.Priority.values()),
)
def test_round_trip(
    names: list[SeriesKey],
    rows: list[tuple[int, int, float, int]],
    lost: list[pb.Drop],
    identity: Identity,
    base_us: int,
    clock_offset_us: int,
    zstd_level: int | None,
    priority: pb.Priority,
) -> None:
    open_batch = BatchBuilder(priority=priority, base_time_us=base_us)
    for which, offset, value, quality in rows:
        open_batch.add(names[which % len(names)], base_us + offset, value, quality)

    def encoded() -> bytes:
        message = open_batch.message(clock_offset_us=clock_offset_us)
        return batch_encoder.encode(
            message, identity, produced_total=len(rows), drops=lost, zstd_level=zstd_level
        )

    payload = encoded()
    assert payload == encoded()  # the same bytes at each resending
    found = decode(payload)
    assert found.header.node == identity.node
    assert (found.header.epoch, found.header.sequence) == (identity.epoch, identity.sequence)
    assert found.first_sequence == identity.sequence
    assert list(found.header.drops) == lost
    assert (found.header.clock_offset_us, found.header.priority) == (clock_offset_us, priority)
    read = [
        (SeriesKey(found.series[i].series, found.series[i].unit, found.series[i].retention_class))
        for i in found.series_index
    ]
    assert read == [names[which % len(names)] for which, *_ in rows]
    assert found.time_us.tolist() == [base_us + offset for _, offset, *_ in rows]
    assert found.value.tobytes() == np.array([row[2] for row in rows], "<f8").tobytes()
    assert found.quality.tolist() == [row[3] for row in rows]


@given(identities, st.integers(1, limits.SPAN_MAX), st.lists(drops, max_size=4))
def test_tombstone(identity: Identity, span: int, lost: list[pb.Drop]) -> None:
    span = min(span, identity.sequence)
    stone = Identity(identity.node, identity.epoch, identity.sequence, span)
    found = decode(batch_encoder.encode_tombstone(stone, produced_total=5, drops=lost))
    assert found.first_sequence == identity.sequence - span + 1
    assert found.header.count == len(found.value) == 0
    assert list(found.header.drops) == lost


def test_fullest_batch_fits_a_message() -> None:
    open_batch = BatchBuilder()
    for number in range(limits.READINGS_MAX):
        key = SeriesKey(f"{number % limits.SERIES_MAX:0127d}", "u" * 32)
        open_batch.add(key, NOW_US, 0.0, 0)
    with pytest.raises(BatchFull):
        open_batch.add(KEY, NOW_US, 0.0, 0)
    payload = batch_encoder.encode(
        open_batch.message(), Identity("n", 1, 1), produced_total=limits.READINGS_MAX
    )
    assert len(payload) <= limits.PAYLOAD_BYTES_MAX
    assert len(decode(payload).value) == limits.READINGS_MAX


@pytest.mark.parametrize("offset_us", [limits.OFFSET_US_MAX + 1, -limits.OFFSET_US_MAX - 1])
def test_batch_takes_no_reading_too_far_away(offset_us: int) -> None:
    with pytest.raises(BatchFull):
        builder().add(KEY, NOW_US + offset_us, 0.0, 0)


# -- what is wrong is refused, each with its reason --------------------------------------------

ONE_SERIES = table(pb.Series(series="a", unit="1"))
FRAME = pb.ReadingBatch.FromString(valid(zstd_level=3)).packed
NAN = np.array([1.0, np.nan, 1.0], "<f8").tobytes()
INFINITE = np.array([1.0, 1.0, -np.inf], "<f8").tobytes()

WRONG = [
    ("BATCH_MALFORMED", "garbage", b"\xff\xff\xff"),
    ("BATCH_MALFORMED", "cut", valid()[:-1]),
    ("BATCH_TOO_LARGE", "bytes", b"\0" * (limits.PAYLOAD_BYTES_MAX + 1)),
    ("BATCH_TOO_LARGE", "count", valid(count=limits.READINGS_MAX + 1)),
    ("BATCH_TOO_LARGE", "count-absurd", valid(count=2**32 - 1)),
    (
        "BATCH_TOO_LARGE",
        "series",
        valid(series_table=table(*[pb.Series(series="s", unit="1")] * (limits.SERIES_MAX + 1))),
    ),
    ("FORMAT_UNKNOWN", "none", valid(format=None)),
    ("FORMAT_UNKNOWN", "later", valid(format=2)),
    ("NODE_INVALID", "empty", valid(node="")),
    ("NODE_INVALID", "wildcard", valid(node="*")),
    ("NODE_INVALID", "dot", valid(node="a.b")),
    ("NODE_INVALID", "newline", valid(node="a\n")),
    ("NODE_INVALID", "long", valid(node="a" * 64)),
    ("SEQUENCE_INVALID", "zero", valid(sequence=None)),
    ("SEQUENCE_INVALID", "absurd", valid(sequence=2**64 - 1)),
    ("SPAN_INVALID", "with-readings", valid(span=2)),
    ("SPAN_INVALID", "before-the-first", valid(0, span=10)),
    ("SPAN_INVALID", "absurd", valid(0, span=2**32 - 1, sequence=limits.SEQUENCE_MAX)),
    ("TIME_ABSURD", "future", valid(base_time_us=2**63 - 1)),
    ("TIME_ABSURD", "past", valid(base_time_us=-(2**63))),
    ("DROPS_TOO_MANY", "drops", valid(drops=[pb.Drop()] * (limits.DROPS_MAX + 1))),
    ("COUNT_ABSURD", "drops-sum", valid(drops=[pb.Drop(readings=2**63)] * 2)),
    ("COUNT_ABSURD", "drops-just", valid(drops=[pb.Drop(readings=limits.COUNT_MAX + 1)])),
    ("COUNT_ABSURD", "produced", valid(produced_total=limits.COUNT_MAX + 1)),
    ("SERIES_INVALID", "no-table", valid(series_table=b"\xff")),
    ("SERIES_INVALID", "upper-case", valid(series_table=table(pb.Series(series="A", unit="1")))),
    ("SERIES_INVALID", "no-unit", valid(series_table=table(pb.Series(series="a")))),
    ("SERIES_INVALID", "unit-space", valid(series_table=table(pb.Series(series="a", unit="k W")))),
    (
        "SERIES_INVALID",
        "retention",
        valid(series_table=table(pb.Series(series="a", unit="1", retention_class=99))),  # type: ignore[arg-type]
    ),
    ("SERIES_UNKNOWN", "empty-table", valid(series_table=b"")),
    ("SERIES_UNKNOWN", "index", valid(series_index=b"\0\0\1\0\0\0")),
    ("VALUE_NOT_FINITE", "nan", valid(value=NAN)),
    ("VALUE_NOT_FINITE", "infinite", valid(value=INFINITE)),
    ("QUALITY_UNKNOWN", "quality", valid(quality=b"\0\0\xff")),
    ("COMPRESSION_UNKNOWN", "unspecified", valid(compression=None)),
    ("COMPRESSION_UNKNOWN", "later", valid(compression=7)),
    ("COLUMNS_UNEQUAL", "value-short", valid(value=b"\0" * 8)),
    ("COLUMNS_UNEQUAL", "value-odd", valid(value=b"\0" * 23)),
    ("COLUMNS_UNEQUAL", "index-long", valid(series_index=b"\0" * 8)),
    ("COLUMNS_UNEQUAL", "count", valid(count=2)),
    ("COLUMNS_UNEQUAL", "zstd-count", valid(zstd_level=3, count=2)),
    (
        "COLUMNS_UNEQUAL",
        "zstd-size-not-stated",
        valid(
            zstd_level=3,
            packed=zstandard.ZstdCompressor(write_content_size=False).compress(b"\0" * 45),
        ),
    ),
    ("FRAME_DAMAGED", "no-frame", valid(zstd_level=3, packed=b"not a frame")),
    ("FRAME_DAMAGED", "empty", valid(zstd_level=3, packed=b"")),
    ("FRAME_DAMAGED", "cut", valid(zstd_level=3, packed=FRAME[:-4])),
]


@pytest.mark.parametrize(
    ("reason", "payload"),
    [pytest.param(reason, payload, id=f"{reason}-{name}") for reason, name, payload in WRONG],
)
def test_refused(reason: str, payload: bytes) -> None:
    assert len(decode(valid()).value) == 3  # it is the change that is refused
    with pytest.raises(InvalidBatch) as caught:
        decode(payload)
    assert caught.value.reason == reason
    assert str(caught.value)


def test_every_reason_is_in_the_table() -> None:
    source = Path(batch_decoder.__file__).read_text(encoding="utf-8")
    stated = set(re.findall(r'InvalidBatch\(\s*"([A-Z_]+)"', source))
    assert stated == {reason for reason, *_ in WRONG}


def test_unknown_fields_are_passed_over() -> None:
    later_field = b"\xfa\x3f\x03new"  # field 1023
    assert len(decode(valid() + later_field).value) == 3


# -- no bytes whatever do harm ---------------------------------------------------------------------


def survives(payload: bytes) -> None:
    """Decode; only InvalidBatch may come out, and what is accepted is sound."""
    try:
        found = decode(payload)
    except InvalidBatch:
        return
    count = found.header.count
    columns = (found.series_index, found.time_us, found.value, found.quality)
    assert all(len(column) == count for column in columns)
    if count:
        assert int(found.series_index.max()) < len(found.series)
        assert np.isfinite(found.value).all()
    assert found.first_sequence >= 1


@given(st.binary(max_size=2_000))
@settings(max_examples=300)
def test_random_bytes(payload: bytes) -> None:
    survives(payload)


@given(st.data(), st.sampled_from([None, 1]))
@settings(max_examples=500)
def test_mutated_batches(data: st.DataObject, zstd_level: int | None) -> None:
    payload = bytearray(valid(20, zstd_level=zstd_level))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(len(payload) - 1, 0)))
        change = data.draw(st.sampled_from(["flip", "cut", "insert", "repeat"]))
        if change == "flip" and payload:
            payload[at] ^= data.draw(st.integers(1, 255))
        elif change == "cut":
            del payload[at : at + data.draw(st.integers(1, 30))]
        elif change == "insert":
            payload[at:at] = data.draw(st.binary(min_size=1, max_size=12))
        else:
            payload += payload[at:]
    survives(bytes(payload))


@given(
    st.fixed_dictionaries(
        {
            "format": st.integers(0, 2),
            "node": st.sampled_from(["n", "", "pump-7", "*"]),
            "sequence": st.integers(0, 2**64 - 1) | st.integers(0, 3),
            "span": st.integers(0, 2**32 - 1) | st.integers(0, 2),
            "base_time_us": st.integers(-(2**63), 2**63 - 1),
            "count": st.integers(0, 2**32 - 1) | st.integers(0, 3),
            "compression": st.sampled_from(pb.Compression.values()),
            "series_table": st.binary(max_size=20)
            | st.just(table(pb.Series(series="a", unit="1"))),
            "series_index": st.binary(max_size=8),
            "time_offset_us": st.binary(max_size=16),
            "value": st.binary(max_size=32),
            "quality": st.binary(max_size=4),
            "packed": st.binary(max_size=40) | st.just(FRAME),
        }
    )
)
@settings(max_examples=500)
def test_random_messages(fields: dict[str, Any]) -> None:
    survives(pb.ReadingBatch(**fields).SerializeToString())


def forged(content: int, claimed: int) -> bytes:
    """Return a frame of so many zeros whose header claims another size."""
    params = zstandard.ZstdCompressionParameters.from_level(1, write_content_size=1)
    frame = bytearray(zstandard.ZstdCompressor(compression_params=params).compress(b"\0" * content))
    single_segment = frame[4] & 0x20
    begin = 5 if single_segment else 6
    width = {0: 1, 1: 2, 2: 4, 3: 8}[frame[4] >> 6]
    assert int.from_bytes(frame[begin : begin + width], "little") == content
    frame[begin : begin + width] = claimed.to_bytes(width, "little")
    assert zstandard.frame_content_size(bytes(frame)) == claimed
    return bytes(frame)


def fields_of(tag: bytes, size: int = limits.PAYLOAD_BYTES_MAX) -> bytes:
    """Return as many of a field as a payload takes, after the fields of a good batch."""
    good = valid()
    return good + tag * ((size - len(good)) // len(tag))


FULL = limits.READINGS_MAX * limits.BYTES_PER_READING
HARMFUL: dict[str, Callable[[], bytes]] = {
    "honest-bomb": lambda: valid(
        zstd_level=1, packed=zstandard.ZstdCompressor().compress(b"\0" * 300_000_000)
    ),
    "bomb-that-claims-little": lambda: valid(
        zstd_level=1, count=limits.READINGS_MAX, packed=forged(300_000_000, FULL)
    ),
    "frame-that-claims-much": lambda: valid(
        zstd_level=1, count=limits.READINGS_MAX, packed=forged(200_000, 2**31)
    ),
    "frame-that-claims-what-it-has-not": lambda: valid(
        zstd_level=1, count=limits.READINGS_MAX, packed=forged(70_000, FULL)
    ),
    "many-empty-drops": lambda: fields_of(b"\x82\x01\x00"),
    "many-unknown-fields": lambda: fields_of(b"\xf8\x3f\x01"),
    "many-empty-series": lambda: valid(series_table=b"\x0a\x00" * 490_000),
    "many-small-series": lambda: valid(
        series_table=pb.SeriesTable(
            series=[pb.Series(series="a", unit="1")] * 100_000
        ).SerializeToString()
    ),
    "nested-groups": lambda: valid() + b"\xfb\x3f" * 400_000,
    "nested-unknown-messages": lambda: valid() + b"\xfa\x3f\xff\xff\x3d" * 100_000,
    "largest-garbage": lambda: b"\x0a" * limits.PAYLOAD_BYTES_MAX,
}


@pytest.mark.parametrize("name", HARMFUL)
def test_python_memory_is_bounded(name: str) -> None:
    payload = HARMFUL[name]()
    assert len(payload) <= limits.PAYLOAD_BYTES_MAX
    tracemalloc.start()
    try:
        survives(payload)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < PYTHON_BYTES_MAX


MEASURE = """
import resource, sys
from tianfu.batch_decoder import InvalidBatch, decode
payload = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(payload)
except InvalidBatch:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("name", HARMFUL)
def test_process_memory_is_bounded(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=HARMFUL[name](),
        capture_output=True,
        check=True,
        cwd=ROOT / "proto",
    )
    assert int(done.stdout) < PROCESS_BYTES_MAX


REMEMBER = """
from tianfu import batch_decoder
from tianfu.reading.v1 import reading_batch_pb2 as pb
size = SIZE
def table(number):
    own = pb.Series(series=f"own-{number:06d}", unit="1")
    count = (size - own.ByteSize() - 2) // 8
    series = [own] + [pb.Series(series="a", unit="1")] * count
    return pb.SeriesTable(series=series).SerializeToString()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
before = resident()
for number in range(COUNT):
    assert size - 8 <= len(table(number)) <= size
    batch_decoder.parse_table(table(number))
print(resident() - before)
"""


@pytest.mark.parametrize(
    ("table_bytes", "tables"),
    [
        pytest.param(batch_decoder.SMALL_TABLE_BYTES, 6_000, id="small"),
        pytest.param(batch_decoder.LARGE_TABLE_BYTES, 600, id="large"),
    ],
)
def test_ever_new_series_tables_take_bounded_memory(table_bytes: int, tables: int) -> None:
    script = REMEMBER.replace("SIZE", str(table_bytes)).replace("COUNT", str(tables))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT / "proto"
    )
    assert int(done.stdout) < 200_000_000
