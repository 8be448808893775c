"""A device that enrols by the RPC itself, for tests of what comes after."""

from __future__ import annotations

from pathlib import Path

from services.fleet import enrolment
from tests.support.fleet_process import FleetProcess
from tianfu import nats_jwt, nats_keys
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.nats_keys import KeyKind


def enrolled(fleet: FleetProcess, node: str, path: Path) -> Path:
    """Enrol a registered node and return its credentials, written to ``path``."""
    pair = nats_keys.generate(KeyKind.USER)
    asked = pb.IssueEnrolmentTokenRequest(name=f"nodes/{node}")
    token = fleet.call("IssueEnrolmentToken", asked).token
    signed = enrolment.proof(enrolment.PURPOSE_ENROLL, public_key=pair.public_key, token=token)
    request = pb.EnrollRequest(public_key=pair.public_key, token=token, signature=pair.sign(signed))
    answer = fleet.call("Enroll", request)
    path.touch(mode=0o600)
    path.write_text(nats_jwt.credentials(answer.credentials.nats_token, pair.seed))
    return path
