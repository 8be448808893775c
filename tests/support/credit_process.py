"""The service of credit supervision as a process, with real nats-server and PostgreSQL."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from services.credit_supervision.model import codes
from tests.support.nats_server import NatsServer
from tests.support.schema import service_url
from tests.support.service_process import CALL_S, ServiceProcess
from tianfu import inspection_beacon
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc as credit_grpc
from tianfu.credit_supervision.v1 import draw_pb2, entity_pb2
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

NONCES = {name: hashlib.sha256(name.encode()).digest() for name in ("fire", "market")}


class CreditProcess(ServiceProcess):
    """``python -m services.credit_supervision`` over one database; killed and started again."""

    def __init__(self, folder: Path, nats_: NatsServer, admin_url: str) -> None:
        environment = {"TIANFU_DATABASE_URL": service_url(admin_url, "credit_supervision")}
        super().__init__("credit-supervision", folder, nats_, environment)
        self._admin = {"TIANFU_DATABASE_ADMIN_URL": admin_url}

    def migrate(self) -> None:
        """Make role and schema, as an administrator would."""
        command = [sys.executable, "-m", "services.credit_supervision", "migrate"]
        subprocess.run(command, env=self.environment | self._admin, check=True, capture_output=True)

    def call(
        self,
        method: str,
        request: Any,
        *roles: str,
        who: str = "",
        states_purpose: bool = True,
        **claims: Sequence[str],
    ) -> Any:
        """Call an RPC as a supervisor, for a purpose that is stated, unless told otherwise.

        Whoever reveals or reports works for the department, and has the badge, of the request.
        """
        if states_purpose:
            state_purpose(request)
        own = claims_of(request) | claims
        token = self.issuer.token(
            *(roles or ("SUPERVISOR",)), **own | {"sub": who or own.get("sub", "somebody")}
        )
        stub = credit_grpc.CreditSupervisionServiceStub(self.channel)
        return getattr(stub, method)(
            request, timeout=CALL_S, metadata=(("authorization", f"Bearer {token}"),)
        )

    def import_rows(self, rows: Sequence[entity_pb2.EntityRow]) -> pb.ImportEntitiesResponse:
        """Import rows of a register."""
        found: pb.ImportEntitiesResponse = self.call(
            "ImportEntities", pb.ImportEntitiesRequest(rows=rows)
        )
        return found

    def declare(self, draw_id: str, **fields: Any) -> draw_pb2.Draw:
        """Declare a draw of two departments that commit to bytes of their own."""
        made: draw_pb2.Draw = self.call("CreateDraw", draw_request(draw_id, **fields))
        return made

    def reveal(self, draw_id: str) -> None:
        """Have both departments reveal."""
        for department, nonce in NONCES.items():
            request = pb.RevealNonceRequest(
                name=f"draws/{draw_id}", department=department, nonce=nonce
            )
            self.call("RevealNonce", request)

    def publish(self, draw_id: str) -> draw_pb2.Draw:
        """Draw, and publish the proof."""
        made: draw_pb2.Draw = self.call(
            "PublishDraw", pb.PublishDrawRequest(name=f"draws/{draw_id}")
        )
        return made

    def draw(self, draw_id: str) -> draw_pb2.Draw:
        """Return a draw."""
        found: draw_pb2.Draw = self.call("GetDraw", pb.GetDrawRequest(name=f"draws/{draw_id}"))
        return found

    def proof(self, draw_id: str) -> bytes:
        """Return a draw's proof."""
        parts = self.call("GetDrawProof", pb.GetDrawProofRequest(name=f"draws/{draw_id}"))
        return b"".join(part.chunk for part in parts)

    def inspections(self, draw_id: str) -> list[draw_pb2.Inspection]:
        """Return the visits of a draw."""
        request = pb.ListInspectionsRequest(parent=f"draws/{draw_id}", page_size=1000)
        return list(self.call("ListInspections", request).inspections)


def claims_of(request: Any) -> dict[str, Any]:
    """Return what a token says of whoever may make a request in somebody's name."""
    if isinstance(request, pb.RevealNonceRequest):
        return {"departments": [request.department], "sub": f"{request.department}-clerk"}
    if isinstance(request, pb.ReportFindingRequest):
        finding = request.finding
        return {"badges": [f"{finding.department}/{finding.badge}"], "sub": finding.badge}
    if isinstance(request, asks.CreateHandheldRequest):
        return {"departments": [request.handheld.department]}
    return {}


def state_purpose(request: Any) -> None:
    """State a purpose where a request asks for one and has none."""
    if "purpose" in request.DESCRIPTOR.fields_by_name and not request.HasField("purpose"):
        request.purpose.purpose = "inspection-planning"
        request.purpose.legal_basis = "market-regulation-law-32"


def entity_code(number: int) -> str:
    """Return a valid code of a company in Panzhihua that there is not."""
    return checked(f"91510400MA{number:06X}".translate(str.maketrans("IOSVZ", "11522")))


def checked(first: str) -> str:
    """Return 16 characters of a code with both its check characters."""
    body = first + codes.organisation_check(first[8:])
    return body + codes.check_character(body)


def rows(count: int, *, first: int = 0) -> list[entity_pb2.EntityRow]:
    """Return rows of a register of companies that there are not, of all four classes."""
    return [
        entity_pb2.EntityRow(
            line=n + 1,
            code=entity_code(first + n),
            title=f"合成企业{first + n}",
            place_code=("510402", "510403", "510411")[n % 3],
            risk_class="AABBBBBCCD"[n % 10],
        )
        for n in range(count)
    ]


def draw_request(draw_id: str, *, place: str = "5104") -> pb.CreateDrawRequest:
    """Return the request of a draw of two departments."""
    departments = [
        draw_pb2.DrawDepartment(
            department=name,
            inspectors_per_visit=2,
            inspectors=[draw_pb2.DrawInspector(badge=f"{name}-{n}") for n in range(5)],
            nonce_commitment=inspection_beacon.nonce_commitment(draw_id, name, nonce),
        )
        for name, nonce in NONCES.items()
    ]
    return pb.CreateDrawRequest(
        draw_id=draw_id, draw=draw_pb2.Draw(place_code=place, departments=departments)
    )


@contextlib.contextmanager
def credit_process(server: NatsServer, admin_url: str) -> Iterator[CreditProcess]:
    """Migrate and run the service in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="tianfu-credit-"))
    process = CreditProcess(folder, server, admin_url)
    try:
        process.migrate()
        process.start()
        yield process
    finally:
        if process.process is not None:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)
