"""Run every bench, one after the other, and say whether the targets are met.

``python -m bench.run_all``, or with the names of some: ``python -m bench.run_all rpc ingest``.
Each is a process of its own whose last line is a JSON list of figures. Status 1 if a target is
missed or a bench fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
LONGEST_S: Final = 1_800
"""Longest a bench may take: the ingest of 60 million readings on a slow disk takes minutes."""


def names() -> list[str]:
    """Return the benches: the modules here that say how to run them, this one aside."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        runs = f"python -m bench.{path.stem}"
        if path.stem != Path(__file__).stem and runs in path.read_text(encoding="utf-8"):
            found.append(path.stem)
    return found


def run(name: str) -> list[dict[str, Any]] | None:
    """Run a bench, passing its output on; return its figures, None when it failed."""
    print(f"== bench.{name}", flush=True)
    last = ""
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=FOLDER.parent,
    ) as process:
        limit = threading.Timer(LONGEST_S, process.kill)
        limit.start()
        for line in process.stdout or ():
            if last:
                print(last, flush=True)
            last = line.rstrip("\n")
        status = process.wait()
        limit.cancel()
    figures = parse(last)
    if figures is None:
        print(last)
        print(f"bench.{name} ended with status {status}")
    return figures


def parse(line: str) -> list[dict[str, Any]] | None:
    """Return the figures in a bench's last line, None when it holds none."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, list):
        return None
    rows = [one for one in found if isinstance(one, dict) and "name" in one]
    return rows if len(rows) == len(found) else None


def table(figures: list[dict[str, Any]]) -> str:
    """Return the figures as a table."""
    head = f"{'':3}{'figure':34}{'value':>14} {'unit':12}{'baseline':>14}{'ratio':>9}{'target':>10}"
    lines = [head]
    for one in figures:
        mark = {True: "ok", False: "NO", None: ""}[one.get("met")]
        lines.append(
            f"{mark:3}{one['name']:34.34}{_number(one.get('value')):>14} "
            f"{one.get('unit') or '':12.12}{_number(one.get('baseline')):>14}"
            f"{_number(one.get('ratio')):>9}{_number(one.get('target')):>10}"
        )
    return "\n".join(lines)


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"


def main() -> int:
    """Run the benches; return the exit status."""
    figures: list[dict[str, Any]] = []
    failed = []
    for name in sys.argv[1:] or names():
        found = run(name)
        if found is None:
            failed.append(name)
        figures += found or []
    print(table(figures))
    missed = [one["name"] for one in figures if one.get("met") is False]
    for name in failed:
        print(f"FAILED  bench.{name} gave no figures")
    for name in missed:
        print(f"MISSED  {name}")
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
