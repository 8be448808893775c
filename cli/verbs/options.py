"""What the verbs' command lines have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.failures import Exit, Failure
from cli.resources.calls import Reach, reach
from cli.resources.show import Format
from cli.verbs.completing import complete_words

WordsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="KIND|NAME",
        help="Such as nodes, or node gw-1; nodes/gw-1 alone does too. "
        "`tianfu explain` lists the kinds.",
        autocompletion=complete_words,
        show_default=False,
    ),
]
ParentOption = Annotated[
    str, typer.Option("--parent", help="Of which parent, such as units/steelworks.")
]
FilterOption = Annotated[
    str, typer.Option("--filter", help='Such as "presence=online AND place_code=5101".')
]
SelectorOption = Annotated[
    str, typer.Option("--selector", "-l", help="Labels, such as site=roof,floor=3.")
]
ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="FIELD=VALUE",
        help="A field of the request, such as purpose=treatment; may be repeated.",
    ),
]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="A file of YAML or JSON; - is stdin.", show_default=False),
]
FormOption = Annotated[
    Format, typer.Option("--output", "-o", help="How to print: table, wide, json, yaml or name.")
]
IntervalOption = Annotated[
    float,
    typer.Option(min=0.2, help="Seconds between looks, where no method of the API watches."),
]
HospitalOption = Annotated[
    str, typer.Option(help="Which hospital the caller works for, where that matters.")
]
DepartmentOption = Annotated[
    str, typer.Option(help="Which department of supervision, where that matters.")
]


@dataclass(frozen=True)
class Caller:
    """As whom a verb is done, and on which platform."""

    data: Path
    role: str
    person: str = ""
    hospital: str = ""
    department: str = ""

    @contextmanager
    def reach(self) -> Iterator[Reach]:
        """Reach the platform as this caller."""
        now = datetime.now(UTC)
        with reach(self.data, now, self.role, self.person, self.hospital, self.department) as found:
            yield found


def text_of(file: Path) -> tuple[str, str]:
    """Return what a file holds and how it is called; - is stdin; raise Failure."""
    if str(file) == "-":
        return sys.stdin.read(), "stdin"
    try:
        return file.read_text(encoding="utf-8"), str(file)
    except UnicodeDecodeError:
        raise Failure("FILE_INVALID", f"{file} is no text", status=Exit.USAGE) from None


def progress(text: str) -> None:
    """Say on stderr how far one is, where somebody watches."""
    if sys.stderr.isatty():
        output.note(text)
