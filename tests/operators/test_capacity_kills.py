"""A pool's operator killed at each write: the next process ends what was begun, nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from operators.capacity.handlers import Capacity
from operators.kube import quantity
from operators.kube.kinds import CAPACITY_CLAIM, CAPACITY_POOL, Key, Kind, key_of
from operators.kube.measures import Measures
from operators.kube.operator import Operator
from tests.support.dying import Dying, Killed
from tests.support.mock_api import MockApi, mock_api

SPACE = "here"
WRITES_MAX = 40
CLAIMS = {"icu": ("health", 6, 1), "pumps": ("energy", 3, 1), "training": ("energy", 4, 0)}
"""Tenant, amount and priority; the last one waits, for the pool has 10."""


def cpu(amount: int) -> list[dict[str, str]]:
    return [{"name": "cpu", "quantity": str(amount)}]


def apply(api: MockApi, kind: Kind, name: str, spec: Mapping[str, Any]) -> None:
    metadata = {"name": name, "namespace": SPACE}
    head = {"apiVersion": kind.api_version, "kind": kind.name}
    api.apply(kind, {**head, "metadata": metadata, "spec": dict(spec)})


async def process(api: MockApi, at: int, *, is_after: bool) -> bool:
    """Plan the pool twice in a process that dies at its n-th write; say whether it died."""
    measures = Measures()
    async with Dying(api.connection, measures, at=at, is_after=is_after) as client:
        operator = Operator(client, api.connection, measures)
        handler = Capacity(operator)
        for cache in operator.caches.values():
            await cache._list("")
        try:
            for _ in range(2):
                await handler.reconcile(Key(SPACE, "site"))
        except Killed:
            return True
    return False


def held(api: MockApi) -> dict[str, tuple[str, int]]:
    """Return what claims hold, as (share, milli-cpu)."""
    found = {}
    for (plural, *_), one in api.objects.items():
        share = (one.get("status") or {}).get("share")
        if plural == CAPACITY_CLAIM.plural and share:
            amount = sum(quantity.parse(each["quantity"]) for each in share["amounts"])
            found[key_of(one).name] = (share["id"], amount)
    return found


@pytest.mark.parametrize("is_after", [False, True], ids=["before-it-is-sent", "after"])
async def test_killed_at_each_write_the_next_process_ends_what_was_begun(is_after: bool) -> None:
    deaths = 0
    for at in range(1, WRITES_MAX):
        async with mock_api() as api:
            tenants = [{"name": "energy", "nominal": cpu(4)}, {"name": "health", "nominal": cpu(6)}]
            apply(api, CAPACITY_POOL, "site", {"resources": cpu(10), "tenants": tenants})
            for name, given in CLAIMS.items():
                apply(api, CAPACITY_CLAIM, name, spec_of(*given))
            died = await process(api, at, is_after=is_after)
            before = held(api)
            await process(api, 0, is_after=False)
            after = held(api)
            assert sum(amount for _, amount in after.values()) <= 10_000
            assert set(after) == {"icu", "pumps"}
            assert before.items() <= after.items(), "what was granted is kept, and not once more"
            calm = len(api.log)
            await process(api, 0, is_after=False)
            assert len(api.log) == calm, "nothing is left to be written"
        if not died:
            break
        deaths += 1
    else:
        raise AssertionError("it never came to an end")
    assert deaths >= len(CLAIMS) * 2


def spec_of(tenant: str, amount: int, priority: int) -> dict[str, Any]:
    return {"pool": "site", "tenant": tenant, "amounts": cpu(amount), "priority": priority}
