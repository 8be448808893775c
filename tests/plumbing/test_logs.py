"""Logs: JSON, trace ids, and nothing personal or secret."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from services.plumbing import logs, tracing
from tianfu.fleet.v1 import node_pb2

Lines = Callable[[], list[dict[str, Any]]]
SECRET = "510104197001010018"


def test_line(log_lines: Lines) -> None:
    structlog.get_logger("x").info("batch stored", node="pump-7", readings=3)
    (line,) = log_lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "batch stored",
        "level": "info",
        "service": "tested",
        "node": "pump-7",
        "readings": 3,
    }


def test_trace_ids(log_lines: Lines) -> None:
    with tracing.Tracer("t").span("work") as span:
        structlog.get_logger().warning("within")
    structlog.get_logger().warning("without")
    within, without = log_lines()
    context = span.get_span_context()
    assert within["trace_id"] == f"{context.trace_id:032x}"
    assert within["span_id"] == f"{context.span_id:016x}"
    assert "trace_id" not in without


@pytest.mark.parametrize(
    "key",
    [
        *("password", "PASSWORD", "db_password", "api-key", "apiKey", "authorization", "jwt"),
        *("access_token", "nkey_seed", "Cookie", "patient_id", "patientName", "caller.phone"),
        *("id_card", "id_number", "ID-Card", "email", "display_name", "home_address", "payload"),
        *("request", "response", "user_name", "secret", "private_key", "diagnosis", "row"),
    ],
)
def test_denied_keys(key: str, log_lines: Lines) -> None:
    structlog.get_logger().info("x", **{key: SECRET}, nested={key: [SECRET], "ok": 1})
    (line,) = log_lines()
    assert line[key] == logs.REDACTED
    assert line["nested"] == {key: logs.REDACTED, "ok": 1}


@pytest.mark.parametrize(
    "key",
    ["node", "method", "reason", "address", "request_id", "rows_stored", "stream", "sequence"],
)
def test_plain_keys(key: str, log_lines: Lines) -> None:
    structlog.get_logger().info("x", **{key: "v"})
    assert log_lines()[0][key] == "v"


def test_denied_in_depth(log_lines: Lines) -> None:
    deep: Any = {"phone": SECRET}
    for _ in range(10):
        deep = {"x": [deep]}
    structlog.get_logger().info("x", deep=deep)
    assert SECRET not in str(log_lines())


def test_url_without_its_password(log_lines: Lines) -> None:
    structlog.get_logger().info("x", url=f"postgresql://fleet:{SECRET}@host/tianfu")
    assert log_lines()[0]["url"] == "postgresql://[redacted]@host/tianfu"


def test_messages_are_not_spelt_out(log_lines: Lines) -> None:
    structlog.get_logger().info("x", what=node_pb2.Node(display_name=SECRET))
    assert log_lines()[0]["what"] == "<Node>"


def test_exceptions_without_their_text(log_lines: Lines) -> None:
    try:
        int(SECRET + "x")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("library failed")
    ours, theirs = log_lines()
    for line in (ours, theirs):
        (error,) = line["exception"]
        assert error["type"] == "builtins.ValueError"
        assert "test_logs.py" in error["places"][0]
    assert theirs["event"] == "library failed"
    assert SECRET not in str(log_lines())


def test_libraries_are_heard_from_warnings_on(log_lines: Lines) -> None:
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("trouble")
    assert [line["event"] for line in log_lines()] == ["trouble"]


def test_level(log_lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("tested", "error")
    structlog.get_logger().warning("not said")
    structlog.get_logger().error("said")
    assert [
        ("not said" in line, "said" in line) for line in capsys.readouterr().err.splitlines()
    ] == [(False, True)]
