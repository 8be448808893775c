"""Hear a county's bulletins, and see to it that each is followed once.

A bulletin comes in two ways, as the value of its key and as the message that the bucket
republishes when it is written. Both are the same bytes and are dealt with by the same code, so it
does not matter which comes first, how often, or whether one is lost.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from edge import bucket_key
from edge.counters import Counters
from edge.link import Session
from edge.warnings import bulletin, decide
from edge.warnings.bulletin import BulletinRefused, PinnedKey
from edge.warnings.notices import Decision, Memory, SinkProfile, Told
from edge.warnings.platform_time import PlatformTime
from edge.warnings.ports import Entry, Journal, Task
from tianfu import subjects
from tianfu.subjects import Channel

FETCH_EVERY_S: Final = 120.0
"""A change that the subscription missed is found so much later at the latest."""

RETRY_S: Final = 5.0
"""Until a bulletin is asked for again after a failure."""

OFFSET_WAIT_S: Final = 2.0
"""What the first bulletin that is fetched waits for the first answer to a heartbeat, so that a
wrong clock is known before an old warning is judged. What is heard as it is published never waits.
"""

OFFSET_POLL_S: Final = 0.02

BULLETINS_WAITING_MAX: Final = 16
"""Bulletins heard and not dealt with; each is complete, so only the latest of a channel matters."""

log = logging.getLogger(__name__)


class Receiver:
    """What a node makes of bulletins: verify, decide, remember, hand on. Knows no network."""

    def __init__(
        self,
        county: str,
        keys: Mapping[Channel, PinnedKey],
        sinks: Sequence[SinkProfile],
        journal: Journal,
        hand_on: Callable[[Task], None],
        *,
        time: PlatformTime,
        counters: Counters,
        reported: Callable[[], None],
    ) -> None:
        """Take the county's code, the key of each channel that is followed, and the sinks."""
        self.county = county
        self.channels = tuple(keys)
        self._keys = keys
        self._sinks = tuple(sinks)
        self._journal = journal
        self._hand_on = hand_on
        self._time = time
        self._counters = counters
        self._reported = reported
        self._memories: dict[Channel, Memory] = {}
        self._lock = asyncio.Lock()

    async def restore(self) -> None:
        """Remember what the journal remembers."""
        for channel, key in self._keys.items():
            self._memories[channel] = await self._journal.memory(channel, key.nkey)

    def memory(self, channel: Channel) -> Memory:
        """Return what is remembered of a channel."""
        return self._memories.get(channel, Memory())

    async def take(self, channel: Channel, payload: bytes) -> Decision | None:
        """Follow a bulletin; return what was decided, or None when it was refused."""
        self._counters.add("BULLETIN_RECEIVED")
        try:
            found = bulletin.read(payload, channel, self.county, self._keys[channel])
        except BulletinRefused as error:
            self._counters.add(error.reason)
            log.warning(
                "bulletin refused",
                extra={"reason": error.reason, "detail": str(error), "channel": channel.value},
            )
            return None
        self._time.heard(found.make_time_us)
        async with self._lock:
            memory = self.memory(channel)
            decision = decide.decide(memory, found, self._sinks, self._time.now_us())
            if decision.is_old:
                self._counters.add("BULLETIN_OLD")
                return decision
            await self._follow(channel, memory, decision)
        return decision

    async def acknowledge(self, warning: str | None) -> list[str]:
        """Acknowledge a warning, or all in force; return those that this was the first to do."""
        found = []
        async with self._lock:
            for channel in self.channels:
                memory = self.memory(channel)
                names = sorted(memory.warnings) if warning is None else [warning]
                for name in names:
                    decision = decide.acknowledge(self.memory(channel), name, self._time.now_us())
                    if not decision.is_empty:
                        await self._follow(channel, self.memory(channel), decision)
                        found.append(name)
        return found

    def in_force(self) -> list[tuple[Channel, str, int]]:
        """Return channel, id and version of the warnings that hold here now."""
        now_us = self._time.now_us()
        return [
            (channel, known.warning, known.version)
            for channel in self.channels
            for known in self.memory(channel).warnings.values()
            if known.is_in_force(now_us)
        ]

    async def _follow(self, channel: Channel, memory: Memory, decision: Decision) -> None:
        if decision.is_empty and decision.revision <= memory.revision:
            return
        entry = Entry(channel, self._keys[channel].nkey, decision)
        tasks = await self._journal.record(entry)
        # From here on it is decided: a restart finds the tasks, this process hands them on.
        self._memories[channel] = memory.after(decision)
        for task in tasks:
            self._hand_on(task)
        for receipt in decision.receipts:
            if receipt.told is Told.REFUSED:
                self._counters.add(receipt.reason)
        if decision.receipts:
            self._reported()


class Listener:
    """Brings bulletins from the link to a receiver."""

    def __init__(self, receiver: Receiver, *, time: PlatformTime, counters: Counters) -> None:
        """Take whom bulletins are brought to."""
        self._receiver = receiver
        self._time = time
        self._counters = counters
        self._is_listening = asyncio.Event()

    async def hear(self, session: Session) -> None:
        """Take bulletins as they are published, until the session breaks."""
        arrived: asyncio.Queue[tuple[Channel, bytes]] = asyncio.Queue(BULLETINS_WAITING_MAX)

        def heard_on(channel: Channel) -> Callable[[Any], Any]:
            async def on_bulletin(message: Any) -> None:
                if arrived.full():
                    arrived.get_nowait()
                    # It may have been the other channel's, which is fetched before long.
                    self._counters.add("BULLETIN_PASSED_OVER")
                arrived.put_nowait((channel, bytes(message.data)))

            return on_bulletin

        self._is_listening.clear()
        for channel in self._receiver.channels:
            subject = subjects.warning(channel, self._receiver.county)
            await session.client.subscribe(subject, cb=heard_on(channel))
        self._is_listening.set()
        try:
            while True:
                channel, payload = await arrived.get()
                if payload:  # nothing: the key was deleted, and says nothing
                    await self._receiver.take(channel, payload)
        finally:
            self._is_listening.clear()

    async def fetch(self, session: Session) -> None:
        """Ask for the bulletins at the start and every few minutes, until the session breaks."""
        # Listening first: what is written between the question and the subscription is not lost.
        await self._is_listening.wait()
        await self._until_measured()
        while True:
            is_done = True
            for channel in self._receiver.channels:
                is_done = await self._fetch(session, channel) and is_done
            await asyncio.sleep(FETCH_EVERY_S if is_done else RETRY_S)

    async def _fetch(self, session: Session, channel: Channel) -> bool:
        """Ask for a channel's bulletin; tell whether there was an answer, be it that none is."""
        if not self._time.is_known:
            # How old it is can't be told, and an old one must not sound.
            self._counters.add("TIME_UNKNOWN")
            return False
        subject = subjects.bulletin_get(channel, self._receiver.county)
        take = functools.partial(self._receiver.take, channel)
        return await bucket_key.fetch(session, subject, take, self._counters, "BULLETIN_UNANSWERED")

    async def _until_measured(self) -> None:
        waited_s = 0.0
        while not self._time.is_measured and waited_s < OFFSET_WAIT_S:
            await asyncio.sleep(OFFSET_POLL_S)
            waited_s += OFFSET_POLL_S
