"""Spans as JSON lines, and the W3C trace context that travels with a batch.

A few lines in place of an SDK that would be larger than the agent.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

FILE_BYTES_MAX: Final = 32 << 20
"""Then the file is renamed to .1, replacing the one before: at most twice this on the disk."""

SERVICE: Final = "edge"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Where a span stands: its trace, itself, and whether the trace is followed."""

    trace_id: str
    span_id: str
    is_sampled: bool

    @property
    def traceparent(self) -> str:
        """Return the context as a W3C header."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"


def parse(traceparent: str) -> TraceContext | None:
    """Return the context in a header that this agent wrote, None for an empty one."""
    parts = traceparent.split("-")
    if len(parts) != 4:  # noqa: PLR2004 - version, trace, span, flags
        return None
    return TraceContext(parts[1], parts[2], parts[3] == "01")


class Tracer:
    """Begins traces and writes the spans of those that are followed."""

    def __init__(
        self, file: Path | None, sample_ratio: float, random_bits: Callable[[int], int]
    ) -> None:
        """Write to ``file``, or nowhere; a ``sample_ratio`` of all traces is followed."""
        self._path = file
        self._file: TextIO | None = None
        self._sampled_below = int(sample_ratio * 2**32)
        self._random_bits = random_bits

    def begin(self) -> TraceContext:
        """Return the root of a new trace."""
        # Zero is no id in the standard.
        trace_id = f"{self._random_bits(128) or 1:032x}"
        is_sampled = self._random_bits(32) < self._sampled_below
        return TraceContext(trace_id, self._span_id(), is_sampled)

    def child(self, parent: TraceContext) -> TraceContext:
        """Return a new span below ``parent``."""
        return TraceContext(parent.trace_id, self._span_id(), parent.is_sampled)

    def write(
        self,
        context: TraceContext,
        name: str,
        start_us: int,
        end_us: int,
        *,
        parent_id: str = "",
        **attributes: object,
    ) -> None:
        """Write one span, if its trace is followed and there is a file."""
        if self._path is None or not context.is_sampled:
            return
        span = {
            "trace_id": context.trace_id,
            "span_id": context.span_id,
            "parent_id": parent_id,
            "name": name,
            "service": SERVICE,
            "start_us": start_us,
            "end_us": max(start_us, end_us),  # a clock that jumped back makes no negative span
            "attributes": attributes,
        }
        try:
            self._append(self._path, json.dumps(span) + "\n")
        except OSError:
            # A trace is a convenience: a full disk must not stop a batch for it.
            log.debug("no span written", exc_info=True)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, path: Path, line: str) -> None:
        if self._file is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8", buffering=1)
        self._file.write(line)
        if self._file.tell() > FILE_BYTES_MAX:
            self.close()
            path.replace(path.with_name(path.name + ".1"))

    def _span_id(self) -> str:
        return f"{self._random_bits(64) or 1:016x}"
