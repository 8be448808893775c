"""``tianfu completion``: what makes a shell complete commands, kinds and names."""

from __future__ import annotations

import enum
import sys
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

app = typer.Typer(rich_markup_mode=None, add_completion=False)
PROGRAM = "tianfu"
VARIABLE = "_TIANFU_COMPLETE"


class Shell(enum.StrEnum):
    """Shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print what a shell has to read so that it completes commands, kinds and names.

    bash: `source <(tianfu completion bash)`; zsh: the same, after compinit;
    fish: `tianfu completion fish | source`.
    """
    text = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=str(shell.value))
    sys.stdout.write(f"{text}\n")
