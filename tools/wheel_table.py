"""Which wheels a node's machine can install: a table in the tree, renewed by asking with pip.

``python tools/wheel_table.py`` compares the table with the lock; ``--renew`` asks pip for each
package that a node needs, for a 64-bit and a 32-bit Raspberry Pi OS, and writes the table with
today's date. It asks for metadata only, and only for versions that the lock names.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT: Final = Path(__file__).parents[1]
LOCK: Final = ROOT / "requirements.lock"
TABLE: Final = ROOT / "packaging" / "wheels.toml"
PYTHON: Final = "3.11"
"""Of Debian 12, and so of Raspberry Pi OS."""

GLIBC: Final = range(36, 16, -1)
"""manylinux_2_36 (Debian 12) down to 2_17."""

MACHINES: Final = ("aarch64", "armv7l")
EXTRAS: Final = ("edge", "can", "gpio", "mqtt", "opcua", "rules", "update", "waveform")


def locked() -> dict[str, str]:
    """Return the lock's versions by name, where it holds several those for ``PYTHON``."""
    surroundings = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    surroundings |= {"sys_platform": "linux", "platform_system": "Linux"}
    found: dict[str, str] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith((" ", "#")) or "==" not in line:
            continue
        pinned = Requirement(line.rstrip("\\ "))
        if pinned.marker is None or pinned.marker.evaluate(surroundings):
            (version,) = pinned.specifier
            found[canonicalize_name(pinned.name)] = version.version
    return found


def needed(extra: str, machine: str = "aarch64") -> set[str]:
    """Return what ``tianfu[extra]`` brings to a Linux machine, by what is installed here."""
    surroundings = {"platform_machine": machine, "sys_platform": "linux", "extra": ""}
    done: set[tuple[str, str]] = set()
    todo = [("tianfu", extra), ("tianfu", "")]
    while todo:
        name, of_extra = todo.pop()
        if (name, of_extra) in done:
            continue
        done.add((name, of_extra))
        for text in importlib.metadata.requires(name) or ():
            wanted = Requirement(text)
            where = surroundings | {"extra": of_extra}
            if wanted.marker is None or wanted.marker.evaluate(where):
                package = canonicalize_name(wanted.name)
                todo += [(package, one) for one in ("", *wanted.extras)]
    return {name for name, _ in done} - {"tianfu"}


def read() -> dict[str, Any]:
    """Return the table: its date, and each package with its version and what machines have."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def differences() -> list[str]:
    """Return what the table says of other packages or versions than the lock."""
    versions, table = locked(), read()["package"]
    wanted = {name for extra in EXTRAS for name in needed(extra)}
    return [
        *(f"{name}: is not in the table" for name in sorted(wanted - table.keys())),
        *(f"{name}: no node needs it" for name in sorted(table.keys() - wanted)),
        *(
            f"{name}: {one['version']} in the table, {versions.get(name)} in the lock"
            for name, one in sorted(table.items())
            if name in wanted and one["version"] != versions.get(name)
        ),
    ]


def missing(extra: str, machine: str) -> set[str]:
    """Return the packages of an extra that have no wheel for a machine."""
    table = read()["package"]
    return {name for name in needed(extra, machine) if table[name][machine] == "source"}


def ask(name: str, version: str, machine: str) -> str:
    """Return what pip would install: ``pure``, ``wheel``, or ``source`` when there is no wheel."""
    tags = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC]
    platforms = [*tags, f"manylinux2014_{machine}", f"linux_{machine}"]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    command += ["--ignore-installed", "--only-binary=:all:", "--report", "-", "--target", "unused"]
    command += ["--python-version", PYTHON, "--implementation", "cp"]
    command += [word for platform in platforms for word in ("--platform", platform)]
    asked = subprocess.run(
        [*command, f"{name}=={version}"], capture_output=True, text=True, check=False
    )
    if asked.returncode:
        if "No matching distribution" not in asked.stderr:
            raise SystemExit(f"{name}: {asked.stderr.strip()}")
        return "source"
    address = json.loads(asked.stdout)["install"][0]["download_info"]["url"]
    return "pure" if address.endswith("-any.whl") else "wheel"


def renew() -> None:
    """Ask, and write the table anew."""
    versions = locked()
    lines = [
        "# Packages of a node, and their wheels for CPython 3.11 on Raspberry Pi OS of 64 bits",
        "# (aarch64) and of 32 (armv7l). Made by tools/wheel_table.py --renew; a test compares.",
        f"date = {datetime.now(UTC).date()}",
        f'python = "{PYTHON}"',
        "",
        "[package]",
    ]
    for name in sorted({name for extra in EXTRAS for name in needed(extra)}):
        has = {machine: ask(name, versions[name], machine) for machine in MACHINES}
        cells = ", ".join(f'{machine} = "{kind}"' for machine, kind in has.items())
        lines.append(f'{name} = {{ version = "{versions[name]}", {cells} }}')
        print(lines[-1], flush=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Compare, or renew."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--renew", action="store_true", help="ask the package index")
    if parser.parse_args().renew:
        renew()
    found = differences()
    print("\n".join(found) or f"the table of {read()['date']} agrees with the lock")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
