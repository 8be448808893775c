"""Frames of DL/T 645-2007, the protocol of China's electricity meters. Pure.

A frame is ``68 A0..A5 68 C L data CS 16``: the address as BCD, its low byte first; each byte of
data with 33 hex added; CS the sum of all bytes from the first 68, modulo 256. Bytes FE may stand
before it, to wake the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

START: Final = 0x68
END: Final = 0x16
WAKE: Final = 0xFE
ADDED: Final = 0x33

READ: Final = 0x11
READ_ANSWER: Final = 0x91
READ_ANSWER_MORE: Final = 0xB1
READ_REFUSED: Final = 0xD1
READ_ANSWER_1997: Final = frozenset({0x81, 0xA1, 0xC1})
"""Answers to control code 01 of DL/T 645-1997, whose identifiers have two bytes."""

HEAD_BYTES: Final = 10
"""68, six of address, 68, control, length."""
TAIL_BYTES: Final = 2
DATA_BYTES_MAX: Final = 200
"""DL/T 645-2007, 5.2.5: L is at most 200 for reading."""
IDENTIFIER_BYTES: Final = 4
NOISE_BYTES_MAX: Final = 1024
"""More without a frame among them, and there is no meter at the other end."""

ANY_ADDRESS: Final = "AAAAAAAAAAAA"
"""Whoever is there answers: for a line with one meter on it."""


class BadFrame(Exception):
    """Bytes that are no frame, or not the one asked for; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what is wrong."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. ``address`` is as printed on the meter, ``data`` without the 33 hex."""

    address: str
    control: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """How a data item is coded: bytes of BCD, decimal places, whether its top bit is a sign."""

    count: int
    decimals: int
    is_signed: bool
    unit: str


_VOLTAGE: Final = Item(2, 1, is_signed=False, unit="V")
_CURRENT: Final = Item(3, 3, is_signed=True, unit="A")
_POWER: Final = Item(3, 4, is_signed=True, unit="kW")
_REACTIVE: Final = Item(3, 4, is_signed=True, unit="kvar")
_APPARENT: Final = Item(3, 4, is_signed=True, unit="kVA")
_FACTOR: Final = Item(2, 3, is_signed=True, unit="1")
_ANGLE: Final = Item(2, 1, is_signed=False, unit="deg")
_BY_GROUP: Final = {
    0x0201: _VOLTAGE,
    0x0202: _CURRENT,
    0x0203: _POWER,
    0x0204: _REACTIVE,
    0x0205: _APPARENT,
    0x0206: _FACTOR,
    0x0207: _ANGLE,
}
_ALONE: Final = {
    0x02800001: Item(3, 3, is_signed=True, unit="A"),  # zero-sequence current
    0x02800002: Item(2, 2, is_signed=False, unit="Hz"),
    0x02800003: Item(3, 4, is_signed=True, unit="kW"),  # mean power of the last minute
    0x02800007: Item(2, 1, is_signed=True, unit="Cel"),
    0x02800008: Item(2, 2, is_signed=False, unit="V"),  # clock battery
}
_COMBINED_ACTIVE: Final = 0x0000
"""Forward plus reverse by the meter's setting: the only energy that can be below 0."""
_ENERGY_GROUP_MAX: Final = 0x00BC
_TARIFFS_MAX: Final = 63
_PHASES: Final = frozenset({1, 2, 3})
_TOTAL_AND_PHASES: Final = frozenset({0, 1, 2, 3})


def item(identifier: int) -> Item | None:
    """Return how the data item is coded (DL/T 645-2007 appendix A), None if it is no single value.

    Blocks (FF) and records of events are not read: each value is asked for by its own name.
    """
    if identifier in _ALONE:
        return _ALONE[identifier]
    group, place, settlement = identifier >> 16, identifier >> 8 & 0xFF, identifier & 0xFF
    if group <= _ENERGY_GROUP_MAX and place <= _TARIFFS_MAX and settlement <= 12:  # noqa: PLR2004 - settlement days kept
        # Groups 03 to 08 are reactive, in total and by quadrant.
        is_reactive = 3 <= (group & 0x0F) <= 8  # noqa: PLR2004 - as above
        unit = "kvar.h" if is_reactive else "kWh"
        return Item(4, 2, is_signed=group == _COMBINED_ACTIVE or is_reactive, unit=unit)
    places = _TOTAL_AND_PHASES if 0x0203 <= group <= 0x0206 else _PHASES  # noqa: PLR2004 - groups of the table
    if group in _BY_GROUP and place in places and settlement == 0:
        return _BY_GROUP[group]
    return None


def read_request(address: str, identifier: int) -> bytes:
    """Return the frame that asks a meter for one data item."""
    return encode(Frame(address, READ, identifier.to_bytes(IDENTIFIER_BYTES, "little")))


def encode(frame: Frame) -> bytes:
    """Return the bytes of a frame, without bytes to wake the line."""
    body = bytes([START]) + bytes.fromhex(frame.address)[::-1]
    body += bytes([START, frame.control, len(frame.data)])
    body += bytes((each + ADDED) & 0xFF for each in frame.data)
    return body + bytes([sum(body) & 0xFF, END])


def take(buffer: bytearray) -> Frame | None:
    """Take the first frame off the buffer; None while it is not whole.

    What stands before a frame is noise and goes. Raises BadFrame for a frame that is spoilt, which
    goes up to its next 68, so that what follows can be taken.
    """
    begin = buffer.find(START)
    if begin < 0:
        noise = len(buffer.replace(bytes([WAKE]), b""))
        buffer.clear()
        if noise > NOISE_BYTES_MAX:
            raise BadFrame("DLT645_NOISE", f"{noise} bytes without a frame")
        return None
    del buffer[:begin]
    if len(buffer) < HEAD_BYTES:
        return None
    if buffer[7] != START:
        raise _spoilt(buffer, "DLT645_FRAMING", "no second 68 after the address")
    count = buffer[9]
    if count > DATA_BYTES_MAX:
        raise _spoilt(buffer, "DLT645_LENGTH", f"{count} bytes of data are more than fit")
    whole = HEAD_BYTES + count + TAIL_BYTES
    if len(buffer) < whole:
        return None
    if buffer[whole - 1] != END:
        raise _spoilt(buffer, "DLT645_FRAMING", "no 16 at the end")
    if sum(buffer[: whole - TAIL_BYTES]) & 0xFF != buffer[whole - TAIL_BYTES]:
        raise _spoilt(buffer, "DLT645_CHECKSUM", "the checksum is not that of the bytes")
    address = bytes(buffer[1:7])[::-1].hex().upper()
    data = bytes((each - ADDED) & 0xFF for each in buffer[HEAD_BYTES : HEAD_BYTES + count])
    frame = Frame(address, buffer[8], data)
    del buffer[:whole]
    return frame


def _spoilt(buffer: bytearray, reason: str, message: str) -> BadFrame:
    following = buffer.find(START, 1)
    del buffer[: following if following > 0 else len(buffer)]
    return BadFrame(reason, message)


def value_of(frame: Frame, address: str, identifier: int) -> float:
    """Return the value that a frame answers a question with; raise BadFrame for another answer."""
    known = item(identifier)
    if known is None:
        raise BadFrame("DLT645_ITEM_UNKNOWN", f"{identifier:08X} is no single value")
    if frame.control in READ_ANSWER_1997:
        raise BadFrame("DLT645_1997", "the meter speaks DL/T 645-1997, which is not read")
    if address not in (ANY_ADDRESS, frame.address):
        raise BadFrame("DLT645_WRONG_ADDRESS", f"{frame.address} answers")
    if frame.control == READ_REFUSED:
        code = frame.data[0] if frame.data else 0
        raise BadFrame("DLT645_REFUSED", f"{identifier:08X}: error {code:02X}")
    if frame.control != READ_ANSWER:
        raise BadFrame("DLT645_UNEXPECTED", f"control code {frame.control:02X}")
    said = int.from_bytes(frame.data[:IDENTIFIER_BYTES], "little")
    if said != identifier or len(frame.data) != IDENTIFIER_BYTES + known.count:
        raise BadFrame("DLT645_UNEXPECTED", f"{said:08X} with {len(frame.data)} bytes comes")
    return bcd(frame.data[IDENTIFIER_BYTES:], known)


def bcd(data: bytes, known: Item) -> float:
    """Return the number that BCD bytes, the low one first, stand for."""
    digits = bytearray(data[::-1])
    sign = 1
    if known.is_signed and digits[0] & 0x80 and bytes(digits) != b"\xff" * len(digits):
        digits[0] &= 0x7F
        sign = -1
    text = digits.hex()
    if not text.isdecimal():
        # FF in every byte is how a meter says that it has no such value.
        raise BadFrame("DLT645_NOT_BCD", f"{text} are not decimal digits")
    return float(sign * int(text) / 10.0**known.decimals)
