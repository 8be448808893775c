"""OpenADR 3 decided purely: times, rights, objects, addresses that are called."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.energy.model import openadr_time
from services.energy.model.openadr_access import (
    Client,
    ClientKind,
    Kind,
    ScopeMissing,
    admit_read,
    admit_write,
    scopes_for,
    shown,
)
from services.energy.model.openadr_objects import InvalidObject, checked
from services.energy.model.openadr_time import InvalidTime
from services.energy.openadr import clients
from services.energy.openadr.webhooks import AllowedHosts, CallbackRefused

RECEIVED = datetime(2026, 7, 1, 4, tzinfo=UTC)
BL = Client("utility", ClientKind.BL, scopes_for(ClientKind.BL, ()) or frozenset())
VEN = Client("ven-a", ClientKind.VEN, scopes_for(ClientKind.VEN, ()) or frozenset())


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("PT15M", RECEIVED + timedelta(minutes=15)),
        ("PT1H30M", RECEIVED + timedelta(minutes=90)),
        ("P1DT0.5S", RECEIVED + timedelta(days=1, seconds=0.5)),
        ("P2W", RECEIVED + timedelta(days=14)),
        ("P1M", datetime(2026, 8, 1, 4, tzinfo=UTC)),
        ("P1Y", datetime(2027, 7, 1, 4, tzinfo=UTC)),
        ("P9999Y", openadr_time.FAR),
        ("P99999D", RECEIVED + timedelta(days=99_999)),
    ],
)
def test_durations_are_of_the_calendar(text: str, end: datetime) -> None:
    assert openadr_time.duration(text).after(RECEIVED) == end


def test_a_day_that_a_month_lacks_becomes_its_last() -> None:
    last = datetime(2027, 1, 31, tzinfo=UTC)

    assert openadr_time.duration("P1M").after(last) == datetime(2027, 2, 28, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "P", "PT", "15M", "PT-15M", "P1.5Y", "-PT1H", "PT15M "])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        openadr_time.duration(text)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidTime):
        assert openadr_time.duration(text).after(RECEIVED) >= RECEIVED
    with contextlib.suppress(InvalidTime):
        assert openadr_time.moment(text, RECEIVED).tzinfo is not None


def event(**fields: Any) -> dict[str, Any]:
    payloads = [{"type": "SIMPLE", "values": [1]}]
    intervals = [{"id": n, "payloads": payloads} for n in range(2)]
    return {"programID": "p", "intervals": intervals, **fields}


def test_intervals_follow_each_other_from_now() -> None:
    period = {"start": "0001-01-01T00:00:00Z", "duration": "PT15M", "randomizeStart": "PT5M"}
    said = event(intervalPeriod=period)
    found = openadr_time.occurrences(said, RECEIVED)

    assert [each.start for each in found] == [RECEIVED, RECEIVED + timedelta(minutes=15)]
    assert found[1].end == RECEIVED + timedelta(minutes=30)
    assert openadr_time.randomize_s(said) == 300


def test_an_interval_has_times_of_its_own() -> None:
    said = event(intervalPeriod={"start": "2026-07-01T12:00:00+08:00", "duration": "PT1H"})
    said["intervals"][1]["intervalPeriod"] = {
        "start": "2026-07-01T10:00:00Z",
        "duration": "P9999Y",
        "randomizeStart": "PT30S",
    }
    found = openadr_time.occurrences(said, RECEIVED)

    assert found[0].start == RECEIVED
    assert found[1].start == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert found[1].is_endless
    assert openadr_time.randomize_s(said) == 30
    assert openadr_time.is_active(said, RECEIVED, RECEIVED + timedelta(days=9000))


def test_an_interval_without_any_duration_is_refused() -> None:
    with pytest.raises(InvalidTime, match="interval 0"):
        openadr_time.occurrences(event(), RECEIVED)


def test_an_event_that_is_over_is_not_active() -> None:
    said = event(intervalPeriod={"start": "2026-07-01T04:00:00Z", "duration": "PT15M"})

    assert openadr_time.is_active(said, RECEIVED, RECEIVED + timedelta(minutes=29))
    assert not openadr_time.is_active(said, RECEIVED, RECEIVED + timedelta(minutes=30))


# -- rights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "asked", "granted", "targets", "seen"),
    [
        pytest.param(BL, (), (), ["north"], ["north"], id="business-logic-sees-all"),
        pytest.param(BL, ("south",), (), ["north"], None, id="business-logic-filters"),
        pytest.param(VEN, (), ("north",), ["north"], None, id="a-list-must-ask"),
        pytest.param(VEN, ("north",), ("north",), ["north", "vip"], ["north"], id="hidden-rest"),
        pytest.param(VEN, ("vip",), ("north",), ["north", "vip"], None, id="not-granted"),
        pytest.param(VEN, None, ("north",), ["north", "vip"], ["north"], id="by-id-all-granted"),
        pytest.param(VEN, None, (), ["north"], None, id="by-id-not-granted"),
    ],
)
def test_targets_are_seen_by_whom_they_were_granted(
    client: Client, asked: Any, granted: Any, targets: list[str], seen: list[str] | None
) -> None:
    found = shown(Kind.EVENT, {"targets": targets}, client, asked, granted)

    assert (None if found is None else found["targets"]) == seen


def test_a_ven_reads_its_own_and_no_other() -> None:
    assert shown(Kind.REPORT, {"clientID": "ven-a"}, VEN, None, ()) is not None
    assert shown(Kind.REPORT, {"clientID": "ven-b"}, VEN, None, ()) is None
    assert shown(Kind.PROGRAM, {}, VEN, (), ()) is not None


def test_scopes_are_those_of_the_kind() -> None:
    assert scopes_for(ClientKind.VEN, ["write_events"]) is None
    assert scopes_for(ClientKind.BL, ["write_events"]) == frozenset({"write_events"})
    with pytest.raises(ScopeMissing):
        admit_write(VEN, Kind.EVENT)
    with pytest.raises(ScopeMissing):
        admit_write(BL, Kind.REPORT)
    with pytest.raises(ScopeMissing):
        admit_read(Client("x", ClientKind.BL, frozenset({"write_events"})), Kind.EVENT)


# -- objects --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (Kind.PROGRAM, {}, "programName"),
        (Kind.EVENT, event(priority=-1), "priority"),
        (Kind.EVENT, event(intervalPeriod={"start": "tomorrow"}), "intervalPeriod.start"),
        (Kind.EVENT, event(intervalPeriod={"duration": "1 h"}), "intervalPeriod.duration"),
        (Kind.SUBSCRIPTION, {"clientName": "x", "objectOperations": []}, "objectOperations"),
        (Kind.REPORT, {"eventID": "../x", "clientName": "x", "resources": []}, "eventID"),
    ],
)
def test_what_lacks_or_is_wrong_is_named(kind: Kind, body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidObject) as caught:
        checked(kind, body)

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("SIMPLE", [4]),
        ("SIMPLE", ["1"]),
        ("SIMPLE", []),
        ("PRICE", [float("nan")]),
        ("PRICE", [True]),
        ("CONTROL_LEVEL_OFFSET", [11]),
        ("USAGE", [None]),
    ],
)
def test_values_are_of_their_type(kind: str, values: list[Any]) -> None:
    intervals = [{"id": 0, "payloads": [{"type": kind, "values": values}]}]

    with pytest.raises(InvalidObject, match=kind):
        checked(Kind.EVENT, event(intervals=intervals))


def test_what_the_server_says_is_passed_over() -> None:
    said = {"programName": "x", "id": "mine", "createdDateTime": "never", "unheardOf": 1}

    assert checked(Kind.PROGRAM, said) == {"programName": "x"}


def test_names_are_as_in_the_specification() -> None:
    operation = {
        "objects": ["EVENT"],
        "operations": ["CREATE"],
        "callbackUrl": "https://ven.example/",
        "bearerToken": "x",
    }
    body = {"clientName": "x", "programID": "p", "objectOperations": [operation]}

    assert checked(Kind.SUBSCRIPTION, body) == body


# -- webhooks -------------------------------------------------------------------------------------

HOSTS = AllowedHosts.of("ven.example, other.example:8443, 127.0.0.1:9000")


@pytest.mark.parametrize(
    "url",
    ["https://ven.example/a", "https://other.example:8443/b?c=d", "http://127.0.0.1:9000/"],
)
def test_allowed_hosts_are_called(url: str) -> None:
    assert HOSTS.check(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://ven.example/",  # no TLS
        "http://ven.example:443/",
        "https://ven.example:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://ven.example@evil.example/",
        "https://user:word@ven.example/",
        "https://ven.example.evil.example/",
        "http://127.0.0.1:9001/",
        "http://localhost:9000/",
        "http://[::1]:9000/",
        "file:///etc/passwd",
        "https://ven.example:99999/",
        "//ven.example/",
        "",
    ],
)
def test_no_other_address_is_called(url: str) -> None:
    with pytest.raises(CallbackRefused):
        HOSTS.check(url)


# -- the file of clients --------------------------------------------------------------------------

EXAMPLE = Path(__file__).parents[2] / "examples" / "energy" / "openadr-clients.toml"


def test_the_example_of_clients_is_read() -> None:
    found = clients.read(EXAMPLE)

    assert {name: each.kind for name, each in found.items()} == {
        "utility": ClientKind.BL,
        "ven-plant-1": ClientKind.VEN,
    }
    assert found["ven-plant-1"].unit == "units/plant-1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("utility", "ven-plant-1"), "twice"),
        (('"bl"', '"boss"'), "kind"),
        (("60303ae2", "zz303ae2"), "secret_sha256"),
        (("units/plant-1", "plant 1"), "unit"),
        (("[[client]]", "[[client"), "TOML"),
    ],
)
def test_a_wrong_file_of_clients_is_named(tmp_path: Path, change: Any, said: str) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").replace(*change), encoding="utf-8")

    with pytest.raises(clients.ClientsUnusable, match=said):
        clients.read(file)


def test_a_token_is_of_its_desk_and_of_its_hour() -> None:
    registered = clients.read(EXAMPLE)
    desk = clients.TokenDesk(registered, b"k" * 32)
    issued = desk.issue(registered["ven-plant-1"], ["read_targets"], RECEIVED)
    assert issued is not None
    shown_as = f"Bearer {issued[0]}"
    last = RECEIVED + clients.LIFE

    assert desk.client_of(shown_as, last - timedelta(seconds=1)).scopes == {"read_targets"}
    with pytest.raises(clients.TokenRefused):
        desk.client_of(shown_as, last)
    with pytest.raises(clients.TokenRefused):
        clients.TokenDesk(registered, b"x" * 32).client_of(shown_as, RECEIVED)
    with pytest.raises(clients.TokenRefused):
        clients.TokenDesk({}, b"k" * 32).client_of(shown_as, RECEIVED)
