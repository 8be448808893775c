"""Bearer tokens: whatever is not exactly right is refused, and nothing is remembered too long."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from services.plumbing import tokens
from services.plumbing.refusal import Unauthenticated
from services.plumbing.tokens import JwtAuthenticator, KeysUnusable, Principal
from tests.support.rpc import AUDIENCE, ISSUER, FixedClock, Issuer
from tianfu.authz.v1 import authz_pb2

SECOND = timedelta(seconds=1)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def authenticator(issuer: Issuer, clock: FixedClock) -> JwtAuthenticator:
    return issuer.authenticator(clock)


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def claims(clock: FixedClock, **changed: Any) -> dict[str, Any]:
    moment = int(clock.now.timestamp())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "s", "exp": moment + 600, **changed}


NOW_S = int(FixedClock().now.timestamp())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({}, None, id="good"),
        pytest.param({"aud": ["other", AUDIENCE]}, None, id="one-of-several-audiences"),
        pytest.param({"nbf": NOW_S - 5, "iat": NOW_S - 5}, None, id="begun"),
        pytest.param({"exp": NOW_S - 29}, None, id="expired-within-leeway"),
        pytest.param({"exp": NOW_S + 0.5}, None, id="fraction-of-a-second"),
        pytest.param({"iss": "https://other.test"}, "TOKEN_WRONG_ISSUER", id="issuer"),
        pytest.param({"iss": None}, "TOKEN_WRONG_ISSUER", id="no-issuer"),
        pytest.param({"iss": [ISSUER]}, "TOKEN_WRONG_ISSUER", id="issuer-in-a-list"),
        pytest.param({"aud": "other"}, "TOKEN_WRONG_AUDIENCE", id="audience"),
        pytest.param({"aud": None}, "TOKEN_WRONG_AUDIENCE", id="no-audience"),
        pytest.param({"aud": []}, "TOKEN_WRONG_AUDIENCE", id="empty-audience"),
        pytest.param({"exp": NOW_S - 31}, "TOKEN_EXPIRED", id="expired"),
        pytest.param({"exp": None}, "TOKEN_INVALID", id="no-expiry"),
        pytest.param({"exp": "tomorrow"}, "TOKEN_INVALID", id="expiry-no-number"),
        pytest.param({"exp": True}, "TOKEN_INVALID", id="expiry-true"),
        pytest.param({"exp": 10**30}, "TOKEN_INVALID", id="expiry-absurd"),
        pytest.param({"nbf": NOW_S + 60}, "TOKEN_INVALID", id="not-yet"),
        pytest.param({"iat": NOW_S + 60}, "TOKEN_INVALID", id="issued-tomorrow"),
        pytest.param({"sub": None}, "TOKEN_INVALID", id="no-subject"),
        pytest.param({"sub": ""}, "TOKEN_INVALID", id="empty-subject"),
        pytest.param({"sub": 7}, "TOKEN_INVALID", id="subject-no-text"),
        pytest.param({"roles": "VIEWER"}, "TOKEN_INVALID", id="roles-no-list"),
    ],
)
def test_claims(
    changed: dict[str, Any],
    reason: str | None,
    authenticator: JwtAuthenticator,
    issuer: Issuer,
    clock: FixedClock,
) -> None:
    token = issuer.token("VIEWER", now=clock.now, **changed)
    if reason is None:
        expected = Principal("somebody", frozenset({authz_pb2.ROLE_VIEWER}))
        assert authenticator.authenticate(token) == expected
        return
    with pytest.raises(Unauthenticated) as caught:
        authenticator.authenticate(token)
    assert caught.value.reason == reason
    assert token not in str(caught.value)


def test_no_roles_is_a_principal_without_any(
    authenticator: JwtAuthenticator, issuer: Issuer, clock: FixedClock
) -> None:
    token = issuer.token(now=clock.now, roles=None)
    assert authenticator.authenticate(token).roles == frozenset()


def test_other_signatures_are_refused(
    authenticator: JwtAuthenticator, issuer: Issuer, clock: FixedClock
) -> None:
    good = issuer.token("VIEWER", now=clock.now)
    header, body, signature = good.split(".")
    stranger = OKPKey.generate_key("Ed25519", {"kid": "one"}, private=True)
    public = json.dumps(issuer.key.as_dict(private=False))
    forged = {
        "alg-none": f"{encoded({'alg': 'none'})}.{body}.",
        "alg-none-signed": f"{encoded({'alg': 'none'})}.{body}.{signature}",
        "public-key-as-hmac-secret": jwt.encode(
            {"alg": "HS256", "kid": "one"}, claims(clock), OctKey.import_key(public)
        ),
        "strangers-key": issuer.token("VIEWER", now=clock.now, key=stranger),
        "unknown-key-id": issuer.token(
            "VIEWER", now=clock.now, key=OKPKey.generate_key("Ed25519", {"kid": "two"})
        ),
        "other-body": f"{header}.{encoded(claims(clock, sub='root'))}.{signature}",
        "no-signature": f"{header}.{body}.",
        "body-no-object": f"{header}.{encoded([1])}.{signature}",
        "too-long": good + "A" * tokens.TOKEN_LENGTH_MAX,
        "empty": "",
    }
    for name, token in forged.items():
        with pytest.raises(Unauthenticated) as caught:
            authenticator.authenticate(token)
        assert caught.value.reason == "TOKEN_INVALID", name
    assert authenticator.authenticate(good).subject == "somebody"


def test_garbage_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    authenticator = Issuer(tmp_path_factory.mktemp("keys")).authenticator(FixedClock())

    @given(st.text() | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
    def refused(token: str) -> None:
        with pytest.raises(Unauthenticated):
            authenticator.authenticate(token)

    refused()


def test_remembered_until_it_expires(
    authenticator: JwtAuthenticator,
    issuer: Issuer,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verified = []
    decode = jwt.decode

    def counted(*args: Any, **options: Any) -> Any:
        verified.append(1)
        return decode(*args, **options)

    monkeypatch.setattr(jwt, "decode", counted)
    token = issuer.token(now=clock.now, exp=NOW_S + 20)
    first = authenticator.authenticate(token)
    clock.advance(49 * SECOND)
    assert authenticator.authenticate(token) is first
    assert len(verified) == 1
    clock.advance(2 * SECOND)  # expiry and leeway are over
    with pytest.raises(tokens.TokenExpired):
        authenticator.authenticate(token)


def test_verified_anew_after_a_while(
    authenticator: JwtAuthenticator, issuer: Issuer, clock: FixedClock
) -> None:
    token = issuer.token(now=clock.now, exp=NOW_S + 86_400)
    authenticator.authenticate(token)
    issuer.write_keys(OKPKey.generate_key("Ed25519", {"kid": "two"}, private=True))
    clock.advance(tokens.CACHE_AGE_MAX)
    with pytest.raises(tokens.TokenInvalid):
        authenticator.authenticate(token)


def test_new_keys_are_read_and_damaged_ones_are_not(
    authenticator: JwtAuthenticator, issuer: Issuer, clock: FixedClock
) -> None:
    fresh = OKPKey.generate_key("Ed25519", {"kid": "two"}, private=True)
    issuer.write_keys(issuer.key, fresh)
    assert authenticator.authenticate(issuer.token(now=clock.now, key=fresh))
    issuer.keys_file.write_text("{")
    assert authenticator.authenticate(issuer.token(now=clock.now, key=fresh, sub="other"))
    issuer.keys_file.unlink()
    assert authenticator.authenticate(issuer.token(now=clock.now, key=fresh, sub="third"))


def test_memory_is_bounded(
    authenticator: JwtAuthenticator,
    issuer: Issuer,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokens, "CACHE_SIZE", 3)
    for number in range(8):
        authenticator.authenticate(issuer.token(now=clock.now, sub=f"s{number}"))
    assert len(authenticator._verified) == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{}", id="no-keys"),
        pytest.param('{"keys": []}', id="none"),
        pytest.param('{"keys": [{"kty": "OKP"}]}', id="half-a-key"),
        pytest.param("[]", id="list"),
        pytest.param("\0", id="bytes"),
    ],
)
def test_unusable_keys(content: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeysUnusable, match=r"keys\.json"):
        tokens.read_keys(path)
