"""The fleet service as a process, with real nats-server and PostgreSQL, for tests that kill it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from services.plumbing.nats_link import close, connect
from tests.support.nats_server import NatsServer
from tests.support.ports import free_port
from tests.support.rpc import AUDIENCE, ISSUER, Issuer
from tests.support.schema import service_url
from tests.support.waiting import until_blocking
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc as fleet_grpc
from tianfu.fleet.v1 import node_pb2
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as dead_grpc

DEADLINE_S = 60.0
CALL_S = 20.0


class FleetProcess:
    """``python -m services.fleet`` over one database; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer, admin_url: str) -> None:
        self.folder = folder
        self.nats = nats_
        self.issuer = Issuer(folder)
        self.port = free_port()
        self.metrics_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.channel: grpc.Channel | None = None
        self._environment = {
            **os.environ,
            "TIANFU_GRPC_ADDRESS": f"127.0.0.1:{self.port}",
            "TIANFU_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "TIANFU_NATS_URL": self.nats.url,
            "TIANFU_NATS_SEED_FILE": str(self.nats.seed_file("service", "fleet")),
            "TIANFU_TOKEN_KEYS_FILE": str(self.issuer.keys_file),
            "TIANFU_TOKEN_ISSUER": ISSUER,
            "TIANFU_TOKEN_AUDIENCE": AUDIENCE,
            "TIANFU_DATABASE_URL": service_url(admin_url, "fleet"),
        }
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}

    @property
    def log(self) -> Path:
        """What the process writes."""
        return self.folder / "fleet.log"

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.fleet", "migrate"]
        subprocess.run(
            command, env=self._environment | self._admin, check=True, capture_output=True
        )

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.fleet"],
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        until_blocking(self._ready, DEADLINE_S)

    def _ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"fleet ended:\n{self.log.read_text()[-4000:]}")
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

    def metadata(self, *roles: str) -> tuple[tuple[str, str], ...]:
        """Return the metadata that a call needs."""
        token = self.issuer.token(*(roles or ("PLATFORM_ENGINEER",)))
        return (("authorization", f"Bearer {token}"),)

    def call(self, method: str, request: Any, *roles: str) -> Any:
        """Call an RPC of FleetService, as a platform engineer unless told otherwise."""
        stub = fleet_grpc.FleetServiceStub(self.channel)
        return getattr(stub, method)(request, timeout=CALL_S, metadata=self.metadata(*roles))

    def letters(self, method: str, request: Any) -> Any:
        """Call an RPC of DeadLetterService."""
        stub = dead_grpc.DeadLetterServiceStub(self.channel)
        return getattr(stub, method)(request, timeout=CALL_S, metadata=self.metadata())

    def create(self, node: str, *, request_id: str = "", **fields: Any) -> Any:
        """Register a node."""
        values = {"node_class": node_pb2.NODE_CLASS_GATEWAY, "place_code": "510104", **fields}
        return self.call(
            "CreateNode",
            pb.CreateNodeRequest(node_id=node, node=node_pb2.Node(**values), request_id=request_id),
        )

    def node(self, node: str) -> Any:
        """Return a node."""
        return self.call("GetNode", pb.GetNodeRequest(name=f"nodes/{node}"))

    def metric(self, name: str, **labels: str) -> float:
        """Return a sample of its metrics, 0 when there is none."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=CALL_S) as answer:
            text = answer.read().decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return 0.0


@contextlib.contextmanager
def fleet_process(server: NatsServer, admin_url: str) -> Iterator[FleetProcess]:
    """Migrate and run the fleet service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-fleet-"))
    process = FleetProcess(folder, server, admin_url)
    try:
        process.migrate()
        process.start()
        yield process
    finally:
        if process.process is not None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def as_user(server: NatsServer, role: str, name: str) -> AsyncIterator[Client]:
    """Connect as a user of the server's, with an inbox of its own."""
    link = await connect(
        server.url, server.seed_file(role, name), role, name, registry=CollectorRegistry()
    )
    try:
        yield link
    finally:
        await close(link)
