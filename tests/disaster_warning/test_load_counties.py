"""The counties' data as ``tools/load_counties.py`` wrote it.

Its sources are 400 MB, so nobody has to have them: ``python tools/load_counties.py --check``
compares with them where they are installed. What needs no source is held here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "services" / "disaster_warning" / "geography" / "data"


def codes(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line[:6] for line in lines if line[0].isdigit()]


def test_every_county_has_its_settlements() -> None:
    assert codes("settlements.csv") == codes("counties.csv")


@pytest.mark.parametrize("line", (FOLDER / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
def test_nobody_has_changed_it_by_hand(line: str) -> None:
    digest, name = line.split()
    assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
