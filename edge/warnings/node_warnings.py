"""Warnings on one node, put together: what the agent runs when its settings ask for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, assert_never

from edge.clock import Clock
from edge.counters import Counters
from edge.link import Work
from edge.tracing import Tracer
from edge.uplink import Uplink
from edge.warning_settings import (
    BoardSource,
    CellSource,
    LogSource,
    SinkSettings,
    SirenSource,
    VoiceSource,
    WarningSettings,
)
from edge.warnings import acknowledgements, receipts
from edge.warnings.bulletin import PinnedKey
from edge.warnings.journal import JournalFile
from edge.warnings.journal_worker import JournalWorker
from edge.warnings.platform_time import PlatformTime
from edge.warnings.ports import Sink, Task
from edge.warnings.receiver import Listener, Receiver
from edge.warnings.sink_runner import SinkRunner
from tianfu import subjects, tasks

TIDY_EVERY_S: Final = 60.0

RECEIPT_RETRY_MOST_S: Final = 5.0
"""A receipt that is due is asked about sooner than a reading: somebody may be called for want of
it (叫应)."""

STOP_SINKS_S: Final = 2.0
"""What a stop waits for sinks that are in the midst of something."""


class NodeWarnings:
    """Receiver, sinks, journal and the uplink of receipts."""

    def __init__(
        self,
        settings: WarningSettings,
        node: subjects.NodeId,
        data_dir: Path,
        *,
        clock: Clock,
        counters: Counters,
        tracer: Tracer,
        random_bits: Callable[[int], int],
        jitter: Callable[[], float],
        offset_us: Callable[[], int],
        make_sink: Callable[..., Sink] | None = None,
    ) -> None:
        """Open the journal (SpoolRefused when it can't be) and put the parts together."""
        self._data_dir = data_dir
        self._counters = counters
        self._button = settings.button
        self.time = PlatformTime(clock, lambda: receipts.measured(offset_us()))
        reporter = receipts.Reporter(node, settings.county, self.time.offset_us)
        journal = JournalFile(
            data_dir, node, clock=clock, random_bits=random_bits, report=reporter.report
        )
        self.journal = JournalWorker(journal)
        made = [
            (make_sink or make)(one, settings.languages, data_dir, clock, self.time.now_us)
            for one in settings.sinks
        ]
        self._runners = {
            sink.kind: SinkRunner(
                sink,
                self.journal,
                now_us=self.time.now_us,
                reported=self._reported,
                counters=counters,
                jitter=jitter,
            )
            for sink in made
        }
        self.receiver = Receiver(
            settings.county,
            {channel: PinnedKey(nkey) for channel, nkey in settings.keys.items()},
            [one.profile for one in settings.sinks],
            self.journal,
            self._hand_on,
            time=self.time,
            counters=counters,
            reported=self._reported,
        )
        listener = Listener(self.receiver, time=self.time, counters=counters)
        self.uplink = Uplink(
            node,
            self.journal,
            clock=clock,
            counters=counters,
            tracer=tracer,
            jitter=jitter,
            route=receipts.route(node, retry_most_s=RECEIPT_RETRY_MOST_S),
        )
        self.works: Sequence[Work] = (listener.hear, listener.fetch, self.uplink.run)

    async def restore(self) -> None:
        """Take up what was in force before a restart; needs no link."""
        await self.receiver.restore()
        for task in await self.journal.tasks():
            runner = self._runners.get(task.action.sink)
            if runner is None:
                # A sink that the settings have no more.
                continue
            runner.restore(task)

    async def run(self) -> None:
        """Run sinks and acknowledgements until cancelled; end when one of them breaks."""
        acknowledge = self.receiver.acknowledge
        watch = acknowledgements.watch_folder(self._data_dir, acknowledge, self._counters)
        running: list[Coroutine[Any, Any, None]] = [watch, self._tidy()]
        running += [runner.run() for runner in self._runners.values()]
        if self._button is not None:
            from edge.warnings.sinks.modbus_relay import ModbusRelay  # noqa: PLC0415 - pymodbus

            unit = self._button.unit
            button = ModbusRelay(unit.host, unit.port, unit.unit_id, 0, 1)
            address = self._button.address
            running.append(
                acknowledgements.watch_button(button, address, acknowledge, self._counters)
            )
        started = [asyncio.create_task(one) for one in running]
        try:
            done, _ = await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            await tasks.end(started)

    async def close(self) -> None:
        """Close the journal; what waits in it is sent after the next start."""
        await self.journal.close()

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is being done and no receipt waits."""
        return not self.journal.waiting and all(one.is_idle for one in self._runners.values())

    def status(self) -> dict[str, Any]:
        """Return what there is to say of warnings now."""
        count = self._counters.of
        state = self.uplink.state
        return {
            "place_code": self.receiver.county,
            "channels": [channel.value for channel in self.receiver.channels],
            "revisions": {
                channel.value: self.receiver.memory(channel).revision
                for channel in self.receiver.channels
            },
            "in_force": [
                {"channel": channel.value, "warning": warning, "version": version}
                for channel, warning, version in self.receiver.in_force()
            ],
            "received": count("BULLETIN_RECEIVED"),
            "refused": {
                reason: number
                for reason, number in sorted(self._counters.counts.items())
                if reason.startswith(("BULLETIN_", "NOTICE_")) and reason != "BULLETIN_RECEIVED"
            },
            "acted": count("WARNING_ACTED"),
            "acknowledged": count("WARNING_ACKNOWLEDGED"),
            "receipts": {
                "epoch": f"{self.journal.epoch:x}",
                "waiting": self.journal.waiting,
                "sent": state.acknowledged,
                "dropped": self.journal.dropped,
                "disk_failures": self.journal.disk_failures,
                "reason": state.reason,
                "message": state.message,
            },
            "sinks": [asdict(runner.state) for runner in self._runners.values()],
        }

    def _hand_on(self, task: Task) -> None:
        runner = self._runners.get(task.action.sink)
        if runner is not None:
            runner.put(task)

    def _reported(self) -> None:
        self.uplink.notify()

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            await self.journal.tidy(self.time.now_us())
            self.uplink.notify()


def make(
    settings: SinkSettings,
    languages: tuple[str, ...],
    data_dir: Path,
    clock: Clock,
    now_us: Callable[[], int],
) -> Sink:
    """Return the sink that ``settings`` ask for. Its protocol is imported only now."""
    source = settings.source
    match source:
        case SirenSource(unit=unit):
            from edge.warnings.sinks.modbus_relay import ModbusRelay  # noqa: PLC0415 - pymodbus
            from edge.warnings.sinks.siren import SirenSink  # noqa: PLC0415 - only who uses it

            relay = ModbusRelay(unit.host, unit.port, unit.unit_id, source.coil, source.coils)
            return SirenSink(relay, source.pattern, source.drill, clock=clock, now_us=now_us)
        case BoardSource(host=host, port=port, timeout_s=timeout_s):
            from edge.warnings.sinks.board import BoardSink  # noqa: PLC0415 - only who uses it

            return BoardSink(host, port, languages=languages, deadline_s=timeout_s, now_us=now_us)
        case CellSource(url=url, period_s=period_s, timeout_s=timeout_s):
            from edge.warnings.sinks.cell_gateway import HttpGateway  # noqa: PLC0415 - as above
            from edge.warnings.sinks.cells import CellBroadcastSink  # noqa: PLC0415 - as above

            return CellBroadcastSink(
                HttpGateway(url),
                data_dir,
                languages=languages,
                period_s=period_s,
                deadline_s=timeout_s,
                now_us=now_us,
            )
        case VoiceSource(command=command, folder=folder, timeout_s=timeout_s):
            from edge.warnings.sinks.voice import VoiceCommand, VoiceFile  # noqa: PLC0415 - as above

            if folder is not None:
                return VoiceFile(folder, languages=languages)
            return VoiceCommand(command, languages=languages, deadline_s=timeout_s)
        case LogSource():
            from edge.warnings.sinks.logged import LogSink  # noqa: PLC0415 - only who uses it

            return LogSink()
        case _:
            assert_never(source)
