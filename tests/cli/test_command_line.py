"""The command line without a platform: parsing, printing, exit statuses, speed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2

from cli import connection, durations, names, output, plan
from cli.failures import FIXES, Exit, Failure
from cli.main import COMMANDS
from cli.output import Format
from tianfu.fleet.v1 import node_pb2
from tianfu.reading.v1 import reading_batch_pb2

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 12, 8, tzinfo=UTC)
HEAVY = {"google", "grpc", "nats", "numpy", "protovalidate", "pydantic", "sqlalchemy", "tianfu"}
"""Each takes longer to load than the help takes to be there."""


def tianfu(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "COLUMNS": "100", **environment},
    )


def test_help_loads_nothing_that_a_newcomer_would_wait_for() -> None:
    shown = tianfu("--help")
    assert shown.returncode == 0
    assert all(command in shown.stdout for command in COMMANDS)

    loaded = tianfu("--help", PYTHONPROFILEIMPORTTIME="1").stderr
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.splitlines()}
    assert {"cli", "typer"} <= modules
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help_that_says_what_the_list_says(command: str) -> None:
    shown = tianfu(command, "--help")

    assert shown.returncode == 0, shown.stderr
    assert f"tianfu {command}" in shown.stdout


def test_a_misspelt_command_is_answered_with_the_nearest() -> None:
    shown = tianfu("nods", "list")

    assert shown.returncode == Exit.USAGE
    assert "'nodes'" in shown.stderr


def test_without_a_platform_the_fix_is_said_and_the_status_is_unavailable(tmp_path: Path) -> None:
    shown = tianfu("nodes", "list", "--data", str(tmp_path))

    assert shown.returncode == Exit.UNAVAILABLE
    assert shown.stdout == ""
    assert "[CONTEXT_MISSING]" in shown.stderr
    assert "tianfu up" in shown.stderr


def test_a_platform_that_is_down_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "context.json").write_text(
        json.dumps({"telemetry": "127.0.0.1:1", "fleet": "127.0.0.1:1", "nats": ""})
    )
    (tmp_path / "keys").mkdir()
    from cli.local import tokens
    from cli.local.folder import Folder

    tokens.ensure_keys(Folder.at(tmp_path))

    shown = tianfu("delivery", "list", "--data", str(tmp_path))

    assert shown.returncode == Exit.UNAVAILABLE
    assert "UNAVAILABLE" in shown.stderr
    assert "127.0.0.1" not in shown.stderr.splitlines()[0]


def test_version_as_json() -> None:
    assert json.loads(tianfu("version", "-o", "json").stdout)["python"]


def test_up_json_needs_an_end() -> None:
    shown = tianfu("up", "--json")

    assert shown.returncode == Exit.USAGE
    assert "--for" in shown.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2m", 120), ("1h30m", 5400), ("250ms", 0.25), ("1.5s", 1.5), ("1d", 86400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert durations.parse(text).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "90", "s", "-5s", "5 s", "5x", "0s", "1h30"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="90s"):
        durations.parse(text)


@pytest.mark.parametrize("text", ["99999999999d", "999999999999999999h", "9" * 400 + "s"])
def test_a_duration_beyond_reckoning_is_a_usage_error(text: str) -> None:
    with pytest.raises(Failure, match="hundred years"):
        names.duration_of(text)
    with pytest.raises(Failure, match="no time"):
        names.time_of(text, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0124, "12 ms"), (59.94, "59.9 s"), (90, "1 min 30 s"), (7260, "2 h 01 min")],
)
def test_durations_are_shown_for_people(seconds: float, shown: str) -> None:
    assert durations.show(seconds) == shown


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("15m", NOW - timedelta(minutes=15)),
        ("-15m", NOW - timedelta(minutes=15)),
        ("2026-01-12T07:00:00Z", NOW - timedelta(hours=1)),
        ("2026-01-12T15:00:00+08:00", NOW - timedelta(hours=1)),
        ("2026-01-12T07:00:00", NOW - timedelta(hours=1)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    assert names.time_of(text, NOW) == moment


def test_what_is_no_time_is_a_usage_error() -> None:
    with pytest.raises(Failure) as caught:
        names.time_of("yesterday", NOW)

    assert caught.value.status is Exit.USAGE


@pytest.mark.parametrize("text", ["a/m.energy", "nodes/a/series/m.energy"])
def test_series_names(text: str) -> None:
    assert names.series_name(text) == "nodes/a/series/m.energy"


@pytest.mark.parametrize("text", ["a", "a/", "/b", ""])
def test_what_names_no_series_is_refused(text: str) -> None:
    with pytest.raises(Failure, match="names no series"):
        names.series_name(text)


def test_a_plan_rule() -> None:
    rule = plan.rule_of("*.energy:interval=5s,deadband=0.1,longest-silence=10m,priority=important")

    assert rule.series_pattern == "*.energy"
    assert rule.interval.seconds == 5
    assert rule.deadband == 0.1
    assert rule.longest_silence.seconds == 600
    assert rule.priority == reading_batch_pb2.PRIORITY_IMPORTANT


@pytest.mark.parametrize(
    "text", ["*:interval=5", "*:deadband=x", "*:priority=high", "*:colour=red", "*", "*:"]
)
def test_a_wrong_plan_rule_is_a_usage_error(text: str) -> None:
    with pytest.raises(Failure) as caught:
        plan.rule_of(text)

    assert caught.value.status is Exit.USAGE


def test_words() -> None:
    assert names.words(node_pb2.Presence, 1, "PRESENCE_") == "never seen"
    assert names.words(node_pb2.Presence, 0, "PRESENCE_") == ""
    assert names.words(node_pb2.Presence, 77, "PRESENCE_") == "77"


def test_a_table_sets_numbers_to_the_right_and_knows_that_han_is_wide() -> None:
    shown = output.table(["name", "readings"], [["锦江区", "1,000"], ["b", "7"]])

    assert shown.splitlines() == ["NAME    READINGS", "锦江区     1,000", "b              7"]


def test_rows_as_json_have_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    output.rows(["a"], [{"a": 1, "b": [2]}], Format.JSON)

    assert json.loads(capsys.readouterr().out) == [{"a": 1, "b": [2]}]


class Error(grpc.RpcError):  # type: ignore[misc]  # grpc leaves it untyped
    def __init__(self, code: grpc.StatusCode, text: str = "", packed: bytes = b"") -> None:
        super().__init__()
        self._code, self._text, self._packed = code, text, packed

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._text

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return (("grpc-status-details-bin", self._packed),) if self._packed else ()


def packed(*details: object) -> bytes:
    listed = []
    for detail in details:
        each = any_pb2.Any()
        each.Pack(detail)
        listed.append(each)
    return bytes(status_pb2.Status(details=listed).SerializeToString())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, Exit.USAGE),
        (grpc.StatusCode.NOT_FOUND, Exit.NOT_FOUND),
        (grpc.StatusCode.ABORTED, Exit.CONFLICT),
        (grpc.StatusCode.ALREADY_EXISTS, Exit.CONFLICT),
        (grpc.StatusCode.UNAVAILABLE, Exit.UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Exit.UNAVAILABLE),
        (grpc.StatusCode.INTERNAL, Exit.FAILED),
    ],
)
def test_exit_statuses(code: grpc.StatusCode, status: Exit) -> None:
    assert connection.failure_of(Error(code)).status is status


def test_an_error_shows_reason_fields_and_fix() -> None:
    info = error_details_pb2.ErrorInfo(reason="NODE_UNKNOWN")
    violation = error_details_pb2.BadRequest.FieldViolation(field="name", description="too long")
    error = Error(
        grpc.StatusCode.NOT_FOUND,
        "node 'x' is not registered",
        packed(info, error_details_pb2.BadRequest(field_violations=[violation])),
    )

    assert connection.failure_of(error).lines() == [
        "error: node 'x' is not registered [NODE_UNKNOWN]",
        "  name: too long",
        "  fix: `tianfu nodes list` shows the nodes there are",
    ]


def test_every_reason_that_has_a_fix_is_one_that_is_given() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("services", "cli")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "failures.py"
    )
    known = {code.name for code in grpc.StatusCode}

    assert [
        reason for reason in FIXES if f'"{reason}"' not in sources and reason not in known
    ] == []
