"""Every command of the documentation is one that a test runs, and has the options that it names."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from cli.main import COMMANDS
from tests.support import guides

ROOT: Final = Path(__file__).parents[2]
BLOCKS: Final = list(guides.blocks())
TIANFU: Final = re.compile(
    r"(?:^|[\s(|&])tianfu (?=[a-z])(.*?)(?=$|\s#|\)$|\)\s|\s\|)", re.MULTILINE
)


def named(block: guides.Block) -> str:
    return f"{block.page}:{block.line}"


def test_pages_have_commands() -> None:
    assert len(BLOCKS) > 35
    assert {"README.md", "docs/tutorial.md"} <= guides.pages().keys()
    # What a comment says of a block that is not there would hold for none.
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        said = path.read_text(encoding="utf-8").count("<!-- run by ")
        page = path.relative_to(ROOT).as_posix()
        assert said == sum(1 for block in BLOCKS if block.page == page and block.test), page


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.test], ids=named)
def test_what_another_test_runs_is_a_test_that_there_is(block: guides.Block) -> None:
    file, _, function = block.test.partition("::")
    module = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    tests = [
        node.name
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    ]
    assert tests
    assert not function or function in tests


@pytest.mark.parametrize("block", BLOCKS, ids=named)
def test_commands_and_their_options_are_there(block: guides.Block) -> None:
    for found in TIANFU.finditer(block.text.replace("\\\n", " ")):
        words = re.split(r" #|[;|)&>]", found[1])[0].split()
        entry = COMMANDS[words[0]]
        command: Any = typer.main.get_command(
            getattr(importlib.import_module(entry.module), entry.attribute)
        )
        rest = words[1:]
        while getattr(command, "commands", None) and rest:
            command, rest = command.commands[rest[0]], rest[1:]
        known = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
        asked = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
        assert asked - known == set(), found[0]
