"""Readers read right what they read, and refuse the rest with its place and a reason."""

from __future__ import annotations

import contextlib
import hashlib
import lzma
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.waveform import csmip, knet
from edge.waveform.files import FILE_BYTES_MAX, read_bytes, read_record
from edge.waveform.record import Reason, RecordRefused, Trace, assemble
from tests.edge.waveform.motion import RECORDS, ridgecrest
from tests.edge.waveform.motion import csmip as csmip_text
from tests.edge.waveform.oracle import OBSPY, obspy

KNET = OBSPY / "io" / "nied" / "tests" / "data" / "test.knet"


def knet_files() -> list[tuple[str, bytes]]:
    east_west = KNET.read_bytes()
    return [
        (
            f"AKT013.{suffix}",
            east_west.replace(b"Dir.              E-W", b"Dir.              " + dir_),
        )
        for suffix, dir_ in (("EW", b"E-W"), ("NS", b"N-S"), ("UD", b"U-D"))
    ]


@pytest.mark.parametrize("name", ["CICLC.v1", "CICCC.RAW", "CITOW2.RAW"])
def test_the_drills_records_are_the_originals(name: str) -> None:
    stated = re.search(
        rf"`{re.escape(name)}\.xz`.*`([0-9a-f]{{64}})`", (RECORDS / "README.md").read_text()
    )

    assert stated is not None
    assert hashlib.sha256(read_bytes(RECORDS / f"{name}.xz")).hexdigest() == stated[1]


def test_csmip_gives_place_time_unit_and_orientation() -> None:
    record = ridgecrest("CICLC.v1")

    assert (record.station, record.latitude, record.longitude) == ("CLC", 35.816, -117.598)
    assert record.start_s == obspy.UTCDateTime("2019-07-06T03:16:08").timestamp
    assert record.rate_hz == 100
    # Cut to the shortest channel; the header states the east channel's maximum in g at 234.36 s.
    assert record.samples.shape == (3, 31_932)
    assert record.samples[2, 23_436] == pytest.approx(0.344250 * 9.80665, abs=1e-5)
    assert np.abs(record.samples[2]).argmax() == 23_436


def test_csmip_of_a_made_file() -> None:
    record = csmip.parse(csmip_text().encode(), "made.v1")

    assert record.samples[:, 1] == pytest.approx([0, -1 / 1000 * 9.80665, -2 / 1000 * 9.80665])
    assert csmip.parse(csmip_text(unit="cm/sec2").encode(), "m").samples[1, 1] == pytest.approx(
        -1e-5
    )


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        (csmip_text(unit="furlongs"), Reason.UNITS_UNKNOWN, "made.v1:5"),
        (csmip_text(rate="9999"), Reason.RATE_OUT_OF_RANGE, "made.v1:5"),
        (csmip_text(rate="1.2.3"), Reason.HEADER_INVALID, "made.v1:5"),
        (csmip_text(start="25:19:37.0"), Reason.HEADER_INVALID, "made.v1:5"),
        (csmip_text()[:530], Reason.TRUNCATED, "made.v1:8"),
        (csmip_text().replace("-0.002000", "      NaN", 1), Reason.SAMPLE_INVALID, "made.v1:6"),
        (csmip_text().replace("-0.002000", "999999999", 1), Reason.SAMPLE_INVALID, "made.v1:5"),
        (csmip_text().replace("/&", "xx", 1), Reason.TRUNCATED, "made.v1:9"),
        (csmip_text().replace(" Up", " 180 Deg"), Reason.COMPONENTS_INCOMPLETE, "made.v1"),
        (csmip_text().replace("360 Deg", "100 Deg"), Reason.COMPONENTS_DIFFER, "made.v1"),
        (csmip_text().replace("35.525N", "95.525N"), Reason.HEADER_INVALID, "made.v1"),
        ("Uncorrected Accelerogram Data\n" * 200, Reason.HEADER_INVALID, "made.v1:1"),
        ("Uncorrected Accelerogram Data\n", Reason.TRUNCATED, "made.v1:1"),
    ],
    ids=lambda value: value if isinstance(value, Reason) else None,
)  # fmt: skip
def test_csmip_that_is_wrong_is_refused_with_its_line(
    text: str, reason: Reason, place: str
) -> None:
    with pytest.raises(RecordRefused) as refused:
        csmip.parse(text.encode(), "made.v1")

    assert (refused.value.reason, refused.value.where) == (reason, place)
    assert str(refused.value).startswith(place)


def test_knet_agrees_with_obspy() -> None:
    ours = knet.parse(knet_files())

    (theirs,) = obspy.read(str(KNET), apply_calib=True)
    assert ours.samples[2] == pytest.approx(theirs.data, rel=1e-9)
    assert ours.start_s == theirs.stats.starttime.timestamp
    assert (ours.station, ours.latitude, ours.longitude) == ("AKT013", 39.6069, 140.3213)
    assert ours.rate_hz == theirs.stats.sampling_rate


def test_knet_is_found_by_any_of_its_files_also_compressed(tmp_path: Path) -> None:
    for name, data in knet_files():
        (tmp_path / f"{name}.xz").write_bytes(lzma.compress(data))

    assert read_record(tmp_path / "AKT013.NS.xz").station == "AKT013"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"100Hz", b"9 Hz", Reason.RATE_OUT_OF_RANGE),
        (b"(gal)", b"(kine)", Reason.UNITS_UNKNOWN),
        (b"/8388608", b"/0", Reason.HEADER_INVALID),
        (b"8388608", b"1", Reason.SAMPLE_INVALID),
        (b"-18205", b"-18nan", Reason.SAMPLE_INVALID),
        (b"-18205", b"9" * 5000, Reason.SAMPLE_INVALID),
        (b"Duration Time(s)  59", b"Duration Time(s)  999", Reason.TRUNCATED),
        (b"1996/08/11 03:12:39", b"1996/13/11 03:12:39", Reason.HEADER_INVALID),
        (b"Station Lat.      39.6069", b"Station Lat.      north", Reason.HEADER_INVALID),
        (b"Memo.", b"Note.", Reason.HEADER_INVALID),
        (b"E-W", b"N-S", Reason.COMPONENTS_DIFFER),
    ],
)
def test_knet_that_is_wrong_is_refused(old: bytes, new: bytes, reason: Reason) -> None:
    files = [(name, data.replace(old, new)) for name, data in knet_files()]

    with pytest.raises(RecordRefused) as refused:
        knet.parse(files)

    assert refused.value.reason is reason
    assert "AKT013.EW" in str(refused.value)


def test_horizontals_off_the_axes_are_turned() -> None:
    north, east = np.array([1.0, 0.0, 2.0]), np.array([0.0, 1.0, 3.0])
    a = np.radians(35.0)
    first = north * np.cos(a) + east * np.sin(a)
    second = -north * np.sin(a) + east * np.cos(a)
    traces = [
        Trace("h1", 35.0, 0.0, 100.0, first),
        Trace("h2", 125.0, 0.0, 100.0, second),
        Trace("z", None, 0.0, 100.0, np.zeros(3)),
    ]

    record = assemble(traces, station="s", latitude=0, longitude=0, where="made")

    assert record.samples == pytest.approx(np.vstack([np.zeros(3), north, east]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.FORMAT_UNKNOWN),
        (b"PK\x03\x04 a zip", Reason.FORMAT_UNKNOWN),
        (b"000001D  no place", Reason.UNITS_UNKNOWN),
        (b"Origin Time", Reason.COMPONENTS_INCOMPLETE),
        (lzma.compress(b"Uncorrected")[:-9], Reason.TRUNCATED),
        (b"\xfd7zXZ\0 garbage", Reason.UNREADABLE),
        (lzma.compress(b"\0" * (FILE_BYTES_MAX + 1), preset=0), Reason.TOO_LARGE),
    ],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, data: bytes, reason: Reason) -> None:
    file = tmp_path / "file.bin"
    file.write_bytes(data)

    with pytest.raises(RecordRefused, match=r"file\.bin") as refused:
        read_record(file)

    assert refused.value.reason is reason


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordRefused) as refused:
        read_record(tmp_path / "none")

    assert refused.value.reason is Reason.UNREADABLE


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A good file with a few stretches overwritten, cut out or put in, perhaps cut short."""
    data = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        gone = draw(st.integers(0, 40))
        data[at : at + gone] = draw(st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


@settings(deadline=None, max_examples=200)
@given(damaged(csmip_text().encode()) | st.binary(max_size=300))
def test_no_bytes_crash_the_csmip_reader(data: bytes) -> None:
    with contextlib.suppress(RecordRefused):
        assert np.isfinite(csmip.parse(data, "made").samples).all()


@settings(deadline=None, max_examples=100)
@given(damaged(KNET.read_bytes()[:2_000]) | st.binary(max_size=300))
def test_no_bytes_crash_the_knet_reader(data: bytes) -> None:
    files = [(name, data if name.endswith("EW") else good) for name, good in knet_files()]
    with contextlib.suppress(RecordRefused):
        assert np.isfinite(knet.parse(files).samples).all()
