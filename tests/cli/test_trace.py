"""The tree of a batch's spans."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import span_tree, trace
from cli.failures import Failure


def line(
    span_id: str,
    parent_id: str = "",
    *,
    trace_id: str = "t1",
    service: str = "edge",
    start_us: int = 0,
    links: tuple[str, ...] = (),
    **attributes: object,
) -> str:
    return json.dumps(
        {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_id": parent_id or None,
            "name": f"does {span_id}",
            "service": service,
            "start_us": start_us,
            "end_us": start_us + 1500,
            "attributes": {f"tianfu.{name}": value for name, value in attributes.items()},
            "links": [{"trace_id": "t1", "span_id": link} for link in links],
        }
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    traces = tmp_path / "traces"
    traces.mkdir()
    (traces / "edge-a.jsonl").write_text(
        line("batch", node="a", epoch="1f", sequence=7)
        + "\n"
        + line("publish", "batch", start_us=2000)
        + "\n"
        + line("older", trace_id="t0", node="a", epoch="1f", sequence=6, start_us=-5)
        + "\n"
        + line("alone", trace_id="t9", node="a", epoch="1f", sequence=9, start_us=99)
        + '\n{"trace_id": "t1", "half'
    )
    (traces / "telemetry.jsonl").write_text(
        line("take", "publish", service="telemetry", start_us=3000)
        + "\n"
        + line("insert", trace_id="t5", service="telemetry", start_us=4000, links=("take",))
        + "\n"
        + line("took", "older", trace_id="t0", service="telemetry", start_us=-2)
        + "\n"
    )
    return tmp_path


def run(request: str, data: Path, *more: str) -> str:
    result = CliRunner().invoke(trace.app, [request, "--data", str(data), *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


@pytest.mark.parametrize("request_text", ["t1", "a/1f/7", "a/31/7", "nodes/a/0x1F/7", "a"])
def test_one_tree_from_the_edge_to_the_row(data: Path, request_text: str) -> None:
    shown = [text.split("  +")[0].rstrip() for text in run(request_text, data).splitlines()]

    assert shown == [
        "trace t1",
        "edge: does batch",
        "└─ edge: does publish",
        "   └─ telemetry: does take",
        "      └─ telemetry: does insert",
    ]


def test_times_count_from_the_first_span(data: Path) -> None:
    last = run("t1", data).splitlines()[-1]

    assert last.split()[-5:] == ["insert", "+4.0", "ms", "1.5", "ms"]


def test_json(data: Path) -> None:
    shown = json.loads(run("t1", data, "-o", "json"))

    assert shown["trace_id"] == "t1"
    assert shown["roots"][0]["below"][0]["below"][0]["name"] == "does take"


@pytest.mark.parametrize("request_text", ["t2", "b", "a/1f/8", "a/1f", "b/1f/7"])
def test_what_was_not_traced_is_not_found(data: Path, request_text: str) -> None:
    with pytest.raises(Failure) as caught:
        run(request_text, data)

    assert caught.value.reason == "TRACE_NOT_FOUND"
    assert caught.value.status == 3


def test_a_node_whose_batches_reached_no_service_shows_what_there_is(tmp_path: Path) -> None:
    spans = list(span_tree.read([]))
    assert span_tree.trace_of(spans, "a") is None

    file = tmp_path / "edge.jsonl"
    file.write_text(line("batch", node="a", epoch="1", sequence=1) + "\n")
    assert span_tree.trace_of(span_tree.read([file]), "a") == "t1"
