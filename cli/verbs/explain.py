"""``tianfu explain``: what the contract says, without a platform."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import output
from cli.output import Format
from cli.resources import explaining
from cli.resources.catalogue import kind_named, kinds
from cli.verbs.completing import complete_words

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def explain(
    words: Annotated[
        str,
        typer.Argument(
            metavar="[KIND[.FIELD...]]",
            help="Such as nodes or nodes.presence; without, all kinds are listed.",
            autocompletion=complete_words,
            show_default=False,
        ),
    ] = "",
    *,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Fields of fields too.")
    ] = False,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Say what a kind of resource is, its fields, its verbs and its methods.

    No platform is asked: it is what the protos say. -o json is for the list of kinds.
    """
    if not words:
        output.rows(["kind", "area", "names", "verbs"], explaining.all_kinds(), output_format)
        return
    word, _, rest = words.partition(".")
    area, _, fields = rest.partition(".")
    # recognitions.healthcare.outcome: an area goes before fields.
    if area and area in {kind.area for kind in kinds()}:
        kind = kind_named(f"{word}.{area}")
    else:
        kind, fields = kind_named(word), rest
    path = [part for part in fields.split(".") if part]
    sys.stdout.write(explaining.of_kind(kind, path, deep=recursive))
