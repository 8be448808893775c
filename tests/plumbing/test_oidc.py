"""Tokens of an OpenID Connect issuer: a real HTTP server, keys that change, issuers that lie."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from typing_extensions import override

from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.oidc import DISCOVERY, REFRESH_S, RETRY_S, IssuerKeys, IssuerUnusable
from services.plumbing.tokens import JwtAuthenticator, KeysUnusable, TokenInvalid
from tianfu.authz.v1 import authz_pb2

KEYS: dict[str, Any] = {
    "Ed25519": OKPKey.generate_key("Ed25519", {"kid": "o"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "e"}),
    "ES384": ECKey.generate_key("P-384", {"kid": "f"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "r"}),
    "PS256": RSAKey.generate_key(2048, {"kid": "p"}),
}


class Issuer:
    """Serves documents; tests change them."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = issuer.pages.get(self.path)
                self.send_response(404 if page is None else 200)
                self.end_headers()
                self.wfile.write(page or b"")

            @override
            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.show(*KEYS.values())
        self.describe(issuer=self.url, jwks_uri=f"{self.url}/keys")

    def show(self, *keys: Any) -> None:
        listed = [key.as_dict(private=False) for key in keys]
        self.pages["/keys"] = json.dumps({"keys": listed}).encode()

    def describe(self, **about: str) -> None:
        self.pages[DISCOVERY] = json.dumps(about).encode()

    def token(self, algorithm: str, **claims: Any) -> str:
        key = KEYS[algorithm]
        content = {
            "iss": self.url,
            "aud": "tianfu",
            "sub": "somebody",
            "exp": int(datetime.now(UTC).timestamp()) + 600,
            **claims,
        }
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, content, key, algorithms=[algorithm])


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def keys_of(issuer: Issuer, folder: Path) -> IssuerKeys:
    return IssuerKeys(issuer.url, folder / "keys.json", Registry())


def authenticator(issuer: Issuer, folder: Path, claim: str = "roles") -> JwtAuthenticator:
    return JwtAuthenticator(
        keys_file=folder / "keys.json",
        issuer=issuer.url,
        audience="tianfu",
        clock=system_clock,
        roles_claim=claim,
    )


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_issuers_sign_with_is_verified(issuer: Issuer, tmp_path: Path, algorithm: str) -> None:
    keys_of(issuer, tmp_path).ensure()
    principal = authenticator(issuer, tmp_path).authenticate(
        issuer.token(algorithm, roles=["viewer", "offline_access"])
    )
    assert principal.subject == "somebody"
    assert principal.roles == {authz_pb2.ROLE_VIEWER}


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"realm_access": {"roles": ["VIEWER"]}}, {authz_pb2.ROLE_VIEWER}),
        ({"realm_access": "VIEWER"}, set()),
        ({"roles": ["VIEWER"]}, set()),
        ({}, set()),
    ],
)
def test_roles_stand_where_the_settings_say(
    issuer: Issuer, tmp_path: Path, claims: dict[str, Any], expected: set[int]
) -> None:
    keys_of(issuer, tmp_path).ensure()
    known = authenticator(issuer, tmp_path, "realm_access.roles")
    assert known.authenticate(issuer.token("ES256", **claims)).roles == expected


async def test_a_key_that_is_withdrawn_is_good_no_more(issuer: Issuer, tmp_path: Path) -> None:
    keys = keys_of(issuer, tmp_path)
    keys.ensure()
    known = authenticator(issuer, tmp_path)
    token = issuer.token("RS256")
    known.authenticate(token)
    issuer.show(KEYS["ES256"])
    assert await keys.refresh() == REFRESH_S
    with pytest.raises(TokenInvalid):
        known.authenticate(issuer.token("RS256", jti="another"))
    known.authenticate(issuer.token("ES256"))


async def test_an_issuer_that_is_gone_leaves_its_keys(issuer: Issuer, tmp_path: Path) -> None:
    keys = keys_of(issuer, tmp_path)
    keys.ensure()
    before = (tmp_path / "keys.json").read_bytes()
    for pages in ({}, {DISCOVERY: b"{"}, {DISCOVERY: b"[]"}, {DISCOVERY: b"x" * 300_000}):
        issuer.pages = dict(pages)
        assert await keys.refresh() == RETRY_S
        keys.ensure()
    assert (tmp_path / "keys.json").read_bytes() == before
    authenticator(issuer, tmp_path).authenticate(issuer.token("ES256"))


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://another", "jwks_uri": "{url}/keys"},
        {"issuer": "{url}", "jwks_uri": "http://keys.example/keys"},
        {"issuer": "{url}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{url}", "jwks_uri": "{url}/nothing"},
        {"issuer": "{url}"},
        {},
    ],
)
def test_an_issuer_that_says_nothing_of_use_is_refused(
    issuer: Issuer, tmp_path: Path, about: dict[str, str]
) -> None:
    issuer.describe(**{name: text.replace("{url}", issuer.url) for name, text in about.items()})
    with pytest.raises(IssuerUnusable):
        keys_of(issuer, tmp_path).ensure()
    assert not list(tmp_path.iterdir())


def test_secrets_and_nothing_at_all_are_refused(issuer: Issuer, tmp_path: Path) -> None:
    secret = OctKey.generate_key(256, {"kid": "s"}, private=True).as_dict(private=True)
    issuer.pages["/keys"] = json.dumps({"keys": [secret]}).encode()
    with pytest.raises(IssuerUnusable):
        keys_of(issuer, tmp_path).ensure()
    issuer.show()
    with pytest.raises(IssuerUnusable):
        keys_of(issuer, tmp_path).ensure()


def test_a_token_without_a_signature_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    keys_of(issuer, tmp_path).ensure()
    _, payload, signature = issuer.token("ES256").split(".")
    for header in ('{"alg":"none"}', '{"alg":"HS256","kid":"e"}'):
        forged = urlsafe_b64encode(header.encode()).decode().rstrip("=")
        for part in ("", signature):
            with pytest.raises(TokenInvalid):
                authenticator(issuer, tmp_path).authenticate(f"{forged}.{payload}.{part}")


def test_without_keys_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable):
        JwtAuthenticator(keys_file=tmp_path / "none", issuer="i", audience="a", clock=system_clock)
