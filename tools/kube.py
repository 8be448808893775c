"""A Kubernetes API on this machine, with our kinds and operators on it: ``make kube``.

etcd and kube-apiserver (built once, see ``control_plane.py``), the kinds, the operators as a
process with the rights of their ServiceAccount and no more, and the platform of ``tianfu up``,
which is started if none runs. It prints the KUBECONFIG and stays until Ctrl-C; what was on the API
server is gone then. There is no controller manager and no kubelet: Deployments run nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "proto")]

from cli.channels import authority_of  # noqa: E402 - the path is set above
from cli.connection import context_of  # noqa: E402 - as above
from cli.failures import Failure  # noqa: E402 - as above
from cli.local import tokens  # noqa: E402 - as above
from operators import rights  # noqa: E402 - as above
from tools.local_cluster import ControlPlane, control_plane, end  # noqa: E402 - as above
from tools.ports import free_port  # noqa: E402 - as above

NAMESPACE: Final = "tianfu-system"
READY_S: Final = 120.0
POLL_S: Final = 0.2
NOT_YET: Final = "ServiceUnavailable"
TOKEN_AGAIN_S: Final = 3600.0
EXAMPLE: Final = ROOT / "examples" / "operators" / "edge-nodes.yaml"
ATTEMPT: Final = ("apply", "--dry-run=server", "-f", str(EXAMPLE))
CRDS: Final = ROOT / "charts" / "tianfu-crds" / "templates"


def main() -> int:
    """Run until Ctrl-C; return the exit status."""
    parser = argparse.ArgumentParser(prog="make kube", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".tianfu"), help="data folder")
    parser.add_argument("--check", action="store_true", help="try a node of the examples, and stop")
    given = parser.parse_args()
    # An end by a signal is an orderly one: nothing that was started outlives it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(KeyboardInterrupt))
        stack.enter_context(platform(given.data))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tianfu-kube-")))
        plane = stack.enter_context(control_plane(folder))
        install(plane)
        operator = stack.enter_context(operators(plane, given.data, folder))
        say(plane)
        if given.check:
            return prove(plane)
        return stay(operator, given.data, folder)
    return 0


@contextlib.contextmanager
def platform(data: Path) -> Iterator[None]:
    """Use the platform that runs in a data folder, or start one and stop it in the end."""
    command = [sys.executable, "-m", "cli"]
    if running(data):
        yield
        return
    print("starting the platform (tianfu up)", file=sys.stderr, flush=True)
    try:
        subprocess.run(
            [*command, "up", "--detach", "--data", str(data)],
            check=True,
            cwd=ROOT,
            env=environment(),
            stdout=sys.stderr,
        )
        yield
    finally:
        down = [*command, "down", "--data", str(data)]
        subprocess.run(down, check=False, cwd=ROOT, env=environment(), stdout=sys.stderr)


def environment() -> dict[str, str]:
    """Return an environment in which our packages are found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "proto")))}


def running(data: Path) -> bool:
    """Say whether a platform answers there."""
    try:
        host, _, port = context_of(data).fleet.rpartition(":")
    except Failure:
        return False
    with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=2):
        return True
    return False


def install(plane: ControlPlane) -> None:
    """Put the kinds and the operators' rights on the API server."""
    must(plane, "apply", "--server-side", "-f", str(CRDS))
    must(plane, "create", "namespace", NAMESPACE)
    everything = {"apiVersion": "v1", "kind": "List", "items": rights.manifests(NAMESPACE)}
    must(plane, "apply", "-f", "-", stdin=json.dumps(everything))
    await_kinds(plane)


def await_kinds(plane: ControlPlane) -> None:
    """Return once nodes are taken: the policy that gives them a finalizer learns of kinds late."""
    until(plane, *ATTEMPT)


def until(plane: ControlPlane, *arguments: str) -> str:
    """Run kubectl until it succeeds; return what it says, raise RuntimeError with its last error.

    For what an API server learns of a while after the kinds are there.
    """
    deadline = time.monotonic() + READY_S
    while (answer := plane.kubectl(*arguments)).status != 0:
        if time.monotonic() > deadline:
            raise RuntimeError(answer.err)
        time.sleep(POLL_S)
    return answer.out


def must(plane: ControlPlane, *arguments: str, stdin: str | None = None) -> str:
    """Run kubectl; return what it says, raise RuntimeError with its error.

    A server that takes up new kinds knows some for a moment and then not, while it reads its own
    schemas again: it says so (ServiceUnavailable), has done nothing, and is asked again.
    """
    deadline = time.monotonic() + READY_S
    while True:
        answer = plane.kubectl(*arguments, stdin=stdin)
        if answer.status == 0:
            return answer.out
        if NOT_YET not in answer.err or time.monotonic() > deadline:
            raise RuntimeError(answer.err)
        time.sleep(POLL_S)


@contextlib.contextmanager
def operators(plane: ControlPlane, data: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the operators as their ServiceAccount, and wait until they are ready."""
    context, port = context_of(data), free_port()
    renew(data, folder)
    given = {
        "KUBECONFIG": str(as_account(plane, folder)),
        "TIANFU_FLEET_ADDRESS": context.fleet,
        "TIANFU_FLEET_TOKEN_FILE": str(folder / "fleet-token"),
        "TIANFU_TLS_CA_FILE": str(authority_of(context.folder.keys)),
        "TIANFU_CHANNELS": f"Stable={metadata.version('tianfu')}",
        "TIANFU_PROBE_PORT": str(port),
    }
    with (folder / "operators.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "operators"],
            env={**environment(), **given},
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        await_ready(process, port, folder / "operators.log")
        yield process
    finally:
        end(process)


def renew(data: Path, folder: Path) -> None:
    """Write a token for the fleet service, which is good for half a day."""
    path = folder / "fleet-token"
    path.touch(mode=0o600)
    path.write_text(tokens.issue(context_of(data).folder, "service"), encoding="ascii")


def as_account(plane: ControlPlane, folder: Path, name: str = rights.NAME) -> Path:
    """Return a kubeconfig of a ServiceAccount, ours unless another is named: its rights alone."""
    asked = ("create", "token", name, "-n", NAMESPACE, "--duration=24h")
    config = json.loads(plane.kubeconfig.read_text("utf-8"))
    config["users"][0]["user"] = {"token": must(plane, *asked).strip()}
    path = folder / f"{name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the operators say that they are ready and lead."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the operators ended:\n{log.read_text('utf-8')[-4000:]}")
        if (
            "tianfu_operator_leading 1.0" in asked(port, "metrics")
            and asked(port, "readyz") == "ok"
        ):
            return
        time.sleep(POLL_S)
    raise RuntimeError(f"the operators are not ready:\n{log.read_text('utf-8')[-4000:]}")


def asked(port: int, path: str) -> str:
    """Return what the operators answer, empty when they do not or are not well."""
    with contextlib.suppress(urllib.error.URLError, OSError):
        url = f"http://127.0.0.1:{port}/{path}"
        with urllib.request.urlopen(url, timeout=2) as answer:
            return str(answer.read().decode())
    return ""


def prove(plane: ControlPlane) -> int:
    """Apply a node of the examples, have the operators enrol it at the platform, and remove it."""
    must(plane, "apply", "-f", str(EXAMPLE))
    name = "edgenode/gw-qingyang-1"
    waits = 'jsonpath={.status.conditions[?(@.type=="Enrolled")].reason}=AwaitingDevice'
    must(plane, "wait", name, f"--for={waits}", f"--timeout={READY_S:.0f}s")
    secret = must(plane, "get", "secret", "gw-qingyang-1-enrolment", "-o", "name").strip()
    print(must(plane, "get", "tianfu").strip())
    must(plane, "delete", "-f", str(EXAMPLE), f"--timeout={READY_S:.0f}s")
    print(f"checked: {name} was registered, {secret} held its join code, and both are gone")
    return 0


def say(plane: ControlPlane) -> None:
    """Print where it is, and what to try."""
    print(f"export KUBECONFIG={plane.kubeconfig}")
    print(f"export PATH={plane.binaries}:$PATH")
    print("kubectl apply -f examples/operators/")
    print("kubectl get tianfu", flush=True)


def stay(operator: subprocess.Popen[bytes], data: Path, folder: Path) -> int:
    """Stay until the operators end; return their status."""
    while True:
        try:
            return operator.wait(TOKEN_AGAIN_S)
        except subprocess.TimeoutExpired:
            renew(data, folder)


if __name__ == "__main__":
    sys.exit(main())
