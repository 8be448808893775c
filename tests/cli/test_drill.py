"""The drill without a platform: what is written, what is seen, what is promised, what is shown."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.console import Console
from typing_extensions import override

from cli.drill import features, play, promises, report, scenario, seen, view, watch
from cli.drill.lead_time import lead
from cli.drill.seen import (
    CountySeen,
    FeatureSeen,
    LiveTraffic,
    ReceiptsSeen,
    Seen,
    SolutionSeen,
    StepSeen,
    Told,
    WarningSeen,
)
from cli.failures import Failure
from cli.local import folder as folders
from cli.local import programs
from cli.local.folder import Folder
from cli.local.state import State, prepare
from edge import settings as edge_settings
from edge.seismic_settings import RecordSource
from edge.waveform.files import read_record
from edge.waveform.replay import Epicentre, moved
from services.disaster_warning.geography.targeting import targeting
from tianfu import subjects
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2, warning_pb2
from tianfu.seismic.v1 import station_features_pb2
from tianfu.subjects import Channel

ORIGIN = 1_768_204_800.0


def solution(number: int, after_s: float, magnitude: float) -> SolutionSeen:
    county = CountySeen("510104", "锦江区", "orange", 5.5, 84.0, ORIGIN + 22.9)
    return SolutionSeen(
        number=number,
        solve_s=ORIGIN + after_s,
        origin_s=ORIGIN,
        latitude=31.0,
        longitude=103.4,
        magnitude=magnitude,
        magnitude_sigma=0.3,
        max_intensity=8.4,
        stations=("drill-clc", "drill-tow2"),
        processing_ms=4.0,
        counties=(county,),
    )


def told(version: int, delivered: int = 1, last_s: float = 4.1) -> Told:
    county = ReceiptsSeen(
        "510104", "锦江区", version, 1, delivered, first_s=ORIGIN + 4.0, last_s=ORIGIN + last_s
    )
    return Told(version, (county,), ORIGIN + 4.2 if delivered else None)


WARNING = WarningSeen(
    name="w",
    state="cancelled",
    colour="red",
    version=2,
    expire_s=ORIGIN + 240,
    counties=("510104",),
    steps=(StepSeen(1, "published", ORIGIN + 3.9), StepSeen(2, "cancelled", ORIGIN + 36)),
)
FEATURES = tuple(
    FeatureSeen(station, ORIGIN + 0.6, ORIGIN + at - 0.3, ORIGIN + at - 0.1, ORIGIN + at - 0.05)
    for station, at in (("drill-clc", 2.0), ("drill-clc", 3.85), ("drill-ccc", 3.88))
)
GOOD = Seen(
    origin_s=ORIGIN,
    earthquakes=("eq",),
    warnings=("w",),
    state="final",
    solutions=(solution(1, 3.88, 6.6), solution(2, 9.5, 6.9), solution(3, 12.0, 5.0)),
    warning=WARNING,
    told=(told(1), told(2, last_s=36.1)),
    features=FEATURES,
)


def verdicts(drill: Seen) -> dict[str, bool]:
    return {promise.name: promise.kept for promise in promises.judge(drill)}


# -- promises -------------------------------------------------------------------------------------


def test_a_good_drill_keeps_every_promise() -> None:
    assert all(verdicts(GOOD).values())
    assert len(verdicts(GOOD)) == 6


def test_nothing_seen_keeps_only_that_the_public_heard_nothing() -> None:
    assert [name for name, kept in verdicts(Seen(ORIGIN)).items() if kept] == ["live-channel"]


def first_alert_at(after_s: float) -> Seen:
    steps = (StepSeen(1, "published", ORIGIN + after_s), WARNING.steps[1])
    return replace(GOOD, warning=replace(WARNING, steps=steps))


@pytest.mark.parametrize(
    ("drill", "broken"),
    [
        pytest.param(first_alert_at(6.51), "first-alert", id="late"),
        pytest.param(first_alert_at(-0.1), "first-alert", id="before-the-origin"),
        pytest.param(
            replace(GOOD, solutions=(solution(1, 9.0, 6.4),)), "magnitude", id="too-small"
        ),
        pytest.param(
            replace(GOOD, solutions=(solution(1, 9.0, 7.8),)), "magnitude", id="too-great"
        ),
        pytest.param(
            replace(GOOD, solutions=(solution(1, 10.1, 7.1),)), "magnitude", id="too-late"
        ),
        pytest.param(replace(GOOD, earthquakes=("a", "b")), "one-warning", id="two-earthquakes"),
        pytest.param(replace(GOOD, warnings=("a", "b")), "one-warning", id="two-warnings"),
        pytest.param(replace(GOOD, told=(told(1), told(2, 0))), "receipts", id="none-told"),
        pytest.param(replace(GOOD, told=(told(1), told(2, 2))), "receipts", id="told-twice"),
        pytest.param(replace(GOOD, live=LiveTraffic(warnings=1)), "live-channel", id="warning"),
        pytest.param(replace(GOOD, live=LiveTraffic(bulletins=1)), "live-channel", id="bulletin"),
        pytest.param(replace(GOOD, live=LiveTraffic(features=1)), "live-channel", id="feature"),
        pytest.param(
            replace(GOOD, warning=replace(WARNING, state="published")), "end", id="still-holds"
        ),
        pytest.param(
            replace(GOOD, told=(told(1), told(2, last_s=241))), "end", id="after-the-expiry"
        ),
    ],
)
def test_each_promise_can_be_broken_alone(drill: Seen, broken: str) -> None:
    assert [name for name, kept in verdicts(drill).items() if not kept] == [broken]


@pytest.mark.parametrize(
    ("state", "earthquake", "expected"),
    [
        ("DRAFT", "", False),
        ("REVIEWED", "", False),
        ("SIGNED_OFF", "", False),
        ("PUBLISHED", "", True),
        ("CANCELLED", "", True),
        ("EXPIRED", "", True),
        ("UNSPECIFIED", "", True),
        ("DRAFT", "earthquakes/e", True),
        ("PUBLISHED", "earthquakes/e", True),
    ],
)
def test_what_is_out_on_the_publics_channel(state: str, earthquake: str, expected: bool) -> None:
    value = warning_pb2.WarningState.Value(f"WARNING_STATE_{state}")
    warning = warning_pb2.Warning(state=value, earthquake=earthquake)

    assert watch.is_public(warning) is expected


def test_a_magnitude_is_judged_to_a_tenth() -> None:
    assert verdicts(replace(GOOD, solutions=(solution(1, 9.0, 6.46),)))["magnitude"]


def test_a_node_that_hears_what_its_county_was_not_told_breaks_the_promise() -> None:
    stray = ReceiptsSeen("511802", "雨城区", 2, nodes=0, delivered=1)
    drill = replace(GOOD, told=(replace(told(2), counties=(*told(2).counties, stray)),))

    assert not verdicts(drill)["receipts"]


def test_an_expired_warning_has_ended_as_well() -> None:
    drill = replace(GOOD, warning=replace(WARNING, state="expired", version=1), told=(told(1),))

    assert verdicts(drill)["end"]


# -- what is seen ---------------------------------------------------------------------------------


def answer(delivered: int) -> disaster_warning_service_pb2.GetReceiptsResponse:
    county = warning_pb2.ReceiptSummary(
        name="warnings/w/receipts/510104", display_name="锦江区", version=2
    )
    county.delivered_count = delivered
    return disaster_warning_service_pb2.GetReceiptsResponse(
        counties=[county], total=warning_pb2.ReceiptSummary(version=2)
    )


def test_receipts_are_compared_with_the_fleet_and_not_with_themselves() -> None:
    fleet, counties = {"510104": 2, "510105": 1, "519999": 7}, ["510104", "510105"]

    found = seen.told_of(answer(2), fleet, counties, ORIGIN)

    assert {each.place_code: (each.nodes, each.delivered) for each in found.counties} == {
        "510104": (2, 2),
        "510105": (1, 0),  # told, and nothing was heard of it
    }
    assert not found.is_complete


def test_receipts_are_complete_once_and_stay_so() -> None:
    first = seen.told_of(answer(1), {"510104": 1}, ["510104"], ORIGIN)
    later = seen.told_of(answer(1), {"510104": 1}, ["510104"], ORIGIN + 5)

    kept = seen.with_receipts(seen.with_receipts((), first), later)

    assert [each.complete_s for each in kept] == [ORIGIN]


class Late(watch.Watcher):
    """Looks at a service whose warning has its second version already."""

    def __init__(self) -> None:
        self.warnings = SimpleNamespace(GetReceipts=self.receipts)
        self.asked: list[int] = []

    @override
    async def ask(self, method: Any, request: Any) -> Any:
        return method(request)

    def receipts(
        self, request: disaster_warning_service_pb2.GetReceiptsRequest
    ) -> disaster_warning_service_pb2.GetReceiptsResponse:
        self.asked.append(request.version)
        made = answer(1 if len(self.asked) > 1 else 0)
        made.total.version = request.version
        return made


async def test_the_first_versions_receipts_are_asked_for_until_they_are_there() -> None:
    watcher = Late()
    drill = replace(GOOD, told=(told(2),))

    for _ in range(3):
        drill = await watcher.first_told(drill, {"510104": 1})

    assert watcher.asked == [1, 1]
    assert [each.version for each in drill.told] == [1, 2]
    assert drill.first_told is not None
    assert drill.first_told.complete_s is not None


def test_a_stored_feature_tells_when_its_wave_came_and_when_it_did() -> None:
    said = station_features_pb2.StationFeatures(
        station="drill-clc",
        pick_id=7,
        elapsed_s=3.0,
        pick_time_us=1_000_000,
        send_time_us=4_100_000,
    )

    found = features.feature_of(said.SerializeToString(), "1970-01-01T00:00:04.123456789Z")

    stored_s: Any = pytest.approx(4.123456)
    assert found == FeatureSeen("drill-clc", 1.0, 4.0, 4.1, stored_s)


@pytest.mark.parametrize(
    ("payload", "stored"),
    [
        (
            station_features_pb2.StationFeatures(station="a").SerializeToString(),
            "1970-01-01T00:00:04Z",
        ),
        (b"\xff", "1970-01-01T00:00:04Z"),
        (b"", ""),
    ],
)
def test_what_is_no_feature_is_passed_over(payload: bytes, stored: str) -> None:
    assert features.feature_of(payload, stored) is None


def test_streams_are_told_by_the_monitor() -> None:
    details = [{"stream_detail": [{"name": "SEISMIC", "state": {"last_seq": 3}}]}, {}]

    assert watch.sequences_of({"account_details": details}) == {"SEISMIC": 3}
    assert watch.sequences_of({}) == {}


def test_a_silent_monitor_is_no_quiet_channel() -> None:
    with pytest.raises(Failure) as caught:
        watch.last_sequences("127.0.0.1:1")

    assert caught.value.reason == "NATS_MONITOR_SILENT"


# -- the summary and the views --------------------------------------------------------------------


def test_the_first_alerts_way_is_made_of_what_was_measured() -> None:
    way = {hop.name: hop.after_origin_s for hop in report.hops(GOOD)}

    # The third station's message came in time too, but the solution does not rest on it.
    assert way["in the stream"] == pytest.approx(3.8)
    assert way["located and sized"] == pytest.approx(3.88)
    assert way["bulletins published"] == pytest.approx(3.9)
    assert way["receipts here"] == pytest.approx(4.2)


def test_what_was_not_measured_is_not_invented() -> None:
    assert {hop.after_origin_s for hop in report.hops(Seen(ORIGIN))} == {None}
    assert report.hops(replace(GOOD, features=()))[0].after_origin_s is None


def test_the_summary_says_that_it_is_a_drill_and_whether_promises_were_kept() -> None:
    made = report.summary(GOOD, promises.judge(GOOD))

    assert made["drill"] is True
    assert made["kept"] is True
    assert made["cities"][0]["warned_before_s"] == 19.0
    assert [each["magnitude"] for each in made["solutions"]] == [6.6, 6.9, 5.0]
    assert made["first_alert_by"] == "drill-clc"


def test_the_summary_of_nothing_is_whole() -> None:
    made = report.summary(Seen(ORIGIN), promises.judge(Seen(ORIGIN)))

    assert (made["kept"], made["warning"], made["cities"]) == (False, None, [])


def rendered(drill: Seen, now_s: float) -> str:
    file = io.StringIO()
    Console(file=file, width=140).print(view.render(drill, now_s))
    return file.getvalue()


def test_the_table_counts_down_and_says_that_nothing_of_it_is_happening() -> None:
    text = rendered(GOOD, ORIGIN + 10)

    for expected in ("演练 DRILL", "锦江区", "in 13 s", "19.0 s", "6.9 ± 0.3", "1/1", "3.900 s"):
        assert expected in text
    assert "13 s ago" not in text
    assert "7 s ago" in rendered(GOOD, ORIGIN + 30)


def test_before_the_origin_there_is_only_the_announcement() -> None:
    text = rendered(Seen(ORIGIN), ORIGIN - 12)

    assert "begins in 12 s" in text
    assert "DRILL" in text


def test_each_thing_that_happens_is_said_once() -> None:
    said: list[str] = []
    tell: Callable[[Seen], None] = view.teller(said.append)

    for look in (Seen(ORIGIN), replace(GOOD, state="ongoing"), GOOD, GOOD):
        tell(look)

    assert len(said) == len(set(said)) == 3 + 2 + 1 + 1
    assert all(line.startswith("drill: ") for line in said)


def test_verdicts_are_lines() -> None:
    lines = view.verdicts(promises.judge(replace(GOOD, live=LiveTraffic(warnings=1))))

    assert [line.startswith("kept") for line in lines].count(False) == 1
    assert view.closing(GOOD)


# -- what is played -------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.at(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def state(folder: Folder) -> State:
    return prepare(folder, now_s=1e9, nodes=1, meters=1, new_ports=False)


def test_stations_play_at_the_same_moment_on_the_drill_channel_only(
    folder: Folder, state: State
) -> None:
    for station in scenario.STATIONS:
        program = programs.drill_station(folder, state, station, ORIGIN)
        parsed = edge_settings.load(Path(program.arguments[-1]), {})

        assert parsed.seismic is not None
        assert parsed.seismic.channel is Channel.DRILL
        source = parsed.seismic.source
        assert isinstance(source, RecordSource)
        assert source.play_at_s == ORIGIN
        assert source.file.is_file()
        assert parsed.warnings is None


def test_stations_stand_where_their_county_says() -> None:
    true = Epicentre(scenario.TRUE.latitude, scenario.TRUE.longitude)
    drill = Epicentre(scenario.LATITUDE, scenario.LONGITUDE)
    for station in scenario.STATIONS:
        place = moved(read_record(station.record), true, drill)
        assert targeting().place_of(place.latitude, place.longitude) == station.place_code


def test_gateways_hear_warnings_and_take_part_in_exercises(folder: Folder, state: State) -> None:
    gateway = state.gateways()[0]
    program = programs.agent(folder, state, gateway)
    text = Path(program.arguments[-1]).read_text()
    warnings = edge_settings.load(Path(program.arguments[-1]), {}).warnings

    assert warnings is not None
    assert warnings.county == gateway.place_code
    assert set(warnings.keys) == set(Channel)
    assert all(sink.profile.takes_drills for sink in warnings.sinks)
    assert (
        tomllib.loads(text)["warnings"]["live_key"] != tomllib.loads(text)["warnings"]["drill_key"]
    )


def test_stations_are_registered_as_drills_with_the_same_request_each_time(state: State) -> None:
    first, second, _ = scenario.STATIONS

    request = play.registration(first, state.stack_id)

    assert request == play.registration(first, state.stack_id)
    assert request.request_id != play.registration(second, state.stack_id).request_id
    assert request.node.labels[scenario.LABEL] == "true"


def test_who_plays_may_read_what_stations_sent_and_nothing_else() -> None:
    rights = subjects.drill_permissions("player")

    assert rights.publish == ("$JS.API.DIRECT.GET.SEISMIC_DRILL",)
    assert rights.subscribe == ("_INBOX.drill.player.>",)


def test_two_drills_at_once_are_refused(folder: Folder) -> None:
    with (
        folders.drill_locked(folder),
        pytest.raises(Failure) as caught,
        folders.drill_locked(folder),
    ):
        pass

    assert caught.value.reason == "DRILL_RUNNING"


def test_the_earthquake_waits_until_the_stations_know_the_noise() -> None:
    assert lead("1m") == 60.0
    for text in ("5s", "soon"):
        with pytest.raises(typer.BadParameter):
            lead(text)
