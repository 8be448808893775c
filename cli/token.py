"""``tianfu token``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import output
from cli.local import tokens
from cli.local.folder import Folder

app = typer.Typer(rich_markup_mode=None)


@app.command()
def token(
    role: Annotated[str, typer.Argument(help="platform-engineer, field-engineer, viewer, …")],
    data: output.DataOption = output.DATA_DEFAULT,
    subject: Annotated[str, typer.Option(help="Whom the token is for.")] = "",
    department: Annotated[
        list[str] | None, typer.Option(help="A department of supervision they work for.")
    ] = None,
    badge: Annotated[
        list[str] | None, typer.Option(help="An inspector's own badge, as DEPARTMENT/BADGE.")
    ] = None,
    tenant: Annotated[
        list[str] | None, typer.Option(help="A tenant whose programs an app owner runs.")
    ] = None,
) -> None:
    """Print a bearer token of the local platform for a role, good for 12 hours.

    For other gRPC clients, as the metadata "authorization: Bearer TOKEN".
    """
    made = tokens.issue(
        Folder.at(data),
        role,
        subject=subject,
        departments=department or (),
        badges=badge or (),
        tenants=tenant or (),
    )
    sys.stdout.write(made + "\n")
