"""Traces: one id from the caller's header, through the servicer, to the next and the file."""

from __future__ import annotations

import json
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from typing_extensions import override

from services.plumbing import tracing
from services.plumbing.refusal import NotFound
from services.plumbing.tracing import Tracer
from tests.support.rpc import SERVICE, Echo, echo_running

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"


def spans(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("header", [SAMPLED, UNSAMPLED])
def test_header_round_trip(header: str) -> None:
    found = tracing.extract({"traceparent": header})
    assert found is not None
    assert tracing.format_traceparent(found) == header


@pytest.mark.parametrize(
    "header",
    [
        *("", "00", SAMPLED + "x", SAMPLED.upper(), SAMPLED.replace("00-", "ff-", 1)),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
    ],
)
def test_wrong_headers_begin_a_new_trace(header: str) -> None:
    assert tracing.extract({"traceparent": header}) is None


@given(st.text(max_size=60))
def test_no_header_breaks_it(header: str) -> None:
    tracing.parse(header)


def test_no_headers() -> None:
    assert tracing.extract(None) is None
    assert tracing.extract({}) is None
    headers: dict[str, str] = {}
    tracing.inject(headers)
    assert headers == {}


async def test_from_the_caller_to_the_file(tmp_path: Path, echo: Echo) -> None:
    path = tmp_path / "spans.jsonl"
    tracer = Tracer("tested", trace_file=path, ratio=0.0)
    sent: dict[str, str] = {}

    async def one(request: Any, _: Any) -> Any:
        with tracer.span("inner", attributes={"rows": 3}):
            tracing.inject(sent)
        return request

    echo.one = one
    async with echo_running(tmp_path, echo, tracer) as running:
        bearer = running.bearer()
        await running.call("Unary", metadata=(*bearer, ("traceparent", SAMPLED)))
        await running.call("Unary", metadata=(*bearer, ("traceparent", UNSAMPLED)))
        await running.call("Unary", metadata=bearer)
    tracer.shutdown()
    inner, outer = sorted(spans(path), key=lambda span: span["name"])
    assert outer["name"] == f"{SERVICE}/Unary"
    assert (outer["trace_id"], outer["parent_id"], outer["service"]) == (TRACE, SPAN, "tested")
    assert outer["attributes"]["rpc.grpc.status_code"] == 0
    assert (inner["trace_id"], inner["parent_id"]) == (TRACE, outer["span_id"])
    assert inner["attributes"] == {"rows": 3}
    assert outer["start_us"] <= inner["start_us"] <= inner["end_us"] <= outer["end_us"]


async def test_a_failed_call_says_why(tmp_path: Path, echo: Echo) -> None:
    async def one(*_: Any) -> Any:
        raise NotFound("no such thing")

    echo.one = one
    path = tmp_path / "spans.jsonl"
    tracer = Tracer("tested", trace_file=path, ratio=1.0)
    async with echo_running(tmp_path, echo, tracer) as running:
        with pytest.raises(Exception, match="no such thing"):
            await running.call("Unary")
    tracer.shutdown()
    (span,) = spans(path)
    assert span["attributes"]["error.type"] == "NOT_FOUND"
    assert span["attributes"]["rpc.grpc.status_code"] == 5
    assert span["parent_id"] == ""


@pytest.mark.parametrize(("ratio", "written"), [(0.0, 0), (1.0, 20)])
def test_ratio(ratio: float, written: int, tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    tracer = Tracer("tested", trace_file=path, ratio=ratio)
    for _ in range(20):
        with tracer.span("root"), tracer.span("child"):
            pass
    tracer.shutdown()
    assert len(spans(path)) == 2 * written


def test_untraced_requests_have_ids_that_travel() -> None:
    sent: dict[str, str] = {}
    with Tracer("tested").span("root"):
        tracing.inject(sent)
        assert tracing.current_trace_id() == sent["traceparent"].split("-")[1]
    assert sent["traceparent"].endswith("-00")
    assert tracing.current_trace_id() == ""


def test_the_decision_is_the_roots(tmp_path: Path) -> None:
    tracer = Tracer("tested", trace_file=tmp_path / "s", ratio=1.0)
    parent = tracing.parse(UNSAMPLED)
    with tracer.span("child", parent=parent) as span:
        assert not span.is_recording()
    tracer.shutdown()
    assert spans(tmp_path / "s") == []


def test_links_and_recorded_spans(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    tracer = Tracer("tested", trace_file=path, ratio=1.0)
    batch = tracing.parse(SAMPLED)
    assert batch is not None
    with tracer.span("insert", links=[batch]) as insert:
        pass
    tracer.record("stored", parent=batch, start_us=5, end_us=9, links=[insert.get_span_context()])
    tracer.record("stored", parent=tracing.parse(UNSAMPLED), start_us=5, end_us=9)
    tracer.record("stored", parent=None, start_us=5, end_us=9)
    tracer.shutdown()
    stored, inserted = sorted(spans(path), key=lambda span: span["start_us"])
    assert inserted["links"] == [{"trace_id": TRACE, "span_id": SPAN}]
    assert (stored["start_us"], stored["end_us"], stored["trace_id"]) == (5, 9, TRACE)
    assert stored["links"][0]["span_id"] == inserted["span_id"]


def test_failure_within_a_span(tmp_path: Path) -> None:
    tracer = Tracer("tested", trace_file=tmp_path / "s", ratio=1.0)
    with pytest.raises(ZeroDivisionError), tracer.span("work"):
        raise ZeroDivisionError("a secret")
    assert not trace.get_current_span().get_span_context().is_valid
    tracer.shutdown()
    (span,) = spans(tmp_path / "s")
    assert span["attributes"] == {"error.type": "ZeroDivisionError"}
    assert "a secret" not in (tmp_path / "s").read_text()


def test_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "TRACE_FILE_BYTES_MAX", 100)
    path = tmp_path / "s"
    exporter = tracing.JsonLinesExporter(path, "tested")
    for number in range(9):
        exporter._append(b"%d\n" % number * 20)
    assert path.stat().st_size <= 240
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s", "s.1"]


def test_unwritable_file_costs_only_the_spans(tmp_path: Path, log_lines: Any) -> None:
    tracer = Tracer("tested", trace_file=tmp_path / "no" / "folder", ratio=1.0)
    with tracer.span("work"):
        pass
    tracer.shutdown()
    assert [line["reason"] for line in log_lines()] == ["TRACE_FILE_UNWRITABLE"]


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes what an OpenTelemetry collector takes."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str]] = []

    @override
    def Export(self, request: Any, _context: Any) -> Any:
        for resource in request.resource_spans:
            (name,) = (a.value.string_value for a in resource.resource.attributes)
            self.spans += [(name, s.name) for scope in resource.scope_spans for s in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


def test_spans_reach_a_collector_by_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        monkeypatch.setenv(tracing.OTLP_ENDPOINT, f"http://127.0.0.1:{port}")
        tracer = Tracer("telemetry", ratio=1.0)
        with tracer.span("batch"):
            pass
        tracer.shutdown()
    finally:
        server.stop(None).wait()
    assert collector.spans == [("telemetry", "batch")]
