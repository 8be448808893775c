"""Frames of HJ 212-2017, by which polluters report to the authority (污染源在线监控). Pure.

A frame is ``## LLLL data CCCC CR LF``: four decimal digits of length, the data, four hexadecimal
digits of its CRC. The data are ``key=value`` joined by ``;``, the last of them
``CP=&&...&&`` with the values: groups of one factor, joined by ``;``, its fields by ``,``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

HEAD: Final = b"##"
TAIL: Final = b"\r\n"
HEAD_BYTES: Final = 6
TAIL_BYTES: Final = 6
DATA_BYTES_MAX: Final = 1024
"""HJ 212-2017, 6.3.1: data have 0 to 1024 characters."""

REAL_TIME: Final = "2011"
MINUTE: Final = "2051"
HOUR: Final = "2061"
DAY: Final = "2031"
DATA_COMMANDS: Final = frozenset({REAL_TIME, MINUTE, HOUR, DAY})
DATA_ANSWER: Final = "9014"
SYSTEM: Final = "91"
ANSWER_FLAG: Final = 1
SPLIT_FLAG: Final = 2

CHINA: Final = timezone(timedelta(hours=8))
FACTOR: Final = re.compile(r"[a-z0-9]{3,8}")
NORMAL_FLAGS: Final = frozenset({"N"})
"""N: the instrument works as it should. F stopped, M maintained, S set by hand, D faulty, C being
calibrated, T beyond its range, B no connection."""


class BadFrame(Exception):
    """Bytes that are no frame, or a frame without sense; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what is wrong."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Frame:
    """One report. ``factors`` are fields by factor code; ``time_us`` is DataTime, None without."""

    request: str
    system: str
    command: str
    device: str
    password: str
    flag: int
    time_us: int | None
    factors: Mapping[str, Mapping[str, str]]

    @property
    def wants_answer(self) -> bool:
        """Return whether the device sends again until it is answered."""
        return bool(self.flag & ANSWER_FLAG)


def crc(data: bytes) -> int:
    """Return the CRC of HJ 212-2017 appendix A: of CRC-16, but each byte enters the high half."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            is_odd = register & 1
            register >>= 1
            if is_odd:
                register ^= 0xA001
    return register


def encode(data: str) -> bytes:
    """Return data as a frame."""
    body = data.encode("ascii")
    return b"##%04d%s%04X\r\n" % (len(body), body, crc(body))


def answer(frame: Frame) -> bytes:
    """Return the answer that ends a device's resending of a report (CN 9014)."""
    flag = frame.flag & ~(ANSWER_FLAG | SPLIT_FLAG)
    return encode(
        f"QN={frame.request};ST={SYSTEM};CN={DATA_ANSWER};PW={frame.password};"
        f"MN={frame.device};Flag={flag};CP=&&&&"
    )


def take(buffer: bytearray) -> Frame | None:
    """Take the first frame off the buffer; None while it is not whole.

    Raises BadFrame for what is spoilt, after taking it off, so that what follows can be taken.
    """
    data = _unwrapped(buffer)
    return None if data is None else parse(data)


def _unwrapped(buffer: bytearray) -> bytes | None:
    begin = buffer.find(HEAD)
    if begin != 0:
        noise = begin if begin > 0 else len(buffer) - buffer.endswith(b"#")
        del buffer[:noise]
        if noise:
            raise BadFrame("HJ212_NOISE", f"{noise} bytes before a frame")
        return None
    if len(buffer) < HEAD_BYTES:
        return None
    digits = bytes(buffer[2:HEAD_BYTES])
    if not digits.isdigit() or int(digits) > DATA_BYTES_MAX:
        raise _spoilt(buffer, "HJ212_LENGTH", f"length {digits!r} is not 0 to {DATA_BYTES_MAX}")
    end = HEAD_BYTES + int(digits)
    if len(buffer) < end + TAIL_BYTES:
        return None
    if buffer[end + 4 : end + TAIL_BYTES] != TAIL:
        raise _spoilt(buffer, "HJ212_FRAMING", "no CR LF at the end")
    data, said = bytes(buffer[HEAD_BYTES:end]), bytes(buffer[end : end + 4])
    if said.upper() != b"%04X" % crc(data):
        raise _spoilt(buffer, "HJ212_CHECKSUM", "the CRC is not that of the data")
    del buffer[: end + TAIL_BYTES]
    return data


def _spoilt(buffer: bytearray, reason: str, message: str) -> BadFrame:
    following = buffer.find(HEAD, len(HEAD))
    del buffer[: following if following > 0 else len(buffer)]
    return BadFrame(reason, message)


def parse(data: bytes) -> Frame:
    """Return the frame that data say; raise BadFrame for what cannot be one."""
    if not data.isascii():
        raise BadFrame("HJ212_SYNTAX", "data are not ASCII")
    head, mark, rest = data.decode("ascii").partition("CP=&&")
    if not mark or not rest.endswith("&&"):
        raise BadFrame("HJ212_SYNTAX", "no CP=&&...&&")
    keys = _pairs(head.rstrip(";").split(";"))
    missing = [name for name in ("ST", "CN", "PW", "MN") if not keys.get(name)]
    if missing:
        raise BadFrame("HJ212_SYNTAX", f"{', '.join(missing)} is missing")
    flag = keys.get("Flag", "0")
    if not flag.isdigit():
        raise BadFrame("HJ212_SYNTAX", f"Flag {flag!r} is no number")
    time_us, factors = _content(rest.removesuffix("&&"))
    return Frame(
        keys.get("QN", ""),
        keys["ST"],
        keys["CN"],
        keys["MN"],
        keys["PW"],
        int(flag),
        time_us,
        factors,
    )


def _content(text: str) -> tuple[int | None, dict[str, dict[str, str]]]:
    time_us: int | None = None
    factors: dict[str, dict[str, str]] = {}
    for group in filter(None, text.split(";")):
        for name, value in _pairs(group.split(",")).items():
            if name == "DataTime":
                time_us = _time_us(value)
                continue
            factor, dash, field = name.partition("-")
            if dash and FACTOR.fullmatch(factor):
                factors.setdefault(factor, {})[field] = value
    return time_us, factors


def _pairs(parts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        name, sign, value = part.partition("=")
        if not sign or not name:
            raise BadFrame("HJ212_SYNTAX", f"{len(part)} characters without a key and =")
        found[name] = value
    return found


def _time_us(text: str) -> int:
    """Return a time of the device in microseconds; devices keep China Standard Time."""
    # strptime alone would take shorter texts, and guess.
    digits = text if re.fullmatch(r"[0-9]{14}", text) else ""
    try:
        local = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError:
        raise BadFrame("HJ212_TIME", f"DataTime {text[:20]!r} is no time") from None
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (local - epoch) // timedelta(microseconds=1)


def number(fields: Mapping[str, str], field: str) -> tuple[float, bool] | None:
    """Return a field's value and whether its instrument worked; None when it is not there."""
    if field not in fields:
        return None
    try:
        value = float(fields[field])
    except ValueError:
        raise BadFrame("HJ212_VALUE", f"{field} is no number") from None
    return value, fields.get("Flag", "N") in NORMAL_FLAGS
