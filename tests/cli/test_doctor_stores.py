"""The doctor on schemas of another release and on backups that are too old."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.doctor_stores import SERVICES, compared, newest, of_backups
from cli.finding import Finding

NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)


def test_every_service_with_a_schema_is_known() -> None:
    known = newest(SERVICES)
    assert {"fleet", "energy", "gateway", "disaster_warning"} <= known.keys()
    assert "telemetry" not in known
    assert all(version.isdigit() for version in known.values())


@pytest.mark.parametrize(
    ("found", "ok", "said"),
    [
        pytest.param({"fleet": "0007", "energy": "0002"}, True, "all of this release", id="same"),
        pytest.param({"fleet": "0006", "energy": "0002"}, False, "fleet 0006 of 0007", id="behind"),
        pytest.param({"fleet": "0008", "energy": "0002"}, False, "fleet 0008 past", id="ahead"),
        pytest.param({"fleet": "0007"}, True, "1, all of this release", id="not-run-here"),
    ],
)
def test_schemas_are_compared(found: dict[str, str], *, ok: bool, said: str) -> None:
    finding = compared(found, {"fleet": "0007", "energy": "0002"})
    assert finding.ok is ok
    assert said in finding.found
    assert finding.code == ("" if ok else "SCHEMAS")


@pytest.mark.parametrize(
    ("points", "ok"),
    [
        pytest.param(["2026-05-12T02:17:00+00:00"], True, id="of-the-night"),
        pytest.param(["2026-05-11T11:00:00+00:00", "2026-05-01T00:00:00+00:00"], True, id="late"),
        pytest.param(["2026-05-11T09:00:00+00:00"], False, id="one-was-missed"),
        pytest.param([], False, id="none"),
    ],
)
def test_the_newest_backup_counts(points: list[str], *, ok: bool, tmp_path: Path) -> None:
    for number, point in enumerate(points):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"point": point}))
    (tmp_path / "unfinished").mkdir()
    finding = of_backups(tmp_path, NOW)
    assert finding.ok is ok
    assert finding.fix


@pytest.mark.parametrize(
    ("recipients", "said"), [(["age1x"], ", encrypted"), ([], ", in the clear")]
)
def test_a_backup_in_the_clear_is_called_so(
    recipients: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    described = {"point": "2026-05-12T02:17:00+00:00", "recipients": recipients}
    (tmp_path / "one" / "manifest.json").write_text(json.dumps(described))
    assert of_backups(tmp_path, NOW).found.endswith(said)


def test_codes_are_of_what_is_not_well() -> None:
    assert Finding("node clocks", ok=False, found="").code == "NODE_CLOCKS"
    assert Finding("nats-server", ok=False, found="").code == "NATS_SERVER"
    assert Finding("disk", ok=True, found="").code == ""
