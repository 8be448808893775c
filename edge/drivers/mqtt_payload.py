"""What an MQTT message says: a number, or a field of a JSON object with its time. Pure."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

PAYLOAD_BYTES_MAX: Final = 65_536
"""Devices send a line; more is a file, or an attack."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM: Final = 1e11
"""Seconds since 1970 reach it in the year 5138, milliseconds did in 1973: one of them is meant."""


class BadPayload(Exception):
    """A message without the value asked for; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what is wrong."""
        super().__init__(message)
        self.reason = reason


def parse(payload: bytes, field: str, time_field: str) -> tuple[float, int | None]:
    """Return the value and its time in microseconds, None without a ``time_field``.

    ``field`` is a path with dots into a JSON object, empty when the payload itself is the number.
    A time is seconds or milliseconds since 1970, or ISO 8601 with its zone.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise BadPayload("MQTT_TOO_LONG", f"{len(payload)} bytes are more than are read")
    try:
        whole = json.loads(payload)
    except (ValueError, RecursionError):
        raise BadPayload("MQTT_SYNTAX", "neither a number nor JSON") from None
    value = at(whole, field)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool):
        value = int(value)
    if not isinstance(value, int | float) or not _is_finite(value):
        raise BadPayload("MQTT_VALUE", f"{field or 'the payload'} is no finite number")
    return float(value), _time_us(at(whole, time_field)) if time_field else None


def at(whole: Any, path: str) -> Any:
    """Return what stands at a path with dots, None when nothing does."""
    for key in path.split(".") if path else ():
        if isinstance(whole, dict):
            whole = whole.get(key)
        elif isinstance(whole, list) and key.isdecimal() and int(key) < len(whole):
            whole = whole[int(key)]
        else:
            return None
    return whole


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        return False


def _time_us(value: Any) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value):
        return round(value * (1e3 if abs(value) >= MILLISECONDS_FROM else 1e6))
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return (moment - EPOCH) // timedelta(microseconds=1)
    raise BadPayload("MQTT_TIME", "the time is neither seconds since 1970 nor ISO 8601 with a zone")
