"""Logs: one JSON object a line on stderr, with trace ids, without personal data or secrets.

``event`` says what happened in a constant sentence; what varies stands under its own keys. Keys
that could hold something personal or secret are redacted here, whatever a caller passes. An
exception is logged as its class and the places it came through: its text may quote a value.
"""

from __future__ import annotations

import enum
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime, timedelta
from pathlib import PurePath
from typing import Any, Final, TextIO

import structlog
from opentelemetry import trace

REDACTED: Final = "[redacted]"

DENIED_WORDS: Final = frozenset(
    {
        # secrets
        *("authorization", "bearer", "cookie", "credential", "credentials", "dsn", "jwt"),
        *("key", "passphrase", "passwd", "password", "pwd", "secret", "seed", "signature"),
        *("token", "tokens"),
        # persons
        *("age", "birth", "birthday", "birthdate", "citizen", "diagnosis", "doctor", "email"),
        *("gender", "mobile", "owner", "passport", "patient", "person", "phone", "resident"),
        *("sex", "subscriber", "telephone", "user", "username"),
    }
)
"""A key any of whose words is one of these is redacted: patient_id, user.name, x-api-key."""

DENIED_KEYS: Final = frozenset(
    {
        *("bank_account", "display_name", "full_name", "home_address", "id_card", "id_number"),
        # whole messages, which may hold anything
        *("body", "parameters", "payload", "request", "response", "row", "rows", "statement"),
    }
)
"""Keys that are redacted as a whole."""

DEPTH_MAX: Final = 4
"""Nesting that is looked into; what lies deeper is redacted."""

FRAMES_MAX: Final = 30
"""Innermost places of an exception that are logged."""

CAUSES_MAX: Final = 5
"""Exceptions of a chain that are logged."""

_WORDS: Final = re.compile(r"[^a-z0-9]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_USERINFO: Final = re.compile(r"(?<=://)[^/@\s]+@")
_SPOKEN: Final = (PurePath, datetime, date, timedelta, enum.Enum)

EventDict = MutableMapping[str, Any]


def configure(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logs, those of libraries too, as JSON lines to ``stream`` (default stderr)."""
    out = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]

    def named(_: object, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        named,
        add_trace_ids,
    ]
    last: list[structlog.typing.Processor] = [
        exception_places,
        redact,
        structlog.processors.JSONRenderer(default=_named_only, ensure_ascii=False),
    ]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,  # loggers of modules exist before this is called
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    # Libraries are heard from warnings on: what they say below that may quote values.
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[handler], force=True)


def add_trace_ids(_: object, __: str, event: EventDict) -> EventDict:
    """Add the current span's ids."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event


def exception_places(_: object, __: str, event: EventDict) -> EventDict:
    """Put the class of an exception, and the places it came through, in place of its text."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if not isinstance(error, BaseException):
        return event
    chain: list[dict[str, object]] = []
    while error is not None and len(chain) < CAUSES_MAX:
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        chain.append(
            {
                "type": f"{type(error).__module__}.{type(error).__qualname__}",
                "places": [f"{f.filename}:{f.lineno} {f.name}" for f in frames],
            }
        )
        error = error.__cause__ or error.__context__
    event["exception"] = chain
    return event


def redact(_: object, __: str, event: EventDict) -> EventDict:
    """Replace the values of keys that could be personal or secret, at any depth."""
    return {key: _clean(str(key), value, 0) for key, value in event.items()}


def denied(key: str) -> bool:
    """Return whether a key's value may not be logged."""
    words = _WORDS.split(_CAMEL.sub("_", key).lower())
    return "_".join(words) in DENIED_KEYS or not DENIED_WORDS.isdisjoint(words)


def _clean(key: str, value: object, depth: int) -> object:
    if denied(key) or depth > DEPTH_MAX:
        return REDACTED
    if isinstance(value, str):
        return _USERINFO.sub(f"{REDACTED}@", value) if "://" in value else value
    if isinstance(value, Mapping):
        return {str(k): _clean(str(k), v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth + 1) for item in value]
    return value


def _named_only(value: object) -> str:
    """Say of what class a value is: its text could be a whole message."""
    if isinstance(value, _SPOKEN):
        return str(value)
    return f"<{type(value).__name__}>"
