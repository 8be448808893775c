"""Signs what nodes show to NATS: user tokens of account EDGE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.fleet.enrolment import Enrolment, Policy, ProofRefused
from services.fleet.model import Node, NodeClass
from services.fleet.stations import Gateways, StationKey
from services.plumbing.startup import CannotStart
from tianfu import nats_jwt, station_rights, subjects
from tianfu.fleet.v1 import enrolment_pb2
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid

BACKDATED_S: Final = 60
"""A token counts from a minute ago: NATS servers' clocks are not all the same."""


class SigningKeyUnusable(CannotStart):
    """A seed file can't be read as a signing key."""

    reason = "SIGNING_KEY_UNUSABLE"


def read_key(path: Path, kind: KeyKind) -> KeyPair:
    """Return the key in a seed file; raise SigningKeyUnusable, showing nothing of it."""
    try:
        return KeyPair(path.read_text(encoding="ascii"), kind)
    except (OSError, SeedInvalid, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, SeedInvalid) else "it can't be read"
        raise SigningKeyUnusable(f"{path}: {why}") from None


def check_proof(public_key: str, signed: bytes, signature: bytes) -> None:
    """Raise ProofRefused unless a key signed just that."""
    try:
        raw = nats_jwt.public_bytes(public_key)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise ProofRefused(
            "the signature is not by public_key over what EnrolmentProof states", field="signature"
        ) from None


@dataclass(frozen=True)
class NodeIssuer:
    """Makes credentials of nodes."""

    account: str
    key: KeyPair
    nats_urls: Sequence[str]
    policy: Policy

    def credentials(self, node: Node, enrolled: Enrolment) -> enrolment_pb2.NodeCredentials:
        """Return what an enrolled node needs beside its key."""
        renew_time, expire_time = enrolled.renew_time, enrolled.expire_time
        if renew_time is None or expire_time is None:
            raise ValueError(f"node {node.node_id} is not enrolled")
        rights = subjects.node_permissions(
            subjects.node_id(node.node_id),
            _county(node.place_code),
            is_station=node.node_class is NodeClass.BASE_STATION,
        )
        user = nats_jwt.User(
            name=f"node:{node.node_id}",
            public_key=enrolled.public_key,
            permissions=rights,
            account=self.account,
            expires=int(expire_time.timestamp()),
        )
        issued = int(renew_time.timestamp()) - BACKDATED_S
        return self._signed(user, issued, renew_time, expire_time)

    def station_credentials(
        self, node: Node, key: StationKey, gateways: Gateways, now: datetime
    ) -> enrolment_pb2.NodeCredentials:
        """Return what the leaf server of a station shows to the hub."""
        named = {subjects.node_id(one): _county(place) for one, place in gateways.places}
        user = nats_jwt.User(
            name=f"station:{node.node_id}",
            public_key=key.public_key,
            permissions=station_rights.station_permissions(
                subjects.node_id(node.node_id), _county(node.place_code), named
            ),
            account=self.account,
            expires=int(key.expire_time.timestamp()),
        )
        return self._signed(user, int(key.issue_time.timestamp()), now, key.expire_time)

    def _signed(
        self, user: nats_jwt.User, issued: int, renew_time: datetime, expire_time: datetime
    ) -> enrolment_pb2.NodeCredentials:
        made = enrolment_pb2.NodeCredentials(
            nats_token=nats_jwt.user_token(user, self.key, issued=issued),
            nats_urls=self.nats_urls,
        )
        made.issue_time.FromDatetime(renew_time)
        made.expire_time.FromDatetime(expire_time)
        made.renew_time.FromDatetime(renew_time + self.policy.renew_after)
        return made


def _county(place_code: str) -> str | None:
    return place_code if len(place_code) == subjects.COUNTY_DIGITS else None
