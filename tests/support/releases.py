"""Wheels of two releases, and an interpreter whose new processes run whichever is current.

Both are built as a release is, unpacked beside each other, and found by a link. A process looks
where the link points when it begins, once: what it imports later is of the same release. What the
wheels depend on is that of this environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
KINDS: Final = "operators/files/kinds"
BUILD_S: Final = 120.0
"""A wheel takes two seconds here."""


@dataclass(frozen=True)
class Releases:
    """An environment below a folder, with releases by name."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "environment" / "bin" / "python"

    def add(self, name: str, commit: str | None) -> Path:
        """Build and unpack the wheel of a commit, or of this tree; return where it lies."""
        source = ROOT if commit is None else self._source(commit)
        out = self.folder / "wheels" / name
        command = [_program("uv"), "build", "--wheel", "--offline", "--no-build-isolation"]
        command += ["--python", sys.executable, "--out-dir", str(out), str(source)]
        _run(command)
        target = self.folder / name
        with zipfile.ZipFile(next(out.glob("*.whl"))) as opened:
            opened.extractall(target)  # noqa: S202 - built by us, just now
        if not (target / KINDS).exists():
            # Wheels of before had them from a checkout alone, where this looks for them.
            shutil.copytree(source / "charts", target / "charts")
        return target

    def make(self) -> None:
        """Make the environment; ``become`` says what it runs."""
        home = self.folder / "environment"
        venv.create(home, with_pip=False, symlinks=True)
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(home)}))
        # A line that begins with import is run when an interpreter starts.
        (packages / "release.pth").write_text(
            f"import os, sys; sys.path.append(os.path.realpath({str(self._link)!r}))\n"
            f"{sysconfig.get_path('purelib')}\n",
            encoding="utf-8",
        )
        for each in Path(sys.executable).parent.iterdir():
            link = self.python.with_name(each.name)
            if not link.exists():
                link.symlink_to(each)

    def become(self, name: str) -> None:
        """Have processes that start from now on run a release."""
        new = self._link.with_suffix(".new")
        new.symlink_to(self.folder / name)
        new.replace(self._link)

    def runs(self, module: str) -> Path:
        """Return the file from which a process that starts now has a module."""
        program = f"import importlib; print(importlib.import_module({module!r}).__file__)"
        return Path(_run([str(self.python), "-P", "-c", program]).strip())

    @property
    def _link(self) -> Path:
        return self.folder / "current"

    def _source(self, commit: str) -> Path:
        source = self.folder / "sources" / commit
        source.mkdir(parents=True)
        archive = source.with_suffix(".tar")
        _run(["git", "-C", str(ROOT), "archive", "--output", str(archive), commit])
        with tarfile.open(archive) as opened:
            opened.extractall(source, filter="data")
        archive.unlink()
        return source


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _run(command: list[str]) -> str:
    # Nothing of ours in the search for modules: it would hide which release is found.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command, env=kept, capture_output=True, text=True, timeout=BUILD_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return done.stdout
