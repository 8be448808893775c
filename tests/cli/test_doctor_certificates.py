"""The doctor on certificates: before they end, and after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.authority import Authority
from cli.doctor_certificates import ends, of_certificates
from cli.local import credentials
from cli.local.folder import Folder

NOW = datetime(2026, 5, 12, 14, 28, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = Folder.at(tmp_path / "data")
    folder.make()
    credentials.ensure(folder, NOW)
    authority = Authority(folder.keys / "tls")
    authority.ensure(NOW)
    authority.issue("fleet", ["localhost"], NOW)
    return folder.keys


def test_all_is_well_long_before(keys: Path) -> None:
    found = of_certificates(keys, NOW)

    assert found.ok
    assert found.found.startswith(f"{len(dict(ends(keys)))}, the first to end on 20")
    assert len(dict(ends(keys))) >= 4  # the authority's, the service's, two of CAP


def test_it_speaks_up_a_month_before_and_says_which(keys: Path) -> None:
    first, end = min(ends(keys), key=lambda one: one[1])

    assert of_certificates(keys, end - timedelta(days=31)).ok
    soon = of_certificates(keys, end - timedelta(days=29))
    assert not soon.ok
    assert f"{first} ends on {end:%Y-%m-%d}" in soon.found
    late = of_certificates(keys, end)
    assert not late.ok
    assert f"{first} has ended" in late.found
    assert "tianfu keys certificate" in late.fix


def test_a_folder_without_any_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "seed.nk").write_text("SUANOTACERTIFICATE")

    assert of_certificates(tmp_path).ok
    assert of_certificates(tmp_path / "not-there").ok
