"""Hospitals of the region, and what each can take (EDXL-HAVE)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.healthcare.model import beds
from services.healthcare.model.beds import Beds, BedType, Capacity, Emergency, InvalidCapacity
from services.healthcare.model.documents import Document, Kind, Wanted
from services.healthcare.model.recognition import Certificate, Institution, Period, Scope
from services.healthcare.model.records import derived
from services.healthcare.model.triage import Tag
from services.healthcare.ports import Desk, Transaction
from services.healthcare.usecases import keeping
from services.plumbing.refusal import InvalidArgument
from services.plumbing.rules import jurisdiction_of
from tianfu import subjects
from tianfu.healthcare.v1 import events_pb2, region_pb2

HOSPITALS_MAX = 2_000
"""Of a plan or a list: a province has some hundreds that take casualties."""

OPEN_PLAN = "OPEN"

BED_TYPES = {each: getattr(region_pb2, f"BED_TYPE_{each.name}") for each in BedType}
TYPE_OF = {number: each for each, number in BED_TYPES.items()}
MASKABLE = ("title", "place_code", "latitude", "longitude", "active", "catalogue", "certificates")


class MaskInvalid(InvalidArgument):
    """The mask names what can't be changed."""

    reason = "UPDATE_MASK_INVALID"


def hospital_id(name: str) -> str:
    """Return the id in hospitals/{hospital}[/...]."""
    return name.split("/")[1]


def update_hospital(
    tx: Transaction,
    wanted: region_pb2.Hospital,
    paths: Sequence[str],
    actor: str,
    *,
    missing: bool,
    now: datetime,
) -> region_pb2.Hospital:
    """Change a hospital or register it; raise ResourceNotFound, EtagMismatch, MaskInvalid."""
    own = hospital_id(wanted.name)
    before = tx.document(Kind.HOSPITAL, own)
    if before is None and not missing:
        raise keeping.ResourceNotFound(
            "there is no such hospital; allow_missing registers it", field="hospital.name"
        )
    after = region_pb2.Hospital()
    if before is not None:
        after.ParseFromString(before.body)
        if wanted.etag and wanted.etag != after.etag:
            raise keeping.EtagMismatch("somebody changed it; read it again", field="hospital.etag")
    for path in paths or MASKABLE:
        if path not in MASKABLE:
            raise MaskInvalid(f"{path!r} is none of {', '.join(MASKABLE)}", field="update_mask")
        after.ClearField(path)
    part = region_pb2.Hospital()
    part.CopyFrom(wanted)
    for name in (*(set(MASKABLE) - set(paths or MASKABLE)), "etag", "update_time", "name"):
        part.ClearField(name)
    after.MergeFrom(part)
    after.name = f"hospitals/{own}"
    after.update_time.FromDatetime(now)
    after.etag = derived("e", own, str(before.version if before else 0), now.isoformat())
    if before is None:
        making = keeping.Making(actor, own, "", now)
        keeping.made(tx, Kind.HOSPITAL, making, after, place=after.place_code)
    else:
        keeping.changed(tx, before, after, now, place=after.place_code)
    tx.make_due(Kind.CASUALTY_PLAN, OPEN_PLAN, now)
    keeping.note(tx, actor, "hospitals.update", after.name, now)
    return after


def hospital(tx: Transaction, own: str) -> region_pb2.Hospital | None:
    """Return a hospital, None when there is none."""
    document = tx.document(Kind.HOSPITAL, own)
    return None if document is None else region_pb2.Hospital.FromString(document.body)


def get_hospital(tx: Transaction, own: str) -> region_pb2.Hospital:
    """Return a hospital; raise ResourceNotFound."""
    return keeping.found(tx, Kind.HOSPITAL, own, region_pb2.Hospital)[1]


def institution(found: region_pb2.Hospital) -> Institution:
    """Return a hospital as recognition sees it."""
    catalogue: dict[str, tuple[Period, ...]] = {}
    for entry in found.catalogue:
        catalogue[entry.item] = (*catalogue.get(entry.item, ()), period(entry.period))
    return Institution(
        hospital_id(found.name),
        jurisdiction_of(found.place_code),
        tuple(period(each) for each in found.active),
        catalogue,
    )


def certificates(found: region_pb2.Hospital) -> Sequence[Certificate]:
    """Return a hospital's quality assessments."""
    own = hospital_id(found.name)
    return [
        Certificate(each.certificate, own, each.item, Scope(each.scope), period(each.period))
        for each in found.certificates
    ]


def period(found: region_pb2.Period) -> Period:
    """Return a period."""
    end = found.end_time.ToDatetime(UTC) if found.HasField("end_time") else None
    return Period(found.start_time.ToDatetime(UTC), end)


def report_beds(
    tx: Transaction,
    desk: Desk,
    parent: str,
    report: region_pb2.BedReport,
    actor: str,
    *,
    now: datetime,
) -> region_pb2.BedReport:
    """Keep a report, tell of it, and have casualty plans solved again.

    Raises ResourceNotFound for an unknown hospital, InvalidCapacity and ReportOutdated.
    """
    own = hospital_id(parent)
    place = get_hospital(tx, own).place_code
    before = tx.document(Kind.BED_REPORT, own)
    last = None
    if before is not None:
        last = capacity(own, region_pb2.BedReport.FromString(before.body))
    beds.checked(capacity(own, report), last, now)
    kept = region_pb2.BedReport()
    kept.CopyFrom(report)
    kept.name = f"hospitals/{own}/bedReport"
    for filled in ("stale", "age_seconds", "rule_version"):
        kept.ClearField(filled)
    if before is not None and before.body == keeping.encoded(kept):
        return with_age(desk, kept, now)
    if before is None:
        keeping.made(
            tx, Kind.BED_REPORT, keeping.Making(actor, own, "", now), kept, parent=own, place=place
        )
    else:
        keeping.changed(tx, before, kept, now, place=place)
    tx.make_due(Kind.CASUALTY_PLAN, OPEN_PLAN, now)
    keeping.note(tx, actor, "bedReports.report", kept.name, now)
    event = events_pb2.BedsReported(
        hospital=f"hospitals/{own}", emergency=kept.emergency, casualties=kept.casualties
    )
    event.event_time.FromDatetime(now)
    version = 1 if before is None else before.version + 1
    tx.emit(
        subjects.event("healthcare", "beds-reported"), event, f"healthcare-beds-{own}-{version}"
    )
    return with_age(desk, kept, now)


def with_age(
    desk: Desk, report: region_pb2.BedReport, now: datetime, *, incident: bool = False
) -> region_pb2.BedReport:
    """Return a report with its age, and whether it is still believed."""
    rule = desk.staleness(now)
    at = report.report_time.ToDatetime(UTC)
    shown = region_pb2.BedReport()
    shown.CopyFrom(report)
    shown.stale = rule.is_stale(at, now, incident=incident)
    shown.age_seconds = max(0.0, (now - at).total_seconds())
    shown.rule_version = rule.version
    return shown


def get_bed_report(tx: Transaction, desk: Desk, own: str, now: datetime) -> region_pb2.BedReport:
    """Return a hospital's last report; raise ResourceNotFound."""
    return with_age(desk, keeping.found(tx, Kind.BED_REPORT, own, region_pb2.BedReport)[1], now)


def list_bed_reports(
    tx: Transaction, desk: Desk, wanted: Wanted, offset: int, limit: int, now: datetime
) -> tuple[Sequence[region_pb2.BedReport], bool]:
    """Return a page of reports in order of hospital, and whether there are more."""
    found, more = keeping.page(
        tx, Kind.BED_REPORT, wanted, offset, limit, region_pb2.BedReport, by_id=True
    )
    return [with_age(desk, each, now) for each in found], more


def capacity(own: str, report: region_pb2.BedReport) -> Capacity:
    """Return a report as the model has it; raise InvalidCapacity for a type named twice."""
    counted: dict[BedType, Beds] = {}
    for each in report.beds:
        sort = TYPE_OF[each.type]
        if sort in counted:
            raise InvalidCapacity("a type of beds is named twice", field="bed_report.beds")
        counted[sort] = Beds(each.baseline, each.available, each.surge_day, each.surge_three_days)
    return Capacity(
        own,
        Emergency(report.emergency),
        counted,
        colours(report.casualties),
        report.offload_minutes,
        report.report_time.ToDatetime(UTC),
    )


def colours(counts: region_pb2.ColourCounts) -> dict[Tag, int]:
    """Return people by class."""
    return {
        Tag.RED: counts.red,
        Tag.YELLOW: counts.yellow,
        Tag.GREEN: counts.green,
        Tag.BLACK: counts.black,
    }


def all_hospitals(tx: Transaction) -> Sequence[tuple[Document, Any]]:
    """Return every hospital, a bounded number, in order of id."""
    found = tx.documents(Kind.HOSPITAL, Wanted(), 0, HOSPITALS_MAX, by_id=True)
    return [(each, region_pb2.Hospital.FromString(each.body)) for each in found]
