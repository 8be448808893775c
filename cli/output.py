"""How commands print: data on stdout as a table or JSON, all else on stderr."""

from __future__ import annotations

import enum
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import contexts

NEXT: Final = "  "


class Format(enum.StrEnum):
    """How data are printed."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    Format, typer.Option("--output", "-o", help="How to print: table or json.")
]


def _of_context(ctx: typer.Context, param: typer.CallbackParam, value: Path) -> Path:
    """Return the folder that was named, or that of the context in force where none was."""
    source = ctx.get_parameter_source(param.name or "")
    if ctx.resilient_parsing or source is None or source.name != "DEFAULT":
        return value
    return contexts.chosen() or value


DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="TIANFU_DATA",
        help="The platform's data folder; without it that of the current context.",
        show_default=True,
        callback=_of_context,
    ),
]
RoleOption = Annotated[
    str, typer.Option("--role", help="The role to call with, such as viewer or field-engineer.")
]
PersonOption = Annotated[
    str, typer.Option("--as", help="Who calls; four eyes want different people.")
]
DATA_DEFAULT: Final = Path(".tianfu")


def rows(
    columns: Sequence[str], records: Iterable[Mapping[str, Any]], output_format: Format
) -> None:
    """Print records: as a table of some columns, or as a JSON list of all there is."""
    listed = list(records)
    if output_format is Format.JSON:
        _json(listed)
        return
    text = [[cell(record.get(column, "")) for column in columns] for record in listed]
    sys.stdout.write(table([column.replace("_", " ") for column in columns], text))


def one(record: Mapping[str, Any], output_format: Format) -> None:
    """Print one record: a line a field, or a JSON object."""
    if output_format is Format.JSON:
        _json(record)
        return
    width = max((len(name) for name in record), default=0)
    for name, value in record.items():
        sys.stdout.write(f"{name.replace('_', ' '):<{width}}  {cell(value)}\n")


def line(record: Mapping[str, Any], text: str, output_format: Format) -> None:
    """Print one record of a stream at once: a line of text, or of JSON."""
    sys.stdout.write((json.dumps(record) if output_format is Format.JSON else text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Print to stderr what is no data."""
    sys.stderr.write(text + "\n")


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Run a watch; Ctrl-C is its proper end."""
    try:
        yield
    except KeyboardInterrupt:
        note("")


def cell(value: Any) -> str:
    """Return a value as a table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={cell(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(cell(each) for each in value)
    return "" if value is None else str(value)


def table(header: Sequence[str], text: Sequence[Sequence[str]]) -> str:
    """Return a plain table: no lines, columns apart by spaces, numbers to the right."""
    widths = [max([wide(header[i]), *(wide(row[i]) for row in text)]) for i in range(len(header))]
    right = [bool(text) and all(is_number(row[i]) for row in text) for i in range(len(header))]
    lines = [_line([name.upper() for name in header], widths, right, heading=is_coloured())]
    lines += [_line(row, widths, right, heading=False) for row in text]
    return "\n".join(lines) + "\n"


def is_coloured() -> bool:
    """Return whether stdout takes colours and the user does not forbid them (NO_COLOR)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def is_number(text: str) -> bool:
    """Return whether a cell holds a number, or nothing."""
    return not text or text.replace(",", "").replace(".", "").lstrip("-").isdigit()


def wide(text: str) -> int:
    """Return how many columns a text takes on a terminal, where Han characters take two."""
    # U+1100 on: the blocks of East Asian wide characters begin there; ours are Han or Latin.
    return sum(2 if ord(character) >= 0x1100 and character != "…" else 1 for character in text)  # noqa: PLR2004 - said above


def _line(cells: Sequence[str], widths: list[int], right: list[bool], *, heading: bool) -> str:
    padded = [
        " " * (width - wide(text)) + text if is_right else text + " " * (width - wide(text))
        for text, width, is_right in zip(cells, widths, right, strict=True)
    ]
    joined = NEXT.join(padded).rstrip()
    return f"\x1b[2m{joined}\x1b[0m" if heading else joined


def _json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
