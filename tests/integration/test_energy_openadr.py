"""OpenADR 3 over HTTP, spoken by a real client: rights, orders, webhooks, settlement, a kill."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx
import pytest
from openadr3.api import OpenADRClient

from tests.support.energy_process import INTERVAL, EnergyProcess, energy_process, openadr_secret
from tests.support.nats_server import nats_server
from tests.support.openadr_client import openadr_client, subscriber
from tests.support.postgres import postgres_server
from tests.support.rpc import details
from tianfu.energy.v1 import dispatch_pb2, setpoint_pb2
from tianfu.energy.v1 import energy_service_pb2 as pb

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]
NODE = "openadr-gateway"
ADDRESS_TOKENS = 120
"""Token requests that may come from an address in a minute."""


@pytest.fixture(scope="module")
def service() -> Iterator[EnergyProcess]:
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        energy_process(nats, postgres.url(postgres.create_database())) as process,
    ):
        process.unit("openadr-a")
        process.unit("openadr-b")
        battery = dispatch_pb2.EQUIPMENT_BATTERY
        process.asset("battery-a", NODE, battery, unit="units/openadr-a")
        process.asset("battery-b", NODE, battery, unit="units/openadr-b")
        charger = dispatch_pb2.EQUIPMENT_CHARGER
        process.asset("charger-a", NODE, charger, unit="units/openadr-a")
        with openadr_client(process, "utility") as utility:
            for letter in "ab":
                answer = utility.create_ven(
                    {
                        "objectType": "BL_VEN_REQUEST",
                        "venName": f"ven-{letter}",
                        "clientID": f"ven-{letter}",
                        "targets": [f"group-{letter}"],
                    }
                )
                assert answer.status_code == 201, answer.text
        yield process


@pytest.fixture
def utility(service: EnergyProcess) -> Iterator[OpenADRClient]:
    with openadr_client(service, "utility") as client:
        yield client


@pytest.fixture
def ven(service: EnergyProcess) -> Iterator[OpenADRClient]:
    with openadr_client(service, "ven-a") as client:
        yield client


@pytest.fixture
def program(utility: OpenADRClient, request: pytest.FixtureRequest) -> str:
    """A program that no other test of this module has."""
    answer = utility.create_program({"programName": request.node.name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def event_of(program: str, **fields: Any) -> dict[str, Any]:
    payloads = [{"type": "DISPATCH_SETPOINT", "values": [-5.0]}]
    return {
        "programID": program,
        "eventName": "peak",
        "targets": ["group-a"],
        "intervalPeriod": {
            "start": "0001-01-01T00:00:00Z",
            "duration": "PT15M",
            "randomizeStart": "PT10M",
        },
        "intervals": [{"id": 0, "payloads": payloads}, {"id": 1, "payloads": payloads}],
        **fields,
    }


def problem(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    return str(body["reason"])


def domain_event(service: EnergyProcess, event_id: str) -> Any:
    request = pb.GetDemandResponseEventRequest(name=f"demandResponseEvents/{event_id}")
    return service.call("GetDemandResponseEvent", request)


# -- tokens and rights ----------------------------------------------------------------------------


def test_tokens_are_given_to_who_proves_itself(service: EnergyProcess) -> None:
    url = f"http://127.0.0.1:{service.openadr_port}/auth/token"
    right = {
        "grant_type": "client_credentials",
        "client_id": "ven-a",
        "client_secret": openadr_secret("ven-a"),
    }
    answer = httpx.post(url, data={**right, "scope": "read_targets write_reports"})
    assert answer.json()["scope"] == "read_targets write_reports"
    for wrong, status, error in (
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"scope": "write_events"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ):
        refused = httpx.post(url, data={**right, **wrong})
        assert (refused.status_code, refused.json()["error"]) == (status, error)
    base = f"http://127.0.0.1:{service.openadr_port}"
    assert problem(httpx.get(f"{base}/programs"), 401) == "OPENADR_TOKEN_REFUSED"
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1dGlsaXR5In0."}
    assert problem(httpx.get(f"{base}/programs", headers=forged), 401) == "OPENADR_TOKEN_REFUSED"
    narrow = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert problem(httpx.get(f"{base}/vens", headers=narrow), 403) == "SCOPE_MISSING"


def test_who_asks_for_too_many_tokens_waits(service: EnergyProcess) -> None:
    """From an address of its own, since tests of this module ask from another one."""
    url = f"http://127.0.0.1:{service.openadr_port}/auth/token"
    guess = {"grant_type": "client_credentials", "client_id": "utility", "client_secret": "guess"}
    with httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")) as elsewhere:
        answers = [elsewhere.post(url, data=guess) for _ in range(ADDRESS_TOKENS + 40)]
    limited = [each for each in answers if each.status_code != 401]
    assert len(answers) - len(limited) >= ADDRESS_TOKENS
    assert problem(limited[0], 429) == "OPENADR_TOKENS_EXHAUSTED"
    assert int(limited[0].headers["retry-after"]) >= 1
    assert 'tianfu_openadr_token_requests_total{result="address_limited"}' in service.metrics()
    with openadr_client(service, "utility") as client:
        assert client.get_programs().status_code == 200


def test_each_kind_of_client_writes_what_is_its_own(
    service: EnergyProcess, utility: OpenADRClient, ven: OpenADRClient, program: str
) -> None:
    assert problem(ven.create_program({"programName": "mine"}), 403) == "SCOPE_MISSING"
    report = {"eventID": "x", "clientName": "x", "resources": []}
    assert problem(utility.create_report(report), 403) == "SCOPE_MISSING"
    grab = {"objectType": "VEN_VEN_REQUEST", "venName": "thief", "targets": ["group-b"]}
    assert problem(ven.create_ven(grab), 403) == "NOT_YOURS"
    own = ven.vens()
    assert [each.ven_name for each in own] == ["ven-a"]
    made = ven.create_resource({"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "boiler"})
    assert made.status_code == 201, made.text
    assert made.json()["venID"] == own[0].id
    again = ven.create_resource({"objectType": "VEN_RESOURCE_REQUEST", "resourceName": "boiler"})
    assert problem(again, 409) == "OPENADR_NAME_TAKEN"
    with openadr_client(service, "ven-b") as other:
        assert other.resources() == []
        assert problem(other.get_ven_by_id(str(own[0].id)), 404) == "OPENADR_OBJECT_UNKNOWN"
        assert other.delete_resource(made.json()["id"]).status_code == 404
    assert ven.delete_resource(made.json()["id"]).status_code == 200
    assert problem(utility.get_program_by_id("none"), 404) == "OPENADR_OBJECT_UNKNOWN"
    assert problem(utility.create_program({"programName": ""}), 400) == "OPENADR_OBJECT_INVALID"
    named = utility.get_program_by_id(program).json()["programName"]
    assert problem(utility.create_program({"programName": named}), 409) == "OPENADR_NAME_TAKEN"


def test_vens_see_what_is_targeted_at_them(
    service: EnergyProcess, utility: OpenADRClient, ven: OpenADRClient, program: str
) -> None:
    far = {"start": "2030-01-01T00:00:00Z", "duration": "PT15M"}
    for targets in (["group-a", "secret"], ["group-b"], []):
        answer = utility.create_event(
            event_of(program, targets=targets, intervalPeriod=far, eventName=str(targets))
        )
        assert answer.status_code == 201, answer.text
    assert len(utility.events(programID=program)) == 3
    seen = ven.events(programID=program, targets=["group-a", "secret"])
    assert [each.targets for each in seen] == [["group-a"]]
    assert ven.events(programID=program, targets=["group-b"]) == []
    assert [each.event_name for each in ven.events(programID=program)] == ["[]"]
    pages = [utility.events(programID=program, skip=n, limit=1)[0].event_name for n in range(3)]
    assert pages == ["['group-a', 'secret']", "['group-b']", "[]"]
    assert utility.events(programID=program, skip=3, limit=1) == []
    assert len(utility.events(programID=program, active="true")) == 3
    assert utility.events(programID=program, active="false") == []
    assert problem(utility.get_events(limit=51), 400) == "INVALID_ARGUMENT"
    assert problem(utility.delete_program(program), 409) == "OPENADR_OBJECT_IN_USE"


# -- orders ---------------------------------------------------------------------------------------


def test_an_event_orders_those_that_it_is_for_spread_and_once(
    service: EnergyProcess, utility: OpenADRClient, program: str
) -> None:
    before = datetime.now(UTC)
    body = event_of(program)
    headers = {"Idempotency-Key": "order-once"}
    answers = [utility._http.post("/events", json=body, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    changed = {**body, "eventName": "other"}
    reused = utility._http.post("/events", json=changed, headers=headers)
    assert problem(reused, 409) == "IDEMPOTENCY_KEY_REUSED"
    event_id = answers[0].json()["id"]
    event = domain_event(service, event_id)
    assert list(event.units) == ["units/openadr-a"]
    orders = service.orders(event.name)
    assert [each.asset for each in orders] == ["assets/battery-a"] * 2
    assert [each.value_kw for each in orders] == [-5.0] * 2
    first = orders[0].start_time.ToDatetime(UTC)
    # "0001-01-01" is now, and randomizeStart spreads it by up to ten minutes.
    assert before - timedelta(seconds=1) < first < datetime.now(UTC) + timedelta(minutes=10)
    assert orders[1].start_time.ToDatetime(UTC) - first == timedelta(minutes=15)


def test_an_emergency_is_called_off_by_deletion(
    service: EnergyProcess, utility: OpenADRClient, program: str
) -> None:
    payloads = [{"type": "ALERT_GRID_EMERGENCY", "values": ["the grid shakes"]}]
    endless = {"start": "0001-01-01", "duration": "P9999Y"}
    body = event_of(program, intervalPeriod=endless, intervals=[{"id": 0, "payloads": payloads}])
    made = utility.create_event(body)
    assert made.status_code == 201, made.text
    event_id = made.json()["id"]
    name = f"demandResponseEvents/{event_id}"
    given = service.orders(name)
    assert {each.asset for each in given} == {"assets/battery-a", "assets/charger-a"}
    with pytest.raises(grpc.RpcError) as elsewhere:
        service.call("CancelDemandResponseEvent", pb.CancelDemandResponseEventRequest(name=name))
    why = details(elsewhere.value).info
    assert why is not None
    assert why.reason == "EVENT_OF_OPENADR"
    assert utility.delete_event(event_id).status_code == 200
    assert problem(utility.get_event_by_id(event_id), 404) == "OPENADR_OBJECT_UNKNOWN"
    ends = service.orders(name)[len(given) :]
    assert {(each.asset, each.generation) for each in ends} == {
        ("assets/battery-a", 2),
        ("assets/charger-a", 2),
    }
    assert {each.action for each in ends if each.asset == "assets/charger-a"} == {
        setpoint_pb2.SETPOINT_ACTION_RESUME_CHARGER
    }
    with pytest.raises(grpc.RpcError) as caught:
        service.call("GetSettlement", pb.GetSettlementRequest(name=name, unit="units/openadr-a"))
    info = details(caught.value).info
    assert info is not None
    assert info.reason == "EVENT_CANCELLED"


def test_a_changed_event_takes_the_place_of_what_it_was(
    service: EnergyProcess, utility: OpenADRClient, program: str
) -> None:
    event_id = utility.create_event(event_of(program)).json()["id"]
    payloads = [{"type": "DISPATCH_SETPOINT", "values": [-2.0]}]
    changed = event_of(program, intervals=[{"id": 0, "payloads": payloads}])
    answers = [utility.update_event(event_id, changed) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    orders = service.orders(f"demandResponseEvents/{event_id}")
    assert [(each.generation, each.value_kw) for each in orders] == [(1, -5), (1, -5), (2, -2)]
    moved = {**changed, "programID": utility.create_program({"programName": "p2"}).json()["id"]}
    assert problem(utility.update_event(event_id, moved), 400) == "INVALID_ARGUMENT"


# -- reports and settlement -----------------------------------------------------------------------


def usage(start: datetime, kwh: list[float]) -> dict[str, Any]:
    period = {"start": start.isoformat(), "duration": "PT15M"}
    intervals = [
        {"id": n, "payloads": [{"type": "USAGE", "values": [value]}]} for n, value in enumerate(kwh)
    ]
    return {"resourceName": "site", "intervalPeriod": period, "intervals": intervals}


def test_what_is_reported_is_settled(
    service: EnergyProcess, utility: OpenADRClient, ven: OpenADRClient
) -> None:
    """Three weeks of 10 kWh a quarter hour; in the event's two, 6 and 7: 7 kWh are shed."""
    attributes = [{"type": "TIANFU_COMMITTED_KWH", "values": [8]}]
    program = utility.create_program({"programName": "settled", "attributes": attributes}).json()
    now = datetime.now(UTC)
    floor = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
    start = floor - 2 * INTERVAL
    period = {"start": start.isoformat(), "duration": "PT15M"}
    event = utility.create_event(event_of(program["id"], intervalPeriod=period)).json()
    name = f"demandResponseEvents/{event['id']}"
    asked = pb.GetSettlementRequest(name=name, unit="units/openadr-a")
    days = 21
    begin = start - timedelta(days=days)
    before = [10.0] * (96 * days)
    first = {
        "eventID": event["id"],
        "clientName": "ven-a",
        "payloadDescriptors": [{"payloadType": "USAGE", "units": "KWH"}],
        "resources": [usage(begin, before)],
    }
    assert ven.create_report(first).status_code == 201
    during = {**first, "resources": [usage(start, [6000.0, 7000.0])]}
    during["payloadDescriptors"] = [{"payloadType": "USAGE", "units": "WH"}]
    made = ven.create_report(during)
    assert made.status_code == 201, made.text
    settled = service.call("GetSettlement", asked)
    assert list(settled.baseline_kwh) == pytest.approx([10, 10])
    assert list(settled.shed_kwh) == pytest.approx([4, 3])
    assert settled.delivered_share == pytest.approx(7 / 8)
    assert settled.amount_cny == pytest.approx(7.0)
    corrected = {**during, "resources": [usage(start, [5000.0, 7000.0])]}
    assert ven.update_report(made.json()["id"], corrected).status_code == 200
    again = service.call("GetSettlement", asked)
    assert again.version == 2
    assert list(again.shed_kwh) == pytest.approx([5, 3])
    unknown = {**during, "payloadDescriptors": [{"payloadType": "USAGE", "units": "BTU"}]}
    assert problem(ven.create_report(unknown), 400) == "USAGE_UNITS_UNKNOWN"
    assert {each.client_name for each in utility.reports(eventID=event["id"])} == {"ven-a"}
    with openadr_client(service, "ven-b") as other:
        assert other.reports() == []
        assert problem(other.create_report(during), 404) == "OPENADR_OBJECT_UNKNOWN"


# -- webhooks and kills ---------------------------------------------------------------------------


def hook(service: EnergyProcess, program: str, **fields: Any) -> dict[str, Any]:
    operation = {
        "objects": ["EVENT"],
        "operations": ["CREATE", "UPDATE", "DELETE"],
        "callbackUrl": f"http://127.0.0.1:{service.hook_port}/told",
        "bearerToken": "shown-to-the-subscriber",
    }
    return {
        "clientName": "ven-a",
        "programID": program,
        "targets": ["group-a"],
        "objectOperations": [{**operation, **fields}],
    }


def test_subscribers_are_told_in_order_through_failures_and_a_kill(
    service: EnergyProcess, utility: OpenADRClient, ven: OpenADRClient, program: str
) -> None:
    elsewhere = hook(service, program, callbackUrl="http://127.0.0.1:1/told")
    assert problem(ven.create_subscription(elsewhere), 400) == "OPENADR_CALLBACK_REFUSED"
    made = ven.create_subscription(hook(service, program))
    assert made.status_code == 201, made.text
    assert "bearerToken" not in made.text
    with subscriber(service.hook_port) as heard:
        heard.answer = 503
        ids = [
            utility.create_event(event_of(program, eventName=name)).json()["id"]
            for name in ("first", "second")
        ]
        utility.create_event(event_of(program, eventName="not mine", targets=["group-b"]))
        service.kill()
        service.start()
        heard.answer = 200
        with openadr_client(service, "utility") as again:
            assert again.delete_event(ids[0]).status_code == 200
        service.wait(lambda: len({each[0] for each in heard.told}) == 3, "three notifications")
    told = [(body["operation"], body["object"]["eventName"]) for _, body, _ in heard.told]
    assert told == [("CREATE", "first"), ("CREATE", "second"), ("DELETE", "first")]
    numbers = [number for number, _, _ in heard.told]
    assert numbers == sorted(set(numbers))
    assert {authorization for _, _, authorization in heard.told} == {
        "Bearer shown-to-the-subscriber"
    }
    assert [each["object"]["targets"] for _, each, _ in heard.told] == [["group-a"]] * 3


def test_a_kill_in_the_middle_of_an_event_leaves_it_once_and_in_order(
    service: EnergyProcess, utility: OpenADRClient, program: str
) -> None:
    for number, wait_s in enumerate((0.0, 0.005, 0.01, 0.02, 0.05)):
        key = {"Idempotency-Key": f"killed-{number}"}
        body = event_of(program, eventName=f"killed {number}")
        during = threading.Timer(wait_s, service.kill)
        during.start()
        # Whatever becomes of it, the client asks again.
        answered = attempt(utility, body, key)
        during.join()
        service.start()
        with openadr_client(service, "utility") as again:
            made = again._http.post("/events", json=body, headers=key)
            assert made.status_code == 201, made.text
            if answered is not None:
                assert made.json() == answered
            named = [
                e for e in again.events(programID=program) if e.event_name == body["eventName"]
            ]
            assert len(named) == 1
        orders = service.orders(f"demandResponseEvents/{made.json()['id']}")
        starts = [each.start_time.ToMicroseconds() for each in orders]
        assert len(starts) == 2
        assert starts == sorted(starts)


def attempt(client: OpenADRClient, body: dict[str, Any], key: dict[str, str]) -> Any:
    try:
        answer = client._http.post("/events", json=body, headers=key)
    except httpx.HTTPError:
        return None
    return answer.json() if answer.status_code == 201 else None
