"""The issuer of an OpenID Connect sign-in: found by discovery, asked for tokens, believed by keys.

Code flow with PKCE (RFC 7636, S256). What goes to the issuer by way of the browser is worth nothing
without the verifier, which only that browser's cookie has.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from services.gateway.settings import GatewaySettings
from services.plumbing.refusal import Unauthenticated, Unavailable

FETCH_S: Final = 10.0
DOCUMENT_BYTES_MAX: Final = 256 * 1024

log = structlog.get_logger(__name__)


class IssuerUnavailable(Unavailable):
    """The issuer can't be reached, or says nothing of use."""

    reason = "ISSUER_UNAVAILABLE"


class CodeRefused(Unauthenticated):
    """The issuer gives no tokens for what we have."""

    reason = "SIGN_IN_REFUSED"


@dataclass(frozen=True)
class Endpoints:
    """Where the issuer is asked what."""

    authorize: str
    token: str
    keys: str
    end_session: str


@dataclass(frozen=True)
class Tokens:
    """What the issuer gave; not verified yet."""

    access: str
    identity: str
    refresh: str


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class Issuer:
    """Asks the issuer. Its discovery document is read once, and again after a failure."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._endpoints: Endpoints | None = None

    async def endpoints(self) -> Endpoints:
        """Return where to ask; raise IssuerUnavailable."""
        if self._endpoints is None:
            document = await asyncio.to_thread(_json, self._settings.discovery_url, None)
            # OpenID Connect Discovery 1.0, section 4.3: else one issuer could speak for another.
            if document.get("issuer") != self._settings.token_issuer:
                raise IssuerUnavailable("the discovery document is another issuer's")
            self._endpoints = Endpoints(
                authorize=_text(document, "authorization_endpoint"),
                token=_text(document, "token_endpoint"),
                keys=_text(document, "jwks_uri"),
                end_session=str(document.get("end_session_endpoint") or ""),
            )
        return self._endpoints

    async def keys(self) -> dict[str, Any]:
        """Return the issuer's public keys, a JWK set."""
        where = (await self.endpoints()).keys
        return await asyncio.to_thread(_json, where, None)

    async def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Return where a browser goes to sign in."""
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self._settings.oidc_scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        return f"{(await self.endpoints()).authorize}?{urllib.parse.urlencode(query)}"

    @property
    def redirect_uri(self) -> str:
        """Where the issuer sends browsers back to."""
        return f"{self._settings.public_url}/auth/callback"

    async def redeem(self, code: str, verifier: str) -> Tokens:
        """Return the tokens for a code; raise CodeRefused or IssuerUnavailable."""
        return await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            }
        )

    async def refresh(self, token: str) -> Tokens:
        """Return new tokens; raise CodeRefused when the issuer gives none any more."""
        if not token:
            raise CodeRefused("the issuer gave no token to renew with")
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": token})

    async def _tokens(self, form: Mapping[str, str]) -> Tokens:
        fields = {**form, "client_id": self._settings.oidc_client_id}
        if self._settings.oidc_client_secret is not None:
            fields["client_secret"] = self._settings.oidc_client_secret.get_secret_value()
        where = (await self.endpoints()).token
        answer = await asyncio.to_thread(_json, where, fields)
        return Tokens(
            access=_text(answer, "access_token"),
            identity=str(answer.get("id_token") or ""),
            refresh=str(answer.get("refresh_token") or ""),
        )


def _json(url: str, form: Mapping[str, str] | None) -> dict[str, Any]:
    """Fetch an object: by POST with a form, otherwise by GET."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data, {"Accept": "application/json"})  # noqa: S310 - from settings and discovery
    try:
        with urllib.request.urlopen(request, timeout=FETCH_S) as answer:  # noqa: S310 - as above
            raw: bytes = answer.read(DOCUMENT_BYTES_MAX + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if form is not None and error.code in {400, 401}:
            raise CodeRefused("the issuer gives no tokens for this: sign in anew") from None
        raise IssuerUnavailable(f"the issuer answers with status {error.code}") from None
    except OSError:
        raise IssuerUnavailable("the issuer can't be reached; try again") from None
    try:
        found = json.loads(raw) if len(raw) <= DOCUMENT_BYTES_MAX else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise IssuerUnavailable("the issuer's answer is no JSON object")
    return found


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise IssuerUnavailable(f"the issuer's answer has no {name}")
    return value
