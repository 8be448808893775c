"""The telemetry service as a process, with a real nats-server, for tests that kill it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from tests.support.nats_server import NatsServer, nats_server
from tests.support.service_process import ServiceProcess
from tianfu import subjects
from tianfu.telemetry.v1 import telemetry_service_pb2 as service_pb
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc as service_grpc


class TelemetryProcess(ServiceProcess):
    """``python -m services.telemetry`` over one folder; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer) -> None:
        self.traces = folder / "traces.jsonl"
        environment = {
            "TIANFU_TRACE_FILE": str(self.traces),
            "TIANFU_DATA_DIR": str(folder / "data"),
        }
        super().__init__("telemetry", folder, nats_, environment)

    def call(self, method: str, request: Any) -> Any:
        """Call an RPC of TelemetryService as a platform engineer who is a service too."""
        stub = service_grpc.TelemetryServiceStub(self.channel)
        return self.call_on(stub, method, request, "PLATFORM_ENGINEER", "SERVICE")

    def delivery(self, node: str) -> Any:
        """Return a node's account."""
        return self.call(
            "GetDelivery", service_pb.GetDeliveryRequest(name=f"nodes/{node}/delivery")
        )

    def audit(self) -> Any:
        """Return the independent count over all nodes."""
        return self.call("AuditDelivery", service_pb.AuditDeliveryRequest(name="nodes/-/delivery"))


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
        user_credentials=str(server.credentials("node", node)),
        inbox_prefix=subjects.inbox_prefix("node", node),
    )
    try:
        yield link
    finally:
        await link.close()
