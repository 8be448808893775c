"""Signed forms on their way from the command to the agent: a file in, a file out.

The command leaves a form in a folder of the node's, on the disk, and the agent answers. So what was
signed while the agent was away is taken when it is back.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from edge import durable_file
from edge.counters import Counters
from tianfu import inspection_form

FOLDER: Final = "forms"
ASKED: Final = ".form"
ANSWERED: Final = ".answer"

LOOK_EVERY_S: Final = 0.25
ANSWER_WITHIN_S: Final = 10.0
"""What a command waits for the agent: a look, and a commit on a slow card."""

ANSWER_POLL_S: Final = 0.02
FILE_BYTES_MAX: Final = 2 * inspection_form.FORM_BYTES_MAX

log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What became of a form: an empty reason says that it is kept."""

    reason: str
    message: str


Take = Callable[[bytes], Awaitable[Answer]]


def leave(data_dir: Path, form: bytes) -> Path:
    """Leave a form for the agent, on the disk; return the answer's path."""
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(form).hexdigest()
    answer = folder / f"{name}{ANSWERED}"
    answer.unlink(missing_ok=True)
    durable_file.replace(folder / f"{name}{ASKED}", form)
    durable_file.sync_folder(folder)
    return answer


def answered(path: Path, monotonic: Callable[[], float]) -> Answer | None:
    """Return what became of a form, None when there is no answer in time."""
    until = monotonic() + ANSWER_WITHIN_S
    while monotonic() < until:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            time.sleep(ANSWER_POLL_S)
            continue
        path.unlink(missing_ok=True)
        return Answer(str(found["reason"]), str(found["message"]))
    return None


async def watch(data_dir: Path, take: Take, counters: Counters) -> None:
    """Take what is left in the folder, until cancelled."""
    folder = data_dir / FOLDER
    while True:
        for asked in _waiting(folder):
            try:
                size = asked.stat().st_size
                data = asked.read_bytes() if size <= FILE_BYTES_MAX else b""
            except OSError:
                counters.add("FORM_UNREADABLE")
                continue
            answer = await take(data)
            if answer.reason:
                counters.add(answer.reason)
            if answer.reason != "FORM_STORE_FULL":
                _reply(asked, answer)
        await asyncio.sleep(LOOK_EVERY_S)


def _waiting(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ASKED)
    except OSError:
        return []


def _reply(asked: Path, answer: Answer) -> None:
    """Answer, then let the form go: it is in the store, or was refused for good."""
    try:
        fresh = asked.with_suffix(".said")
        fresh.write_text(json.dumps(answer._asdict(), ensure_ascii=False), encoding="utf-8")
        fresh.replace(asked.with_suffix(ANSWERED))
    except OSError:
        # It is done, and leaving it again does it no second time.
        log.warning("no answer could be written", extra={"reason": "DISK_FULL"})
    asked.unlink(missing_ok=True)
