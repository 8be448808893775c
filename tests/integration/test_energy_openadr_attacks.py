"""OpenADR 3 as somebody who means ill speaks it: each answer is a refusal with its reason."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openadr3.api import OpenADRClient

from tests.support.energy_process import EnergyProcess, energy_process
from tests.support.nats_server import nats_server
from tests.support.openadr_client import openadr_client
from tests.support.postgres import postgres_server
from tests.support.service_process import CALL_S

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

PAYLOAD = '{"type": "SIMPLE", "values": [1]}'
PERIOD = '{"start": "2030-01-01T00:00:00Z", "duration": "PT15M"}'


@pytest.fixture(scope="module")
def service() -> Iterator[EnergyProcess]:
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        energy_process(nats, postgres.url(postgres.create_database())) as process,
    ):
        process.unit("openadr-a")
        yield process


@pytest.fixture(scope="module")
def utility(service: EnergyProcess) -> Iterator[OpenADRClient]:
    with openadr_client(service, "utility") as client:
        ven = {"objectType": "BL_VEN_REQUEST", "venName": "ven-a", "clientID": "ven-a"}
        assert client.create_ven(ven).status_code == 201
        yield client


@pytest.fixture(scope="module")
def ven(service: EnergyProcess, utility: OpenADRClient) -> Iterator[OpenADRClient]:
    with openadr_client(service, "ven-a") as client:
        yield client


@pytest.fixture(scope="module")
def program(utility: OpenADRClient) -> str:
    return str(utility.create_program({"programName": "attacked"}).json()["id"])


def refused(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["reason"])


def event(program: str, period: str = PERIOD, payload: str = PAYLOAD, number: str = "0") -> str:
    return (
        f'{{"programID": "{program}", "intervalPeriod": {period}, '
        f'"intervals": [{{"id": {number}, "payloads": [{payload}]}}]}}'
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{" * 100_000,
        b'{"programName": "\\ud800"}',
        b'{"programName": "a\\u0000b"}',
        b'{"programName": "\xff"}',
        b'{"programName": "x", "attributes": [{"type": "PRIVATE", "values": [NaN]}]}',
        b'{"programName": "x", "attributes": [{"type": "PRIVATE", "values": [1e999]}]}',
        b'{"programName": "x", "attributes": [{"type": "PRIVATE", "values": [{"a": Infinity}]}]}',
        b'{"programName": "x", "attributes": [{"type": "P\\u0000", "values": []}]}',
        b'{"programName": "x", "attributes": [{"type": "PRICE", "values": [1'
        + b"0" * 400
        + b"]}]}",
        b'{"programName": "x", "attributes": [{"type": "PRIVATE", "values": [1'
        + b"0" * 5000
        + b"]}]}",
    ],
)
def test_what_is_no_object_is_refused(utility: OpenADRClient, body: bytes) -> None:
    assert refused(utility._http.post("/programs", content=body)) in {
        "BODY_INVALID",
        "OPENADR_OBJECT_INVALID",
    }


@pytest.mark.parametrize(
    ("period", "payload", "number"),
    [
        ('{"start": "9999-12-31T23:59:59-05:00", "duration": "PT1S"}', PAYLOAD, "0"),
        ('{"start": "9999-12-31T23:59:59Z", "duration": "PT1H"}', PAYLOAD, "0"),
        (PERIOD, PAYLOAD, "99999999999999999999"),
        (PERIOD, '{"type": "DISPATCH_SETPOINT", "values": [1' + "0" * 400 + "]}", "0"),
        (PERIOD, '{"type": "SIMPLE", "values": [true]}', "0"),
        (PERIOD, '{"type": "SIMPLE", "values": [1.5]}', "0"),
    ],
)
def test_an_event_that_can_not_be_is_refused(
    utility: OpenADRClient, program: str, period: str, payload: str, number: str
) -> None:
    body = event(program, period, payload, number)
    answer = utility._http.post("/events", content=body.encode())
    assert refused(answer) in {"BODY_INVALID", "OPENADR_OBJECT_INVALID", "OPENADR_TIME_INVALID"}


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=51",
        "limit=1e3",
        "skip=9999999999",
        "skip=%00",
        "active=maybe",
        "&".join(f"x{n}=1" for n in range(300)),
    ],
)
def test_a_question_without_sense_is_refused(utility: OpenADRClient, query: str) -> None:
    assert refused(utility._http.get(f"/events?{query}")) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "query", ["programID=%00", "programName=%00", "targets=%ff%00", "programID='%20OR%201=1--"]
)
def test_nothing_is_found_by_nonsense(utility: OpenADRClient, query: str) -> None:
    answer = utility._http.get(f"/programs?{query}")
    assert (answer.status_code, answer.json()) == (200, []) or refused(answer)


@pytest.mark.parametrize("path", ["/../x", "/programs/%00", "/programs/a/b", "/%ff", "/events/x'"])
def test_there_is_nothing_at_strange_paths(utility: OpenADRClient, path: str) -> None:
    assert refused(utility._http.get(path), 404) in {"PATH_UNKNOWN", "OPENADR_OBJECT_UNKNOWN"}


def test_an_idempotency_key_is_of_its_client(
    utility: OpenADRClient, ven: OpenADRClient, program: str
) -> None:
    """Another one's key gets neither the other's object nor a hint that there is one."""
    key = {"Idempotency-Key": "same"}
    body = {
        "clientName": "x",
        "objectOperations": [
            {"objects": ["EVENT"], "operations": ["CREATE"], "callbackUrl": "http://127.0.0.1:1/"}
        ],
    }
    assert refused(utility._http.post("/subscriptions", json=body, headers=key))
    first = utility._http.post("/vens", json={"venName": "v", "clientID": "v"}, headers=key)
    second = ven._http.post("/resources", json={"resourceName": "v"}, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    long = {"Idempotency-Key": "k" * 300}
    assert refused(utility._http.post("/programs", json={"programName": "k"}, headers=long))


def usage(event_id: str, start: str, kwh: list[float], units: str = "KWH") -> dict[str, Any]:
    intervals = [
        {"id": n, "payloads": [{"type": "USAGE", "values": [each]}]} for n, each in enumerate(kwh)
    ]
    resource = {
        "resourceName": "site",
        "intervalPeriod": {"start": start, "duration": "PT15M"},
        "intervals": intervals,
    }
    return {
        "eventID": event_id,
        "clientName": "ven-a",
        "payloadDescriptors": [{"payloadType": "USAGE", "units": units}],
        "resources": [resource],
    }


def test_usage_that_can_not_be_is_refused(
    service: EnergyProcess, utility: OpenADRClient, ven: OpenADRClient, program: str
) -> None:
    made = utility._http.post("/events", content=event(program).encode())
    assert made.status_code == 201, made.text
    event_id = made.json()["id"]
    past = "2026-06-01T00:00:00Z"
    assert (
        refused(ven.create_report(usage(event_id, past, [1.0], "JOULE"))) == "USAGE_UNITS_UNKNOWN"
    )
    assert refused(ven.create_report(usage(event_id, past, [-1.0]))) == "USAGE_IMPOSSIBLE"
    assert refused(ven.create_report(usage(event_id, past, [1e300]))) == "USAGE_IMPOSSIBLE"
    # What will be used is nobody's to report.
    assert refused(ven.create_report(usage(event_id, "2035-06-01T00:00:00Z", [1.0]))) == (
        "USAGE_OF_THE_FUTURE"
    )
    assert ven.create_report(usage(event_id, past, [1.0])).status_code == 201


def test_who_sends_no_whole_request_holds_nobody_up(service: EnergyProcess) -> None:
    """Half requests stay open beside a client that is served."""
    open_sockets = []
    for _ in range(50):
        one = socket.create_connection(("127.0.0.1", service.openadr_port), timeout=CALL_S)
        one.sendall(b"POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        open_sockets.append(one)
    try:
        with openadr_client(service, "utility") as client:
            assert client.get_programs().status_code == 200
    finally:
        for one in open_sockets:
            one.close()


def test_no_answer_has_more_than_json(utility: OpenADRClient) -> None:
    """Whatever was stored by these tests can be read by any JSON parser."""
    for path in ("/programs", "/events", "/vens", "/resources", "/reports"):
        answer = utility._http.get(path)
        assert answer.status_code == 200

        def no_constant(text: str) -> None:
            raise AssertionError(text)

        json.loads(answer.text, parse_constant=no_constant)
