"""The healthcare service as a process, with real nats-server and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg

from services.plumbing.audit_chain import Entry
from tests.support.nats_server import NatsServer
from tests.support.schema import service_url
from tests.support.service_process import CALL_S, ServiceProcess
from tianfu.healthcare.v1 import healthcare_service_pb2 as pb
from tianfu.healthcare.v1 import healthcare_service_pb2_grpc as healthcare_grpc
from tianfu.healthcare.v1 import patient_pb2
from tools.ports import free_port

HOSPITAL_OF: Final = {"dr-huang": "huaxi", "dr-chen": "huaxi"}


class HealthcareProcess(ServiceProcess):
    """``python -m services.healthcare`` over one database; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer, admin_url: str) -> None:
        self.metrics_port = free_port()
        self.traces = folder / "traces.jsonl"
        environment = {
            "TIANFU_TRACE_FILE": str(self.traces),
            "TIANFU_TRACE_RATIO": "1",
            "TIANFU_METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
            "TIANFU_DATABASE_URL": service_url(admin_url, "healthcare"),
        }
        super().__init__("healthcare", folder, nats_, environment)
        self.folder = folder
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.healthcare", "migrate"]
        subprocess.run(command, env=self.environment | self._admin, check=True, capture_output=True)

    def call(
        self, method: str, request: Any, *roles: str, who: str = "dr-li", of: str | None = None
    ) -> Any:
        """Call an RPC of HealthcareService, as a clinician unless told otherwise.

        ``of`` is the hospital that the caller works for: by who it is when nothing is said.
        """
        own = [HOSPITAL_OF.get(who, "county")] if of is None else [of]
        token = self.issuer.token(*(roles or ("CLINICIAN",)), sub=who, hospitals=own)
        stub = healthcare_grpc.HealthcareServiceStub(self.channel)
        return getattr(stub, method)(
            request, timeout=CALL_S, metadata=(("authorization", f"Bearer {token}"),)
        )

    def patients(self) -> list[patient_pb2.Patient]:
        """Return the patients there are."""
        asked = pb.ListPatientsRequest(purpose=patient_pb2.PURPOSE_TREATMENT)
        return list(self.call("ListPatients", asked).patients)

    def observations(self, patient: str) -> list[patient_pb2.Observation]:
        """Return a patient's observations, the latest first."""
        asked = pb.ListObservationsRequest(
            parent=patient, purpose=patient_pb2.PURPOSE_TREATMENT, page_size=1000
        )
        return list(self.call("ListObservations", asked).observations)

    def scores(self, patient: str) -> list[patient_pb2.Score]:
        """Return a patient's scores, the latest first."""
        asked = pb.ListScoresRequest(parent=patient, purpose=patient_pb2.PURPOSE_TREATMENT)
        return list(self.call("ListScores", asked).scores)

    def alerts(self, text: str = "") -> list[patient_pb2.Alert]:
        """Return alerts, the latest first."""
        asked = pb.ListAlertsRequest(purpose=patient_pb2.PURPOSE_TREATMENT, filter=text)
        return list(self.call("ListAlerts", asked).alerts)

    def audited(self) -> set[tuple[str, str]]:
        """Return (action, resource) of every entry of the audit log."""

        async def read() -> set[tuple[str, str]]:
            url = self.environment["TIANFU_DATABASE_URL"].replace("+asyncpg", "")
            connection = await asyncpg.connect(url)
            try:
                rows = await connection.fetch("SELECT entry FROM healthcare.audit")
            finally:
                await connection.close()
            entries = [Entry.decode(row["entry"]) for row in rows]
            return {(each.action, each.resource) for each in entries}

        return asyncio.run(read())

    def metrics(self) -> str:
        """Return all that its metrics say."""
        url = f"http://127.0.0.1:{self.metrics_port}/metrics"
        with urllib.request.urlopen(url, timeout=CALL_S) as answer:
            return str(answer.read().decode())


@contextlib.contextmanager
def healthcare_process(server: NatsServer, admin_url: str) -> Iterator[HealthcareProcess]:
    """Migrate and run the service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-healthcare-"))
    process = HealthcareProcess(folder, server, admin_url)
    try:
        process.migrate()
        process.start()
        yield process
    finally:
        if process.process is not None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
