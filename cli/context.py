"""``tianfu context``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import contexts, output
from cli.failures import Exit, Failure
from cli.local.folder import read_json
from cli.output import Format

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Platforms by name, and which is meant."
)
NameArgument = Annotated[str, typer.Argument(help="The context's name: a-z, 0-9 and inner '-'.")]


@app.command("list")
def list_contexts(output_format: output.FormatOption = Format.TABLE) -> None:
    """List the contexts; the one in force has a *."""
    found = contexts.load(contexts.home())
    records = [
        {
            "current": "*" if name == found.current else "",
            "context": name,
            "where": "elsewhere" if _is_elsewhere(data) else "this machine",
            "data": str(data),
        }
        for name, data in sorted(found.known.items())
    ]
    output.rows(["current", "context", "where", "data"], records, output_format)


@app.command("use")
def use_context(name: NameArgument) -> None:
    """Let commands that name no platform speak to this one.

    For one command alone: TIANFU_CONTEXT=NAME, or --data DIR.
    """
    contexts.use(contexts.load(contexts.home()), name)
    output.note(f"commands speak to {name} from now on")


@app.command("set")
def set_context(
    name: NameArgument,
    data: Annotated[
        Path | None, typer.Option("--data", help="Of a platform here: its data folder.")
    ] = None,
    service: Annotated[
        list[str] | None,
        typer.Option(help="Of a platform elsewhere: NAME=HOST:PORT, for each service."),
    ] = None,
    authority: Annotated[
        Path | None,
        typer.Option("--ca", exists=True, dir_okay=False, help="Whom to believe; else the system."),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the bearer token; it is read at each call.")
    ] = None,
) -> None:
    """Name a platform: one of this machine by its folder, or one elsewhere by its services.

    The first one that is set is the current one.
    """
    if (data is None) == (service is None):
        raise Failure(
            "CONTEXT_INCOMPLETE",
            "a context is a platform here or one elsewhere",
            "name --data DIR, or --service NAME=HOST:PORT and --token-file FILE",
            status=Exit.USAGE,
        )
    known = contexts.load(contexts.home())
    if data is not None:
        made = contexts.set_local(known, name, data)
    elif token_file is None:
        raise Failure(
            "CONTEXT_INCOMPLETE",
            "a platform elsewhere wants a token",
            "--token-file FILE says where it is",
            status=Exit.USAGE,
        )
    else:
        made = contexts.set_remote(known, name, _addresses(service or []), authority, token_file)
    output.note(f"{name} is {made.known[name]}; current: {made.current}")


@app.command("forget")
def forget_context(name: NameArgument) -> None:
    """Forget a context. The platform itself, and its data, are left alone."""
    contexts.forget(contexts.load(contexts.home()), name)


def _addresses(stated: list[str]) -> dict[str, str]:
    found = {}
    for each in stated:
        service, equals, address = each.partition("=")
        if not equals or ":" not in address:
            raise Failure(
                "ADDRESS_INVALID",
                f"{each!r} is no address of a service",
                "write NAME=HOST:PORT, such as fleet=fleet.example.org:443",
                status=Exit.USAGE,
            )
        found[service] = address
    return found


def _is_elsewhere(data: Path) -> bool:
    return bool((read_json(data / "context.json") or {}).get("elsewhere"))
