"""What a request says: its body, within bytes and time, and its forms."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from services.plumbing.refusal import InvalidArgument

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_BYTES_MAX: Final = 2 << 20
BODY_S: Final = 30.0
"""For a whole body to come; who sends it by the byte holds a connection no longer."""

FIELDS_MAX: Final = 200
DIGITS_MAX: Final = 18
"""Of a whole number: what 64 bits hold. A longer one is nobody's energy."""


class BodyInvalid(InvalidArgument):
    """A body that is no JSON object, or too large."""

    reason = "BODY_INVALID"


class BodyTooSlow(InvalidArgument):
    """A body that did not come to its end in time."""

    reason = "BODY_TOO_SLOW"


async def whole(receive: Receive, within_s: float = BODY_S) -> bytes:
    """Return a request's body; raise BodyInvalid or BodyTooSlow."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(within_s):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise BodyInvalid("the body ends before its end")
                part = message.get("body", b"")
                size += len(part)
                if size > BODY_BYTES_MAX:
                    raise BodyInvalid(f"the body has more than {BODY_BYTES_MAX} bytes")
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise BodyTooSlow(f"the body did not come within {within_s:.0f} s") from None


def json_of(body: bytes) -> dict[str, Any]:
    """Return a body that is a JSON object (RFC 8259); raise BodyInvalid.

    What Python would read beyond JSON is refused, and so is what can't be stored: numbers without
    end, NUL in a text, halves of a surrogate pair.
    """
    try:
        found: object = json.loads(
            body, parse_constant=_no_number, parse_float=_finite, parse_int=_whole
        )
        if not isinstance(found, dict):
            raise BodyInvalid("the body is no JSON object")
        _check_texts(found)
    except (ValueError, RecursionError):
        raise BodyInvalid("the body is no JSON, or a number or text in it has no end") from None
    return found


def _no_number(text: str) -> float:
    raise ValueError(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:20])
    return value


def _whole(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise ValueError(text[:20])
    return int(text)


def _check_texts(found: object) -> None:
    """Raise ValueError for a text that PostgreSQL or UTF-8 do not have."""
    if isinstance(found, str):
        if "\x00" in found:
            raise ValueError("NUL")
        found.encode()
    elif isinstance(found, dict):
        for key, value in found.items():
            _check_texts(key)
            _check_texts(value)
    elif isinstance(found, list):
        for each in found:
            _check_texts(each)


def form_of(text: str) -> dict[str, list[str]]:
    """Return the parameters of a query or a form; raise InvalidArgument for too many."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise InvalidArgument(f"more than {FIELDS_MAX} parameters") from None
