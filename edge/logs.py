"""Logs as JSON lines on stderr: time, level, event and the reason code; never a reading."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line; what stands in ``extra`` becomes its keys."""

    def format(self, record: logging.LogRecord) -> str:  # type: ignore[explicit-override]  # 3.11 has no override
        """Return the line."""
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(extras_of(record))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def extras_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what stood in ``extra``."""
    return {k: v for k, v in vars(record).items() if k not in _STANDARD}


def set_up(level: str) -> None:
    """Send all logs of the process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # The client's own words about each failed attempt; the link says it once, with a reason.
    logging.getLogger("nats").setLevel(logging.CRITICAL)


def set_level(level: str) -> None:
    """Say more or less from now on."""
    logging.getLogger().setLevel(level.upper())
