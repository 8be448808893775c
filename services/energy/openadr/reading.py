"""What a request says: its body, within bytes and time, and its forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from services.plumbing.refusal import InvalidArgument

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

BODY_BYTES_MAX: Final = 2 << 20
BODY_S: Final = 30.0
"""For a whole body to come; who sends it by the byte holds a connection no longer."""

FIELDS_MAX: Final = 200


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
    """Return a body that is a JSON object; raise BodyInvalid."""
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise BodyInvalid("the body is no JSON") from None
    if not isinstance(found, dict):
        raise BodyInvalid("the body is no JSON object")
    return found


def form_of(text: str) -> dict[str, list[str]]:
    """Return the parameters of a query or a form; raise InvalidArgument for too many."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise InvalidArgument(f"more than {FIELDS_MAX} parameters") from None
