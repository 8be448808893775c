"""A real nats-server for a test: free port, own store, users by nkey; killed and started again."""

from __future__ import annotations

import contextlib
import json
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

import nacl.signing
import nkeys

from tianfu import subjects
from tianfu.nats_config import FREE_PORT, NatsConfig, NatsUser, render

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 20.0
POLL_S = 0.01
PREFIX_USER = 20 << 3


@dataclass(frozen=True)
class Key:
    """A user's key: public for the server, seed file (mode 0600) for the client."""

    public: str
    seed_file: Path


def make_key(path: Path) -> Key:
    """Write a new user seed to ``path``."""
    seed = nkeys.encode_seed(bytes(nacl.signing.SigningKey.generate()), PREFIX_USER)
    path.touch(mode=0o600)
    path.write_bytes(seed)
    pair = nkeys.from_seed(bytearray(seed))
    return Key(pair.public_key.decode(), path)


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
        self, directory: Path, *, nodes: tuple[str, ...] = (), sync_interval: str | None = None
    ) -> None:
        self.directory = directory
        self.sync_interval = sync_interval
        self.port = FREE_PORT
        self.process: subprocess.Popen[bytes] | None = None
        self._keys: dict[tuple[str, str], Key] = {}
        self._users: list[NatsUser] = []
        for service in subjects.SERVICES:
            self.add_user("service", service, subjects.service_permissions(service))
        for node in nodes:
            self.add_user("node", node, subjects.node_permissions(subjects.node_id(node)))
        # May do everything: for what a test does behind the platform's back.
        self.add_user("test", "admin", subjects.Permissions(publish=(">",), subscribe=(">",)))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def add_user(self, role: str, name: str, permissions: subjects.Permissions) -> Key:
        """Make a key and its user; counts from the next start or reload."""
        path = self.directory / "keys" / f"{role}-{name}.nk"
        path.parent.mkdir(parents=True, exist_ok=True)
        key = self._keys[role, name] = make_key(path)
        self._users.append(NatsUser(key.public, permissions))
        return key

    def seed_file(self, role: str, name: str) -> Path:
        """Seed file of a user."""
        return self._keys[role, name].seed_file

    def start(self) -> None:
        """Start it, on the same port and store as before, and wait until it answers."""
        ports = self.directory / "ports"
        ports.mkdir(parents=True, exist_ok=True)
        for old in ports.iterdir():
            old.unlink()
        self._write_config()
        with (self.directory / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary(), "-c", str(self._config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers(ports):
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

    def reload(self) -> None:
        """Let it read its configuration anew, such as after ``add_user``."""
        assert self.process is not None
        self._write_config()
        self.process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        """What it has written so far."""
        return (self.directory / "nats.log").read_text(errors="replace")

    @property
    def _config(self) -> Path:
        return self.directory / "nats.conf"

    def _write_config(self) -> None:
        config = NatsConfig(
            store_dir=self.directory / "store",
            users=tuple(self._users),
            port=self.port,
            ports_dir=self.directory / "ports",
            sync_interval=self.sync_interval,
        )
        self._config.write_text(render(config))

    def _answers(self, ports: Path) -> bool:
        if self.port == FREE_PORT:
            for file in ports.glob("*.ports"):
                with contextlib.suppress(ValueError, KeyError, IndexError):
                    url = json.loads(file.read_text())["nats"][0]
                    self.port = int(url.rpartition(":")[2])
        if self.port == FREE_PORT:
            return False
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
    *, nodes: tuple[str, ...] = (), sync_interval: str | None = None
) -> Iterator[NatsServer]:
    """Run a server in a folder of its own, and leave nothing behind."""
    directory = Path(tempfile.mkdtemp(prefix="tianfu-nats-"))
    server = NatsServer(directory, nodes=nodes, sync_interval=sync_interval)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory, ignore_errors=True)
