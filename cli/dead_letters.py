"""``tianfu dead-letters``."""

from __future__ import annotations

from typing import Annotated, Any, Final

import grpc
import typer

from cli import output
from cli.connection import ROLE_DEFAULT, Platform, failure_of, platform
from cli.failures import Exit, Failure
from cli.names import since
from cli.output import Format
from tianfu.operations.v1 import dead_letter_service_pb2

PAGE: Final = 1000
# What a service says of a letter that another has to replay.
ELSEWHERE: Final = {"DEAD_LETTER_ELSEWHERE"}
COLUMNS: Final = ["id", "time", "reason", "subject", "payload_bytes", "message"]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Refused messages.")


def all_letters(services: Platform) -> list[Any]:
    """Return the dead letters of all consumers, the oldest first.

    They lie in one stream, so any service lists them all: the first that answers does.
    """
    *others, last = services.dead_letters.values()
    for service in others:
        try:
            return listed(services, service)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
    return listed(services, last)


def listed(services: Platform, service: Any) -> list[Any]:
    """Return the dead letters that one service lists."""
    request = dead_letter_service_pb2.ListDeadLettersRequest(page_size=PAGE)
    return services.every(service.ListDeadLetters, request)


def replayed(services: Platform, request: dead_letter_service_pb2.ReplayDeadLetterRequest) -> Any:
    """Have a dead letter replayed by the service whose stream it came from."""
    *others, last = services.dead_letters.values()
    for service in others:
        try:
            return services.call(service.ReplayDeadLetter, request)
        except grpc.RpcError as error:
            if failure_of(error).reason not in ELSEWHERE:
                raise
    return services.call(last.ReplayDeadLetter, request)


@app.command("list")
def list_letters(
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the messages that a consumer refused, with the reason."""
    with platform(data, role) as services:
        found = all_letters(services)
    records = [
        {
            "id": each.name.removeprefix("deadLetters/"),
            "time": since(each, "create_time"),
            "reason": each.reason,
            "stream": each.stream,
            "consumer": each.consumer,
            "subject": each.subject,
            "stream_sequence": each.stream_sequence,
            "payload_bytes": each.payload_bytes,
            "message": each.message,
        }
        for each in found
    ]
    output.rows(COLUMNS, records, output_format)


@app.command("replay")
def replay(
    letters: Annotated[list[str] | None, typer.Argument(help="Ids of dead letters.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Replay all there are.")] = False,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Publish dead letters anew to where they came from, once their cause is mended."""
    if bool(letters) == everything:
        raise Failure(
            "USAGE",
            "name some dead letters, or say --all",
            "see `tianfu dead-letters list`",
            status=Exit.USAGE,
        )
    with platform(data, role) as services:
        names = [f"deadLetters/{each.removeprefix('deadLetters/')}" for each in letters or ()]
        if everything:
            names = [each.name for each in all_letters(services)]
        for name in names:
            request = dead_letter_service_pb2.ReplayDeadLetterRequest(name=name)
            answer = replayed(services, request)
            record = {"dead_letter": name, "subject": answer.subject}
            output.line(record, f"{name} published to {answer.subject}", output_format)
