"""The gateway put together: the only module that knows all of its parts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from importlib.metadata import version
from pathlib import Path
from typing import Final

import grpc
import structlog

from services.gateway import backends, openapi
from services.gateway.settings import GatewaySettings
from services.gateway.store import sessions
from services.gateway.store.acts import Acts
from services.gateway.store.sessions import SCHEMA
from services.gateway.web.app import Application
from services.gateway.web.issuer import Issuer, IssuerUnavailable
from services.gateway.web.ports import Instruments
from services.gateway.web.proxy import OPTIONS, Proxy, RpcApplication, methods
from services.gateway.web.sign_in import SignIn
from services.gateway.web.static_files import StaticFiles
from services.plumbing import foundation, http_server, logs, metrics, service, turn
from services.plumbing.audit import Sealer
from services.plumbing.authorisation import rule_of
from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.postgres import Database
from services.plumbing.rate_limit import Limiter
from services.plumbing.refusal import Refusal
from services.plumbing.startup import CannotStart
from services.plumbing.tokens import JwtAuthenticator, KeysUnusable, read_keys
from services.plumbing.tracing import Tracer
from services.plumbing.transport import is_local

NAME: Final = "gateway"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
FORGET_EVERY_S: Final = 300.0
KEYS_EVERY_S: Final = 300.0
KEYS_RETRY_S: Final = 2.0

log = structlog.get_logger(__name__)


class KeysMissing(CannotStart):
    """There are no keys to verify tokens with, and the issuer gives none."""

    reason = "ISSUER_UNUSABLE"


async def run(settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Serve until told to stop."""
    logs.configure(NAME, settings.log_level)
    registry = metrics.new_registry()
    async with contextlib.AsyncExitStack() as stack:
        tracer = stack.enter_context(foundation.watched(settings, NAME, registry))
        await stack.enter_async_context(turn.held(settings.turn_file, stop))
        listening = http_server.listen(settings.gateway_address, "TIANFU_GATEWAY_ADDRESS")
        stack.callback(listening.close)
        url = settings.database_url.get_secret_value()
        stored = foundation.stored(url, SCHEMA, MIGRATIONS, registry, stop)
        database = await stack.enter_async_context(stored)
        channels = open_channels(settings)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        issuer = Issuer(settings)
        await service.unless_stopped(stop, _ensure_keys(settings, issuer))
        await _serve(settings, registry, tracer, database, channels, issuer, listening, stop)


def open_channels(settings: GatewaySettings) -> dict[str, grpc.aio.Channel]:
    """Return a channel to each service of the settings; a name that is none is only logged."""
    authority = settings.backend_ca_file
    believed = grpc.ssl_channel_credentials(authority.read_bytes() if authority else None)
    channels = {}
    for name, address in settings.addresses().items():
        if name not in backends.PUBLIC:
            log.warning("a backend that is none of the public services", backend=name)
        elif authority is None and is_local(address):
            channels[name] = grpc.aio.insecure_channel(address, options=OPTIONS)
        else:
            channels[name] = grpc.aio.secure_channel(address, believed, options=OPTIONS)
    return channels


async def _serve(
    settings: GatewaySettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    channels: dict[str, grpc.aio.Channel],
    issuer: Issuer,
    listening: socket.socket,
    stop: asyncio.Event,
) -> None:
    sealer = Sealer(database, registry=registry)
    database.after_commit(sealer.wake)
    app = assemble(settings, registry, tracer, database, channels, issuer)
    server = http_server.server(app, settings.tls_certificate_file, settings.tls_key_file)
    work = [
        asyncio.create_task(sealer.run(stop), name="audit sealer"),
        asyncio.create_task(_forget(database, stop), name="sessions forgotten"),
        asyncio.create_task(_follow_keys(settings, issuer, stop), name="issuer's keys"),
    ]
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    app.ready = True
    log.info("ready", address=settings.gateway_address, origin=settings.public_url)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({*work, serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    app.ready = False
    stop.set()  # when one part has failed, the others end too
    server.should_exit = True
    results = await asyncio.gather(serving, *work, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def assemble(
    settings: GatewaySettings,
    registry: Registry,
    tracer: Tracer,
    database: Database,
    channels: dict[str, grpc.aio.Channel],
    issuer: Issuer,
) -> Application:
    """Return the application; raise KeysUnusable without keys to verify tokens with."""
    found = methods(backends.PUBLIC, backends.EVERYWHERE)
    instruments = Instruments(registry)
    acts = Acts(database, system_clock)
    proxy = Proxy(
        channels,
        limiter=Limiter(settings.requests_per_second, settings.requests_burst),
        audit=acts,
        tracer=tracer,
        instruments=instruments,
    )

    def verifier(audience: str) -> JwtAuthenticator:
        return JwtAuthenticator(
            keys_file=settings.token_keys_file,
            issuer=settings.token_issuer,
            audience=audience,
            clock=system_clock,
            roles_claim=settings.token_roles_claim,
        )

    sign_in = SignIn(
        settings,
        issuer,
        database,
        access=verifier(settings.token_audience),
        identity=verifier(settings.oidc_client_id),
        clock=system_clock,
    )
    is_open = {path for path, each in found.items() if not rule_of(each.descriptor).needs_token}
    static = StaticFiles(settings.static_dir)
    if not len(static):
        log.warning("no console to show", folder=str(settings.static_dir))
    return Application(
        settings,
        rpc=RpcApplication(proxy, found),
        rpc_paths=frozenset(found),
        open_paths=frozenset(is_open),
        sign_in=sign_in,
        audit=acts,
        static=static,
        openapi=openapi.document(found.values(), version("tianfu"), settings.public_url),
        instruments=instruments,
        clock=system_clock,
    )


async def _ensure_keys(settings: GatewaySettings, issuer: Issuer) -> None:
    """Have keys to verify tokens with: those of the issuer, or those of last time."""
    try:
        await _fetch_keys(settings, issuer)
    except Refusal as refusal:
        if not settings.token_keys_file.is_file():
            raise KeysMissing(f"{settings.discovery_url}: {refusal.message}") from refusal
        log.warning("issuer not reached; its keys of last time go on", reason=refusal.reason)


async def _fetch_keys(settings: GatewaySettings, issuer: Issuer) -> None:
    text = json.dumps(await issuer.keys(), sort_keys=True)
    file = settings.token_keys_file
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return
    fresh = file.with_name(f"{file.name}.{NAME}")
    fresh.write_text(text, encoding="utf-8")
    try:
        read_keys(fresh)
    except KeysUnusable as error:
        fresh.unlink()
        raise IssuerUnavailable("the issuer's keys are of no use") from error
    fresh.replace(file)


async def _follow_keys(settings: GatewaySettings, issuer: Issuer, stop: asyncio.Event) -> None:
    wait_s = KEYS_EVERY_S
    while not await _stopped(stop, wait_s):
        try:
            await _fetch_keys(settings, issuer)
            wait_s = KEYS_EVERY_S
        except Refusal as refusal:
            log.warning("issuer's keys not fetched", reason=refusal.reason)
            wait_s = KEYS_RETRY_S * 10


async def _forget(database: Database, stop: asyncio.Event) -> None:
    """Forget sessions that are over, now and then."""
    while not await _stopped(stop, FORGET_EVERY_S):
        try:
            await database.transact(sessions.forget_old, system_clock())
        except Refusal as refusal:
            log.warning("old sessions not forgotten; trying again", reason=refusal.reason)


async def _stopped(stop: asyncio.Event, wait_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), wait_s)
    return stop.is_set()
