"""The miniSEED reader against obspy, which writes and reads with the reference library."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.waveform import mini_seed
from edge.waveform.files import read_record
from edge.waveform.mini_seed import Place
from edge.waveform.record import Reason, RecordRefused
from tests.edge.waveform.oracle import OBSPY, obspy
from tests.edge.waveform.test_records import damaged

PLACE = Place(31.0, 103.4, 1e-6)
DATA = OBSPY / "io" / "mseed" / "tests" / "data"


def made(
    encoding: str, byteorder: str = ">", *, reclen: int = 512, samples: int = 3_000, gap: int = 0
) -> tuple[bytes, obspy.Stream]:
    random = np.random.default_rng(3)
    stream = obspy.Stream()
    # Steps of all sizes, so that each way of packing differences is used.
    steps = random.choice([3, 60, 7_000, 200_000], samples) * random.standard_normal(samples)
    for channel in ("HNZ", "HNN", "HNE"):
        values = np.cumsum(random.permutation(steps))
        kind = {"FLOAT32": "f4", "FLOAT64": "f8", "INT16": "i2"}.get(encoding, "i4")
        header: dict[str, Any] = {
            "network": "SC",
            "station": "WCH",
            "location": "00",
            "channel": channel,
        }
        header |= {"sampling_rate": 100.0, "starttime": obspy.UTCDateTime(1_780_000_000.123456)}
        data = (values / (1_000 if encoding == "INT16" else 1)).astype(kind)
        if gap:
            late = header | {"starttime": header["starttime"] + 10 + gap / 100}
            stream.append(obspy.Trace(data[:1_000], header))
            stream.append(obspy.Trace(data[1_000:], late))
        else:
            stream.append(obspy.Trace(data, header))
    file = io.BytesIO()
    stream.write(file, "MSEED", encoding=encoding, byteorder=byteorder, reclen=reclen)
    return file.getvalue(), stream


@pytest.mark.parametrize("byteorder", [">", "<"])
@pytest.mark.parametrize("encoding", ["STEIM1", "STEIM2", "INT32", "INT16", "FLOAT32", "FLOAT64"])
def test_every_encoding_gives_what_was_written(encoding: str, byteorder: str) -> None:
    data, stream = made(encoding, byteorder)

    record = mini_seed.parse(data, "made", PLACE)

    written = np.vstack([trace.data for trace in stream]).astype(float)
    assert np.array_equal(record.samples, written * 1e-6)
    assert record.start_s == pytest.approx(1_780_000_000.123456, abs=2e-6)
    assert (record.station, record.rate_hz, record.latitude) == ("WCH", 100.0, 31.0)


def test_a_gap_stays_a_gap() -> None:
    data, stream = made("STEIM2", gap=57)

    record = mini_seed.parse(data, "made", PLACE)

    assert record.samples.shape == (3, 3_057)
    assert np.isnan(record.samples[:, 1_000:1_057]).all()
    assert np.isfinite(np.delete(record.samples, np.s_[1_000:1_057], axis=1)).all()
    assert record.samples[0, 1_057] == stream[1].data[0] * 1e-6


def test_records_in_any_order_give_the_same(tmp_path: Path) -> None:
    data, _ = made("STEIM1")
    records = [data[at : at + 512] for at in range(0, len(data), 512)]
    file = tmp_path / "x.mseed"
    file.write_bytes(b"".join(reversed(records)))

    backwards = read_record(file, place=PLACE)

    assert np.array_equal(backwards.samples, mini_seed.parse(data, "made", PLACE).samples)


def test_one_sensor_of_several_is_chosen_by_name(tmp_path: Path) -> None:
    data, _ = made("INT32")
    other = data.replace(b"WCH  00HN", b"WCH  10HN")

    with pytest.raises(RecordRefused, match=r"SC\.WCH\.10\.HNE") as refused:
        mini_seed.parse(data + other, "made", PLACE)
    chosen = mini_seed.parse(data + other, "made", PLACE, stream="SC.WCH.10.HN")

    assert refused.value.reason is Reason.COMPONENTS_INCOMPLETE
    assert np.array_equal(chosen.samples, mini_seed.parse(data, "made", PLACE).samples)


@pytest.mark.parametrize(
    ("at", "new", "reason"),
    [
        (0, b"garbage!", Reason.HEADER_INVALID),
        (20, b"\0\0\0\0", Reason.HEADER_INVALID),
        (24, b"\x63", Reason.HEADER_INVALID),
        (32, b"\0\0", Reason.RATE_OUT_OF_RANGE),
        (46, b"\0\0", Reason.ENCODING_UNSUPPORTED),
        (46, b"\xff\xff", Reason.HEADER_INVALID),
        (50, b"\0\x30", Reason.HEADER_INVALID),
        (60, b"\x63", Reason.ENCODING_UNSUPPORTED),
        (62, b"\x02", Reason.HEADER_INVALID),
        (62, b"\x10", Reason.TRUNCATED),
        (30, b"\xff\xff", Reason.SAMPLE_INVALID),
        (72, b"\0\0\0\0", Reason.SAMPLE_INVALID),
        (511, b"\x01", Reason.SAMPLE_INVALID),
    ],
)
def test_a_record_that_is_wrong_is_refused_with_its_place(
    at: int, new: bytes, reason: Reason
) -> None:
    data, _ = made("STEIM2")
    damaged_data = bytearray(data)
    damaged_data[at : at + len(new)] = new

    with pytest.raises(RecordRefused, match="made record 1 at byte 0") as refused:
        mini_seed.parse(bytes(damaged_data), "made", PLACE)

    assert refused.value.reason is reason


def test_a_float_that_is_no_number_is_refused() -> None:
    data, _ = made("FLOAT32")
    broken = bytearray(data)
    broken[64:68] = b"\x7f\xa0\0\0"

    with pytest.raises(RecordRefused, match="not finite"):
        mini_seed.parse(bytes(broken), "made", PLACE)


def test_a_scale_that_gives_no_ground_motion_is_refused() -> None:
    data, _ = made("STEIM2")

    with pytest.raises(RecordRefused) as refused:
        mini_seed.parse(data, "made", Place(31.0, 103.4, 1.0))

    assert refused.value.reason is Reason.SAMPLE_INVALID


def test_what_the_reference_library_is_tested_with_never_crashes() -> None:
    files = [path for path in DATA.rglob("*") if path.is_file()]

    for path in files:
        with contextlib.suppress(RecordRefused):
            mini_seed.parse(path.read_bytes(), path.name, PLACE)

    assert len(files) > 50


@settings(deadline=None, max_examples=150)
@given(damaged(made("STEIM2", samples=300, reclen=256)[0]) | st.binary(max_size=300))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    with contextlib.suppress(RecordRefused):
        assert mini_seed.parse(data, "made", PLACE).station
