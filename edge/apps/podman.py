"""Commands for podman: lists of arguments, never a line for a shell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.apps.model import App, HttpProbe, Image

STOP_S: Final = 5
PIDS: Final = 64


def container(name: str) -> str:
    """Return the name of an app's container."""
    return f"tianfu-{name}"


def exists(program: str, image: Image) -> list[str]:
    """Return the command that succeeds when an image is here."""
    return [program, "image", "exists", image.reference]


def pull(program: str, image: Image) -> list[str]:
    """Return the command that gets an image, which its digest checks."""
    return [program, "pull", "--quiet", image.reference]


def run(
    program: str, app: App, image: Image, environment: Mapping[str, str], data: Path
) -> list[str]:
    """Return the command that runs an app in the foreground, within its limits.

    ``--replace`` ends a container that an agent left behind which was killed.
    """
    command = [
        program,
        "run",
        "--rm",
        "--replace",
        f"--name={container(app.name)}",
        "--pull=never",
        "--cap-drop=all",
        "--security-opt=no-new-privileges",
        "--read-only",
        f"--pids-limit={PIDS}",
        "--log-driver=none",
        f"--stop-timeout={STOP_S}",
        f"--volume={data}:{environment['TIANFU_DATA_DIR']}",
    ]
    if "cpu" in app.limits:
        command.append(f"--cpus={max(1, app.limits['cpu']) / 1000:.3f}")
    if "memory" in app.limits:
        command.append(f"--memory={max(1, app.limits['memory'] // 1000)}b")
    if isinstance(app.health.probe, HttpProbe):
        port = app.health.probe.port
        command.append(f"--publish=127.0.0.1:{port}:{port}")
    command += [f"--env={name}={value}" for name, value in sorted(environment.items())]
    return [*command, image.reference]


def stop(program: str, name: str) -> list[str]:
    """Return the command that stops an app's container."""
    return [program, "stop", "--ignore", f"--time={STOP_S}", container(name)]
