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
from typing import Final

import grpc
from rich.console import Console
from rich.live import Live

from cli.connection import failure_of
from cli.failures import Exit
from cli.local import folder as folders
from cli.local import live, summary
from cli.local.figures import Figures
from cli.local.folder import Folder
from cli.local.progress import Steps
from cli.local.stack import Stack
from cli.local.state import prepare
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


class Session:
    """One run."""

    def __init__(self, options: Options, console: Console) -> None:
        self._options = options
        self._console = console
        self._began_s = time.monotonic()
        self._stop = asyncio.Event()
        self._ready_s = 0.0
        self._figures = Figures()

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
            )
            self._listen_for_signals()
            with Steps(self._console) as steps:
                stack = Stack(folder, state, steps)
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
                await self._watch(stack)
                if not self._stop.is_set():
                    status = await self._finish(stack)
        except grpc.RpcError as error:
            raise failure_of(error) from error
        finally:
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
        wrong = summary.objections(result)
        wrong += [f"{each.program.name} had to be killed" for each in killed]
        for objection in wrong:
            self._say(f"not accounted for: {objection} [LOSS_ACCOUNT]")
        if not wrong:
            self._say(
                f"accounted for: produced {result.produced} = stored {result.stored} "
                f"+ dropped {result.dropped}; missing 0, stored twice 0"
            )
        if self._options.json:
            sys.stdout.write(json.dumps(result.to_json()) + "\n")
            sys.stdout.flush()
        return Exit.FAILED if wrong else Exit.OK

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
