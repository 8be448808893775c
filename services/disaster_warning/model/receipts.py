"""Receipts (回执): what became of a warning's version at each sink of each node.

A receipt's state only moves forwards, whatever the order in which reports come: the states have
ranks, and the highest one heard of stands. A failure or a refusal is final unless the sink did it
later after all.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tianfu.subjects import Channel

EXPIRED_REASON: Final = "NOTICE_EXPIRED"
"""With which a node refuses what was over when it came."""

COUNTY_MISMATCH: Final = "COUNTY_MISMATCH"
"""Why a receipt is counted apart: it was said as a node of another county than the fleet's."""

NODE_UNKNOWN: Final = "NODE_UNKNOWN"
"""Why a receipt is counted apart: the fleet has told of no such node, or not yet."""

CLOCK_OFFSET_MAX: Final = timedelta(days=3650)
"""A clock that is off by more was not measured."""


class ReceiptState(enum.IntEnum):
    """What became of a warning at a sink; numbered as in the contract."""

    SENT = 1
    DELIVERED = 2
    ACKED = 3
    FAILED = 4
    REFUSED = 5


RANKS: Final = {
    ReceiptState.SENT: 1,
    ReceiptState.FAILED: 2,
    ReceiptState.REFUSED: 2,
    ReceiptState.DELIVERED: 3,
    ReceiptState.ACKED: 4,
}
"""The higher one stands. Between equals the first one heard of does."""


class SinkKey(NamedTuple):
    """A version of a warning at a sink of a node."""

    warning_id: str
    version: int
    node: str
    sink: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one report says of one sink. ``event_time`` is the node's, mended by its own offset.

    ``county`` is the node's word. With a reason to be ``apart`` it counts for no county.
    """

    key: SinkKey
    channel: Channel
    state: ReceiptState
    county: str
    event_time: datetime
    reason: str = ""
    apart: str = ""


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where the fleet has a node, since when, and where it had it before ("": nowhere)."""

    node: str
    county: str
    change_time: datetime
    previous_county: str = ""


class Answer(NamedTuple):
    """Somebody in a county has acknowledged a version of a warning."""

    warning_id: str
    version: int
    county: str


class ReportKey(NamedTuple):
    """Identity of a report: the node, and the count within its epoch."""

    node: str
    epoch: int
    sequence: int

    @property
    def message_id(self) -> str:
        """As the inbox has it."""
        return f"{self.node}-{self.epoch:x}-{self.sequence}"


@dataclass(frozen=True, slots=True)
class Report:
    """A node's report: all or nothing of it is taken."""

    key: ReportKey
    county: str
    receipts: tuple[Receipt, ...]
    receive_time: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """Who has received a version, in one county; counts of nodes, failures of sinks.

    ``apart`` are nodes that have spoken for the county and are in none of the other counts.
    """

    county: str
    version: int = 0
    nodes: int = 0
    delivered: int = 0
    acknowledged: int = 0
    failed: int = 0
    expired: int = 0
    level: int = 0
    apart: int = 0
    first_delivery: datetime | None = None
    last_delivery: datetime | None = None


@dataclass(frozen=True, slots=True)
class CountyBoard:
    """What became of all warnings that hold in a county: nodes, once for each warning.

    ``sent`` have passed one on and heard nothing of it, ``failed`` have a sink that could not do
    it, ``outstanding`` report from there and have not said that they have it. ``level`` is how far
    calls have gone for a warning that nobody there has acknowledged.
    """

    county: str
    sent: int
    delivered: int
    acknowledged: int
    failed: int
    outstanding: int
    level: int


def apart(county: str, happened: datetime, place: NodePlace | None) -> str:
    """Return why what a node says as one of a county is counted apart, "" when it counts there.

    A node that was moved answers for the county before with what happened there until then: what
    its spool kept while it was cut off is not lost.
    """
    if place is None:
        return NODE_UNKNOWN
    before = county == place.previous_county and happened < place.change_time
    return "" if county == place.county or before else COUNTY_MISMATCH


def placed(known: NodePlace | None, told: NodePlace) -> NodePlace:
    """Return where a node stands after the fleet has told of it; told again, nothing changes."""
    if known is None:
        return told
    return known if known.county == told.county else replace(told, previous_county=known.county)


def moves(before: Receipt, after: Receipt) -> bool:
    """Say whether a sink's state goes from the one to the other.

    What counts stands before what is kept apart, so that a node that claims a foreign county
    takes nothing away.
    """
    return _weight(after) > _weight(before)


def _weight(receipt: Receipt) -> tuple[bool, int]:
    return not receipt.apart, RANKS[receipt.state]


def event_time(reported: datetime, offset: timedelta | None, receive_time: datetime) -> datetime:
    """Return when it happened: by the node's clock, mended, and not after it was heard of."""
    if offset is None or abs(offset) > CLOCK_OFFSET_MAX:
        return min(reported, receive_time)
    return min(reported + offset, receive_time)


def merged(receipts: Iterable[Receipt]) -> dict[SinkKey, Receipt]:
    """Return what stands of many receipts, one for each sink."""
    stands: dict[SinkKey, Receipt] = {}
    for one in receipts:
        known = stands.get(one.key)
        if known is None or moves(known, one):
            stands[one.key] = one
    return stands


def total(summaries: Iterable[Summary], version: int) -> Summary:
    """Return all counties together."""
    parts = list(summaries)
    first = [each.first_delivery for each in parts if each.first_delivery is not None]
    last = [each.last_delivery for each in parts if each.last_delivery is not None]
    return Summary(
        county="",
        version=version,
        nodes=sum(each.nodes for each in parts),
        delivered=sum(each.delivered for each in parts),
        acknowledged=sum(each.acknowledged for each in parts),
        failed=sum(each.failed for each in parts),
        expired=sum(each.expired for each in parts),
        level=max((each.level for each in parts), default=0),
        apart=sum(each.apart for each in parts),
        first_delivery=min(first, default=None),
        last_delivery=max(last, default=None),
    )
