"""Read a record from its file, whichever of the formats it has, also when xz compressed it."""

from __future__ import annotations

import lzma
import re
from pathlib import Path
from typing import Final

from edge.waveform import csmip, knet, mini_seed
from edge.waveform.mini_seed import Place
from edge.waveform.record import Reason, Record, RecordRefused

FILE_BYTES_MAX: Final = 64 << 20
"""Of one file, unpacked: hours of three components at 200 Hz in any of the formats."""

UNPACK_MEMORY_MAX: Final = 128 << 20
"""xz may ask for gigabytes of dictionary; its strongest preset needs 65 MiB."""

_XZ: Final = b"\xfd7zXZ\0"
_COMPONENT: Final = re.compile(r"\.(?P<direction>EW|NS|UD)(?P<level>[12]?)(?P<packed>\.xz)?$")


def read_record(path: Path, *, place: Place | None = None, stream: str | None = None) -> Record:
    """Return the record of a file, in CSMIP text, K-NET ASCII or miniSEED 2.

    K-NET has a file a component: name any of the three, the others lie beside it. miniSEED needs
    ``place``, and ``stream`` where a file holds several sensors. Raise RecordRefused.
    """
    data = read_bytes(path)
    name = path.name
    if data.startswith(csmip.SIGNATURE):
        return csmip.parse(data, name)
    if data.startswith(knet.SIGNATURE):
        return knet.parse([(each.name, read_bytes(each)) for each in _siblings(path)])
    if data[6:8].strip(b" \0") in {b"D", b"R", b"Q", b"M"}:
        if place is None:
            what = "miniSEED states neither unit nor coordinates: give the station's"
            raise RecordRefused(Reason.UNITS_UNKNOWN, name, what)
        return mini_seed.parse(data, name, place, stream=stream)
    what = f"begins with {data[:16]!r}: neither CSMIP text nor K-NET ASCII nor miniSEED 2"
    raise RecordRefused(Reason.FORMAT_UNKNOWN, name, what)


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes, unpacked where xz packed them; never more than the limit."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        what = error.strerror or "can't be read"
        raise RecordRefused(Reason.UNREADABLE, str(path), what) from error
    if data.startswith(_XZ):
        data = _unpacked(data, path.name)
    if len(data) > FILE_BYTES_MAX:
        raise RecordRefused(Reason.TOO_LARGE, path.name, f"over {FILE_BYTES_MAX} bytes")
    return data


def _unpacked(data: bytes, name: str) -> bytes:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=UNPACK_MEMORY_MAX)
    try:
        unpacked = unpacker.decompress(data, FILE_BYTES_MAX + 1)
    except lzma.LZMAError as error:
        raise RecordRefused(Reason.UNREADABLE, name, f"xz: {error}") from error
    if not unpacker.eof and len(unpacked) <= FILE_BYTES_MAX:
        raise RecordRefused(Reason.TRUNCATED, name, "xz: the file ends before its data")
    return unpacked


def _siblings(path: Path) -> list[Path]:
    match = _COMPONENT.search(path.name)
    if match is None:
        what = "a K-NET file is named .EW, .NS or .UD, with 1 or 2 behind it for KiK-net"
        raise RecordRefused(Reason.COMPONENTS_INCOMPLETE, path.name, what)
    stem = path.name[: match.start()]
    rest = f"{match['level']}{match['packed'] or ''}"
    return [path.with_name(f"{stem}.{each}{rest}") for each in ("UD", "NS", "EW")]
