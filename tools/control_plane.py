"""Print the folder that holds etcd, kube-apiserver and kubectl; build them there the first time.

``python tools/control_plane.py``. KUBEBUILDER_ASSETS, when set, is that folder. Otherwise it is the
user's cache, filled by the machine's Go from ``tools/controlplane/go.mod``: 6 minutes on two cores
when nothing of it was ever built (2 GB of memory), 15 s with Go's build cache, then no time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

MODULE: Final = Path(__file__).parent / "controlplane"
PROGRAMS: Final = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
BUILD_S: Final = 3600.0


def complete(folder: Path) -> bool:
    """Say whether all programs are there."""
    return all(os.access(folder / name, os.X_OK) for name in PROGRAMS)


def cache() -> Path:
    """Return the folder for what ``go.mod`` pins: another one for other versions."""
    pinned = (MODULE / "go.mod").read_bytes() + (MODULE / "go.sum").read_bytes()
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "tianfu" / f"control-plane-{hashlib.sha256(pinned).hexdigest()[:12]}"


def version() -> str:
    """Return the Kubernetes version that is pinned: what the server is to say of itself."""
    found = re.search(r"k8s\.io/kubernetes (v[0-9.]+)", (MODULE / "go.mod").read_text("utf-8"))
    if found is None:
        sys.exit("error: tools/controlplane/go.mod pins no k8s.io/kubernetes [GO_MOD]")
    return found[1]


def build(folder: Path) -> None:
    """Build all in one command, so that what they share is built once."""
    go = shutil.which("go")
    if go is None:
        sys.exit(
            "error: KUBEBUILDER_ASSETS is not set, and there is no go to build with [GO_MISSING]\n"
            "  fix: install Go, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver"
            " and kubectl"
        )
    print("building etcd, kube-apiserver and kubectl: minutes, once", file=sys.stderr, flush=True)
    number = version()
    major, minor, _patch = number.removeprefix("v").split(".")
    prefix = "-X k8s.io/component-base/version.git"
    flags = f"-s -w {prefix}Version={number} {prefix}Major={major} {prefix}Minor={minor}"
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        command = [go, "build", "-mod=readonly", "-ldflags", flags, "-o", f"{made}/"]
        subprocess.run(
            [*command, *PROGRAMS.values()],
            cwd=MODULE,
            check=True,
            timeout=BUILD_S,
            stdout=sys.stderr,
            env={**os.environ, "CGO_ENABLED": "0"},
        )
        # Go names a program after its folder.
        (Path(made) / "server").rename(Path(made) / "etcd")
        folder.mkdir(exist_ok=True)
        for name in PROGRAMS:
            (Path(made) / name).replace(folder / name)


def main() -> None:
    """Find or build, and print the folder."""
    given = os.environ.get("KUBEBUILDER_ASSETS")
    if given:
        if not complete(Path(given)):
            sys.exit(
                f"error: KUBEBUILDER_ASSETS is {given}, which lacks one of"
                f" {', '.join(PROGRAMS)} [ASSETS_INCOMPLETE]"
            )
        print(given)
        return
    folder = cache()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two test runs at once build once.
    with (folder.parent / "control-plane.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete(folder):
            build(folder)
    print(folder)


if __name__ == "__main__":
    main()
