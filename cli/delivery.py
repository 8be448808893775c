"""``tianfu delivery``."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import LONG_DEADLINE_S, ROLE_DEFAULT, platform
from cli.failures import Exit
from cli.names import node_name, since, words
from cli.output import Format
from tianfu.reading.v1 import reading_batch_pb2
from tianfu.telemetry.v1 import telemetry_pb2, telemetry_service_pb2

PAGE: Final = 1000
COLUMNS: Final = [
    "node",
    "produced",
    "stored",
    "dropped",
    "in_flight",
    "missing_batches",
    "repeated_batches",
    "refused_batches",
    "conflicting_batches",
    "last_stored",
]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The account of every reading.")


def record_of(delivery: telemetry_pb2.Delivery) -> dict[str, Any]:
    """Return an account as it is printed."""
    return {
        "node": delivery.name.split("/")[1],
        "produced": delivery.produced,
        "stored": delivery.stored,
        "dropped": delivery.dropped,
        "in_flight": delivery.in_flight,
        "missing_batches": delivery.missing_batches,
        "repeated_batches": delivery.repeated_batches,
        "refused_batches": delivery.refused_batches,
        "refused_readings": delivery.refused_readings,
        "conflicting_batches": delivery.conflicting_batches,
        "last_stored": since(delivery, "store_time"),
    }


def details_of(delivery: telemetry_pb2.Delivery) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of an account: drops, missing ranges, epochs."""
    return {
        "drops": [
            {
                "priority": words(reading_batch_pb2.Priority, drop.priority, "PRIORITY_"),
                "reason": words(reading_batch_pb2.DropReason, drop.reason, "DROP_REASON_"),
                "readings": drop.readings,
            }
            for drop in delivery.drops
        ],
        "missing_ranges": [
            {
                "epoch": f"{missing.epoch:x}",
                "first_sequence": missing.first_sequence,
                "last_sequence": missing.last_sequence,
            }
            for missing in delivery.missing_ranges
        ],
        "epochs": [
            {
                "epoch": f"{epoch.epoch:x}",
                "high_water_sequence": epoch.high_water_sequence,
                "last_sequence": epoch.last_sequence,
                "produced": epoch.produced,
                "stored": epoch.stored,
                "dropped": epoch.dropped,
            }
            for epoch in delivery.epochs
        ],
    }


@app.command("list")
def list_deliveries(
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List what became of the readings of every node."""
    request = telemetry_service_pb2.ListDeliveriesRequest(page_size=PAGE)
    with platform(data, role) as services:
        found = services.every(services.telemetry.ListDeliveries, request)
    output.rows(COLUMNS, map(record_of, found), output_format)


@app.command("get")
def get_delivery(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show one node's account: what was dropped and why, what is missing, epoch by epoch."""
    with platform(data, role) as services:
        request = telemetry_service_pb2.GetDeliveryRequest(name=f"{node_name(node)}/delivery")
        delivery = services.call(services.telemetry.GetDelivery, request)
    lists = details_of(delivery)
    if output_format is Format.JSON:
        output.one(record_of(delivery) | lists, output_format)
        return
    output.one(record_of(delivery), output_format)
    for name, records in lists.items():
        if records:
            sys.stdout.write(f"\n{name.replace('_', ' ')}\n")
            output.rows(list(records[0]), records, output_format)


@app.command("audit")
def audit_delivery(
    node: Annotated[str, typer.Argument(help="A node's id; - is all nodes.")] = "-",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Count the stored rows anew and compare with the account; exit status 1 when they differ."""
    with platform(data, role) as services:
        request = telemetry_service_pb2.AuditDeliveryRequest(name=f"{node_name(node)}/delivery")
        answer = services.call(
            services.telemetry.AuditDelivery, request, deadline_s=LONG_DEADLINE_S
        )
    agrees = (
        answer.accounted_readings == answer.found_rows + answer.dropped_rows
        and not answer.duplicate_rows
        and not answer.duplicate_batches
    )
    record = {
        "accounted_readings": answer.accounted_readings,
        "found_rows": answer.found_rows,
        "dropped_rows": answer.dropped_rows,
        "duplicate_rows": answer.duplicate_rows,
        "duplicate_batches": answer.duplicate_batches,
        "agrees": agrees,
    }
    output.one(record, output_format)
    if not agrees:
        sys.exit(Exit.FAILED)
