"""All drivers' tasks: those that the settings name and no others, also when these change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge.driver_settings import DriverSettings
from edge.poller import SETTLE_S, Poller
from edge.rules import Rule
from tianfu import tasks

TASK: Final = "poll"

END_S: Final = 10.0
"""For cancelled drivers to end: twice what closing may take."""

log = logging.getLogger(__name__)


@dataclass
class _Running:
    settings: DriverSettings
    poller: Poller
    task: asyncio.Task[None] | None = None


class Pollers:
    """The pollers by their drivers' names. A driver whose settings stay is not disturbed."""

    def __init__(
        self, drivers: Sequence[DriverSettings], make: Callable[[DriverSettings], Poller]
    ) -> None:
        """Make a poller for each driver; nothing runs yet."""
        self._make = make
        self._all = {one.name: _Running(one, make(one)) for one in drivers}
        self._rules: Sequence[Rule] = ()
        self._changed = asyncio.Event()

    def __iter__(self) -> Iterator[Poller]:
        """Return the pollers in the order of the settings."""
        return iter([one.poller for one in self._all.values()])

    def apply(self, rules: Sequence[Rule]) -> None:
        """Sample by a plan's rules from now on, drivers to come included."""
        self._rules = rules
        for poller in self:
            poller.apply(rules)

    async def run(self) -> None:
        """Keep them running until cancelled; raise when one ends, for none ever should."""
        while True:
            self._changed.clear()
            for name, one in self._all.items():
                if one.task is None:
                    one.task = asyncio.create_task(one.poller.run(), name=f"{TASK} {name}")
            running = {one.task for one in self._all.values() if one.task is not None}
            change = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({change, *running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                change.cancel()
            self._check()

    def _check(self) -> None:
        """Raise for a task that ended by itself; what ``use`` ended is no longer among them."""
        for one in self._all.values():
            if one.task is not None and one.task.done():
                error = None if one.task.cancelled() else one.task.exception()
                raise RuntimeError(f"task {one.task.get_name()!r} ended") from error

    async def use(self, drivers: Sequence[DriverSettings]) -> int:
        """Run these drivers from now on; return how many began, ended or began anew.

        Those that go have closed their devices before those that come open any: it may be the same
        serial line. Raises what making a driver raises, and then nothing has changed.
        """
        kept = {
            one.name: self._all[one.name]
            for one in drivers
            if one.name in self._all and self._all[one.name].settings == one
        }
        new = {one.name: _Running(one, self._make(one)) for one in drivers if one.name not in kept}
        gone = {name: one for name, one in self._all.items() if name not in kept}
        self._all = {one.name: kept.get(one.name) or new[one.name] for one in drivers}
        # Those that come wait for those that go: their task stands in the way of a start.
        ending = asyncio.create_task(_end(list(gone.values())), name="ending")
        for one in new.values():
            one.poller.apply(self._rules)
            one.task = asyncio.create_task(
                _after(ending, one.poller), name=f"{TASK} {one.settings.name}"
            )
        self._changed.set()
        await asyncio.shield(ending)
        return len(new.keys() | gone.keys())

    async def stop(self) -> None:
        """End them all; their devices are closed when this returns."""
        await _end(list(self._all.values()))


async def _end(running: Sequence[_Running]) -> None:
    """End drivers; first those whose sources wait for word have a moment to hear it."""
    for one in running:
        one.poller.end()
    settling = [one.task for one in running if one.task is not None and not one.poller.is_settled]
    if settling:
        await asyncio.wait(settling, timeout=SETTLE_S)
    left = await tasks.end([one.task for one in running if one.task is not None], within_s=END_S)
    if left:
        # A driver that takes no for an answer to being cancelled: the agent goes on without it.
        log.error(
            "drivers did not end",
            extra={"drivers": sorted(one.settings.name for one in running if one.task in left)},
        )


async def _after(ending: asyncio.Task[None], poller: Poller) -> None:
    await asyncio.shield(ending)
    await poller.run()
