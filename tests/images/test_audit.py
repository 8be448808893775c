"""The gate over known vulnerabilities: what passes, and that silence is no pass."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import pytest

from tools.audit import objections

TODAY: Final = date(2026, 12, 1)
CLEAN: Final[dict[str, Any]] = {"name": "jinja2", "version": "3.1.2", "vulns": []}
HOLED: Final[dict[str, Any]] = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-2024-22195"], "fix_versions": ["3.1.3"]}],
}
UNKNOWN: Final = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI"}
ACCEPTED: Final = {
    "id": "CVE-2024-22195",
    "package": "jinja2",
    "reason": "xmlattr is not used",
    "until": date(2026, 12, 31),
}


@pytest.mark.parametrize(
    ("packages", "accepted", "codes"),
    [
        pytest.param([CLEAN], [], [], id="nothing-known"),
        pytest.param([HOLED], [], ["VULNERABLE"], id="known"),
        pytest.param([HOLED], [ACCEPTED], [], id="accepted-by-its-other-name"),
        pytest.param(
            [HOLED],
            [{**ACCEPTED, "until": date(2026, 11, 30)}],
            ["ACCEPTANCE_LAPSED"],
            id="accepted-no-longer",
        ),
        pytest.param(
            [HOLED],
            [{**ACCEPTED, "package": "other"}],
            ["VULNERABLE", "ACCEPTANCE_UNUSED"],
            id="accepted-of-another",
        ),
        pytest.param([CLEAN], [ACCEPTED], ["ACCEPTANCE_UNUSED"], id="accepted-for-nothing"),
        pytest.param([CLEAN, UNKNOWN], [], ["NOT_AUDITED"], id="not-looked-up"),
        pytest.param([], [], ["NOT_AUDITED"], id="nothing-asked"),
    ],
)
def test_what_stands_against_a_pass(
    packages: list[dict[str, Any]], accepted: list[dict[str, Any]], codes: list[str]
) -> None:
    found = list(objections({"dependencies": packages}, accepted, today=TODAY))
    assert [line.rpartition("[")[2].rstrip("]") for line in found] == codes
