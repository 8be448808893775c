"""The telemetry service as a process, with a real nats-server, for tests that kill it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import nats
from grpc_health.v1 import health_pb2, health_pb2_grpc
from nats.aio.client import Client

from tests.support.nats_server import NatsServer, nats_server
from tests.support.ports import free_port
from tests.support.rpc import AUDIENCE, ISSUER, Issuer
from tianfu import subjects
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc as service_grpc

DEADLINE_S = 120.0
CALL_S = 20.0
POLL_S = 0.02


class TelemetryProcess:
    """``python -m services.telemetry`` over one folder; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer) -> None:
        self.folder = folder
        self.nats = nats_
        self.issuer = Issuer(folder)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: grpc.Channel | None = None

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / "telemetry.log"

    @property
    def traces(self) -> Path:
        """Its spans, as JSON lines."""
        return self.folder / "traces.jsonl"

    def start(self) -> None:
        """Start it and wait until it is ready."""
        environment = {
            **os.environ,
            "TIANFU_GRPC_ADDRESS": f"127.0.0.1:{self.port}",
            "TIANFU_NATS_URL": self.nats.url,
            "TIANFU_NATS_SEED_FILE": str(self.nats.seed_file("service", "telemetry")),
            "TIANFU_TOKEN_KEYS_FILE": str(self.issuer.keys_file),
            "TIANFU_TOKEN_ISSUER": ISSUER,
            "TIANFU_TOKEN_AUDIENCE": AUDIENCE,
            "TIANFU_TRACE_FILE": str(self.traces),
            "TIANFU_DATA_DIR": str(self.folder / "data"),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.telemetry"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.wait(self._ready, "ready")

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"telemetry ended:\n{self.log.read_text()[-4000:]}")
        with contextlib.suppress(grpc.RpcError):
            request = health_pb2.HealthCheckRequest(service="readiness")
            stub = health_pb2_grpc.HealthStub(self.channel)
            return bool(stub.Check(request, timeout=1).status == 1)
        return False

    def end(self, number: int) -> int:
        """Send a signal, wait for the end and return the exit status."""
        assert self.process is not None
        if self.channel is not None:
            self.channel.close()
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

    def call(self, method: str, request: Any) -> Any:
        """Call an RPC of TelemetryService as a platform engineer who is a source too."""
        stub = service_grpc.TelemetryServiceStub(self.channel)
        return getattr(stub, method)(request, timeout=CALL_S, metadata=self.metadata())

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return the metadata that a call needs."""
        token = self.issuer.token("PLATFORM_ENGINEER", "SOURCE")
        return (("authorization", f"Bearer {token}"),)

    def delivery(self, node: str) -> Any:
        """Return a node's account."""
        return self.call(
            "GetDelivery", service_pb.GetDeliveryRequest(name=f"nodes/{node}/delivery")
        )

    def audit(self) -> Any:
        """Return the independent count over all nodes."""
        return self.call("AuditDelivery", service_pb.AuditDeliveryRequest(name="nodes/-/delivery"))

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return when a condition holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not {what}:\n{self.log.read_text()[-4000:]}")
            time.sleep(POLL_S)


@contextlib.contextmanager
def telemetry_process(nodes: tuple[str, ...] = ("gw-1", "gw-2")) -> Iterator[TelemetryProcess]:
    """Run nats-server and telemetry in folders of their own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-telemetry-"))
    with nats_server(nodes=nodes) as server:
        process = TelemetryProcess(folder, server)
        try:
            process.start()
            yield process
        finally:
            if process.process is not None:
                process.kill()
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def as_node(server: NatsServer, node: str) -> AsyncIterator[Client]:
    """Connect as a node's agent would."""
    link = await nats.connect(
        server.url,
        nkeys_seed=str(server.seed_file("node", node)),
        inbox_prefix=subjects.inbox_prefix("node", node),
    )
    try:
        yield link
    finally:
        await link.close()
