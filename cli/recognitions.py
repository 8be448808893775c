"""``tianfu recognitions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.clinical import PAGE, PURPOSE, ROLE, FilterOption, PersonOption, read_message, short
from cli.connection import platform
from cli.names import word
from cli.output import Format
from tianfu.healthcare.v1 import recognition_pb2 as pb

COLUMNS: Final = ["recognition", "item", "producer", "outcome", "step", "age_hours", "certificate"]
EPILOG: Final = """\
Examples:
  tianfu recognitions decide rec-0001 recognition.json --as dr-li
  tianfu recognitions list --filter outcome=REVOKED
  tianfu recognitions figures
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def recognitions() -> None:
    """Whether a result of another hospital may stand in for a repeat (检查检验结果互认).

    It advises: no order waits for it.
    """


def record_of(each: pb.Recognition) -> dict[str, Any]:
    """Return a recognition as it is printed, with its grounds."""
    outcome = word(pb.RecognitionOutcome.Name(each.outcome), "RECOGNITION_OUTCOME_")
    return {
        "recognition": short(each.name),
        "item": each.item,
        "producer": short(each.producer),
        "receiver": short(each.receiver),
        "outcome": "revoked" if each.revoked else outcome,
        "step": word(pb.RecognitionStep.Name(each.step), "RECOGNITION_STEP_"),
        "why": each.why,
        "age_hours": round(each.age_hours, 1),
        "certificate": each.certificate,
        "doctor": each.doctor,
        "rules": " ".join(each.rule_versions),
    }


@app.command("decide")
def decide(
    own: Annotated[str, typer.Argument(help="An id for the decision.")],
    file: Annotated[Path, typer.Argument(help="The result as JSON: a Recognition.")],
    person: PersonOption,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Decide on a result, and keep the decision. The same again is answered as before."""
    wanted = read_message(file, pb.Recognition())
    request = pb.CreateRecognitionRequest(recognition=wanted, recognition_id=own)
    with platform(data, ROLE, person, short(wanted.receiver)) as services:
        made = services.call(services.healthcare.CreateRecognition, request)
    output.one(record_of(made), output_format)


@app.command("list")
def list_recognitions(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List decisions, the latest first."""
    request = pb.ListRecognitionsRequest(page_size=PAGE, filter=filter_text, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListRecognitions, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("figures")
def figures(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Add up: recognised of recognisable, repeats, money and radiation saved."""
    with platform(data, ROLE) as services:
        call = services.healthcare.EvaluateRecognitionFigures
        found = services.call(call, pb.EvaluateRecognitionFiguresRequest())
    record = {
        "recognised": found.recognised,
        "recognisable": found.recognisable,
        "rate": f"{found.rate:.3f}" if found.HasField("rate") else "",
        "revoked": found.revoked,
        "saved yuan": f"{found.saved_fen / 100:.2f}",
        "avoided mSv": f"{found.avoided_usv / 1000:.3f}",
        "repeats": sum(each.count for each in found.repeats),
    }
    output.one(record, output_format)
