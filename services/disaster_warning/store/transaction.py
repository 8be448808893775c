"""One transaction over all of it, and who runs use cases in such transactions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from services.disaster_warning.model.warning import Channel
from services.disaster_warning.store.bulletins import BulletinRows, Foretold
from services.disaster_warning.store.earthquakes import EarthquakeRows
from services.disaster_warning.store.gathered import Gathering
from services.disaster_warning.store.gauges import StandingRows
from services.disaster_warning.store.log import LogRows
from services.disaster_warning.store.places import PlaceRows
from services.disaster_warning.store.receipts import ReceiptRows
from services.disaster_warning.store.retention import RetentionRows
from services.disaster_warning.store.warnings import WarningRows
from services.plumbing import outbox
from services.plumbing.postgres import Database


class WarningTransaction(
    WarningRows,
    BulletinRows,
    ReceiptRows,
    PlaceRows,
    EarthquakeRows,
    StandingRows,
    RetentionRows,
    LogRows,
):
    """One transaction on a connection; see ``ports.Transaction``.

    ``hold`` says whether what is read is held until the end, as a transaction that writes needs it.
    Writes are gathered, and sent at the end (``flush``) at the latest. Messages are put into the
    outbox after them: its lock is taken last.
    """

    def __init__(
        self, connection: sa.Connection, *, hold: bool, foretold: Sequence[Foretold] = ()
    ) -> None:
        self._foretold = foretold
        self._told_channels: set[Channel] = set()
        self._connection = Gathering(connection)
        self._hold = hold
        self._messages: list[outbox.Outgoing] = []

    @property
    def told_channels(self) -> frozenset[Channel]:
        """Channels in which counties are told something by this transaction."""
        return frozenset(self._told_channels)

    def flush(self) -> None:
        """Send what was gathered, and put what was emitted into the outbox."""
        outbox.emit_all(self._connection.plain, self._messages)
        self._messages = []


class _Undone(Exception):
    """Rolls a rehearsal back."""


class Transactor:
    """Runs use cases in transactions.

    Reads go side by side. Writes go one after the other: every write takes the next number of the
    log, so two at a time would only make one of them run again. Receipts go beside the writes:
    ten thousand of them must not keep a warning waiting.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writes = asyncio.Lock()
        self._receipts = asyncio.Lock()
        self._after_write: list[Callable[[], None]] = []
        self._after_telling: list[Callable[[Channel], None]] = []
        self._foretold: list[Foretold] = []

    def after_write(self, call: Callable[[], None]) -> None:
        """Have ``call`` called after each committed write, such as to wake who publishes."""
        self._after_write.append(call)

    def after_telling(self, call: Callable[[Channel], None]) -> None:
        """Have ``call`` called after each committed write that tells a channel's counties."""
        self._after_telling.append(call)

    def foretell(self, call: Foretold) -> None:
        """Have ``call`` told what a write will tell counties, before it is committed, or undone."""
        self._foretold.append(call)

    async def read(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing."""

        def within(connection: sa.Connection) -> Any:
            return use(WarningTransaction(connection, hold=False), *args, **kwargs)

        return await self._database.transact(within)

    async def write(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes something."""
        async with self._writes:
            result, told = await self._run(use, *args, **kwargs)
        for channel in told:
            for tell in self._after_telling:
                tell(channel)
        for call in self._after_write:
            call()
        return result

    async def rehearse(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run a use case as ``write`` does, with all its statements, and undo it."""

        def within(connection: sa.Connection) -> None:
            tx = WarningTransaction(connection, hold=True)
            use(tx, *args, **kwargs)
            tx.flush()
            raise _Undone

        async with self._writes:
            with contextlib.suppress(_Undone):
                await self._database.transact(within)

    async def write_receipts(self, use: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a use case that changes nothing but receipts and calls."""
        async with self._receipts:
            result, _ = await self._run(use, *args, **kwargs)
        return result

    async def _run(
        self, use: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> tuple[Any, frozenset[Channel]]:
        """Return what the use case does, and in which channels counties are told by it."""

        def within(connection: sa.Connection) -> tuple[Any, frozenset[Channel]]:
            tx = WarningTransaction(connection, hold=True, foretold=self._foretold)
            result = use(tx, *args, **kwargs)
            tx.flush()
            return result, tx.told_channels

        return await self._database.transact(within)
