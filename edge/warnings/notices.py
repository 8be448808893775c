"""What a node is told, what it does about it, and what it remembers: values only.

Times are Unix microseconds of the platform's clock, as the node knows it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from tianfu.subjects import Channel

NODE_CODE: Final = 1
"""The node itself, as receipts name it."""

NOTICE_EXPIRED: Final = "NOTICE_EXPIRED"
"""The notice was over when it came."""


class Colour(enum.IntEnum):
    """How grave a warning is (预警级别); the codes of the contract, graver is greater."""

    UNSTATED = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4


class Kind(enum.IntEnum):
    """What a notice does; the codes of the contract."""

    ALERT = 1
    UPDATE = 2
    CANCEL = 3


class SinkKind(enum.Enum):
    """Where a node makes a warning known. A node has at most one of each."""

    SIREN = "siren"
    CELL_BROADCAST = "cell-broadcast"
    BOARD = "board"
    VOICE = "voice"
    LOG = "log"

    @property
    def code(self) -> int:
        """Return what receipts call it; 0 of the log, which stands for the node and has none."""
        return _SINK_CODES[self]


_SINK_CODES: Final = {
    SinkKind.SIREN: 2,
    SinkKind.BOARD: 3,
    SinkKind.CELL_BROADCAST: 4,
    SinkKind.VOICE: 5,
    SinkKind.LOG: 0,
}


class Told(enum.IntEnum):
    """What became of a notice at a sink; the codes of the contract."""

    SENT = 1
    DELIVERED = 2
    ACKED = 3
    FAILED = 4
    REFUSED = 5


class Act(enum.Enum):
    """What a sink is asked to do."""

    WARN = "warn"
    """Make it known, loudly."""

    REVISE = "revise"
    """Say it as it is now, without a sound."""

    CLEAR = "clear"
    """Stop, and give the all-clear (解除)."""

    WITHDRAW = "withdraw"
    """Stop, without a word."""


@dataclass(frozen=True, slots=True)
class Text:
    """What people are told in one language (BCP 47)."""

    language: str
    headline: str = ""
    description: str = ""
    instruction: str = ""
    voice: str = ""
    board: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of one warning. ``payload`` is the message it was read from."""

    channel: Channel
    warning: str
    version: int
    kind: Kind
    colour: Colour
    expire_us: int
    event_code: str = ""
    texts: tuple[Text, ...] = ()
    payload: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bulletin:
    """All that a county is told on a channel, verified."""

    channel: Channel
    revision: int
    make_time_us: int
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class SinkProfile:
    """What a sink is for: warnings from a colour on, exercises or not."""

    kind: SinkKind
    from_colour: Colour = Colour.UNSTATED
    takes_drills: bool = False

    def takes(self, channel: Channel) -> bool:
        """Tell whether notices of a channel go to it."""
        return channel is Channel.LIVE or self.takes_drills


@dataclass(frozen=True, slots=True)
class Known:
    """What a node remembers of a warning."""

    channel: Channel
    warning: str
    version: int
    expire_us: int
    is_told: bool
    """Made known here and not taken back since."""

    loudest: Colour = Colour.UNSTATED
    """The gravest colour it was made known in, while it was in force."""

    acknowledged: int = 0
    """The last version that somebody here acknowledged."""

    def is_in_force(self, now_us: int) -> bool:
        """Tell whether it holds here now."""
        return self.is_told and now_us < self.expire_us


@dataclass(frozen=True, slots=True)
class Memory:
    """What a node remembers of a channel."""

    revision: int = 0
    warnings: Mapping[str, Known] = field(default_factory=lambda: MappingProxyType({}))

    def after(self, decision: Decision) -> Memory:
        """Return the memory once a decision has been taken."""
        warnings = dict(self.warnings) | {one.warning: one for one in decision.known}
        return Memory(max(self.revision, decision.revision), MappingProxyType(warnings))


@dataclass(frozen=True, slots=True)
class Action:
    """One thing for one sink to do, never at or after ``until_us``.

    Its channel is its mode: a sink has nothing else to tell an exercise by.
    """

    act: Act
    sink: SinkKind
    channel: Channel
    warning: str
    version: int
    decided_us: int
    until_us: int
    notice: Notice | None = None

    @property
    def is_receipted(self) -> bool:
        """Tell whether what becomes of it is reported."""
        # A withdrawal has no version of its own: the receipts of the last one stand.
        return self.act is not Act.WITHDRAW and self.sink.code != 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one version of a warning at a sink, at a moment of the node's clock."""

    channel: Channel
    warning: str
    version: int
    sink: int
    told: Told
    reason: str = ""
    event_time_us: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a bulletin; nothing, most of the time."""

    revision: int
    actions: tuple[Action, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    known: tuple[Known, ...] = ()
    is_old: bool = False
    """The bulletin is older than one that was followed."""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is to be done or remembered."""
        return not (self.actions or self.receipts or self.known)
