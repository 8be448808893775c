"""From the stream into the store: take, prepare, admit, write, acknowledge.

While one block's readings are written, the next batches are taken and prepared; they are admitted
when those readings are in the store, and written while the block's ledger rows, its commit, are.
So the accounts are always what the store has, plus at most two blocks in the making. A block
commits after the one before it, or not at all: what a crash leaves is above every commit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
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

PART_BATCHES: Final = 200
"""Batches taken and looked at together: the connection is read between two parts, so that the
server is never kept waiting for long."""

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
    # Done when the readings are in the store; the ledger's rows, the commit, are still to come.
    laid: asyncio.Future[None]
    block: Block
    admission: Admission

    @property
    def messages(self) -> list[Any]:
        """What it came of."""
        admission = self.admission
        sound: list[Any] = [one.message for one in (*admission.stored, *admission.repeated)]
        return [*sound, *(one.message for one in admission.refused)]


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
    # The oldest first; the last one's readings are being written, the others' are in the store.
    _writing: deque[Writing] = field(default_factory=deque)
    _taking: asyncio.Future[Sequence[Any]] | None = None
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
            while self._may_take:
                started = self.monotonic()
                looked: list[Prepared | Refused] = []
                try:
                    await self._gather(looked)
                except StoreUnavailable as error:
                    await self._begin_anew(error, looked)
                    continue
                for part in self._parts(looked):
                    await self._pass_on(part)
                if looked:
                    await self._pace(started, full=len(looked) >= self.block_batches)
        finally:
            await self._finish()

    @property
    def _may_take(self) -> bool:
        """Whether messages are taken: not once stopped, but for what has been asked for already."""
        return not self._stopping.is_set() or self._taking is not None

    async def _gather(self, looked: list[Prepared | Refused]) -> None:
        """Look at a block's messages: what is there, and what comes while the one before is laid.

        Blocks are full as long as the stream has more: each costs the store two flushes to disk.
        """
        while self._may_take and (room := self.block_batches - len(looked)) > 0:
            messages = await self._take(min(room, PART_BATCHES))
            if messages is None:
                await self._settle_done()
            elif not messages:
                return
            else:
                looked += self._looked_at(messages)
            idle = not self._writing or self._writing[-1].laid.done()
            if looked and idle and not self.pending:
                return

    def _parts(self, looked: list[Prepared | Refused]) -> list[list[Prepared | Refused]]:
        """Return what is to be written together.

        After a block that was unwritable, what comes again is written one by one.
        """
        if self.monotonic() >= self._careful_until:
            return [looked]
        again = [[one] for one in looked if one.message.delivered > 1]  # type: ignore[attr-defined]
        first = [one for one in looked if one.message.delivered <= 1]  # type: ignore[attr-defined]
        return [*again, first]

    async def _pass_on(self, looked: list[Prepared | Refused]) -> None:
        """Begin a block of these, once the readings of the one before are in the store."""
        prepared = [one for one in looked if isinstance(one, Prepared)]
        refused = [one for one in looked if isinstance(one, Refused)]
        # Joined before it is known that all will be admitted: nearly always they are.
        ready = Ready(prepared, refused, join(prepared))
        try:
            await self._laid()
            await self._mark_when_due()
            await self._begin(ready)
        except StoreUnavailable as error:
            await self._begin_anew(error, looked)

    async def _laid(self) -> None:
        """Return when the readings of all blocks are in the store, and one's commit may be left."""
        if self._writing:
            newest = self._writing[-1]
            either: list[asyncio.Future[None]] = [newest.laid, newest.task]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        while len(self._writing) > 1:
            await self._settle(await self._written())
        await self._settle_done()

    async def _settle_done(self) -> None:
        """Settle the blocks that are written."""
        while self._writing and self._writing[0].task.done():
            await self._settle(await self._written())

    async def _begin_anew(self, error: StoreUnavailable, looked: list[Prepared | Refused]) -> None:
        """After a block was not stored: give back all that came after it, and read the accounts."""
        await self._abandon()
        await self._give_back([one.message for one in looked])
        await self._reopen(error)

    async def _abandon(self) -> None:
        """See through what is being written; what comes after a failed block is given back."""
        while self._writing:
            try:
                await self._drain()
            except StoreUnavailable as error:
                log.error("block not stored", why=str(error))  # noqa: TRY400 - its text says all

    async def _finish(self) -> None:
        """See the last blocks through, and write the accounts."""
        try:
            await self._drain()
        except StoreUnavailable as error:
            await self._abandon()
            # Its messages were given back; the next start reads the accounts anew.
            log.error("last block not stored", why=str(error))  # noqa: TRY400 - its text says all
            return
        finally:
            if self._taking is not None:
                self._taking.cancel()
        if self._sound:
            await self.engine.write(books.write_marks, self.ledger, self.committed_block)

    async def _drain(self) -> None:
        """Settle every block that is being written."""
        while self._writing:
            await self._settle(await self._written())

    async def _take(self, most: int) -> Sequence[Any] | None:
        """Return messages; None when a block is written before one comes. A stop ends the wait."""
        if self._taking is None:
            self._taking = asyncio.ensure_future(self.source.take(most, TAKE_S))
        stop = asyncio.ensure_future(self._stopping.wait())
        written = [writing.task for writing in self._writing]
        first: list[asyncio.Future[Any]] = [self._taking, stop, *written]
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if not (self._taking.done() or self._stopping.is_set()):
            return None
        taking, self._taking = self._taking, None
        messages = await taking
        self.pending = messages[-1].pending if messages else 0
        return messages

    async def _pace(self, started: float, *, full: bool) -> None:
        """Leave time between blocks, unless there is so much that a block filled up at once."""
        rest = self.block_interval_s - (self.monotonic() - started)
        if rest > 0 and not full:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), rest)

    def _looked_at(self, messages: Sequence[Any]) -> list[Prepared | Refused]:
        now_us = self._now_us()
        try:
            return prepare(messages, self.registry, window=self.window, now_us=now_us)
        except Exception:
            # A defect of ours. One message must not end the service, again and again.
            if len(messages) > 1:
                return [one for message in messages for one in self._looked_at([message])]
            log.exception("batch not understood", subject=messages[0].subject)
            text = "looking at it failed; see the log"
            return [Refused(messages[0], "", "BATCH_UNREADABLE", text)]

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
            self._sound = not self._writing
            return
        whole = len(admission.stored) == len(ready.prepared)
        columns = ready.columns if whole else join(admission.stored)
        block = build_block(self._next_block, admission.stored, columns, self.registry.new())
        self._next_block += 1
        laid = asyncio.get_running_loop().create_future()
        before = self._writing[-1].task if self._writing else None
        task = asyncio.create_task(self._write(block, now_us, laid, before))
        self._writing.append(Writing(task, laid, block, admission))

    async def _write(
        self,
        block: Block,
        now_us: int,
        laid: asyncio.Future[None],
        before: asyncio.Task[None] | None,
    ) -> None:
        """Store a block's readings and then, when the block before is committed, commit it."""
        await self.engine.write(books.write_readings, block)
        laid.set_result(None)
        if before is not None:
            await asyncio.wait({before})
            if before.cancelled() or before.exception() is not None:
                raise StoreUnavailable("the block before could not be stored")
        await self.engine.commit(books.write_ledger, block, now_us)

    async def _verify(self, admission: Admission) -> None:
        """Compare repetitions of long ago with the ledger."""
        stored = await self.engine.write(books.digests, admission.unverified)
        for one in admission.unverified:
            header = one.batch.header
            key = (header.node, header.epoch, header.sequence)
            settle(admission, self.ledger, one, stored.get(key))
        admission.unverified.clear()

    async def _written(self) -> Writing:
        """Wait for the oldest block that is being written; give back its messages if it failed."""
        writing = self._writing.popleft()
        admission = writing.admission
        try:
            await writing.task
        except StoreUnavailable:
            self.meters.failed()
            await self._give_back(writing.messages)
            raise
        except Exception as error:
            # A defect of ours, brought out by a message: as above.
            log.exception("block not written", batches=len(admission.stored))
            self.meters.failed()
            await self._set_apart(admission)
            raise BlockUnwritable(f"the block could not be made: {type(error).__name__}") from error
        block = writing.block
        self.ledger.commit(block.entries)
        self._sound = not self._writing
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

    async def _settle(self, writing: Writing) -> None:
        """Acknowledge what is stored, and bury what was refused."""
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
        await self._drain()
        try:
            await self.engine.write(books.write_marks, self.ledger, self.committed_block)
        except StoreUnavailable as error:
            # The marks of last time still hold; a start has more of the ledger to read.
            log.warning("marks not written", why=str(error))

    def _now_us(self) -> int:
        return int(self.clock().timestamp() * 1_000_000)
