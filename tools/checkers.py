"""Checkers that are no part of the environment: each in a folder of its own, pinned by hashes.

``python tools/checkers.py NAME [ARGUMENT...]`` runs one, and installs it before where it is not:
``checkov`` (what is unsafe in a rendering), ``cyclonedx-bom`` (a bill of materials),
``pip-audit`` (known vulnerabilities). Their own needs contradict ours or are many, so they are in
``packaging/checkers/NAME.lock`` instead of requirements.lock; ``--lock`` chooses versions anew.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = ROOT / "packaging" / "checkers"
FOLDER: Final = ROOT / ".cache" / "checkers"
PROGRAMS: Final = {"checkov": "checkov", "cyclonedx-bom": "cyclonedx-py", "pip-audit": "pip-audit"}
INSTALL_S: Final = 600.0
"""checkov brings a hundred packages; two minutes on a slow link."""

UV: Final = Path(sys.executable).with_name("uv")


def program(name: str) -> Path:
    """Return the program of a checker, installed as its lock says."""
    lock = LOCKS / f"{name}.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    home = FOLDER / f"{name}-{digest}"
    found = home / "bin" / PROGRAMS[name]
    ready = home / ".ready"
    if not ready.exists():
        make = [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(home)]
        subprocess.run(make, check=True, timeout=INSTALL_S)
        install = [str(UV), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        install += ["--python", str(home / "bin" / "python"), "-r", str(lock)]
        subprocess.run(install, check=True, timeout=INSTALL_S)
        ready.touch()
    return found


def renew() -> None:
    """Choose the checkers' versions anew."""
    for name in PROGRAMS:
        command = [str(UV), "pip", "compile", "-", "--universal", "--generate-hashes", "--upgrade"]
        command += ["--no-header", "--no-annotate", "--quiet", "--python-version", "3.11"]
        command += ["--output-file", str(LOCKS / f"{name}.lock")]
        subprocess.run(command, input=name.encode(), check=True, stdout=subprocess.DEVNULL)


def main(arguments: list[str]) -> int:
    """Run a checker, or choose versions."""
    if arguments == ["--lock"]:
        renew()
        return 0
    if not arguments or arguments[0] not in PROGRAMS:
        print(f"error: name one of {', '.join(PROGRAMS)}, or --lock", file=sys.stderr)
        return 2
    return subprocess.run([program(arguments[0]), *arguments[1:]], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
