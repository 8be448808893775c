"""From the stream into the store: take, prepare, admit, write, acknowledge.

While one block is written, the next batches are taken and prepared; they are admitted when it is
stored. So the accounts are always what the store has, plus at most one block in the making.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import structlog

from services.plumbing.clock import Clock, Monotonic
from services.telemetry.columns import Columns, join
from services.telemetry.meters import IngestMeters
from services.telemetry.registry import Registry
from services.telemetry.store import ledger as books
from services.telemetry.store.engine import AsyncEngine, StoreUnavailable
from services.telemetry.usecases import (
    Admission,
    Block,
    Ledger,
    Prepared,
    Refused,
    Window,
    admit,
    build_block,
    count_refused,
    prepare,
    settle,
)

BLOCK_BATCHES: Final = 800
"""Batches in a block at the most: 800,000 readings of the usual batch. ClickHouse makes up to a
million rows of one insert one part, and each insert's flush to disk is shared by so many more."""

IN_FLIGHT_BATCHES: Final = 2_048
"""Batches asked for from the stream at a time: a block in the making and the one after it. Their
bytes have a bound of their own in the consumer."""

BLOCK_INTERVAL_S: Final = 0.05
"""Least time between the starts of blocks: 20 inserts a second are what merges keep up with."""

TAKE_S: Final = 1.0
"""How long to wait for messages before looking around: for a stop, for marks."""

MARKS_S: Final = 30.0
"""How often the accounts are written: a start replays the ledger since, half a minute of it."""

RETRY_S: Final = 2.0
"""Pause after the store failed, before its state is read anew."""

CAREFUL_S: Final = 120.0
"""How long after a block that could not be written messages that come again are written one by
one, so that the one to blame is found. Longer than any of them takes to come again."""

log = structlog.get_logger(__name__)


class BlockUnwritable(StoreUnavailable):
    """A block was not written for what is in it, not for the store's state."""

    reason = "BLOCK_UNWRITABLE"


class Message(Protocol):
    """A message that is in the stream until it is acknowledged."""

    subject: str
    data: bytes
    delivered: int

    async def ack(self) -> None:
        """Say that it is done with."""
        ...

    async def nak(self, delay_s: float) -> None:
        """Ask for it again after some seconds."""
        ...


class Source(Protocol):
    """Where messages come from."""

    async def take(self, max_messages: int, max_wait: float) -> Sequence[Any]:
        """Return what is there, waiting for the first; empty when nothing came."""
        ...


Bury = Callable[[Any, str, str], Awaitable[None]]
"""Put a message into the dead-letter stream, with reason and text, and end it."""


BlockListener = Callable[[Block, Admission], None]
"""Who wants to know of each stored block, and of the messages it came from."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Messages looked at while the block before is written."""

    prepared: list[Prepared]
    refused: list[Refused]
    columns: Columns


@dataclass(frozen=True, slots=True)
class Writing:
    """A block that is being written, and what is to be said of its messages then."""

    task: asyncio.Task[None]
    block: Block
    admission: Admission


@dataclass
class Ingest:
    """The consumer of the stream of readings. ``open`` first, then ``run`` until ``stop``."""

    source: Source
    engine: AsyncEngine
    bury: Bury
    clock: Clock
    monotonic: Monotonic
    meters: IngestMeters
    window: Window = field(default_factory=Window)
    block_batches: int = BLOCK_BATCHES
    block_interval_s: float = BLOCK_INTERVAL_S
    listeners: list[BlockListener] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    registry: Registry = field(default_factory=Registry)
    committed_block: int = 0
    # Messages of the stream that wait behind the last one taken.
    pending: int = 0
    _next_block: int = 1
    _marked_at: float = 0.0
    _careful_until: float = float("-inf")
    # What was buried as unwritable, to be counted when the accounts are read anew.
    _unwritable: list[Refused] = field(default_factory=list)
    # Whether the accounts are what the store has: not so from the admission of a block until it
    # is written, and after a failure until they are read anew. Only then may they be stored.
    _sound: bool = False
    _writing: Writing | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        """Mend what a crash left and read the accounts; raise StoreUnavailable when it can't."""
        self._next_block = await self.engine.write(books.recover)
        self.committed_block = self._next_block - 1
        # The register is filled in place: others hold it.
        self.ledger = await self.engine.write(books.load, self.registry)
        self._marked_at = self.monotonic()
        self._sound = True

    def stop(self) -> None:
        """Take no more; ``run`` returns when what was taken is stored."""
        self._stopping.set()

    async def run(self) -> None:
        """Consume until stopped."""
        try:
            while not self._stopping.is_set():
                started = self.monotonic()
                messages = await self._take()
                for part in self._parts(messages):
                    await self._pass_on(part)
                await self._pace(started, full=len(messages) >= self.block_batches)
        finally:
            await self._finish()

    def _parts(self, messages: Sequence[Any]) -> list[Sequence[Any]]:
        """Return what is to be written together.

        After a block that was unwritable, what comes again is written one by one.
        """
        if self.monotonic() >= self._careful_until:
            return [messages]
        again = [[message] for message in messages if message.delivered > 1]
        return [*again, [message for message in messages if message.delivered <= 1]]

    async def _pass_on(self, messages: Sequence[Any]) -> None:
        """Begin a block of these messages, once the one before is written."""
        ready = self._prepare(messages)
        try:
            written = await self._written()
            await self._mark_when_due()
            await self._begin(ready)
        except StoreUnavailable as error:
            await self._give_back(messages)
            await self._reopen(error)
            return
        # The next block is being written meanwhile.
        await self._settle(written)

    async def _finish(self) -> None:
        """See the last block through, and write the accounts."""
        try:
            await self._settle(await self._written())
        except StoreUnavailable as error:
            # Its messages were given back; the next start reads the accounts anew.
            log.error("last block not stored", why=str(error))  # noqa: TRY400 - its text says all
            return
        if self._sound:
            await self.engine.write(books.write_marks, self.ledger, self.committed_block)

    async def _take(self) -> Sequence[Any]:
        """Return messages; a stop ends the wait."""
        take = asyncio.ensure_future(self.source.take(self.block_batches, TAKE_S))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({take, stop}, return_when=asyncio.FIRST_COMPLETED)
            messages = await take
            self.pending = messages[-1].pending if messages else 0
            return messages
        finally:
            stop.cancel()

    async def _pace(self, started: float, *, full: bool) -> None:
        """Leave time between blocks, unless there is so much that a block filled up at once."""
        rest = self.block_interval_s - (self.monotonic() - started)
        if rest > 0 and not full:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), rest)

    def _prepare(self, messages: Sequence[Any]) -> Ready:
        prepared: list[Prepared] = []
        refused: list[Refused] = []
        now_us = self._now_us()
        for message in messages:
            one = self._looked_at(message, now_us)
            if isinstance(one, Prepared):
                prepared.append(one)
            else:
                refused.append(one)
        # Joined before it is known that all will be admitted: nearly always they are.
        return Ready(prepared, refused, join(prepared))

    def _looked_at(self, message: Any, now_us: int) -> Prepared | Refused:
        try:
            return prepare(message, self.registry, window=self.window, now_us=now_us)
        except Exception:
            # A defect of ours. One message must not end the service, again and again.
            log.exception("batch not understood", subject=message.subject)
            return Refused(message, "", "BATCH_UNREADABLE", "looking at it failed; see the log")

    async def _begin(self, ready: Ready) -> None:
        """Admit batches and start writing them as a block, if there is anything to write."""
        now_us = self._now_us()
        self._sound = False
        admission = admit(ready.prepared, self.ledger, now_us=now_us)
        if admission.unverified:
            await self._verify(admission)
        admission.refused.extend(ready.refused)
        count_refused(admission.refused, self.ledger)
        if not (admission.stored or admission.repeated or admission.refused):
            self._sound = True
            return
        whole = len(admission.stored) == len(ready.prepared)
        columns = ready.columns if whole else join(admission.stored)
        block = build_block(self._next_block, admission.stored, columns, self.registry.new())
        self._next_block += 1
        task = asyncio.create_task(self.engine.write(books.write_block, block, now_us))
        self._writing = Writing(task, block, admission)

    async def _verify(self, admission: Admission) -> None:
        """Compare repetitions of long ago with the ledger."""
        stored = await self.engine.write(books.digests, admission.unverified)
        for one in admission.unverified:
            header = one.batch.header
            key = (header.node, header.epoch, header.sequence)
            settle(admission, self.ledger, one, stored.get(key))
        admission.unverified.clear()

    async def _written(self) -> Writing | None:
        """Wait for the block that is being written; give its messages back when it failed."""
        writing, self._writing = self._writing, None
        if writing is None:
            return None
        admission = writing.admission
        try:
            await writing.task
        except StoreUnavailable:
            self.meters.failed()
            await self._give_back([p.message for p in (*admission.stored, *admission.repeated)])
            await self._give_back([r.message for r in admission.refused])
            raise
        except Exception as error:
            # A defect of ours, brought out by a message: as above.
            log.exception("block not written", batches=len(admission.stored))
            self.meters.failed()
            await self._set_apart(admission)
            raise BlockUnwritable(f"the block could not be made: {type(error).__name__}") from error
        block = writing.block
        self.ledger.commit(block.entries)
        self._sound = True
        self.registry.stored(block.new_series)
        self.committed_block = block.number
        for listener in self.listeners:
            listener(block, admission)
        self.meters.stored(block, admission, self._now_us())
        return writing

    async def _set_apart(self, admission: Admission) -> None:
        """Bury the message of a block that was one message, or have all come again one by one."""
        await self._give_back([p.message for p in admission.repeated])
        await self._give_back([r.message for r in admission.refused])
        if len(admission.stored) > 1:
            self._careful_until = self.monotonic() + CAREFUL_S
            await self._give_back([p.message for p in admission.stored])
            return
        for one in admission.stored:
            header = one.batch.header
            text = "the store could not be given it; see telemetry's log"
            refused = Refused(one.message, header.node, "BATCH_UNWRITABLE", text, header.count)
            self._unwritable.append(refused)
            await self.bury(refused.message, refused.reason, refused.text)

    async def _settle(self, writing: Writing | None) -> None:
        """Acknowledge what is stored, and bury what was refused."""
        if writing is None:
            return
        admission = writing.admission
        for one in (*admission.stored, *admission.repeated):
            await one.message.ack()  # type: ignore[attr-defined]
        for refusal in admission.refused:
            await self.bury(refusal.message, refusal.reason, refusal.text)
        if admission.refused:
            reasons = Counter(r.reason for r in admission.refused)
            log.warning("batches refused", reasons=dict(reasons))

    async def _reopen(self, error: StoreUnavailable) -> None:
        """Read the accounts anew when the store is back: they may hold what was not stored."""
        log.error("block not stored", why=str(error))
        heard = self.ledger
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RETRY_S)
            try:
                await self.open()
            except StoreUnavailable as again:
                log.error("store still unavailable", why=str(again))  # noqa: TRY400 - its text says all
                continue
            count_refused(self._unwritable, self.ledger)
            self._unwritable.clear()
            for node, account in heard.nodes.items():
                for number, epoch in account.epochs.items():
                    self.ledger.heard(node, number, epoch.produced)
            return

    async def _give_back(self, messages: Sequence[Any]) -> None:
        for message in messages:
            await message.nak(RETRY_S)

    async def _mark_when_due(self) -> None:
        if self.monotonic() - self._marked_at < MARKS_S:
            return
        self._marked_at = self.monotonic()
        try:
            await self.engine.write(books.write_marks, self.ledger, self.committed_block)
        except StoreUnavailable as error:
            # The marks of last time still hold; a start has more of the ledger to read.
            log.warning("marks not written", why=str(error))

    def _now_us(self) -> int:
        return int(self.clock().timestamp() * 1_000_000)
