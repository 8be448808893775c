"""A leaf server in a container beside the agent's: the agent writes what it reads, and wakes it.

On Kubernetes nats-server runs from its own image. Pod and folder are shared, so that the agent can
give it a configuration with who was turned out since, and send it SIGHUP: by a ConfigMap alone it
would hear of a thief's gateway after a minute, and only at its next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from edge import durable_file
from edge.station import trust
from edge.station.hangup import hang_up
from edge.station.server import CONFIG, StationServer
from edge.station.settings import BINARY
from edge.station.trust import StationTrust
from tianfu import nats_config, tasks

PROCESSES: Final = Path("/proc")


class BesideServer(StationServer):
    """The leaf server of a station's pod."""

    _text = ""

    @property
    def config_file(self) -> Path:
        """Return where the server's configuration is written."""
        if self._settings.shared is None:
            raise AssertionError("the agent runs this server itself")
        return self._settings.shared / CONFIG

    @override
    async def restore(self) -> None:
        await super().restore()
        await asyncio.to_thread(self._written)

    @override
    def _given(self) -> StationTrust:
        self._text, found = trust.read_config(self._settings.trust_file)
        return found

    def _written(self) -> bool:
        """Write what the server is to read; say whether there is anything."""
        if self._trust is None:
            return False
        self._configure(self._trust)
        self.reason = self.message = ""
        return True

    @override
    def _configure(self, found: StationTrust) -> None:
        token = found.trust.account_tokens[found.account]
        text = nats_config.with_account_token(self._text, found.account, token)
        durable_file.replace(self.config_file, text.encode())

    @override
    async def _reload(self) -> None:
        for pid in self._servers():
            try:
                await hang_up(pid)
            except ProcessLookupError:
                continue  # it ended meanwhile, and reads the new one when it starts
            except PermissionError:
                self._say("STATION_SERVER_NOT_OURS", f"process {pid} runs as another user")

    def _servers(self) -> Iterator[int]:
        """Yield the processes that run by our configuration, known by their command line."""
        wanted = str(self.config_file).encode()
        for folder in PROCESSES.glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if wanted in words and words[0].endswith(BINARY.encode()):
                yield int(folder.name)

    @override
    async def run(self) -> None:
        """Follow what operators give until cancelled; the kubelet keeps the server running."""
        watching = asyncio.create_task(self._watch(), name="station files")
        try:
            await watching
        finally:
            await tasks.end([watching])

    @override
    async def _take_up(self) -> None:
        if await asyncio.to_thread(self._written):
            await self._reload()

    @override
    def status(self) -> dict[str, Any]:
        pid = next(self._servers(), 0)
        return {**super().status(), "running": bool(pid), "pid": pid}

    @override
    async def close(self) -> None:
        """Leave the server to its own container."""
