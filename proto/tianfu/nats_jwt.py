"""NATS' own tokens, version 2: operator, account and user JWTs, and credentials files.

Made and read here because no kept Python library does it (PyPI had none in 2026-11); the form is
that of github.com/nats-io/jwt/v2. Keys are nkeys: 56 letters of base 32, the first of which says
what they are of (``O`` operator, ``A`` account, ``U`` user). How a key signs is the caller's
matter (``Signer``), so this needs the standard library alone.

Times are Unix seconds.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tianfu.subjects import Permissions

ALGORITHM: Final = "ed25519-nkey"
VERSION: Final = 2
UNLIMITED: Final = -1
EVERYBODY: Final = "*"
"""In a list of revocations: every user whose token is older."""

RESPONSE_TTL_NS: Final = 60 * 1_000_000_000
"""For how long a request may be answered by who has the right to answer."""

TOKEN_LENGTH_MAX: Final = 256 * 1024
"""Characters of a token that is looked at: an account with ten thousand revocations has 800,000,
a user with a hundred rights 8,000; this bounds what a stranger can make us parse."""

_KEY: Final = re.compile(r"[OAUNCX][A-Z2-7]{55}")
_CREDENTIALS: Final = re.compile(
    r"-+BEGIN NATS USER JWT-+\s+(?P<token>[A-Za-z0-9_.-]+)\s+-+END NATS USER JWT-+"
    r".*?-+BEGIN USER NKEY SEED-+\s+(?P<seed>SU[A-Z2-7]+)\s+-+END USER NKEY SEED-+",
    re.DOTALL,
)


class TokenMalformed(ValueError):
    """No NATS token, or none that says what it must. ``reason`` is TOKEN_MALFORMED."""

    reason = "TOKEN_MALFORMED"


class Signer(Protocol):
    """A private key."""

    @property
    def public_key(self) -> str:
        """Its public nkey."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature, 64 bytes."""
        ...


@dataclass(frozen=True)
class Export:
    """What an account lets others use: messages (stream), or requests to it (service)."""

    name: str
    subject: str
    is_service: bool


@dataclass(frozen=True)
class Account:
    """An account's claims: who may sign for it, what it gives and takes, whom it turned out."""

    name: str
    public_key: str
    signing_keys: tuple[str, ...] = ()
    exports: tuple[Export, ...] = ()
    # Of another account's exports, by that account's key.
    imports: tuple[tuple[str, Export], ...] = ()
    # Whether it may have streams. How much they hold is bounded by the server, and by each stream:
    # a bound here would be set aside at once, and refused by a machine with less room (2.15).
    has_streams: bool = False
    # Public key of a user (or EVERYBODY) and a time: its tokens issued until then are refused.
    revocations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class User:
    """A user's claims."""

    name: str
    public_key: str
    permissions: Permissions
    account: str
    """Public key of the account it is of."""

    expires: int | None = None


@dataclass(frozen=True)
class Claims:
    """What a token says, as far as it matters to who holds it. Its signature was not looked at."""

    name: str
    subject: str
    issuer: str
    issued: int
    expires: int | None
    kind: str
    account: str
    body: Mapping[str, Any]


def operator_token(
    name: str, signer: Signer, *, system_account: str, signing_keys: Sequence[str], issued: int
) -> str:
    """Return an operator's token, signed by itself."""
    body = {
        "signing_keys": list(signing_keys),
        "system_account": system_account,
        # Users may be signed by signing keys only: the accounts' own keys stay in the safe.
        "strict_signing_key_usage": bool(signing_keys),
        "type": "operator",
    }
    return _signed(name, signer.public_key, body, signer, issued=issued, expires=None)


def account_token(account: Account, signer: Signer, *, issued: int) -> str:
    """Return an account's token, signed by the operator or one of its signing keys."""
    stored = UNLIMITED if account.has_streams else 0
    body: dict[str, Any] = {
        "limits": {
            **dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1),
            "wildcards": True,
            **dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), stored),
        },
        "signing_keys": list(account.signing_keys),
        "type": "account",
    }
    if account.exports:
        body["exports"] = [_export(one) for one in account.exports]
    if account.imports:
        body["imports"] = [
            {**_export(one), "account": owner, "local_subject": one.subject}
            for owner, one in account.imports
        ]
    if account.revocations:
        body["revocations"] = dict(account.revocations)
    return _signed(account.name, account.public_key, body, signer, issued=issued, expires=None)


def with_revocations(
    token: str, signer: Signer, revocations: Mapping[str, int], *, issued: int
) -> str:
    """Return an account's token with other revocations, and otherwise as it was.

    It is newer than the one given, so that a server takes it in its place.
    """
    claims = read(token)
    body = {name: value for name, value in claims.body.items() if name != "revocations"}
    if revocations:
        body["revocations"] = dict(revocations)
    newer = max(issued, claims.issued + 1)
    return _signed(claims.name, claims.subject, body, signer, issued=newer, expires=None)


def for_leaf(token: str, signer: Signer) -> str:
    """Return an account's token as leaf servers have it: without imports, of the same time."""
    claims = read(token)
    body = {name: value for name, value in claims.body.items() if name != "imports"}
    return _signed(
        claims.name, claims.subject, body, signer, issued=claims.issued, expires=claims.expires
    )


def user_token(user: User, signer: Signer, *, issued: int) -> str:
    """Return a user's token, signed by a signing key of its account (or by the account)."""
    rights = user.permissions
    body: dict[str, Any] = {
        "pub": _allowed(rights.publish),
        "sub": _allowed(rights.subscribe),
        **dict.fromkeys(("subs", "data", "payload"), UNLIMITED),
        "type": "user",
    }
    if rights.allow_responses:
        body["resp"] = {"max": 1, "ttl": RESPONSE_TTL_NS}
    if signer.public_key != user.account:
        body["issuer_account"] = user.account
    return _signed(user.name, user.public_key, body, signer, issued=issued, expires=user.expires)


def credentials(token: str, seed: str) -> str:
    """Return the text of a credentials file, as NATS' own tools write it."""
    return (
        f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
    )


def split_credentials(text: str) -> tuple[str, str]:
    """Return token and seed of a credentials file; raise TokenMalformed."""
    found = _CREDENTIALS.search(text)
    if found is None:
        raise TokenMalformed("no NATS credentials: need a user JWT and a seed between their marks")
    return found["token"], found["seed"]


def read(token: str) -> Claims:
    """Return what a token says, without looking at who signed it; raise TokenMalformed."""
    header, payload, _, _ = _parts(token)
    if header.get("alg") != ALGORITHM:
        raise TokenMalformed(f"the token is not signed by an nkey ({ALGORITHM})")
    body = payload.get("nats")
    issued, expires = payload.get("iat"), payload.get("exp")
    names = [payload.get(name) for name in ("sub", "iss")]
    if (
        not isinstance(body, dict)
        or not isinstance(issued, int)
        or not (expires is None or isinstance(expires, int))
        or not all(isinstance(name, str) and _KEY.fullmatch(name) for name in names)
    ):
        raise TokenMalformed("the token lacks sub, iss, iat or what NATS adds to them")
    subject, issuer = (str(name) for name in names)
    return Claims(
        name=str(payload.get("name", "")),
        subject=subject,
        issuer=issuer,
        issued=issued,
        expires=expires or None,
        kind=str(body.get("type", "")),
        account=str(body.get("issuer_account") or issuer),
        body=body,
    )


def verify(token: str, verified: Callable[[str, bytes, bytes], bool]) -> Claims:
    """Return what a token says when its issuer signed it; raise TokenMalformed.

    ``verified`` takes a public nkey, the data and the signature. Whether the issuer is one to
    trust is for the caller to say.
    """
    claims = read(token)
    _, _, data, signature = _parts(token)
    if not verified(claims.issuer, data, signature):
        raise TokenMalformed("the token is not signed by its issuer")
    return claims


def public_bytes(key: str) -> bytes:
    """Return the 32 bytes of a public nkey; raise TokenMalformed when it is none."""
    if not _KEY.fullmatch(key):
        raise TokenMalformed(f"{key[:64]!r} is no public nkey")
    raw = base64.b32decode(key)
    if binascii.crc_hqx(raw[:-2], 0) != int.from_bytes(raw[-2:], "little"):
        raise TokenMalformed(f"{key!r} is no public nkey: its check sum is wrong")
    return raw[1:-2]


def _signed(
    name: str,
    subject: str,
    body: Mapping[str, Any],
    signer: Signer,
    *,
    issued: int,
    expires: int | None,
) -> str:
    payload: dict[str, Any] = {
        "iat": issued,
        "iss": signer.public_key,
        "name": name,
        "sub": subject,
        "nats": {**body, "version": VERSION},
    }
    if expires is not None:
        payload["exp"] = expires
    payload["jti"] = base64.b32encode(hashlib.sha256(_json(payload)).digest()).decode().rstrip("=")
    parts = [_encoded(_json({"typ": "JWT", "alg": ALGORITHM})), _encoded(_json(payload))]
    data = ".".join(parts)
    return f"{data}.{_encoded(signer.sign(data.encode()))}"


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    pieces = token.strip().split(".")
    if len(token) > TOKEN_LENGTH_MAX or len(pieces) != 3:  # noqa: PLR2004 - what a JWT consists of
        raise TokenMalformed("a token is three parts with a dot between them")
    try:
        header, payload = (json.loads(_decoded(piece)) for piece in pieces[:2])
        signature = _decoded(pieces[2])
    except (ValueError, RecursionError) as error:
        raise TokenMalformed("the token's parts are no base 64 of JSON") from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise TokenMalformed("the token's parts are no JSON objects")
    return header, payload, ".".join(pieces[:2]).encode(), signature


def _export(export: Export) -> dict[str, Any]:
    kind = "service" if export.is_service else "stream"
    return {"name": export.name, "subject": export.subject, "type": kind}


def _allowed(subjects: Sequence[str]) -> dict[str, list[str]]:
    """Return a list of rights. nats-server takes an empty one for "everything": deny it instead."""
    return {"allow": list(subjects)} if subjects else {"deny": [">"]}


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
