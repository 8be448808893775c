"""Page and resume tokens: opaque to the caller, checked when they come back.

A token holds where to go on and a digest of what was asked, so that one given back with another
filter is refused rather than answered wrongly. It is no secret and grants nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from hashlib import blake2b
from typing import Final

from services.plumbing.refusal import InvalidArgument

PAGE_SIZE_DEFAULT: Final = 100
"""Entries of a page when the caller does not say."""


NUMBER_MAX: Final = (1 << 63) - 1
"""Largest position: what PostgreSQL can be asked for."""


NUMBER_DIGITS: Final = len(str(NUMBER_MAX)) + 1


class TokenDamaged(InvalidArgument):
    """The page or resume token is not one of ours, or belongs to another question."""

    reason = "PAGE_TOKEN_INVALID"


def token(position: str | int, *question: str) -> str:
    """Return a token that goes on after ``position`` of the answer to ``question``."""
    data = json.dumps([position, _digest(position, question)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def position(text: str, *question: str, field: str = "page_token") -> str | int | None:
    """Return a token's position, None for an empty one; raise TokenDamaged for a wrong one."""
    if not text:
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found, digest = json.loads(data)
    except (binascii.Error, ValueError, TypeError):
        raise _damaged(field) from None
    if not isinstance(found, str | int) or digest != _digest(found, question):
        raise _damaged(field)
    return found


def number(text: str, *question: str, field: str = "page_token") -> int:
    """Return a token's position among numbers, 0 for an empty one; raise TokenDamaged."""
    found = position(text, *question, field=field)
    if found is None:
        return 0
    # Whoever makes one up can make its digest as well: it is not trusted to be a number.
    digits = str(found)[:NUMBER_DIGITS]
    if not (digits.isascii() and digits.isdecimal() and int(digits) <= NUMBER_MAX):
        raise _damaged(field)
    return int(digits)


def page_size(asked: int) -> int:
    """Return how many entries a page has."""
    return asked or PAGE_SIZE_DEFAULT


def _digest(position: str | int, question: tuple[str, ...]) -> str:
    return blake2b(repr((position, question)).encode(), digest_size=6).hexdigest()


def _damaged(field: str) -> TokenDamaged:
    return TokenDamaged(
        "the token is damaged or belongs to another question; begin again without it", field=field
    )
