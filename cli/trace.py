"""``tianfu trace``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import output, span_tree
from cli.failures import Exit, Failure
from cli.local.folder import Folder
from cli.output import Format

app = typer.Typer(rich_markup_mode=None)


@app.command()
def trace(
    request: Annotated[
        str,
        typer.Argument(
            help="A trace id, NODE/EPOCH/SEQUENCE, or NODE for its newest traced batch."
        ),
    ],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Follow one batch from the edge to the stored row.

    Agents trace a share of their batches; logs show the trace id of a request.
    """
    folder = Folder.at(data)
    # The files, and those that were put aside when they grew large.
    files = sorted(folder.traces.glob("*.jsonl*"))
    spans = list(span_tree.read(files))
    trace_id = span_tree.trace_of(spans, request)
    if trace_id is None:
        raise Failure(
            "TRACE_NOT_FOUND",
            f"no span of {request!r} among {len(spans)} in {folder.traces}",
            "only a share of the batches is traced: name a node to see its newest",
            status=Exit.NOT_FOUND,
        )
    roots = span_tree.tree(spans, trace_id)
    if output_format is Format.JSON:
        output.one(
            {"trace_id": trace_id, "roots": [span_tree.as_json(root) for root in roots]},
            output_format,
        )
        return
    sys.stdout.write(f"trace {trace_id}\n" + "\n".join(span_tree.lines(roots)) + "\n")
