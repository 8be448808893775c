"""The gateway before a real fleet service: protocols, sign-in, limits, audit, kills."""

from __future__ import annotations

import json
import signal
import struct
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR
from typing import Any

import asyncpg
import grpc
import pytest

from cli.local import tokens
from cli.local.folder import Folder
from tests.support.gateway_process import Answer, Browser, GatewayProcess, gateway_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.waiting import until_blocking
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

FLEET = "tianfu.fleet.v1.FleetService"
ENGINEER = "yang-lei"


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def gateway(database: str) -> Iterator[GatewayProcess]:
    with nats_server() as server, gateway_process(server, database) as process:
        yield process


@pytest.fixture(scope="module")
def engineer(gateway: GatewayProcess) -> Browser:
    browser = Browser(gateway.origin)
    browser.sign_in(ENGINEER)
    return browser


def bearer(gateway: GatewayProcess, role: str = "platform-engineer") -> str:
    return "Bearer " + tokens.issue(Folder.at(gateway.folder / "data"), role)


def create(browser: Browser, node: str) -> Answer:
    about = {"nodeClass": "NODE_CLASS_GATEWAY", "placeCode": "510104", "displayName": "网关"}
    return browser.call(f"{FLEET}/CreateNode", {"nodeId": node, "node": about})


def test_a_person_signs_in_calls_and_signs_out(gateway: GatewayProcess) -> None:
    browser = Browser(gateway.origin)

    done = browser.sign_in(ENGINEER, "/edge?node=gw-1")
    session = browser.ask("GET", "/auth/session")
    listed = browser.call(f"{FLEET}/ListNodes", {})
    left = browser.ask("POST", "/auth/sign-out", x_tianfu_csrf=browser.csrf)
    after = browser.call(f"{FLEET}/ListNodes", {})

    assert (done.status, done.headers["location"]) == (302, "/edge?node=gw-1")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert session.json["subject"] == ENGINEER
    assert "access_token" not in session.body.decode()
    assert listed.status == 200
    assert left.status == 204
    assert (after.status, after.reason) == (401, "SESSION_MISSING")


def test_an_answer_to_another_sign_in_opens_nothing(gateway: GatewayProcess) -> None:
    browser = Browser(gateway.origin)

    forged = browser.ask("GET", "/auth/callback?code=stolen&state=of-another")

    assert forged.headers["location"] == "/?sign_in=SIGN_IN_UNKNOWN"
    assert browser.ask("GET", "/auth/session").status == 401


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param({"x_tianfu_csrf": "guessed"}, "CSRF_REFUSED", id="without the proof"),
        pytest.param({"origin": "https://evil.example"}, "CSRF_REFUSED", id="another origin"),
        pytest.param({"sec_fetch_site": "cross-site"}, "CSRF_REFUSED", id="cross-site"),
    ],
)
def test_a_page_of_another_origin_can_do_nothing(
    engineer: Browser, headers: dict[str, str], reason: str
) -> None:
    refused = engineer.call(f"{FLEET}/ListNodes", {}, **headers)

    assert (refused.status, refused.reason) == (403, reason)
    assert "access-control-allow-origin" not in refused.headers


def test_every_answer_has_the_security_headers(gateway: GatewayProcess, engineer: Browser) -> None:
    for answer in (
        engineer.ask("GET", "/"),
        engineer.ask("GET", "/none.png"),
        engineer.call(f"{FLEET}/ListNodes", {}),
        engineer.ask("OPTIONS", f"/{FLEET}/ListNodes", origin="https://evil.example"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


def test_a_program_calls_with_a_bearer_token(gateway: GatewayProcess) -> None:
    program = Browser(gateway.origin)

    good = program.call(f"{FLEET}/ListNodes", {}, authorization=bearer(gateway))
    forged = program.call(f"{FLEET}/ListNodes", {}, authorization="Bearer none")
    viewer = program.call(
        f"{FLEET}/CreateNode",
        {"nodeId": "x", "node": {"nodeClass": 2, "placeCode": "510104"}},
        authorization=bearer(gateway, "viewer"),
    )

    assert good.status == 200
    assert (forged.status, forged.reason) == (401, "TOKEN_INVALID")
    assert (viewer.status, viewer.reason) == (403, "ROLE_MISSING")


def test_a_service_says_what_is_wrong_and_the_gateway_passes_it_on(engineer: Browser) -> None:
    unknown = engineer.call(f"{FLEET}/GetNode", {"name": "nodes/none"})
    broken = engineer.call(f"{FLEET}/GetNode", {"name": "no name"})
    misspelt = engineer.call(f"{FLEET}/GetNode", {"nmae": "nodes/none"})
    nowhere = engineer.call("tianfu.telemetry.v1.TelemetryService/ListDeliveries", {})
    unset = engineer.call("tianfu.healthcare.v1.HealthcareService/ListAlerts", {})

    assert (unknown.status, unknown.reason) == (404, "NODE_UNKNOWN")
    assert (broken.status, broken.reason) == (400, "REQUEST_INVALID")
    assert "google.rpc.BadRequest" in [each["type"] for each in broken.json["details"]]
    assert (misspelt.status, misspelt.reason) == (400, "JSON_MALFORMED")
    assert (nowhere.status, nowhere.reason) == (503, "BACKEND_UNAVAILABLE")
    assert "127.0.0.1" not in nowhere.body.decode()
    assert (unset.status, unset.reason) == (503, "BACKEND_UNSET")


def test_protobuf_and_grpc_web_are_spoken_too(engineer: Browser) -> None:
    create(engineer, "gw-proto")
    request = fleet_service_pb2.GetNodeRequest(name="nodes/gw-proto").SerializeToString()

    connect = engineer.ask(
        "POST",
        f"/{FLEET}/GetNode",
        request,
        content_type="application/proto",
        x_tianfu_csrf=engineer.csrf,
    )
    web = engineer.ask(
        "POST",
        f"/{FLEET}/GetNode",
        struct.pack(">BI", 0, len(request)) + request,
        content_type="application/grpc-web+proto",
        x_tianfu_csrf=engineer.csrf,
    )

    assert node_pb2.Node.FromString(connect.body).display_name == "网关"
    (size,) = struct.unpack(">I", web.body[1:5])
    assert node_pb2.Node.FromString(web.body[5 : 5 + size]).name == "nodes/gw-proto"
    assert b"grpc-status: 0" in web.body[5 + size :]


class Watch:
    """A Connect stream of nodes, read by a thread."""

    def __init__(self, browser: Browser, token: str = "") -> None:
        body = json.dumps({"resumeToken": token}).encode()
        host = browser.origin.removeprefix("http://")
        self.connection = HTTPConnection(host, timeout=120)
        cookie = "; ".join(f"{k}={v}" for k, v in browser.cookies.items())
        self.connection.request(
            "POST",
            f"/{FLEET}/WatchNodes",
            struct.pack(">BI", 0, len(body)) + body,
            {
                "content-type": "application/connect+json",
                "x-tianfu-csrf": browser.csrf,
                "cookie": cookie,
            },
        )
        self.answers: list[Any] = []
        self.ended: Any = None
        assert self.connection.sock is not None
        self._socket = self.connection.sock
        self._response: HTTPResponse = self.connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            while head := self._response.read(5):
                flags, size = struct.unpack(">BI", head)
                found = json.loads(self._response.read(size))
                if flags & 2:
                    self.ended = found
                    return
                self.answers.append(found)
        except (OSError, ValueError, HTTPException, struct.error) as error:
            self.ended = {"lost": type(error).__name__}
        finally:
            self._response.close()
            self.connection.close()

    def names(self) -> list[str]:
        return [each["node"]["name"] for each in self.answers if each.get("node")]

    def wait_for(self, node: str) -> None:
        until_blocking(lambda: f"nodes/{node}" in self.names(), 60)

    def close(self) -> None:
        self._socket.shutdown(SHUT_RDWR)
        self._thread.join(60)


def test_a_watch_goes_on_after_a_kill_of_the_gateway_without_gap_or_sign_in(
    gateway: GatewayProcess, engineer: Browser
) -> None:
    create(engineer, "gw-watch-1")
    first = Watch(engineer)
    first.wait_for("gw-watch-1")
    until_blocking(lambda: any("CAUGHT" in each["change"] for each in first.answers), 60)
    token = first.answers[-1]["resumeToken"]

    gateway.end(signal.SIGKILL)
    until_blocking(lambda: first.ended is not None, 60)
    gateway.start()
    create(engineer, "gw-watch-2")
    second = Watch(engineer, token)
    second.wait_for("gw-watch-2")

    assert "nodes/gw-watch-1" not in second.names()  # it was seen: nothing comes twice
    second.close()


def test_who_calls_too_often_is_told_when_to_come_again(gateway: GatewayProcess) -> None:
    browser = Browser(gateway.origin)
    browser.sign_in("guest")

    answers: list[Answer] = []

    def is_stopped() -> bool:
        answers.append(browser.call(f"{FLEET}/ListNodes", {}))
        return answers[-1].status == 429

    until_blocking(is_stopped, 60)

    assert answers[-1].reason == "RATE_LIMITED"
    assert "google.rpc.RetryInfo" in [each["type"] for each in answers[-1].json["details"]]


async def test_what_people_do_is_in_the_audit_log(engineer: Browser, database: str) -> None:
    create(engineer, "gw-audited")
    connection = await asyncpg.connect(database.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("SELECT entry FROM gateway.audit ORDER BY id")
        kept = await connection.fetch("SELECT digest, access_token FROM gateway.sessions")
    finally:
        await connection.close()
    entries = [json.loads(row["entry"]) for row in rows]
    acts = [
        (each["actor"], each["outcome"])
        for each in entries
        if each["resource"] == f"/{FLEET}/CreateNode"
    ]

    assert (ENGINEER, "asked") in acts
    assert (ENGINEER, "ok") in acts
    assert any(each["action"] == "session.open" for each in entries)
    # A copy of the table opens no session: the handle itself is nowhere.
    handles = [value.encode() for value in engineer.cookies.values()]
    assert not [row for row in kept if row["digest"] in handles]


def test_files_are_cached_by_what_their_names_allow(engineer: Browser) -> None:
    page = engineer.ask("GET", "/")
    asset = engineer.ask("GET", "/assets/main-abc123.js", accept_encoding="gzip")
    again = engineer.ask("GET", "/", if_none_match=page.headers["etag"])
    deep = engineer.ask("GET", "/warnings/w-1")
    gone = engineer.ask("GET", "/assets/none.js")
    out = engineer.ask("GET", "/../../../../etc/passwd")

    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"
    assert again.status == 304
    assert deep.body == page.body
    assert gone.status == 404
    assert b"root:" not in out.body


def test_the_description_lists_every_rpc(engineer: Browser) -> None:
    shown = engineer.ask("GET", "/openapi.json").json

    assert shown["openapi"] == "3.1.0"
    assert f"/{FLEET}/WatchNodes" in shown["paths"]
    assert "/fleet/tianfu.operations.v1.DeadLetterService/ListDeadLetters" in shown["paths"]


def test_grpc_stays_on_the_services(gateway: GatewayProcess) -> None:
    found = gateway.fleet.call_on
    assert found is not None
    with grpc.insecure_channel(f"127.0.0.1:{gateway.fleet.port}") as channel:
        call = channel.unary_unary(f"/{FLEET}/ListNodes")
        raw = call(b"", timeout=20, metadata=(("authorization", bearer(gateway)),))
    assert fleet_service_pb2.ListNodesResponse.FromString(raw).total_size >= 0
