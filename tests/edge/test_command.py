"""The command line, the status page and the spans file."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from edge import status, tracing
from edge.logs import JsonLines
from edge.main import main
from edge.tracing import Tracer
from tests.edge.doubles import open_spool
from tests.support.simulated_room import ROOM
from tianfu import nats_jwt, nats_keys, nats_realm, subjects

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples" / "edge").glob("*.toml"))

CONFIG = f"""
[node]
id = "gw-1"
{ROOM}base = 20
amplitude = 0
"""


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """The commands set the root logger up, which is another test's too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(CONFIG)
    return file


@pytest.mark.parametrize("how", [["check"], ["run", "--check-config", "--config"]], ids=str)
def test_a_good_file_is_said_to_be_good(
    config: Path, how: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*how, str(config)]) == 0
    assert "good: node gw-1, 1 drivers, 1 series" in capsys.readouterr().out


def test_a_bad_file_shows_every_error_and_exits_2(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CONFIG.replace('"Cel"', '"C°"') + "noize = 1\n[spool]\nbytes = 1\n")
    assert main(["check", str(config)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert f"{config}:9: driver[0].series[0].unit" in lines[0]
    assert "did you mean 'noise'?" in lines[1]
    assert "did you mean 'bytes_max'?" in lines[2]


def test_missing_credentials_exit_2(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(CONFIG + '[nats]\ncredentials_file = "no.creds"\n')
    assert main(["check", str(config)]) == 2
    assert "FILE_MISSING" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["root:x:0:0::/root:/bin/bash", "", "SUAB"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_without_credentials_exits_2_and_is_not_shown(
    config: Path, capsys: pytest.CaptureFixture[str], command: str, content: str
) -> None:
    (config.parent / "node.creds").write_text(content)
    config.write_text(CONFIG + '[nats]\ncredentials_file = "node.creds"\n')
    given = [command, str(config)] if command == "check" else [command, "--config", str(config)]
    assert main(given) == 2
    said = capsys.readouterr().err
    assert "CREDENTIALS_INVALID" in said
    assert not content or content not in said


@pytest.mark.parametrize(
    ("node", "expected"), [("gw-1", 0), ("another", 2)], ids=["its-own", "another-nodes"]
)
def test_a_node_takes_its_own_credentials_alone(
    config: Path, capsys: pytest.CaptureFixture[str], node: str, expected: int
) -> None:
    pair = nats_keys.generate(nats_keys.KeyKind.USER)
    realm = nats_realm.generate(issued=1)
    rights = subjects.node_permissions(subjects.node_id(node))
    token = realm.user_token("node", node, pair.public_key, rights, issued=1)
    (config.parent / "node.creds").write_text(nats_jwt.credentials(token, pair.seed))
    config.write_text(CONFIG + '[nats]\ncredentials_file = "node.creds"\n')
    assert main(["check", str(config)]) == expected
    assert ("CREDENTIALS_OF_ANOTHER_NODE" in capsys.readouterr().err) is bool(expected)


def test_wrong_usage_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["walk"])
    assert caught.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["status", "--help"]], ids=str
)
def test_help_helps(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "tianfu-edge" in capsys.readouterr().out


def test_once_prints_a_value_of_each_series(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--once", "--config", str(config)]) == 0
    assert capsys.readouterr().out == "room t 20 Cel GOOD\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.name)
def test_each_example_runs_without_its_devices(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(example.parent, tmp_path, dirs_exist_ok=True)
    file = tmp_path / example.name
    series = example.read_text().count("[[driver.series]]")
    assert main(["run", "--once", "--simulate", "--config", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == series
    assert all(line.endswith(" GOOD") for line in lines)


def test_a_taken_folder_exits_3(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool = open_spool(config.parent / "data")
    assert main(["run", "--config", str(config)]) == 3
    spool.close()
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "[SPOOL_IN_USE]" in err


def test_another_nodes_folder_exits_2(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_spool(config.parent / "data", node="gw-9").close()
    assert main(["run", "--config", str(config)]) == 2
    assert "[SPOOL_OF_ANOTHER_NODE]" in capsys.readouterr().err


def test_status_before_any_run(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(config)]) == 1
    assert "[STATUS_MISSING]" in capsys.readouterr().err


def test_a_torn_status_file_is_as_none(tmp_path: Path) -> None:
    (tmp_path / status.NAME).write_text('{"node": ')
    assert status.read(tmp_path) is None
    (tmp_path / status.NAME).write_text("[]")
    assert status.read(tmp_path) is None


# -- spans -------------------------------------------------------------------------------------


def test_spans_of_followed_traces_are_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "traces" / "spans.jsonl"
    tracer = Tracer(file, 1.0, Random(3).getrandbits)
    root = tracer.begin()
    tracer.write(root, "edge.batch", 10, 20, sequence=4)
    child = tracer.child(root)
    tracer.write(child, "edge.uplink", 30, 20, parent_id=root.span_id)
    tracer.close()
    spans = [json.loads(line) for line in file.read_text().splitlines()]
    assert spans[0] == {
        "trace_id": root.trace_id, "span_id": root.span_id, "parent_id": "", "name": "edge.batch",
        "service": "edge", "start_us": 10, "end_us": 20, "attributes": {"sequence": 4},
    }  # fmt: skip
    assert (spans[1]["parent_id"], spans[1]["end_us"]) == (root.span_id, 30)
    assert tracing.parse(root.traceparent) == root
    assert tracing.parse("") is None


def test_traces_that_are_not_followed_leave_no_file(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path / "spans.jsonl", 0.0, Random(3).getrandbits)
    root = tracer.begin()
    tracer.write(root, "edge.batch", 1, 2)
    assert root.traceparent.endswith("-00")
    assert list(tmp_path.iterdir()) == []


def test_a_spans_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "FILE_BYTES_MAX", 2_000)
    tracer = Tracer(tmp_path / "s.jsonl", 1.0, Random(3).getrandbits)
    for _ in range(100):
        tracer.write(tracer.begin(), "edge.batch", 1, 2)
    tracer.close()
    assert sorted(f.name for f in tmp_path.iterdir()) == ["s.jsonl", "s.jsonl.1"]
    assert all(f.stat().st_size < 2_500 for f in tmp_path.iterdir())


def test_a_spans_file_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tracer = Tracer(tmp_path / "file" / "s.jsonl", 1.0, Random(3).getrandbits)
    tracer.write(tracer.begin(), "edge.batch", 1, 2)
    tracer.close()


def test_a_log_line_is_json_with_its_reason() -> None:
    record = logging.LogRecord("edge.x", logging.WARNING, "f", 1, "it %s", ("broke",), None)
    record.reason = "SPOOL_FULL"
    line = json.loads(JsonLines().format(record))
    assert (line["event"], line["reason"], line["level"]) == ("it broke", "SPOOL_FULL", "warning")
