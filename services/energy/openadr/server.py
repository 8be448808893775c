"""The HTTP port of OpenADR 3 and its webhooks, beside the service's gRPC."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from services.energy.openadr import clients
from services.energy.openadr.app import OpenAdrApplication
from services.energy.openadr.tokens import TokenEndpoint
from services.energy.openadr.webhooks import AllowedHosts, Webhooks
from services.energy.ports import Desk
from services.energy.settings import EnergySettings
from services.energy.store.transaction import Transactor
from services.energy.usecases.openadr import Registry as Clients
from services.plumbing import http_server
from services.plumbing.bell import Bell
from services.plumbing.clock import system_clock, system_monotonic
from services.plumbing.metrics import Registry

CONNECTIONS_MAX: Final = 500

log = structlog.get_logger(__name__)


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
        address = settings.openadr_address
        self._listening = (
            None if address is None else http_server.listen(address, "TIANFU_OPENADR_ADDRESS")
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Serve and deliver until told to stop."""
        if self._listening is None:
            return await self._webhooks.run(stop)
        key = await self._transactor.read(lambda tx: tx.openadr_key())
        proofs = clients.TokenDesk(self._registered, key)
        tokens = TokenEndpoint(
            proofs,
            a_client=self._settings.openadr_client_tokens_per_minute,
            an_address=self._settings.openadr_address_tokens_per_minute,
            monotonic=system_monotonic,
            registry=self._registry,
        )
        app = OpenAdrApplication(
            self._transactor,
            self._desk,
            self._clients,
            proofs,
            tokens,
            self._settings.openadr_url,
            system_clock,
            self._registry,
        )
        certificate, key_file = self._settings.openadr_tls or (None, None)
        server = http_server.server(app, certificate, key_file, connections_max=CONNECTIONS_MAX)
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
