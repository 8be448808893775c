"""All apps of a node: who runs, within which shares, and what is said of it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from edge.apps import decide, limits
from edge.apps.decide import ShareStanding
from edge.apps.fetcher import Fetcher
from edge.apps.memory import Memory
from edge.apps.model import Share, Wheel, Work
from edge.apps.runner import Runner, Surroundings
from edge.apps.settings import AppsSettings
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from tianfu import tasks
from tianfu.fleet.v1 import app_pb2, capacity_pb2
from tianfu.fleet.v1 import node_pb2 as pb

TICK_S: Final = 1.0
"""How often leases are looked at: an end is obeyed so much later at most."""

TIME_KEPT_EVERY_US: Final = 600 * MICROSECONDS
"""How often the platform's time is put on the card: a reboot with no clock loses so much."""

ARTIFACTS: Final = ".artifacts"
"""Folder of artifacts; no app can be called so."""

MESSAGE_MAX: Final = 400
APPS_NOT_ACCEPTED: Final = "APPS_NOT_ACCEPTED"

log = logging.getLogger(__name__)


class AppManager:
    """Runs what the plan wants. ``changed`` is called when there is something new to report."""

    def __init__(
        self,
        node: str,
        data_dir: Path,
        settings: AppsSettings,
        *,
        clock: Clock,
        counters: Counters,
        jitter: Callable[[], float],
        offset_us: Callable[[], int | None],
        changed: Callable[[], None],
    ) -> None:
        """Make the folder; nothing runs yet."""
        folder = data_dir / "apps"
        files = folder / ARTIFACTS
        files.mkdir(parents=True, exist_ok=True)
        self._settings = settings
        self._clock = clock
        self._offset_us = offset_us
        self._changed = changed
        self._work = Work()
        self._runners: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._standings: dict[str, tuple[ShareStanding, int]] = {}
        self._kept_us = 0
        self.fetcher = Fetcher(files, counters)
        self._shared = Surroundings(
            node=node,
            folder=folder,
            settings=settings,
            memory=Memory(folder, counters),
            fetcher=self.fetcher,
            cgroups=limits.find(environ=os.environ),
            clock=clock,
            counters=counters,
            jitter=jitter,
            changed=self._note,
        )
        self._has_news = asyncio.Event()

    def apply(self, work: Work) -> None:
        """Want what a plan says."""
        self._work = work
        memory = self._shared.memory
        seen = [memory.see_epoch(share.claim, share.epoch) for share in work.shares]
        if any(seen) or work.update_us > memory.platform_us:
            memory.platform_us = max(memory.platform_us, work.update_us)
            memory.save()
        self._has_news.set()

    async def run(self) -> None:
        """Run apps until cancelled; then ``close`` stops them."""
        self._tidy()
        while True:
            self._has_news.clear()
            self._settle()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._has_news.wait()
                self._tidy()
            except TimeoutError:
                pass  # a lease may have ended
            self._check()

    async def close(self) -> None:
        """Stop all apps."""
        await tasks.end(task for _, task in self._runners.values())
        await asyncio.gather(*(runner.close() for runner, _ in self._runners.values()))

    # -- what is wanted ----------------------------------------------------------------------

    def _settle(self) -> None:
        """Tell each runner what is wanted of it now."""
        now_us = self._platform_us()
        held = self._stand(now_us)
        work = self._work
        waiting = decide.admitted(work.apps, held, needs_shares=work.needs_shares)
        if self._settings.accept == "none":
            text = "this node's settings accept no apps"
            waiting = {app.name: (APPS_NOT_ACCEPTED, text) for app in work.apps}
        wanted = {app.name: app for app in work.apps}
        for name in wanted.keys() - self._runners.keys():
            runner = Runner(name, self._shared)
            self._runners[name] = (runner, asyncio.create_task(runner.run(), name=f"app {name}"))
        for name, (runner, task) in list(self._runners.items()):
            runner.want(wanted.get(name), waiting.get(name))
            if runner.is_gone and name not in wanted:
                task.cancel()
                del self._runners[name]
                self._changed()

    def _stand(self, now_us: int | None) -> list[Share]:
        """Return the shares that hold, having noted what became of all of them."""
        held, standings = [], {}
        for share in self._work.shares:
            found, _ = decide.standing(share, self._shared.memory.epochs, now_us)
            if found is ShareStanding.HELD:
                held.append(share)
            before = self._standings.get(share.share_id)
            since_us = before[1] if before and before[0] is found else self._clock.wall_us()
            standings[share.share_id] = (found, since_us)
        if standings.keys() != self._standings.keys() or any(
            self._standings[name][0] is not one[0] for name, one in standings.items()
        ):
            self._changed()
        self._standings = standings
        return held

    def _platform_us(self) -> int | None:
        """Return the platform's time: as measured, or no earlier than it was ever known to be."""
        memory, offset_us = self._shared.memory, self._offset_us()
        now_us = self._clock.wall_us() + (offset_us or 0)
        if offset_us is None and now_us < memory.platform_us:
            # No clock, and nobody to ask: leases are judged as if no time had passed.
            return memory.platform_us
        if now_us - self._kept_us > TIME_KEPT_EVERY_US:
            self._kept_us = now_us
            memory.platform_us = max(memory.platform_us, now_us)
            memory.save()
        return now_us

    def _tidy(self) -> None:
        runners = [runner for runner, _ in self._runners.values()]
        needed = [app.artifact for runner in runners for app in runner.needed]
        self.fetcher.keep({one.sha256 for one in needed if isinstance(one, Wheel)})
        for runner in runners:
            runner.tidy()
        wanted = {app.name for app in self._work.apps}
        for folder in self._shared.folder.iterdir():
            if folder.is_dir() and folder.name not in {ARTIFACTS, *wanted, *self._runners}:
                # Of an app that was taken away while no agent ran.
                shutil.rmtree(folder, ignore_errors=True)

    def _check(self) -> None:
        """Raise when a runner has ended by itself: a bug, which is said and not survived."""
        for name, (_, task) in self._runners.items():
            if task.done():
                error = None if task.cancelled() else task.exception()
                raise RuntimeError(f"the runner of app {name!r} ended") from error

    def _note(self) -> None:
        self._has_news.set()
        self._changed()

    # -- what is said ------------------------------------------------------------------------

    def describe(self, report: pb.PlanReport) -> None:
        """Add how apps and shares are to a report."""
        for name, (runner, _) in sorted(self._runners.items()):
            shown = runner.shown
            report.apps.add(
                name=name,
                desired_revision=runner.desired_revision,
                revision=shown.revision,
                state=shown.state,
                since_time=_timestamp(shown.since_us),
                reason=shown.reason,
                message=shown.message[:MESSAGE_MAX],
                restarts=shown.restarts,
                unenforced=shown.unenforced,
            )
        users = {a.tenant for a in self._work.apps if self._is_used(a.name)}
        for share in self._work.shares:
            found, since_us = self._standings.get(share.share_id, (ShareStanding.HELD, 0))
            if found in (ShareStanding.RELEASED, ShareStanding.ENDED) and share.tenant in users:
                found = self._until_stopped(share, found)
            report.shares.add(
                share_id=share.share_id,
                epoch=share.epoch,
                state=capacity_pb2.ShareState.ValueType(found.value),
                since_time=_timestamp(since_us),
                reason=decide.SHARE_EPOCH_OLD if found is ShareStanding.REFUSED else "",
            )

    def _is_used(self, name: str) -> bool:
        found = self._runners.get(name)
        return found is not None and found[0].uses

    def _until_stopped(self, share: Share, found: ShareStanding) -> ShareStanding:
        """Return HELD while apps still run that only this share would allow.

        The word RELEASED lets others have the share at once, so it is never said too early.
        """
        lasting = {name for name, (one, _) in self._standings.items() if one is ShareStanding.HELD}
        held = [share for share in self._work.shares if share.share_id in lasting]
        running = [app for app in self._work.apps if self._is_used(app.name)]
        allowed = decide.admitted(running, held, needs_shares=self._work.needs_shares)
        tenants = {app.tenant for app in running if app.name in allowed}
        return ShareStanding.HELD if share.tenant in tenants else found

    def status(self) -> list[dict[str, Any]]:
        """Return how apps are, for the status file."""
        return [
            {
                "name": name,
                "desired_revision": runner.desired_revision,
                "revision": runner.shown.revision,
                "state": app_pb2.AppState.Name(runner.shown.state).removeprefix("APP_STATE_"),
                "reason": runner.shown.reason,
                "message": runner.shown.message,
                "restarts": runner.shown.restarts,
                "unenforced": list(runner.shown.unenforced),
            }
            for name, (runner, _) in sorted(self._runners.items())
        ]


def _timestamp(time_us: int) -> Timestamp:
    seconds, rest_us = divmod(max(0, time_us), MICROSECONDS)
    return Timestamp(seconds=seconds, nanos=rest_us * 1000)
