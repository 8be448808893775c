"""Bulletins signed while PostgreSQL still writes what they say.

A hundred and eighty-three signatures take as long as the transaction itself, most of which is
waiting. So they are made meanwhile, of what the counties will be told if it is committed. Nothing
goes out by it: what is due is read from the database as ever, and a signature made ahead is used
where exactly those bytes were signed. Where the guess was wrong, as after a transaction that was
undone, the bulletin is signed then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from services.disaster_warning.store.bulletins import DueBulletin
from tianfu.disaster_warning.v1 import notice_pb2

AT_ONCE: Final = 8
"""Signed before others have their turn: half a millisecond."""


READ_MAX: Final = 2_048
"""Notices of which it is remembered whose they are: all counties with ten warnings each."""


class Whose(NamedTuple):
    """What a bulletin asks of a notice: which warning it is of, and the number of its channel."""

    warning: str
    channel: int


@lru_cache(READ_MAX)
def whose(notice: bytes) -> Whose:
    """Return whose a serialised Notice is. What a county is told is asked for with each version."""
    read = notice_pb2.Notice.FromString(notice)
    return Whose(read.warning, read.channel)


class SignedAhead:
    """Signatures of one channel's bulletins. Holds one bulletin a county at the most."""

    def __init__(self, seal: Callable[[DueBulletin], bytes]) -> None:
        """Take what signs a bulletin."""
        self._seal = seal
        self._told: dict[str, tuple[bytes, ...]] = {}
        self._wanted: dict[str, tuple[int, bytes]] = {}
        self._made: dict[str, tuple[DueBulletin, bytes]] = {}
        self._task: asyncio.Task[None] | None = None

    def begin(self, notices: Mapping[str, bytes], revision: int) -> None:
        """Sign what counties (by code) will be told, beside what they are told already."""
        self._wanted |= {county: (revision, notice) for county, notice in notices.items()}
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="bulletins signed ahead")

    def take(self, due: DueBulletin) -> bytes | None:
        """Return the signed bulletin if just this one was made, and note that it is told."""
        if due.notices:
            self._told[due.county] = due.notices
        else:
            self._told.pop(due.county, None)
        self._wanted.pop(due.county, None)
        made = self._made.pop(due.county, None)
        return made[1] if made is not None and made[0] == due else None

    async def _run(self) -> None:
        signed = 0
        while self._wanted:
            county, (revision, notice) = self._wanted.popitem()
            due = DueBulletin(county, revision, _beside(self._told.get(county, ()), notice))
            self._made[county] = due, self._seal(due)
            signed += 1
            if signed % AT_ONCE == 0:
                await asyncio.sleep(0)


def _beside(told: tuple[bytes, ...], notice: bytes) -> tuple[bytes, ...]:
    """Return what a county is told with a notice in the place of its warning's last one."""
    notices = {whose(each).warning: each for each in (*told, notice)}
    return tuple(notices[warning] for warning in sorted(notices))
