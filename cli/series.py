"""``tianfu series``."""

from __future__ import annotations

import json
import math
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import grpc
import typer

from cli import output, plots
from cli.connection import LONG_DEADLINE_S, ROLE_DEFAULT, platform
from cli.failures import Exit, Failure
from cli.names import duration_of, node_name, series_name, shown_time, since, time_of, words
from cli.output import Format
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_service_pb2

PAGE: Final = 1000
AGGREGATES: Final = ("mean", "min", "max", "sum", "count", "first", "last")
GAPS: Final = {
    "omit": telemetry_service_pb2.GAP_HANDLING_OMIT_UNSPECIFIED,
    "nan": telemetry_service_pb2.GAP_HANDLING_NAN,
    "previous": telemetry_service_pb2.GAP_HANDLING_PREVIOUS,
    "linear": telemetry_service_pb2.GAP_HANDLING_LINEAR,
}
US_PER_S: Final = 1_000_000

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Readings.")
SeriesArgument = Annotated[str, typer.Argument(help="NODE/SERIES.")]
FromOption = Annotated[
    str, typer.Option("--from", help="2026-01-12T08:00:00Z, or how long ago: 15m.")
]
ToOption = Annotated[str, typer.Option("--to", help='As --from, or "now".')]


@app.command("list")
def list_series(
    node: Annotated[str, typer.Argument(help="A node's id; - is all nodes.")] = "-",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the series of a node, or of all."""
    request = telemetry_service_pb2.ListSeriesRequest(parent=node_name(node), page_size=PAGE)
    with platform(data, role) as services:
        found = services.every(services.telemetry.ListSeries, request)
    records = [
        {
            "series": short(each.name),
            "unit": each.unit,
            "kept": words(
                reading_batch_pb2.RetentionClass, each.retention_class, "RETENTION_CLASS_"
            ),
            "since": since(each, "create_time"),
        }
        for each in found
    ]
    output.rows(["series", "unit", "kept", "since"], records, output_format)


@app.command("query")
def query_series(
    series: SeriesArgument,
    begin: FromOption = "15m",
    end: ToOption = "now",
    aggregate: Annotated[
        str, typer.Option("--aggregate", "-a", help=f"With --step: {', '.join(AGGREGATES)}.")
    ] = "",
    step: Annotated[str, typer.Option(help="With --aggregate: 1m, 15m, 1h.")] = "",
    gaps: Annotated[str, typer.Option(help="Steps without readings: " + ", ".join(GAPS))] = "omit",
    points: Annotated[
        int, typer.Option(min=0, help="At most so many points, which keep the spikes.")
    ] = 0,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print the readings of a series in a range: all, in steps, or thinned out for a plot."""
    request = query_of(series, begin, end, aggregate, step)
    if gaps not in GAPS:
        raise _unknown("GAPS_UNKNOWN", gaps, GAPS)
    request.gap_handling = GAPS[gaps]
    request.max_points = points
    with platform(data, role) as services:
        answer = services.call(services.telemetry.QuerySeries, request)
    records = [
        {
            "time": shown_time(time_us / US_PER_S),
            # JSON has no NaN.
            f"value_{answer.unit}": None if math.isnan(value) else value,
            "quality": words(reading_batch_pb2.Quality, quality, "QUALITY_"),
            "readings": readings,
        }
        for time_us, value, quality, readings in zip(
            answer.time_us, answer.value, answer.quality, answer.readings, strict=True
        )
    ]
    output.rows(["time", f"value_{answer.unit}", "quality", "readings"], records, output_format)
    source = words(telemetry_service_pb2.QuerySource, answer.source, "QUERY_SOURCE_")
    output.note(f"{len(records)} points, read from {source}")


def query_of(
    series: str, begin: str, end: str, aggregate: str, step: str
) -> telemetry_service_pb2.QuerySeriesRequest:
    """Return the request that the options state."""
    now = datetime.now(UTC)
    request = telemetry_service_pb2.QuerySeriesRequest(name=series_name(series))
    request.start_time.FromDatetime(time_of(begin, now))
    request.end_time.FromDatetime(time_of(end, now))
    if bool(aggregate) != bool(step):
        raise Failure(
            "STEP_MISSING",
            "--aggregate and --step need each other",
            "add both, such as --aggregate mean --step 1m",
            status=Exit.USAGE,
        )
    if aggregate:
        if aggregate not in AGGREGATES:
            raise _unknown("AGGREGATE_UNKNOWN", aggregate, AGGREGATES)
        request.aggregate = telemetry_service_pb2.Aggregate.Value(f"AGGREGATE_{aggregate.upper()}")
        request.step.FromTimedelta(duration_of(step))
    return request


@app.command("plot")
def plot_series(
    series: SeriesArgument,
    begin: FromOption = "15m",
    end: ToOption = "now",
    aggregate: Annotated[
        str, typer.Option("--aggregate", "-a", help=f"With --step: {', '.join(AGGREGATES)}.")
    ] = "",
    step: Annotated[str, typer.Option(help="With --aggregate: 1m, 15m, 1h.")] = "",
    width: Annotated[
        int, typer.Option(min=0, help="Columns; 0 is as many as the terminal has.")
    ] = 0,
    height: Annotated[int, typer.Option(min=3, max=200, help="Lines.")] = plots.HEIGHT,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
) -> None:
    """Plot the readings of a series in the terminal; steps without readings are gaps."""
    columns = width or shutil.get_terminal_size().columns
    request = query_of(series, begin, end, aggregate, step)
    if aggregate:
        request.gap_handling = telemetry_service_pb2.GAP_HANDLING_NAN
    else:
        # Those that keep the spikes, no more than dots can show.
        request.max_points = plots.DOTS_ACROSS * columns
    with platform(data, role) as services:
        answer = services.call(services.telemetry.QuerySeries, request)
    points = [
        (time_us / US_PER_S, value)
        for time_us, value in zip(answer.time_us, answer.value, strict=True)
    ]
    # A terminal that can't show braille says so by its encoding.
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    lines = plots.plot(points, width=columns, height=height, ascii_only=ascii_only)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    output.note(f"{short(request.name)} in {answer.unit or '1'}, {len(points)} points")


@app.command("watch")
def watch_series(
    series: Annotated[list[str], typer.Argument(help="NODE/SERIES, one or more.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print readings as they are stored, until Ctrl-C."""
    names = [series_name(each) for each in series]
    resume = ""
    with output.until_interrupted(), platform(data, role) as services:
        while True:
            request = telemetry_service_pb2.WatchSeriesRequest(names=names, resume_token=resume)
            try:
                for answer in services.stream(services.telemetry.WatchSeries, request):
                    resume = answer.resume_token or resume
                    show_readings(answer, names, output_format)
            except grpc.RpcError as error:
                # The call's deadline: go on from the last answer, without a gap.
                if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise


def show_readings(
    answer: telemetry_service_pb2.WatchSeriesResponse, names: list[str], output_format: Format
) -> None:
    """Print the readings of one answer."""
    for index, time_us, value, quality in zip(
        answer.name_index, answer.time_us, answer.value, answer.quality, strict=True
    ):
        record = {
            "series": short(names[index]),
            "time": shown_time(time_us / US_PER_S),
            "value": value,
            "quality": words(reading_batch_pb2.Quality, quality, "QUALITY_"),
        }
        text = f"{record['time']}  {record['series']}  {value:.6g}  {record['quality']}"
        output.line(record, text, output_format)


@app.command("export")
def export_readings(
    file: Annotated[Path, typer.Argument(help="The Parquet file to write; - is stdout.")],
    node: Annotated[str, typer.Option(help="A node's id; - is all nodes.")] = "-",
    begin: FromOption = "1d",
    end: ToOption = "now",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
) -> None:
    """Write the readings of a range to a Parquet file."""
    now = datetime.now(UTC)
    request = telemetry_service_pb2.ExportReadingsRequest(parent=node_name(node))
    request.start_time.FromDatetime(time_of(begin, now))
    request.end_time.FromDatetime(time_of(end, now))
    to_stdout = str(file) == "-"
    # Beside the file, and given its name when it is whole: half a file is no file.
    unfinished = file.with_name(f"{file.name}.unfinished")
    written = 0
    with platform(data, role) as services:
        answers = services.stream(
            services.telemetry.ExportReadings, request, deadline_s=LONG_DEADLINE_S
        )
        if to_stdout:
            for answer in answers:
                written += sys.stdout.buffer.write(answer.data)
        else:
            try:
                with unfinished.open("wb") as target:
                    for answer in answers:
                        written += target.write(answer.data)
                unfinished.replace(file)
            finally:
                unfinished.unlink(missing_ok=True)
    output.note(json.dumps({"file": str(file), "bytes": written}))


def short(name: str) -> str:
    """Return NODE/SERIES for a series' name."""
    _, node, _, series = name.split("/", 3)
    return f"{node}/{series}"


def _unknown(reason: str, word: str, known: Any) -> Failure:
    return Failure(reason, f"{word!r} is none of {', '.join(known)}", status=Exit.USAGE)
