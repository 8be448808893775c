"""OpenADR 3.1 as an ASGI application: paths, query parameters, problems (RFC 9457), tokens."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from prometheus_client import Counter

from services.energy.model.openadr_access import Client, Kind
from services.energy.openadr.clients import TokenDesk
from services.energy.openadr.reading import Receive, form_of, json_of, whole
from services.energy.openadr.tokens import TokenEndpoint
from services.energy.ports import Desk
from services.energy.store.transaction import Transactor
from services.energy.usecases import openadr
from services.energy.usecases.openadr import Query
from services.energy.usecases.openadr import Registry as Clients
from services.plumbing.clock import Clock
from services.plumbing.metrics import Registry
from services.plumbing.refusal import InvalidArgument, NotFound, Refusal
from services.plumbing.refusal import Kind as Sort

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BASE: Final = "/openadr3/3.1.1"
"""Paths are the same below it and without it."""

KEY_LENGTH_MAX: Final = 200
OBJECT_PATH: Final = re.compile(
    r"/(programs|events|reports|subscriptions|vens|resources)(?:/([A-Za-z0-9_-]{1,128}))?"
)
STATUSES: Final[Mapping[Sort, HTTPStatus]] = {
    Sort.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    Sort.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST,
    Sort.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Sort.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    Sort.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Sort.ALREADY_EXISTS: HTTPStatus.CONFLICT,
    Sort.FAILED_PRECONDITION: HTTPStatus.CONFLICT,
    Sort.ABORTED: HTTPStatus.CONFLICT,
    Sort.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    Sort.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Sort.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT,
}
NAMES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PROGRAM: ("programName",),
    Kind.EVENT: (),
    Kind.REPORT: ("clientName",),
    Kind.SUBSCRIPTION: ("clientName",),
    Kind.VEN: ("venName",),
    Kind.RESOURCE: ("resourceName",),
}
"""Query parameters that are compared with the field of the same name."""

log = structlog.get_logger(__name__)

PARENTS: Final[Mapping[Kind, str]] = {Kind.REPORT: "eventID", Kind.RESOURCE: "venID"}


class PathUnknown(NotFound):
    """Nothing is there."""

    reason = "PATH_UNKNOWN"


class Failed(Refusal):
    """A defect of the server."""

    reason = "INTERNAL"


FAILED: Final = Failed("the server has failed: its log says at what")


class OpenAdrApplication:
    """Answers BL clients and VENs."""

    def __init__(
        self,
        transactor: Transactor,
        desk: Desk,
        clients: Clients,
        proofs: TokenDesk,
        tokens: TokenEndpoint,
        public_url: str,
        clock: Clock,
        registry: Registry,
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clients = clients
        self._proofs = proofs
        self._tokens = tokens
        self._public_url = public_url
        self._clock = clock
        self._answers = Counter(
            "tianfu_openadr_requests",
            "Requests of OpenADR clients by path and status.",
            ["path", "status"],
            registry=registry,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} is spoken here")
        path = str(scope["path"]).removeprefix(BASE)
        kind, wait_s = "application/json", 0
        try:
            status, content = await self._route(path, scope, receive)
        except Refusal as refusal:
            status = STATUSES.get(refusal.kind, HTTPStatus.INTERNAL_SERVER_ERROR)
            kind, content = "application/problem+json", _problem(status, refusal)
            if refusal.retry_after is not None:
                wait_s = math.ceil(refusal.retry_after.total_seconds())
        except Exception as error:  # noqa: BLE001 - a bug of ours is answered too, and logged
            log.error("request failed", path=path[:80], kind=type(error).__name__)  # noqa: TRY400 - a driver's text may quote a value
            status, kind = HTTPStatus.INTERNAL_SERVER_ERROR, "application/problem+json"
            content = _problem(status, FAILED)
        match = OBJECT_PATH.fullmatch(path)
        known = match[1] if match else "auth" if path.startswith("/auth/") else "other"
        self._answers.labels(known, str(int(status))).inc()
        await _send(send, status, content, kind, wait_s)

    async def _route(self, path: str, scope: Scope, receive: Receive) -> tuple[HTTPStatus, Any]:
        method = str(scope["method"])
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        if path == "/auth/token" and method == "POST":
            address = str((scope.get("client") or ("",))[0])
            return await self._tokens.answer(address, headers, receive, self._clock())
        if path == "/auth/server" and method == "GET":
            return HTTPStatus.OK, {"tokenURL": f"{self._public_url}{BASE}/auth/token"}
        client = self._proofs.client_of(headers.get("authorization", ""), self._clock())
        if path == "/notifiers" and method == "GET":
            return HTTPStatus.OK, {"WEBHOOK": True}
        match = OBJECT_PATH.fullmatch(path)
        if match is None:
            raise PathUnknown("there is nothing at this path")
        kind, object_id = Kind(match[1]), match[2]
        if object_id is None and method == "GET":
            query = _query(kind, str(scope.get("query_string", b""), "latin-1"))
            now = self._clock()
            found = await self._transactor.read(openadr.search, client, kind, query, now=now)
            return HTTPStatus.OK, found
        if object_id is None and method == "POST":
            key = headers.get("idempotency-key") or uuid.uuid4().hex
            if len(key) > KEY_LENGTH_MAX:
                raise InvalidArgument(f"Idempotency-Key has at most {KEY_LENGTH_MAX} characters")
            made = await self._write(
                openadr.create, client, kind, json_of(await whole(receive)), key
            )
            return HTTPStatus.CREATED, made
        if object_id is not None:
            return HTTPStatus.OK, await self._one(method, client, kind, object_id, receive)
        raise PathUnknown(f"{method} is not spoken at this path")

    async def _one(
        self, method: str, client: Client, kind: Kind, object_id: str, receive: Receive
    ) -> Any:
        match method:
            case "GET":
                return await self._transactor.read(openadr.get, client, kind, object_id)
            case "PUT":
                body = json_of(await whole(receive))
                return await self._write(openadr.update, client, kind, object_id, body)
            case "DELETE":
                return await self._write(openadr.delete, client, kind, object_id)
            case _:
                raise PathUnknown(f"{method} is not spoken at this path")

    async def _write(self, use: Callable[..., Any], *arguments: Any) -> Any:
        return await self._transactor.write(
            use, self._desk, self._clients, *arguments, now=self._clock()
        )


def _query(kind: Kind, text: str) -> Query:
    """Return what a list is asked for. Raise InvalidArgument for numbers that are none."""
    said = form_of(text)

    def one(name: str) -> str:
        return said.get(name, [""])[0]

    active = {"true": True, "false": False, "": None}.get(one("active"), "no")
    if active == "no":
        raise InvalidArgument("active is true or false", field="active")
    return Query(
        targets=_many(said, "targets"),
        program_id=one("programID"),
        parent_id=one(PARENTS[kind]) if kind in PARENTS else "",
        names=tuple((name, one(name)) for name in NAMES[kind] if one(name)),
        objects=_many(said, "objects") if kind is Kind.SUBSCRIPTION else (),
        active=active if kind is Kind.EVENT and isinstance(active, bool) else None,
        skip=_number(one("skip"), 0, "skip"),
        limit=_number(one("limit"), openadr.LIMIT_MAX, "limit"),
    )


def _many(said: Mapping[str, Sequence[str]], name: str) -> Sequence[str]:
    return tuple(part for each in said.get(name, ()) for part in each.split(",") if part)


def _number(text: str, default: int, name: str) -> int:
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise InvalidArgument(f"{name} is a whole number from 0", field=name)
    return int(text)


def _problem(status: HTTPStatus, refusal: Refusal) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": refusal.message,
        "reason": refusal.reason,
    }


async def _send(send: Send, status: HTTPStatus, content: Any, kind: str, wait_s: int) -> None:
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    if wait_s:
        headers.append((b"retry-after", str(wait_s).encode()))
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})
