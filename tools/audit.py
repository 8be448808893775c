"""Are vulnerabilities known of what is locked? ``python tools/audit.py [--service osv]``.

Asks, by pip-audit, a vulnerability service about each package of requirements.lock in its
version: PyPI's by default, OSV's by choice. Ends with 0 when each was looked up and nothing is
known but what packaging/accepted-vulnerabilities.toml accepts; with 1 otherwise. A package that
could not be looked up was not audited, and is no pass: behind an index that has packages alone
that is all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tools import checkers  # noqa: E402 - found by the path above

LOCK: Final = ROOT / "requirements.lock"
ACCEPTED: Final = ROOT / "packaging" / "accepted-vulnerabilities.toml"
AUDIT_S: Final = 900.0
"""Some 250 packages, asked about one after the other."""

NAMED: Final = 5
"""So many packages that were not audited are named; the rest are counted."""


def objections(
    report: Mapping[str, Any], accepted: Sequence[Mapping[str, Any]], *, today: date
) -> Iterator[str]:
    """Return what stands against a pass: a line each, with its code at the end.

    ``report`` is pip-audit's JSON, ``accepted`` what may pass: id, package, reason, until.
    """
    packages = report["dependencies"]
    unknown = sorted(one["name"] for one in packages if "skip_reason" in one)
    if unknown or not packages:
        more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
        named = ", ".join(unknown[:NAMED]) or "nothing was asked about"
        yield f"not looked up: {named}{more} [NOT_AUDITED]"
    allowed = {(one["package"], one["id"]): one for one in accepted}
    seen = set()
    for one in packages:
        for hole in one.get("vulns", ()):
            names = {hole["id"], *hole.get("aliases", ())}
            passes = [key for key in allowed if key[0] == one["name"] and key[1] in names]
            seen.update(passes)
            if any(allowed[key]["until"] >= today for key in passes):
                continue
            mended = ", ".join(hole.get("fix_versions", ())) or "no version yet"
            code = "ACCEPTANCE_LAPSED" if passes else "VULNERABLE"
            yield f"{one['name']} {one['version']}: {hole['id']}; mended by {mended} [{code}]"
    if not unknown:
        for package, hole_id in sorted(allowed.keys() - seen):
            yield f"{package}: {hole_id} is accepted, and nothing has it [ACCEPTANCE_UNUSED]"


def ask(service: str) -> dict[str, Any]:
    """Return pip-audit's report; raise RuntimeError with its last line when it made none."""
    command = [str(checkers.program("pip-audit")), "--require-hashes", "--no-deps", "--disable-pip"]
    command += ["--progress-spinner", "off", "--format", "json", "-s", service, "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=AUDIT_S)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RuntimeError(f"no answer of {service}: {last} [SERVICE_UNREACHABLE]") from None
    return found


def main() -> int:
    """Ask, and say what stands against a pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", choices=("pypi", "osv"), default="pypi")
    service = parser.parse_args().service
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    try:
        report = ask(service)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        print("  fix: run it where that service can be reached", file=sys.stderr)
        return 1
    against = list(objections(report, accepted, today=datetime.now(UTC).date()))
    for line in against:
        print(f"error: {line}", file=sys.stderr)
    if not against:
        print(f"{len(report['dependencies'])} packages, nothing known but what is accepted")
    return 1 if against else 0


if __name__ == "__main__":
    sys.exit(main())
