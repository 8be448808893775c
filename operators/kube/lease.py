"""One replica acts: whoever holds a Lease of coordination.k8s.io, and renews it in time.

A holder that could not renew for ``RENEW_DEADLINE_S`` stops writing by itself, by its own
monotonic clock; only ``LEASE_S`` after the last change it saw does another one take the lease. So
there is a gap between the two and never an overlap, whatever the wall clocks say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from operators.kube.client import Client
from operators.kube.failures import ApiError, Conflict, NotFound
from operators.kube.kinds import LEASE, Key, version_of
from operators.kube.measures import Measures

LEASE_S: Final = 12
RENEW_DEADLINE_S: Final = 8.0
RETRY_S: Final = 2.0

log = logging.getLogger("tianfu.operators.lease")


class Election:
    """A replica's part in it. ``held`` is set once it leads, ``lost`` once it no longer does.

    ``heard`` says whether the API server answered last time, ``tried_s`` when that was.
    """

    def __init__(
        self,
        client: Client,
        key: Key,
        identity: str,
        measures: Measures,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._client, self._key, self._identity = client, key, identity
        self._measures, self._clock = measures, clock
        self._renewed_s = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)
        self.tried_s = time.monotonic()
        self.heard = False
        self.held = asyncio.Event()
        self.lost = asyncio.Event()

    def leads(self) -> bool:
        """Say whether we may write now."""
        return self.held.is_set() and time.monotonic() - self._renewed_s < RENEW_DEADLINE_S

    async def run(self) -> None:
        """Take the lease when it is free, and renew it, until it is lost or we are cancelled."""
        while not self.lost.is_set():
            began_s = time.monotonic()
            try:
                async with asyncio.timeout(RENEW_DEADLINE_S / 2):
                    got = await self._try()
                self.heard = True
            except (ApiError, TimeoutError) as error:
                log.warning("lease %s: %s", self._key, error or "no answer")
                got = self.heard = False
            self.tried_s = time.monotonic()
            if got:
                self._renewed_s = began_s
                self._won()
            elif self.held.is_set() and not self.leads():
                self._gave_up()
            await asyncio.sleep(RETRY_S)

    async def release(self) -> None:
        """Give the lease back, so that another one need not wait for its end."""
        if not self.leads():
            return
        self._gave_up()
        lease = await self._client.get(LEASE, *self._key)
        if lease["spec"].get("holderIdentity") == self._identity:
            lease["spec"]["holderIdentity"] = ""
            await self._put(lease)

    def _won(self) -> None:
        if not self.held.is_set():
            log.info("lease %s: %s leads", self._key, self._identity)
        self.held.set()
        self._measures.leading.set(1)

    def _gave_up(self) -> None:
        log.warning("lease %s: %s leads no longer", self._key, self._identity)
        self.lost.set()
        self._renewed_s = float("-inf")
        self._measures.leading.set(0)

    async def _try(self) -> bool:
        """Take or renew it; return whether we hold it."""
        try:
            lease = await self._client.get(LEASE, *self._key)
        except NotFound:
            return await self._make()
        spec = lease["spec"]
        now_s, version = time.monotonic(), version_of(lease)
        if version != self._seen[0]:
            self._seen = (version, now_s)
        holder = spec.get("holderIdentity") or ""
        # By when we saw it change, not by its times: those are another machine's.
        expired = now_s - self._seen[1] >= spec.get("leaseDurationSeconds", LEASE_S)
        if holder not in {"", self._identity} and not expired:
            if self.held.is_set():
                self._gave_up()
            return False
        if holder != self._identity:
            spec["leaseTransitions"] = spec.get("leaseTransitions", 0) + 1
            spec["acquireTime"] = self._time()
        spec["holderIdentity"] = self._identity
        spec["leaseDurationSeconds"] = LEASE_S
        try:
            await self._put(lease)
        except Conflict:
            return False  # another one was quicker
        return True

    async def _make(self) -> bool:
        lease: dict[str, Any] = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": {"namespace": self._key.namespace, "name": self._key.name},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": LEASE_S,
                "acquireTime": self._time(),
                "renewTime": self._time(),
                "leaseTransitions": 0,
            },
        }
        try:
            await self._client.request("POST", LEASE, LEASE.path(self._key.namespace), body=lease)
        except Conflict:
            return False
        return True

    async def _put(self, lease: dict[str, Any]) -> None:
        lease["spec"]["renewTime"] = self._time()
        await self._client.request("PUT", LEASE, LEASE.path(*self._key), body=lease)

    def _time(self) -> str:
        return self._clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
