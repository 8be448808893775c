"""Reference pages of the command lines, as they say it themselves with --help."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from unittest import mock

import typer

from cli.main import COMMANDS, app
from edge import main as edge_main
from operators.plugin import main as plugin_main
from tools import docs_markdown as md

WIDTH: Final = 96
COMMAND: Final = re.compile(r"^    ([a-z][a-z-]+)(?=\s)", re.MULTILINE)
"""How argparse lists the commands below another."""


def pages() -> dict[str, str]:
    """Return the pages of `tianfu`, `tianfu-edge` and `kubectl tianfu`."""
    return {
        "cli.md": _tianfu(),
        "tianfu-edge.md": _argparse(
            "tianfu-edge",
            "What runs on a node, and what a technician asks it.",
            edge_main.main,
        ),
        "kubectl-tianfu.md": _argparse(
            "kubectl tianfu",
            "What stands beside `tianfu` for who works with kubectl, which finds it on the path.",
            plugin_main.main,
        ),
    }


def _tianfu() -> str:
    root = typer.main.get_command(app)
    rows = [
        (f"[{name}](#{md.target(f'command-{name}')})", md.text(entry.summary))
        for name, entry in COMMANDS.items()
    ]
    parts = [
        "# tianfu\n",
        "Each command says this itself: `tianfu COMMAND --help`.\n",
        md.block(_help(root, "tianfu")),
        md.table(("command", "what it does"), rows),
    ]
    for name, entry in COMMANDS.items():
        loaded = getattr(importlib.import_module(entry.module), entry.attribute)
        command = typer.main.get_command(loaded)
        parts += [md.anchor(f"command-{name}"), f"## tianfu {name}\n"]
        parts += [md.block(said) for said in _helps(command, f"tianfu {name}")]
    return "\n".join(parts)


def _helps(command: Any, path: str) -> Iterator[str]:
    """Yield the help of a command, and of each one below it."""
    yield _help(command, path)
    for name, one in sorted(getattr(command, "commands", {}).items()):
        yield from _helps(one, f"{path} {name}")


def _help(command: Any, path: str) -> str:
    # Where terminals are narrow or wide, the page is the same.
    settings = {"terminal_width": WIDTH, "max_content_width": WIDTH}
    context = command.context_class(command, info_name=path, **settings)
    return str(command.get_help(context))


def _argparse(name: str, what: str, main: Callable[[list[str]], int]) -> str:
    whole = _shown(main, [])
    parts = [f"# {name}\n", f"{what}\n", md.block(whole)]
    for word in COMMAND.findall(whole):
        parts += [f"## {name} {word}\n", md.block(_shown(main, [word]))]
    return "\n".join(parts)


def _shown(main: Callable[[list[str]], int], words: list[str]) -> str:
    """Return what a command line of argparse prints, as wide on every machine."""
    printed = io.StringIO()
    with (
        mock.patch.dict(os.environ, COLUMNS=str(WIDTH), NO_COLOR="1"),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        main([*words, "--help"])
    return printed.getvalue()
