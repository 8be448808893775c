"""An OpenID Connect issuer for a local platform: whoever is at this machine picks who to be.

``python -m cli.local.issuer SETTINGS``. It speaks what a console needs of one: discovery, code
flow with PKCE and refreshing, so that signing in is tried as it is in production; it asks for no
password, and so listens on this machine alone and believes one client only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import secrets
import sys
import threading
import time
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

from cli.local.people import BY_SUBJECT, PEOPLE, Person

ACCESS_S: Final = 3_600
REFRESH_S: Final = 12 * 3_600
CODE_S: Final = 60.0
CODES_MAX: Final = 1_000
BODY_BYTES_MAX: Final = 16_384
ALGORITHM: Final = "Ed25519"


@dataclass(frozen=True)
class Settings:
    """What it is: names, where it listens, which client may come, whose key signs."""

    issuer: str
    audience: str
    port: int
    client_id: str
    redirect_uri: str
    key_file: str

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON has them."""
        return asdict(self)

    @property
    def origin(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Grant:
    """What a code was given for."""

    person: Person
    nonce: str
    challenge: str
    until_s: float


class Refused(Exception):
    """The request is none that an answer is given to; the text says why."""


class Issuer:
    """Codes and tokens. Codes are good once, for a minute."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._key = OKPKey.import_key(json.loads(Path(settings.key_file).read_text()))
        self._registry = JWSRegistry(algorithms=[ALGORITHM])
        self._codes: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def discovery(self) -> dict[str, Any]:
        """Return the discovery document (OpenID Connect Discovery 1.0)."""
        origin = self.settings.origin
        return {
            "issuer": self.settings.issuer,
            "authorization_endpoint": f"{origin}/authorize",
            "token_endpoint": f"{origin}/token",
            "jwks_uri": f"{origin}/keys",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def keys(self) -> dict[str, Any]:
        """Return the public keys."""
        return {"keys": [self._key.as_dict(private=False)]}

    def check(self, query: dict[str, str]) -> None:
        """Raise Refused for a request to sign in that is not our console's."""
        wanted = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "code_challenge_method": "S256",
        }
        for name, value in wanted.items():
            if query.get(name) != value:
                raise Refused(f"{name} is not {value}")
        if not query.get("code_challenge") or not query.get("state"):
            raise Refused("state and code_challenge are needed")

    def grant(self, query: dict[str, str], subject: str, now_s: float) -> str:
        """Return where the browser goes on to, with a code; raise Refused."""
        self.check(query)
        person = BY_SUBJECT.get(subject)
        if person is None:
            raise Refused("nobody of that name")
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes = {k: g for k, g in self._codes.items() if g.until_s > now_s}
            while len(self._codes) >= CODES_MAX:
                self._codes.pop(next(iter(self._codes)))
            self._codes[code] = Grant(
                person, query.get("nonce", ""), query["code_challenge"], now_s + CODE_S
            )
        answer = urlencode({"code": code, "state": query["state"]})
        return f"{self.settings.redirect_uri}?{answer}"

    def tokens(self, form: dict[str, str], now_s: float) -> dict[str, Any]:
        """Return tokens for a code or a refresh token; raise Refused."""
        if form.get("client_id") != self.settings.client_id:
            raise Refused("client_id is none we know")
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._redeemed(form, now_s)
                return self._answer(grant.person, grant.nonce, now_s)
            case "refresh_token":
                return self._answer(self._of_refresh(form, now_s), "", now_s)
            case _:
                raise Refused("grant_type is none we know")

    def _redeemed(self, form: dict[str, str], now_s: float) -> Grant:
        with self._lock:
            grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or grant.until_s <= now_s:
            raise Refused("the code is unknown, used or over")
        if form.get("redirect_uri") != self.settings.redirect_uri:
            raise Refused("redirect_uri is another")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not hmac.compare_digest(shown, grant.challenge):
            raise Refused("code_verifier does not fit")
        return grant

    def _of_refresh(self, form: dict[str, str], now_s: float) -> Person:
        try:
            claims = jwt.decode(
                form.get("refresh_token", ""), self._key, registry=self._registry
            ).claims
        except (JoseError, ValueError) as error:
            raise Refused("refresh_token is none of ours") from error
        person = BY_SUBJECT.get(str(claims.get("sub")))
        if claims.get("use") != "refresh" or claims.get("exp", 0) <= now_s or person is None:
            raise Refused("refresh_token is over")
        return person

    def _answer(self, person: Person, nonce: str, now_s: float) -> dict[str, Any]:
        about = {"iss": self.settings.issuer, "sub": person.subject, "iat": int(now_s)}
        identity = {"aud": self.settings.client_id, "nonce": nonce, "name": person.name}
        access = {
            "aud": self.settings.audience,
            "roles": list(person.roles),
            "hospitals": list(person.hospitals),
            "departments": list(person.departments),
            "badges": list(person.badges),
            "tenants": list(person.tenants),
        }
        return {
            "token_type": "Bearer",
            "expires_in": ACCESS_S,
            "access_token": self._signed({**about, **access}, ACCESS_S),
            "id_token": self._signed({**about, **identity}, ACCESS_S),
            "refresh_token": self._signed(
                {**about, "aud": self.settings.issuer, "use": "refresh"}, REFRESH_S
            ),
        }

    def _signed(self, claims: dict[str, Any], life_s: int) -> str:
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": "JWT"}
        whole = {**claims, "exp": claims["iat"] + life_s}
        return jwt.encode(header, whole, self._key, registry=self._registry)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    issuer: Issuer
    timeout = 10.0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer discovery, keys, and the page to sign in on."""
        parts = urlsplit(self.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self._json(HTTPStatus.OK, self.issuer.discovery())
            case "/keys":
                self._json(HTTPStatus.OK, self.issuer.keys())
            case "/authorize":
                self._page(_flat(parts.query))
            case _:
                self._json(HTTPStatus.NOT_FOUND, {"error": "not_found"})

    def do_POST(self) -> None:
        """Take who somebody is, or give tokens."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self._json(HTTPStatus.BAD_REQUEST, {"error": "invalid_request"})
            return
        form = _flat(self.rfile.read(int(length)).decode("utf-8", "replace"))
        try:
            match urlsplit(self.path).path:
                case "/authorize":
                    self._go(self.issuer.grant(form, form.pop("person", ""), time.time()))
                case "/token":
                    self._json(HTTPStatus.OK, self.issuer.tokens(form, time.time()))
                case _:
                    self._json(HTTPStatus.NOT_FOUND, {"error": "not_found"})
        except Refused as refused:
            answer = {"error": "invalid_grant", "error_description": str(refused)}
            self._json(HTTPStatus.BAD_REQUEST, answer)

    @override
    def log_message(self, *_: Any) -> None:
        """Log nothing: requests hold codes."""

    def _page(self, query: dict[str, str]) -> None:
        try:
            self.issuer.check(query)
        except Refused as refused:
            self._json(HTTPStatus.BAD_REQUEST, {"error": str(refused)})
            return
        self._send(HTTPStatus.OK, page(query).encode(), "text/html; charset=utf-8")

    def _go(self, url: str) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: HTTPStatus, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, max_num_fields=30).items()}


STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;
margin:0;display:grid;place-items:center;min-height:100vh;background:light-dark(#eef1f4,#12171c);
color:light-dark(#16202a,#e6ebf0)}
main{width:min(30rem,92vw);padding:1.5rem 0}h1{font-size:1.25rem;margin:0 0 .25rem}
p{margin:0 0 1rem;color:light-dark(#4a5763,#a6b2bd);font-size:.9rem}
button{display:flex;justify-content:space-between;gap:1rem;width:100%;margin:0 0 .4rem;
padding:.6rem .9rem;font:inherit;text-align:left;border:1px solid light-dark(#c3ccd5,#33404c);
border-radius:6px;background:light-dark(#fff,#1b232b);color:inherit;cursor:pointer}
button:hover,button:focus-visible{border-color:#2b6cb0;outline:2px solid #2b6cb0}
span{color:light-dark(#4a5763,#a6b2bd)}
"""


def page(query: dict[str, str]) -> str:
    """Return the page on which one picks who to be."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in query.items()
    )
    people = "".join(
        f'<button name="person" value="{each.subject}"><b>{each.name}</b>'
        f"<span>{each.work_zh} · {each.work_en}</span></button>"
        for each in PEOPLE
    )
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>天府 · 登录</title>'
        f"<style>{STYLE}</style><main><h1>天府 · 开发环境登录</h1>"
        "<p>选择身份即可登录。仅限本机。 Pick who to be; no password, this machine only.</p>"
        f'<form method="post" action="/authorize">{hidden}{people}</form></main></html>'
    )


def main() -> None:
    """Serve until stopped."""
    settings = Settings(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    handler = type("BoundHandler", (Handler,), {"issuer": Issuer(settings)})
    ThreadingHTTPServer(("127.0.0.1", settings.port), handler).serve_forever()


if __name__ == "__main__":
    main()
