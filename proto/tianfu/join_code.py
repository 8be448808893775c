"""One text that a field engineer is handed: the token, where to take it, whom to believe there.

``tfj1.`` and base 64 of JSON: ``{"t": token, "s": server URL, "c": PEM of the authority or ""}``.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "tfj1."
LENGTH_MAX: Final = 16_384
"""Characters: a token, a URL and a certificate have a thousand."""

UNPACKED_MAX: Final = 65_536


class JoinCodeInvalid(ValueError):
    """No join code, or a part of one. ``reason`` is JOIN_CODE_INVALID."""

    reason = "JOIN_CODE_INVALID"


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What a join code says."""

    token: str
    server: str
    ca_pem: str = ""


def encode(code: JoinCode) -> str:
    """Return the text."""
    data = json.dumps({"t": code.token, "s": code.server, "c": code.ca_pem}).encode()
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def decode(text: str) -> JoinCode:
    """Return what a text says; raise JoinCodeInvalid."""
    try:
        said = json.loads(_unpacked(text.strip()))
        return JoinCode(*(str(said[name]) for name in ("t", "s", "c")))
    except (ValueError, TypeError, KeyError, zlib.error, RecursionError):
        raise JoinCodeInvalid(
            f"no join code: it begins with {PREFIX} and is one line; was it cut off?"
        ) from None


def _unpacked(text: str) -> bytes:
    if len(text) > LENGTH_MAX or not text.startswith(PREFIX):
        raise ValueError
    packed = text.removeprefix(PREFIX)
    raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(raw, UNPACKED_MAX)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError
    return data
