"""``tianfu pools``."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.output import Format
from cli.rollouts import PAGE, name_of, reason_of
from tianfu.fleet.v1 import control_plane_pb2 as pb
from tianfu.fleet.v1 import fleet_service_pb2 as messages

EPILOG: Final = """\
Examples:
  tianfu pools list
  tianfu pools tenants wenchuan
  tianfu pools claims wenchuan
"""
PoolArgument = Annotated[str, typer.Argument(help="The CapacityPool: NAME, or NAMESPACE/NAME.")]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)


@app.callback()
def pools() -> None:
    """Capacity of sites: who has, borrows and waits, and why."""


def amounts(given: Any) -> str:
    """Return amounts as ``cpu 2, memory 1Gi``."""
    return ", ".join(f"{name} {given[name]}" for name in sorted(given))


def _pool(name: str, data: Any) -> pb.Pool:
    with platform(data, ROLE_DEFAULT) as services:
        request = messages.GetPoolRequest(name=name_of(name, "pools"))
        found: pb.Pool = services.call(services.fleet.GetPool, request)
    return found


@app.command("list")
def list_pools(
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List pools."""
    with platform(data, ROLE_DEFAULT) as services:
        found = services.every(services.fleet.ListPools, messages.ListPoolsRequest(page_size=PAGE))
    records = [
        {
            "pool": "/".join(each.name.split("/")[1::2]),
            "capacity": amounts(each.resources),
            "granted": each.granted,
            "waiting": each.pending,
            "reason": reason_of(each.conditions, "Ready"),
        }
        for each in found
    ]
    output.rows(["pool", "capacity", "granted", "waiting", "reason"], records, output_format)


@app.command("tenants")
def tenants(
    name: PoolArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print what each tenant of a pool is due, has, borrows and lends."""
    records = [
        {
            "tenant": each.tenant,
            "due": amounts(each.nominal),
            "has": amounts(each.used),
            "borrows": amounts(each.borrowed),
            "lends": amounts(each.lent),
        }
        for each in _pool(name, data).tenants
    ]
    output.rows(["tenant", "due", "has", "borrows", "lends"], records, output_format)


@app.command("claims")
def claims(
    name: PoolArgument,
    data: output.DataOption = output.DATA_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print the claims on a pool, those that wait first, and why each has or waits."""
    found = _pool(name, data)
    records = [
        {
            "claim": each.claim,
            "tenant": each.tenant,
            "node": each.node,
            "asks": amounts(each.asked),
            "has": amounts(each.granted),
            "reason": reason_of(each.conditions, "Granted"),
        }
        for each in found.claims
    ]
    output.rows(["claim", "tenant", "node", "asks", "has", "reason"], records, output_format)
    if found.claims_left_out:
        output.note(f"{found.claims_left_out} more claims are not shown")
