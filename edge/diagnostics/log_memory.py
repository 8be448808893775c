"""The last lines of the agent's log, in memory, for whoever asks from afar."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from edge.clock import MICROSECONDS
from edge.logs import extras_of

LINES_MAX: Final = 500
"""Lines remembered: hours of a node that is well, minutes of one that is not; 200 KB at most."""

TEXT_MAX: Final = 200
"""Characters of one field's value."""

FIELDS_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when by the node's clock, and what it said."""

    time_us: int
    level: str
    logger: str
    text: str
    fields: tuple[tuple[str, str], ...]


class LogMemory(logging.Handler):
    """Remembers lines as fields of plain values; a traceback only by its type and place."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        super().__init__()
        self._lines: deque[Line] = deque(maxlen=LINES_MAX)

    def attach(self) -> None:
        """Hear what is logged from now on."""
        logging.getLogger().addHandler(self)

    def detach(self) -> None:
        """Hear no more."""
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:  # type: ignore[explicit-override]  # 3.11 has no override
        """Remember a line."""
        self._lines.append(line_of(record))

    def last(self, number: int) -> list[Line]:
        """Return the last lines, the oldest first."""
        return list(self._lines)[-number:]


def line_of(record: logging.LogRecord) -> Line:
    """Return what is remembered of a record.

    Values that are no plain ones are left out, as is an exception's text: it may hold whatever was
    being worked on.
    """
    fields = [
        (name, str(value)[:TEXT_MAX])
        for name, value in extras_of(record).items()
        if isinstance(value, (str, int, float, bool))
    ]
    if record.exc_info and record.exc_info[0] is not None:
        kind, _, trace = record.exc_info
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        fields.append(("exception", kind.__name__))
        if trace is not None:
            file = PurePath(trace.tb_frame.f_code.co_filename).name
            fields.append(("raised_at", f"{file}:{trace.tb_lineno}"))
    return Line(
        time_us=int(record.created * MICROSECONDS),
        level=record.levelname.lower(),
        logger=record.name,
        text=record.getMessage()[: TEXT_MAX * 2],
        fields=tuple(fields[:FIELDS_MAX]),
    )
