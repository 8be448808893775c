"""One run of ``tianfu up``: start, watch, settle, summarise, stop."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from rich.console import Console
from rich.live import Live

from cli.connection import failure_of
from cli.drill import report, scenario
from cli.drill import view as drill_view
from cli.drill.play import End, Stage, play
from cli.drill.promises import END, Promise, judge
from cli.drill.seen import Seen
from cli.failures import Exit, Failure
from cli.local import folder as folders
from cli.local import live, summary
from cli.local.figures import Figures
from cli.local.folder import Folder
from cli.local.progress import Steps
from cli.local.stack import Stack
from cli.local.state import Profile, prepare
from cli.local.supervisor import sweep

REFRESH_S: Final = 1.0
# Without a terminal, a line as often as one reads a log.
LINE_S: Final = 10.0
# What is in flight when the agents stop is in the stream, and stored within a second or two; what a
# killed service had taken comes again after the stream's wait for acknowledgement.
SETTLE_S: Final = 60.0


@dataclass(frozen=True)
class Options:
    """What ``tianfu up`` was asked for."""

    data: Path
    nodes: int | None = None
    meters: int | None = None
    run_for_s: float | None = None
    json: bool = False
    new_ports: bool = False
    sync_always: bool = False
    # None is the folder's, and of a new folder minimal.
    profile: Profile | None = None
    # Seconds from readiness to the drill's earthquake; None plays none.
    drill_after_s: float | None = None
    # Folder of manifests that the operators make true; None runs none.
    manifests: Path | None = None


class Session:
    """One run."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._began_s = time.monotonic()
        self._stop = asyncio.Event()
        self._ready_s = 0.0
        self._figures = Figures()
        self._drill: asyncio.Task[Seen] | None = None
        self._seen: Seen | None = None

    async def run(self) -> Exit:
        """Run to the end; return the exit status."""
        folder = Folder.at(self._options.data)
        folder.make()
        with folders.locked(folder):
            swept = sweep(folder)
            if swept:
                self._say(f"ended {swept} processes that an earlier platform left behind")
            state = prepare(
                folder,
                now_s=time.time(),
                nodes=self._options.nodes,
                meters=self._options.meters,
                new_ports=self._options.new_ports,
                sync_always=self._options.sync_always,
                profile=self._options.profile,
            )
            self._listen_for_signals()
            with Steps(self._console) as steps:
                stack = Stack(folder, state, steps, self._options.manifests)
                try:
                    started = await self._unless_stopped(stack)
                except BaseException:
                    await stack.stop()
                    raise
            return await self._after_start(stack, started=started)

    async def _after_start(self, stack: Stack, *, started: bool) -> Exit:
        status = Exit.OK
        try:
            if started:
                self._ready_s = time.monotonic() - self._began_s
                self._say(f"ready after {self._ready_s:.1f} s")
                if self._options.drill_after_s is not None:
                    drill = self._play(stack.stage, self._options.drill_after_s)
                    self._drill = asyncio.create_task(drill, name="drill")
                await self._watch(stack)
                # Whoever asked for the account has it, even of a run that is ended early.
                if not self._stop.is_set() or self._options.json:
                    status = await self._finish(stack)
        except grpc.RpcError as error:
            raise failure_of(error) from error
        finally:
            await self._end_drill()
            self._say("stopping: edge, services, databases")
            await stack.stop()
            self._say("stopped; nothing is left running")
        return status

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)

    async def _unless_stopped(self, stack: Stack) -> bool:
        """Start the stack; return False when a signal came first."""
        starting = asyncio.create_task(stack.start())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                return True
            return False
        finally:
            for task in (starting, stopping):
                task.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)

    # -- the drill ----------------------------------------------------------------------------

    async def _play(self, stage: Stage, after_s: float) -> Seen:
        """Play the drill so many seconds from now."""
        lead_s = min(after_s, scenario.LEAD_S)
        await asyncio.sleep(after_s - lead_s)
        tell = drill_view.teller(self._say)

        def show(seen: Seen) -> None:
            self._seen = seen
            if not self._console.is_terminal:
                tell(seen)

        with folders.drill_locked(stage.folder):
            # Nobody cancels it: that it ends by itself is a part of what is shown.
            seen = await play(stage, lead_s=lead_s, end=End.EXPIRE, show=show)
        self._seen = seen
        for line in drill_view.verdicts(judge(seen)):
            self._say(f"drill: {line}")
        return seen

    async def _end_drill(self) -> None:
        """End the drill where it is; say why it failed, if it has."""
        if self._drill is None:
            return
        self._drill.cancel()
        try:
            await self._drill
        except asyncio.CancelledError:
            pass
        except (Failure, grpc.RpcError) as error:
            failure = failure_of(error) if isinstance(error, grpc.RpcError) else error
            self._say(f"the drill failed: {failure.message} [{failure.reason}]")
        self._drill = None

    def _drill_summary(self) -> dict[str, Any] | None:
        """Return what is to be told of the drill; None when its last solution was not reached."""
        seen = self._seen
        if seen is None or seen.state not in {"final", "false"}:
            return None
        return report.summary(seen, self._judged(seen))

    def _judged(self, seen: Seen) -> list[Promise]:
        """Return the promises that this run was long enough for."""
        is_over = seen.warning is not None and seen.warning.state != "published"
        return [each for each in judge(seen) if is_over or each.name != END]

    # -- watching -----------------------------------------------------------------------------

    async def _watch(self, stack: Stack) -> None:
        """Show the platform until the time is up or a signal comes."""
        run_for_s = self._options.run_for_s
        end_s = None if run_for_s is None else time.monotonic() + run_for_s
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as shown:
                await self._each(
                    stack,
                    end_s,
                    REFRESH_S,
                    lambda view: shown.update(live.render(view), refresh=True),
                )
            return
        for name, address in stack.addresses().items():
            self._say(f"  {name}: {address}")
        await self._each(stack, end_s, LINE_S, lambda view: self._say(live.line(view)))

    async def _each(
        self,
        stack: Stack,
        end_s: float | None,
        every_s: float,
        show: Callable[[live.View], None],
    ) -> None:
        while not self._stop.is_set():
            trouble = ""
            try:
                self._figures = await stack.figures()
            except grpc.RpcError as error:
                trouble = f"no figures: {failure_of(error).message}"
            left_s = None if end_s is None else end_s - time.monotonic()
            show(
                live.View(
                    figures=self._figures,
                    addresses=stack.addresses(),
                    restarts=stack.supervisor.restarts,
                    up_s=time.monotonic() - self._began_s,
                    left_s=left_s,
                    trouble=trouble,
                    drill=self._seen,
                    now_s=time.time(),
                )
            )
            if left_s is not None and left_s <= 0:
                return
            wait_s = every_s if left_s is None else min(every_s, left_s)
            try:
                await asyncio.wait_for(self._stop.wait(), max(wait_s, 0.01))
            except TimeoutError:
                continue

    # -- the end of an unattended run ---------------------------------------------------------

    async def _finish(self, stack: Stack) -> Exit:
        """Stop the agents, let what is in flight arrive, count anew, print the summary."""
        latest = self._figures
        await self._end_drill()
        self._say("stopping the agents, waiting for what is in flight")
        killed = await stack.stop_agents()
        figures, audit = await stack.settle(SETTLE_S)
        result = summary.summarise(
            figures,
            audit,
            latest=latest,
            peaks=stack.peaks.mb,
            restarts=stack.supervisor.restarts,
            ready_s=self._ready_s,
        )
        played = self._drill_summary()
        wrong = summary.objections(result)
        wrong += [f"{each.program.name} had to be killed" for each in killed]
        for objection in wrong:
            self._say(f"not accounted for: {objection} [LOSS_ACCOUNT]")
        if not wrong:
            self._say(
                f"accounted for: produced {result.produced} = stored {result.stored} "
                f"+ dropped {result.dropped}; missing 0, stored twice 0"
            )
        broken = [] if played is None else [p for p in played["promises"] if not p["kept"]]
        for promise in broken:
            self._say(f"broken: {promise['asked']}: {promise['found']} [DRILL_PROMISE]")
        if self._options.json:
            sys.stdout.write(json.dumps(result.to_json() | {"drill": played}) + "\n")
            sys.stdout.flush()
        return Exit.FAILED if wrong or broken else Exit.OK

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
