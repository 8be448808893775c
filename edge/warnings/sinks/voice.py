"""A voice: the text to speak goes to a program's standard input, or to a file for a player.

The program gets the languages in order, a line each, UTF-8, and in its environment
TIANFU_WARNING, TIANFU_VERSION, TIANFU_CHANNEL (live or drill) and TIANFU_ACT (warn or clear).
It runs at most its deadline. It is spoken once: what was begun is not begun again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import Final

from edge.warnings import wording
from edge.warnings.notices import Action, SinkKind
from edge.warnings.ports import SinkFailed

KILLED_WAIT_S: Final = 2.0
"""For a killed program to be gone."""


class VoiceCommand:
    """Speaks through a program such as espeak-ng."""

    kind = SinkKind.VOICE
    is_repeatable = False
    stands = False

    def __init__(
        self, command: tuple[str, ...], *, languages: tuple[str, ...], deadline_s: float
    ) -> None:
        """Take the program with its arguments, and the languages to speak."""
        self._command = command
        self._languages = languages
        self.deadline_s = deadline_s

    def open(self) -> None:
        """Nothing to get ready."""

    async def perform(self, action: Action) -> None:
        """Speak, and return when it is spoken."""
        text = spoken(action, self._languages)
        environment = os.environ | {  # the program's own, such as its sound device
            "TIANFU_WARNING": action.warning,
            "TIANFU_VERSION": str(action.version),
            "TIANFU_CHANNEL": action.channel.value,
            "TIANFU_ACT": action.act.value,
        }
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            message = f"{self._command[0]}: {error.strerror or error}"
            raise SinkFailed("VOICE_NO_PROGRAM", message) from error
        try:
            await process.communicate(text.encode())
        except BaseException:
            await _kill(process)
            raise
        if process.returncode:
            message = f"{self._command[0]} ended with {process.returncode}"
            raise SinkFailed("VOICE_FAILED", message)

    async def close(self) -> None:
        """Nothing is left running: a program ends with its action."""


class VoiceFile:
    """Writes what is to be spoken into a folder that a player watches, a file an announcement."""

    kind = SinkKind.VOICE
    is_repeatable = True
    stands = False

    def __init__(self, folder: Path, *, languages: tuple[str, ...]) -> None:
        """Take the folder, and the languages to speak."""
        self._folder = folder
        self._languages = languages
        self.deadline_s = 5.0

    def open(self) -> None:
        """Nothing to get ready."""

    async def perform(self, action: Action) -> None:
        """Write the file, whole or not at all; the same announcement has the same name."""
        name = f"{action.channel.value}-{safe(action.warning)}-{action.version}.txt"
        text = spoken(action, self._languages)
        try:
            await asyncio.to_thread(self._write, name, text)
        except OSError as error:
            raise SinkFailed("VOICE_UNWRITABLE", f"{self._folder}: {error.strerror}") from error

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, name: str, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{name}.new"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._folder / name)


def spoken(action: Action, languages: tuple[str, ...]) -> str:
    """Return the text, a line a language."""
    lines = [wording.voice(action, text) for text in wording.texts(action, languages)]
    return "".join(f"{line}\n" for line in lines if line)


def safe(warning: str) -> str:
    """Return a warning's id as part of a file name."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in warning)


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        process.kill()
        async with asyncio.timeout(KILLED_WAIT_S):
            await process.wait()
