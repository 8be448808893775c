"""``tianfu consultations``."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli import output
from cli.clinical import PAGE, PURPOSE, ROLE, FilterOption, PersonOption, short, shown_time
from cli.connection import platform
from cli.names import resource_name, value_of, word
from cli.output import Format
from tianfu.healthcare.v1 import consultation_pb2 as pb

COLUMNS: Final = ["consultation", "urgency", "state", "inviting", "doctor", "answer by"]
EPILOG: Final = """\
Examples:
  tianfu consultations create con-0001 --patient PATIENT --from county-hospital \\
      --question 'a shadow in the left lung' --as dr-li
  tianfu consultations consent PATIENT --as dr-li
  tianfu consultations step con-0001 submit --of county-hospital --as dr-li
  tianfu consultations step con-0001 invite --of county-hospital \\
      --doctor dr-huang --hospital huaxi --as dr-li
  tianfu consultations export con-0001
"""

ACTIONS: Final = tuple(each.name for each in pb.ConsultationAction.DESCRIPTOR.values)

ConsultationArgument = Annotated[str, typer.Argument(help="The consultation's id.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def consultations() -> None:
    """Remote consultations (远程会诊): consent before anybody is invited."""


def record_of(each: pb.Consultation) -> dict[str, Any]:
    """Return a consultation as it is printed."""
    return {
        "consultation": short(each.name),
        "patient": short(each.patient),
        "urgency": word(pb.ConsultationUrgency.Name(each.urgency), "CONSULTATION_URGENCY_"),
        "state": word(pb.ConsultationState.Name(each.state), "CONSULTATION_STATE_"),
        "consent": word(pb.ConsultationConsent.Name(each.consent), "CONSULTATION_CONSENT_"),
        "inviting": short(each.inviting_hospital),
        "doctor": each.doctor,
        "answer by": shown_time(each, "answer_by_time"),
        "signed by": each.signed_by,
        "steps": len(each.steps),
        "rule": each.rule_version,
    }


@app.command("create")
def create(
    own: ConsultationArgument,
    patient: Annotated[str, typer.Option(help="The patient's id.")],
    hospital: Annotated[str, typer.Option("--from", help="The hospital that asks.")],
    question: Annotated[str, typer.Option(help="What is asked.")],
    person: PersonOption,
    urgency: Annotated[str, typer.Option(help="routine or emergency.")] = "routine",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Begin a draft."""
    need = "urgency is routine or emergency"
    level = value_of(pb.ConsultationUrgency, "CONSULTATION_URGENCY_", urgency, need)
    made = pb.Consultation(
        patient=resource_name("patients", patient),
        urgency=level,
        inviting_hospital=resource_name("hospitals", hospital),
        question=question,
    )
    request = pb.CreateConsultationRequest(consultation=made, consultation_id=own)
    with platform(data, ROLE, person, hospital) as services:
        kept = services.call(services.healthcare.CreateConsultation, request)
    output.one(record_of(kept), output_format)


@app.command("consent")
def consent(
    patient: Annotated[str, typer.Argument(help="The patient's id.")],
    person: PersonOption,
    document: Annotated[str, typer.Option(help="Where the signed form is kept.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Record that a patient agrees to a consultation (知情同意)."""
    request = pb.CreateConsentRequest(
        parent=resource_name("patients", patient),
        consent_id=f"c-{uuid.uuid4().hex}",
        consent=pb.Consent(
            scope=pb.CONSENT_SCOPE_CONSULTATION,
            decision=pb.CONSENT_DECISION_PERMIT,
            document=document,
        ),
    )
    with platform(data, ROLE, person) as services:
        made = services.call(services.healthcare.CreateConsent, request)
    record = {"consent": made.name, "recorder": made.recorder}
    output.one(record, output_format)


@app.command("step")
def step(
    own: ConsultationArgument,
    action: Annotated[str, typer.Argument(help="Such as submit, record-consent, invite, accept.")],
    acting: Annotated[str, typer.Option("--of", help="The hospital in whose name you act.")],
    person: PersonOption,
    reason: Annotated[str, typer.Option(help="Why; some steps need it.")] = "",
    doctor: Annotated[str, typer.Option(help="invite: the doctor.")] = "",
    hospital: Annotated[str, typer.Option(help="invite: the doctor's hospital.")] = "",
    at: Annotated[datetime | None, typer.Option(help="schedule: when, in local time.")] = None,
    opinion: Annotated[str, typer.Option(help="draft-opinion, sign-opinion: the opinion.")] = "",
    consent_record: Annotated[str, typer.Option("--consent", help="record-consent: which.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Do the next step in your name."""
    known = ", ".join(word(each, "CONSULTATION_ACTION_") for each in ACTIONS)
    number = value_of(pb.ConsultationAction, "CONSULTATION_ACTION_", action, f"is one of {known}")
    request = pb.AdvanceConsultationRequest(
        name=resource_name("consultations", own),
        action=number,
        acting_hospital=resource_name("hospitals", acting),
        reason=reason,
        doctor=doctor,
        hospital=resource_name("hospitals", hospital) if hospital else "",
        opinion=opinion,
        consent_record=consent_record,
    )
    if at is not None:
        request.scheduled_time.FromDatetime(at.astimezone())
    with platform(data, ROLE, person, acting) as services:
        kept = services.call(services.healthcare.AdvanceConsultation, request)
    output.one(record_of(kept), output_format)


@app.command("list")
def list_consultations(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List consultations, the latest first."""
    request = pb.ListConsultationsRequest(page_size=PAGE, filter=filter_text, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        found = services.every(services.healthcare.ListConsultations, request)
    output.rows(COLUMNS, [record_of(each) for each in found], output_format)


@app.command("export")
def export(own: ConsultationArgument, data: output.DataOption = output.DATA_DEFAULT) -> None:
    """Print a consultation as a FHIR R4 ServiceRequest and Task."""
    name = resource_name("consultations", own)
    request = pb.ExportConsultationRequest(name=name, purpose=PURPOSE)
    with platform(data, ROLE) as services:
        made = services.call(services.healthcare.ExportConsultation, request)
    bundle = json_format.MessageToDict(made.bundle)
    sys.stdout.write(json.dumps(bundle, ensure_ascii=False, indent=2) + "\n")
