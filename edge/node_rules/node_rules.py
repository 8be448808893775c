"""The rules of one node: taken from plans, kept, judged as readings pass, and acted upon.

Nothing here needs the link. Outputs are safe before the first judgement and after the last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from edge.batcher import Measured
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.line_journal import LineJournal, LineKeeper
from edge.link import Work
from edge.node_rules import devices, journal, outputs, rule_sets
from edge.node_rules.devices import Device, OutputFailed
from edge.node_rules.judge import Change, Event, Judge, Rule, Seen, rules_of
from edge.node_rules.outputs import Standing
from edge.node_rules.rule_sets import NOTHING, PinnedKey, Refusal, Sets
from edge.node_rules.settings import RulesSettings
from edge.reading import Priority, Quality, Reading
from edge.rules import Plan, SignedSet
from tianfu import tasks
from tianfu.batch_encoder import SeriesKey
from tianfu.fleet.v1 import node_pb2
from tianfu.fleet.v1 import rule_set_pb2 as pb
from tianfu.node_rules.rule_set import RuleSetRefused
from tianfu.reading.v1 import reading_batch_pb2

TICK_S: Final = 0.5
"""How often all rules are judged whatever was measured: ages grow, times end."""

PAUSE_S: Final = 0.1
"""From one judgement to the next: a rule is judged so often at most, however readings come."""

RETRY_S: Final = 1.0
"""Until a device that did not confirm is asked again."""

SWITCH_S: Final = 4.0
"""For one device, all in all."""

CLOSE_S: Final = 5.0
"""For outputs to go safe at the end."""

SEEN_QUALITIES: Final = frozenset({Quality.GOOD, Quality.UNCERTAIN})
"""What rules look at. A value that is not credible is none: its series grows old."""

log = logging.getLogger(__name__)


class NodeRules:
    """The sets of rules of one node, and its outputs."""

    works: tuple[Work, ...] = ()
    """Nothing of it runs on the link."""

    def __init__(
        self,
        settings: RulesSettings,
        folder: Path,
        *,
        clock: Clock,
        counters: Counters,
        offset_us: Callable[[], int | None],
        put: Callable[[list[Measured]], Awaitable[None]],
        taken_series: Callable[[], Iterable[str]],
        changed: Callable[[], None],
        made: Mapping[str, Device] | None = None,
    ) -> None:
        """Take whose rules are followed, and who takes readings that they send.

        ``taken_series`` are ids that rules may not send under; ``changed`` is told when a report
        would say something else; ``made`` are other devices for tests.
        """
        self._settings = settings
        self._folder = folder
        self._key = PinnedKey(settings.key)
        self._clock = clock
        self._counters = counters
        self._offset_us = offset_us
        self._put = put
        self._taken_series = taken_series
        self._changed = changed
        own = {each.name: devices.make(each) for each in settings.outputs}
        self._devices: Mapping[str, Device] = own if made is None else made
        self._standing: dict[str, Standing] = {}
        self._retry_at: dict[str, float] = {}
        self._conflicts: frozenset[tuple[str, str]] = frozenset()
        self._sets: Sets = NOTHING
        self._refused: dict[str, Refusal] = {}
        self._since_us: dict[tuple[str, int, str], int] = {}
        self._rules: dict[str, tuple[SignedSet, list[Rule]]] = {}
        self._judge = Judge()
        self._ended: list[Event] = []
        self._seen: dict[str, Seen] = {}
        self._touched: set[str] = set()
        self._watched: frozenset[str] = frozenset()
        self._wanted: tuple[SignedSet, ...] | None = None
        self._news = asyncio.Event()
        keeper = LineJournal(folder, journal.FILE)
        self._kept = LineKeeper(keeper, counters, "rule actions", "RULE_ACTION_NOT_KEPT")

    # -- what comes in ---------------------------------------------------------------------------

    async def restore(self) -> None:
        """Go on by the sets that were kept, before there is a link."""
        found = await asyncio.to_thread(rule_sets.load, self._folder, self._key, self._check)
        # A plan that was applied before this is taken up by ``run``.
        self._sets, self._refused = found
        self._count_refusals(self._refused)
        lines = await self._kept.lines()
        now_us, now = self._clock.wall_us(), self._clock.monotonic()
        self._judge = Judge(*journal.restored(lines, now_us, now))

    def apply(self, plan: Plan) -> None:
        """Want the sets of a plan."""
        self._wanted = plan.rule_sets
        self._news.set()

    def see(self, reading: Reading) -> None:
        """Remember a reading that rules look at; costs one look-up for any other."""
        if reading.series not in self._watched or reading.quality not in SEEN_QUALITIES:
            return
        late_s = max(0.0, (self._clock.wall_us() - reading.time_us) / MICROSECONDS)
        self._seen[reading.series] = Seen(reading.value, self._clock.monotonic() - late_s)
        self._touched.add(reading.series)
        self._news.set()

    # -- judging ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep actions, and judge and act, until cancelled."""
        keeping = asyncio.create_task(self._kept.run(), name="rule actions")
        try:
            next_tick = self._clock.monotonic()
            while True:
                await self._take_plan()
                now = self._clock.monotonic()
                is_tick = now >= next_tick
                if is_tick:
                    next_tick = now + TICK_S
                    self._follow()
                await self.look(everything=is_tick)
                tasks.check_running([keeping])
                await asyncio.sleep(PAUSE_S)
                try:
                    async with asyncio.timeout(max(0.0, next_tick - self._clock.monotonic())):
                        await self._news.wait()
                except TimeoutError:
                    continue
        finally:
            await tasks.end([keeping])

    async def look(self, *, everything: bool) -> None:
        """Judge what was touched, or all; send readings and switch outputs accordingly."""
        self._news.clear()
        touched, self._touched = self._touched, set()
        now = self._clock.monotonic()
        ended, self._ended = self._ended, []
        events = self._judge.step(self._seen, None if everything else touched, now)
        await self._act([*ended, *events])

    async def _act(self, events: Sequence[Event]) -> None:
        now_us = self._clock.wall_us()
        for event in events:
            self._counters.add(event.reason or f"RULE_ACTION_{event.change.value.upper()}")
            self._kept.put(journal.line(event, now_us))
        readings = [made for event in events if (made := _reading(event, now_us)) is not None]
        if readings:
            await self._put(readings)
        await self._switch()

    async def _switch(self) -> None:
        """Bring outputs to where they should be, as far as they may and their devices do it."""
        own = self._settings.outputs
        wanted = outputs.targets(own, self._judge.wants())
        for reason, _ in wanted.conflicts - self._conflicts:
            self._counters.add(reason)
        self._conflicts = wanted.conflicts
        # Twice: one that opposes another goes on when the other has just been confirmed off.
        for _ in range(2):
            now = self._clock.monotonic()
            due = outputs.switches(own, wanted, self._standing, self._judge.urgent, now)
            due = [(name, on) for name, on in due if self._retry_at.get(name, now) <= now]
            if not due:
                return
            await asyncio.gather(*(self._switch_one(name, is_on=on) for name, on in due))

    async def _switch_one(self, name: str, *, is_on: bool) -> None:
        try:
            async with asyncio.timeout(SWITCH_S):
                await self._devices[name].switch(is_on=is_on)
        except (OutputFailed, TimeoutError) as error:
            reason = getattr(error, "reason", "OUTPUT_NO_ANSWER")
            self._counters.add(reason)
            if self._standing.get(name, Standing(False)).is_on is not None:
                log.warning("output not switched", extra={"output": name, "reason": reason})
            self._standing[name] = Standing()
            self._retry_at[name] = self._clock.monotonic() + RETRY_S
            return
        self._retry_at.pop(name, None)
        self._standing[name] = Standing(is_on, self._clock.monotonic())
        self._kept.put(journal.switch_line(name, self._clock.wall_us(), is_on=is_on))

    # -- sets ------------------------------------------------------------------------------------

    async def _take_plan(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            self._follow()
            return
        sets, refused = rule_sets.taken(self._sets, wanted, self._key, self._check)
        if sets != self._sets:
            try:
                # Kept before it is followed: a restart must not fall behind what was reported.
                await asyncio.to_thread(rule_sets.save, self._folder, sets)
            except OSError as error:
                self._counters.add("RULE_SETS_NOT_KEPT")
                log.warning("rule sets not kept", extra={"detail": error.strerror})
                if self._wanted is None:
                    self._wanted = wanted
                return
        self._count_refusals(
            {name: each for name, each in refused.items() if self._refused.get(name) != each}
        )
        is_other = sets != self._sets or refused != self._refused
        self._sets, self._refused = sets, refused
        self._follow()
        if is_other:
            self._changed()

    def _count_refusals(self, refused: Mapping[str, Refusal]) -> None:
        for name, each in refused.items():
            self._counters.add(each.reason)
            log.warning(
                "rule set refused",
                extra={"set": name, "reason": each.reason, "detail": each.message},
            )

    def _follow(self) -> None:
        """Follow the sets whose time it is."""
        now_us = self._clock.wall_us() + (self._offset_us() or 0)
        current = {n: k for n, k in self._sets.kept.items() if _is_in_force(k.message, now_us)}
        if {name: each.signed for name, each in current.items()} == {
            name: signed for name, (signed, _) in self._rules.items()
        }:
            return
        for name in self._rules.keys() - current.keys():
            del self._rules[name]
        for name, kept in current.items():
            held = self._rules.get(name)
            if held is None or held[0] != kept.signed:
                self._rules[name] = (kept.signed, rules_of(kept.message))
        rules = [rule for name in sorted(self._rules) for rule in self._rules[name][1]]
        self._watched = frozenset(s for rule in rules for s in rule.series)
        self._seen = {name: each for name, each in self._seen.items() if name in self._watched}
        self._ended += self._judge.follow(rules)
        self._changed()

    def _check(self, message: pb.RuleSet) -> None:
        """Raise RuleSetRefused for what this node has no output for, or may not send."""
        own = {each.name: each for each in self._settings.outputs}
        taken = set(self._taken_series())
        for rule in message.rules:
            on = set()
            for action in rule.actions:
                if action.HasField("send_reading") and action.send_reading.series in taken:
                    text = f"rule {rule.name!r}: {action.send_reading.series} is measured here"
                    raise RuleSetRefused("RULE_SET_SERIES_TAKEN", text)
                name = action.switch_output.output
                if not name:
                    continue
                if name not in own:
                    text = f"rule {rule.name!r}: this node has no output {name!r}"
                    raise RuleSetRefused("RULE_SET_OUTPUT_UNKNOWN", text)
                if action.switch_output.position == pb.OUTPUT_POSITION_ON:
                    on.add(name)
            if any(own[name].opposes & on for name in on):
                text = f"rule {rule.name!r}: puts on outputs that oppose each other"
                raise RuleSetRefused("RULE_SET_OUTPUTS_OPPOSED", text)

    # -- what is said ----------------------------------------------------------------------------

    def describe(self, report: node_pb2.PlanReport) -> None:
        """Add what became of sets to a report on a plan."""
        report.rule_sets.extend(self.reports())

    def reports(self) -> list[pb.RuleSetReport]:
        """Return what became of each set."""
        now_us = self._clock.wall_us() + (self._offset_us() or 0)
        found = []
        for name in sorted({*self._sets.kept, *self._refused}):
            kept, refusal = self._sets.kept.get(name), self._refused.get(name)
            state = pb.RULE_SET_STATE_REFUSED
            if refusal is None and kept is not None:
                is_due = _is_in_force(kept.message, now_us)
                state = pb.RULE_SET_STATE_IN_FORCE if is_due else pb.RULE_SET_STATE_DORMANT
            version = 0 if kept is None else kept.message.version
            reason = "" if refusal is None else refusal.reason
            since_us = self._since_us.setdefault((name, version, f"{state}{reason}"), now_us)
            seconds, rest_us = divmod(since_us, MICROSECONDS)
            found.append(
                pb.RuleSetReport(
                    name=name,
                    version=version,
                    state=state,
                    since_time=Timestamp(seconds=seconds, nanos=rest_us * 1000),
                    reason=reason,
                    message="" if refusal is None else refusal.message,
                )
            )
        current = {(r.name, r.version, f"{r.state}{r.reason}") for r in found}
        self._since_us = {key: at for key, at in self._since_us.items() if key in current}
        return found

    def status(self) -> dict[str, Any]:
        """Return what the status file says."""
        return {
            "sets": [
                {
                    "name": each.name,
                    "version": each.version,
                    "state": pb.RuleSetState.Name(each.state)[len("RULE_SET_STATE_") :].lower(),
                    "reason": each.reason,
                    "message": each.message,
                }
                for each in self.reports()
            ],
            "rules": [
                {"name": rule.key, "state": rule.state.value, "reason": rule.reason}
                for rule in self._judge.rules.values()
            ],
            "outputs": [
                {
                    "name": each.name,
                    "position": _position(self._standing.get(each.name, Standing())),
                }
                for each in self._settings.outputs
            ],
            "judged": sum(rule.judged for rule in self._judge.rules.values()),
        }

    async def close(self) -> None:
        """Put outputs where they are safe, and keep what still waits."""
        self._judge.follow([])
        self._judge.urgent = {each.name for each in self._settings.outputs}
        self._retry_at.clear()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._switch()
        except TimeoutError:
            self._counters.add("OUTPUT_NO_ANSWER")
        for device in self._devices.values():
            device.close()
        await self._kept.close()


def _is_in_force(message: pb.RuleSet, now_us: int) -> bool:
    if now_us < message.valid_from_time.ToMicroseconds():
        return False
    return not message.HasField("valid_to_time") or now_us < message.valid_to_time.ToMicroseconds()


def _position(standing: Standing) -> str:
    return {None: "unknown", True: "on", False: "off"}[standing.is_on]


def _reading(event: Event, now_us: int) -> Measured | None:
    """Return the reading that an event calls for: urgent, stale when the rule can't be judged."""
    if not event.action.HasField("send_reading") or event.change is Change.DENIED:
        return None
    send = event.action.send_reading
    value = 0.0 if event.change is Change.ENDED else send.value
    quality = Quality.STALE if event.change is Change.LOST else Quality.GOOD
    key = SeriesKey(send.series, "1", reading_batch_pb2.RETENTION_CLASS_LONG)
    return Measured(key, Priority.URGENT, Reading(send.series, now_us, value, quality))
