"""The leaf server of a base station, for tests that cut it off."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.support.nats_server import NatsServer, binary
from tests.support.waiting import until_blocking
from tianfu import nats_accounts, station_rights
from tianfu.nats_config import LeafConfig, render_leaf
from tianfu.subjects import NodeId
from tools.ports import free_port

LOOPBACK: Final = "127.0.0.1"


class LeafServer:
    """A nats-server that joins a hub's account EDGE as one station, for some gateways."""

    def __init__(
        self,
        hub: NatsServer,
        station: NodeId,
        county: str,
        gateways: Mapping[NodeId, str | None],
        hub_port: int,
        credentials: Path | None = None,
        *,
        hosts: tuple[str, str] = (LOOPBACK, LOOPBACK),
        within: Sequence[str] = (),
    ) -> None:
        """Take where the hub is and where it listens; ``within`` stands before its command."""
        hub_host, self.host = hosts
        self._within = tuple(within)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = hub.directory / f"leaf-{station}"
        self._folder.mkdir()
        if credentials is None:
            rights = station_rights.station_permissions(station, county, gateways)
            credentials = hub.add_user("node", f"{station}-leaf", rights).credentials
        trust = hub.realm.leaf_trust(issued=int(time.time()))
        config = LeafConfig(
            name=station,
            hub_urls=(f"nats-leaf://{hub_host}:{hub_port}",),
            credentials=credentials,
            account=hub.realm.accounts[nats_accounts.EDGE].public_key,
            trust=trust,
            host=self.host,
            port=self.port,
        )
        (self._folder / "nats.conf").write_text(render_leaf(config))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://{self.host}:{self.port}"

    @property
    def log(self) -> Path:
        """What it writes."""
        return self._folder / "nats.log"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self._within, binary(), "-c", str(self._folder / "nats.conf")],
                stdout=log,
                stderr=log,
            )
        until_blocking(lambda: "Server is ready" in self.log.read_text(errors="replace"))

    def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def leaf_server(
    hub: NatsServer,
    station: NodeId,
    county: str,
    gateways: Mapping[NodeId, str | None],
    hub_port: int,
    credentials: Path | None = None,
) -> Iterator[LeafServer]:
    """Run a leaf server, by credentials of its own unless given; leave nothing behind."""
    server = LeafServer(hub, station, county, gateways, hub_port, credentials)
    try:
        server.start()
        yield server
    finally:
        server.kill()
