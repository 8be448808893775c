"""The operator process: stand by for the lease, then act; end when it is lost.

A replica that stands by has no caches and costs nothing. One that loses the lease ends, and comes
back as one that stands by: nothing it remembers outlives its turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Sequence
from typing import Final

from operators.capacity.handlers import Capacity
from operators.capacity.on_nodes import SharesOnNodes
from operators.clock import system_clock
from operators.edgeapp.handlers import EdgeApps
from operators.edgeapp.node_plans import NodePlans
from operators.edgeapp.presences import FleetPresences
from operators.edgenode.handlers import EdgeNodes, Entrance
from operators.fleet.client import Fleet
from operators.fleet.telling import Telling
from operators.kube import kopf_wiring
from operators.kube.client import Client
from operators.kube.connection import find
from operators.kube.failures import ApiError
from operators.kube.lease import Election
from operators.kube.measures import Measures
from operators.kube.operator import Operator, Scope
from operators.probes import Probes, lease_hangs
from operators.settings import Settings

STOPPED: Final = 0
FAILED: Final = 1
LOST: Final = 3
"""The lease was lost: to be started again, as one that stands by."""

log = logging.getLogger("tianfu.operators")


def wire(operator: Operator, fleet: Fleet, plans: NodePlans, settings: Settings) -> None:
    """Name the handlers of all kinds."""
    authority = settings.entrance_authority
    pem = "" if authority is None else authority.read_text("ascii")
    EdgeNodes(operator, fleet, settings.config, Entrance(settings.entrance, pem))
    Capacity(operator, plans)
    SharesOnNodes(operator, plans)
    presences = FleetPresences(fleet)
    presences.subscribe(EdgeApps(operator, plans, presences).presence_changed)


async def run(settings: Settings) -> int:
    """Run until a signal, the loss of the lease, or a defect; return the exit status."""
    measures, stop = Measures(), asyncio.Event()
    heed_signals(stop)
    connection = find(settings.kubeconfig)
    async with Client(connection, measures) as client:
        election = Election(client, settings.lease, settings.identity, measures, clock=system_clock)
        operator = Operator(
            client,
            connection,
            measures,
            scope=Scope(settings.namespaces, settings.shard.serves),
            leads=election.leads,
            instance=settings.identity,
        )
        fleet = Fleet(settings.fleet)
        channel = settings.fleet.channel()
        plans = NodePlans(channel, settings.fleet.metadata, operator.now)
        wire(operator, fleet, plans, settings)
        telling = Telling(operator, channel, settings.fleet.metadata, settings.lease.name)
        probes = Probes(
            measures.registry,
            live=lambda: [*lease_hangs(election.tried_s), *operator.ailments()],
            ready=lambda: unready(election, operator, fleet),
        )
        await probes.start(settings.probe_port)
        log.info("probes on port %d", probes.port)
        try:
            return await _turn(election, operator, (fleet, plans, telling), stop)
        finally:
            await probes.stop()
            await fleet.close()
            await channel.close()
            with contextlib.suppress(ApiError):  # the lease then ends by itself
                await election.release()


def heed_signals(stop: asyncio.Event) -> None:
    """Stop in order when we are told to."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def unready(election: Election, operator: Operator, fleet: Fleet) -> Sequence[str]:
    """Return why a replica is not ready: one that stands by needs the API server alone."""
    wrong = list(lease_hangs(election.tried_s))
    if not election.heard:
        wrong.append("lease: the API server did not answer")
    if election.held.is_set():
        wrong += [f"cache of {kind} is not whole" for kind in operator.unsynced()]
        wrong += operator.ailments()
        if not fleet.is_up:
            wrong.append("the fleet service can't be reached")
    return wrong


async def _turn(
    election: Election,
    operator: Operator,
    known: tuple[Fleet, NodePlans, Telling],
    stop: asyncio.Event,
) -> int:
    """Stand by, then act; return why it ended."""
    electing = asyncio.create_task(election.run(), name="election")
    try:
        async with asyncio.TaskGroup() as waiting:
            held = waiting.create_task(election.held.wait())
            stopped = waiting.create_task(stop.wait())
            await asyncio.wait((held, stopped, electing), return_when=asyncio.FIRST_COMPLETED)
            for task in (held, stopped):
                task.cancel()
        if stop.is_set():
            return STOPPED
        return await _act(election, operator, known, stop)
    finally:
        electing.cancel()
        await asyncio.gather(electing, return_exceptions=True)


async def _act(
    election: Election,
    operator: Operator,
    known: tuple[Fleet, NodePlans, Telling],
    stop: asyncio.Event,
) -> int:
    fleet, plans, telling = known
    kopf_stops = asyncio.Event()
    acting = [
        asyncio.create_task(operator.run(), name="operator"),
        asyncio.create_task(fleet.run(), name="fleet"),
        asyncio.create_task(plans.run(), name="plans"),
        asyncio.create_task(telling.run(), name="telling"),
        asyncio.create_task(
            kopf_wiring.run(operator, kopf_stops, lambda: heed_signals(stop)), name="kopf"
        ),
    ]
    ends = [
        asyncio.create_task(stop.wait(), name="signal"),
        asyncio.create_task(election.lost.wait(), name="lease"),
    ]
    done, _ = await asyncio.wait([*acting, *ends], return_when=asyncio.FIRST_COMPLETED)
    kopf_stops.set()
    for task in [*acting[:4], *ends]:
        task.cancel()
    await asyncio.gather(*acting, *ends, return_exceptions=True)
    for task in acting:
        if task in done:
            log.error("%s ended by itself: %r", task.get_name(), task.exception())
            return FAILED
    return LOST if election.lost.is_set() and not stop.is_set() else STOPPED
