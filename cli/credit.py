"""``tianfu credit``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import credit_desk, credit_lists, output
from cli.failures import Exit, Failure
from cli.output import Format
from cli.register_csv import Encoding
from tianfu import inspection_proof
from tianfu.inspection_proof import ProofRefused, Verified

EPILOG: Final = """\
Examples:
  tianfu credit import register.csv --faults faults.csv
  tianfu credit verify draw-proof.json
  tianfu credit records 91510400MA0000007F
  tianfu credit clues --watch --place 5104
  tianfu credit decide-repair r-1 granted
  tianfu credit handhelds --enter gw-1 --department market --badge m-1 --key UA…
  tianfu credit publish sc-pzh-1 --beacon round.json
  tianfu credit void sc-pzh-2 --reason "the roster was of last year" --as director
  tianfu credit verify draw-proof.json --commitment 8c2f…   (as you noted it before the draw)
"""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)
credit_lists.add_to(app)
credit_desk.add_to(app)


@app.callback()
def credit() -> None:
    """Credit supervision (信用监管): inspections to check, records that end, clues, the signal."""


@app.command("verify")
def verify(
    bundle: Annotated[Path, typer.Argument(help="The proof of a draw, as it was published.")],
    commitment: Annotated[
        str,
        typer.Option(
            help="The commitment that was published before the draw: 64 hex digits. Without it "
            "the draw is known to follow from its declaration, not that the declaration was first."
        ),
    ] = "",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Run a draw again from its published proof, without the platform or a network.

    Status 0: every step holds. Status 4: it does not, and the first discrepancy is named.
    """
    try:
        data = bundle.read_bytes()
    except OSError as error:
        raise Failure(
            "BUNDLE_UNREADABLE", f"{bundle}: {error.strerror}", status=Exit.NOT_FOUND
        ) from error
    try:
        found = inspection_proof.verify(data, commitment or None)
    except ProofRefused as refused:
        raise Failure(
            refused.reason,
            f"{bundle}: {refused}",
            "ask who published it for the true bundle, and the court for what to do without",
            status=Exit.CONFLICT,
        ) from refused
    record = record_of(found)
    if output_format is Format.JSON:
        output.one(record, output_format)
        return
    for step, told in found.steps:
        sys.stdout.write(f"ok  {step:<12}{told}\n")
    sys.stdout.write("\n")
    columns = ["entity", "stratum", "inspectors"]
    output.rows(columns, record["visits"], output_format)
    if not commitment:
        output.note("the commitment was not compared: give --commitment as it was published")


@app.command("publish")
def publish(
    draw: Annotated[str, typer.Argument(help="The draw's id.")],
    beacon: Annotated[
        Path | None,
        typer.Option(help="A round as drand gives it: JSON with round and signature in hex."),
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Draw, and publish the proof: by a beacon's round from a file, or once all have revealed.

    The round is fetched by whoever has a network, such as from api.drand.sh; its signature is
    verified here, and again by the service.
    """
    from cli.credit_register import publish_draw  # noqa: PLC0415 - verify needs no platform

    output.one(publish_draw(data, draw, beacon), output_format)


@app.command("void")
def void(
    draw: Annotated[str, typer.Argument(help="The draw's id.")],
    reason: Annotated[
        str, typer.Option(help="Why, for everybody to read: it stays with the draw, names nobody.")
    ] = "",
    person: output.PersonOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """End a draw without a proof: departments did not reveal, or for a reason that is kept.

    Once its round is made, another person than who declared a draw by a beacon has to.
    """
    from cli.credit_register import void_draw  # noqa: PLC0415 - verify needs no platform

    output.one(void_draw(data, draw, reason, person), output_format)


@app.command("import")
def import_(
    register: Annotated[
        Path,
        typer.Argument(
            help="CSV: code, title, place_code, risk_class; if any, successor, registration_number."
        ),
    ],
    faults: Annotated[
        Path | None, typer.Option(help="Write the rows that were not taken there, as CSV.")
    ] = None,
    encoding: Annotated[
        Encoding, typer.Option(help="What the file is written in; gb18030 reads GBK too.")
    ] = Encoding.UTF_8,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Import a register of entities; every row is taken, or reported with line, field and reason.

    A row is one line of UTF-8. Again, it changes nothing. Status 1 when a row was not taken;
    status 2, and nothing is sent, for a file with missing, unknown or repeated columns or in
    another encoding.
    """
    from cli.credit_register import import_register  # noqa: PLC0415 - verify needs no platform

    found = import_register(data, register, faults, encoding)
    output.one(found, output_format)
    if found["refused"]:
        raise typer.Exit(Exit.FAILED)


def record_of(found: Verified) -> dict[str, Any]:
    """Return a verified draw as it is printed."""
    return {
        "draw": found.declaration.draw_id,
        "declare_time": found.declaration.time.isoformat(),
        "rule": found.declaration.rule,
        "commitment": found.commitment,
        "seed": found.seed,
        "visits": [
            {
                "entity": visit.code,
                "stratum": visit.stratum,
                "inspectors": {name: list(badges) for name, badges in visit.inspectors},
            }
            for visit in found.visits
        ],
    }
