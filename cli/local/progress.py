"""Shows the steps of a start while they happen: a table on a terminal, lines elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text


@dataclass
class Step:
    """One step, and how long it took."""

    name: str
    began_s: float
    took_s: float | None = None
    failed: bool = False
    # Broken off, because of a signal or of another step's failure.
    stopped: bool = False


@dataclass
class Steps:
    """The steps so far. Several may run at once."""

    console: Console
    steps: list[Step] = field(default_factory=list)
    _live: Live | None = None
    _spinner: Spinner = field(default_factory=lambda: Spinner("dots"))

    def __enter__(self) -> Self:
        """Begin to show."""
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=self.table, console=self.console, refresh_per_second=10
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Show the last state and leave it standing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step as running, then how long it took."""
        step = Step(name, time.monotonic())
        self.steps.append(step)
        try:
            yield
        except asyncio.CancelledError:
            step.stopped = True
            raise
        except BaseException:
            step.failed = True
            raise
        finally:
            step.took_s = time.monotonic() - step.began_s
            if self._live is None and not (step.failed or step.stopped):
                self.console.print(f"{step.took_s:6.1f} s  {name}", markup=False, highlight=False)

    def say(self, line: str) -> None:
        """Print a line above what is shown."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def table(self) -> Table:
        """Return the steps as a table."""
        table = Table.grid(padding=(0, 2))
        for step in self.steps:
            if step.failed:
                mark: Text | Spinner = Text("failed", style="bold red")
            elif step.stopped:
                mark = Text("stopped", style="yellow")
            elif step.took_s is None:
                mark = self._spinner
            else:
                mark = Text("ready", style="green")
            took_s = step.took_s if step.took_s is not None else time.monotonic() - step.began_s
            table.add_row(mark, Text(step.name), Text(f"{took_s:5.1f} s", style="dim"))
        return table
