"""The HTTP port of OpenADR 3 and its webhooks, beside the service's gRPC."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Iterator
from typing import Any, Final

import structlog
import uvicorn
from typing_extensions import override

from services.energy.openadr import clients
from services.energy.openadr.app import OpenAdrApplication
from services.energy.openadr.webhooks import AllowedHosts, Webhooks
from services.energy.ports import Desk
from services.energy.settings import EnergySettings
from services.energy.store.transaction import Transactor
from services.energy.usecases.openadr import Registry as Clients
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock
from services.plumbing.metrics import Registry
from services.plumbing.settings import split_address
from services.plumbing.startup import AddressUnusable, PortInUse

KEEP_ALIVE_S: Final = 75
STOP_GRACE_S: Final = 5
CONNECTIONS_MAX: Final = 500
BACKLOG: Final = 1024

log = structlog.get_logger(__name__)


class HttpServer(uvicorn.Server):
    """uvicorn without its own signal handlers: the process's frame has them."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class OpenAdr:
    """OpenADR 3 as the settings say; ``run`` ends when it is told to stop."""

    def __init__(
        self,
        settings: EnergySettings,
        transactor: Transactor,
        desk: Desk,
        bell: Bell,
        registry: Registry,
    ) -> None:
        self._settings = settings
        self._transactor = transactor
        self._desk = desk
        self._registry = registry
        hosts = AllowedHosts.of(settings.openadr_webhook_hosts)
        file = settings.openadr_clients_file
        self._registered = {} if file is None else clients.read(file)
        self._clients = Clients(
            {each.client_id: each.kind for each in self._registered.values()},
            {each.client_id: each.unit for each in self._registered.values() if each.unit},
            hosts.check,
        )
        self._webhooks = Webhooks(transactor, hosts, system_clock, bell, registry)
        self._listening = None if settings.openadr_address is None else self._listen()

    def _listen(self) -> socket.socket:
        address = self._settings.openadr_address or ""
        host, port = split_address(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUse(
                    f"{address}: another process listens there; set TIANFU_OPENADR_ADDRESS to "
                    "another port"
                ) from error
            raise AddressUnusable(
                f"{address}: can't listen there; set TIANFU_OPENADR_ADDRESS to an address of "
                "this machine"
            ) from error

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and deliver until told to stop."""
        if self._listening is None:
            return await self._webhooks.run(stop)
        key = await self._transactor.read(lambda tx: tx.openadr_key())
        app = OpenAdrApplication(
            self._transactor,
            self._desk,
            self._clients,
            clients.TokenDesk(self._registered, key),
            self._settings.openadr_url,
            system_clock,
            self._registry,
        )
        # A line a request is what metrics are for.
        logging.getLogger("uvicorn.access").disabled = True
        server = HttpServer(uvicorn.Config(app, **self._config()))
        serving = asyncio.create_task(server.serve(sockets=[self._listening]), name="openadr http")
        telling = asyncio.create_task(self._webhooks.run(stop), name="openadr webhooks")
        log.info("openadr ready", address=self._settings.openadr_address,
                 clients=len(self._registered))  # fmt: skip
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        stop.set()  # when one part has failed, the other ends too
        server.should_exit = True
        await asyncio.gather(serving, telling)
        return None

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "lifespan": "off",
            "log_config": None,
            "access_log": False,
            "server_header": False,
            "proxy_headers": False,
            "timeout_keep_alive": KEEP_ALIVE_S,
            "timeout_graceful_shutdown": STOP_GRACE_S,
            "limit_concurrency": CONNECTIONS_MAX,
            "loop": "none",
        }
        if self._settings.tls_certificate_file and self._settings.tls_key_file:
            config["ssl_certfile"] = str(self._settings.tls_certificate_file)
            config["ssl_keyfile"] = str(self._settings.tls_key_file)
        return config
