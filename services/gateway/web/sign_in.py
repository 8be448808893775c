"""Signing in and out: what a browser holds is a handle, everything else stays here."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

import structlog
from joserfc import jws

from services.gateway.model.session import Session, digest_of, safe_return
from services.gateway.settings import GatewaySettings
from services.gateway.store import sessions
from services.gateway.web.caller import SessionEnded
from services.gateway.web.issuer import CodeRefused, Issuer, Tokens
from services.plumbing.clock import Clock
from services.plumbing.postgres import Database
from services.plumbing.tokens import JwtAuthenticator, Principal
from tianfu.authz.v1 import authz_pb2

HANDLE_BYTES: Final = 32
LOGIN_S: Final = 600
"""How long a person may take at the issuer's page."""

CACHE_S: Final = 5.0
"""How long a session is used without asking the database: also how long one that another gateway
closed goes on here."""
CACHE_MAX: Final = 5_000

log = structlog.get_logger(__name__)


class LoginUnknown(CodeRefused):
    """The browser comes back from the issuer with something it was not sent away with."""

    reason = "SIGN_IN_UNKNOWN"


@dataclass(frozen=True)
class Cookies:
    """Names and attributes of our cookies; with TLS, names that only this host can set."""

    secure: bool

    @property
    def session(self) -> str:
        """Name of the session's handle."""
        return "__Host-tianfu" if self.secure else "tianfu"

    @property
    def login(self) -> str:
        """Name of what a sign-in under way is continued with."""
        return "__Host-tianfu-login" if self.secure else "tianfu-login"

    def header(self, name: str, value: str, *, age_s: int | None = None) -> str:
        """Return a Set-Cookie header."""
        parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if self.secure:
            parts.append("Secure")
        if age_s is not None:
            parts.append(f"Max-Age={age_s}")
        return "; ".join(parts)

    def read(self, header: str, name: str) -> str:
        """Return a cookie's value; empty when there is none."""
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(header)
        except CookieError:
            return ""
        return jar[name].value if name in jar else ""


class SignIn:
    """Opens, finds, renews and closes sessions."""

    def __init__(
        self,
        settings: GatewaySettings,
        issuer: Issuer,
        database: Database,
        *,
        access: JwtAuthenticator,
        identity: JwtAuthenticator,
        clock: Clock,
    ) -> None:
        self.cookies = Cookies(settings.is_secure)
        self.issuer = issuer
        self._database = database
        self._access = access
        self._identity = identity
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Session, float]] = OrderedDict()
        self._renewing: dict[bytes, asyncio.Lock] = {}

    # -- in and out -----------------------------------------------------------------------------

    async def begin(self, return_to: str) -> tuple[str, str]:
        """Return where the browser goes, and the cookie that it takes along."""
        state, nonce, verifier = (secrets.token_urlsafe(HANDLE_BYTES) for _ in range(3))
        url = await self.issuer.authorization_url(state=state, nonce=nonce, verifier=verifier)
        kept = ".".join((state, nonce, verifier, safe_return(return_to).encode().hex()))
        return url, self.cookies.header(self.cookies.login, kept, age_s=LOGIN_S)

    async def finish(self, cookie: str, query: Mapping[str, str]) -> tuple[str, str, Session]:
        """Return the session's handle and where to go on; raise CodeRefused and others."""
        parts = self.cookies.read(cookie, self.cookies.login).split(".")
        if len(parts) != len(("state", "nonce", "verifier", "return")):
            raise LoginUnknown("the sign-in took too long, or began in another browser: try again")
        state, nonce, verifier, return_to = parts
        if not hmac.compare_digest(state, query.get("state", "")):
            raise LoginUnknown("this is the answer to another sign-in: try again")
        if "error" in query:
            raise CodeRefused("the issuer did not let you in")
        tokens = await self.issuer.redeem(query.get("code", ""), verifier)
        session, handle = self._opened(tokens, nonce)
        await self._database.transact(sessions.open_session, session)
        try:
            path = safe_return(bytes.fromhex(return_to).decode())
        except ValueError:
            path = "/"
        return handle, path, session

    def _opened(self, tokens: Tokens, nonce: str) -> tuple[Session, str]:
        principal = self._access.authenticate(tokens.access)
        identified = self._identity.authenticate(tokens.identity)
        claims = _claims(tokens.identity)
        if identified.subject != principal.subject or claims.get("nonce") != nonce:
            raise LoginUnknown("the issuer's identity token is for another sign-in: try again")
        handle = secrets.token_urlsafe(HANDLE_BYTES)
        now = self._clock()
        name = claims.get("name") or claims.get("preferred_username") or principal.subject
        session = Session(
            digest=digest_of(handle),
            subject=principal.subject,
            shown_name=str(name)[:120],
            roles=_names(principal),
            csrf=secrets.token_urlsafe(HANDLE_BYTES),
            access_token=tokens.access,
            access_expire_time=_expiry(tokens.access),
            refresh_token=tokens.refresh,
            create_time=now,
            seen_time=now,
        )
        return session, handle

    async def close(self, session: Session) -> None:
        """Forget a session."""
        self._known.pop(session.digest, None)
        await self._database.transact(
            sessions.close, session, self._clock(), action="session.close"
        )

    # -- in between -----------------------------------------------------------------------------

    async def of(self, cookie: str) -> Session | None:
        """Return the session of a browser, None without a cookie.

        Raise SessionEnded when it is over, DatabaseUnavailable when nobody can tell.
        """
        handle = self.cookies.read(cookie, self.cookies.session)
        if not handle:
            return None
        digest, now = digest_of(handle), self._clock()
        loop_s = asyncio.get_running_loop().time()
        known = self._known.get(digest)
        if known is not None and loop_s < known[1] and not known[0].needs_renewal(now):
            return known[0]
        found = await self._database.transact(sessions.find, digest)
        if found is None or not found.is_good(now):
            self._known.pop(digest, None)
            raise SessionEnded("the session is over: sign in again")
        session = await self._fresh(found, now)
        self._remember(session, loop_s + CACHE_S)
        return session

    async def _fresh(self, session: Session, now: datetime) -> Session:
        """Return a session with a token that is good, and note that it was seen."""
        if session.needs_renewal(now):
            lock = self._renewing.setdefault(session.digest, asyncio.Lock())
            try:
                async with lock:
                    return await self._renewed(session.digest, now)
            finally:
                if not lock.locked():
                    self._renewing.pop(session.digest, None)
        if session.needs_touch(now):
            session = replace(session, seen_time=now)
            await self._database.transact(sessions.renew, session)
        return session

    async def _renewed(self, digest: bytes, now: datetime) -> Session:
        """Renew a session's token, unless another call has just done so."""
        session = await self._database.transact(sessions.find, digest)
        if session is None:
            raise SessionEnded("the session is over: sign in again")
        if not session.needs_renewal(now):
            return session
        try:
            tokens = await self.issuer.refresh(session.refresh_token)
            principal = self._access.authenticate(tokens.access)
        except CodeRefused:
            await self._database.transact(sessions.close, session, now, action="session.end")
            raise SessionEnded("the issuer no longer renews the session: sign in again") from None
        session = replace(
            session,
            roles=_names(principal),
            access_token=tokens.access,
            access_expire_time=_expiry(tokens.access),
            refresh_token=tokens.refresh or session.refresh_token,
            seen_time=now,
        )
        await self._database.transact(sessions.renew, session)
        return session

    def _remember(self, session: Session, until_s: float) -> None:
        self._known[session.digest] = (session, until_s)
        self._known.move_to_end(session.digest)
        while len(self._known) > CACHE_MAX:
            self._known.popitem(last=False)


def _names(principal: Principal) -> tuple[str, ...]:
    return tuple(
        sorted(authz_pb2.Role.Name(each).removeprefix("ROLE_") for each in principal.roles)
    )


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that was verified before."""
    found: dict[str, Any] = json.loads(jws.extract_compact(token.encode()).payload)
    return found


def _expiry(token: str) -> datetime:
    return datetime.fromtimestamp(float(_claims(token)["exp"]), UTC)
