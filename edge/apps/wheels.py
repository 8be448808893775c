"""Install a wheel into an environment of its own, with no index and no network.

An environment is there when its marker is: it is written last. What a power cut left half done is
made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from edge.apps.model import Wheel
from edge.durable_file import sync_folder

INSTALL_S: Final = 600.0
"""Of one step: a Pi with a slow card takes minutes."""

OUTPUT_SHOWN: Final = 400
MARKER: Final = "installed"
METADATA_BYTES_MAX: Final = 64 << 10
_DIST_INFO: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)\.dist-info/WHEEL"
)
_TAG: Final = re.compile(r"^Tag: ([A-Za-z0-9_.]+)-([A-Za-z0-9_.]+)-([A-Za-z0-9_.]+)$", re.MULTILINE)

WHEEL_DAMAGED: Final = "WHEEL_DAMAGED"
WHEEL_MISMATCH: Final = "WHEEL_MISMATCH"
WHEEL_UNINSTALLABLE: Final = "WHEEL_UNINSTALLABLE"


class NotInstalled(Exception):
    """A wheel that can't be installed; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


def python(environment: Path) -> Path:
    """Return an environment's interpreter."""
    return environment / "bin" / "python"


def is_installed(environment: Path) -> bool:
    """Say whether an environment was finished."""
    return (environment / MARKER).is_file()


async def install(wheel: Wheel, file: Path, environment: Path) -> None:
    """Make the environment, with the wheel in it; raise NotInstalled."""
    name = await asyncio.to_thread(file_name, wheel, file)
    # pip goes by the file's name, and the name here is its sum.
    named = environment / name
    await asyncio.to_thread(_begin, environment, named, file)
    own_pip = find_spec("pip") is not None
    venv = [sys.executable, "-I", "-m", "venv", *(["--without-pip"] if own_pip else [])]
    await run([*venv, str(environment)])
    target = str(python(environment))
    pip = [sys.executable, "-I", "-m", "pip", "--python", target] if own_pip else []
    pip = pip or [target, "-I", "-m", "pip"]
    options = ["--no-index", "--no-cache-dir", "--no-compile", "--disable-pip-version-check"]
    await run([*pip, "install", "--quiet", *options, str(named)])
    named.unlink()
    (environment / MARKER).touch()
    sync_folder(environment)


def _begin(environment: Path, named: Path, file: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    environment.mkdir(parents=True)
    named.symlink_to(file)


def file_name(wheel: Wheel, file: Path) -> str:
    """Return what a wheel's file is to be called; raise NotInstalled when it is another package."""
    try:
        with zipfile.ZipFile(file) as archive:
            found = [m for n in archive.namelist() if (m := _DIST_INFO.fullmatch(n))]
            if len(found) != 1:
                raise NotInstalled(WHEEL_DAMAGED, f"{len(found)} dist-info folders; a wheel has 1")
            entry = archive.getinfo(found[0].group())
            if entry.file_size > METADATA_BYTES_MAX:
                raise NotInstalled(WHEEL_DAMAGED, f"{entry.filename} has {entry.file_size} bytes")
            tags = _TAG.findall(archive.read(entry).decode("utf-8", "replace"))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise NotInstalled(WHEEL_DAMAGED, "the file is no wheel") from error
    name, version = found[0]["name"], found[0]["version"]
    if not tags:
        raise NotInstalled(WHEEL_DAMAGED, "its WHEEL file states no tag")
    if _normal(name) != _normal(wheel.package) or version != wheel.version.replace("-", "_"):
        text = f"it is {name} {version}, not {wheel.package} {wheel.version}"
        raise NotInstalled(WHEEL_MISMATCH, text)
    parts = [".".join(dict.fromkeys(tag[n] for tag in tags)) for n in range(3)]
    return f"{name}-{version}-{'-'.join(parts)}.whl"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


async def run(command: list[str]) -> str:
    """Run one step of an installation; return what it said; raise NotInstalled."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(INSTALL_S):
            output, _ = await process.communicate()
    except TimeoutError as error:
        raise NotInstalled(WHEEL_UNINSTALLABLE, f"not done within {INSTALL_S:.0f} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        said = output.decode("utf-8", "replace").strip()[-OUTPUT_SHOWN:]
        raise NotInstalled(WHEEL_UNINSTALLABLE, said or f"status {process.returncode}")
    return output.decode("utf-8", "replace")
