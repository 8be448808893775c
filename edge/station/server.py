"""Runs nats-server as a base station's leaf server: started again when it ends, told what changes.

It is the agent's child. One that an agent left behind when it was killed is ended first: two
servers can't have one port, and the old one would go on by old settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from edge import bucket_key, durable_file
from edge.backoff import Backoff
from edge.clock import Clock
from edge.counters import Counters
from edge.link import Session, Work
from edge.station import trust
from edge.station.credentials import LeafCredentials
from edge.station.hangup import hang_up
from edge.station.settings import StationSettings
from edge.station.trust import StationTrust, TrustRefused
from tianfu import nats_config, subjects, tasks
from tianfu.nats_config import LeafConfig

FOLDER: Final = "station"
CONFIG: Final = "leaf.conf"
TRUST: Final = "account.jwt"
PID: Final = "server.pid"
LOG: Final = "server.log"
LOG_BYTES_MAX: Final = 4 << 20
"""Of the server's log, looked at when it is started; the one before is kept beside it."""

FIRST_S: Final = 1.0
MOST_S: Final = 60.0
STEADY_S: Final = 60.0
"""After so long without an end, the next end counts as the first."""

LOOK_S: Final = 1.0
"""How often files of the settings are looked at, and a server that was left behind."""

STOP_S: Final = 5.0
"""For a server that is asked to end; then it is made to."""

log = logging.getLogger(__name__)


class StationServer:
    """The leaf server of one station."""

    def __init__(
        self,
        settings: StationSettings,
        node: subjects.NodeId,
        data_dir: Path,
        *,
        clock: Clock,
        counters: Counters,
        jitter: Callable[[], float],
        credentials: LeafCredentials | None = None,
    ) -> None:
        """Take what it is told, where its files go, and what keeps its credentials good."""
        self._credentials = credentials
        self._settings = settings
        self._node = node
        self._folder = data_dir / FOLDER
        self._clock = clock
        self._counters = counters
        self._jitter = jitter
        self._backoff = Backoff(FIRST_S, MOST_S)
        self._trust: StationTrust | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._seen: tuple[bytes, ...] = ()
        self._changed = asyncio.Event()
        self.starts = 0
        self.reason = ""
        self.message = ""

    @property
    def works(self) -> list[Work]:
        """What runs while there is a link."""
        return [self.hear]

    async def restore(self) -> None:
        """Believe whom the file says, and what the platform has said since."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        self._seen = await asyncio.to_thread(self._files)
        await asyncio.to_thread(self._read_files)

    # -- whom it believes ------------------------------------------------------------------------

    async def hear(self, session: Session) -> None:
        """Hear of who was turned out until the session breaks."""
        await bucket_key.follow(
            session,
            subjects.STATION_TRUST_HEARD,
            subjects.STATION_TRUST_GET,
            self.take,
            self._counters,
            "STATION_TRUST_UNANSWERED",
        )

    async def take(self, payload: bytes) -> None:
        """Believe a newer token; refuse what the operator did not sign."""
        if self._trust is None or not payload:
            return
        try:
            found = trust.newer(self._trust, payload)
        except TrustRefused as error:
            self._say(error.reason, str(error))
            return
        if found is None:
            return
        await asyncio.to_thread(self._keep, TRUST, payload)
        self._trust = found
        await asyncio.to_thread(self._configure, found)
        self._counters.add("STATION_TRUST_CHANGED")
        log.info("leaf server told whom to refuse", extra={"keys": found.turned_out})
        await self._reload()

    async def _reload(self) -> None:
        """Have the server read its configuration again: who is turned out is cut off."""
        process = self._process
        if process is not None and process.returncode is None:
            # One that has ended meanwhile reads the new one when it starts.
            with contextlib.suppress(ProcessLookupError):
                await hang_up(process.pid)

    def _given(self) -> StationTrust:
        """Return whom the file of the settings says that it believes; raise TrustRefused."""
        return trust.read(self._settings.trust_file)

    def _read_files(self) -> None:
        try:
            if self._credentials is not None:
                self._credentials.choose()
        except OSError as error:
            self._say("STATION_CREDENTIALS_UNWRITTEN", f"{self._folder}: {error.strerror}")
        self._read_trust()

    def _read_trust(self) -> None:
        try:
            found = self._given()
        except TrustRefused as error:
            self._say(error.reason, str(error))
            return
        with contextlib.suppress(FileNotFoundError):
            try:
                found = trust.newer(found, (self._folder / TRUST).read_bytes()) or found
            except TrustRefused as error:
                # The file is of another operator by now, or newer than what was heard.
                self._counters.add(error.reason)
        self._trust = found

    def _configure(self, found: StationTrust) -> None:
        config = LeafConfig(
            name=self._node,
            hub_urls=self._settings.hub_urls,
            credentials=self._shown().absolute(),
            account=found.account,
            trust=found.trust,
            host=self._settings.host,
            port=self._settings.port,
        )
        self._keep(CONFIG, nats_config.render_leaf(config).encode())

    def _shown(self) -> Path:
        """Return the file of credentials that the server shows to the hub."""
        given = self._settings.credentials_file
        return given or self._folder if self._credentials is None else self._credentials.file

    def _keep(self, name: str, content: bytes) -> None:
        durable_file.replace(self._folder / name, content)
        durable_file.sync_folder(self._folder)

    def _files(self) -> tuple[bytes, ...]:
        """Return what the files of the settings hold, to see when they change."""
        found = []
        for file in (self._settings.credentials_file, self._settings.trust_file):
            if file is None:
                continue
            try:
                found.append(file.read_bytes())
            except OSError:
                found.append(b"")
        return tuple(found)

    # -- the server ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the server running until cancelled."""
        beside = [asyncio.create_task(self._watch(), name="station files")]
        if self._credentials is not None:
            renewing = self._credentials.run()
            beside.append(asyncio.create_task(renewing, name="station credentials"))
        try:
            await self._end_left_behind()
            while True:
                tasks.check_running(beside)
                self._changed.clear()
                began = self._clock.monotonic()
                await self._run_once()
                if self._clock.monotonic() - began >= STEADY_S or self._changed.is_set():
                    self._backoff.reset()
                if not self._changed.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._backoff.next_s(self._jitter())):
                            await self._changed.wait()
        finally:
            await tasks.end(beside)

    async def _run_once(self) -> None:
        if self._trust is None:
            return
        try:
            await asyncio.to_thread(self._configure, self._trust)
            await asyncio.to_thread(self._turn_log)
            with (self._folder / LOG).open("ab") as output:
                self._process = await asyncio.create_subprocess_exec(
                    self._settings.program,
                    *("-c", str(self._folder / CONFIG)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
        except OSError as error:
            self._say("STATION_SERVER_MISSING", f"{self._settings.program}: {error.strerror}")
            return
        self.starts += 1
        (self._folder / PID).write_text(str(self._process.pid), encoding="ascii")
        if self.starts == 1:
            self.reason = self.message = ""
        status = await self._process.wait()
        if not self._changed.is_set():
            self._say("STATION_SERVER_ENDED", f"it ended with status {status}; see {LOG}")

    async def _watch(self) -> None:
        """Follow what the platform, or a person, puts in the place of credentials and trust."""
        while True:
            await asyncio.sleep(LOOK_S)
            found = await asyncio.to_thread(self._files)
            if found == self._seen:
                continue
            self._seen = found
            await asyncio.to_thread(self._read_files)
            self._counters.add("STATION_FILES_CHANGED")
            await self._take_up()

    async def _take_up(self) -> None:
        """Start the server anew with what was replaced."""
        self._changed.set()
        await self._stop()

    async def _stop(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _end_left_behind(self) -> None:
        """End a server that a killed agent left behind, known by its command line."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            until = self._clock.monotonic() + STOP_S
            while (pid := self._left_behind()) is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                if self._clock.monotonic() >= until:
                    break
                await asyncio.sleep(0.05)

    def _left_behind(self) -> int | None:
        try:
            pid = int((self._folder / PID).read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if str(self._folder / CONFIG).encode() in command else None

    def _turn_log(self) -> None:
        file = self._folder / LOG
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_size >= LOG_BYTES_MAX:
                file.replace(self._folder / f"{LOG}.1")

    def _say(self, reason: str, message: str) -> None:
        if reason != self.reason:
            log.warning("leaf server", extra={"reason": reason, "detail": message})
        self.reason, self.message = reason, message
        self._counters.add(reason)

    def status(self) -> dict[str, Any]:
        """Return what the status file says."""
        process = self._process
        is_running = process is not None and process.returncode is None
        return {
            "running": is_running,
            "pid": process.pid if process is not None and is_running else 0,
            "listens": f"{self._settings.host}:{self._settings.port}",
            "starts": self.starts,
            "credentials": None if self._credentials is None else self._credentials.status(),
            "turned_out": 0 if self._trust is None else self._trust.turned_out,
            "reason": self.reason,
            "message": self.message,
        }

    async def close(self) -> None:
        """End the server."""
        await self._stop()
        await asyncio.to_thread((self._folder / PID).unlink, missing_ok=True)
