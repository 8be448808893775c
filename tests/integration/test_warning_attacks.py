"""The service of warnings as an outsider meets it: many hands, injections, false sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import nats.errors
import pytest
from lxml import etree

from tests.integration.test_warning_service import bulletin, events, receipt, receipts, report
from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import details
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import events_pb2, notice_pb2, warning_pb2
from tianfu.subjects import Channel

pytestmark = pytest.mark.integration

HANDS = 8
COUNTY = "510104"
INJECTIONS = (
    "'; DROP TABLE disaster_warning.warnings; --",
    "]]></description><code>EVIL</code><!--",
    "&lt;alert&gt; %s {0} \\x00 $(reboot) `id`",
    "\u202e\u2066 turned round",
)


@pytest.fixture(scope="module")
def fleet_and_warnings(
    postgres: PostgresServer,
) -> Iterator[tuple[FleetProcess, WarningProcess]]:
    name = postgres.create_database()
    url = postgres.url(name)
    with (
        nats_server(nodes=("gw-1", "gw-2")) as server,
        fleet_process(server, url) as fleet,
        warning_process(server, url) as warnings,
    ):
        for node in ("gw-1", "gw-2"):
            fleet.create(node)
        yield fleet, warnings
    postgres.drop_database(name)


@pytest.fixture
def service(fleet_and_warnings: tuple[FleetProcess, WarningProcess]) -> WarningProcess:
    return fleet_and_warnings[1]


def at_once(call: Callable[[int], Any]) -> Counter[str]:
    """Do the same from many threads; return how often it went well ("") or was refused, and why."""

    def outcome(number: int) -> str:
        try:
            call(number)
        except grpc.RpcError as error:
            info = details(error).info
            return info.reason if info is not None else str(error)
        return ""

    with ThreadPoolExecutor(HANDS) as pool:
        return Counter(pool.map(outcome, range(HANDS)))


async def test_many_hands_at_once_take_each_step_once(service: WarningProcess) -> None:
    draft = at_once(lambda _: service.draft("race-1"))
    assert draft == {"": 1, "WARNING_EXISTS": HANDS - 1}
    name = "warnings/race-1"

    def review(number: int) -> None:
        request = pb.ReviewWarningRequest(name=name, verdict=pb.VERDICT_APPROVE)
        service.call("ReviewWarning", request, who=f"reviewer-{number}")

    def sign(number: int) -> None:
        request = pb.SignWarningRequest(name=name, verdict=pb.VERDICT_APPROVE)
        service.call("SignWarning", request, "WARNING_AUTHORITY", who=f"signer-{number}")

    assert at_once(review) == {"": 1, "WARNING_STATE_WRONG": HANDS - 1}
    assert at_once(sign) == {"": 1, "WARNING_STATE_WRONG": HANDS - 1}
    assert at_once(lambda _: service.publish("race-1")) == {"": HANDS}
    found = service.call("GetWarning", pb.GetWarningRequest(name=name))
    assert found.version == 1
    assert len({found.drafter, found.reviewer, found.signer}) == 3

    async def issued() -> list[str]:
        told = [
            events_pb2.WarningIssued.FromString(each)
            for each in await events(service, "warning-issued")
        ]
        return [each.facts.warning for each in told if each.facts.warning == "race-1"]

    async def is_issued() -> bool:
        return bool(await issued())

    await until(is_issued)
    assert await issued() == ["race-1"]


async def test_publishing_and_cancelling_at_once_leaves_one_truth(service: WarningProcess) -> None:
    service.draft("race-2")
    service.sign_off("race-2")

    def either(number: int) -> None:
        if number % 2:
            service.publish("race-2")
            return
        request = pb.CancelWarningRequest(name="warnings/race-2", reason="a race")
        service.call("CancelWarning", request, "WARNING_SIGNER", who="signer")

    outcomes = at_once(either)
    assert set(outcomes) <= {"", "WARNING_STATE_WRONG"}
    found = service.call("GetWarning", pb.GetWarningRequest(name="warnings/race-2"))
    assert found.state == warning_pb2.WARNING_STATE_CANCELLED

    async def holds() -> bool:
        here = await bulletin(service, Channel.LIVE, COUNTY)
        told = [] if here is None else [n for n in here.notices if n.warning == "race-2"]
        return all(n.notice_type == notice_pb2.NOTICE_TYPE_CANCEL for n in told)

    await until(holds)


@pytest.mark.parametrize("said", INJECTIONS, ids=["sql", "xml", "format", "bidi"])
def test_what_people_write_stays_text(service: WarningProcess, said: str) -> None:
    warning_id = f"inject-{INJECTIONS.index(said)}"
    text = warning_pb2.WarningText(language="zh-CN", headline=said, description=said)
    service.issue(warning_id, texts=[text])
    found = service.call("GetWarning", pb.GetWarningRequest(name=f"warnings/{warning_id}"))
    assert found.texts[0].headline == said
    exported = service.call("ExportCap", pb.ExportCapRequest(name=f"warnings/{warning_id}"))
    alert = etree.fromstring(exported.content)
    names = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
    assert said in [each.text for each in alert.iterfind(".//c:headline", names)]
    assert "EVIL" not in [each.text for each in alert.iterfind(".//c:code", names)]


@pytest.mark.parametrize(
    "filter_",
    [
        "place=510104' OR '1'='1",
        "state=published; DROP TABLE warnings",
        'event="11B03"" OR 1=1',
        "\x00",
        "(" * 500,
    ],
)
def test_a_filter_is_no_way_in(service: WarningProcess, filter_: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        service.call("ListWarnings", pb.ListWarningsRequest(filter=filter_))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_source_that_proves_nothing_is_said_to_and_goes_nowhere_alone(
    service: WarningProcess,
) -> None:
    service.issue("source-1")
    exported = service.call("ExportCap", pb.ExportCapRequest(name="warnings/source-1"))
    unsigned = exported.content[: exported.content.index(b"<ds:Signature")] + b"</alert>"
    foreign = unsigned.replace(b"warning.sichuan.tianfu.dev", b"cap.example.net")
    made = service.call("ImportCap", pb.ImportCapRequest(content=foreign), who="importer")
    draft = service.call("GetWarning", pb.GetWarningRequest(name=made.warning))
    assert draft.state == warning_pb2.WARNING_STATE_DRAFT
    assert "not signed" in draft.state_reason
    assert "cap.example.net" in draft.steps[0].comment
    # Whoever brought it in does not check it.
    request = pb.ReviewWarningRequest(name=made.warning, verdict=pb.VERDICT_APPROVE)
    with pytest.raises(grpc.RpcError) as caught:
        service.call("ReviewWarning", request, who="importer")
    assert details(caught.value).info.reason == "SAME_PERSON"  # type: ignore[union-attr]
    # Whose certificate nobody has pinned proves nothing either.
    forged = exported.content.replace(b"warning.sichuan.tianfu.dev", b"cap.example.com")
    made = service.call("ImportCap", pb.ImportCapRequest(content=forged))
    draft = service.call("GetWarning", pb.GetWarningRequest(name=made.warning))
    assert "signed by nobody known" in draft.state_reason
    # Our own message played back is no source.
    replayed = service.call("ImportCap", pb.ImportCapRequest(content=exported.content))
    assert not replayed.warning
    assert "our own" in replayed.findings[-1].message
    # An exercise never becomes a warning to the public.
    drill = foreign.replace(b">Actual<", b">Exercise<").replace(b"example.net", b"example.edu")
    made = service.call("ImportCap", pb.ImportCapRequest(content=drill))
    found = service.call("GetWarning", pb.GetWarningRequest(name=made.warning))
    assert found.channel == warning_pb2.WARNING_CHANNEL_DRILL


async def test_a_node_speaks_for_no_other_and_for_no_county(service: WarningProcess) -> None:
    service.issue("forge-1")
    genuine = report("gw-1", 70, receipt("forge-1", notice_pb2.RECEIPT_STATE_ACKED))
    async with as_user(service.nats, "node", "gw-2") as link:
        js = link.jetstream(timeout=1)
        for subject in (
            subjects.receipt(subjects.NodeId("gw-1")),
            subjects.bulletin_key(Channel.LIVE, COUNTY),
            subjects.warning(Channel.LIVE, COUNTY),
            "$JS.API.STREAM.PURGE.RECEIPTS",
            subjects.event("disaster-warning", "warning-issued"),
        ):
            with pytest.raises(nats.errors.TimeoutError):
                await js.publish(subject, genuine)
        # What it may say, under its own name: another's words are refused there.
        own = subjects.receipt(subjects.NodeId("gw-2"))
        await js.publish(own, genuine)
        last = report("gw-2", 71, receipt("forge-1", notice_pb2.RECEIPT_STATE_DELIVERED))
        await js.publish(own, last)
    await until(lambda: receipts(service, "forge-1").total.delivered_count == 1)
    assert receipts(service, "forge-1").total.acknowledged_count == 0
