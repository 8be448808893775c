"""The fleet service as a process, with real nats-server and PostgreSQL, for tests that kill it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nats.aio.client import Client
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from services.plumbing.nats_link import close, connect
from tests.support.nats_server import NatsServer
from tests.support.schema import service_url
from tests.support.service_process import CALL_S, ServiceProcess
from tianfu import nats_accounts
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2_grpc as fleet_grpc
from tianfu.fleet.v1 import node_pb2
from tianfu.operations.v1 import dead_letter_service_pb2_grpc as dead_grpc
from tools.ports import free_port


class FleetProcess(ServiceProcess):
    """``python -m services.fleet`` over one database; killed and started again."""

    def __init__(
        self,
        folder: Path,
        nats_: NatsServer,
        admin_url: str,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.metrics_port = free_port()
        environment = {
            "TIANFU_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "TIANFU_DATABASE_URL": service_url(admin_url, "fleet"),
            **more,
        }
        super().__init__("fleet", folder, nats_, environment)
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.fleet", "migrate"]
        subprocess.run(command, env=self.environment | self._admin, check=True, capture_output=True)

    def call(self, method: str, request: Any, *roles: str) -> Any:
        """Call an RPC of FleetService, as a platform engineer unless told otherwise."""
        return self.call_on(fleet_grpc.FleetServiceStub(self.channel), method, request, *roles)

    def letters(self, method: str, request: Any) -> Any:
        """Call an RPC of DeadLetterService."""
        return self.call_on(dead_grpc.DeadLetterServiceStub(self.channel), method, request)

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


def enrolment_environment(folder: Path, server: NatsServer) -> dict[str, str]:
    """Return what lets a fleet service enrol nodes of a server."""
    realm, name = server.realm, "fleet"
    pusher = server.add_user("system", name, nats_accounts.pusher_permissions(name))
    seeds = {
        "EDGE_SIGNING": realm.account_signing[nats_accounts.EDGE],
        "OPERATOR_SIGNING": realm.operator_signing,
    }
    made = {
        "TIANFU_EDGE_ACCOUNT": realm.accounts[nats_accounts.EDGE].public_key,
        "TIANFU_NATS_SYSTEM_CREDENTIALS_FILE": str(pusher.credentials),
    }
    for kind, pair in seeds.items():
        path = folder / f"{kind.lower()}.nk"
        path.write_text(pair.seed)
        made[f"TIANFU_{kind}_SEED_FILE"] = str(path)
    return made


@contextlib.contextmanager
def fleet_process(
    server: NatsServer,
    admin_url: str,
    more: Mapping[str, str] = MappingProxyType({}),
    authority: Path | None = None,
) -> Iterator[FleetProcess]:
    """Migrate and run the fleet service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-fleet-"))
    process = FleetProcess(folder, server, admin_url, more)
    process.authority = authority
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
        server.url, server.credentials(role, name), role, name, registry=CollectorRegistry()
    )
    try:
        yield link
    finally:
        await close(link)
