"""A service as a process of its own: started, killed, stopped and started again by a test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.nats_server import NatsServer
from tests.support.rpc import AUDIENCE, ISSUER, Issuer
from tests.support.waiting import until_blocking
from tools.ports import free_port

DEADLINE_S = 120.0
CALL_S = 60.0


class ServiceProcess:
    """``python -m services.NAME`` over a folder, with tokens that it trusts."""

    def __init__(
        self, name: str, folder: Path, nats_: NatsServer, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.folder = folder
        self.nats = nats_
        self.issuer = Issuer(folder)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: grpc.Channel | None = None
        # Who signed its certificate; None when it speaks without TLS.
        self.authority: Path | None = None
        self.environment = {
            **os.environ,
            "TIANFU_GRPC_ADDRESS": f"127.0.0.1:{self.port}",
            "TIANFU_NATS_URL": nats_.url,
            "TIANFU_NATS_CREDENTIALS_FILE": str(nats_.credentials("service", name)),
            "TIANFU_TOKEN_KEYS_FILE": str(self.issuer.keys_file),
            "TIANFU_TOKEN_ISSUER": ISSUER,
            "TIANFU_TOKEN_AUDIENCE": AUDIENCE,
            **environment,
        }

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self.spawn()
        if self.channel is not None:
            self.channel.close()
        self.channel = self._open()
        self.wait(self._ready, "ready")

    def _open(self) -> grpc.Channel:
        """Return a channel to it: by TLS when it was given a certificate (of `authority`)."""
        target = f"127.0.0.1:{self.port}"
        if self.authority is None:
            return grpc.insecure_channel(target)
        believed = grpc.ssl_channel_credentials(self.authority.read_bytes())
        return grpc.secure_channel(target, believed)

    def spawn(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"services.{self.name.replace('-', '_')}"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended:\n{self.log.read_text()[-4000:]}")
        with contextlib.suppress(grpc.RpcError):
            request = health_pb2.HealthCheckRequest(service="readiness")
            stub = health_pb2_grpc.HealthStub(self.channel)
            return bool(stub.Check(request, timeout=1).status == 1)
        return False

    def end(self, number: int) -> int:
        """Send a signal, wait for the end and return the exit status."""
        assert self.process is not None
        # The channel stays as it is: a call that another thread is about to make fails as a user's.
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE_S)
        self.process = None
        return status

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.end(signal.SIGKILL)

    def stop(self) -> int:
        """Stop it in order."""
        return self.end(signal.SIGTERM)

    def metadata(self, *roles: str) -> tuple[tuple[str, str], ...]:
        """Return the metadata that a call needs; without roles, of a platform engineer."""
        token = self.issuer.token(*(roles or ("PLATFORM_ENGINEER",)))
        return (("authorization", f"Bearer {token}"),)

    def call_on(self, stub: Any, method: str, request: Any, *roles: str) -> Any:
        """Call an RPC of a stub's service."""
        return getattr(stub, method)(request, timeout=CALL_S, metadata=self.metadata(*roles))

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return when a condition holds; otherwise fail with the end of the log."""
        try:
            until_blocking(condition, DEADLINE_S)
        except TimeoutError as error:
            raise TimeoutError(f"not {what}:\n{self.log.read_text()[-4000:]}") from error
