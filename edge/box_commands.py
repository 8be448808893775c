"""The commands of a technician at the device: ``doctor``, ``link``, ``spool``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from edge import doctor, logs, spool_inspection
from edge.clock import SystemClock
from edge.doctor import Finding, Verdict
from edge.settings import Settings
from edge.spool_file import SpoolRefused

DONE: Final = 0
NOTHING: Final = 1
FOUND: Final = 3


def examine(file: Path, environ: Mapping[str, str], *, is_json: bool) -> int:
    """Run every check; return 3 when one is bad."""
    logs.set_up("critical")  # what is wrong is printed below, once
    return asyncio.run(_shown(doctor.examine(file, environ, SystemClock()), is_json=is_json))


def link(loaded: Settings, *, is_json: bool) -> int:
    """Try each address of the platform; return 3 when one does not answer as it should."""
    logs.set_up("critical")
    return asyncio.run(_shown(doctor.link(loaded, SystemClock()), is_json=is_json))


def spool(loaded: Settings, *, is_json: bool) -> int:
    """Show what the spool holds; return 1 when there is none, 3 when it is damaged."""
    try:
        found = spool_inspection.inspect(loaded, SystemClock())
    except SpoolRefused as error:
        sys.stderr.write(f"tianfu-edge: {error} [{error.reason}]\n")
        return FOUND
    if found is None:
        message = f"no agent ever stored a reading in {loaded.data_dir} [SPOOL_MISSING]"
        sys.stderr.write(f"tianfu-edge: {message}\n")
        return NOTHING
    text = json.dumps(found.record(), indent=1) if is_json else spool_inspection.rendered(found)
    sys.stdout.write(f"{text}\n")
    return FOUND if found.damage else DONE


async def _shown(findings: AsyncIterator[Finding], *, is_json: bool) -> int:
    found = []
    async for finding in findings:
        found.append(finding)
        if not is_json:
            sys.stdout.write(f"{doctor.rendered(finding)}\n")
            sys.stdout.flush()
    if is_json:
        sys.stdout.write(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    return FOUND if any(one.verdict is Verdict.BAD for one in found) else DONE
