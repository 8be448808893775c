"""The agent: its parts put together, from the first sample to a stop that loses nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from edge import agent_parts, reload, seismic_inputs, status
from edge.agent_parts import Randomness
from edge.apps.host import AppHost
from edge.batcher import Batcher, Measured, OpenBatch
from edge.clock import Clock
from edge.counters import Counters
from edge.downlink import Downlink
from edge.driver_settings import DriverSettings
from edge.drivers import driver as drivers
from edge.drivers.driver import Driver
from edge.enrolment.identity import Identity
from edge.heartbeat import Heartbeat
from edge.link import Link, Work
from edge.poller import Poller
from edge.pollers import Pollers
from edge.rules import Plan
from edge.settings import Settings
from edge.spool import Spool
from edge.spool_account import NewBatch
from edge.spool_worker import SpoolWorker
from edge.ticket import Ticket
from edge.tracing import Tracer
from edge.uplink import Uplink
from tianfu import tasks

if TYPE_CHECKING:
    from edge.warnings.node_warnings import NodeWarnings
    from tianfu.fleet.v1 import node_pb2

MEASURED_WAITING_MAX: Final = 64
"""Lists of readings between drivers and batches; beyond it the drivers wait."""

CLOSED_WAITING_MAX: Final = 64
"""Closed batches before the spool: 1 MB at 1,000 readings each."""

STORE_BATCHES_MAX: Final = 32
"""Batches stored by one commit: half a megabyte, which the spool's reserve covers."""

TIDY_EVERY_S: Final = 15.0
STATUS_EVERY_S: Final = 2.0

STOP_UPLINK_S: Final = 5.0
"""What a stop waits for the link to empty the spool. What is left is sent after the next start."""

log = logging.getLogger(__name__)


class Agent:
    """One node's agent, over an open spool."""

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        *,
        clock: Clock,
        random: Randomness,
        version: str,
        identity: Identity | None = None,
        make_driver: Callable[[DriverSettings, Clock], Driver] = drivers.make,
    ) -> None:
        """Put the parts together; nothing runs yet."""
        self._settings = settings
        self._clock = clock
        self._version = version
        self._spool = SpoolWorker(spool)
        self.counters = Counters()
        self._instance = random.getrandbits(63) or 1
        trace = settings.trace
        self._tracer = Tracer(trace.file, trace.sample_ratio, random.getrandbits)
        batch = settings.batch
        self._batcher = Batcher(batch.readings_max, batch.close_after_s, self._tracer)
        self._measured: asyncio.Queue[tuple[list[Measured], Ticket | None]] = asyncio.Queue(
            MEASURED_WAITING_MAX
        )
        self._closed: asyncio.Queue[OpenBatch] = asyncio.Queue(CLOSED_WAITING_MAX)
        self._putting: set[asyncio.Future[None]] = set()
        shared: dict[str, Any] = {"clock": clock, "counters": self.counters}
        self.settings_state = reload.SettingsState(clock.wall_us())
        self.rules = agent_parts.make_rules(
            settings,
            clock,
            self.counters,
            offset_us=lambda: status.offset_or_none(self.heartbeat.offset_us),
            put=self._put_all,
            taken_series=self._measured_series,
            changed=lambda: self.downlink.changed(),  # noqa: PLW0108 - it is made below
        )
        self._pollers = Pollers(
            settings.drivers,
            lambda one: Poller(
                one,
                make_driver(one, clock),
                self.put,
                seen=None if self.rules is None else self.rules.see,
                jitter=random.random,
                **shared,
            ),
        )
        node = settings.node
        self.link = Link(
            node, agent_parts.access_of(settings, identity), jitter=random.random, **shared
        )
        self.uplink = Uplink(node, self._spool, tracer=self._tracer, jitter=random.random, **shared)
        self.downlink = Downlink(node, self._spool, self._apply, describe=self._describe, **shared)
        self.heartbeat = Heartbeat(
            node,
            self._spool,
            settings.heartbeat_interval_s,
            instance=self._instance,
            version=version,
            plan_generation=lambda: self.downlink.plan.generation,
            **shared,
        )
        self._make_parts(settings, identity, random)

    def _make_parts(
        self, settings: Settings, identity: Identity | None, random: Randomness
    ) -> None:
        """Make the parts that only some nodes have."""
        clock = self._clock
        self.apps = AppHost(
            lambda: agent_parts.make_apps(
                settings,
                clock,
                self.counters,
                random.random,
                offset_us=lambda: status.offset_or_none(self.heartbeat.offset_us),
                changed=self.downlink.changed,
            )
        )
        self.warnings = self._make_warnings(random)
        self.seismic = agent_parts.make_seismic(
            settings,
            clock,
            self.counters,
            self._tracer,
            random.getrandbits,
            random.random,
            lambda: status.offset_or_none(self.heartbeat.offset_us),
            self.rules,
        )
        self.hl7 = agent_parts.make_hl7(
            settings, clock, self.counters, self._tracer, random.random, random.getrandbits
        )
        self.setpoints = agent_parts.make_setpoints(
            settings,
            clock,
            self.counters,
            lambda: status.offset_or_none(self.heartbeat.offset_us),
        )
        self.scores = agent_parts.make_scores(settings, clock, self.counters)
        self.anomalies = agent_parts.make_anomalies(settings, self.counters)
        self.inspections = agent_parts.make_inspections(
            settings, clock, self.counters, self._tracer, random.random, random.getrandbits
        )
        self.updates = agent_parts.make_updates(
            settings,
            clock,
            self.counters,
            self._version,
            is_well=lambda: status.offset_or_none(self.heartbeat.offset_us) is not None,
            changed=self.downlink.changed,
        )
        self.diagnostics = agent_parts.make_diagnostics(
            settings,
            clock,
            self.counters,
            self._version,
            status=self.status,
            history=lambda: tuple(self.link.history),
            generation=lambda: self.downlink.plan.generation,
            describe=self._describe,
        )
        self._make_renewals(identity, random)

    def _make_renewals(self, identity: Identity | None, random: Randomness) -> None:
        """Make what renews the node's credentials, and its leaf server, which does by the same."""
        settings, clock = self._settings, self._clock
        self.renewal = agent_parts.make_renewal(
            *(settings, identity, self.link, clock, self.counters),
            *(lambda: self.heartbeat.offset_us, random.random, random.getrandbits),
        )
        self.station = agent_parts.make_station(
            *(settings, clock, self.counters, random),
            holder=lambda: None if self.renewal is None else self.renewal.identity,
            offset_us=lambda: self.heartbeat.offset_us,
        )

    def _make_warnings(self, random: Randomness) -> NodeWarnings | None:
        """Return what follows warnings, when the settings ask for it; imported only then."""
        settings = self._settings
        if settings.warnings is None:
            return None
        from edge.warnings.node_warnings import NodeWarnings  # noqa: PLC0415 - as said above

        return NodeWarnings(
            settings.warnings,
            settings.node,
            settings.data_dir,
            clock=self._clock,
            counters=self.counters,
            tracer=self._tracer,
            random_bits=random.getrandbits,
            jitter=random.random,
            offset_us=lambda: self.heartbeat.offset_us,
        )

    async def put(self, measured: list[Measured], ticket: Ticket | None = None) -> None:
        """Take readings for their batches; waits while the spool is behind.

        ``ticket`` is told when all of them are on the disk. What is reckoned from them goes along.
        """
        made: list[Measured] = []
        if self.scores is not None:
            made += self.scores.observe(measured)
        if self.anomalies is not None:
            made += self.anomalies.observe([*measured, *made])
        if self.rules is not None:
            for each in made:
                self.rules.see(each.reading)
        await self._put_all([*measured, *made], ticket)

    async def _put_all(self, measured: list[Measured], ticket: Ticket | None = None) -> None:
        """Take readings as they are."""
        try:
            self._measured.put_nowait((measured, ticket))
        except asyncio.QueueFull:
            # Shielded: a driver that is stopped while it waits has measured all the same.
            putting = asyncio.ensure_future(self._measured.put((measured, ticket)))
            self._putting.add(putting)
            putting.add_done_callback(self._putting.discard)
            await asyncio.shield(putting)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set, then stop without losing a reading."""
        if self.rules is not None:
            await self.rules.restore()
        await self.downlink.restore()
        # The heartbeat first: it measures the clock by which old warnings are judged.
        works: list[Work] = [self.heartbeat.run, self.uplink.run, self.downlink.run]
        works.append(self.apps.fetch)
        for restored in (
            *(self.warnings, self.setpoints, self.scores, self.anomalies, self.station),
            self.diagnostics,
        ):
            if restored is not None:
                await restored.restore()
        parts = {
            name: part
            for name, part in (
                ("warnings", self.warnings),
                ("seismic", self.seismic),
                ("hl7", self.hl7),
                ("setpoints", self.setpoints),
                ("scores", self.scores),
                ("anomalies", self.anomalies),
                ("inspections", self.inspections),
                ("rules", self.rules),
                ("station", self.station),
                ("updates", self.updates),
            )
            if part is not None
        }
        works += [work for part in parts.values() for work in part.works]
        works += () if self.diagnostics is None else self.diagnostics.works
        polling = _named("poll", self._pollers.run())
        storing = [_named("batch", self._batch()), _named("store", self._store())]
        others = [
            _named("link", self.link.run(works)),
            _named("tidy", self._tidy()),
            _named("status", self._report_status()),
            _named("apps", self.apps.run()),
        ]
        if self.renewal is not None:
            others.append(_named("renewal", self.renewal.run()))
        others += [_named(name, part.run()) for name, part in parts.items()]
        waiting = _named("stop", _wait(stop))
        try:
            await asyncio.wait(
                [waiting, polling, *storing, *others], return_when=asyncio.FIRST_COMPLETED
            )
            tasks.check_running([polling, *storing, *others])
        finally:
            await tasks.end([waiting, polling])
            await self._pollers.stop()
            try:
                await self._finish(storing)
            finally:
                await tasks.end([*storing, *others])
                await self.apps.close()
                parts_kept = (
                    *(self.warnings, self.hl7, self.setpoints, self.scores, self.anomalies),
                    *(self.inspections, self.rules, self.station, self.diagnostics),
                )
                for closing in parts_kept:
                    if closing is not None:
                        await closing.close()
                await self._spool.close()
                self._tracer.close()
                self._write_status()

    async def use(self, settings: Settings) -> int:
        """Go by what can change of other settings; return how many drivers changed."""
        self._settings, self.settings_state.waiting = reload.split(self._settings, settings)
        self.heartbeat.set_own_interval(self._settings.heartbeat_interval_s)
        return await self._pollers.use(self._settings.drivers)

    def status(self) -> dict[str, Any]:
        """Return what there is to say of the agent now."""
        uplink = asdict(self.uplink.state, dict_factory=_without_flights)
        return {
            "node": self._settings.node,
            "pid": os.getpid(),
            "instance": f"{self._instance:x}",
            "version": self._version,
            "written_us": self._clock.wall_us(),
            "connection": {
                "url": self.link.url,
                "connected": self.link.is_connected,
                "sessions": self.link.sessions,
                "reason": self.link.reason,
                "message": self.link.message,
            },
            "spool": status.spool(self._spool, len(self._batcher), self._settings.spool.bytes_max),
            "uplink": {**uplink, "in_flight": len(self.uplink.state.in_flight)},
            "clock_offset_us": status.offset_or_none(self.heartbeat.offset_us),
            "plan": {
                "generation": self.downlink.plan.generation,
                "rules": len(self.downlink.plan.rules),
                "refusal": self.downlink.refusal,
            },
            "apps": self.apps.status(),
            "settings": asdict(self.settings_state),
            "drivers": [{**asdict(p.state), "missed": p.missed} for p in self._pollers],
            "warnings": None if self.warnings is None else self.warnings.status(),
            "seismic": None if self.seismic is None else self.seismic.status(),
            "hl7": None if self.hl7 is None else self.hl7.status(),
            "setpoints": None if self.setpoints is None else self.setpoints.status(),
            "scores": None if self.scores is None else self.scores.status(),
            "anomalies": None if self.anomalies is None else self.anomalies.status(),
            "inspections": None if self.inspections is None else self.inspections.status(),
            "rules": None if self.rules is None else self.rules.status(),
            "station": None if self.station is None else self.station.status(),
            "updates": None if self.updates is None else self.updates.status(),
            "identity": None if self.renewal is None else self.renewal.status(),
            "counts": dict(sorted(self.counters.counts.items())),
        }

    # -- from drivers to spool ---------------------------------------------------------------

    async def _batch(self) -> None:
        """Put readings into open batches and hand on those that are closed."""
        while True:
            deadline = self._batcher.deadline
            wait_s = None if deadline is None else deadline - self._clock.monotonic()
            try:
                async with asyncio.timeout(wait_s):
                    measured, ticket = await self._measured.get()
            except TimeoutError:
                await self._hand_on(self._batcher.due(self._clock.monotonic()))
                continue
            now, now_us = self._clock.monotonic(), self._clock.wall_us()
            closed = self._batcher.add(measured, now, now_us, ticket)
            if ticket is not None:
                ticket.close()
            await self._hand_on(closed)
            await self._hand_on(self._batcher.due(now))
            self._measured.task_done()

    async def _hand_on(self, closed: Sequence[OpenBatch]) -> None:
        for batch in closed:
            await self._closed.put(batch)

    async def _store(self) -> None:
        """Store closed batches, as many as wait by one commit."""
        while True:
            batches = [await self._closed.get()]
            while len(batches) < STORE_BATCHES_MAX and not self._closed.empty():
                batches.append(self._closed.get_nowait())
            await self._store_all(batches)
            for _ in batches:
                self._closed.task_done()

    async def _store_all(self, batches: list[OpenBatch]) -> None:
        offset_us = self.heartbeat.offset_us
        new = [
            NewBatch(b.builder.message(clock_offset_us=offset_us), b.context.traceparent)
            for b in batches
        ]
        sequences = await self._spool.store(new)
        now_us = self._clock.wall_us()
        for batch, sequence in zip(batches, sequences, strict=True):
            batch.settle(is_kept=sequence is not None)
            if sequence is None:
                self.counters.add("DISK_FULL")
                continue
            self._tracer.write(
                batch.context,
                "edge.batch",
                batch.opened_us,
                now_us,
                node=self._settings.node,
                epoch=f"{self._spool.epoch:x}",
                sequence=sequence,
                readings=len(batch.builder),
            )
        self.uplink.notify()

    async def _finish(self, storing: Sequence[asyncio.Task[None]]) -> None:
        """Store all that was measured, then give the link a moment to send it."""
        if any(task.done() for task in storing):
            return  # they failed: there is nobody left to hand anything to
        await tasks.until_empty(self._measured, storing, asyncio.gather(*self._putting))
        await self._hand_on(self._batcher.close_all())
        await tasks.until_empty(self._closed, storing)
        await self._spool.tidy()
        self.uplink.notify()
        until = self._clock.monotonic() + STOP_UPLINK_S
        while self.link.is_connected and not self._is_sent():
            if self._clock.monotonic() >= until:
                break
            await asyncio.sleep(0.01)
        waiting = self._spool.account().waiting_readings
        log.info("stopped", extra={"readings_left_in_spool": waiting})

    def _is_sent(self) -> bool:
        """Tell whether nothing waits to be sent."""
        is_settled = self.warnings is None or self.warnings.is_settled
        is_settled = is_settled and (self.hl7 is None or self.hl7.is_sent)
        is_settled = is_settled and (self.inspections is None or self.inspections.is_sent)
        return is_settled and not self._spool.account().waiting_batches

    # -- the rest ----------------------------------------------------------------------------

    def _apply(self, plan: Plan) -> None:
        self._pollers.apply(plan.rules)
        self.apps.apply(plan.work)
        self.heartbeat.set_interval(plan.heartbeat_interval_s)
        for part in (self.rules, self.updates):
            if part is not None:
                part.apply(plan)

    def _describe(self, report: node_pb2.PlanReport) -> None:
        """Add to a report on the plan what became of its apps, shares and rules."""
        for part in (self.apps, self.updates):
            if part is not None:
                part.describe(report)
        agent_parts.describe_rules(self.rules, self.downlink.plan, report)

    def _measured_series(self) -> list[str]:
        """Return the ids that rules may not send readings under."""
        own = [one.id for driver in self._settings.drivers for one in driver.series]
        return own if self.seismic is None else [*own, *seismic_inputs.SERIES]

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            await self._spool.tidy()
            self.uplink.notify()

    async def _report_status(self) -> None:
        while True:
            self._write_status()
            await asyncio.sleep(STATUS_EVERY_S)

    def _write_status(self) -> None:
        try:
            status.write(self._settings.data_dir, self.status())
        except OSError:
            self.counters.add("STATUS_UNWRITTEN")


def _without_flights(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name != "in_flight"}


def _named(name: str, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(coroutine, name=name)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
