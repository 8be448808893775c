"""What the receiver needs of the node: a memory that lasts, and sinks that make things known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.spool_account import Waiting
from edge.warnings.notices import Action, Decision, Memory, Receipt, SinkKind
from tianfu.subjects import Channel


class SinkFailed(Exception):
    """A sink could not do what it was asked; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence that says what and where."""
        super().__init__(message)
        self.reason = reason


class Sink(Protocol):
    """One way of making a warning known. Called by one task only, never twice at once."""

    kind: SinkKind

    deadline_s: float
    """One attempt may take so long."""

    is_repeatable: bool
    """Doing the same action again changes nothing: a siren that is on, a page that is shown.

    Otherwise an action is marked before it is begun, and not begun again after a crash.
    """

    stands: bool
    """What it does lasts, and has to be taken up again after a restart."""

    def open(self) -> None:
        """Get ready, and leave nothing on from a life before; never raises."""
        ...

    async def perform(self, action: Action) -> None:
        """Do it and return when it is done; raise SinkFailed when it can't be."""
        ...

    async def close(self) -> None:
        """Leave nothing sounding; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """An action that a journal keeps. ``number`` names it; below 0, only memory has it."""

    number: int
    action: Action
    is_started: bool = False
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision with what it was made from; all of it is kept, or none."""

    channel: Channel
    nkey: str
    decision: Decision


class Journal(Protocol):
    """What a node remembers of warnings, and the receipts that wait to be sent.

    What a call has returned from survives a power cut. When the disk takes no more, the same
    holds in memory, and is written as soon as it can be.
    """

    @property
    def epoch(self) -> int:
        """Return the epoch in which reports of receipts are numbered."""
        ...

    @property
    def waiting(self) -> int:
        """Return how many reports wait to be acknowledged."""
        ...

    async def memory(self, channel: Channel, nkey: str) -> Memory:
        """Return what is remembered of a channel; revisions count within one signer's key."""
        ...

    async def tasks(self) -> list[Task]:
        """Return the actions that are not done, and those that still stand, in their order."""
        ...

    async def record(self, entry: Entry) -> list[Task]:
        """Keep a decision, its receipts as one report; return its actions as tasks."""
        ...

    async def start(self, task: Task) -> None:
        """Note that a task is about to be begun."""
        ...

    async def finish(self, task: Task, receipts: Sequence[Receipt]) -> None:
        """Note that a task is done with, and what is to be reported of it."""
        ...

    async def tidy(self, now_us: int) -> None:
        """Forget what is long over."""
        ...

    async def turn(
        self, epoch: int, acknowledged: Iterable[int], after: int, limit: int
    ) -> list[Waiting]:
        """Delete acknowledged reports; return those after ``after``, in order."""
        ...

    async def refuse(self, epoch: int, sequence: int) -> None:
        """Let go of a report that the stream will never take."""
        ...

    async def close(self) -> None:
        """Write what can be written and let go of the file."""
        ...
