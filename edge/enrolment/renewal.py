"""Keeps a node's credentials good: renewed well before they end, caught up on after they have."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Final

from typing_extensions import override

from edge.backoff import Backoff
from edge.clock import MICROSECONDS, Clock
from edge.counters import Counters
from edge.enrolment.identity import Facts, Identity, credentials_in
from edge.link import UNAUTHORIZED, Access, Link
from edge.status import offset_or_none

LOOK_EVERY_S: Final = 3600.0
"""A clock may be set meanwhile, so nothing sleeps until a time that is weeks ahead."""

LOOK_SOON_S: Final = 5.0
"""While the server turns us away: as often it is asked whether that is about credentials."""

RETRY_FIRST_S: Final = 5.0
RETRY_MOST_S: Final = 3600.0
"""A node that was turned out asks once an hour whether that is still so."""

SPREAD: Final = 0.1
"""Share of the time left within which renewals are spread: a province that was installed in one
week does not renew in one minute."""

log = logging.getLogger(__name__)


def due_us(facts: Facts, jitter: float) -> int:
    """Return when to renew, Unix microseconds of the platform's clock; ``jitter`` is in 0..1."""
    return facts.renew_us + int((facts.expire_us - facts.renew_us) * SPREAD * jitter)


class Renewing(ABC):
    """Renews something well before it ends, for as long as it runs; what fails is tried again."""

    def __init__(
        self,
        *,
        clock: Clock,
        counters: Counters,
        offset_us: Callable[[], int],
        jitter: Callable[[], float],
    ) -> None:
        self.reason = ""
        self._clock = clock
        self._counters = counters
        self._offset_us = offset_us
        self._jitter = jitter

    async def run(self) -> None:
        """Renew for ever."""
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            wait_s = self._wait_s()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
                continue
            # By a clock that is ahead what is new has ended too: not asked for again at once.
            if await self._renew() and self._wait_s() > 0:
                backoff.reset()
            else:
                await asyncio.sleep(backoff.next_s(self._jitter()))

    @abstractmethod
    def _wait_s(self) -> float:
        """Return how long to wait before looking again; 0 when it is time to renew."""

    @abstractmethod
    async def _renew(self) -> bool:
        """Renew, and say whether that was done."""

    def _now_us(self) -> int:
        """Return the platform's time as far as it is known here."""
        return self._clock.wall_us() + (offset_or_none(self._offset_us()) or 0)

    def _failed(self, what: str, reason: str, detail: str) -> None:
        self.reason = reason
        self._counters.add(reason)
        log.warning("%s not renewed", what, extra={"reason": reason, "detail": detail})


class Renewal(Renewing):
    """Renews one node's credentials for as long as it runs."""

    def __init__(
        self,
        current: Identity,
        data_dir: Path,
        link: Link,
        *,
        url: str,
        clock: Clock,
        counters: Counters,
        offset_us: Callable[[], int],
        jitter: Callable[[], float],
        random_bits: Callable[[int], int],
    ) -> None:
        """Take the identity as it is on the card."""
        super().__init__(clock=clock, counters=counters, offset_us=offset_us, jitter=jitter)
        self.identity = current
        self._data_dir = data_dir
        self._link = link
        self._url = url
        self._random_bits = random_bits
        self._share = jitter()

    def status(self) -> dict[str, object]:
        """Return what there is to say of the identity; no secret is in it."""
        facts = self.identity.facts
        return {
            "server": facts.server,
            "issue_us": facts.issue_us,
            "renew_us": facts.renew_us,
            "expire_us": facts.expire_us,
            "reason": self.reason,
        }

    @override
    def _wait_s(self) -> float:
        left_s = (due_us(self.identity.facts, self._share) - self._now_us()) / MICROSECONDS
        if self._link.reason == UNAUTHORIZED and not self._link.is_connected:
            # Turned away: our token ended while our clock stood still, or we were turned out.
            return 0.0
        return max(0.0, min(left_s, LOOK_EVERY_S if self._link.is_connected else LOOK_SOON_S))

    @override
    def _now_us(self) -> int:
        # Before it was measured: at least the time at which credentials were given.
        return max(super()._now_us(), self.identity.facts.issue_us)

    @override
    async def _renew(self) -> bool:
        # h2 and ssl are for a call a month: not for the agent's memory before.
        from edge.enrolment import enrolling  # noqa: PLC0415 - as said above
        from edge.enrolment.unary_call import CallFailed, CallRefused  # noqa: PLC0415 - as above

        try:
            # With a new key each time: one that was copied off the card is soon of no use.
            self.identity = await enrolling.renew(self.identity, self._data_dir, self._random_bits)
        except (CallRefused, CallFailed) as error:
            self._failed("credentials", error.reason, str(error))
            return False
        except OSError as error:
            self._failed("credentials", "IDENTITY_UNWRITTEN", str(error))
            return False
        self.reason = ""
        self._share = self._jitter()
        self._counters.add("CREDENTIALS_RENEWED")
        log.info("credentials renewed", extra={"expire_us": self.identity.facts.expire_us})
        self._link.use(access(self.identity, self._url))
        return True


def access(held: Identity, url: str = "") -> Access:
    """Return how a node with an identity reaches NATS; ``url`` of the settings goes before."""
    return access_by(held.facts, held.folder, url)


def access_by(facts: Facts, folder: Path, url: str = "") -> Access:
    """Return the same of the identity in a folder, whose key is not read."""
    urls = dict.fromkeys((*((url,) if url else ()), *facts.nats_urls))
    return Access(tuple(urls), credentials_in(folder))
