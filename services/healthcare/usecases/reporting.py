"""Reports: which results belong to one order, and how final they are as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.healthcare.model.documents import Kind, Wanted
from services.healthcare.model.records import derived
from services.healthcare.ports import Transaction
from services.healthcare.usecases import keeping
from services.healthcare.usecases.keeping import Making
from services.healthcare.usecases.looking import Look
from tianfu.healthcare.v1 import clinical_pb2 as pb
from tianfu.healthcare.v1 import exchange_pb2

VITAL_SIGNS: Final = "85353-1"
"""Panel of vital signs: monitors send one every few seconds, and nobody reads it as a report."""

RESULTS_MAX: Final = 500
"""Named by one report."""


def observation_id(patient_id: str, order: str, result: pb.Result) -> str:
    """Return a result's id: the same for what is sent again or corrected."""
    seen = result.observe_time.ToDatetime(UTC).isoformat()
    code = result.code
    return derived("o", patient_id, order, code.system, code.code, result.sub_id, seen)


def keep(tx: Transaction, patient_id: str, group: pb.ResultGroup, now: datetime) -> None:
    """Keep a group of results as a report, or what is new of it."""
    if not group.order or not group.results or group.code.code == VITAL_SIGNS:
        return
    own = derived("r", patient_id, group.order, group.code.system, group.code.code)
    before = tx.document(Kind.REPORT, own)
    report = exchange_pb2.Report()
    if before is not None:
        report.ParseFromString(before.body)
    known = set(report.observations)
    names = [
        f"patients/{patient_id}/observations/{observation_id(patient_id, group.order, each)}"
        for each in group.results
    ]
    report.name = f"patients/{patient_id}/reports/{own}"
    report.order = group.order
    report.code.CopyFrom(group.code)
    report.status = group.status
    if group.HasField("collect_time"):
        report.collect_time.CopyFrom(group.collect_time)
    room = RESULTS_MAX - len(known)
    report.observations.extend([each for each in dict.fromkeys(names) if each not in known][:room])
    if before is not None and before.body == keeping.encoded(report):
        return
    report.update_time.FromDatetime(now)
    if before is None:
        making = Making("healthcare", own, "", now)
        keeping.made(tx, Kind.REPORT, making, report, parent=patient_id, **looked_up(report))
    else:
        keeping.changed(tx, before, report, now, **looked_up(report))


def looked_up(report: exchange_pb2.Report) -> dict[str, str]:
    """Return the columns that reports are looked up by."""
    status = pb.ResultStatus.Name(report.status).removeprefix("RESULT_STATUS_")
    return {"label": status, "cause": report.order, "place": report.code.code}


def page(
    tx: Transaction, look: Look, wanted: Wanted, offset: int, limit: int
) -> tuple[Sequence[exchange_pb2.Report], bool]:
    """Return a page of a patient's reports, the latest first, and whether there are more."""
    tx.audit(look.entry("reports.list", f"patients/{wanted.parent}"))
    return keeping.page(tx, Kind.REPORT, wanted, offset, limit, exchange_pb2.Report)
