"""Opaque tokens that a caller gives back: checked, so that nothing but a token of ours passes.

The check keeps a damaged token, or one of another list, from being taken for a place in this one.
It is no secret: a token only ever says where to go on, and each call is authorised by itself.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import blake2b
from typing import Final

from services.plumbing.refusal import InvalidArgument

CHECK_BYTES: Final = 8


class PageTokenInvalid(InvalidArgument):
    """The page token is not one of this list's."""

    reason = "PAGE_TOKEN_INVALID"


class ResumeTokenInvalid(InvalidArgument):
    """The resume token is not one of this watch's."""

    reason = "RESUME_TOKEN_INVALID"


def seal(place: str, purpose: str) -> str:
    """Return a token that says ``place``, good for ``purpose`` only."""
    data = place.encode()
    return base64.urlsafe_b64encode(_check(data, purpose) + data).decode().rstrip("=")


def unseal(token: str, purpose: str) -> str | None:
    """Return the place that a token says, or None when it is no token of this purpose."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    check, data = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
    if not hmac.compare_digest(check, _check(data, purpose)):
        return None
    return data.decode()


def _check(data: bytes, purpose: str) -> bytes:
    return blake2b(data, digest_size=CHECK_BYTES, key=purpose.encode()[:64]).digest()
