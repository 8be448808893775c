"""Names and values of the API as people write and read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import typer

from cli import durations
from cli.failures import Exit, Failure


def node_name(text: str) -> str:
    """Return nodes/NODE for an id or a name."""
    return f"nodes/{text.removeprefix('nodes/')}"


def resource_name(collection: str, text: str) -> str:
    """Return COLLECTION/ID for an id or a name."""
    return f"{collection}/{text.removeprefix(f'{collection}/')}"


def series_name(text: str) -> str:
    """Return nodes/NODE/series/SERIES for NODE/SERIES or a name."""
    if text.startswith("nodes/") and "/series/" in text:
        return text
    node, slash, series = text.partition("/")
    if not slash or not node or not series:
        raise Failure(
            "SERIES_NAME_INVALID",
            f"{text!r} names no series",
            "write NODE/SERIES, such as jinjiang-1/meter-1.energy",
            status=Exit.USAGE,
        )
    return f"nodes/{node}/series/{series}"


def words(enumeration: Any, value: int, prefix: str) -> str:
    """Return an enumeration's value in words: PRESENCE_NEVER_SEEN is "never seen"."""
    name = str(enumeration.Name(value)) if value in enumeration.values() else str(value)
    word = name.removeprefix(prefix).removesuffix("_UNSPECIFIED")
    return "" if word == "UNSPECIFIED" else word.lower().replace("_", " ")


def word(name: str, prefix: str) -> str:
    """Return an enumeration's name as one word: TRIAGE_TAG_RED is red."""
    return name.removeprefix(prefix).lower().replace("_", "-")


def value_of(enumeration: Any, prefix: str, text: str, need: str, hint: str | None = None) -> Any:
    """Return an enumeration's value for a ``word`` of it: red is TRIAGE_TAG_RED.

    Raise BadParameter, which says what is needed, for any other.
    """
    try:
        return enumeration.Value(f"{prefix}{text.upper().replace('-', '_')}")
    except ValueError:
        raise typer.BadParameter(need, param_hint=hint) from None


def to_the_second(stamp: Any) -> str:
    """Return a Timestamp in UTC as ISO 8601, to the second."""
    return str(stamp.ToDatetime(UTC).isoformat(timespec="seconds"))


def shown_time(seconds: float) -> str:
    """Return a Unix time in UTC as ISO 8601 with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def since(message: Any, field: str) -> str:
    """Return a timestamp field as text, empty when it is not set."""
    if not message.HasField(field):
        return ""
    stamp = getattr(message, field)
    return shown_time(stamp.seconds + stamp.nanos / 1e9)


def time_of(text: str, now: datetime) -> datetime:
    """Return the moment that a text states: ISO 8601, "now", or a duration ago such as 15m."""
    if text == "now":
        return now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            return now - durations.parse(text.removeprefix("-"))
        except (ValueError, OverflowError):
            raise Failure(
                "TIME_INVALID",
                f"{text!r} is no time",
                'write 2026-01-12T08:00:00Z, "now", or how long ago: 15m',
                status=Exit.USAGE,
            ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def duration_of(text: str) -> timedelta:
    """Return the duration that a text states; raise Failure otherwise."""
    try:
        return durations.parse(text)
    except ValueError as error:
        raise Failure("DURATION_INVALID", str(error), status=Exit.USAGE) from None
