"""One text that a field engineer is handed: the token, where to take it, whom to believe there.

``tfj1.`` and base 64 of JSON: ``{"t": token, "s": server URL, "c": PEM of the authority or "",
"r": SHA-256 of the root of signed releases in hex, or ""}``. Codes of before have no ``r``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "tfj1."
LENGTH_MAX: Final = 16_384
"""Characters: a token, a URL and a certificate have a thousand."""

UNPACKED_MAX: Final = 65_536
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class JoinCodeInvalid(ValueError):
    """No join code, or a part of one. ``reason`` is JOIN_CODE_INVALID."""

    reason = "JOIN_CODE_INVALID"


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What a join code says."""

    token: str
    server: str
    ca_pem: str = ""
    root_sha256: str = ""
    """Of the root of signed releases that is to be handed over; empty: whichever it is."""


def root_digest(root: bytes) -> str:
    """Return a root's digest as a code has it; empty for no root."""
    return hashlib.sha256(root).hexdigest() if root else ""


def encode(code: JoinCode) -> str:
    """Return the text."""
    said = {"t": code.token, "s": code.server, "c": code.ca_pem, "r": code.root_sha256}
    data = json.dumps(said).encode()
    return PREFIX + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def decode(text: str) -> JoinCode:
    """Return what a text says; raise JoinCodeInvalid."""
    try:
        said = json.loads(_unpacked(text.strip()))
        root = str(said.get("r", ""))
        if root and not DIGEST.fullmatch(root):
            raise ValueError  # noqa: TRY301 - one way for all that is no code
        token, server, ca_pem = (str(said[name]) for name in ("t", "s", "c"))
        return JoinCode(token, server, ca_pem, root)
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error, RecursionError):
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
