"""The GSM 7 bit default alphabet and its packing: 3GPP TS 23.038, 6.1.2.2 and 6.2.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ESCAPE: Final = 0x1B
CARRIAGE_RETURN: Final = 0x0D
SEPTET_BITS: Final = 7
OCTET_BITS: Final = 8

_DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_SEPTETS: Final = {
    **{sign: (code,) for code, sign in enumerate(_DEFAULT) if code != ESCAPE},
    **{sign: (ESCAPE, code) for code, sign in _EXTENSION.items()},
}


def septets_of(character: str) -> tuple[int, ...] | None:
    """Return a character's septets, two for one of the extension table, None when it has none."""
    return _SEPTETS.get(character)


def text_of(septets: Iterable[int]) -> str:
    """Return what septets say.

    As TS 23.038 asks of a receiver: a code that the extension table lacks is read by the default
    table, and an escape with nothing behind it is a space.
    """
    text = []
    escaped = False
    for septet in septets:
        if escaped:
            # Escape twice is reserved for a table not defined yet: a space.
            text.append(_EXTENSION.get(septet, " " if septet == ESCAPE else _DEFAULT[septet]))
            escaped = False
        elif septet == ESCAPE:
            escaped = True
        else:
            text.append(_DEFAULT[septet])
    return "".join(text) + (" " if escaped else "")


def pack(septets: Iterable[int]) -> bytes:
    """Return septets as octets: the first in the lowest bits, zeros after the last."""
    bits = count = 0
    for septet in septets:
        bits |= septet << (SEPTET_BITS * count)
        count += 1
    return bits.to_bytes(octets_for(count), "little")


def unpack(octets: bytes) -> tuple[int, ...]:
    """Return the whole septets in ``octets``."""
    bits = int.from_bytes(octets, "little")
    count = len(octets) * OCTET_BITS // SEPTET_BITS
    return tuple(bits >> (SEPTET_BITS * n) & 0x7F for n in range(count))


def octets_for(septets: int) -> int:
    """Return how many octets a number of septets takes."""
    return (septets * SEPTET_BITS + OCTET_BITS - 1) // OCTET_BITS
