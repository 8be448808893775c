"""The clients of OpenADR 3: a file that says who they are, and access tokens for them.

The file is TOML, a table a client::

    [[client]]
    id = "ven-plant-1"
    kind = "ven"                # or "bl"
    secret_sha256 = "..."       # of a secret of 32 characters or more, drawn and not chosen
    unit = "units/plant-1"      # the unit that a VEN speaks for; may lack

A drawn secret can't be guessed, so its plain digest is enough; a password would need more.
"""

from __future__ import annotations

import hmac
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.energy.model.openadr_access import Client, ClientKind, scopes_for
from services.plumbing.refusal import Unauthenticated
from services.plumbing.startup import CannotStart

ALGORITHM: Final = "HS256"
ISSUER: Final = "tianfu-openadr"
LIFE: Final = timedelta(hours=1)
TOKEN_LENGTH_MAX: Final = 4_096
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,128}")
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
UNIT: Final = re.compile(r"units/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NOBODY: Final = "0" * 64


class ClientsUnusable(CannotStart):
    """The file of clients can't be read, or says something that can't be."""

    reason = "OPENADR_CLIENTS_UNUSABLE"


class TokenRefused(Unauthenticated):
    """No access token, or one that is not ours or has expired."""

    reason = "OPENADR_TOKEN_REFUSED"


@dataclass(frozen=True, slots=True)
class Registered:
    """A client of the file."""

    client_id: str
    kind: ClientKind
    secret_sha256: str
    unit: str


def read(path: Path) -> dict[str, Registered]:
    """Return the clients of a file by id; raise ClientsUnusable, naming the file."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClientsUnusable(f"{path}: no TOML can be read from it") from error
    tables = document.get("client", [])
    if not isinstance(tables, list):
        raise ClientsUnusable(f"{path}: need [[client]] tables")
    found: dict[str, Registered] = {}
    for table in tables:
        one = _client(path, table)
        if one.client_id in found:
            raise ClientsUnusable(f"{path}: client {one.client_id} is there twice")
        found[one.client_id] = one
    return found


def _client(path: Path, table: Any) -> Registered:
    if not isinstance(table, dict):
        raise ClientsUnusable(f"{path}: need [[client]] tables")
    said = {name: str(table.get(name, "")) for name in ("id", "kind", "secret_sha256", "unit")}
    client_id = said["id"]
    if not CLIENT_ID.fullmatch(client_id):
        raise ClientsUnusable(f"{path}: an id is 1 to 128 letters, digits, . _ @ or -")
    if said["kind"] not in {kind.value for kind in ClientKind}:
        raise ClientsUnusable(f'{path}: client {client_id}: kind is "ven" or "bl"')
    if not DIGEST.fullmatch(said["secret_sha256"]):
        raise ClientsUnusable(f"{path}: client {client_id}: secret_sha256 is 64 hex digits")
    if said["unit"] and not UNIT.fullmatch(said["unit"]):
        raise ClientsUnusable(f"{path}: client {client_id}: unit is units/NAME")
    return Registered(client_id, ClientKind(said["kind"]), said["secret_sha256"], said["unit"])


class TokenDesk:
    """Gives access tokens to clients that prove themselves, and knows them again."""

    def __init__(self, clients: Mapping[str, Registered], key: bytes) -> None:
        self._clients = clients
        self._key = OctKey.import_key(key)

    def proven(self, client_id: str, secret: str) -> Registered | None:
        """Return the client that a secret is of, None for another's; takes as long for both."""
        known = self._clients.get(client_id)
        expected = NOBODY if known is None else known.secret_sha256
        given = sha256(secret.encode()).hexdigest()
        return known if hmac.compare_digest(given, expected) else None

    def issue(
        self, known: Registered, asked: Iterable[str], now: datetime
    ) -> tuple[str, frozenset[str]] | None:
        """Return a token and its scopes; None when scopes are asked for that are not theirs."""
        scopes = scopes_for(known.kind, frozenset(asked))
        if scopes is None:
            return None
        claims = {
            "iss": ISSUER,
            "sub": known.client_id,
            "scope": " ".join(sorted(scopes)),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key), scopes

    def client_of(self, authorization: str, now: datetime) -> Client:
        """Return who shows a token; raise TokenRefused."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > TOKEN_LENGTH_MAX:
            raise TokenRefused("no bearer token is shown: get one from /auth/token")
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise TokenRefused("the bearer token is none of ours: get a new one") from error
        known = self._clients.get(str(claims.get("sub")))
        expires = claims.get("exp")
        is_over = not isinstance(expires, int) or now.timestamp() >= expires
        if known is None or claims.get("iss") != ISSUER or is_over:
            raise TokenRefused("the bearer token has expired: get a new one")
        entitled = scopes_for(known.kind, ()) or frozenset()
        scopes = frozenset(str(claims.get("scope", "")).split()) & entitled
        return Client(known.client_id, known.kind, scopes, known.unit)
