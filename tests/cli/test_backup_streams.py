"""Durables are set back once a leader hears it: a cluster elects one after a restore."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import nats.errors
import pytest
from nats.aio.client import Client

from cli.backup import streams
from cli.failures import Failure


class Cluster:
    """Answers as a cluster does that elects: with silence, with nobody, with a leader's word."""

    def __init__(self, *answers: Exception | dict[str, Any]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def request(self, subject: str, payload: bytes, timeout: float) -> Any:  # noqa: ASYNC109 - as nats-py has it
        assert timeout == streams.LED_ASK_S
        self.asked.append((subject, json.loads(payload)))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(data=json.dumps(answer).encode())


def set_back(cluster: Cluster) -> None:
    asyncio.run(streams.set_back(cast("Client", cluster), "EVENTS", {"taker": 7}))


def test_a_durable_without_a_leader_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LED_PAUSE_S", 0.0)
    cluster = Cluster(nats.errors.TimeoutError(), nats.errors.NoRespondersError(), {})
    set_back(cluster)
    assert cluster.asked == [("$JS.API.CONSUMER.RESET.EVENTS.taker", {"seq": 8})] * 3


def test_one_that_gets_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LED_S", -1.0)
    with pytest.raises(Failure, match="no leader answers") as failed:
        set_back(Cluster(nats.errors.TimeoutError()))
    assert failed.value.reason == "STREAM_COPY_FAILED"


def test_what_a_leader_refuses_is_not_asked_again() -> None:
    refusal = {"error": {"err_code": 10222, "description": "no such number"}}
    with pytest.raises(Failure, match="10222"):
        set_back(Cluster(refusal))
