"""A real nats-server for a test: free port, own store, an operator of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tianfu import nats_accounts, nats_jwt, nats_keys, nats_realm, service_rights, subjects
from tianfu.nats_config import NatsConfig, render
from tianfu.nats_keys import KeyKind
from tianfu.nats_realm import Realm
from tools.ports import free_port

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 20.0
POLL_S = 0.01
EVERYTHING = subjects.Permissions(publish=(">",), subscribe=(">",))


@dataclass(frozen=True)
class Key:
    """A key's public half, and a file (mode 0600) with its seed."""

    public: str
    seed_file: Path


@dataclass(frozen=True)
class User:
    """A user's public key, and a file (mode 0600) with its credentials."""

    public: str
    credentials: Path


def make_key(path: Path) -> Key:
    """Write a new user seed to ``path``."""
    pair = nats_keys.generate(KeyKind.USER)
    path.touch(mode=0o600)
    path.write_text(pair.seed)
    return Key(pair.public_key, path)


def binary() -> str:
    """Return the path of nats-server: beside the interpreter, or on PATH."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise RuntimeError("nats-server: not found beside the interpreter nor on PATH")
    return found


class NatsServer:
    """One server with a user for each service and for each node that is asked for by name."""

    def __init__(
        self,
        directory: Path,
        *,
        nodes: tuple[str, ...] = (),
        sync_interval: str | None = None,
        leaf_port: int | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.host = host
        self.leaf_port = leaf_port
        self.directory = directory
        self.sync_interval = sync_interval
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.realm = nats_realm.generate(issued=int(time.time()))
        # Once: a token made anew at a restart would take the place of what was pushed since.
        self.trust = self.realm.trust(issued=int(time.time()))
        self._users: dict[tuple[str, str], User] = {}
        for service in service_rights.SERVICES:
            self.add_user("service", service, service_rights.service_permissions(service))
        for node in nodes:
            self.add_user("node", node, subjects.node_permissions(subjects.node_id(node)))
        # They may do everything: for what a test does behind the platform's back.
        self.add_user("test", "admin", EVERYTHING, account=nats_accounts.PLATFORM)
        self.add_user("test", "edge-admin", EVERYTHING, account=nats_accounts.EDGE)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def add_user(
        self,
        role: str,
        name: str,
        permissions: subjects.Permissions,
        *,
        account: str | None = None,
        expires: int | None = None,
        realm: Realm | None = None,
    ) -> User:
        """Make a user that is let in from now on, unless ``realm`` is a stranger's."""
        path = self.directory / "keys" / f"{role}-{name}.creds"
        path.parent.mkdir(parents=True, exist_ok=True)
        pair = nats_keys.generate(KeyKind.USER)
        token = (realm or self.realm).user_token(
            role,
            name,
            pair.public_key,
            permissions,
            issued=int(time.time()),
            expires=expires,
            account=account,
        )
        path.touch(mode=0o600)
        path.write_text(nats_jwt.credentials(token, pair.seed))
        user = self._users[role, name] = User(pair.public_key, path)
        return user

    def credentials(self, role: str, name: str) -> Path:
        """Credentials file of a user."""
        return self._users[role, name].credentials

    def start(self) -> None:
        """Start it, on the same port and store as before, and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._write_config()
        with (self.directory / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "-c", str(self._config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nats-server did not start:\n{self.log()[-4000:]}")
            time.sleep(POLL_S)

    def kill(self) -> None:
        """Kill it as a power cut would (-9)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it as an operator would."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Kill -9 and start again on the same port and store."""
        self.kill()
        self.start()

    def log(self) -> str:
        """What it has written so far."""
        return (self.directory / "nats.log").read_text(errors="replace")

    @property
    def _config(self) -> Path:
        return self.directory / "nats.conf"

    def _write_config(self) -> None:
        config = NatsConfig(
            store_dir=self.directory / "store",
            trust=self.trust,
            host=self.host,
            port=self.port,
            sync_interval=self.sync_interval,
            leaf_port=self.leaf_port,
        )
        self._config.write_text(render(config))

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return "Server is ready" in self.log().rpartition("Starting nats-server")[2]
        return False

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        self.process.wait(STOP_DEADLINE_S)
        self.process = None


@contextlib.contextmanager
def nats_server(
    *,
    nodes: tuple[str, ...] = (),
    sync_interval: str | None = None,
    leaf_port: int | None = None,
    host: str = "127.0.0.1",
) -> Iterator[NatsServer]:
    """Run a server in a folder of its own, and leave nothing behind."""
    directory = Path(tempfile.mkdtemp(prefix="tianfu-nats-"))
    server = NatsServer(
        directory, nodes=nodes, sync_interval=sync_interval, leaf_port=leaf_port, host=host
    )
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)
