"""What the shell offers after a verb: kinds, and names of those there are."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

import typer

from cli import contexts, output
from cli.connection import ROLE_DEFAULT
from cli.failures import Failure
from cli.resources.calls import Asked, reach
from cli.resources.catalogue import kind_named, kinds

OFFERED_MAX: Final = 100


def complete_words(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return kinds for the first word, and names of that kind for those after it."""
    given: list[str] = list(ctx.params.get("words") or ())
    if not given:
        return kinds_like(incomplete)
    try:
        return names_like(ctx, given[0], incomplete)
    except Failure:
        # A platform that does not run, or an unknown kind: nothing is offered, and nothing said,
        # since the person is in the middle of a line.
        return []


def kinds_like(incomplete: str) -> list[str]:
    """Return the words of kinds that begin so; with their area where two have one."""
    return [kind.typed for kind in kinds() if kind.typed.startswith(incomplete)]


def names_like(ctx: typer.Context, word: str, incomplete: str) -> list[str]:
    """Return names of a kind that begin so, from the platform itself; raise Failure."""
    kind = kind_named(word)
    data = data_of(ctx)
    role = ctx.params.get("role") or ROLE_DEFAULT
    asked = Asked(ctx.params.get("parent") or "", "", ctx.params.get("param") or ())
    with reach(data, datetime.now(UTC), role, "") as found:
        names = (kind.id_of(each.name) for each in found.every(kind, asked))
        return list(islice((name for name in names if name.startswith(incomplete)), OFFERED_MAX))


def data_of(ctx: typer.Context) -> Path:
    """Return the data folder that a command would use: callbacks do not run while one completes."""
    source = ctx.get_parameter_source("data")
    stated = Path(ctx.params.get("data") or output.DATA_DEFAULT)
    is_default = source is None or source.name == "DEFAULT"
    return (contexts.chosen() or stated) if is_default else stated
