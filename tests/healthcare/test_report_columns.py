"""Reports of before they were looked up by columns get the columns that new ones have."""

from __future__ import annotations

import importlib

from services.healthcare.usecases import reporting
from tianfu.healthcare.v1 import clinical_pb2, exchange_pb2

MIGRATION = "services.healthcare.migrations.versions.0007_report_columns"


def test_an_old_report_is_looked_up_as_a_new_one_is() -> None:
    report = exchange_pb2.Report(
        order="P1",
        code=clinical_pb2.Code(code="24323-8"),
        status=clinical_pb2.RESULT_STATUS_CORRECTED,
    )
    migration = importlib.import_module(MIGRATION)
    filled = migration._columns("r1", report.SerializeToString())
    new = reporting.looked_up(report)
    assert (filled["status"], filled["order"], filled["code"]) == (
        new["label"], new["cause"], new["place"],
    )  # fmt: skip
    assert new == {"label": "CORRECTED", "cause": "P1", "place": "24323-8"}
    assert migration._columns("r2", b"4") == {}
