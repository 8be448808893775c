"""The gateway as one ASGI application: who calls, what for, and who answers."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog

from services.gateway.model.session import Session
from services.gateway.settings import GatewaySettings
from services.gateway.web import caller as callers
from services.gateway.web.caller import NOBODY, Caller, CsrfRefused, RateLimited, SessionEnded
from services.gateway.web.headers import SECURITY, STRICT_TRANSPORT
from services.gateway.web.ports import Audit, Instruments
from services.gateway.web.proxy import RpcApplication
from services.gateway.web.sign_in import SignIn
from services.gateway.web.static_files import File, StaticFiles
from services.plumbing.clock import Clock
from services.plumbing.rate_limit import Limiter
from services.plumbing.refusal import Kind, Refusal, Unauthenticated

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SIGN_INS_PER_S: Final = 0.5
SIGN_IN_BURST: Final = 30
"""Of one address: a control room signs in together at the change of shift."""

STATUSES: Final[Mapping[Kind, HTTPStatus]] = {
    Kind.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    Kind.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
}
CSRF_HEADER: Final = "x-tianfu-csrf"

log = structlog.get_logger(__name__)


class Application:
    """Routes requests: RPCs, sign-in, the API's description, health, the console's files."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        rpc: RpcApplication,
        rpc_paths: frozenset[str],
        open_paths: frozenset[str],
        sign_in: SignIn,
        audit: Audit,
        static: StaticFiles,
        openapi: bytes,
        instruments: Instruments,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._rpc = rpc
        self._rpc_paths = rpc_paths
        # Devices call these with what proves them in the request.
        self._open_paths = open_paths
        self._sign_in = sign_in
        self._audit = audit
        self._static = static
        self._openapi = openapi
        self._instruments = instruments
        self._sign_ins = Limiter(SIGN_INS_PER_S, SIGN_IN_BURST)
        self._headers = [*SECURITY, *([STRICT_TRANSPORT] if settings.is_secure else [])]
        self.ready = False
        """Whether the health page says so."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._rpc(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers]
            await send(message)

        try:
            await self._route(scope, receive, guarded)
        except Refusal as refusal:
            await _send_refusal(guarded, refusal)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        headers = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
        }
        if path in self._rpc_paths:
            await self._call(scope, receive, send, headers)
        elif path == "/auth/session" and method == "GET":
            await self._session(send, headers)
        elif path == "/auth/sign-in" and method == "GET":
            await self._begin(scope, send, headers)
        elif path == "/auth/callback" and method == "GET":
            await self._finish(scope, send, headers)
        elif path == "/auth/sign-out" and method == "POST":
            await self._close(send, headers)
        elif path == "/openapi.json" and method == "GET":
            await _send(send, HTTPStatus.OK, self._openapi, "application/json")
        elif path == "/healthz" and method == "GET":
            status = HTTPStatus.OK if self.ready else HTTPStatus.SERVICE_UNAVAILABLE
            await _send(send, status, status.phrase.encode(), "text/plain")
        elif method in {"GET", "HEAD"}:
            await self._file(send, headers, path, method)
        else:
            await _send(send, HTTPStatus.METHOD_NOT_ALLOWED, b"", "text/plain")

    # -- RPCs -----------------------------------------------------------------------------------

    async def _call(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]
    ) -> None:
        callers.current.set(await self._caller(scope, headers))
        # A session's handle goes no further than here.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
        await self._rpc(scope, receive, send)

    async def _caller(self, scope: Scope, headers: Mapping[str, str]) -> Caller:
        address = self._address(scope, headers)
        bearer = headers.get("authorization", "")
        if bearer:
            # The service verifies it; until then the caller is whoever calls from there.
            return Caller(key=address, authorization=bearer)
        try:
            session = await self._sign_in.of(headers.get("cookie", ""))
            if session is None:
                is_open = scope["path"] in self._open_paths
                return Caller(key=address, refusal=None if is_open else NOBODY.refusal)
            self._check_origin(session, headers)
        except Refusal as refusal:
            return Caller(key=address, refusal=refusal)
        return Caller(
            key=session.digest.hex(),
            authorization=f"Bearer {session.access_token}",
            session=session,
        )

    def _check_origin(self, session: Session, headers: Mapping[str, str]) -> None:
        """Raise CsrfRefused unless a page of ours made the call."""
        site = headers.get("sec-fetch-site", "same-origin")
        origin = headers.get("origin", self._settings.public_url)
        shown = headers.get(CSRF_HEADER, "")
        if site != "same-origin" or origin != self._settings.public_url:
            raise CsrfRefused("the call comes from another origin")
        if not hmac.compare_digest(shown.encode(), session.csrf.encode()):
            raise CsrfRefused(f"the header {CSRF_HEADER} is not the session's: load the page anew")

    def _address(self, scope: Scope, headers: Mapping[str, str]) -> str:
        forwarded = headers.get("x-forwarded-for", "")
        if self._settings.behind_proxy and forwarded:
            # The last is the one that our proxy has seen; those before it anybody can write.
            return forwarded.rsplit(",", 1)[-1].strip()[:64]
        client = scope.get("client")
        return str(client[0]) if client else "unknown"

    # -- sign-in --------------------------------------------------------------------------------

    async def _session(self, send: Send, headers: Mapping[str, str]) -> None:
        session = await self._sign_in.of(headers.get("cookie", ""))
        if session is None:
            raise NOBODY.refusal or Unauthenticated("sign in")
        shown = {
            "subject": session.subject,
            "name": session.shown_name,
            "roles": list(session.roles),
            "csrf": session.csrf,
            # By it a browser counts down on the platform's clock, not on its own.
            "time_ms": int(self._clock().timestamp() * 1000),
        }
        await _send_json(send, HTTPStatus.OK, shown)

    def _limit(self, scope: Scope, headers: Mapping[str, str]) -> None:
        now_s = asyncio.get_running_loop().time()
        wait_s = self._sign_ins.take(self._address(scope, headers), now_s)
        if wait_s > 0:
            raise RateLimited(
                f"too many sign-ins; the next may come in {wait_s:.0f} s",
                retry_after=timedelta(seconds=wait_s),
            )

    async def _begin(self, scope: Scope, send: Send, headers: Mapping[str, str]) -> None:
        self._limit(scope, headers)
        url, cookie = await self._sign_in.begin(_query(scope).get("return_to", "/"))
        await _redirect(send, url, cookie)

    async def _finish(self, scope: Scope, send: Send, headers: Mapping[str, str]) -> None:
        self._limit(scope, headers)
        cookies = self._sign_in.cookies
        try:
            handle, path, session = await self._sign_in.finish(
                headers.get("cookie", ""), _query(scope)
            )
        except Refusal as refusal:
            self._instruments.signed_in(refusal.reason)
            log.warning("sign-in refused", reason=refusal.reason)
            await self._audit.noted("unknown", "session.refused", refusal.reason)
            done = cookies.header(cookies.login, "", age_s=0)
            await _redirect(send, f"/?sign_in={refusal.reason}", done)
            return
        self._instruments.signed_in("done")
        log.info("signed in", roles=session.roles)
        await _redirect(
            send,
            path,
            cookies.header(cookies.session, handle),
            cookies.header(cookies.login, "", age_s=0),
        )

    async def _close(self, send: Send, headers: Mapping[str, str]) -> None:
        try:
            session = await self._sign_in.of(headers.get("cookie", ""))
        except SessionEnded:
            session = None
        if session is not None:
            self._check_origin(session, headers)
            await self._sign_in.close(session)
        cookies = self._sign_in.cookies
        gone = cookies.header(cookies.session, "", age_s=0).encode()
        await _send(send, HTTPStatus.NO_CONTENT, b"", "", [(b"set-cookie", gone)])

    # -- files ----------------------------------------------------------------------------------

    async def _file(self, send: Send, headers: Mapping[str, str], path: str, method: str) -> None:
        file = self._static.find("/index.html" if path == "/" else path)
        if file is None:
            await _send(send, HTTPStatus.NOT_FOUND, b"not found", "text/plain")
        elif headers.get("if-none-match") == file.etag:
            await _send(send, HTTPStatus.NOT_MODIFIED, b"", "", _caching(file))
        else:
            packed = file.compressed if "gzip" in headers.get("accept-encoding", "") else None
            more = _caching(file)
            if packed is not None:
                more.append((b"content-encoding", b"gzip"))
            content = file.content if packed is None else packed
            await _send(send, HTTPStatus.OK, content, file.kind, more, with_body=method == "GET")


def _query(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"), max_num_fields=20))


def _caching(file: File) -> Headers:
    return [
        (b"etag", file.etag.encode()),
        (b"cache-control", file.caching.encode()),
        (b"vary", b"accept-encoding"),
    ]


async def _redirect(send: Send, url: str, *cookies: str) -> None:
    more = [(b"location", url.encode("latin-1", "replace"))]
    more += [(b"set-cookie", cookie.encode("latin-1")) for cookie in cookies]
    await _send(send, HTTPStatus.FOUND, b"", "", [*more, (b"cache-control", b"no-store")])


async def _send_json(send: Send, status: HTTPStatus, content: Mapping[str, Any]) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    await _send(send, status, body, "application/json", [(b"cache-control", b"no-store")])


async def _send_refusal(send: Send, refusal: Refusal) -> None:
    status = STATUSES.get(refusal.kind, HTTPStatus.INTERNAL_SERVER_ERROR)
    content = {"code": refusal.kind.name.lower(), "reason": refusal.reason}
    await _send_json(send, status, {**content, "message": refusal.message})


async def _send(
    send: Send,
    status: HTTPStatus,
    body: bytes,
    kind: str,
    more: Headers | None = None,
    *,
    with_body: bool = True,
) -> None:
    headers = [(b"content-length", str(len(body)).encode()), *(more or [])]
    if kind:
        headers.append((b"content-type", kind.encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})
