"""Markdown as the reference pages write it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_CODE: Final = re.compile(r"(`[^`]*`)")
_MARKS: Final = re.compile(r"([\\*_\[\]{}$#~])")


def text(said: str) -> str:
    """Return a sentence of a comment so that it is shown as it stands; `code` stays code."""
    parts = _CODE.split(" ".join(said.split()))
    return "".join(each if each.startswith("`") else _plain(each) for each in parts)


def _plain(part: str) -> str:
    return _MARKS.sub(r"\\\1", part.replace("`", "'")).replace("<", "&lt;").replace(">", "&gt;")


def code(said: object) -> str:
    """Return a name as code, "" for nothing."""
    shown = str(said).replace("`", "'")
    return f"`{shown}`" if shown else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, "" without rows; cells are Markdown."""
    lines = ["| " + " | ".join(each.replace("|", "\\|") for each in row) + " |" for row in rows]
    if not lines:
        return ""
    first = "| " + " | ".join(head) + " |"
    return "\n".join([first, "|" + "---|" * len(head), *lines]) + "\n"


def anchor(name: str) -> str:
    """Return a line that gives what follows an anchor of its own."""
    return f"({target(name)})=\n"


def target(name: str) -> str:
    """Return the anchor of a full name: tianfu.fleet.v1.Node as tianfu-fleet-v1-node."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def block(said: str) -> str:
    """Return text that a program prints."""
    return f"```text\n{said.rstrip()}\n```\n"
