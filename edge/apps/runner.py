"""Make one app be as it is wanted: prepare, start, watch, restart, go back.

A new revision is prepared while the one before runs on; only then is it stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from edge.apps import decide, limits, podman, wheels
from edge.apps.decide import Choice
from edge.apps.fetcher import Fetcher
from edge.apps.limits import Cgroups
from edge.apps.memory import Memory
from edge.apps.model import App, Image, Wheel
from edge.apps.probes import Prober
from edge.apps.process import Process
from edge.apps.settings import AppsSettings
from edge.clock import Clock
from edge.counters import Counters
from tianfu import tasks
from tianfu.fleet.v1 import app_pb2 as pb

RETRY_S: Final = 10.0
"""Until what is not there yet, such as podman, is looked for again."""

POLL_S: Final = 2.0
CONTAINER_DATA: Final = "/var/lib/tianfu-app"
IMAGE_UNAVAILABLE: Final = "IMAGE_UNAVAILABLE"
PODMAN_MISSING: Final = "PODMAN_MISSING"
APP_DISK_FULL: Final = "APP_DISK_FULL"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass
class Shown:
    """What is reported of an app."""

    state: pb.AppState
    since_us: int
    revision: int = 0
    reason: str = ""
    message: str = ""
    restarts: int = 0
    unenforced: tuple[str, ...] = ()


@dataclass
class Surroundings:
    """What the runners of a node share."""

    node: str
    folder: Path
    settings: AppsSettings
    memory: Memory
    fetcher: Fetcher
    cgroups: Cgroups | None
    clock: Clock
    counters: Counters
    jitter: Callable[[], float]
    changed: Callable[[], None]


class _Changed(Exception):
    """Another app is wanted than a moment ago."""


class Runner:
    """One app, by its name."""

    def __init__(self, name: str, shared: Surroundings) -> None:
        """Nothing runs yet."""
        self.name = name
        self._shared = shared
        self._folder = shared.folder / name
        self._choice = Choice(None)
        self._wanted: App | None = None
        self._waiting: tuple[str, str] | None = None
        self._woken = asyncio.Event()
        self._running: tuple[App, Process] | None = None
        self._ends_in_row = 0
        self.shown = Shown(pb.APP_STATE_STOPPED, shared.clock.wall_us())
        self.is_gone = False
        """Not wanted any more, and stopped."""

    @property
    def uses(self) -> bool:
        """Say whether it uses capacity now."""
        return self._running is not None

    @property
    def desired_revision(self) -> int:
        """Return which revision the plan wants, 0 for none."""
        return 0 if self._wanted is None else self._wanted.revision

    @property
    def needed(self) -> list[App]:
        """Return the revisions whose files are kept."""
        good = self._shared.memory.of(self.name).good
        return [app for app in (self._wanted, good, self._choice.app) if app is not None]

    def want(self, app: App | None, waiting: tuple[str, str] | None) -> None:
        """Take what the plan wants, and why capacity does not allow it, if it does not."""
        if waiting != self._waiting:
            self._woken.set()
        self._wanted, self._waiting = app, waiting
        self.is_gone = self.is_gone and app is None
        self._choose()

    def _choose(self) -> None:
        known = self._shared.memory.of(self.name)
        choice = decide.choose(self._wanted, known.good, known.failed)
        if self._waiting is not None:
            choice = Choice(None)
        if _print(choice.app) != _print(self._choice.app):
            self._ends_in_row = 0
            self._woken.set()
        elif choice != self._choice:
            self._woken.set()
        self._choice = choice

    async def run(self) -> None:
        """Make it be as it is wanted, until cancelled; then ``close`` stops it."""
        while True:
            with contextlib.suppress(_Changed):
                await self._step()

    async def close(self) -> None:
        """Stop what runs, once ``run`` has ended."""
        await self._stop()

    async def _step(self) -> None:
        self._woken.clear()
        app = self._choice.app
        if app is None:
            await self._rest()
        elif self._running is None or self._running[0].fingerprint != app.fingerprint:
            if await self._prepare(app):
                await self._stop()
                await self._start(app)
        else:
            await self._watch(app, self._running[1])

    async def _rest(self) -> None:
        await self._stop()
        if self._waiting is not None and self._wanted is not None:
            self._show(pb.APP_STATE_WAITING, 0, *self._waiting)
        else:
            self._show(pb.APP_STATE_STOPPED, 0)
            if self._wanted is None:
                self._shared.memory.forget(self.name)
                await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
                self.is_gone = True
                self._shared.changed()
        await self._woken.wait()

    # -- prepare -----------------------------------------------------------------------------

    async def _prepare(self, app: App) -> bool:
        """Have what an app needs on this node; False when its revision failed over it."""
        try:
            match app.artifact:
                case Wheel() as wheel:
                    await self._prepare_wheel(wheel)
                case Image() as image:
                    await self._prepare_image(image)
        except wheels.NotInstalled as error:
            await self._failed(app, error.reason, str(error), at_once=True)
            return False
        except OSError as error:
            await self._failed(app, APP_DISK_FULL, error.strerror or "", at_once=False)
            return False
        return True

    async def _prepare_wheel(self, wheel: Wheel) -> None:
        environment = self._environment(wheel)
        if wheels.is_installed(environment):
            return
        self._preparing()
        getting = asyncio.create_task(self._shared.fetcher.get(wheel.sha256))
        try:
            while not getting.done():
                await self._unless_changed(asyncio.wait([getting], timeout=POLL_S))
                problem = self._shared.fetcher.problems.get(wheel.sha256)
                if problem is not None and not getting.done():
                    self._preparing(problem.reason, str(problem))
            file = getting.result()
        finally:
            await tasks.end([getting])
        self._preparing()
        await self._unless_changed(wheels.install(wheel, file, environment))

    async def _prepare_image(self, image: Image) -> None:
        program = self._shared.settings.podman
        self._preparing()
        while True:
            found = await self._podman(podman.exists(program, image))
            if found is not None and found != 0:
                found = await self._podman(podman.pull(program, image))
            if found == 0:
                return
            reason, text = (
                (PODMAN_MISSING, f"there is no {program} on this node")
                if found is None
                else (IMAGE_UNAVAILABLE, "podman can't get the image now")
            )
            self._shared.counters.add(reason)
            self._preparing(reason, text)
            await self._unless_changed(asyncio.sleep(RETRY_S))

    async def _podman(self, command: list[str]) -> int | None:
        """Run a command of podman's; return its status, None when there is no podman."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            return None
        try:
            return await self._unless_changed(process.wait())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    # -- start, watch, stop ------------------------------------------------------------------

    async def _start(self, app: App) -> None:
        shared, data = self._shared, self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / "health").unlink(missing_ok=True)
        cgroup = None
        if shared.cgroups is not None and isinstance(app.artifact, Wheel):
            try:
                cgroup = shared.cgroups.make(app.name, app.limits)
            except OSError:
                shared.counters.add("APP_CGROUP_REFUSED")
        environment = self._variables(app, str(data))
        told = limits.launch(app.limits, cgroup)
        self.shown.unenforced = limits.unenforced(app.limits, cgroup)
        if isinstance(app.artifact, Wheel):
            python = str(wheels.python(self._environment(app.artifact)))
            command = [python, "-I", "-m", app.artifact.module]
        else:
            inner = self._variables(app, CONTAINER_DATA)
            command = podman.run(shared.settings.podman, app, app.artifact, inner, data)
            command[0] = shutil.which(command[0]) or command[0]
            told = limits.launch({}, None)
            self.shown.unenforced = tuple(sorted(set(app.limits) - {"cpu", "memory"}))
            environment |= {"HOME": str(self._folder)}
        self._show(pb.APP_STATE_STARTING, app.revision)
        process = await Process.start(command, environment, told, self._folder / "log.txt")
        self._running = (app, process)
        log.info("app started", extra={"app": app.name, "revision": app.revision})

    async def _watch(self, app: App, process: Process) -> None:
        """Follow a run until it ends, fails its probes, or another is wanted."""
        clock, health = self._shared.clock, app.health
        prober = Prober(health, self._folder / "data" / "health")
        started = clock.monotonic()
        ready_at: float | None = None
        failures = 0
        while True:
            well = process.is_running and await prober.is_well(clock.monotonic())
            now = clock.monotonic()
            if not process.is_running:
                text = _ended(await process.wait())
                await self._ended(app, decide.APP_CRASHED, text, now - started)
                return
            if well:
                failures = 0
                ready_at = now if ready_at is None else ready_at
                self._ready(app, now - ready_at)
            elif ready_at is None:
                if now - started > health.start_within_s:
                    text = f"not well within {health.start_within_s:g} s of its start"
                    await self._ended(app, decide.APP_NOT_READY_IN_TIME, text, now - started)
                    return
            else:
                failures += 1
                if failures >= health.failures_max:
                    text = f"{failures} probes in a row failed"
                    await self._ended(app, decide.APP_UNHEALTHY, text, now - started)
                    return
            pause_s = min(health.interval_s, 0.25) if ready_at is None else health.interval_s
            if ready_at is not None and not self._shared.memory.is_good(app):
                pause_s = min(pause_s, max(0.05, self._shared.settings.good_after_s / 4))
            await self._unless_changed(_ended_or(process, pause_s))

    def _ready(self, app: App, ready_s: float) -> None:
        """Note that it is well, and after a while that it is worth going back to."""
        if self._choice.rolled_back:
            reason = self._choice.rolled_back
            text = f"revision {self.desired_revision} failed; {app.revision} runs again"
            self._show(pb.APP_STATE_ROLLED_BACK, app.revision, reason, text)
        else:
            self._show(pb.APP_STATE_READY, app.revision)
        if ready_s >= self._shared.settings.good_after_s:
            self._ends_in_row = 0
            if not self._shared.memory.is_good(app):
                self._shared.memory.mark_good(app)
                self._shared.changed()

    async def _ended(self, app: App, reason: str, text: str, ran_s: float) -> None:
        await self._stop()
        if ran_s >= decide.STEADY_S:
            self._ends_in_row = 0
        self._shared.counters.add(reason)
        log.warning("app ended", extra={"app": app.name, "reason": reason, "detail": text})
        await self._failed(app, reason, text, at_once=False)

    async def _failed(self, app: App, reason: str, text: str, *, at_once: bool) -> None:
        """Wait for the next try of a revision, or go back to the one before it."""
        memory = self._shared.memory
        was_good = memory.is_good(app)
        self._ends_in_row += 1
        if at_once or decide.fails(was_good=was_good, ends_in_row=self._ends_in_row):
            if app.fingerprint not in memory.of(self.name).failed:
                memory.mark_failed(app, reason)
            before = self._choice
            self._choose()
            if self._choice != before:
                self._shared.counters.add("APP_ROLLED_BACK")
                return
            self._show(pb.APP_STATE_FAILED, 0, reason, text)
        else:
            self._show(pb.APP_STATE_BACKING_OFF, app.revision, reason, text)
        self.shown.restarts += 1
        delay_s = decide.delay_s(self._ends_in_row, self._shared.jitter())
        await self._unless_changed(asyncio.sleep(delay_s))

    async def _stop(self) -> None:
        if self._running is None:
            return
        app, process = self._running
        if isinstance(app.artifact, Image) and process.is_running:
            command = podman.stop(self._shared.settings.podman, app.name)
            with contextlib.suppress(_Changed, asyncio.CancelledError):
                self._woken.clear()
                await self._podman(command)
        await process.stop()
        self._running = None
        if self._shared.cgroups is not None:
            self._shared.cgroups.kill(app.name)
        self._shared.changed()

    # -- pieces ------------------------------------------------------------------------------

    def _environment(self, wheel: Wheel) -> Path:
        # By its sum: a revision that changes settings alone installs nothing.
        return self._folder / f"env-{wheel.sha256[:16]}"

    def tidy(self) -> None:
        """Delete environments that nothing goes back to."""
        if not self._folder.is_dir():
            return
        apps = [*self.needed, *([] if self._running is None else [self._running[0]])]
        artifacts = [app.artifact for app in apps]
        kept = {self._environment(one).name for one in artifacts if isinstance(one, Wheel)}
        for folder in self._folder.glob("env-*"):
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _variables(self, app: App, data: str) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **app.settings,
            "TIANFU_NODE": self._shared.node,
            "TIANFU_APP": app.name,
            "TIANFU_REVISION": str(app.revision),
            "TIANFU_DATA_DIR": data,
            "TIANFU_HEALTH_FILE": f"{data}/health",
        }

    def _preparing(self, reason: str = "", message: str = "") -> None:
        if self._running is None:
            self._show(pb.APP_STATE_PREPARING, 0, reason, message)
        else:
            self._show(pb.APP_STATE_PREPARING, self._running[0].revision, reason, message)

    def _show(self, state: pb.AppState, revision: int, reason: str = "", message: str = "") -> None:
        shown = self.shown
        told = (state, revision, reason, message)
        if told == (shown.state, shown.revision, shown.reason, shown.message):
            return
        if state != shown.state or revision != shown.revision:
            shown.since_us = self._shared.clock.wall_us()
        shown.state, shown.revision, shown.reason, shown.message = told
        self._shared.changed()

    async def _unless_changed(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` does; cancel it and raise when another app is wanted."""
        working = asyncio.ensure_future(work)
        waking = asyncio.ensure_future(self._woken.wait())
        try:
            await asyncio.wait([working, waking], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            raise _Changed
        finally:
            await tasks.end([working, waking])


async def _ended_or(process: Process, seconds: float) -> None:
    """Return when a process has ended, or after some seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()


def _ended(status: int) -> str:
    return f"ended by signal {-status}" if status < 0 else f"ended with status {status}"


def _print(app: App | None) -> str:
    return "" if app is None else app.fingerprint
