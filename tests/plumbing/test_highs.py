"""A solver in a service says nothing on the service's standard output."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

PROGRAM: Final = """
import highspy, sys
from services.plumbing.highs import QuietHighs
solver = {"quiet": QuietHighs, "plain": highspy.Highs}[sys.argv[1]]()
x = solver.addVariable(lb=1, obj=1)
solver.run()
assert solver.getSolution().col_value == [1.0]
"""


def said(kind: str) -> str:
    command = [sys.executable, "-c", PROGRAM, kind]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_quiet_solver_solves_and_prints_nothing() -> None:
    assert "HiGHS" in said("plain")
    assert said("quiet") == ""
