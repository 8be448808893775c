"""What renews the agent: it installs a release beside this one, and says when this one is well."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from edge import bucket_key
from edge.apps.fetcher import Fetcher
from edge.apps.wheels import NotInstalled
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.link import Session, Work
from edge.rules import Plan
from edge.update import environment, state
from edge.update.launcher import PACKAGE_PYTHON, TRIAL
from edge.update.settings import UpdateSettings
from tianfu import subjects, tasks
from tianfu.fleet.v1 import node_pb2, update_pb2
from tianfu.releases import trust
from tianfu.releases.release import Release, ReleaseWheel
from tianfu.releases.trust import Believed, UpdateRefused

METADATA: Final = "metadata"
ARTIFACTS: Final = "artifacts"
LOOK_EVERY_S: Final = 3_600.0
"""How often what was heard is looked at again: it may have ended meanwhile, or be installable."""

RETRY_S: Final = 600.0
"""After the disk took no more."""

WELL_EVERY_S: Final = 0.2
ALARM_LATER_S: Final = 60
"""After what a release has to show that it is well: a stop takes a few seconds, and systemd ends
one whose loop stands still after a minute."""


NO_LAUNCHER: Final = "UPDATE_NO_LAUNCHER"
ROOT_UNREADABLE: Final = "UPDATE_ROOT_UNREADABLE"
NOTHING_FITS: Final = "UPDATE_NOTHING_FITS"
UNWRITABLE: Final = "UPDATE_UNWRITABLE"

log = logging.getLogger(__name__)


class NodeUpdates:
    """Renews one node's agent."""

    def __init__(
        self,
        settings: UpdateSettings,
        data_dir: Path,
        *,
        version: str,
        clock: Clock,
        counters: Counters,
        is_well: Callable[[], bool],
        changed: Callable[[], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Take what runs, and how to see whether the platform answers it."""
        self._settings = settings
        self._folder = data_dir / state.FOLDER
        self._version = version
        self._clock = clock
        self._counters = counters
        self._is_well = is_well
        self._changed = changed
        self._package_python = environ.get(PACKAGE_PYTHON, "")
        self._trial = environ.get(TRIAL, "")
        self._bundle = b""
        self._wish = (settings.channel, "")
        self._woken = asyncio.Event()
        (self._folder / ARTIFACTS).mkdir(parents=True, exist_ok=True)
        self._fetcher = Fetcher(self._folder / ARTIFACTS, counters)
        self.restart = asyncio.Event()
        """Set when the agent is to end, and be started anew as another release."""

        self._state = update_pb2.UPDATE_STATE_CURRENT
        self._wanted = self._reason = self._message = ""
        self._since_us = clock.wall_us()

    @property
    def works(self) -> tuple[Work, ...]:
        """What runs on every session."""
        return (self._follow, self._fetcher.run)

    def apply(self, plan: Plan) -> None:
        """Follow the channel of a plan, or stay on its version."""
        wish = (plan.channel or self._settings.channel, plan.agent_version)
        if wish != self._wish:
            self._wish = wish
            self._woken.set()

    async def run(self) -> None:
        """Show that this release is well, then renew it as releases come."""
        if self._trial:
            self._say(update_pb2.UPDATE_STATE_TRYING, self._trial)
            # In the place of the launcher's: it runs, and stops well by itself when it has to.
            signal.alarm(math.ceil(self._settings.health_s) + ALARM_LATER_S)
            self._keep(state.up(state.read(self._folder)))
            if not await self._show_well():
                await asyncio.Event().wait()  # the agent is being stopped
        while True:
            self._woken.clear()
            wait_s = await self._look() if self._bundle else LOOK_EVERY_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()

    async def take(self, payload: bytes) -> None:
        """Look at releases that are new."""
        if payload and payload != self._bundle:
            self._bundle = payload
            self._woken.set()

    def status(self) -> dict[str, Any]:
        """Return what there is to say of releases."""
        kept = state.read(self._folder)
        return {
            "version": self._version,
            "channel": self._wish[0],
            "wanted_version": self._wanted,
            "state": update_pb2.UpdateState.Name(self._state).removeprefix("UPDATE_STATE_").lower(),
            "since_us": self._since_us,
            "reason": self._reason,
            "message": self._message,
            "not_tried_again": {version: why[0] for version, why in kept.refused.items()},
        }

    def describe(self, report: node_pb2.PlanReport) -> None:
        """Add to a report on the plan which agent runs."""
        seconds, rest_us = divmod(self._since_us, MICROSECONDS)
        report.agent.CopyFrom(
            update_pb2.AgentReport(
                version=self._version,
                channel=self._wish[0],
                state=self._state,
                wanted_version=self._wanted,
                since_time=Timestamp(seconds=seconds, nanos=rest_us * 1000),
                reason=self._reason,
                message=self._message,
            )
        )

    # -- pieces --------------------------------------------------------------------------------

    async def _follow(self, session: Session) -> None:
        await bucket_key.follow(
            session,
            subjects.UPDATES_HEARD,
            subjects.UPDATES_GET,
            self.take,
            self._counters,
            "UPDATES_UNANSWERED",
        )

    async def _show_well(self) -> bool:
        """Wait until the platform has answered; go back to the release before when it does not."""
        limit_s = self._settings.health_s
        deadline = self._clock.monotonic() + limit_s
        while not self._is_well():
            if self._clock.monotonic() < deadline:
                await asyncio.sleep(WELL_EVERY_S)
                continue
            text = f"the platform did not answer it within {limit_s:g} s"
            self._keep(state.failed(state.read(self._folder), state.UNCONNECTED, text))
            self._counters.add(state.UNCONNECTED)
            log.warning("not well, back to the release before", extra={"reason": state.UNCONNECTED})
            self.restart.set()
            return False
        kept = state.confirmed(state.read(self._folder))
        self._keep(kept)
        signal.alarm(0)  # of the launcher
        await asyncio.to_thread(environment.keep, self._folder, frozenset({kept.current}))
        self._say(update_pb2.UPDATE_STATE_CURRENT, self._trial)
        log.info("release is well", extra={"release": self._trial})
        return True

    async def _look(self) -> float:
        """Do what is to be done about releases; return when to look again, in seconds."""
        try:
            found = await self._due(*self._wish)
            if found is not None:
                await self._install(found)
        except UpdateRefused as error:
            self._refuse(error.reason, str(error))
        except OSError as error:
            self._refuse(UNWRITABLE, f"{error.filename or self._folder}: {error.strerror}")
            return RETRY_S
        return LOOK_EVERY_S

    async def _install(self, release: Release) -> None:
        """Stage a release; what is not what it is called is not tried again, all else is."""
        try:
            await self._stage(release)
        except NotInstalled as error:
            if error.reason == environment.UNUSABLE:
                kept = state.read(self._folder)
                self._keep(state.refused(kept, release.version, error.reason, str(error)))
            raise UpdateRefused(error.reason, str(error)) from error

    async def _due(self, channel: str, version: str) -> Release | None:
        """Return the release that is to be installed, None when there is nothing to do."""
        believed = await asyncio.to_thread(self._believed)
        wanted = version or believed.version_of(channel)
        if wanted == self._version:
            self._say(update_pb2.UPDATE_STATE_CURRENT, wanted)
            return None
        release = believed.release(wanted)
        self._wanted = wanted
        if not self._package_python:
            text = "the agent was not started by `tianfu-edge start`"
            raise UpdateRefused(NO_LAUNCHER, text)
        why = state.read(self._folder).refused.get(wanted)
        if why is not None:
            self._say(update_pb2.UPDATE_STATE_ROLLED_BACK, wanted, *why)
            return None
        return release

    def _believed(self) -> Believed:
        try:
            message = update_pb2.UpdateBundle.FromString(self._bundle)
        except DecodeError as error:
            raise UpdateRefused(trust.MALFORMED, "what was heard is no UpdateBundle") from error
        try:
            root = self._settings.root_file.read_bytes()
        except OSError as error:
            text = f"{self._settings.root_file}: {error.strerror}"
            raise UpdateRefused(ROOT_UNREADABLE, text) from error
        files = {one.name: one.content for one in message.files}
        return trust.believe(files, root, self._folder / METADATA)

    async def _stage(self, release: Release) -> None:
        """Install a release, and have it tried."""
        self._say(update_pb2.UPDATE_STATE_STAGING, release.version)
        python_tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
        fitting = [one for one in release.wheels if one.suits(python_tag, os.uname().machine)]
        if not fitting:
            raise NotInstalled(NOTHING_FITS, f"no wheel is for {python_tag}, {os.uname().machine}")
        self._fetcher.keep({one.sha256 for one in fitting})
        files = await self._fetched(fitting)
        if files is None:
            return  # something else is wanted by now
        if not environment.is_installed(self._folder, release.version):
            await environment.install(self._folder, release.version, files, self._package_python)
        self._keep(state.staged(state.read(self._folder), release.version))
        log.info("release is installed, to be tried", extra={"release": release.version})
        self.restart.set()

    async def _fetched(self, wanted: Sequence[ReleaseWheel]) -> dict[str, Path] | None:
        """Return the wheels by name; None when there are other news before they are here."""

        async def get_all() -> dict[str, Path]:
            return {one.name: await self._fetcher.get(one.sha256) for one in wanted}

        getting = asyncio.create_task(get_all(), name="wheels")
        hearing = asyncio.create_task(self._woken.wait(), name="news")
        try:
            await asyncio.wait([getting, hearing], return_when=asyncio.FIRST_COMPLETED)
            return await getting if getting.done() else None
        finally:
            await tasks.end([getting, hearing])

    def _refuse(self, reason: str, message: str) -> None:
        if (reason, message) != (self._reason, self._message):
            self._counters.add(reason)
            log.warning("release not taken", extra={"reason": reason, "detail": message})
        self._say(update_pb2.UPDATE_STATE_REFUSED, self._wanted, reason, message)

    def _keep(self, kept: state.State) -> None:
        state.write(self._folder, kept)

    def _say(
        self, about: update_pb2.UpdateState, wanted: str, reason: str = "", message: str = ""
    ) -> None:
        said = (about, wanted, reason, message)
        if said != (self._state, self._wanted, self._reason, self._message):
            self._since_us = self._clock.wall_us()
        self._state, self._wanted, self._reason, self._message = said
        self._changed()
