"""Container images of what is deployed: ``python tools/images.py [IMAGE...] [--arch arm64]``.

Without a registry of images: mmdebstrap makes the base of Debian's packages, security updates
included; buildah builds the Containerfile on it. Beside each image in ``--out`` are its bill
of materials (CycloneDX 1.6, made by cyclonedx-bom) and its provenance (SLSA 1.0 in an in-toto
statement, not signed). What is built from a commit twice has one digest: ``--twice`` compares.

It wants root and Debian's buildah and mmdebstrap; tests/images runs what comes out, by podman and
runc. For other builders the Containerfile stands by itself: give it BUILDER and BASE.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from tools import checkers  # noqa: E402 - found by the path above

CONTAINERFILE: Final = ROOT / "Containerfile"
IMAGES: Final = ("services", "operators", "edge", "cli")
ARCHITECTURES: Final = ("amd64", "arm64")
HERE: Final = "amd64" if os.uname().machine == "x86_64" else "arm64"
PREFIX: Final = "localhost/tianfu"
SUITE: Final = "bookworm"
BASE: Final = (
    "base-files",
    "ca-certificates",
    "dash",  # a station's init container is a line of shell
    "libpython3.11-stdlib",
    "libstdc++6",
    "python3.11-minimal",
    "tzdata",
)
BUILDER: Final = (*BASE, "python3-distutils", "python3-pip")
UNPACKED: Final = ("doc", "man", "locale", "info", "lintian")
PROGRAMS: Final = ("buildah", "mmdebstrap")
STEP_S: Final = 1800.0
"""The longest step, services without a cache on two busy cores, took four minutes."""

AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
SETUP: Final = r"""set -eu
cd "$1"
rm -f etc/hostname etc/resolv.conf etc/apt/sources.list
cat usr/share/ca-certificates/mozilla/*.crt > etc/ssl/certs/ca-certificates.crt
nobody=/usr/sbin/nologin
printf 'root:x:0:0:root:/root:%s\n' $nobody > etc/passwd
printf 'tianfu:x:10001:10001::/var/lib/tianfu:%s\n' $nobody >> etc/passwd
printf 'root:x:0:\ntianfu:x:10001:\n' > etc/group
ln -sf /usr/share/zoneinfo/Etc/UTC etc/localtime
mkdir -p tmp var/lib/tianfu
for package in var/cache/apt/archives/*.deb; do
    dpkg-deb -f "$package" Package Version Architecture | paste -s -d ' '
done | sort > usr/share/packages.list
"""


class Unbuildable(Exception):
    """What can't be built here, and what to do."""


def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it wrote; raise Unbuildable with its last lines."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=STEP_S,
    )
    if done.returncode:
        last = "\n  ".join((done.stderr or done.stdout).splitlines()[-15:])
        raise Unbuildable(f"{command[0]} ended with {done.returncode}:\n  {last}")
    return done.stdout


def check_machine() -> None:
    """Raise Unbuildable where a program or root is missing."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise Unbuildable(f"{', '.join(missing)} missing: apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise Unbuildable("a root file system is made as root: sudo make images")


def commit() -> tuple[str, int]:
    """Return the commit and its time, in seconds since 1970: the time of all that is made."""
    told = run("git", "-C", ROOT, "log", "-1", "--format=%H %ct").split()
    return told[0], int(told[1])


def make_base(kind: str, arch: str, *, epoch: int) -> str:
    """Make a root file system of Debian's packages an image; return its name.

    Nothing of it is run, only unpacked, so that one for another processor is made as well. It is
    made again when what is asked for has changed; for newer packages remove the image.
    """
    packages = BASE if kind == "base" else BUILDER
    asked = hashlib.sha256("\n".join((*packages, SETUP, SUITE)).encode()).hexdigest()[:12]
    name = f"{PREFIX}-{kind}:{arch}-{asked}"
    if subprocess.run(["buildah", "inspect", name], capture_output=True, check=False).returncode:
        with tempfile.TemporaryDirectory(prefix="tianfu-image-") as folder:
            archive = Path(folder, "root.tar")
            setup = Path(folder, "setup.sh")
            setup.write_text(SETUP, encoding="utf-8")
            unwanted = [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in UNPACKED]
            run(
                *("mmdebstrap", "--quiet", "--mode=root", "--variant=extract", "--format=tar"),
                *("--skip=check/qemu", f"--architectures={arch}", *unwanted),
                "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                *(f"--include={','.join(packages)}", f'--extract-hook=sh "{setup}" "$1"'),
                *(SUITE, str(archive)),
                environment={"SOURCE_DATE_EPOCH": str(epoch)},
            )
            written = Path(folder, "Containerfile")
            written.write_text("FROM scratch\nADD root.tar /\n", encoding="utf-8")
            run(
                *("buildah", "bud", "--quiet", "--isolation", "chroot", "--arch", arch),
                *("--timestamp", str(epoch), "--tag", name, "--file", written, folder),
            )
    return name


def build(image: str, arch: str, *, revision: str, fresh: bool = False) -> str:
    """Build one image and return its name."""
    base = make_base("base", arch, epoch=0)
    builder = make_base("builder", HERE, epoch=0)
    name = f"{PREFIX}/{image}:{arch}"
    secrets = ["--secret", f"id=ca,src={AUTHORITIES}"] if AUTHORITIES.exists() else []
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        settings.write(pip_settings())
        settings.flush()
        secrets += ["--secret", f"id=pip,src={settings.name}"]
        run(
            *("buildah", "bud", "--isolation", "chroot", "--network", "host", "--pull-never"),
            *("--no-cache",) * fresh,
            # Not the time of the commit: a layer that is taken from before would have another one.
            *("--layers", "--arch", arch, "--timestamp", "0", *secrets),
            *("--build-arg", f"BUILDER={builder}", "--build-arg", f"BASE={base}"),
            *("--build-arg", f"TARGETARCH={arch}", "--build-arg", f"BUILDPLATFORM=linux/{HERE}"),
            *("--target", image),
            *("--label", f"org.opencontainers.image.revision={revision}"),
            *("--tag", name, "--file", CONTAINERFILE, ROOT),
        )
    return name


def pip_settings() -> str:
    """Return pip's configuration of this machine as a file: the index, nothing that is a folder."""
    told = run(sys.executable, "-m", "pip", "config", "list")
    kept: dict[str, str] = {}
    for line in told.splitlines():
        key, _, value = line.partition("=")
        word = key.rpartition(".")[2]
        if word in {"index-url", "extra-index-url", "trusted-host", "timeout"}:
            kept[word] = value.strip("'")
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in kept.items())


def digest(name: str) -> str:
    """Return the digest of an image's configuration: the same for the same content."""
    return "sha256:" + str(
        json.loads(run("buildah", "inspect", "--type", "image", name))["FromImageID"]
    )


def bill(name: str, *, epoch: int) -> dict[str, Any]:
    """Return the bill of materials of an image: Python's packages by the tool, Debian's by dpkg."""
    container = run("buildah", "from", "--pull-never", name).strip()
    try:
        mounted = Path(run("buildah", "mount", container).strip())
        with tempfile.TemporaryDirectory() as folder:
            python = Path(folder, "python")
            paths = f"{mounted}/opt/tianfu/own:{mounted}/opt/tianfu/site"
            python.write_text(f'#!/bin/sh\nPYTHONPATH={paths} exec {sys.executable} -S "$@"\n')
            python.chmod(0o755)
            told = run(
                *(checkers.program("cyclonedx-bom"), "environment", "-S", "--output-reproducible"),
                *("--pyproject", ROOT / "pyproject.toml", "--of", "JSON", python),
                environment={"SOURCE_DATE_EPOCH": str(epoch)},
            )
        found: dict[str, Any] = json.loads(told)
        lines = (mounted / "usr/share/packages.list").read_text(encoding="utf-8").splitlines()
        found["components"] += [debian(line) for line in lines]
        return found
    finally:
        run("buildah", "rm", container)


def debian(line: str) -> dict[str, str]:
    """Return a Debian package, ``Package: NAME Version: VERSION Architecture: ARCH``."""
    words = line.split()
    name, version, arch = words[1], words[3], words[5]
    purl = f"pkg:deb/debian/{name}@{version.replace('+', '%2B')}?arch={arch}&distro={SUITE}"
    return {"bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl}


def provenance(image: str, arch: str, built: str, *, revision: str, epoch: int) -> dict[str, Any]:
    """Return what an image was made of and how: SLSA 1.0's predicate in an in-toto statement."""
    inputs = ("Containerfile", "requirements.lock", "pyproject.toml")
    materials = [
        {"uri": name, "digest": {"sha256": hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}}
        for name in inputs
    ]
    bases = [
        {"uri": base, "digest": {"sha256": digest(base).removeprefix("sha256:")}}
        for base in (make_base("base", arch, epoch=0), make_base("builder", HERE, epoch=0))
    ]
    clean = not run("git", "-C", ROOT, "status", "--porcelain").strip()
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": f"tianfu/{image}:{arch}", "digest": {"sha256": built.removeprefix("sha256:")}}
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://tianfu.dev/buildah/v1",
                "externalParameters": {"target": image, "architecture": arch},
                "internalParameters": {"worktree": "clean" if clean else "changed"},
                "resolvedDependencies": [
                    {"uri": "git:tianfu", "digest": {"gitCommit": revision}},
                    *materials,
                    *bases,
                ],
            },
            "runDetails": {
                "builder": {"id": "https://tianfu.dev/tools/images.py"},
                "metadata": {"startedOn": datetime.fromtimestamp(epoch, UTC).isoformat()},
            },
        },
    }


def make(image: str, arch: str, out: Path, *, twice: bool) -> dict[str, Any]:
    """Build an image with what goes with it into a folder; return what it is."""
    revision, epoch = commit()
    name = build(image, arch, revision=revision)
    built = digest(name)
    if twice:
        again = digest(build(image, arch, revision=revision, fresh=True))
        if again != built:
            raise Unbuildable(f"{name} was {built}, and {again} when it was built again")
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"{image}-{arch}"
    written = bill(name, epoch=epoch)
    stem.with_suffix(".cdx.json").write_text(json.dumps(written, indent=1) + "\n")
    stated = provenance(image, arch, built, revision=revision, epoch=epoch)
    stem.with_suffix(".intoto.json").write_text(json.dumps(stated, indent=1) + "\n")
    size = int(json.loads(run("podman", "image", "inspect", name))[0]["Size"])
    return {
        "image": name,
        "digest": built,
        "size_mib": size >> 20,
        "components": len(written["components"]),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Build what was asked for, and print one line of JSON an image."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help=", ".join(IMAGES))
    parser.add_argument("--arch", choices=ARCHITECTURES, default=HERE)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "images")
    parser.add_argument("--twice", action="store_true", help="build again, and compare digests")
    chosen = parser.parse_args(arguments)
    unknown = sorted(set(chosen.images) - set(IMAGES))
    if unknown:
        parser.error(f"{', '.join(unknown)}: there is {', '.join(IMAGES)}")
    try:
        check_machine()
        for image in chosen.images or IMAGES:
            made = make(image, chosen.arch, chosen.out, twice=chosen.twice)
            print(json.dumps(made), flush=True)
    except Unbuildable as error:
        print(f"error: {error} [IMAGE_UNBUILDABLE]", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
