"""Deciding what becomes of arriving batches: prepared one by one, admitted in order as a block.

Nothing here does I/O or reads a clock. ``prepare`` needs no account, so it runs while the block
before is being written; ``admit`` changes the accounts, so it runs when that block is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from services.telemetry.columns import Columns
from services.telemetry.model import (
    EPOCHS_MAX,
    UNPROVEN_EPOCHS_MAX,
    Claim,
    DropKey,
    NodeAccount,
    payload_digest,
)
from services.telemetry.registry import Entry, Registry, Resolved, SeriesCollision
from tianfu import batch_decoder, subjects
from tianfu.batch_decoder import DecodedBatch, InvalidBatch
from tianfu.batch_limits import COUNT_MAX

US_PER_DAY: Final = 86_400_000_000


class Message(Protocol):
    """What is read of a message: its subject and its payload."""

    @property
    def subject(self) -> str:
        """Where it was published."""
        ...

    @property
    def data(self) -> bytes:
        """What it carries."""
        ...


@dataclass(frozen=True)
class Window:
    """Times that are believed, around now. A clock outside it is wrong, not early or late."""

    past_us: int = 400 * US_PER_DAY
    future_us: int = US_PER_DAY


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is not stored, with the stable reason and a sentence for a person."""

    message: Message
    node: str
    reason: str
    text: str
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A sound batch with its series resolved, not yet admitted."""

    message: Message
    batch: DecodedBatch
    digest: int
    table: Resolved
    first_us: int
    last_us: int
    taken_us: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A batch as the ledger keeps it."""

    node: str
    epoch: int
    first: int
    last: int
    readings: int
    drops: dict[DropKey, int]
    produced: int
    digest: int
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Block:
    """What is written as one: the ledger's entries, the readings, and series that are new."""

    number: int
    entries: list[LedgerEntry]
    columns: Columns
    new_series: list[Entry]

    @property
    def rows(self) -> int:
        """How many readings it holds."""
        return self.columns.rows


@dataclass
class Admission:
    """What became of some messages."""

    stored: list[Prepared] = field(default_factory=list)
    repeated: list[Prepared] = field(default_factory=list)
    # Repetitions whose first coming is too long ago to be remembered: compare with the ledger.
    unverified: list[Prepared] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass
class Ledger:
    """The accounts of all nodes, as stored plus what is being written."""

    nodes: dict[str, NodeAccount] = field(default_factory=dict)
    touched: set[tuple[str, int]] = field(default_factory=set)
    touched_nodes: set[str] = field(default_factory=set)

    def node(self, node: str) -> NodeAccount:
        """Return a node's account, a new one when there is none."""
        account = self.nodes.get(node)
        if account is None:
            account = self.nodes[node] = NodeAccount()
        return account

    def apply(self, entry: LedgerEntry, stored_at_us: int) -> None:
        """Take in an entry that the store has, as when the service starts."""
        account = self.node(entry.node)
        epoch = account.epoch(entry.epoch)
        epoch.claim(entry.first, entry.last)
        epoch.count(
            readings=entry.readings,
            drops=entry.drops,
            produced=entry.produced,
            sequence=entry.last,
            digest=entry.digest,
        )
        account.stored_at_us = max(account.stored_at_us, stored_at_us)
        self.touched.add((entry.node, entry.epoch))

    def commit(self, entries: Iterable[LedgerEntry]) -> None:
        """Count the readings of admitted batches as stored: their block is written."""
        for entry in entries:
            self.nodes[entry.node].epochs[entry.epoch].add_stored(entry.readings)

    def heard(self, node: str, epoch: int, produced: int) -> None:
        """Take a heartbeat's word of how much its node has produced.

        Of epochs of which no batch has come, the latest heard are kept, so that heartbeats alone
        can't use up the node's epochs.
        """
        account = self.node(node)
        if epoch not in account.epochs:
            unproven = [number for number, state in account.epochs.items() if not state.last]
            for number in unproven[: max(0, len(unproven) + 1 - UNPROVEN_EPOCHS_MAX)]:
                del account.epochs[number]
        if epoch in account.epochs or len(account.epochs) < EPOCHS_MAX:
            account.epoch(epoch).heard(produced)


def prepare(
    messages: Sequence[Message], registry: Registry, *, window: Window, now_us: int
) -> list[Prepared | Refused]:
    """Check messages by themselves, and resolve their series.

    Columns are looked into together; only when something is wrong with one, each by itself.
    """
    read = [_read(message) for message in messages]
    batches = [one.batch for one in read if isinstance(one, _Read) and one.batch.header.count]
    if not batch_decoder.are_sound(batches):
        read = [_looked_into(one) for one in read]
        batches = [one.batch for one in read if isinstance(one, _Read) and one.batch.header.count]
    bounds = iter(_bounds(batches))
    return [
        one if isinstance(one, Refused) else _prepared(one, registry, bounds, window, now_us)
        for one in read
    ]


@dataclass(frozen=True, slots=True)
class _Read:
    message: Message
    node: str
    batch: DecodedBatch


def _read(message: Message) -> _Read | Refused:
    try:
        node = subjects.reading_node(message.subject)
    except subjects.InvalidName as error:
        return Refused(message, "", error.reason, "the subject is no node's")
    try:
        return _Read(message, node, batch_decoder.framed(message.data))
    except InvalidBatch as error:
        return Refused(message, node, error.reason, str(error))


def _looked_into(one: _Read | Refused) -> _Read | Refused:
    if isinstance(one, _Read):
        try:
            batch_decoder.check_columns(one.batch)
        except InvalidBatch as error:
            return Refused(one.message, one.node, error.reason, str(error))
    return one


def _bounds(batches: Sequence[DecodedBatch]) -> list[tuple[int, int]]:
    """Return the first and last offset of each batch, none of which is empty."""
    if not batches:
        return []
    counts = np.array([batch.header.count for batch in batches])
    starts = np.cumsum(counts) - counts
    offsets = np.concatenate([batch.time_offset_us for batch in batches])
    first, last = (ends.reduceat(offsets, starts).tolist() for ends in (np.minimum, np.maximum))
    return list(zip(first, last, strict=True))


def _prepared(
    one: _Read,
    registry: Registry,
    bounds: Iterator[tuple[int, int]],
    window: Window,
    now_us: int,
) -> Prepared | Refused:
    message, node, batch = one.message, one.node, one.batch
    header = batch.header
    first, last = next(bounds) if header.count else (0, 0)
    if header.node != node:
        text = f"the batch says it is of {header.node}, the subject of {node}"
        return Refused(message, node, "NODE_MISMATCH", text, header.count)
    base_us, early_us, late_us = (
        header.base_time_us,
        now_us - window.past_us,
        now_us + window.future_us,
    )
    if header.count:
        first_us, last_us = base_us + first, base_us + last
        if first_us < early_us or last_us > late_us:
            days = (first_us - now_us) // US_PER_DAY
            text = f"a reading's time is {days} days from now"
            return Refused(message, node, "TIME_ABSURD", text, header.count)
    else:
        # A tombstone's time says nothing, and is kept as long as it is one that can be stored.
        first_us = last_us = base_us if early_us <= base_us <= late_us else now_us
    try:
        resolved = registry.resolve(node, batch.table, batch.series, now_us=now_us)
    except SeriesCollision as error:
        return Refused(message, node, error.reason, str(error), header.count)
    return Prepared(
        message=message,
        batch=batch,
        digest=payload_digest(message.data),
        table=resolved,
        first_us=first_us,
        last_us=last_us,
        taken_us=now_us,
    )


def admit(prepared: Iterable[Prepared], ledger: Ledger, *, now_us: int) -> Admission:
    """Claim each batch's sequence numbers in its node's account, in order."""
    result = Admission()
    for one in prepared:
        header = one.batch.header
        account = ledger.node(header.node)
        if header.epoch not in account.epochs and len(account.epochs) >= EPOCHS_MAX:
            text = f"the node has had {EPOCHS_MAX} epochs"
            _refuse(result, one, "EPOCHS_TOO_MANY", text)
            continue
        epoch = account.epoch(header.epoch)
        drops = drops_of(one.batch)
        if epoch.dropped + sum(drops.values()) > COUNT_MAX:
            text = f"the drops of epoch {header.epoch:x} add up to more than {COUNT_MAX} readings"
            _refuse(result, one, "COUNT_ABSURD", text)
            continue
        claim = epoch.claim(one.batch.first_sequence, header.sequence)
        ledger.touched_nodes.add(header.node)
        if claim is Claim.NEW:
            # Its readings count as stored when the block is: see ``Ledger.commit``.
            epoch.count(
                readings=0,
                drops=drops,
                produced=header.produced_total,
                sequence=header.sequence,
                digest=one.digest,
            )
            account.stored_at_us = now_us
            ledger.touched.add((header.node, header.epoch))
            result.stored.append(one)
        elif claim is Claim.TOO_MANY_GAPS:
            text = f"sequence {header.sequence} would open one gap too many"
            _refuse(result, one, "GAPS_TOO_MANY", text)
        elif claim is Claim.OVERLAPPING:
            _conflict(result, account, one)
        elif header.sequence not in epoch.digests:
            result.unverified.append(one)
        else:
            settle(result, ledger, one, epoch.digests[header.sequence])
    return result


def settle(result: Admission, ledger: Ledger, one: Prepared, stored_digest: int | None) -> None:
    """Tell a repetition from a conflict by the digest of what is stored, None when nothing is."""
    account = ledger.node(one.batch.header.node)
    if stored_digest == one.digest:
        account.repeated_batches += 1
        result.repeated.append(one)
    else:
        _conflict(result, account, one)


def _conflict(result: Admission, account: NodeAccount, one: Prepared) -> None:
    account.conflicting_batches += 1
    header = one.batch.header
    text = (
        f"sequence {header.sequence} of epoch {header.epoch:x} is stored with other content: "
        "two agents use this identity; give one of them its own"
    )
    result.refused.append(Refused(one.message, header.node, "IDENTITY_CONFLICT", text))


def _refuse(result: Admission, one: Prepared, reason: str, text: str) -> None:
    header = one.batch.header
    result.refused.append(Refused(one.message, header.node, reason, text, header.count))


def count_refused(refused: Iterable[Refused], ledger: Ledger) -> None:
    """Enter refusals in the accounts of the nodes whose subject they came on.

    A conflict is not the account's loss: what is stored under that identity stays.
    """
    for one in refused:
        if one.node and one.reason != "IDENTITY_CONFLICT":
            account = ledger.node(one.node)
            account.refused_batches += 1
            account.refused_readings += one.readings
            ledger.touched_nodes.add(one.node)


def drops_of(batch: DecodedBatch) -> dict[DropKey, int]:
    """Return a batch's drops by priority and reason."""
    drops: dict[DropKey, int] = {}
    for drop in batch.header.drops:
        key = DropKey(drop.priority & 0xFF, drop.reason & 0xFF)
        drops[key] = drops.get(key, 0) + drop.readings
    return drops


def build_block(
    number: int, stored: Sequence[Prepared], columns: Columns, new_series: list[Entry]
) -> Block:
    """Return admitted batches, whose joined readings are ``columns``, as a block."""
    entries = [
        LedgerEntry(
            node=p.batch.header.node,
            epoch=p.batch.header.epoch,
            first=p.batch.first_sequence,
            last=p.batch.header.sequence,
            readings=p.batch.header.count,
            drops=drops_of(p.batch),
            produced=p.batch.header.produced_total,
            digest=p.digest,
            first_us=p.first_us,
            last_us=p.last_us,
        )
        for p in stored
    ]
    return Block(number, entries, columns, new_series)
