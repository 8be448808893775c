"""The service of warnings as a process: RPCs, bulletins, receipts and events on real servers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from nacl.signing import VerifyKey
from nats.js.errors import APIError

from services.disaster_warning.build import REPORTS_OF_A_NODE
from services.plumbing.streams import jetstream
from tests.support.fleet_process import FleetProcess, as_user, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import Details, details
from tests.support.waiting import until
from tests.support.warning_process import WarningProcess, warning_process
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import notice_pb2, warning_pb2
from tianfu.fleet.v1.fleet_service_pb2 import UpdateNodeRequest
from tianfu.operations.v1 import dead_letter_service_pb2 as dead_pb
from tianfu.subjects import Channel

pytestmark = pytest.mark.integration

REQUEST = "33333333-3333-4333-8333-333333333333"
NODES = ("gw-1", "gw-2")
LIVE, DRILL = Channel.LIVE, Channel.DRILL
SIGNER = "WARNING_SIGNER"


@pytest.fixture(scope="module")
def fleet_and_warnings(
    postgres: PostgresServer,
) -> Iterator[tuple[FleetProcess, WarningProcess]]:
    name = postgres.create_database()
    url = postgres.url(name)
    # The fleet owns the stream of events that warnings go to.
    with (
        nats_server(nodes=NODES) as server,
        fleet_process(server, url) as fleet,
        warning_process(server, url) as warnings,
    ):
        for node in NODES:
            fleet.create(node)
        yield fleet, warnings
    postgres.drop_database(name)


@pytest.fixture
def service(fleet_and_warnings: tuple[FleetProcess, WarningProcess]) -> WarningProcess:
    return fleet_and_warnings[1]


def refused(call: Any) -> Details:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return details(caught.value)


async def bulletin(service: WarningProcess, channel: Channel, county: str) -> Any:
    """Return a county's bulletin as its agents read it; its signature is checked."""
    async with as_user(service.nats, "test", "admin") as link:
        answer = await link.request(subjects.bulletin_get(channel, county), timeout=10)
    if not answer.data:
        return None
    signed = notice_pb2.SignedBulletin.FromString(answer.data)
    assert signed.public_key == service.signing_keys[channel]
    # An nkey is base32 of a prefix, 32 bytes of Ed25519 and a checksum of two.
    raw = base64.b32decode(signed.public_key + "=" * (-len(signed.public_key) % 8))[1:33]
    VerifyKey(raw).verify(signed.bulletin, signed.signature)
    return notice_pb2.CountyBulletin.FromString(signed.bulletin)


async def until_told(
    service: WarningProcess, channel: Channel, county: str, warning: str, version: int
) -> Any:
    """Wait until a county's bulletin has a version of a warning, and return its notice."""
    found: list[Any] = []

    async def told() -> bool:
        here = await bulletin(service, channel, county)
        notices = () if here is None else here.notices
        found[:] = [n for n in notices if (n.warning, n.version) == (warning, version)]
        return bool(found)

    await until(told)
    return found[0]


async def events(service: WarningProcess, kind: str) -> list[bytes]:
    async with as_user(service.nats, "test", "admin") as link:
        js = jetstream(link)
        state = (await js.stream_info(subjects.EVENTS)).state
        found = []
        for sequence in range(max(state.first_seq, 1), state.last_seq + 1):
            message = await js.get_msg(subjects.EVENTS, sequence)
            if message.subject == subjects.event("disaster-warning", kind):
                found.append(message.data or b"")
        return found


def report(node: str, sequence: int, *receipts: notice_pb2.Receipt, **fields: Any) -> bytes:
    values = {"node": node, "epoch": 7, "sequence": sequence, "place_code": "510104", **fields}
    data: bytes = notice_pb2.ReceiptReport(receipts=receipts, **values).SerializeToString()
    return data


def receipt(warning: str, state: int, *, version: int = 1, **fields: Any) -> notice_pb2.Receipt:
    values = {
        "channel": warning_pb2.WARNING_CHANNEL_LIVE,
        "sink": notice_pb2.SINK_NODE,
        "event_time_us": int(datetime.now(UTC).timestamp() * 1e6),
        **fields,
    }
    return notice_pb2.Receipt(warning=warning, version=version, state=state, **values)  # type: ignore[arg-type]


async def send(service: WarningProcess, node: str, *payloads: bytes) -> None:
    async with as_user(service.nats, "node", node) as link:
        js = jetstream(link)
        for payload in payloads:
            await js.publish(subjects.receipt(subjects.NodeId(node)), payload)


def receipts(service: WarningProcess, warning: str) -> Any:
    return service.call("GetReceipts", pb.GetReceiptsRequest(name=f"warnings/{warning}"))


# -- the warning's way ----------------------------------------------------------------------------


async def test_a_warning_reaches_its_counties_signed_and_as_an_event(
    service: WarningProcess,
) -> None:
    out = service.issue("way-1")
    assert out.state == warning_pb2.WARNING_STATE_PUBLISHED
    assert (out.version, out.drafter, out.reviewer, out.signer) == (
        1,
        "drafter",
        "reviewer",
        "signer",
    )
    assert out.etag
    assert [step.to_state for step in out.steps] == [1, 2, 3, 4]
    notice = await until_told(service, LIVE, "510104", "way-1", 1)
    assert notice.cap_identifier == out.cap_identifier
    assert notice.channel == warning_pb2.WARNING_CHANNEL_LIVE
    assert await bulletin(service, DRILL, "510104") is None
    await until(
        lambda: _has(service, "warning-issued", "way-1"),
    )
    assert service.publish("way-1") == out


async def _has(service: WarningProcess, kind: str, warning: str) -> bool:
    return any(warning.encode() in each for each in await events(service, kind))


async def test_agents_hear_a_bulletin_as_it_is_written(service: WarningProcess) -> None:
    heard: list[bytes] = []

    async def hear(message: Any) -> None:
        heard.append(message.data)

    async with as_user(service.nats, "test", "admin") as link:
        await link.subscribe(subjects.warning(LIVE, "510107"), cb=hear)
        await link.flush()
        service.issue("heard-1", area=warning_pb2.Area(place_codes=["510107"]))
        await until(lambda: bool(heard))
    signed = notice_pb2.SignedBulletin.FromString(heard[0])
    bulletin = notice_pb2.CountyBulletin.FromString(signed.bulletin)
    assert bulletin.place_code == "510107"
    assert [notice.warning for notice in bulletin.notices] == ["heard-1"]


async def test_an_exercise_never_reaches_the_public(service: WarningProcess) -> None:
    service.issue(
        "drill-1",
        channel=warning_pb2.WARNING_CHANNEL_DRILL,
        area=warning_pb2.Area(place_codes=["510106"]),
    )
    notice = await until_told(service, DRILL, "510106", "drill-1", 1)
    assert all(text.headline.startswith(("演练", "EXERCISE")) for text in notice.texts)
    assert await bulletin(service, LIVE, "510106") is None
    exported = service.call("ExportCap", pb.ExportCapRequest(name="warnings/drill-1"))
    assert b"<status>Exercise</status>" in exported.content


async def test_a_cancellation_and_an_update_reach_the_counties(service: WarningProcess) -> None:
    service.issue("change-1", area=warning_pb2.Area(place_codes=["510108"]))
    service.call(
        "UpdateWarning",
        pb.UpdateWarningRequest(
            warning=warning_pb2.Warning(name="warnings/change-1", colour=warning_pb2.COLOUR_ORANGE),
            update_mask=FieldMask(paths=["colour"]),
        ),
        who="drafter",
    )
    service.sign_off("change-1")
    assert service.publish("change-1").version == 2
    notice = await until_told(service, LIVE, "510108", "change-1", 2)
    assert notice.notice_type == notice_pb2.NOTICE_TYPE_UPDATE
    assert notice.colour == warning_pb2.COLOUR_ORANGE
    service.call(
        "CancelWarning",
        pb.CancelWarningRequest(name="warnings/change-1", reason="over"),
        SIGNER,
    )
    notice = await until_told(service, LIVE, "510108", "change-1", 3)
    assert notice.notice_type == notice_pb2.NOTICE_TYPE_CANCEL
    receipts_of_each_version(service, "warnings/change-1")


def receipts_of_each_version(service: WarningProcess, name: str) -> None:
    for asked, found in ((0, 3), (1, 1), (2, 2), (3, 3)):
        request = pb.GetReceiptsRequest(name=name, version=asked)
        answer = service.call("GetReceipts", request)
        assert answer.version == answer.total.version == found
        assert [each.name for each in answer.counties] == [f"{name}/receipts/510108"]
        assert answer.area_population > 0
    missing = refused(
        lambda: service.call("GetReceipts", pb.GetReceiptsRequest(name=name, version=4))
    )
    assert missing.info is not None
    assert missing.info.reason == "WARNING_VERSION_UNKNOWN"


def _soon(by: timedelta) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC) + by)
    return stamp


async def test_a_warning_ends_in_time_and_leaves_the_bulletin(service: WarningProcess) -> None:
    service.issue(
        "short-1",
        area=warning_pb2.Area(place_codes=["510112"]),
        hold=timedelta(seconds=4),
    )
    await until_told(service, LIVE, "510112", "short-1", 1)

    async def over() -> bool:
        here = await bulletin(service, LIVE, "510112")
        return not here.notices

    await until(over)
    found = service.call("GetWarning", pb.GetWarningRequest(name="warnings/short-1"))
    assert found.state == warning_pb2.WARNING_STATE_EXPIRED
    await until(lambda: _has(service, "warning-expired", "short-1"))


# -- receipts -------------------------------------------------------------------------------------


async def test_receipts_are_counted_once_whatever_their_order(service: WarningProcess) -> None:
    service.issue("rec-1")
    delivered = report("gw-1", 1, receipt("rec-1", notice_pb2.RECEIPT_STATE_DELIVERED))
    await send(
        service,
        "gw-1",
        report("gw-1", 2, receipt("rec-1", notice_pb2.RECEIPT_STATE_ACKED)),
        delivered,
        delivered,
        report(
            "gw-1",
            3,
            receipt("rec-1", notice_pb2.RECEIPT_STATE_FAILED, sink=notice_pb2.SINK_SIREN),
        ),
    )
    await send(
        service,
        "gw-2",
        report(
            "gw-2",
            1,
            receipt("rec-1", notice_pb2.RECEIPT_STATE_REFUSED, reason="NOTICE_EXPIRED"),
        ),
    )
    await until(lambda: receipts(service, "rec-1").total.expired_count == 1)
    found = receipts(service, "rec-1")
    (first, second) = found.counties
    assert first.name == "warnings/rec-1/receipts/510104"
    assert first.display_name == "锦江区"
    assert (first.delivered_count, first.acknowledged_count, first.failed_count) == (1, 1, 1)
    assert second.delivered_count == 0
    assert found.told_population > 0
    assert found.area_population > found.told_population


async def test_a_receipt_counts_where_the_fleet_has_its_node(
    fleet_and_warnings: tuple[FleetProcess, WarningProcess],
) -> None:
    fleet, service = fleet_and_warnings
    service.issue("place-1")
    delivered = receipt("place-1", notice_pb2.RECEIPT_STATE_DELIVERED)
    # gw-2 says that it stands in a county that is not its own.
    await send(service, "gw-2", report("gw-2", 3_000, delivered, place_code="510105"))
    await send(service, "gw-1", report("gw-1", 3_000, delivered))

    def counted() -> list[tuple[int, int, int]]:
        found = receipts(service, "place-1").counties
        return [(each.node_count, each.delivered_count, each.apart_count) for each in found]

    await until(lambda: counted() == [(2, 1, 0), (0, 0, 1)])
    mismatches = {"reason": "COUNTY_MISMATCH"}
    assert service.metric("tianfu_warning_receipts_apart_total", **mismatches) == 1
    # The fleet moves it there; from then on it does.
    node = fleet.node("gw-2")
    node.place_code = "510105"
    request = UpdateNodeRequest(node=node, update_mask=FieldMask(paths=["place_code"]))
    fleet.call("UpdateNode", request)
    await until(lambda: counted() == [(1, 1, 0), (1, 0, 1)])
    later = receipt("place-1", notice_pb2.RECEIPT_STATE_ACKED)
    await send(service, "gw-2", report("gw-2", 3_001, later, place_code="510105"))
    await until(lambda: counted() == [(1, 1, 0), (1, 1, 0)])
    # What has happened while the service was down is found at its start.
    service.kill()
    node = fleet.node("gw-2")
    node.place_code = "510104"
    fleet.call("UpdateNode", UpdateNodeRequest(node=node, update_mask=request.update_mask))
    service.start()
    await until(lambda: counted() == [(2, 1, 0), (0, 1, 0)])


async def test_places_are_heard_again_when_their_bucket_was_lost(
    fleet_and_warnings: tuple[FleetProcess, WarningProcess],
) -> None:
    fleet, service = fleet_and_warnings

    def heard() -> float:
        return service.metric("tianfu_warning_node_places_total", outcome="taken")

    await until(lambda: fleet.metric("tianfu_fleet_places_retold_total") >= 1.0)
    before = heard()
    async with as_user(service.nats, "test", "admin") as link:
        stream = subjects.bucket_stream(subjects.NODE_PLACES)
        assert await link.jetstream(timeout=20).delete_stream(stream)
    # The fleet makes it anew, and the durable of who takes from it is made anew as well.
    await until(lambda: heard() >= before + len(NODES))


async def test_a_report_that_is_none_is_kept_apart(service: WarningProcess) -> None:
    await send(service, "gw-1", b"\xff\xff", report("gw-2", 50), report("gw-1", 51, place_code="x"))

    def reasons() -> set[str]:
        answer = service.letters("ListDeadLetters", dead_pb.ListDeadLettersRequest())
        return {each.reason for each in answer.dead_letters}

    await until(lambda: reasons() >= {"REPORT_MALFORMED", "NODE_MISMATCH"})


async def test_a_node_that_babbles_keeps_no_other_out(service: WarningProcess) -> None:
    service.issue("babble-1")
    service.kill()
    delivered = receipt("babble-1", notice_pb2.RECEIPT_STATE_DELIVERED)
    async with as_user(service.nats, "test", "admin") as link:
        js = link.jetstream()
        subject = subjects.receipt(subjects.NodeId("gw-1"))
        for number in range(REPORTS_OF_A_NODE):
            await link.publish(subject, report("gw-1", 1_000 + number))
        with pytest.raises(APIError, match="maximum messages per subject"):
            await js.publish(subject, report("gw-1", 9_999))
    # The others' come in, and that node's own do again when there is room.
    await send(service, "gw-2", report("gw-2", 1_000, delivered))
    service.start()
    await until(lambda: receipts(service, "babble-1").total.delivered_count == 1)
    await send(service, "gw-1", report("gw-1", 9_999, delivered))
    await until(lambda: receipts(service, "babble-1").total.delivered_count == 2)


async def test_receipts_survive_the_service_being_down(service: WarningProcess) -> None:
    service.issue("down-1")
    service.kill()
    await send(
        service,
        "gw-1",
        report("gw-1", 100, receipt("down-1", notice_pb2.RECEIPT_STATE_DELIVERED)),
    )
    service.start()
    await until(lambda: receipts(service, "down-1").total.delivered_count == 1)
    await until_told(service, LIVE, "510104", "down-1", 1)


# -- lists and watches ----------------------------------------------------------------------------


def test_lists_are_filtered_and_paged(service: WarningProcess) -> None:
    place = warning_pb2.Area(place_codes=["513301"])
    for number in range(3):
        service.draft(f"list-{number}", area=place, event_code="11B05")
    text = "place_code=5133 AND event_code=11B05 AND state=DRAFT AND channel=LIVE"
    first = service.call("ListWarnings", pb.ListWarningsRequest(filter=text, page_size=2))
    assert [each.name for each in first.warnings] == ["warnings/list-2", "warnings/list-1"]
    second = service.call(
        "ListWarnings",
        pb.ListWarningsRequest(filter=text, page_size=2, page_token=first.next_page_token),
    )
    assert [each.name for each in second.warnings] == ["warnings/list-0"]
    assert not second.next_page_token
    none = service.call("ListWarnings", pb.ListWarningsRequest(filter=f"{text} AND colour=RED"))
    assert not none.warnings


def watch(service: WarningProcess, text: str, resume: str = "") -> Any:
    return service.call("WatchWarnings", pb.WatchWarningsRequest(filter=text, resume_token=resume))


def test_a_watch_goes_on_where_it_was_left(service: WarningProcess) -> None:
    text = "event_code=11B22"
    service.draft("watch-1", event_code="11B22")
    stream = watch(service, text)
    assert next(stream).warning.name == "warnings/watch-1"
    caught_up = next(stream)
    assert not caught_up.HasField("warning")
    service.draft("watch-2", event_code="11B22")
    seen = next(stream)
    assert seen.warning.name == "warnings/watch-2"
    stream.cancel()
    review = pb.ReviewWarningRequest(name="warnings/watch-1", verdict=pb.VERDICT_APPROVE)
    service.call("ReviewWarning", review, who="reviewer")
    again = watch(service, text, seen.resume_token)
    changed = next(again)
    assert changed.warning.name == "warnings/watch-1"
    assert changed.warning.state == warning_pb2.WARNING_STATE_REVIEWED
    again.cancel()


def test_stops_in_order(service: WarningProcess) -> None:
    assert service.stop() == 0
    service.start()
