"""Traces across gRPC and NATS: W3C traceparent in headers, spans as JSON lines in a file.

Whether a request is traced is decided once, where it enters, and travels in the traceparent. An
untraced request costs two random numbers; it has a trace id all the same, which the logs show.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)
from typing_extensions import override

TRACEPARENT: Final = "traceparent"
SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
UNSAMPLED: Final = TraceFlags(TraceFlags.DEFAULT)

EXPORT_EVERY_MS: Final = 1_000
"""How long a span waits before it is written: a person looking for a trace waits no longer."""

QUEUE_SPANS_MAX: Final = 16_384
"""Spans waiting to be written; more are dropped. About 20 MB."""

EXPORT_SPANS_MAX: Final = 512
"""Spans written at once: a few milliseconds during which the process does nothing else."""

TRACE_FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Size from which the file is put aside as FILE.1 and begun anew: at most twice this is kept."""

OTLP_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
OTLP_MODULE: Final = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"

_TRACEPARENT_LENGTH: Final = 55
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NS_PER_US: Final = 1_000

_log: Final = structlog.get_logger(__name__)


def parse(traceparent: str | None) -> SpanContext | None:
    """Return the span that a W3C traceparent names, None when it names none."""
    if traceparent is None or len(traceparent) != _TRACEPARENT_LENGTH:
        return None
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    flags = SAMPLED if int(match[3], 16) & TraceFlags.SAMPLED else UNSAMPLED
    found = SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)
    return found if found.is_valid else None


def extract(headers: Mapping[str, str] | None) -> SpanContext | None:
    """Return the span that sent a message with these headers, None when they name none."""
    return None if headers is None else parse(headers.get(TRACEPARENT))


def format_traceparent(context: SpanContext) -> str:
    """Return a span as a W3C traceparent."""
    flags = context.trace_flags & TraceFlags.SAMPLED
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{flags:02x}"


def inject(headers: MutableMapping[str, str]) -> None:
    """Name the current span in the headers of a message about to be sent, if there is one."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        headers[TRACEPARENT] = format_traceparent(context)


def current_trace_id() -> str:
    """Return the id of the current trace, 32 hex digits; empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


class JsonLinesExporter(SpanExporter):
    """Appends each span as a line of JSON; several processes may share one file."""

    def __init__(self, path: Path, service: str) -> None:
        self._path = path
        self._service = service
        self._failing = False

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        lines = "".join(json.dumps(_line(span, self._service)) + "\n" for span in spans)
        try:
            self._append(lines.encode())
        except OSError as error:
            if not self._failing:  # once per trouble, not once a second
                _log.warning("spans not written", reason="TRACE_FILE_UNWRITABLE", errno=error.errno)
            self._failing = True
            return SpanExportResult.FAILURE
        self._failing = False
        return SpanExportResult.SUCCESS

    def _append(self, data: bytes) -> None:
        # One write to a file opened for appending: lines of two processes don't mix.
        with self._path.open("ab", buffering=0) as file:
            if file.tell() > TRACE_FILE_BYTES_MAX:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
            file.write(data)


def _line(span: ReadableSpan, service: str) -> dict[str, object]:
    context = span.get_span_context()
    if context is None:  # the SDK types it so; a span that ended has one
        return {}
    parent = span.parent
    return {
        "trace_id": f"{context.trace_id:032x}",
        "span_id": f"{context.span_id:016x}",
        "parent_id": "" if parent is None else f"{parent.span_id:016x}",
        "name": span.name,
        "service": service,
        "start_us": (span.start_time or 0) // _NS_PER_US,
        "end_us": (span.end_time or 0) // _NS_PER_US,
        "attributes": dict(span.attributes or {}),
        "links": [
            {
                "trace_id": f"{link.context.trace_id:032x}",
                "span_id": f"{link.context.span_id:016x}",
            }
            for link in span.links
        ],
    }


class Tracer:
    """Makes the spans of one process, and decides which requests are traced."""

    def __init__(self, service: str, *, trace_file: Path | None = None, ratio: float = 0.0) -> None:
        exporters = _exporters(service, trace_file)
        self._ratio = ratio if exporters else 0.0
        self._provider = TracerProvider(
            sampler=ALWAYS_ON,  # asked only for what is to be traced; see `begin`
            resource=Resource({SERVICE_NAME: service}),
            shutdown_on_exit=False,
        )
        for exporter in exporters:
            self._provider.add_span_processor(
                BatchSpanProcessor(
                    exporter,
                    max_queue_size=QUEUE_SPANS_MAX,
                    schedule_delay_millis=EXPORT_EVERY_MS,
                    max_export_batch_size=EXPORT_SPANS_MAX,
                )
            )
        self._tracer = self._provider.get_tracer("tianfu")
        self._records = bool(exporters)

    def begin(
        self,
        name: str,
        *,
        parent: SpanContext | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[SpanContext] = (),
        start_ns: int | None = None,
    ) -> Span:
        """Return a new span, which the caller must end; without a parent it begins a trace."""
        if parent is None:
            # Not a secret, and not part of any decision but this one.
            if self._ratio == 0.0 or random.random() >= self._ratio:  # noqa: S311 - sampling
                return NonRecordingSpan(
                    SpanContext(
                        random.getrandbits(128) | 1,
                        random.getrandbits(64) | 1,
                        is_remote=False,
                        trace_flags=UNSAMPLED,
                    )
                )
            around = otel_context.Context()
        else:
            if not self._records or not parent.trace_flags & TraceFlags.SAMPLED:
                return NonRecordingSpan(parent)
            around = trace.set_span_in_context(NonRecordingSpan(parent), otel_context.Context())
        return self._tracer.start_span(
            name,
            context=around,
            kind=kind,
            attributes=attributes,
            links=[Link(context) for context in links],
            start_time=start_ns,
        )

    @contextmanager
    def span(
        self,
        name: str,
        *,
        parent: SpanContext | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[SpanContext] = (),
    ) -> Iterator[Span]:
        """Run a block in a new span; without a parent, below the current span if there is one."""
        if parent is None:
            current = trace.get_current_span().get_span_context()
            parent = current if current.is_valid else None
        span = self.begin(name, parent=parent, kind=kind, attributes=attributes, links=links)
        token = otel_context.attach(trace.set_span_in_context(span))
        try:
            yield span
        except BaseException as error:
            fail(span, type(error).__name__)
            raise
        finally:
            otel_context.detach(token)
            span.end()

    def record(
        self,
        name: str,
        *,
        parent: SpanContext | None,
        start_us: int,
        end_us: int,
        attributes: Mapping[str, Any] | None = None,
        links: Sequence[SpanContext] = (),
    ) -> None:
        """Add a span that is over, such as one batch's part of a common insert, if it is traced."""
        if parent is None or not parent.trace_flags & TraceFlags.SAMPLED:
            return
        start_ns = start_us * _NS_PER_US
        span = self.begin(
            name, parent=parent, attributes=attributes, links=links, start_ns=start_ns
        )
        span.end(end_us * _NS_PER_US)

    def shutdown(self) -> None:
        """Write what waits to be written, and end."""
        self._provider.shutdown()


def enter(span: Span) -> None:
    """Make a span the current one for the rest of this task; there is no way back."""
    otel_context.attach(trace.set_span_in_context(span))


def fail(span: Span, reason: str) -> None:
    """Mark a span as failed, with a reason code or the name of an exception's class."""
    if span.is_recording():
        span.set_attribute("error.type", reason)
        span.set_status(StatusCode.ERROR)


def _exporters(service: str, trace_file: Path | None) -> list[SpanExporter]:
    exporters: list[SpanExporter] = []
    if trace_file is not None:
        exporters.append(JsonLinesExporter(trace_file, service))
    if os.environ.get(OTLP_ENDPOINT):
        try:
            exporters.append(importlib.import_module(OTLP_MODULE).OTLPSpanExporter())
        except ImportError:
            _log.warning(
                "OTLP exporter is not installed; install opentelemetry-exporter-otlp-proto-grpc",
                reason="OTLP_UNAVAILABLE",
            )
    return exporters
