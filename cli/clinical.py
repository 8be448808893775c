"""What the commands of healthcare share: the role, the purpose, times and words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from google.protobuf import json_format

from cli.failures import Exit, Failure
from cli.names import to_the_second
from tianfu.healthcare.v1 import patient_pb2

ROLE: Final = "clinician"
PURPOSE: Final = patient_pb2.PURPOSE_TREATMENT
PAGE: Final = 100

PersonOption = Annotated[str, typer.Option("--as", help="Who does it, by name.")]
FilterOption = Annotated[str, typer.Option("--filter", help="Terms field=value joined by AND.")]


def shown_time(message: Any, field: str) -> str:
    """Return a time in UTC to the second, empty when it is not set."""
    if not message.HasField(field):
        return ""
    return to_the_second(getattr(message, field))


def short(name: str) -> str:
    """Return the last part of a resource's name."""
    return name.rpartition("/")[2]


def read_message(path: Path, message: Any) -> Any:
    """Return a message of a JSON file; raise Failure for one that can't be read."""
    try:
        return json_format.Parse(path.read_text(encoding="utf-8"), message)
    except OSError as error:
        raise Failure(
            "FILE_UNREADABLE", f"{path}: {error.strerror}", status=Exit.NOT_FOUND
        ) from error
    except json_format.ParseError:
        # The parser's text quotes what it read, which may be of a person.
        name = message.DESCRIPTOR.name
        raise Failure(
            "FILE_INVALID",
            f"{path}: is no {name} as JSON",
            "see the example of it in examples/healthcare",
            status=Exit.USAGE,
        ) from None
