"""The keys of an OpenID Connect issuer: found by its discovery document, fetched now and then.

They are written to the file that ``JwtAuthenticator`` reads, so that a service starts with the keys
it had when its issuer can't be reached. What can't be fetched or read changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from prometheus_client import CollectorRegistry, Counter

from services.plumbing.startup import CannotStart
from services.plumbing.tokens import KeysUnusable, read_keys

DISCOVERY: Final = "/.well-known/openid-configuration"
REFRESH_S: Final = 300.0
"""An issuer shows a new key well before it signs with it; Keycloak and Dex rotate over hours."""

RETRY_S: Final = 20.0
FETCH_S: Final = 10.0
DOCUMENT_BYTES_MAX: Final = 256 * 1024
"""Of a discovery document or key set: they have some kilobytes."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

log = structlog.get_logger(__name__)


class IssuerUnusable(CannotStart):
    """The issuer can't be reached, or says nothing of use. ``reason`` is ISSUER_UNUSABLE."""

    reason = "ISSUER_UNUSABLE"


class IssuerKeys:
    """Keeps a file of keys what an issuer says."""

    def __init__(self, issuer: str, file: Path, registry: CollectorRegistry) -> None:
        self._issuer = issuer.rstrip("/")
        self._named = issuer
        self._file = file
        self._fetched = Counter(
            "tianfu_token_key_fetches", "Fetches of issuer keys.", ["outcome"], registry=registry
        )

    def fetch(self) -> None:
        """Fetch the keys and write them, when they are new; raise IssuerUnusable."""
        about = _document(f"{self._issuer}{DISCOVERY}")
        # OpenID Connect Discovery 1.0, section 4.3: else one issuer could speak for another.
        if about.get("issuer") != self._named:
            raise IssuerUnusable(f"{self._issuer}: its discovery document is another issuer's")
        where = about.get("jwks_uri")
        if not isinstance(where, str):
            raise IssuerUnusable(f"{self._issuer}: its discovery document names no jwks_uri")
        text = json.dumps(_document(where), sort_keys=True)
        fresh = self._file.with_name(f"{self._file.name}.new")
        fresh.write_text(text, encoding="utf-8")
        try:
            read_keys(fresh)
        except KeysUnusable as error:
            fresh.unlink()
            raise IssuerUnusable(f"{where}: holds no key that tokens may be signed with") from error
        if self._file.exists() and self._file.read_text(encoding="utf-8") == text:
            fresh.unlink()
            return
        fresh.replace(self._file)

    def ensure(self) -> None:
        """Have keys before the first call; raise IssuerUnusable when there are none at all."""
        try:
            self.fetch()
        except IssuerUnusable:
            if not self._file.exists():
                raise
            log.warning("issuer not reached; its keys of last time go on", issuer=self._issuer)

    async def run(self) -> None:
        """Fetch now and then, until cancelled."""
        wait_s = REFRESH_S
        while True:
            await asyncio.sleep(wait_s)
            wait_s = await self.refresh()

    async def refresh(self) -> float:
        """Fetch once; return after how many seconds to do so again."""
        try:
            await asyncio.to_thread(self.fetch)
        except (IssuerUnusable, OSError) as error:
            self._fetched.labels("failed").inc()
            log.warning("issuer's keys not fetched", issuer=self._issuer, detail=str(error))
            return RETRY_S
        self._fetched.labels("done").inc()
        return REFRESH_S


def _document(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in LOOPBACK):
        raise IssuerUnusable(f"{url}: an issuer is asked by https alone")
    try:
        with urllib.request.urlopen(url, timeout=FETCH_S) as answer:  # noqa: S310 - https, see above
            raw: bytes = answer.read(DOCUMENT_BYTES_MAX + 1)
    except (OSError, urllib.error.URLError) as error:
        raise IssuerUnusable(f"{url}: {error}") from error
    try:
        found = json.loads(raw) if len(raw) <= DOCUMENT_BYTES_MAX else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise IssuerUnusable(f"{url}: no JSON object of at most {DOCUMENT_BYTES_MAX} bytes")
    return found
