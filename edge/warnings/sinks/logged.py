"""A sink for trying things out: it writes what it would have made known to the log."""

from __future__ import annotations

import logging

from edge.warnings.notices import Action, SinkKind

log = logging.getLogger(__name__)


class LogSink:
    """Always works, and is the same again."""

    kind = SinkKind.LOG
    is_repeatable = True
    stands = False
    deadline_s = 1.0

    def open(self) -> None:
        """Nothing to get ready."""

    async def perform(self, action: Action) -> None:
        """Say it."""
        notice = action.notice
        log.warning(
            "warning",
            extra={
                "act": action.act.value,
                "channel": action.channel.value,
                "warning": action.warning,
                "version": action.version,
                "colour": "" if notice is None else notice.colour.name.lower(),
                "headline": "" if notice is None else " / ".join(t.headline for t in notice.texts),
            },
        )

    async def close(self) -> None:
        """Nothing to close."""
