"""Become a node with a token, and stay one: the two calls, each safe to repeat after any crash.

The key is on the card before the platform hears of it, and a call that is repeated with it gets
the same answer: whatever is cut off, the device asks again and goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from edge.enrolment import identity, pinned_root
from edge.enrolment.identity import Facts, Identity
from edge.enrolment.unary_call import CallFailed, Server, call
from tianfu import nats_jwt, nats_keys
from tianfu.fleet.v1 import enrolment_pb2, fleet_service_pb2, node_pb2
from tianfu.join_code import JoinCode
from tianfu.nats_keys import KeyKind, KeyPair

SERVICE: Final = "tianfu.fleet.v1.FleetService"
DEADLINE_S: Final = 20.0
"""Of one call, TLS included, over a radio link."""


@dataclass(frozen=True)
class Enrolled:
    """What came of enrolling."""

    identity: Identity
    plan: node_pb2.NodePlan | None
    # Whether there is a root of signed releases to believe.
    has_root: bool = False


async def enroll(
    code: JoinCode,
    data_dir: Path,
    random_bits: Callable[[int], int],
    *,
    deadline_s: float = DEADLINE_S,
) -> Enrolled:
    """Become the node that the token names; raise CallRefused or CallFailed."""
    # A key of a call whose answer was lost is used again: its token is used up by it.
    key = identity.pending_seed(data_dir, identity.NEXT_SEED)
    if key is None:
        key = _new_key(random_bits)
        identity.keep_seed(data_dir, identity.NEXT_SEED, key)
    proof = enrolment_pb2.EnrolmentProof(
        purpose=f"{SERVICE.rpartition('.')[0]}.Enroll",
        token_digest=hashlib.sha256(code.token.encode()).digest(),
        public_key=key.public_key,
    )
    request = fleet_service_pb2.EnrollRequest(
        token=code.token, public_key=key.public_key, signature=_signed(key, proof)
    )
    server = Server(code.server, code.ca_pem or None)
    raw = await call(
        server, f"{SERVICE}/Enroll", request.SerializeToString(), deadline_s=deadline_s
    )
    try:
        answer = fleet_service_pb2.EnrollResponse.FromString(raw)
    except DecodeError:
        raise _malformed(code.server) from None
    node = answer.name.removeprefix("nodes/")
    # Before the identity: where that is, all is that was handed over.
    try:
        has_root = pinned_root.pin(data_dir, answer.update_root, code.root_sha256)
    except pinned_root.RootRefused as error:
        raise CallFailed(error.reason, f"{code.server}: {error}") from None
    made = _keep(data_dir, node, server, answer.credentials, key)
    return Enrolled(made, answer.plan if answer.HasField("plan") else None, has_root)


async def renew(
    current: Identity,
    data_dir: Path,
    random_bits: Callable[[int], int] | None = None,
    *,
    deadline_s: float = DEADLINE_S,
) -> Identity:
    """Get another life of the credentials; with ``random_bits``, and a new key.

    Raise CallRefused or CallFailed.
    """
    following = identity.pending_seed(data_dir, identity.NEXT_SEED)
    if following is None and random_bits is not None:
        following = _new_key(random_bits)
        identity.keep_seed(data_dir, identity.NEXT_SEED, following)
    facts, name = current.facts, f"nodes/{current.facts.node}"
    new_key = "" if following is None else following.public_key
    proof = enrolment_pb2.EnrolmentProof(
        purpose=f"{SERVICE.rpartition('.')[0]}.RenewEnrolment",
        name=name,
        public_key=current.key.public_key,
        new_public_key=new_key,
    )
    request = fleet_service_pb2.RenewEnrolmentRequest(
        name=name,
        public_key=current.key.public_key,
        new_public_key=new_key,
        signature=_signed(current.key, proof),
    )
    server = Server(facts.server, facts.ca_pem or None)
    raw = await call(
        server, f"{SERVICE}/RenewEnrolment", request.SerializeToString(), deadline_s=deadline_s
    )
    try:
        answer = fleet_service_pb2.RenewEnrolmentResponse.FromString(raw)
    except DecodeError:
        raise _malformed(facts.server) from None
    return _keep(data_dir, facts.node, server, answer.credentials, following or current.key)


async def renew_station(
    current: Identity, station_key: KeyPair, *, deadline_s: float = DEADLINE_S
) -> str:
    """Get a token for a key of the station's leaf server; raise CallRefused or CallFailed."""
    facts, name = current.facts, f"nodes/{current.facts.node}"
    proof = enrolment_pb2.EnrolmentProof(
        purpose=f"{SERVICE.rpartition('.')[0]}.RenewStationCredentials",
        name=name,
        public_key=current.key.public_key,
        new_public_key=station_key.public_key,
    )
    request = fleet_service_pb2.RenewStationCredentialsRequest(
        name=name,
        public_key=current.key.public_key,
        station_public_key=station_key.public_key,
        signature=_signed(current.key, proof),
    )
    server, method = (
        Server(facts.server, facts.ca_pem or None),
        f"{SERVICE}/RenewStationCredentials",
    )
    raw = await call(server, method, request.SerializeToString(), deadline_s=deadline_s)
    try:
        answer = fleet_service_pb2.RenewStationCredentialsResponse.FromString(raw)
        token = str(answer.credentials.nats_token)
        claims = nats_jwt.read(token)
    except (DecodeError, ValueError):
        raise _malformed(facts.server) from None
    if (claims.subject, claims.name) != (station_key.public_key, f"station:{facts.node}"):
        raise CallFailed("ANSWER_MALFORMED", f"{facts.server}: credentials of somebody else")
    return token


def _keep(
    data_dir: Path,
    node: str,
    server: Server,
    given: enrolment_pb2.NodeCredentials,
    key: KeyPair,
) -> Identity:
    """Put what was given on the card, when it is for us; raise CallFailed otherwise."""
    try:
        claims = nats_jwt.read(given.nats_token)
        fits = claims.subject == key.public_key and claims.name == f"node:{node}"
        facts = Facts(
            node=node,
            server=server.url,
            ca_pem=server.ca_pem or "",
            nats_urls=tuple(given.nats_urls),
            issue_us=given.issue_time.ToMicroseconds(),
            renew_us=given.renew_time.ToMicroseconds(),
            expire_us=given.expire_time.ToMicroseconds(),
        )
    except ValueError:
        raise _malformed(server.url) from None
    if not fits or not facts.nats_urls:
        raise CallFailed("ANSWER_MALFORMED", f"{server.url}: credentials of somebody else")
    return identity.store(data_dir, facts, given.nats_token, key)


def _new_key(random_bits: Callable[[int], int]) -> KeyPair:
    raw = random_bits(nats_keys.SEED_BYTES * 8).to_bytes(nats_keys.SEED_BYTES, "big")
    return nats_keys.generate(KeyKind.USER, raw)


def _signed(key: KeyPair, proof: enrolment_pb2.EnrolmentProof) -> bytes:
    return key.sign(proof.SerializeToString(deterministic=True))


def _malformed(url: str) -> CallFailed:
    return CallFailed("ANSWER_MALFORMED", f"{url}: the answer is not one of FleetService")
