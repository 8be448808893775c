"""The annual report of a unit (能源利用状况报告) as a workbook; its totals are the API's own."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from services.energy.model.standard_coal import Basis
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, keeping
from services.plumbing.rules import CHINA_STANDARD_TIME
from tianfu.energy.v1 import unit_pb2 as pb

MONTHS: Final = 12
BASES: Final = {Basis.EQUIVALENT: "当量值 equivalent", Basis.SUPPLY_COAL: "等价值 supply coal"}


@dataclass(frozen=True)
class Report:
    """What a report says: the year on both bases, its months, its audit."""

    unit: pb.Unit
    year: int
    bases: dict[Basis, pb.Consumption]
    months: list[pb.Consumption]
    audit: pb.MeteringAudit
    made: datetime


def gather(tx: Transaction, desk: Desk, unit_id: str, year: int, *, now: datetime) -> Report:
    """Return a unit's report, all of it as of one moment of the database."""
    unit = keeping.parsed(pb.Unit, keeping.body(tx, "unit", f"units/{unit_id}"))
    begin, end = consumption.year_span(year)
    bases = {
        basis: consumption.of_span(tx, desk, unit_id, begin, end, basis, now=now) for basis in Basis
    }
    bounds = [
        datetime(year + month // MONTHS, month % MONTHS + 1, 1, tzinfo=CHINA_STANDARD_TIME)
        for month in range(MONTHS + 1)
    ]
    months = [
        consumption.of_span(tx, desk, unit_id, low, high, Basis.EQUIVALENT, now=now)
        for low, high in itertools.pairwise(bounds)
    ]
    audit = consumption.audit(tx, desk, unit_id, begin, end, now=now)
    return Report(unit, year, bases, months, audit, now)


def workbook(report: Report) -> bytes:
    """Return the report as an XLSX workbook of four sheets."""
    book = Workbook()
    _summary(book.active, report)
    _energies(book.create_sheet("能源消费 Energy"), report)
    _months(book.create_sheet("分月 Months"), report)
    _audit(book.create_sheet("计量 Metering"), report)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _row(sheet: Any, *values: Any) -> None:
    """Add a row; a text is a text, whatever it begins with, and has no control characters."""
    sheet.append([ILLEGAL_CHARACTERS_RE.sub("", v) if isinstance(v, str) else v for v in values])
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"


def _head(sheet: Any, *titles: str) -> None:
    _row(sheet, *titles)
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)


def _summary(sheet: Any, report: Report) -> None:
    sheet.title = "概况 Summary"
    _head(sheet, "项目 item", "值 value")
    _row(sheet, "单位 unit", report.unit.display_name)
    _row(sheet, "统一社会信用代码 credit code", report.unit.credit_code)
    _row(sheet, "行政区划 place", report.unit.place_code)
    _row(sheet, "年度 year", report.year)
    for basis, used in report.bases.items():
        _row(sheet, f"综合能耗 tce ({BASES[basis]})", used.tce)
    used = report.bases[Basis.EQUIVALENT]
    _row(sheet, "未知时段 unknown intervals", used.unknown_intervals)
    _row(sheet, "估算时段 estimated intervals", used.estimated_intervals)
    unconverted = ", ".join(used.unconverted_energies)
    _row(sheet, "未折算能源 energies without a coefficient", unconverted)
    _row(sheet, "规则版本 rule versions", ", ".join(used.rule_versions))
    _row(sheet, "编制时间 made", report.made.isoformat())
    sheet.column_dimensions["A"].width = 40
    sheet.column_dimensions["B"].width = 40


def _energies(sheet: Any, report: Report) -> None:
    _head(sheet, "能源 energy", "数量 amount", "单位 unit", "tce", "基准 basis")
    for basis, used in report.bases.items():
        for each in used.energies:
            _row(sheet, each.energy, each.amount, each.unit, each.tce, BASES[basis])
        _row(sheet, "合计 total", None, None, used.tce, BASES[basis])


def _months(sheet: Any, report: Report) -> None:
    _head(sheet, "月 month", "tce", "未知 unknown", "估算 estimated")
    for number, used in enumerate(report.months, 1):
        month = f"{report.year}-{number:02d}"
        _row(sheet, month, used.tce, used.unknown_intervals, used.estimated_intervals)
    _row(sheet, "合计 total", report.bases[Basis.EQUIVALENT].tce, None, None)


def _audit(sheet: Any, report: Report) -> None:
    _head(sheet, "能源 energy", "级别 level", "应配 needed", "实配 fitted", "要求 %", "缺 missing")
    for rate in report.audit.rates:
        _row(
            sheet,
            rate.energy,
            pb.MeteringLevel.Name(rate.level).removeprefix("METERING_LEVEL_"),
            rate.needed,
            rate.fitted,
            rate.required_percent,
            ", ".join(rate.missing_places),
        )
    _row(sheet, "规则 rule", report.audit.rule_version)
