"""Acknowledging a warning at the node (签收): by a command, or by a button.

The command leaves a file in a folder of the node's, and the agent answers with another. So it
needs no port and no rights but the folder's, and what was asked for while the agent was away is
done when it is back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

from edge import durable_file
from edge.counters import Counters
from edge.warnings.ports import SinkFailed

FOLDER: Final = "acknowledge"
ASKED: Final = ".ask"
ANSWERED: Final = ".answer"

LOOK_EVERY_S: Final = 0.25
"""How soon a command is answered; listing an empty folder costs a hundredth of a millisecond."""

ANSWER_WITHIN_S: Final = 10.0
"""What a command waits for the agent: a look, and a commit on a slow card."""

ANSWER_POLL_S: Final = 0.02

READ_EVERY_S: Final = 0.25
"""A button is held for longer than that."""

BUTTON_RETRY_S: Final = 5.0
"""Until a button that can't be read is read again."""

FILE_BYTES_MAX: Final = 4096

Acknowledge = Callable[[str | None], Awaitable[list[str]]]

log = logging.getLogger(__name__)


class Button(Protocol):
    """Something that can be pressed."""

    async def read_input(self, address: int) -> bool:
        """Tell whether it is pressed; raise SinkFailed when that can't be told."""
        ...


# -- the command's side ---------------------------------------------------------------------------


def ask(data_dir: Path, warning: str | None, number: int) -> Path:
    """Ask the agent of ``data_dir`` to acknowledge a warning, or all; return the answer's path.

    ``number`` tells this request from others, such as the process's own.
    """
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    asked = folder / f"{number}{ASKED}"
    durable_file.replace(asked, json.dumps({"warning": warning}).encode())
    return asked.with_suffix(ANSWERED)


def answer(path: Path) -> list[str] | None:
    """Return what was acknowledged, and clear it away; None while there is no answer."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    path.unlink(missing_ok=True)
    return [str(name) for name in found["acknowledged"]]


def answered(path: Path, monotonic: Callable[[], float]) -> list[str] | None:
    """Return what was acknowledged, None when there is no answer in time."""
    until = monotonic() + ANSWER_WITHIN_S
    while (found := answer(path)) is None and monotonic() < until:
        time.sleep(ANSWER_POLL_S)
    return found


# -- the agent's side -----------------------------------------------------------------------------


async def watch_folder(data_dir: Path, acknowledge: Acknowledge, counters: Counters) -> None:
    """Do what is asked for in the folder, until cancelled."""
    folder = data_dir / FOLDER
    _clear(folder)
    while True:
        for asked, warning in _requests(folder, counters):
            done = await acknowledge(warning)
            counters.add("WARNING_ACKNOWLEDGED", len(done))
            _reply(asked, done)
        await asyncio.sleep(LOOK_EVERY_S)


async def watch_button(
    button: Button, address: int, acknowledge: Acknowledge, counters: Counters
) -> None:
    """Acknowledge all that is in force when a button is pressed, until cancelled."""
    was_pressed = True  # one that is held at the start, or stuck, acknowledges nothing
    while True:
        try:
            is_pressed = await button.read_input(address)
        except SinkFailed as error:
            counters.add(error.reason)
            await asyncio.sleep(BUTTON_RETRY_S)
            continue
        if is_pressed and not was_pressed:
            counters.add("WARNING_ACKNOWLEDGED", len(await acknowledge(None)))
        was_pressed = is_pressed
        await asyncio.sleep(READ_EVERY_S)


def _clear(folder: Path) -> None:
    """Clear away answers that nobody waits for any more."""
    for old in folder.glob(f"*{ANSWERED}"):
        old.unlink(missing_ok=True)


def _requests(folder: Path, counters: Counters) -> list[tuple[Path, str | None]]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ASKED)
    except OSError:
        return []
    found: list[tuple[Path, str | None]] = []
    for path in paths:
        try:
            with path.open(encoding="utf-8") as stream:
                warning = json.loads(stream.read(FILE_BYTES_MAX))["warning"]
            found.append((path, None if warning is None else str(warning)))
        except (OSError, ValueError, KeyError, TypeError):
            counters.add("ACKNOWLEDGEMENT_MALFORMED")
            path.unlink(missing_ok=True)
    return found


def _reply(asked: Path, done: list[str]) -> None:
    try:
        fresh = asked.with_suffix(".said")
        fresh.write_text(json.dumps({"acknowledged": done}), encoding="utf-8")
        fresh.replace(asked.with_suffix(ANSWERED))
        asked.unlink(missing_ok=True)
    except OSError:
        # It is done, and asking again does it no second time.
        log.warning("no answer could be written", extra={"reason": "DISK_FULL"})
        asked.unlink(missing_ok=True)
