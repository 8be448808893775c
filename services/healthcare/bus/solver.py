"""The solver: casualty plans are solved again whenever something of them has changed."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from services.healthcare.model.beds import COLOURS
from services.healthcare.model.distribution import NotSolved, Plan, distribute
from services.healthcare.store.transaction import Transactor
from services.healthcare.usecases import casualty_plans
from services.healthcare.usecases.casualty_plans import Situation
from services.healthcare.usecases.rules_in_force import RuleDesk
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.refusal import Refusal

LOOK_S: Final = 1.0
"""How often it looks when nobody rings: for what another process or a crash left."""

BUCKETS_S: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 20.0)

log = structlog.get_logger(__name__)


class Solver:
    """Solves one plan after the other. Two processes may: the last solution stands, and is true."""

    def __init__(
        self,
        transactor: Transactor,
        desk: RuleDesk,
        clock: Clock,
        monotonic: Monotonic,
        bell: Bell,
        registry: CollectorRegistry,
    ) -> None:
        self._transactor = transactor
        self._desk = desk
        self._clock = clock
        self._monotonic = monotonic
        self._bell = bell
        self._solved = Counter(
            "tianfu_healthcare_plans_solved", "Solutions of casualty plans.", registry=registry
        )
        self._failures = Counter(
            "tianfu_healthcare_plan_failures",
            "Times a casualty plan could not be solved; the former solution stands.",
            registry=registry,
        )
        self._seconds = Histogram(
            "tianfu_healthcare_plan_seconds",
            "From reading a plan until its solution was stored.",
            buckets=BUCKETS_S,
            registry=registry,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Solve until told to stop."""
        while not stop.is_set():
            solved = 0
            try:
                solved = await self.look()
            except Refusal as error:
                self._failures.inc()
                log.warning("casualty plan not solved", reason=error.reason)
            if not solved:
                await self._bell.wait(LOOK_S)

    async def look(self) -> int:
        """Solve what is due; return how many plans that were."""
        plans: list[str] = await self._transactor.read(casualty_plans.due, now=self._clock())
        count = 0
        for plan in plans:
            count += await self._solve(plan)
        return count

    async def _solve(self, plan: str) -> int:
        began = self._monotonic()
        read: Situation | None = await self._transactor.read(
            casualty_plans.situation, self._desk, plan, now=self._clock()
        )
        if read is None:
            return 0
        try:
            solved = await asyncio.to_thread(solution, read)
        except NotSolved as error:
            self._failures.inc()
            log.warning("casualty plan not solved in time", reason=error.reason)
            return 0
        kept = await self._transactor.write(
            casualty_plans.put_solution, read, solved, now=self._clock()
        )
        self._solved.inc()
        self._seconds.observe(self._monotonic() - began)
        return int(kept)


def solution(read: Situation) -> Plan:
    """Return the best distribution; without a single hospital everybody waits."""
    if read.takers:
        return distribute(read.incident, read.weights)
    waiting = tuple(
        (origin, tag, int(read.incident.casualties[row, column]))
        for row, origin in enumerate(read.incident.origins)
        for column, tag in enumerate(COLOURS)
        if read.incident.casualties[row, column]
    )
    return Plan(read.weights.version, (), waiting, 0.0)
