"""A device becomes a node and stays it: tokens, keys, their lives. No clock, no database.

A token (``tf1.NODE.SECRET``) makes a device the node it names, once: it brings a public key, and
the private half never leaves it. From then on the key proves who it is: credentials are renewed by
it before they end, and afterwards too, for a while (``Policy.catch_up``), since a site may be
without its backhaul for weeks. A node that was turned out comes back by a new token alone.
"""

from __future__ import annotations

import base64
import enum
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.plumbing.refusal import FailedPrecondition, PermissionDenied, Unauthenticated
from tianfu import subjects
from tianfu.fleet.v1 import enrolment_pb2

TOKEN_PREFIX: Final = "tf1"  # noqa: S105 - a mark, no secret
SECRET_BYTES: Final = 20
"""160 bits: not to be guessed within a token's life at any rate."""

TOKEN_TTL: Final = timedelta(hours=1)
"""Of a token that asks for no other: as long as an installation takes."""

PURPOSE_ENROLL: Final = "tianfu.fleet.v1.Enroll"
PURPOSE_RENEW: Final = "tianfu.fleet.v1.RenewEnrolment"
PURPOSE_STATION: Final = "tianfu.fleet.v1.RenewStationCredentials"


class TokenRefused(Unauthenticated):
    """The token is unknown, too old, or used up. Which of them, no stranger is told."""

    reason = "ENROLMENT_TOKEN_REFUSED"


class ProofRefused(Unauthenticated):
    """The signature is not by the key that is named, or the key is not the node's."""

    reason = "ENROLMENT_PROOF_REFUSED"


class Revoked(PermissionDenied):
    """The node was turned out."""

    reason = "ENROLMENT_REVOKED"


class CaughtUpTooLate(FailedPrecondition):
    """Credentials ended longer ago than the policy lets a node catch up."""

    reason = "ENROLMENT_ENDED"


class State(enum.Enum):
    """As enrolment.proto has it."""

    NONE = enrolment_pb2.ENROLMENT_STATE_NONE
    ENROLLED = enrolment_pb2.ENROLMENT_STATE_ENROLLED
    REVOKED = enrolment_pb2.ENROLMENT_STATE_REVOKED


@dataclass(frozen=True, slots=True)
class Policy:
    """How long what is good."""

    lifetime: timedelta = timedelta(days=30)
    """Of credentials: a stolen card is of use for so long at most, if nobody notices."""

    catch_up: timedelta = timedelta(days=365)
    """After they ended: a site that comes back later is looked at by a person first."""

    overlap: timedelta = timedelta(minutes=3)
    """How long a station's former credentials go on: its new ones are on their way, in a Secret
    that a kubelet looks at once a minute."""

    @property
    def renew_after(self) -> timedelta:
        """When credentials are to be renewed: ten days are left for a backhaul that is down."""
        return self.lifetime * 2 / 3


REMOVED: Final = "the node was removed"
"""The cause of who was turned out with its node."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is kept of a node's identity."""

    node_id: str
    state: State
    public_key: str = ""
    # The key before the last rotation: whoever missed the answer asks with it once more.
    previous_key: str = ""
    enrol_time: datetime | None = None
    renew_time: datetime | None = None
    expire_time: datetime | None = None
    revoke_time: datetime | None = None
    revoke_cause: str = ""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A one-time token as it is stored: without itself."""

    digest: bytes
    node_id: str
    expire_time: datetime
    # The key that it was used by; empty while it is unused.
    public_key: str = ""


def make_token(node_id: str, secret: bytes) -> str:
    """Return the token for a node; ``secret`` has SECRET_BYTES random bytes."""
    text = base64.b32encode(secret).decode().rstrip("=").lower()
    return f"{TOKEN_PREFIX}.{node_id}.{text}"


def token_node(token: str) -> str:
    """Return the node that a token names; raise TokenRefused when it is none of ours."""
    prefix, _, rest = token.partition(".")
    node, _, secret = rest.partition(".")
    if prefix != TOKEN_PREFIX or not secret or not subjects.NODE_ID_PATTERN.fullmatch(node):
        raise refused_token()
    return node


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def proof(
    purpose: str, *, public_key: str, name: str = "", token: str = "", new_public_key: str = ""
) -> bytes:
    """Return what a device signs."""
    signed: bytes = enrolment_pb2.EnrolmentProof(
        purpose=purpose,
        name=name,
        token_digest=digest_of(token) if token else b"",
        public_key=public_key,
        new_public_key=new_public_key,
    ).SerializeToString(deterministic=True)
    return signed


def refused_token() -> TokenRefused:
    """Return the one refusal there is of tokens."""
    return TokenRefused(
        "the token is unknown, has expired or was used by another device; ask for a new one",
        field="token",
    )


def enrolled(
    current: Enrolment, token: StoredToken, public_key: str, policy: Policy, now: datetime
) -> Enrolment:
    """Return a node's enrolment after a device came with a token for it; raise TokenRefused."""
    if token.expire_time <= now or token.public_key not in {"", public_key}:
        raise refused_token()
    if current.state is State.REVOKED and current.public_key == public_key:
        raise Revoked("this key was turned out; make a new one: remove the old identity first")
    is_repeated = current.state is State.ENROLLED and current.public_key == public_key
    if token.public_key and not is_repeated:
        # Used by this key, and something came since: another device, or a revocation.
        raise refused_token()
    return Enrolment(
        node_id=current.node_id,
        state=State.ENROLLED,
        public_key=public_key,
        enrol_time=current.enrol_time if is_repeated else now,
        renew_time=now,
        expire_time=now + policy.lifetime,
    )


def check_holder(current: Enrolment, public_key: str, policy: Policy, now: datetime) -> None:
    """Raise ProofRefused, Revoked or CaughtUpTooLate unless a key is an enrolled node's own."""
    if current.state is State.NONE or current.expire_time is None:
        raise ProofRefused("the node is not enrolled; use an enrolment token", field="name")
    if public_key != current.public_key:
        raise ProofRefused("the key is not the node's; use an enrolment token", field="public_key")
    _check_life(current, current.expire_time, policy, now)


def _check_life(current: Enrolment, expire_time: datetime, policy: Policy, now: datetime) -> None:
    if current.state is State.REVOKED:
        raise Revoked("the node was turned out; it comes back by an enrolment token and a new key")
    if now > expire_time + policy.catch_up:
        raise CaughtUpTooLate(
            f"credentials ended more than {policy.catch_up.days} days ago; use an enrolment token"
        )


def renewed(
    current: Enrolment, public_key: str, new_public_key: str, policy: Policy, now: datetime
) -> Enrolment:
    """Return a node's enrolment after it asked for new credentials by its key.

    Raise ProofRefused for another's key, Revoked, or CaughtUpTooLate.
    """
    if current.state is State.NONE or current.expire_time is None:
        raise ProofRefused("the node is not enrolled; use an enrolment token", field="name")
    wanted = new_public_key or public_key
    is_current = public_key == current.public_key
    # The answer to a rotation was lost: the device asks again with the key it still has.
    is_again = public_key == current.previous_key and wanted == current.public_key
    if not (is_current or is_again):
        raise ProofRefused("the key is not the node's; use an enrolment token", field="public_key")
    _check_life(current, current.expire_time, policy, now)
    rotated = is_current and wanted != public_key
    return replace(
        current,
        public_key=wanted,
        previous_key=public_key if rotated else current.previous_key,
        renew_time=now,
        expire_time=now + policy.lifetime,
    )


def removed(current: Enrolment, now: datetime) -> Enrolment:
    """Return an enrolment after its node was removed: kept, since its key stays turned out."""
    if current.state is State.NONE:
        return current
    return replace(
        current,
        state=State.REVOKED,
        revoke_time=current.revoke_time or now,
        revoke_cause=REMOVED,
    )


def as_registered(kept: Enrolment) -> Enrolment:
    """Return the enrolment of the node that is registered now.

    One that ended as its node was removed was that of another node under this name.
    """
    if kept.state is State.REVOKED and kept.revoke_cause == REMOVED:
        return Enrolment(kept.node_id, State.NONE)
    return kept


def revoked(current: Enrolment, cause: str, now: datetime) -> Enrolment:
    """Return a node's enrolment after it was turned out; once more changes nothing."""
    if current.state is not State.ENROLLED:
        return current
    return replace(
        current,
        state=State.REVOKED,
        revoke_time=now,
        revoke_cause=cause,
    )
