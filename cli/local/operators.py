"""The operators of the local platform: they make a folder of manifests true, without Kubernetes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cli import channels
from cli.local import programs, tokens
from cli.local.folder import Folder, write_private
from cli.local.state import State
from cli.local.supervisor import Program, base_environment

NAME: Final = "operators"
ROLE: Final = "service"
FILE_NAME: Final = "operators.token"
RENEW_S: Final = 3600.0
"""How often their token is made anew; it is good for twelve hours."""


def programs_of(folder: Folder, state: State, manifests: Path) -> list[Program]:
    """Return the operators' program, with a token to begin with; two where one is to stand by."""
    write_private(_token(folder), tokens.issue(folder, ROLE, subject=NAME))
    arguments: tuple[str, ...] = programs.python(
        "operators.files",
        "--manifests",
        str(manifests),
        "--state",
        str(folder.root / NAME),
        "--fleet",
        state.address("fleet grpc"),
        "--ca",
        str(channels.authority_of(folder.keys)),
        "--token-file",
        str(_token(folder)),
    )
    if not state.is_ha:
        return [Program(NAME, arguments, base_environment(), folder.root)]
    arguments = (*arguments, "--turn-file", str(programs.turn_file(folder, NAME)))
    return [
        Program(name, arguments, base_environment(), folder.root) for name in (NAME, f"{NAME}-2")
    ]


def renew_token(folder: Folder, now_s: float) -> None:
    """Make the operators' token anew when its time has come."""
    file = _token(folder)
    if file.exists() and now_s - file.stat().st_mtime > RENEW_S:
        write_private(file, tokens.issue(folder, ROLE, subject=NAME))


def _token(folder: Folder) -> Path:
    return folder.keys / FILE_NAME
