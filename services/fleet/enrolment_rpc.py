"""The RPCs of nodes' identities: decode, check the proof, call, encode."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, Final

from services.fleet import enrolling, enrolment, issuer, stationing
from services.fleet.enrolment import SECRET_BYTES, TOKEN_TTL, Enrolment
from services.fleet.issuer import NodeIssuer
from services.fleet.store import Transactor
from services.plumbing.clock import Clock
from services.plumbing.refusal import FailedPrecondition
from tianfu import join_code
from tianfu.fleet.v1 import enrolment_pb2, node_pb2
from tianfu.fleet.v1 import fleet_service_pb2 as service_pb

NODE: Final = "nodes/"
ENROLMENT: Final = "/enrolment"


class EnrolmentUnset(FailedPrecondition):
    """This platform was given no keys to sign with."""

    reason = "ENROLMENT_UNSET"


class Enroller:
    """What the RPCs of enrolment do; ``turned_out`` is called when NATS has to be told."""

    def __init__(
        self,
        transactor: Transactor,
        clock: Clock,
        issuer_: NodeIssuer | None,
        turned_out: Callable[[], None],
        *,
        update_root: bytes = b"",
        secret: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._transactor = transactor
        self._clock = clock
        self._issuer = issuer_
        self._update_root = update_root
        self._secret = secret
        self.turned_out = turned_out

    @property
    def issuer(self) -> NodeIssuer:
        """Who signs; raise EnrolmentUnset when nobody does."""
        if self._issuer is None:
            raise EnrolmentUnset(
                "this platform has no keys to enrol with; set TIANFU_EDGE_ACCOUNT and its files"
            )
        return self._issuer

    async def issue_token(
        self, request: service_pb.IssueEnrolmentTokenRequest
    ) -> service_pb.IssueEnrolmentTokenResponse:
        """Make a one-time token."""
        _ = self.issuer
        node_id, now = request.name.removeprefix(NODE), self._clock()
        ttl = request.ttl.ToTimedelta() if request.HasField("ttl") else TOKEN_TTL
        token = enrolment.make_token(node_id, self._secret(SECRET_BYTES))
        await self._transactor.write(enrolling.issue_token, node_id, token, ttl, now)
        answer = service_pb.IssueEnrolmentTokenResponse(
            token=token, update_root_sha256=join_code.root_digest(self._update_root)
        )
        answer.expire_time.FromDatetime(now + ttl)
        return answer

    async def enroll(self, request: service_pb.EnrollRequest) -> service_pb.EnrollResponse:
        """Make a device a node."""
        signed = enrolment.proof(
            enrolment.PURPOSE_ENROLL, public_key=request.public_key, token=request.token
        )
        issuer.check_proof(request.public_key, signed, request.signature)
        node, enrolled, plan = await self._transactor.write(
            enrolling.enroll, request.token, request.public_key, self.issuer.policy, self._clock()
        )
        self.turned_out()  # the device before it, if there was one
        answer = service_pb.EnrollResponse(
            name=f"{NODE}{node.node_id}",
            credentials=self.issuer.credentials(node, enrolled),
            update_root=self._update_root,
        )
        if plan is not None and plan.body:
            answer.plan.CopyFrom(node_pb2.NodePlan.FromString(plan.body))
        return answer

    async def renew(
        self, request: service_pb.RenewEnrolmentRequest
    ) -> service_pb.RenewEnrolmentResponse:
        """Give a node another life."""
        _check_proof(enrolment.PURPOSE_RENEW, request, request.new_public_key)
        node, renewed = await self._transactor.write(
            enrolling.renew,
            request.name.removeprefix(NODE),
            (request.public_key, request.new_public_key),
            self.issuer.policy,
            self._clock(),
        )
        return service_pb.RenewEnrolmentResponse(credentials=self.issuer.credentials(node, renewed))

    async def issue_station(
        self, request: service_pb.IssueStationCredentialsRequest
    ) -> service_pb.IssueStationCredentialsResponse:
        """Sign credentials for a station's leaf server."""
        now = self._clock()
        node, key, gateways = await self._transactor.write(
            stationing.issue,
            request.name.removeprefix(NODE),
            request.public_key,
            self.issuer.policy,
            now,
        )
        return service_pb.IssueStationCredentialsResponse(
            credentials=self.issuer.station_credentials(node, key, gateways, now),
            gateways=[f"{NODE}{node_id}" for node_id, _ in gateways.places],
            left_out=gateways.left_out,
        )

    async def renew_station(
        self, request: service_pb.RenewStationCredentialsRequest
    ) -> service_pb.RenewStationCredentialsResponse:
        """Sign credentials for the leaf server of a station that asks itself."""
        _check_proof(enrolment.PURPOSE_STATION, request, request.station_public_key)
        now = self._clock()
        node, key, gateways = await self._transactor.write(
            enrolling.renew_station,
            request.name.removeprefix(NODE),
            (request.public_key, request.station_public_key),
            self.issuer.policy,
            now,
        )
        return service_pb.RenewStationCredentialsResponse(
            credentials=self.issuer.station_credentials(node, key, gateways, now)
        )

    async def get(self, name: str) -> enrolment_pb2.Enrolment:
        """Return a node's enrolment."""
        found = await self._transactor.read(enrolling.get, _node_of(name))
        return encode(*found)

    async def revoke(self, name: str, cause: str) -> enrolment_pb2.Enrolment:
        """Turn a node out."""
        found = await self._transactor.write(enrolling.revoke, _node_of(name), cause, self._clock())
        self.turned_out()
        return encode(*found)


class EnrolmentServicer:
    """The RPCs; a base of the service's own class."""

    def __init__(self, enrolments: Enroller) -> None:
        self._enrolments = enrolments

    async def IssueEnrolmentToken(
        self, request: service_pb.IssueEnrolmentTokenRequest, _context: Any
    ) -> service_pb.IssueEnrolmentTokenResponse:
        """Make a one-time token for a node."""
        return await self._enrolments.issue_token(request)

    async def Enroll(
        self, request: service_pb.EnrollRequest, _context: Any
    ) -> service_pb.EnrollResponse:
        """Make a device a node."""
        return await self._enrolments.enroll(request)

    async def RenewEnrolment(
        self, request: service_pb.RenewEnrolmentRequest, _context: Any
    ) -> service_pb.RenewEnrolmentResponse:
        """Give a node new credentials."""
        return await self._enrolments.renew(request)

    async def IssueStationCredentials(
        self, request: service_pb.IssueStationCredentialsRequest, _context: Any
    ) -> service_pb.IssueStationCredentialsResponse:
        """Sign credentials for the leaf server of a base station."""
        return await self._enrolments.issue_station(request)

    async def RenewStationCredentials(
        self, request: service_pb.RenewStationCredentialsRequest, _context: Any
    ) -> service_pb.RenewStationCredentialsResponse:
        """Sign credentials for the leaf server of a station that asks itself."""
        return await self._enrolments.renew_station(request)

    async def GetEnrolment(
        self, request: service_pb.GetEnrolmentRequest, _context: Any
    ) -> enrolment_pb2.Enrolment:
        """Return a node's enrolment."""
        return await self._enrolments.get(request.name)

    async def RevokeEnrolment(
        self, request: service_pb.RevokeEnrolmentRequest, _context: Any
    ) -> enrolment_pb2.Enrolment:
        """Turn a node out."""
        return await self._enrolments.revoke(request.name, request.cause)


def encode(enrolled: Enrolment, is_applied: bool) -> enrolment_pb2.Enrolment:
    """Return an enrolment as the contract has it."""
    message = enrolment_pb2.Enrolment(
        name=f"{NODE}{enrolled.node_id}{ENROLMENT}",
        state=enrolment_pb2.EnrolmentState.ValueType(enrolled.state.value),
        public_key=enrolled.public_key,
        revoke_cause=enrolled.revoke_cause,
        revoke_applied=enrolled.revoke_time is not None and is_applied,
    )
    for field in ("enrol_time", "renew_time", "expire_time", "revoke_time"):
        time = getattr(enrolled, field)
        if time is not None:
            getattr(message, field).FromDatetime(time)
    return message


def _check_proof(
    purpose: str,
    request: service_pb.RenewEnrolmentRequest | service_pb.RenewStationCredentialsRequest,
    new_public_key: str,
) -> None:
    """Raise unless who asks for another key holds the one of before."""
    signed = enrolment.proof(
        purpose, name=request.name, public_key=request.public_key, new_public_key=new_public_key
    )
    issuer.check_proof(request.public_key, signed, request.signature)


def _node_of(name: str) -> str:
    return name.removeprefix(NODE).removesuffix(ENROLMENT)
