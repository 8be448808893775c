"""The local platform's parts without its servers: state, keys, settings, views, the verdict."""

from __future__ import annotations

import io
import json
import socket
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from rich.console import Console

from cli.failures import Exit, Failure
from cli.local import figures, fleet, keys, live, ports, programs, stack, stores, summary, tokens
from cli.local.figures import Audit, Figures, NodeFigures
from cli.local.folder import Folder, read_json
from cli.local.progress import Steps
from cli.local.state import SERVER_PORTS, Profile, State, prepare
from cli.local.summary import objections, summarise
from edge import settings as edge_settings
from services.plumbing.clock import system_clock
from services.plumbing.tokens import JwtAuthenticator
from tianfu import nats_jwt, service_rights
from tianfu.authz.v1 import authz_pb2
from tianfu.fleet.v1 import node_pb2
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.telemetry.v1 import telemetry_pb2


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.at(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def state(folder: Folder) -> State:
    return prepare(folder, now_s=1e9, nodes=2, meters=3, new_ports=False)


def test_a_second_start_has_the_same_ports_size_and_passwords(folder: Folder, state: State) -> None:
    again = prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=False)

    assert again == state
    assert again.origin_s == 1e9
    assert len(set(state.ports.values())) == len(SERVER_PORTS) + 6


def test_a_larger_fleet_keeps_the_addresses_there_are(folder: Folder, state: State) -> None:
    larger = prepare(folder, now_s=2e9, nodes=3, meters=None, new_ports=False)

    assert larger.ports.items() > state.ports.items()
    assert [gateway.node for gateway in larger.gateways()][:2] == [
        gateway.node for gateway in state.gateways()
    ]


def test_a_remembered_port_in_use_is_said_with_its_user(folder: Folder, state: State) -> None:
    with socket.socket() as taken:
        taken.bind((ports.HOST, state.ports["nats"]))
        taken.listen()
        with pytest.raises(Failure) as caught:
            prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=False)
        others = prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=True)

    assert caught.value.reason == "PORT_IN_USE"
    assert f"nats 127.0.0.1:{state.ports['nats']} by process" in caught.value.message
    assert "--new-ports" in caught.value.fix
    assert others.ports["nats"] != state.ports["nats"]


def test_a_folder_of_an_earlier_version_gets_what_came_since(folder: Folder, state: State) -> None:
    stored = read_json(folder.state)
    stored["ports"] = {name: port for name, port in stored["ports"].items() if "dis" not in name}
    del stored["passwords"]["disaster_warning"], stored["sync_always"]
    folder.state.write_text(json.dumps(stored))

    again = prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=False)

    assert again.ports.items() >= stored["ports"].items()
    assert again.ports.keys() == state.ports.keys()
    assert len(set(again.ports.values())) == len(again.ports)
    assert again.passwords["fleet"] == state.passwords["fleet"]
    assert len(again.passwords["disaster_warning"]) > 20
    assert prepare(folder, now_s=3e9, nodes=None, meters=None, new_ports=False) == again


def test_a_damaged_state_is_said(folder: Folder) -> None:
    folder.state.write_text("{")

    with pytest.raises(Failure) as caught:
        prepare(folder, now_s=1.0, nodes=None, meters=None, new_ports=False)

    assert caught.value.reason == "DATA_FOLDER_DAMAGED"


def test_a_folder_of_another_version_is_left_alone(folder: Folder) -> None:
    folder.state.write_text('{"version": 99}')

    with pytest.raises(Failure) as caught:
        prepare(folder, now_s=1.0, nodes=None, meters=None, new_ports=False)

    assert caught.value.reason == "DATA_FOLDER_VERSION"


def test_an_unusable_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Failure) as caught:
        Folder.at(tmp_path / "file" / "data").make()

    assert caught.value.reason == "DATA_FOLDER_UNUSABLE"


def test_keys_are_made_once_and_only_their_owner_reads_them(folder: Folder, state: State) -> None:
    nodes = {gateway.node: gateway.place_code for gateway in state.gateways()}

    trust = keys.issue(folder, nodes)
    users = public_keys(folder)

    assert keys.issue(folder, nodes).operator_token == trust.operator_token
    assert public_keys(folder) == users
    others = {"drill", "backup", "restore", "system"}
    assert len(users) == len(service_rights.SERVICES) + len(nodes) + len(others)
    for path in folder.keys.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o700


def public_keys(folder: Folder) -> set[str]:
    found = set()
    for path in folder.keys.glob("*.creds"):
        token, seed = nats_jwt.split_credentials(path.read_text())
        claims = nats_jwt.read(token)
        assert claims.subject == KeyPair(seed, KeyKind.USER).public_key
        found.add(claims.subject)
    return found


def test_the_services_take_the_development_tokens(folder: Folder) -> None:
    tokens.ensure_keys(folder)
    authenticator = JwtAuthenticator(
        keys_file=folder.keys / tokens.PUBLIC_NAME,
        issuer=tokens.ISSUER,
        audience=tokens.AUDIENCE,
        clock=system_clock,
    )

    principal = authenticator.authenticate(tokens.issue(folder, "field-engineer"))

    assert principal.roles == {authz_pb2.ROLE_FIELD_ENGINEER}
    assert "d" not in json.loads((folder.keys / tokens.PUBLIC_NAME).read_text())["keys"][0]


def test_every_role_of_the_contract_can_have_a_token() -> None:
    names = {name.removeprefix("ROLE_") for name in authz_pb2.Role.keys()}  # noqa: SIM118 - an enum wrapper is no dict

    assert names - {"UNSPECIFIED"} == set(tokens.ROLES)


def test_an_unknown_role_is_answered_with_those_there_are(folder: Folder) -> None:
    tokens.ensure_keys(folder)

    with pytest.raises(Failure, match="field-engineer"):
        tokens.issue(folder, "king")


def test_the_agents_understand_their_settings(folder: Folder, state: State) -> None:
    for gateway in state.gateways():
        program = programs.agent(folder, state, gateway)
        parsed = edge_settings.load(Path(program.arguments[-1]), {})

        assert parsed.node == gateway.node
        assert [driver.source for driver in parsed.drivers]
        # Three meters; the first gateway has a rain gauge and a river besides.
        meters = [driver for driver in parsed.drivers if driver.name.startswith("meter-")]
        assert len(meters) == 3
        energy = parsed.drivers[0].series[1]
        assert (energy.unit, energy.scaling.scale) == ("kW.h", 0.01)
        assert energy.register is not None
        assert not energy.register.big_words


def test_programs_get_no_more_of_the_environment_than_they_need(
    folder: Folder, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEBODYS_SECRET", "x")
    monkeypatch.setenv("TIANFU_CLICKHOUSE_URL", "x")

    environment = programs.telemetry(folder, state).environment

    assert "SOMEBODYS_SECRET" not in environment
    assert "TIANFU_CLICKHOUSE_URL" not in environment
    assert environment["TIANFU_GRPC_ADDRESS"] == state.address("telemetry grpc")


def test_counties_have_codes_of_sichuan() -> None:
    assert all(code.startswith("51") and len(code) == 6 for _, code, _ in fleet.COUNTIES)
    nodes = [gateway.node for gateway in big_fleet()]
    assert len(set(nodes)) == len(nodes) == fleet.NODES_MAX


def big_fleet() -> list[fleet.Gateway]:
    names = fleet.port_names(fleet.NODES_MAX, 1)
    return fleet.gateways(fleet.NODES_MAX, 1, dict.fromkeys(names, 1))


def test_a_node_is_registered_with_the_same_request_each_time(state: State) -> None:
    first, second = state.gateways()

    assert stack.registration(first, state.stack_id) == stack.registration(first, state.stack_id)
    assert (
        stack.registration(first, state.stack_id).request_id
        != stack.registration(second, state.stack_id).request_id
    )


# -- views ----------------------------------------------------------------------------------------

FIGURES = Figures(
    nodes=(
        NodeFigures("a-1", "online", produced=100, stored=90, dropped=10, repeated=1),
        NodeFigures("b-1", "silent", produced=5, stored=5),
    ),
    readings_per_second=1234.5,
    p50_ms=12.4,
    p99_ms=99.9,
)
VIEW = live.View(FIGURES, {"nats": "nats://127.0.0.1:4222"}, restarts=2, up_s=75, left_s=15)


def rendered(view: live.View) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(live.render(view))
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


def test_the_live_view_shows_the_account_and_the_addresses() -> None:
    text = rendered(VIEW)

    for expected in (
        "nodes online 1/2",
        "readings/s 1,234",
        "stored 95",
        "missing 0",
        "12/100 ms",
        "restarts 2",
        "up 1 min 15 s",
        "15.0 s to go",
        "a-1",
        "silent",
        "nats://127.0.0.1:4222",
    ):
        assert expected in text


def test_the_live_view_says_when_its_figures_are_old() -> None:
    assert "telemetry does not answer" in rendered(
        replace(VIEW, trouble="telemetry does not answer")
    )


def test_many_nodes_are_cut_with_a_count() -> None:
    many = replace(FIGURES, nodes=tuple(NodeFigures(f"n-{i}") for i in range(40)))

    assert "28 more" in rendered(replace(VIEW, figures=many))


def test_the_line_for_logs() -> None:
    assert live.line(VIEW) == (
        "1 min 15 s: nodes 1/2 online, 1234 readings/s, produced 105, stored 95, dropped 10, "
        "in flight 0, missing 0, repeated 1, p50 12 ms, p99 100 ms, restarts 2"
    )


def test_figures_of_the_services_answers() -> None:
    status = telemetry_pb2.IngestStatus(readings_per_second=5, pending_batches=3)
    status.latency_p99.FromMilliseconds(120)
    deliveries = [
        telemetry_pb2.Delivery(name="nodes/b/delivery", produced=9, stored=8, in_flight=1),
        telemetry_pb2.Delivery(
            name="nodes/x/delivery", refused_batches=2, conflicting_batches=1, missing_batches=4
        ),
    ]
    nodes = [
        node_pb2.Node(name="nodes/b", presence=node_pb2.PRESENCE_ONLINE),
        node_pb2.Node(name="nodes/a", presence=node_pb2.PRESENCE_NEVER_SEEN),
    ]

    found = figures.figures_of(status, deliveries, nodes)

    assert [(row.node, row.presence) for row in found.nodes] == [
        ("a", "never seen"),
        ("b", "online"),
        ("x", "not registered"),
    ]
    assert (found.online, found.total("in_flight"), found.total("missing")) == (1, 1, 4)
    assert found.nodes[2].refused == 3
    assert (found.p99_ms, found.pending_batches) == (120, 3)


# -- the verdict ----------------------------------------------------------------------------------


def result(changes: Mapping[str, Any] = MappingProxyType({})) -> summary.Summary:
    made = summarise(
        FIGURES, Audit(95, 95, 0), latest=FIGURES, peaks={"nats": 12.34}, restarts=2, ready_s=7.66
    )
    return replace(made, **changes)


def test_the_summary_has_what_is_promised() -> None:
    assert result().to_json() == {
        "nodes": 2,
        "produced": 105,
        "stored": 95,
        "dropped": 10,
        "in_flight": 0,
        "missing": 0,
        "duplicates": 0,
        "repeated_batches": 1,
        "refused_batches": 0,
        "found_rows": 95,
        "p50_ms": 12.4,
        "p99_ms": 99.9,
        "readings_per_second": 1234.5,
        "peak_rss_mb": {"nats": 12.3},
        "restarts": 2,
        "seconds_to_ready": 7.7,
    }


def test_a_run_whose_account_closes_passes() -> None:
    assert objections(result()) == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"stored": 0, "produced": 10, "found_rows": 0}, "nothing was stored"),
        ({"missing": 3}, "3 batches are missing"),
        ({"duplicates": 1}, "stored twice"),
        ({"produced": 106}, "produced 106 is not stored 95 + dropped 10"),
        ({"found_rows": 94}, "94 are there"),
    ],
)
def test_a_run_whose_account_does_not_close_fails(changed: dict[str, int], says: str) -> None:
    found = objections(result(changed))

    assert len(found) == 1
    assert says in found[0]


def test_steps_without_a_terminal_are_lines_with_their_seconds() -> None:
    file = io.StringIO()
    with Steps(Console(file=file, width=80)) as steps, steps.step("nats-server"):
        pass

    assert file.getvalue().endswith("s  nats-server\n")


def test_a_step_that_fails_is_shown_as_failed() -> None:
    steps = Steps(Console(file=io.StringIO(), width=80))
    with pytest.raises(Failure), steps, steps.step("nats-server"):
        raise Failure("X", "y", status=Exit.FAILED)

    assert steps.steps[0].failed
    assert steps.table().row_count == 1


def test_first_failure_of_nested_groups() -> None:
    failure = Failure("A", "b")
    group = BaseExceptionGroup("", [ValueError(), BaseExceptionGroup("", [failure])])

    assert stack.first_failure(group) is failure


def test_what_is_no_json_is_none_when_missing(tmp_path: Path) -> None:
    assert read_json(tmp_path / "nothing.json") is None


def test_nats_flushes_always_when_asked(folder: Folder) -> None:
    for sync_always in (True, False):
        state = prepare(
            folder, now_s=1e9, nodes=2, meters=3, new_ports=False, sync_always=sync_always
        )
        stores.nats(folder, state)
        text = (folder.settings / "nats.conf").read_text()
        assert ('sync_interval: "always"' in text) is sync_always


def test_profile_ha_has_three_nats_servers_that_know_each_other(folder: Folder) -> None:
    state = prepare(folder, now_s=1e9, nodes=2, meters=3, new_ports=False, profile=Profile.HA)

    servers = stores.nats(folder, state)

    assert [each.name for each in servers] == ["nats", "nats-2", "nats-3"]
    texts = [(folder.settings / f"{each.name}.conf").read_text() for each in servers]
    routes = {state.address(f"{each.name} route") for each in servers}
    assert all(route in text for text in texts for route in routes)
    assert len({text.splitlines()[0] for text in texts}) == len(servers)
    assert state.nats_url.count("nats://") == len(servers)


def test_who_stands_by_has_the_same_address_and_other_metrics(folder: Folder) -> None:
    state = prepare(folder, now_s=1e9, nodes=2, meters=3, new_ports=False, profile=Profile.HA)

    first = programs.fleet_service(folder, state)
    second = programs.standby(folder, state, first)

    different = {
        name for name, value in first.environment.items() if second.environment[name] != value
    }
    assert different == {"TIANFU_METRICS_ADDRESS", "TIANFU_TRACE_FILE"}
    assert first.environment["TIANFU_TURN_FILE"].endswith("fleet.turn")
    assert first.environment["TIANFU_STREAM_REPLICAS"] == "3"


def test_a_folder_keeps_its_profile(folder: Folder, state: State) -> None:
    with pytest.raises(Failure) as caught:
        prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=False, profile=Profile.HA)

    assert caught.value.reason == "PROFILE_FIXED"
    assert prepare(folder, now_s=2e9, nodes=None, meters=None, new_ports=False).profile == "minimal"
