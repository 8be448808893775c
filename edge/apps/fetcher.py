"""Get artifacts by their sum over NATS, part by part, and keep those that are needed.

A link that breaks costs a part: what was fetched stays, and the next session goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import nats.errors
from google.protobuf.message import DecodeError

from edge.counters import Counters
from edge.durable_file import sync_folder
from edge.link import Session
from tianfu import subjects
from tianfu.fleet.v1 import fleet_service_pb2

REQUEST_TIMEOUT_S: Final = 20.0
"""One part of 128 KiB: at 64 kbit/s."""

RETRY_S: Final = 10.0
ARTIFACT_BYTES_MAX: Final = 64 << 20
FREE_BYTES_MIN: Final = 64 << 20
"""Left free on the disk beside an artifact: the spool's first."""

ARTIFACT_UNKNOWN: Final = "ARTIFACT_UNKNOWN"
ARTIFACT_UNANSWERED: Final = "ARTIFACT_UNANSWERED"
ARTIFACT_SUM_WRONG: Final = "ARTIFACT_SUM_WRONG"
ARTIFACT_TOO_LARGE: Final = "ARTIFACT_TOO_LARGE"
ARTIFACT_NO_SPACE: Final = "ARTIFACT_NO_SPACE"

log = logging.getLogger(__name__)


class NotFetched(Exception):
    """An artifact that can't be had now; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


class Fetcher:
    """Artifacts in a folder, each under its sum."""

    def __init__(self, folder: Path, counters: Counters) -> None:
        """Take a folder that is there."""
        self._folder = folder
        self._counters = counters
        self._needed: dict[str, asyncio.Event] = {}
        self._woken = asyncio.Event()
        self.problems: dict[str, NotFetched] = {}
        """Why an artifact that is needed is not here yet."""

    def path(self, digest: str) -> Path:
        """Return where an artifact is, when it is here."""
        return self._folder / digest

    async def get(self, digest: str) -> Path:
        """Return an artifact's file as soon as it is here; waits for a link as long as it takes."""
        path = self.path(digest)
        while not path.is_file():
            arrived = self._needed.setdefault(digest, asyncio.Event())
            self._woken.set()
            try:
                await arrived.wait()
            finally:
                self._needed.pop(digest, None)
        self.problems.pop(digest, None)
        return path

    def keep(self, digests: Collection[str]) -> None:
        """Delete all but these."""
        for file in self._folder.iterdir():
            if file.name.partition(".")[0] not in digests:
                file.unlink(missing_ok=True)

    async def run(self, session: Session) -> None:
        """Fetch what is needed until the session breaks."""
        while True:
            failed = False
            for digest in list(self._needed):
                try:
                    await self._fetch(session, digest)
                except NotFetched as error:
                    failed = True
                    self._counters.add(error.reason)
                    self.problems[digest] = error
            timeout_s = RETRY_S if failed else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._woken.wait()
            self._woken.clear()

    async def _fetch(self, session: Session, digest: str) -> None:
        record = fleet_service_pb2.Artifact()
        try:
            record.ParseFromString(await _ask(session, digest, None))
        except DecodeError as error:
            raise NotFetched(ARTIFACT_UNANSWERED, "the artifact's record is damaged") from error
        size = record.size_bytes
        if not 0 <= size <= ARTIFACT_BYTES_MAX:
            raise NotFetched(ARTIFACT_TOO_LARGE, f"{size} bytes; at most {ARTIFACT_BYTES_MAX}")
        if shutil.disk_usage(self._folder).free < size + FREE_BYTES_MIN:
            raise NotFetched(ARTIFACT_NO_SPACE, f"no space for {size} bytes on this disk")
        partial = self._folder / f"{digest}.part"
        await self._parts(session, digest, partial, size)
        if await asyncio.to_thread(_sum, partial) != digest:
            partial.unlink()
            raise NotFetched(ARTIFACT_SUM_WRONG, "the bytes that came are not those of the sum")
        partial.replace(self.path(digest))
        sync_folder(self._folder)
        if digest in self._needed:
            self._needed[digest].set()

    async def _parts(self, session: Session, digest: str, partial: Path, size: int) -> None:
        """Append parts until there are ``size`` bytes; parts are all of one size but the last."""
        first = await _ask(session, digest, 0) if size else b""
        with partial.open("ab") as file:
            done = file.tell()
            if done > size or (first and done % len(first)):
                file.truncate(0)
                done = 0
            number = done // len(first) if first else 0
            while done < size:
                part = first if number == 0 else await _ask(session, digest, number)
                if not part or done + len(part) > size:
                    raise NotFetched(ARTIFACT_SUM_WRONG, f"part {number} is of a wrong size")
                file.write(part)
                done, number = done + len(part), number + 1
            file.flush()
            os.fsync(file.fileno())


async def _ask(session: Session, digest: str, part: int | None) -> bytes:
    subject = subjects.artifact_get(digest, part)
    try:
        answer: Any = await session.client.request(subject, b"", timeout=REQUEST_TIMEOUT_S)
    except (nats.errors.TimeoutError, nats.errors.NoRespondersError) as error:
        raise NotFetched(ARTIFACT_UNANSWERED, "the platform does not answer now") from error
    if "Status" in (answer.headers or {}):
        raise NotFetched(ARTIFACT_UNKNOWN, f"the platform keeps no artifact of sum {digest}")
    return bytes(answer.data)


def _sum(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
