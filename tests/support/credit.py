"""What tests of credit supervision share: the service's own rules, and a result to recognise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any

from services.credit_supervision.model.recognition import Result, Scope
from services.plumbing.rules import RuleBook
from tests.support.credit_process import entity_code

BOOK = RuleBook.read(resources.files("services.credit_supervision") / "rules")
NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)


def result(**fields: Any) -> Result:
    values: dict[str, Any] = {
        "code": entity_code(1),
        "matter": "discharge",
        "department": "ecology",
        "place": "510402",
        "scope": Scope.PROVINCE,
        "region": "",
        "form_sha256": "a" * 64,
        "is_final": True,
        "found": NOW - timedelta(days=10),
    }
    return Result(**(values | fields))
