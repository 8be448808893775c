"""Who is calling: bearer tokens (JWT) verified once, then remembered until they expire.

Claims: ``iss`` and ``aud`` as set, ``sub``, ``exp``; ``nbf`` and ``iat`` when given; ``roles`` (or
where the settings say, such as ``realm_access.roles``), a list of names of
``tianfu.authz.v1.Role`` without prefix, such as ``["VIEWER", "SERVICE"]``. Names that are no role
of ours are passed over, so that an issuer may serve others too. ``hospitals`` and ``departments``,
when given, list the ids of those that the caller works for, ``badges`` an inspector's own, as
DEPARTMENT/BADGE, ``tenants`` those whose programs an app owner runs. Only keys with two halves
sign: a set with a shared secret in it is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import KeySet, RSAKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

from services.plumbing.clock import Clock
from services.plumbing.refusal import Unauthenticated
from services.plumbing.startup import CannotStart
from tianfu.authz.v1 import authz_pb2

ALGORITHMS: Final = frozenset({"EdDSA", "Ed25519", "ES256", "ES384", "RS256", "PS256"})
"""What OpenID Connect issuers sign with, Ed25519 under both its names (RFC 8037, RFC 9864)."""

KEY_TYPES: Final = frozenset({"OKP", "EC", "RSA"})
RSA_BITS_MIN: Final = 2048
"""NIST SP 800-131A: what may still sign."""

ROLES_CLAIM: Final = "roles"
HOSPITALS_CLAIM: Final = "hospitals"
DEPARTMENTS_CLAIM: Final = "departments"
BADGES_CLAIM: Final = "badges"
TENANTS_CLAIM: Final = "tenants"

CACHE_SIZE: Final = 10_000
"""Verified tokens remembered; a token and its principal take about half a kilobyte."""

CACHE_AGE_MAX: Final = timedelta(minutes=1)
"""A remembered token is verified anew after this, so that a withdrawn key soon means something."""

LEEWAY: Final = timedelta(seconds=30)
"""How far the issuer's clock may be from ours."""

TOKEN_LENGTH_MAX: Final = 8_192
"""Characters of a token; gRPC's metadata limit is of the same size."""

ROLE_PREFIX: Final = "ROLE_"
ROLES: Final[Mapping[str, authz_pb2.Role]] = {
    name.removeprefix(ROLE_PREFIX): number
    for name, number in authz_pb2.Role.items()
    if number != authz_pb2.ROLE_UNSPECIFIED
}
"""The roles by their names in tokens."""

_log: Final = structlog.get_logger(__name__)


class TokenMissing(Unauthenticated):
    """The call carries no bearer token and needs one."""

    reason = "TOKEN_MISSING"


class TokenInvalid(Unauthenticated):
    """The token is not one of the issuer's, or says nothing of use."""

    reason = "TOKEN_INVALID"


class TokenExpired(Unauthenticated):
    """The token was good once."""

    reason = "TOKEN_EXPIRED"


class TokenWrongIssuer(Unauthenticated):
    """The token is somebody else's."""

    reason = "TOKEN_WRONG_ISSUER"


class TokenWrongAudience(Unauthenticated):
    """The token is meant for somebody else."""

    reason = "TOKEN_WRONG_AUDIENCE"


class KeysUnusable(CannotStart):
    """The file of public keys can't be read as a JWK set."""

    reason = "TOKEN_KEYS_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller: who it is, and what it is."""

    subject: str
    roles: frozenset[authz_pb2.Role] = field(default_factory=frozenset)
    hospitals: frozenset[str] = field(default_factory=frozenset)
    """Ids of the hospitals in whose name the caller may act."""
    departments: frozenset[str] = field(default_factory=frozenset)
    """Departments of supervision in whose name the caller may act."""
    badges: frozenset[str] = field(default_factory=frozenset)
    """An inspector's own badges, as DEPARTMENT/BADGE."""
    tenants: frozenset[str] = field(default_factory=frozenset)
    """Tenants of shared sites whose programs are the caller's."""


ANYONE: Final = Principal(subject="")
"""The caller of an RPC that asks for no token."""


class Authenticator(Protocol):
    """Turns a bearer token into a caller."""

    def authenticate(self, token: str) -> Principal:
        """Return the caller; raise Unauthenticated when the token is not good."""
        ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    principal: Principal
    until: datetime


class _PublicKeysOnly(JWSRegistry):
    """Knows no algorithm but ours, so that a token's header can't choose a weaker one."""

    @override
    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError("not one of ours")
        return self.algorithms[name]


class JwtAuthenticator:
    """Verifies JWTs against a file of public keys, which is read again when it changes."""

    def __init__(
        self,
        *,
        keys_file: Path,
        issuer: str,
        audience: str,
        clock: Clock,
        roles_claim: str = ROLES_CLAIM,
    ) -> None:
        self._keys_file = keys_file
        self._roles_claim = roles_claim.split(".")
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._registry = _PublicKeysOnly(algorithms=sorted(ALGORITHMS), strict_check_header=False)
        self._verified: dict[bytes, _Remembered] = {}
        self._keys_version = _version(keys_file)
        self._keys = read_keys(keys_file)

    def authenticate(self, token: str) -> Principal:
        """Return the caller; raise Unauthenticated when the token is not good."""
        now = self._clock()
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        remembered = self._verified.get(digest)
        if remembered is not None and now < remembered.until:
            return remembered.principal
        self._verified.pop(digest, None)
        principal, expire_time = self._verify(token, now)
        while len(self._verified) >= CACHE_SIZE:
            self._verified.pop(next(iter(self._verified)))  # the one remembered longest
        self._verified[digest] = _Remembered(principal, min(expire_time, now + CACHE_AGE_MAX))
        return principal

    def _verify(self, token: str, now: datetime) -> tuple[Principal, datetime]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise TokenInvalid(f"the bearer token is longer than {TOKEN_LENGTH_MAX} characters")
        self._refresh_keys()
        try:
            decoded = jwt.decode(token, self._keys, registry=self._registry)
        except (JoseError, ValueError, TypeError) as error:
            raise TokenInvalid(
                "the bearer token is no JWT signed by a known key: get a new one"
            ) from error
        return _principal(decoded.claims, self._roles_claim), self._checked_times(
            decoded.claims, now
        )

    def _checked_times(self, claims: Mapping[str, Any], now: datetime) -> datetime:
        """Return when the token expires; raise unless issuer, audience and times fit."""
        if claims.get("iss") != self._issuer:
            raise TokenWrongIssuer("the bearer token is of another issuer")
        audience = claims.get("aud")
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise TokenWrongAudience(
                f"the bearer token is for another audience than {self._audience!r}"
            )
        expire_time = _time(claims, "exp")
        if expire_time is None:
            raise TokenInvalid("the bearer token has no expiry")
        if expire_time + LEEWAY <= now:
            raise TokenExpired("the bearer token has expired: get a new one")
        for name in ("nbf", "iat"):
            begin = _time(claims, name)
            if begin is not None and begin - LEEWAY > now:
                raise TokenInvalid("the bearer token is not valid yet: compare the clocks")
        return expire_time + LEEWAY

    def _refresh_keys(self) -> None:
        version = _version(self._keys_file)
        if version in {self._keys_version, None}:
            return  # unchanged, or just being replaced: the keys at hand go on
        self._keys_version = version
        try:
            self._keys = read_keys(self._keys_file)
        except KeysUnusable as error:
            _log.error("token keys not replaced", reason=error.reason, detail=str(error))
            return  # the keys at hand go on
        self._verified.clear()


def read_keys(path: Path) -> KeySet:
    """Return the public keys of a JWK set; raise KeysUnusable, naming the file."""
    try:
        document = json.loads(path.read_bytes())
        keys = KeySet.import_key_set(document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, JoseError) as error:
        raise KeysUnusable(
            f"{path}: no JWK set can be read from it; "
            'need {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": ...}]}'
        ) from error
    if not keys.keys:
        raise KeysUnusable(f"{path}: the JWK set holds no key")
    for key in keys.keys:
        if key.key_type not in KEY_TYPES:
            raise KeysUnusable(f"{path}: a key of type {key.key_type!r} is a secret, not a key")
        if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS_MIN:
            raise KeysUnusable(f"{path}: an RSA key has fewer than {RSA_BITS_MIN} bits")
    return keys


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _principal(claims: Mapping[str, Any], path: Sequence[str]) -> Principal:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise TokenInvalid("the bearer token names no subject")
    names: Any = claims
    for part in path:
        names = names.get(part, []) if isinstance(names, Mapping) else []
    if not isinstance(names, list):
        raise TokenInvalid("the bearer token's roles are no list")
    return Principal(
        subject,
        _roles(names),
        hospitals=_own(claims, HOSPITALS_CLAIM),
        departments=_own(claims, DEPARTMENTS_CLAIM),
        badges=_own(claims, BADGES_CLAIM),
        tenants=_own(claims, TENANTS_CLAIM),
    )


def _own(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """Return the ids of a claim; each may stand there as a resource's name too."""
    names = claims.get(claim, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TokenInvalid(f"the bearer token's {claim} are no list of names")
    return frozenset(name.removeprefix(f"{claim}/") for name in names)


def _roles(names: Iterable[object]) -> frozenset[authz_pb2.Role]:
    plain = (str(name).upper().removeprefix(ROLE_PREFIX) for name in names)
    return frozenset(ROLES[name] for name in plain if name in ROLES)


def _time(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenInvalid(f"the bearer token's {name!r} is no time")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise TokenInvalid(f"the bearer token's {name!r} is no time") from error
