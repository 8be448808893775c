"""What the Containerfile runs: packages of one image from requirements.lock, and our own code.

``tools`` installs what builds, ``packages IMAGE`` what the image needs for the processor
``TARGETARCH``, ``wheel`` builds ours, ``own IMAGE`` lays out its part. Each package is one that
requirements.lock pins, checked against its hash; what comes out is the same for the same lock and
source. It needs Python 3.11 with pip and nothing else, since a builder has nothing else.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

LOCK: Final = Path("requirements.lock")
TOOLS: Final = Path("/opt/build")
OUT: Final = Path("/opt/tianfu")
OWN: Final = Path("/opt/own")
WHEELS: Final = Path("/opt/wheels-own")
PIP_SETTINGS: Final = Path("/run/secrets/pip.conf")
AUTHORITIES: Final = Path("/run/secrets/ca.crt")
PYTHON: Final = "3.11"
INTERPRETER: Final = "/usr/bin/python3.11"
"""Where Debian has it, in the builder and in the images."""

MACHINES: Final = {"amd64": "x86_64-manylinux_2_36", "arm64": "aarch64-manylinux_2_36"}
"""glibc 2.36: Debian 12."""

EXTRAS: Final = {
    "services": ("services",),
    "operators": ("operators",),
    # OPC UA's library is LGPL, river's large: who needs them derives an image.
    "edge": ("edge", "can", "gpio", "mqtt", "rules", "waveform"),
    "cli": ("cli",),
}
CONTRACT: Final = ("tianfu", "buf")
SCRIPTS: Final = {"edge": ("tianfu-edge",), "cli": ("tianfu",)}
BUILDING: Final = (
    "hatchling",
    "packaging",
    "pathspec",
    "pluggy",
    "setuptools",
    "trove-classifiers",
    "uv",
)
"""What builds our wheel, and the one package that is published as source alone (nkeys)."""


def blocks(lock: str) -> dict[str, list[str]]:
    r"""Return the lock's entries by the name of their package; of one there may be several.

    An entry is a line ``NAME==VERSION ; MARKER \\`` and the lines of its hashes.
    """
    found: dict[str, list[str]] = {}
    for block in re.split(r"(?m)^(?=\S)", lock):
        name, pinned, _ = block.partition("==")
        if pinned:
            found.setdefault(name.strip(), []).append(block)
    return found


def chosen(lock: str, names: list[str]) -> str:
    """Return the entries of those packages, in the lock's order; raise KeyError for another one."""
    entries = blocks(lock)
    missing = sorted(set(names) - entries.keys())
    if missing:
        raise KeyError(f"requirements.lock does not pin {', '.join(missing)}: make lock")
    return "".join(text for name in entries if name in names for text in entries[name])


def environment() -> dict[str, str]:
    """Return the environment of pip and uv: where packages come from, and whom to believe."""
    out = {**os.environ, "PYTHONPATH": str(TOOLS), "UV_HTTP_TIMEOUT": "120", "HOME": "/tmp"}  # noqa: S108 - of a builder that is thrown away
    if AUTHORITIES.exists():
        out |= {"SSL_CERT_FILE": str(AUTHORITIES), "PIP_CERT": str(AUTHORITIES)}
    if PIP_SETTINGS.exists():
        out["PIP_CONFIG_FILE"] = str(PIP_SETTINGS)
        settings = configparser.ConfigParser(interpolation=None)
        settings.read(PIP_SETTINGS, encoding="utf-8")
        for key, variable in (
            ("index-url", "UV_DEFAULT_INDEX"),
            ("extra-index-url", "UV_INDEX"),
        ):
            if settings.has_option("global", key):
                out[variable] = settings.get("global", key)
    return out


def run(*command: str | Path) -> str:
    """Run a command and return what it wrote; what it says of an error goes to the build's log."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def uv(*arguments: str | Path) -> str:
    """Run uv for this interpreter."""
    return run(TOOLS / "bin" / "uv", "--no-cache", *arguments)


def compiled(folder: Path) -> None:
    """Compile a folder so that neither times nor places are in what comes out."""
    run(
        INTERPRETER,
        *("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), "-p", "/opt/tianfu/" + folder.name, str(folder)),
    )


def install_tools() -> None:
    """Install what builds."""
    wanted = Path("tools.lock")
    wanted.write_text(chosen(LOCK.read_text(encoding="utf-8"), list(BUILDING)), encoding="utf-8")
    run(
        *(INTERPRETER, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--require-hashes"),
        *("--target", TOOLS, "-r", wanted),
    )


def install_packages(image: str) -> None:
    """Install the packages of an image for its processor into ``/opt/tianfu/site``."""
    machine = MACHINES[os.environ["TARGETARCH"]]
    resolved = uv(
        *("pip", "compile", "pyproject.toml", "--constraint", LOCK, "--quiet"),
        *(f"--extra={extra}" for extra in EXTRAS[image]),
        *("--python-version", PYTHON, "--python-platform", machine),
        *("--no-header", "--no-annotate"),
    )
    names = re.findall(r"(?m)^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", resolved)
    OUT.mkdir(parents=True)
    subset = OUT / "requirements.lock"
    subset.write_text(chosen(LOCK.read_text(encoding="utf-8"), names), encoding="utf-8")
    uv(
        *("pip", "install", "--quiet", "--require-hashes", "--no-deps", "--no-build-isolation"),
        *("--python", INTERPRETER, "--python-version", PYTHON, "--python-platform", machine),
        *("--target", OUT / "site", "-r", subset),
    )
    shutil.rmtree(OUT / "site" / "bin", ignore_errors=True)
    compiled(OUT / "site")


def build_wheel() -> None:
    """Build the wheel of this source."""
    run(INTERPRETER, "-m", "hatchling", "build", "-t", "wheel", "-d", WHEELS)


def lay_out(image: str) -> None:
    """Lay out an image's part of our code: ``own``, ``bin/python`` and its programs."""
    (wheel,) = WHEELS.glob("tianfu-*.whl")
    whole = OWN / "whole"
    shutil.unpack_archive(wheel, whole, "zip")
    own = OWN / "own"
    own.mkdir()
    for name in (*CONTRACT, image):
        shutil.move(whole / name, own / name)
    for described in whole.glob("*.dist-info"):
        shutil.move(described, own / described.name)
    shutil.rmtree(whole)
    compiled(own)
    binaries = OWN / "bin"
    binaries.mkdir()
    (binaries / "python").symlink_to(INTERPRETER)
    for script in SCRIPTS.get(image, ()):
        module = {"tianfu": "cli.main", "tianfu-edge": "edge.main"}[script]
        path = binaries / script
        path.write_text(
            f"#!{INTERPRETER}\nimport sys\n\nfrom {module} import main\n\nsys.exit(main())\n",
            encoding="utf-8",
        )
        path.chmod(0o755)


def main(arguments: list[str]) -> int:
    """Run one step."""
    match arguments:
        case ["tools"]:
            install_tools()
        case ["packages", image] if image in EXTRAS:
            install_packages(image)
        case ["wheel"]:
            build_wheel()
        case ["own", image] if image in EXTRAS:
            lay_out(image)
        case _:
            print(f"error: {' '.join(arguments)!r} is no step: {__doc__}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
