"""What the service of warnings refuses, and what it says of CAP, rules and thresholds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from tests.support.fleet_process import FleetProcess, fleet_process
from tests.support.nats_server import nats_server
from tests.support.postgres import PostgresServer
from tests.support.rpc import Details, details
from tests.support.warning_process import WarningProcess, warning_process
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import warning_pb2

pytestmark = pytest.mark.integration

NODES = ("gw-1",)
REQUEST = "33333333-3333-4333-8333-333333333333"
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
        yield fleet, warnings
    postgres.drop_database(name)


@pytest.fixture
def service(fleet_and_warnings: tuple[FleetProcess, WarningProcess]) -> WarningProcess:
    return fleet_and_warnings[1]


def refused(call: Any) -> Details:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return details(caught.value)


def _soon(by: timedelta) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC) + by)
    return stamp


def watch(service: WarningProcess, text: str, resume: str = "") -> Any:
    return service.call("WatchWarnings", pb.WatchWarningsRequest(filter=text, resume_token=resume))


def test_a_repeated_request_gets_the_first_answer(service: WarningProcess) -> None:
    until_ = _soon(timedelta(hours=1))
    first = service.draft("", request_id=REQUEST, expire_time=until_)
    assert service.draft("", request_id=REQUEST, expire_time=until_) == first
    found = refused(lambda: service.draft("rep-2", request_id=REQUEST, expire_time=until_))
    assert found.info is not None
    assert found.info.reason == "REQUEST_ID_REUSED"


# -- CAP, rules, thresholds -----------------------------------------------------------------------


def test_a_cap_message_of_ours_is_imported_once_as_a_draft(service: WarningProcess) -> None:
    service.issue("cap-1")
    exported = service.call("ExportCap", pb.ExportCapRequest(name="warnings/cap-1"))
    unsigned = exported.content[: exported.content.index(b"<ds:Signature")] + b"</alert>"
    foreign = unsigned.replace(b"warning.sichuan.tianfu.dev", b"cap.example.org")
    dry = service.call("ImportCap", pb.ImportCapRequest(content=foreign, validate_only=True))
    assert not dry.warning
    assert dry.cap_version == "1.2"
    assert dry.signature_state == pb.SIGNATURE_STATE_ABSENT
    made = service.call("ImportCap", pb.ImportCapRequest(content=foreign), who="drafter")
    assert made.warning
    draft = service.call("GetWarning", pb.GetWarningRequest(name=made.warning))
    assert draft.state == warning_pb2.WARNING_STATE_DRAFT
    assert draft.event_code == "11B03"
    assert [each.place_code for each in draft.counties] == ["510104", "510105"]
    again = service.call("ImportCap", pb.ImportCapRequest(content=foreign))
    assert again.repeated_import
    assert again.warning == made.warning


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"no xml", "CAP_NOT_WELL_FORMED", id="no-xml"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY x "y">]><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>',
            None,
            id="entities",
        ),
        pytest.param(b"<other/>", "CAP_NOT_AN_ALERT", id="no-alert"),
    ],
)
def test_what_is_no_cap_is_refused(
    service: WarningProcess, content: bytes, reason: str | None
) -> None:
    found = refused(lambda: service.call("ImportCap", pb.ImportCapRequest(content=content)))
    assert found.code is grpc.StatusCode.INVALID_ARGUMENT
    assert found.info is not None
    assert found.info.reason.startswith(reason or "CAP_")


def test_rules_are_listed_and_shown(service: WarningProcess) -> None:
    listed = service.call("ListRules", pb.ListRulesRequest(filter="rule_id=escalation"))
    (rule,) = listed.rules
    assert rule.name == "rules/escalation~CN~2020-11-27"
    assert service.call("GetRule", pb.GetRuleRequest(name=rule.name)) == rule
    assert rule.parameters["exempt_event_codes"][0] == "11C02"
    assert len(service.call("ListRules", pb.ListRulesRequest(page_size=1)).rules) == 1


@pytest.mark.parametrize(
    ("figures", "event", "colour"),
    [
        pytest.param(
            {"rain": pb.RainFigures(hourly_mm=[40, 40, 40])},
            None,
            warning_pb2.COLOUR_RED,
            id="rain",
        ),
        pytest.param(
            {
                "flood": pb.FloodFigures(
                    level_m=12, warning_level_m=10, guarantee_level_m=13, highest_level_m=15
                )
            },
            "11A01",
            warning_pb2.COLOUR_YELLOW,
            id="flood",
        ),
        pytest.param(
            {
                "earthquake": pb.EarthquakeFigures(
                    epicentre=warning_pb2.Point(latitude=30.66, longitude=104.08), magnitude=7.5
                )
            },
            "11C02",
            warning_pb2.COLOUR_RED,
            id="earthquake",
        ),
        pytest.param(
            {
                "fire": pb.FireFigures(
                    temperature_c=10, humidity_percent=95, rain_mm=20, month=7, latitude=30
                )
            },
            "",
            warning_pb2.COLOUR_UNSPECIFIED,
            id="fire",
        ),
    ],
)
def test_thresholds_are_evaluated_with_an_explanation(
    service: WarningProcess, figures: dict[str, Any], event: str | None, colour: int
) -> None:
    request = pb.EvaluateThresholdsRequest(place_code="510104", **figures)
    answer = service.call("EvaluateThresholds", request)
    assert answer.colour == colour
    assert event is None or answer.event_code == event
    assert answer.comparisons
    assert answer.rule_versions


# -- what is refused ------------------------------------------------------------------------------

_W = "warnings/refused-1"
_APPROVE = pb.VERDICT_APPROVE
_AREA = warning_pb2.Area(place_codes=["510104"])


@pytest.fixture(scope="module")
def _refused_draft(fleet_and_warnings: tuple[FleetProcess, WarningProcess]) -> None:
    fleet_and_warnings[1].draft("refused-1")


@pytest.mark.parametrize(
    ("method", "request_", "role", "who", "reason"),
    [
        pytest.param(
            "GetWarning", pb.GetWarningRequest(name="warnings/no"), "", "a", "WARNING_UNKNOWN"
        ),
        pytest.param(
            "GetWarning", pb.GetWarningRequest(name="warnings/NO"), "", "a", "REQUEST_INVALID"
        ),
        pytest.param(
            "CreateWarning", pb.CreateWarningRequest(), "", "a", "REQUEST_INVALID", id="create"
        ),
        pytest.param(
            "CreateWarning",
            pb.CreateWarningRequest(
                warning=warning_pb2.Warning(
                    channel=warning_pb2.WARNING_CHANNEL_LIVE,
                    colour=warning_pb2.COLOUR_BLUE,
                    event_code="11B03",
                    area=_AREA,
                    expire_time=Timestamp(seconds=-62135596800),
                )
            ),
            "",
            "a",
            "TIME_INVALID",
            id="create-off-calendar",
        ),
        pytest.param(
            "CreateWarning",
            pb.CreateWarningRequest(
                warning=warning_pb2.Warning(
                    channel=warning_pb2.WARNING_CHANNEL_LIVE,
                    colour=warning_pb2.COLOUR_BLUE,
                    event_code="11B03",
                    area=_AREA,
                    expire_time=Timestamp(seconds=1),
                )
            ),
            "",
            "a",
            "EXPIRY_INVALID",
            id="create-over",
        ),
        pytest.param(
            "ReviewWarning",
            pb.ReviewWarningRequest(name=_W, verdict=_APPROVE),
            "DUTY_OFFICER",
            "drafter",
            "SAME_PERSON",
        ),
        pytest.param(
            "ReviewWarning",
            pb.ReviewWarningRequest(name=_W, verdict=pb.VERDICT_REJECT),
            "DUTY_OFFICER",
            "b",
            "COMMENT_MISSING",
        ),
        pytest.param(
            "ReviewWarning",
            pb.ReviewWarningRequest(name=_W, verdict=_APPROVE, etag="old"),
            "DUTY_OFFICER",
            "b",
            "ETAG_MISMATCH",
        ),
        pytest.param(
            "ReviewWarning",
            pb.ReviewWarningRequest(name=_W, verdict=_APPROVE),
            "VIEWER",
            "b",
            "ROLE_MISSING",
        ),
        pytest.param(
            "SignWarning",
            pb.SignWarningRequest(name=_W, verdict=_APPROVE),
            SIGNER,
            "c",
            "WARNING_STATE_WRONG",
        ),
        pytest.param(
            "SignWarning",
            pb.SignWarningRequest(name=_W, verdict=_APPROVE),
            "DUTY_OFFICER",
            "c",
            "ROLE_MISSING",
        ),
        pytest.param(
            "PublishWarning", pb.PublishWarningRequest(name=_W), SIGNER, "c", "WARNING_STATE_WRONG"
        ),
        pytest.param(
            "UpdateWarning",
            pb.UpdateWarningRequest(
                warning=warning_pb2.Warning(
                    name=_W,
                    channel=warning_pb2.WARNING_CHANNEL_LIVE,
                    colour=warning_pb2.COLOUR_BLUE,
                    event_code="11B03",
                    area=_AREA,
                    expire_time=Timestamp(seconds=1),
                ),
                update_mask=FieldMask(paths=["channel"]),
            ),
            "",
            "a",
            "UPDATE_MASK_INVALID",
        ),
        pytest.param(
            "UpdateWarning",
            pb.UpdateWarningRequest(
                warning=warning_pb2.Warning(name=_W), update_mask=FieldMask(paths=["colour"])
            ),
            "",
            "a",
            "REQUEST_INVALID",
        ),
        pytest.param(
            "UpdateWarning",
            pb.UpdateWarningRequest(
                warning=warning_pb2.Warning(
                    name="nodes/x",
                    channel=warning_pb2.WARNING_CHANNEL_LIVE,
                    colour=warning_pb2.COLOUR_BLUE,
                    event_code="11B03",
                    area=_AREA,
                    expire_time=Timestamp(seconds=1),
                )
            ),
            "",
            "a",
            "NAME_INVALID",
        ),
        pytest.param(
            "CancelWarning", pb.CancelWarningRequest(name=_W), SIGNER, "c", "REQUEST_INVALID"
        ),
        pytest.param(
            "ConfirmAutomaticWarning",
            pb.ConfirmAutomaticWarningRequest(name=_W, verdict=_APPROVE),
            "",
            "c",
            "WARNING_STATE_WRONG",
        ),
        pytest.param(
            "ListWarnings", pb.ListWarningsRequest(filter="people=5"), "", "a", "FILTER_INVALID"
        ),
        pytest.param(
            "ListWarnings",
            pb.ListWarningsRequest(page_token="damaged"),
            "",
            "a",
            "PAGE_TOKEN_INVALID",
        ),
        pytest.param(
            "ListEarthquakes",
            pb.ListEarthquakesRequest(filter="min_magnitude=nan"),
            "",
            "a",
            "FILTER_INVALID",
        ),
        pytest.param("ExportCap", pb.ExportCapRequest(name=_W), "", "a", "WARNING_VERSION_UNKNOWN"),
        pytest.param(
            "GetReceipts", pb.GetReceiptsRequest(name="warnings/no"), "", "a", "WARNING_UNKNOWN"
        ),
        pytest.param(
            "GetEarthquake",
            pb.GetEarthquakeRequest(name="earthquakes/no"),
            "",
            "a",
            "EARTHQUAKE_UNKNOWN",
        ),
        pytest.param("GetRule", pb.GetRuleRequest(name="rules/no~CN"), "", "a", "RULE_UNKNOWN"),
        pytest.param(
            "ListRules", pb.ListRulesRequest(filter="on=today"), "", "a", "FILTER_INVALID"
        ),
        pytest.param(
            "EvaluateThresholds",
            pb.EvaluateThresholdsRequest(place_code="510104"),
            "",
            "a",
            "REQUEST_INVALID",
        ),
        pytest.param(
            "EvaluateThresholds",
            pb.EvaluateThresholdsRequest(
                place_code="510104",
                flood=pb.FloodFigures(level_m=1, warning_level_m=5, guarantee_level_m=2),
            ),
            "",
            "a",
            "FIGURES_INVALID",
        ),
        pytest.param("ImportCap", pb.ImportCapRequest(), "", "a", "REQUEST_INVALID"),
    ],
)
@pytest.mark.usefixtures("_refused_draft")
def test_bad_calls_are_refused_with_their_reason(
    service: WarningProcess, method: str, request_: Any, role: str, who: str, reason: str
) -> None:
    roles = (role,) if role else ()
    found = refused(lambda: service.call(method, request_, *roles, who=who))
    assert found.info is not None
    assert found.info.reason == reason


def test_a_watch_with_a_token_of_another_question_is_refused(service: WarningProcess) -> None:
    found = refused(lambda: next(watch(service, "", "damaged")))
    assert found.info is not None
    assert found.info.reason == "PAGE_TOKEN_INVALID"


def test_wrong_settings_are_said_all_at_once_without_secrets() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.disaster_warning"],
        env={"PATH": "/usr/bin:/bin", "TIANFU_DATABASE_URL": "postgresql+asyncpg://u:secret@h/d"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "TIANFU_LIVE_SIGNING_SEED_FILE" in done.stderr
    assert "TIANFU_DRILL_CAP_KEY_FILE" in done.stderr
    assert "secret" not in done.stderr


def test_one_key_for_both_channels_is_refused(service: WarningProcess) -> None:
    environment = service.environment | {
        "TIANFU_DRILL_SIGNING_SEED_FILE": service.environment["TIANFU_LIVE_SIGNING_SEED_FILE"],
        "TIANFU_GRPC_ADDRESS": "127.0.0.1:0",
        "TIANFU_METRICS_ADDRESS": "",
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.disaster_warning"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "SIGNING_KEY_UNUSABLE" in done.stderr + done.stdout
