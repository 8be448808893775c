"""Watches that are refused, as by an API server that has just taken up a kind: nobody stays deaf.

Such a server answers watches with 429 (``storage is (re)initializing``) until it has read what
there is of the kind.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import pytest

from operators.kube.client import Client
from operators.kube.kinds import CAPACITY_CLAIM, EDGE_APP, Key
from operators.kube.measures import Measures
from operators.kube.observe import Cache
from tests.support.mock_api import MockApi, mock_api
from tests.support.operators import an_operator, running
from tests.support.waiting import until
from tianfu import tasks

SPACE = "here"
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR


def make(api: MockApi, name: str) -> Key:
    api.apply(CAPACITY_CLAIM, {"metadata": {"namespace": SPACE, "name": name}, "spec": {}})
    return Key(SPACE, name)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([TOO_MANY], id="initializing"),
        pytest.param([TOO_MANY, TOO_MANY, BROKEN], id="and-then-broken"),
        pytest.param([HTTPStatus.GONE, TOO_MANY], id="too-old"),
        pytest.param([HTTPStatus.NOT_FOUND, TOO_MANY], id="kind-unknown"),
    ],
)
async def test_a_cache_hears_again_after_refused_watches(answers: list[HTTPStatus]) -> None:
    async with mock_api() as api, Client(api.connection, Measures()) as client:
        cache = Cache(client, CAPACITY_CLAIM, Measures())
        first = make(api, "first")
        api.failing_watches[CAPACITY_CLAIM.plural] = list(answers)
        following = asyncio.create_task(cache.run())
        try:
            await until(cache.synced.is_set)
            assert cache.keys() == [first]
            made = make(api, "made-while-it-heard-nothing")
            await until(lambda: cache.get(made) is not None)
            api.delete(CAPACITY_CLAIM, SPACE, "first")
            await until(lambda: cache.keys() == [made])
            assert not api.failing_watches[CAPACITY_CLAIM.plural]
        finally:
            await tasks.end([following])


@pytest.mark.integration
async def test_kopf_hears_again_after_refused_watches() -> None:
    looked_at = set[Any]()

    async def reconcile(key: Key) -> None:
        looked_at.add(key)

    async with mock_api() as api, an_operator(api.connection) as operator:
        for kind in (CAPACITY_CLAIM, EDGE_APP):
            operator.reconciles(kind, reconcile)
            # The cache's own and Kopf's, of each kind, and those that come after.
            api.failing_watches[kind.plural] = [TOO_MANY, TOO_MANY, TOO_MANY]
        async with running(operator):
            api.tell_kopf_alone()
            made = make(api, "heard-by-kopf")
            await until(lambda: made in looked_at)
            await until(lambda: not any(api.failing_watches.values()))
