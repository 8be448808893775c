"""Starts the local platform in order, watches it, and stops it in order."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import grpc

from cli.connection import metadata_of
from cli.drill.play import Stage
from cli.failures import Failure
from cli.local import (
    certificates,
    credentials,
    energy_demo,
    node_rules,
    operators,
    ports,
    programs,
    readiness,
    stores,
    tokens,
)
from cli.local.figures import Audit, Figures, Observer, Peaks
from cli.local.fleet import Gateway
from cli.local.folder import Folder, write_json
from cli.local.progress import Steps
from cli.local.state import State
from cli.local.supervisor import Program, Running, Supervisor, bound
from cli.local.write_errors import restart_when_there_is_room
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2

# Deadlines of the waits. Each is many times what it takes here, for a slow card in a Raspberry Pi.
INIT_S: Final = 90.0
SERVER_S: Final = 30.0
MIGRATE_S: Final = 60.0
SERVICE_S: Final = 60.0
ONLINE_S: Final = 60.0
STORED_S: Final = 60.0
REGISTER_S: Final = 240.0
POLL_S: Final = 0.1
ROLE: Final = "service"

SERVICES: Final = (
    "telemetry",
    "fleet",
    "disaster-warning",
    "healthcare",
    "credit-supervision",
    "energy",
)
DATABASES: Final = ("nats", "postgres", "postgres-keeper")
# Of a second or third process of the same part.
PAIR_NUMBER: Final = re.compile(r"-[23]$")


class Stack:
    """The programs of one data folder."""

    def __init__(
        self, folder: Folder, state: State, steps: Steps, manifests: Path | None = None
    ) -> None:
        self._folder = folder
        self._state = state
        self._steps = steps
        self._manifests = manifests
        self.supervisor = Supervisor(folder, steps.say)
        self.peaks = Peaks()
        self._observer: Observer | None = None
        self._peaks_taker: asyncio.Task[None] | None = None
        self._disk_watches: list[asyncio.Task[None]] = []
        self._nats_ready = asyncio.Event()

    @property
    def observer(self) -> Observer:
        """Asks the services; there is one from the first start of a service on."""
        if self._observer is None:
            # One token for the life of the channels; `figures` renews it.
            self._observer = Observer(
                self._state.address("telemetry grpc"),
                self._state.address("fleet grpc"),
                self._folder.keys,
                metadata_of(self._folder, ROLE),
            )
        return self._observer

    @property
    def stage(self) -> Stage:
        """Where a drill is played."""
        return Stage(self._folder, self._state, self.supervisor)

    def addresses(self) -> Mapping[str, str]:
        """Return where everything is."""
        return {
            **{
                name: f"grpc {self._state.address(f'{name} grpc')}  "
                f"metrics http://{self._state.address(f'{name} metrics')}/metrics"
                for name in SERVICES
            },
            "console": programs.console_url(self._state),
            "nats": f"{self._state.nats_url}  monitor http://{self._state.address('nats monitor')}",
            "postgres": self._state.address("postgres"),
            "meters": f"{len(self._meters())} by Modbus TCP at {ports.HOST}:"
            f"{min(self._meters())}…{max(self._meters())}",
            "data, logs": str(self._folder.root),
        }

    def _meters(self) -> list[int]:
        return [meter.port for gateway in self._state.gateways() for meter in gateway.meters]

    # -- start --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything; return when every node is online and its readings are stored."""
        tokens.ensure_keys(self._folder)
        credentials.ensure(self._folder)
        certificates.ensure(self._folder)
        self._peaks_taker = asyncio.create_task(self._take_peaks(), name="peaks")
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._start_nats_and_telemetry())
                together.create_task(self._start_postgres_and_its_services())
                together.create_task(self._start_meters())
        except BaseExceptionGroup as group:
            raise first_failure(group) from group
        self._write_context(ready=False)
        seeding = asyncio.create_task(self._fill_register(), name="register")
        try:
            await self._start_edge()
            await seeding
        finally:
            seeding.cancel()
        self._write_context(ready=True)

    async def _fill_register(self) -> None:
        """Fill the register of companies that there are not, beside the edge's start."""
        with self._steps.step("synthetic register"):
            program = programs.register(self._folder, self._state)
            await self.supervisor.run_once(program, REGISTER_S)

    async def _start_edge(self) -> None:
        await self._register()
        await self._enrol()
        with self._steps.step("units and meters"):
            await energy_demo.register(
                self._state.address("energy grpc"), self._folder.keys, self._state.gateways(),
                metadata_of(self._folder, ROLE),
            )  # fmt: skip
        with self._steps.step("rules of a node"):
            observer, gateway = self.observer, self._state.gateways()[0]
            await node_rules.publish(observer.fleet, observer.metadata, self._folder, gateway.node)
        with self._steps.step("edge agents"):
            before = await self.observer.figures()
            for gateway in self._state.nodes_there_are():
                await self.supervisor.start(programs.agent(self._folder, self._state, gateway))
            await self._until_online(before)
        if self._manifests is not None:
            with self._steps.step("operators"):
                manifests = self._manifests.resolve()
                for program in operators.programs_of(self._folder, self._state, manifests):
                    await self.supervisor.start(program)
        with self._steps.step("ward"):
            await self.supervisor.start(programs.ward(self._folder, self._state))
            await self.supervisor.start(programs.hospitals(self._folder))
        with self._steps.step("virtual end node"):
            await self.supervisor.start(programs.ven(self._folder))

    async def _start_nats_and_telemetry(self) -> None:
        servers = stores.nats(self._folder, self._state)
        with self._steps.step("nats-server" if len(servers) == 1 else "three nats-servers"):
            started = [await self.supervisor.start(each) for each in servers]
            for running in started:
                # Of a cluster: healthy once they have found each other.
                url = self._state.address(f"{running.program.name} monitor")
                probe = readiness.http_ok(f"http://{url}/healthz")
                await readiness.wait(running, probe, SERVER_S)
        for running in started:
            watch = restart_when_there_is_room(running, self._folder.root, self._steps.say)
            self._disk_watches.append(asyncio.create_task(watch, name="disk watch"))
        self._nats_ready.set()
        await self._start_service(programs.telemetry(self._folder, self._state))

    async def _start_postgres_and_its_services(self) -> None:
        init = stores.postgres_init(self._folder, self._state)
        if init is not None:
            with self._steps.step("postgresql, new database"):
                await self.supervisor.run_once(init, INIT_S)
            stores.postgres_made(self._folder)
        await self._start_postgres()
        async with asyncio.TaskGroup() as services:
            # One after the other: whichever is first makes the database.
            with self._steps.step("fleet, tables"):
                migrate = programs.fleet_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            await self._nats_ready.wait()
            fleet = programs.fleet_service(self._folder, self._state)
            services.create_task(self._start_service(fleet))
            with self._steps.step("disaster-warning, tables"):
                migrate = programs.disaster_warning_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            warning = programs.disaster_warning(self._folder, self._state)
            services.create_task(self._start_service(warning))
            with self._steps.step("healthcare, tables"):
                migrate = programs.healthcare_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            healthcare = programs.healthcare(self._folder, self._state)
            services.create_task(self._start_service(healthcare))
            with self._steps.step("credit-supervision, tables"):
                migrate = programs.credit_supervision_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            credit = programs.credit_supervision(self._folder, self._state)
            services.create_task(self._start_service(credit))
            with self._steps.step("gateway, tables"):
                migrate = programs.gateway_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            services.create_task(self._start_gateway())
            with self._steps.step("energy, tables"):
                migrate = programs.energy_migrate(self._folder, self._state)
                await self.supervisor.run_once(migrate, MIGRATE_S)
            energy = programs.energy(self._folder, self._state)
            services.create_task(self._start_service(energy))

    async def _start_postgres(self) -> None:
        if not self._state.is_ha:
            with self._steps.step("postgresql"):
                running = await self.supervisor.start(stores.postgres(self._folder, self._state))
                probe = readiness.postgres(self._folder.postgres / "data")
                await readiness.wait(running, probe, SERVER_S)
            return
        settings = stores.postgres_pair_settings(self._folder, self._state)
        primary, standby, keeper = stores.postgres_pair(self._folder, self._state)
        with self._steps.step("postgresql and a standby"):
            # The primary first: who finds the other there and in sync hands over to it.
            running = await self.supervisor.start(primary)
            probe = readiness.postgres(settings.data(primary.name))
            await readiness.wait(running, probe, SERVER_S)
            for program in (standby, keeper):
                await self.supervisor.start(program)

    async def _start_service(self, program: Program) -> None:
        with self._steps.step(f"{program.name} service"):
            running = await self.supervisor.start(program)
            probe = readiness.grpc_health(
                self._state.address(f"{program.name} grpc"), self._folder.keys
            )
            await readiness.wait(running, probe, SERVICE_S)
            await self._stand_by(program)

    async def _stand_by(self, first: Program) -> None:
        if self._state.is_ha:
            program = programs.standby(self._folder, self._state, first)
            await self.supervisor.start(program)

    async def _start_gateway(self) -> None:
        """Start what people sign in with, and what their browsers talk to."""
        with self._steps.step("gateway"):
            issuer = await self.supervisor.start(programs.issuer(self._folder, self._state))
            port = self._state.ports["issuer http"]
            await readiness.wait(issuer, readiness.listening(port, ports.HOST), SERVER_S)
            program = programs.gateway(self._folder, self._state, SERVICES)
            gateway = await self.supervisor.start(program)
            health = f"{programs.console_url(self._state)}/healthz"
            await readiness.wait(gateway, readiness.http_ok(health), SERVICE_S)
            await self._stand_by(program)

    async def _start_meters(self) -> None:
        with self._steps.step(f"{len(self._meters())} meters"):
            running = await self.supervisor.start(programs.meter_servers(self._folder, self._state))
            for port in self._meters():
                await readiness.wait(running, readiness.listening(port, ports.HOST), SERVER_S)

    async def _register(self) -> None:
        with self._steps.step("nodes registered"):
            for gateway in self._state.nodes_there_are():
                await self.observer.register(registration(gateway, self._state.stack_id))

    async def _enrol(self) -> None:
        """Have every gateway enrol that has not yet, as a field engineer would."""
        new = [
            gateway
            for gateway in self._state.nodes_there_are()
            if not programs.is_enrolled(self._folder, gateway.node)
        ]
        if not new:
            return
        with self._steps.step(f"{len(new)} nodes enrolled"):
            async with asyncio.TaskGroup() as together:
                for gateway in new:
                    token = await self.observer.enrolment_token(gateway.node)
                    program = programs.enrol(self._folder, self._state, gateway.node, token)
                    together.create_task(self.supervisor.run_once(program, SERVICE_S))

    async def _until_online(self, before: Figures) -> None:
        """Wait until every node is online, and has more readings stored than before."""
        nodes = {gateway.node for gateway in self._state.nodes_there_are()}
        stored = {each.node: each.stored for each in before.nodes}
        there: set[str] = set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ONLINE_S):
                while True:
                    for running in self.supervisor.running.values():
                        readiness.give_up_on(running)
                    with contextlib.suppress(grpc.aio.AioRpcError):  # one is started again: soon
                        figures = await self.observer.figures()
                        there = {
                            each.node
                            for each in figures.nodes
                            if each.presence == "online" and each.stored > stored.get(each.node, 0)
                        }
                    if nodes <= there:
                        return
                    await asyncio.sleep(POLL_S)
        late = sorted(nodes - there)
        running = self.supervisor.running[f"edge-{late[0]}"]
        tail = "\n".join(f"    {line}" for line in running.tail())
        raise Failure(
            "NODES_NOT_ONLINE",
            f"not online and stored within {ONLINE_S:.0f} s: {', '.join(late)}; the end of the log "
            f"of {late[0]}:\n{tail}",
            f"the whole log is {running.log}; telemetry's is {self._folder.logs}/telemetry.log",
        )

    def _write_context(self, *, ready: bool) -> None:
        """Write down where the other commands find us."""
        write_json(
            self._folder.context,
            {
                **{name: self._state.address(f"{name} grpc") for name in SERVICES},
                "nats": self._state.nats_url,
                **{
                    f"{name} monitor": self._state.address(f"{name} monitor")
                    for name in self._state.nats_servers
                },
                "console": programs.console_url(self._state),
                "ready": ready,
                "addresses": dict(self.addresses()),
            },
        )

    # -- run ----------------------------------------------------------------------------------

    async def figures(self) -> Figures:
        """Return the figures of now, with a fresh token."""
        self.observer.metadata = metadata_of(self._folder, ROLE)
        return await self.observer.figures()

    async def _take_peaks(self) -> None:
        """Measure memory now and then, and keep the logs within their bound."""
        while True:
            await asyncio.to_thread(self.peaks.look, list(self.supervisor.running.values()))
            for running in list(self.supervisor.running.values()):
                bound(running.log)
            if self._manifests is not None:
                operators.renew_token(self._folder, time.time())
            await asyncio.sleep(1.0)

    # -- stop ---------------------------------------------------------------------------------

    def _running(self, prefix: str) -> list[str]:
        return [name for name in self.supervisor.running if name.startswith(prefix)]

    async def stop_agents(self) -> list[Running]:
        """Stop the agents, and return those that had to be killed."""
        names = self._running("edge-")
        agents = [self.supervisor.running[name] for name in names]
        if names:
            await self.supervisor.stop(*names)
        return [agent for agent in agents if agent.killed]

    async def settle(self, deadline_s: float) -> tuple[Figures, Audit]:
        """Wait until nothing is in flight or time is up; return the last account and the count.

        An account may count a block while it is being written, so the rows are counted until they
        are as many, within the same time.
        """
        deadline = time.monotonic() + deadline_s
        while True:
            is_late = time.monotonic() > deadline
            try:
                figures = await self.figures()
                audit = await self.observer.audit()
            except grpc.RpcError:
                if is_late:
                    raise
            else:
                settled = (
                    figures.total("in_flight") == 0
                    and figures.pending_batches == 0
                    and audit.found == figures.total("stored")
                )
                if settled or is_late:
                    return figures, audit
            await asyncio.sleep(POLL_S)  # one that is started again answers soon

    async def stop(self) -> None:
        """Stop everything: the edge, then the services, then the databases."""
        for task in (self._peaks_taker, *self._disk_watches):
            if task is not None:
                task.cancel()
        if self._observer is not None:
            await self._observer.close()
        for senders in ("ven", "ward", "hospitals", operators.NAME):
            there = self._running(senders)
            if there:
                await self.supervisor.stop(*there)
        await self.stop_agents()
        for names in (("gateway", "issuer"), SERVICES, ("meters", *DATABASES)):
            # Of a pair both at once: one that stands by would take over.
            there = [name for name in self._running("") if PAIR_NUMBER.sub("", name) in names]
            if there:
                await self.supervisor.stop(*there)
        if self.supervisor.running:
            await self.supervisor.stop()
        self._folder.pids.unlink(missing_ok=True)


def first_failure(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first Failure of a group, or else its first exception."""
    failures = group.subgroup(Failure) or group
    first = failures.exceptions[0]
    return first_failure(first) if isinstance(first, BaseExceptionGroup) else first


def registration(gateway: Gateway, stack_id: str) -> fleet_service_pb2.CreateNodeRequest:
    """Return the request that registers a gateway; the same each time, to be repeatable."""
    return fleet_service_pb2.CreateNodeRequest(
        node_id=gateway.node,
        node=node_pb2.Node(
            display_name=gateway.display_name,
            node_class=node_pb2.NODE_CLASS_GATEWAY,
            place_code=gateway.place_code,
            labels={"stack": "local"},
        ),
        request_id=str(uuid.uuid5(uuid.UUID(stack_id), gateway.node)),
    )
