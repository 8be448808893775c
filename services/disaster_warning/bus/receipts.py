"""Receipts in: many nodes' reports in one transaction, each taken once, the malformed apart."""

from __future__ import annotations

import asyncio
import re
from collections import Counter as Counts
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter

from services.disaster_warning.model.receipts import (
    Receipt,
    ReceiptState,
    Report,
    ReportKey,
    SinkKey,
    event_time,
)
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases.encoding import CHANNELS, from_microseconds
from services.disaster_warning.usecases.receiving import Taken, record_receipts
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import SURROUNDINGS, DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2

AT_ONCE: Final = 500
"""Reports of one transaction: a commit to disk is shared by so many."""

TAKE_S: Final = 1.0
"""How long to wait for reports before looking around for a stop."""

RECEIPTS_MAX: Final = 3_000
"""Receipts of one report: a node that comes back to a full bulletin of 256 notices answers for each
at itself and at five sinks, in one report, beside a thousand that its full disk has held back."""

NODES_SHOWN: Final = 5
"""Of those whose receipts are counted apart, in the log."""

REASON: Final = re.compile(r"[A-Z][A-Z0-9_]{0,62}|")
"""A receipt's reason: it is shown, so nothing that a node makes up freely goes there."""

VERSION_MAX: Final = 1_000_000
"""No warning has so many versions; beyond, the number was made up."""

STATES: Final = frozenset(int(each) for each in ReceiptState)
SINKS: Final = frozenset(notice_pb2.Sink.values()) - {notice_pb2.SINK_UNSPECIFIED}

log = structlog.get_logger(__name__)


class ReportMalformed(InvalidArgument):
    """The message is no ReceiptReport, or says what can't be."""

    reason = "REPORT_MALFORMED"


class NodeMismatch(InvalidArgument):
    """A node speaks under the subject of another."""

    reason = "NODE_MISMATCH"


class ReceiptTaker:
    """Takes nodes' reports from the stream RECEIPTS."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._letters = letters
        self._clock = clock
        self._reports = Counter(
            "tianfu_warning_reports", "Reports by outcome.", ["outcome"], registry=registry
        )
        self._unknown = Counter(
            "tianfu_warning_unknown_receipts",
            "Receipts of what was never published, passed over.",
            registry=registry,
        )
        self._apart = Counter(
            "tianfu_warning_receipts_apart",
            "Receipts that count for no county when they come, by reason.",
            ["reason"],
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        while not stop.is_set():
            messages = await self._source.take(AT_ONCE, TAKE_S)
            if messages:
                await self.take(messages)

    async def take(self, messages: Sequence[Message]) -> None:
        """Take reports together; each one that is malformed becomes a dead letter by itself.

        The good ones first: a flood of the others, a letter each, must not keep them waiting.
        """
        good: list[tuple[Message, Report]] = []
        bad: list[tuple[Message, Refusal]] = []
        for message in messages:
            try:
                good.append((message, report_of(message.subject, message.data, message.published)))
            except Refusal as refusal:
                bad.append((message, refusal))
        if good:
            await self._store(good)
        if bad:
            self._reports.labels("refused").inc(len(bad))
            await asyncio.gather(*(self._letters.settle(*each) for each in bad))

    async def _store(self, good: Sequence[tuple[Message, Report]]) -> None:
        try:
            taken: Taken = await self._transactor.write_receipts(
                record_receipts, [report for _, report in good], now=self._clock()
            )
        except Exception as error:
            if not isinstance(error, Refusal):
                log.exception("receipts not taken", reports=len(good))
            about_one = not isinstance(error, Refusal) or error.kind not in SURROUNDINGS
            if about_one and len(good) > 1:
                # One of them is at fault: find it, and take the others.
                for each in good:
                    await self._store([each])
                return
            for message, _ in good:
                await self._letters.settle(message, error)
            return
        self._reports.labels("taken").inc(taken.reports)
        self._reports.labels("repeated").inc(taken.repeated)
        self._unknown.inc(taken.unknown_receipts)
        self._tell_apart(taken.apart)
        for message, _ in good:
            await message.ack()

    def _tell_apart(self, apart: Sequence[tuple[str, str]]) -> None:
        """Count what counts for no county, and say whose it is."""
        for reason, number in Counts(reason for reason, _ in apart).items():
            self._apart.labels(reason).inc(number)
            names = sorted({node for why, node in apart if why == reason})
            shown = names[:NODES_SHOWN]
            log.warning("receipts counted apart", reason=reason, nodes=len(names), first=shown)


def report_of(subject: str, data: bytes, receive_time: datetime) -> Report:
    """Return a report from its message; raise ReportMalformed or NodeMismatch."""
    try:
        message = notice_pb2.ReceiptReport.FromString(data)
        node = subjects.receipt_node(subject)
    except (DecodeError, subjects.InvalidName):
        raise ReportMalformed("the bytes are no ReceiptReport") from None
    if message.node != node:
        raise NodeMismatch(f"the report names another node than its subject, which is {node}")
    county = message.place_code
    if len(county) != subjects.COUNTY_DIGITS or not subjects.PLACE_PATTERN.fullmatch(county):
        raise ReportMalformed("place_code: need six digits of GB/T 2260", field="place_code")
    if len(message.receipts) > RECEIPTS_MAX:
        raise ReportMalformed(f"{len(message.receipts)} receipts; at most {RECEIPTS_MAX}")
    return Report(
        key=ReportKey(node, message.epoch, message.sequence),
        county=county,
        receipts=tuple(
            _receipt(each, node, county, receive_time, place)
            for place, each in enumerate(message.receipts)
        ),
        receive_time=receive_time,
    )


def _receipt(
    message: notice_pb2.Receipt, node: str, county: str, receive_time: datetime, place: int
) -> Receipt:
    where = f"receipts[{place}]"
    if not subjects.TOKEN_PATTERN.fullmatch(message.warning):
        raise ReportMalformed(f"{where}.warning: no id of a warning", field=f"{where}.warning")
    if not 0 < message.version <= VERSION_MAX:
        raise ReportMalformed(f"{where}.version: need 1 or more", field=f"{where}.version")
    if not REASON.fullmatch(message.reason):
        raise ReportMalformed(f"{where}.reason: need UPPER_SNAKE", field=f"{where}.reason")
    channel = CHANNELS.get(message.channel)
    if channel is None or message.sink not in SINKS or message.state not in STATES:
        raise ReportMalformed(f"{where}: channel, sink or state is none", field=where)
    try:
        reported = from_microseconds(message.event_time_us)
        offset = (
            timedelta(microseconds=message.clock_offset_us)
            if message.HasField("clock_offset_us")
            else None
        )
        happened = event_time(reported, offset, receive_time)
    except OverflowError:
        raise ReportMalformed(
            f"{where}.event_time_us: no time on the calendar", field=f"{where}.event_time_us"
        ) from None
    return Receipt(
        key=SinkKey(message.warning, message.version, node, message.sink),
        channel=channel,
        state=ReceiptState(message.state),
        county=county,
        event_time=happened,
        reason=message.reason,
    )
