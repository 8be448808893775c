"""An operator: caches that are followed, queues that are worked off, Kopf that hears of changes.

How to add a kind, in ``operators/NAME/handlers.py``::

    def wire(operator: Operator) -> None:
        apps = operator.cache(EDGE_APP)                 # one cache a kind, shared by all handlers
        nodes = operator.cache(EDGE_NODE)

        async def reconcile(key: Key) -> float | None:
            observed = apps.get(key)
            if observed is None:
                return None                             # it is gone
            decided = plan(parse(observed), nodes.all(), now=operator.now())
            await operator.execute(decided.actions)     # at most one WriteStatus among them
            return decided.look_again_s

        queue = operator.reconciles(EDGE_APP, reconcile)    # the one handler of the kind
        operator.wakes(EDGE_NODE, queue, lambda before, after: ...)   # keys that others' news wake

``parse`` and ``plan`` are pure. What is written is in ``operators.kube.actions``; it does nothing
when it is so already, so a reconcile may come at any time and any number of times. Then name
``wire`` in ``operators/process.py``, and the kind's verbs in ``operators/kube/rights.py``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from operators.clock import Clock, system_clock
from operators.kube.actions import Action
from operators.kube.client import Client
from operators.kube.connection import Connection
from operators.kube.executor import Executor
from operators.kube.kinds import Key, Kind, Object, key_of
from operators.kube.measures import Measures
from operators.kube.observe import Cache, Index, serves_all
from operators.kube.queue import Queue, Reconcile

RESYNC_S: Final = 600.0
"""How often every object is looked at without cause: nothing is written when all is so."""

STUCK_S: Final = 120.0
SILENT_S: Final = 180.0
"""Watches that say nothing for so long are dead: bookmarks come every minute."""

Mapper = Callable[[Object | None, Object | None], Iterable[Key]]
"""Returns which keys a change of another object concerns."""

MANAGED: Final = "app.kubernetes.io/managed-by=tianfu"
"""Selects what operators make; nothing else of those kinds is read."""

log = logging.getLogger("tianfu.operators")


def leads_always() -> bool:
    """Lead without an election: the only replica."""
    return True


@dataclass(frozen=True)
class Scope:
    """What an operator looks after: namespaces, all when none is named, and of those its shard."""

    namespaces: Sequence[str] = ()
    serves: Callable[[str], bool] = serves_all


@dataclass
class Controller:
    """The one handler of a kind."""

    kind: Kind
    cache: Cache
    queue: Queue


@dataclass
class Operator:
    """What handlers are given. ``leads`` is asked before each write."""

    client: Client
    connection: Connection
    measures: Measures = field(default_factory=Measures)
    clock: Clock = system_clock
    scope: Scope = field(default_factory=Scope)
    leads: Callable[[], bool] = leads_always
    instance: str = "local"

    def __post_init__(self) -> None:
        """Make the executor."""
        self.controllers: dict[Kind, Controller] = {}
        self.caches: dict[Kind, Cache] = {}
        self.beside: list[Controller] = []
        self.heard_of: list[Kind] = []
        self.started = asyncio.Event()
        self.executor = Executor(
            self.client,
            self.caches,
            self.measures,
            clock=self.now,
            leads=self.leads,
            instance=self.instance,
        )

    def now(self) -> datetime:
        """Return the time for a plan: the API server's, when our own differs."""
        return self.clock() + self.client.server_clock.offset()

    def cache(self, kind: Kind, selector: str = "", **indices: Index) -> Cache:
        """Return the cache of a kind, made at the first asking, with more indices if given."""
        if kind not in self.caches:
            self.caches[kind] = Cache(
                self.client,
                kind,
                self.measures,
                namespaces=self.scope.namespaces,
                serves=self.scope.serves,
                selector=selector,
            )
        found = self.caches[kind]
        for name, index in indices.items():
            found.add_index(name, index)
        return found

    async def execute(self, actions: Iterable[Action]) -> None:
        """Carry out what a plan wants."""
        await self.executor.execute(actions)

    def reconciles(self, kind: Kind, reconcile: Reconcile, *, workers: int = 16) -> Queue:
        """Name the one handler of a kind; return its queue."""
        if kind in self.controllers:
            raise ValueError(f"{kind.name} has a handler already: one handler a kind")
        queue = Queue(kind.name, reconcile, self.measures, workers=workers)
        self.controllers[kind] = Controller(kind, self.cache(kind), queue)
        self.hears(kind)
        return queue

    def follows(self, name: str, kind: Kind, reconcile: Reconcile, *, workers: int = 16) -> Queue:
        """Name one that looks at objects beside the kind's own handler, and writes elsewhere.

        Return its queue, which ``wakes`` alone wakes.
        """
        queue = Queue(name, reconcile, self.measures, workers=workers)
        self.beside.append(Controller(kind, self.cache(kind), queue))
        return queue

    def hears(self, kind: Kind) -> None:
        """Have Kopf tell of a kind, though another kind's handler decides about it."""
        self.cache(kind)
        self.heard_of.append(kind)

    def wakes(self, kind: Kind, queue: Queue, mapper: Mapper, *, after_s: float = 0.0) -> None:
        """Look at keys of a queue when an object of another kind changes."""

        def listener(before: Object | None, after: Object | None) -> None:
            for key in mapper(before, after):
                queue.wake(key, after_s)

        self.cache(kind).subscribe(listener)

    def heard(self, kind: Kind, change: str | None, given: Object) -> None:
        """Take an event that Kopf heard of, and look at its object."""
        key = key_of(given)
        if not self.scope.serves(key.namespace):
            return
        if change == "DELETED":
            self.caches[kind].remove(given)
        else:
            self.caches[kind].offer(given)
        controller = self.controllers.get(kind)
        # A write of ours is on the version that was planned on: it leaves nothing to be planned.
        is_news = change == "DELETED" or not self.caches[kind].is_own(given)
        if controller is not None and is_news:
            controller.queue.wake(key)

    async def run(self) -> None:
        """Follow, and once all caches are whole, reconcile; until cancelled."""
        async with asyncio.TaskGroup() as group:
            for cache in self.caches.values():
                group.create_task(cache.run(), name=f"cache of {cache.kind.plural}")
            for cache in self.caches.values():
                await cache.synced.wait()
            log.info("caches are whole: %s", {c.kind.plural: len(c) for c in self.caches.values()})
            for controller in self._all():
                group.create_task(controller.queue.run(), name=controller.queue.name)
            self.started.set()
            while True:
                for controller in self._all():
                    for key in controller.cache.keys():  # noqa: SIM118 - a cache is no mapping
                        controller.queue.wake(key)
                await asyncio.sleep(RESYNC_S)

    def _all(self) -> list[Controller]:
        return [*self.controllers.values(), *self.beside]

    def ailments(self) -> list[str]:
        """Return what is wrong with it, nothing when it is well."""
        now_s = time.monotonic()
        found = [
            f"watch of {cache.kind.plural}: nothing for {cache.silent_s(now_s):.0f} s"
            for cache in self.caches.values()
            if cache.synced.is_set() and cache.silent_s(now_s) > SILENT_S
        ]
        found += [
            f"a reconcile of {name} takes {controller.queue.stuck_s(now_s):.0f} s"
            for name, controller in ((c.queue.name, c) for c in self._all())
            if controller.queue.stuck_s(now_s) > STUCK_S
        ]
        return found

    def unsynced(self) -> list[str]:
        """Return the kinds whose cache is not whole yet."""
        return [c.kind.plural for c in self.caches.values() if not c.synced.is_set()]
