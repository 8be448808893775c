"""Write cli/local/load_profiles.csv: a week of three published load profiles.

BDEW standard load profiles of 2025 (https://www.bdew.de), as demandlib (MIT) has them. Run after a
change of the week or of the kinds; tests/cli/test_load_profiles.py compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pandas as pd
from demandlib import bdew

PATH: Final = Path(__file__).parents[1] / "cli" / "local" / "load_profiles.csv"
# A week in winter from a Monday on, without a public holiday.
MONDAY: Final = "2026-01-12"
STEPS: Final = 7 * 96
HEADER: Final = """\
# A week of BDEW standard load profiles of 2025, from Monday 00:00 in steps of 15 minutes.
# Households (h25), commerce (g25), farms (l25); mean kW in the step for a customer of 1 GWh a year.
# Source: BDEW Bundesverband der Energie- und Wasserwirtschaft, by way of demandlib 0.2.2
# (Copyright oemof developer group, MIT licence). Written by tools/load_profiles.py.
"""


def text() -> str:
    """Return what the file should hold."""
    times = pd.date_range(MONDAY, periods=STEPS, freq="15min")
    columns = {"h25": bdew.H25(times), "g25": bdew.G25(times), "l25": bdew.L25(times)}
    lines = [",".join(columns)]
    lines += [
        ",".join(f"{value:.3f}" for value in row)
        for row in zip(*(column.to_numpy() for column in columns.values()), strict=True)
    ]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(text())
    else:
        PATH.write_text(text(), encoding="utf-8")
