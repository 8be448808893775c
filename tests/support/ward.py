"""A ward: a node's agent as a process that listens for HL7 v2, and a sender that loses nothing."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from edge.hl7v2.framing import Framer, frame
from tests.support.nats_server import NatsServer
from tests.support.waiting import DEADLINE_S, until_blocking
from tools.ports import free_port

ANSWER_S = 5.0
RETRY_S = 0.05


@dataclass
class WardNode:
    """``python -m edge run`` with an HL7 port; killed and started again."""

    folder: Path
    nats: NatsServer
    node: str = "ward-7"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / "edge.log"

    def start(self) -> None:
        """Write its settings, start it and wait until it listens."""
        config = self.folder / "edge.toml"
        config.write_text(
            f'[node]\nid = "{self.node}"\ndata_dir = "edge"\n'
            f'[nats]\nurl = "{self.nats.url}"\n'
            f'credentials_file = "{self.nats.credentials("node", self.node)}"\n'
            f"[hl7]\nport = {self.port}\n"
        )
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(config)],
                stdout=log,
                stderr=log,
            )
        until_blocking(self._listens, DEADLINE_S)

    def _listens(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the agent ended:\n{self.log.read_text()[-4000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def end(self, number: int = signal.SIGKILL) -> None:
        """Send a signal and wait for the end."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(DEADLINE_S)
            self.process = None


class Hl7Sender:
    """A hospital's system: sends a message again, over new connections, until it hears AA."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self.attempts = 0

    def send(self, message: bytes, deadline_s: float = 60.0) -> None:
        """Return when the message was answered AA; raise AssertionError for AE."""
        end = time.monotonic() + deadline_s
        while True:
            self.attempts += 1
            answer = self.ask(message)
            if answer is not None and b"MSA|AA|" in answer:
                return
            assert answer is None or b"MSA|AE|" not in answer, answer
            if time.monotonic() > end:
                raise TimeoutError("no AA in time")
            time.sleep(RETRY_S)

    def ask(self, message: bytes) -> bytes | None:
        """Send once; return the answer, None when the connection broke."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), ANSWER_S)
            self._socket.sendall(frame(message))
            framer = Framer()
            while data := self._socket.recv(65_536):
                found = framer.feed(data)
                if found:
                    return found[0]
        except OSError:
            pass  # a kill in the middle: the message is sent again
        self.close()
        return None

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
