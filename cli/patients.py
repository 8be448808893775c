"""``tianfu patients``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format, struct_pb2

from cli import output
from cli.clinical import PAGE, PURPOSE, ROLE, FilterOption, read_message, short, shown_time
from cli.connection import LONG_DEADLINE_S, platform
from cli.names import resource_name, word
from cli.output import Format
from tianfu.healthcare.v1 import clinical_pb2, exchange_pb2, patient_pb2
from tianfu.healthcare.v1 import healthcare_service_pb2 as messages

COLUMNS: Final = ["patient", "name", "ward", "bed", "admitted"]
EPILOG: Final = """\
Examples:
  tianfu patients list --filter admitted=true
  tianfu patients observations PATIENT
  tianfu patients scores PATIENT
  tianfu patients import examples/healthcare/bundle.json --source county-his
  tianfu patients export PATIENT
"""

PatientArgument = Annotated[str, typer.Argument(help="The patient's id, as the list has it.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def patients() -> None:
    """Look at patients and take FHIR R4 in and out.

    Every look is kept in the audit log, with the purpose treatment.
    """


def record_of(patient: patient_pb2.Patient) -> dict[str, Any]:
    """Return a patient as it is printed."""
    return {
        "patient": short(patient.name),
        "name": patient.facts.family_name + patient.facts.given_name,
        "ward": patient.visit.ward,
        "bed": patient.visit.bed,
        "admitted": "yes" if patient.admitted else "no",
    }


@app.command("list")
def list_patients(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List patients. Fields of the filter: facility, ward, admitted."""
    request = messages.ListPatientsRequest(page_size=PAGE, filter=filter_text, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListPatients, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


def result_of(observation: patient_pb2.Observation) -> dict[str, Any]:
    """Return a result as it is printed."""
    result = observation.result
    which = result.WhichOneof("value")
    value = f"{result.number:g}" if which == "number" else result.text or result.coded.code
    return {
        "time": shown_time(result, "observe_time"),
        "code": result.code.code,
        "meaning": result.code.display,
        "value": value,
        "unit": result.unit,
        "flag": result.flag,
        "status": word(clinical_pb2.ResultStatus.Name(result.status), "RESULT_STATUS_"),
        "observation": short(observation.name),
    }


@app.command("observations")
def observations(
    patient: PatientArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List a patient's results, the latest first."""
    parent = resource_name("patients", patient)
    request = messages.ListObservationsRequest(parent=parent, page_size=PAGE, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListObservations, request)
    columns = ["time", "code", "meaning", "value", "unit", "flag", "status"]
    output.rows(columns, [result_of(each) for each in found], output_format)


def score_of(score: patient_pb2.Score) -> dict[str, Any]:
    """Return a score as it is printed: what is missing, and by which rule."""
    figures = score.figures
    total = str(figures.total) if figures.complete else f"{figures.total} to {figures.high}"
    return {
        "time": shown_time(score, "observe_time"),
        "rule": figures.rule_version,
        "total": total,
        "band": figures.band,
        "trend": word(patient_pb2.Trend.Name(score.trend), "TREND_"),
        "missing": " ".join(figures.missing),
        "implausible": " ".join(figures.implausible),
    }


@app.command("scores")
def scores(
    patient: PatientArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List a patient's early-warning scores, the latest first."""
    parent = resource_name("patients", patient)
    request = messages.ListScoresRequest(parent=parent, page_size=PAGE, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListScores, request)
    columns = ["time", "total", "band", "trend", "missing", "rule"]
    output.rows(columns, [score_of(each) for each in found], output_format)


@app.command("import")
def import_fhir(
    file: Annotated[Path, typer.Argument(help="A FHIR R4 resource or Bundle as JSON.")],
    source: Annotated[str, typer.Option(help="Who sends it, such as county-his.")],
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Take FHIR R4 in: all of the file or nothing, and once however often it is sent."""
    resource = read_message(file, struct_pb2.Struct())
    request = exchange_pb2.ImportFhirRequest(source=source, resource=resource)
    with platform(data, ROLE) as services:
        call = services.healthcare.ImportFhir
        made = services.call(call, request, deadline_s=LONG_DEADLINE_S)
    record = {
        "patients": " ".join(short(each) for each in made.patients),
        "observations": made.observations,
        "reports": made.reports,
        "scores": made.scores,
        "alerts": made.alerts,
        "passed over": made.passed_over,
        "taken before": "yes" if made.repeated_before else "no",
    }
    output.one(record, output_format)


@app.command("export")
def export(patient: PatientArgument, data: output.DataOption = output.DATA_DEFAULT) -> None:
    """Print what is known of a patient as a FHIR R4 Bundle."""
    name = resource_name("patients", patient)
    request = exchange_pb2.ExportPatientRequest(name=name, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        made = services.call(services.healthcare.ExportPatient, request)
    bundle = json_format.MessageToDict(made.bundle)
    sys.stdout.write(json.dumps(bundle, ensure_ascii=False, indent=2) + "\n")
