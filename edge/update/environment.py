"""One environment a release, beside those of others: the package's packages, and its own over them.

It is there when its marker is, which is written last.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.apps import wheels
from edge.apps.wheels import MARKER, NotInstalled
from edge.durable_file import sync_folder

FOLDER: Final = "releases"
WHEELS: Final = "wheels"
UNUSABLE: Final = "UPDATE_UNUSABLE"
PTH: Final = "tianfu-package.pth"
"""Names the package's own packages: found after those of the release."""

SITE: Final = "import sysconfig; print(sysconfig.get_path('purelib'))"


def place(folder: Path, version: str) -> Path:
    """Return where a release's environment is."""
    return folder / FOLDER / version


def python(folder: Path, version: str) -> Path:
    """Return a release's interpreter."""
    return wheels.python(place(folder, version))


def is_installed(folder: Path, version: str) -> bool:
    """Say whether a release's environment was finished."""
    return wheels.is_installed(place(folder, version))


def keep(folder: Path, versions: frozenset[str]) -> None:
    """Delete the environments of all but these."""
    for path in (folder / FOLDER).glob("*"):
        if path.name not in versions:
            shutil.rmtree(path, ignore_errors=True)


async def install(
    folder: Path, version: str, files: Mapping[str, Path], package_python: str
) -> None:
    """Make a release's environment of wheels, by name; raise NotInstalled."""
    home = place(folder, version)
    await asyncio.to_thread(_begin, home, files)
    own = str(wheels.python(home))
    await wheels.run([package_python, "-I", "-m", "venv", "--without-pip", str(home)])
    of_package, of_release = [
        (await wheels.run([each, "-I", "-c", SITE])).strip() for each in (package_python, own)
    ]
    (Path(of_release) / PTH).write_text(f"{of_package}\n", encoding="utf-8")
    options = ["--no-index", "--no-deps", "--no-cache-dir", "--no-compile", "--ignore-installed"]
    named = [str(home / WHEELS / name) for name in files]
    pip = [package_python, "-I", "-m", "pip", "--python", own, "--disable-pip-version-check"]
    await wheels.run([*pip, "install", "--quiet", *options, *named])
    said = (await wheels.run([own, "-I", "-m", "edge", "--version"])).split()
    if said[-1:] != [version]:
        raise NotInstalled(UNUSABLE, f"it calls itself {' '.join(said)[:64]!r}, not {version}")
    shutil.rmtree(home / WHEELS)
    (home / MARKER).touch()
    sync_folder(home)


def _begin(home: Path, files: Mapping[str, Path]) -> None:
    shutil.rmtree(home, ignore_errors=True)
    (home / WHEELS).mkdir(parents=True)
    for name, file in files.items():
        (home / WHEELS / name).symlink_to(file)
