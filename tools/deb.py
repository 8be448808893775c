"""Build the Debian package of the edge agent: ``python tools/deb.py [--out DIR]``.

The package has the agent's wheel and those of everything it needs, so that a device installs it
without a network or a compiler: ``postinst`` makes an environment of them in /opt/tianfu-edge.
``--wheels DIR`` takes the wheels from there instead of asking the package index for this machine's.
``--machine aarch64`` builds for a 64-bit Raspberry Pi on any machine.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ROOT / "packaging" / "deb"
UNIT: Final = ROOT / "packaging" / "systemd" / "tianfu-edge.service"
EXTRAS: Final = "edge,can,gpio,mqtt,update"
"""Those whose libraries are small; OPC UA's is LGPL and brings cryptography's peers: by pipx."""

ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
PYTHON: Final = "3.11"
"""Of Debian 12 and of Raspberry Pi OS on it; wheels are built for one minor version."""

PURE_SOURCES: Final = ("nkeys",)
"""Pure Python that is published as source alone: its wheel is built here, for any machine."""

GLIBC_MINORS: Final = (36, 34, 31, 28, 26, 24, 17)


def version() -> str:
    """Return the version that pyproject.toml names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def own_wheel(folder: Path) -> None:
    """Build our wheel into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def dependencies(folder: Path, machine: str) -> None:
    """Fetch the wheels of what the agent needs, in the versions and by the hashes of the lock."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
        pinned.write((ROOT / "requirements.lock").read_text(encoding="utf-8"))
        pinned.flush()
        (wheel,) = folder.glob("tianfu-*.whl")
        tags = [f"manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
        platforms = [*tags, f"manylinux2014_{machine}", f"linux_{machine}"]
        constraint = _versions(Path(pinned.name))
        make = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        make += ["--wheel-dir", str(folder), "--constraint", constraint, *PURE_SOURCES]
        subprocess.run(make, check=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
        command += ["--python-version", PYTHON, "--implementation", "cp", "--dest", str(folder)]
        command += [word for platform in platforms for word in ("--platform", platform)]
        command += ["--find-links", str(folder), "--constraint", constraint, f"{wheel}[{EXTRAS}]"]
        subprocess.run(command, check=True)


def _versions(lock: Path) -> str:
    """Write the lock's versions alone, since pip wants hashes for all or for none; return where."""
    lines = [
        line.rstrip("\\ \n") for line in lock.read_text(encoding="utf-8").splitlines(keepends=True)
    ]
    pins = [line for line in lines if "==" in line and not line.startswith(" ")]
    lock.write_text("\n".join(pins) + "\n", encoding="utf-8")
    return str(lock)


def tree(root: Path, wheels: Path, machine: str) -> None:
    """Lay out what the package installs, and its control files."""
    shelf = root / "usr/share/tianfu-edge/wheels"
    shelf.mkdir(parents=True)
    for wheel in sorted(wheels.glob("*.whl")):
        shutil.copy(wheel, shelf)
    _put(UNIT, root / "lib/systemd/system/tianfu-edge.service")
    _put(SOURCES / "edge.toml", root / "usr/share/doc/tianfu-edge/examples/edge.toml")
    _put(ROOT / "LICENSE", root / "usr/share/doc/tianfu-edge/copyright")
    (root / "etc/tianfu").mkdir(parents=True)
    control = (SOURCES / "control").read_text(encoding="utf-8")
    size_kb = sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) // 1024
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(
        control.format(
            version=version(), architecture=ARCHITECTURES[machine], size=size_kb, python=PYTHON
        ),
        encoding="utf-8",
    )
    for script in ("postinst", "prerm", "postrm"):
        _put(SOURCES / script, root / "DEBIAN" / script, mode=0o755)


def _put(source: Path, to: Path, *, mode: int = 0o644) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    to.chmod(mode)


def build(out: Path, machine: str, wheels: Path | None) -> Path:
    """Build the package; return its path."""
    with tempfile.TemporaryDirectory(prefix="tianfu-deb-") as folder:
        root, shelf = Path(folder) / "root", Path(folder) / "wheels"
        root.mkdir(mode=0o755)
        shelf.mkdir()
        own_wheel(shelf)
        if wheels is None:
            dependencies(shelf, machine)
        else:
            for wheel in wheels.glob("*.whl"):
                shutil.copy(wheel, shelf)
        tree(root, shelf, machine)
        for directory in (root, *(path for path in root.rglob("*") if path.is_dir())):
            directory.chmod(0o755)  # whatever the umask of whoever builds it
        out.mkdir(parents=True, exist_ok=True)
        package = out / f"tianfu-edge_{version()}_{ARCHITECTURES[machine]}.deb"
        command = ["dpkg-deb", "--root-owner-group", "--build", str(root), str(package)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return package


def main() -> None:
    """Build and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--machine", choices=sorted(ARCHITECTURES), default="x86_64")
    parser.add_argument("--wheels", type=Path, help="a folder with the wheels of dependencies")
    given = parser.parse_args()
    print(build(given.out, given.machine, given.wheels))


if __name__ == "__main__":
    main()
