"""Reports of receipts: what a node says of the warnings it was given, and the way they go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

from edge.spool_account import Waiting
from edge.uplink import Route
from edge.warnings.notices import Receipt
from tianfu import batch_limits, subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.subjects import Channel

CONTENT_TYPE: Final = "application/x-protobuf; type=tianfu.disaster_warning.v1.ReceiptReport"

REASON_CHARACTERS_MAX: Final = 64
"""A reason is a code, never a text."""

_CHANNELS: Final = {
    Channel.LIVE: warning_pb2.WARNING_CHANNEL_LIVE,
    Channel.DRILL: warning_pb2.WARNING_CHANNEL_DRILL,
}


class Reporter:
    """Writes the reports of one node. Safe to call from any thread."""

    def __init__(
        self, node: subjects.NodeId, county: str, offset_us: Callable[[], int | None]
    ) -> None:
        """Take who reports, and the clock's offset as it is estimated at each moment."""
        self._node = node
        self._county = county
        self._offset_us = offset_us

    def report(self, epoch: int, sequence: int, receipts: Sequence[Receipt]) -> bytes:
        """Return the report of a sequence number: the same bytes at each attempt to send it."""
        offset_us = self._offset_us()
        message = pb.ReceiptReport(
            node=self._node, sequence=sequence, epoch=epoch, place_code=self._county
        )
        for one in receipts:
            receipt = message.receipts.add(
                warning=one.warning,
                version=one.version,
                channel=_CHANNELS[one.channel],
                sink=cast("pb.Sink", one.sink),
                state=cast("pb.ReceiptState", int(one.told)),
                # Decisions reckon in the platform's time; a receipt says the node's, and how far
                # that is off.
                event_time_us=one.event_time_us - (offset_us or 0),
                reason=one.reason[:REASON_CHARACTERS_MAX],
            )
            if offset_us is not None:
                receipt.clock_offset_us = offset_us
        return bytes(message.SerializeToString())


def message_id(node: subjects.NodeId, epoch: int, sequence: int) -> str:
    """Return the id under which a report is sent, at each attempt."""
    return f"{node}-{epoch:x}-{sequence}"


def route(node: subjects.NodeId, *, retry_most_s: float) -> Route:
    """Return the way of a node's receipts."""

    def named(row: Waiting) -> str:
        return message_id(node, row.epoch, row.sequence)

    taker = "disaster-warning"
    return Route(subjects.receipt(node), CONTENT_TYPE, taker, named, retry_most_s)


def measured(offset_us: int) -> int | None:
    """Return a clock offset as receipts have it: None while it is not measured."""
    return None if offset_us == batch_limits.UNMEASURED_US else offset_us
