"""The annual report as a workbook: what people wrote is text, and nothing that runs."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from services.energy.model.standard_coal import Basis
from services.energy.rpc.annual_report import Report, workbook
from tests.energy.shipped_rules import NOW
from tianfu.energy.v1 import unit_pb2


def summary(name: str, **used: Any) -> dict[str, Any]:
    """Return the first sheet of a report of a unit of this name, by its items."""
    unit = unit_pb2.Unit(name="units/plant", display_name=name, place_code="510104")
    made = unit_pb2.Consumption(unit=unit.name, tce=1.5, **used)
    report = Report(
        unit, 2026, dict.fromkeys(Basis, made), [made] * 12, unit_pb2.MeteringAudit(), NOW
    )
    book = openpyxl.load_workbook(io.BytesIO(workbook(report)))
    return {row[0].value: row[1] for row in book.worksheets[0].iter_rows(max_col=2)}


@pytest.mark.parametrize(
    "name", ['=HYPERLINK("http://evil.example","x")', "=1+1", "+1", "@SUM(A1)"]
)
def test_a_name_is_no_formula(name: str) -> None:
    cell = summary(name)["单位 unit"]

    assert (cell.value, cell.data_type) == (name, "s")


def test_control_characters_are_left_out() -> None:
    assert summary("锦江\x07水厂\x00")["单位 unit"].value == "锦江水厂"


def test_what_is_not_in_the_total_is_named() -> None:
    found = summary("plant", unconverted_energies=["steam", "waste_heat"])

    assert found["未折算能源 energies without a coefficient"].value == "steam, waste_heat"
