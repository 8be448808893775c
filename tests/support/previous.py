"""The release before this one, as a folder that processes of a test run from.

There is no release yet: a commit of the day before the first one stands in for it. Its code runs in
this environment, which has all that it needed.
"""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PREVIOUS: Final = "66afe8aa7813"
PARTS: Final = ("proto", "services", "edge")


def tree() -> Path:
    """Return the folder of the previous release, taken from the history once."""
    folder = ROOT / ".cache" / "previous" / PREVIOUS
    if not (folder / "edge").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / "tree.tar"
        command = ["git", "archive", "--output", str(archive), PREVIOUS, *PARTS]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(
                f"commit {PREVIOUS}, which stands in for the previous release, can't be had: "
                f"{done.stderr.strip()}; a shallow clone lacks it: git fetch --unshallow"
            )
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        archive.unlink()
    return folder


def environment() -> dict[str, str]:
    """Return what makes a Python process run the previous release's code."""
    folder = tree()
    # Else `python -m` would look into the working directory first, which is this release's.
    return {"PYTHONPATH": f"{folder}:{folder / 'proto'}", "PYTHONSAFEPATH": "1"}


def environment_of_this() -> dict[str, str]:
    """Return what makes a Python process run this release's code."""
    return {"PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}", "PYTHONSAFEPATH": "1"}
