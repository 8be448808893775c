"""How commands reach the services: the context file, the channel, the token, and their errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from google.rpc import error_details_pb2, status_pb2

from cli import channels, output
from cli.failures import FIXES, Exit, Failure
from cli.local import tokens
from cli.local.folder import Folder, read_json
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2_grpc
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2_grpc
from tianfu.energy.v1 import energy_service_pb2_grpc
from tianfu.fleet.v1 import fleet_service_pb2_grpc
from tianfu.healthcare.v1 import healthcare_service_pb2_grpc
from tianfu.operations.v1 import dead_letter_service_pb2_grpc
from tianfu.telemetry.v1 import telemetry_service_pb2_grpc

DEADLINE_S: Final = 10.0
# Exports and audits read everything there is.
LONG_DEADLINE_S: Final = 120.0
# A watch is a call too, and every call has a deadline; it is taken up again where it ended.
WATCH_DEADLINE_S: Final = 3600.0
# What a terminal, or a table for somebody to read, can bear.
LISTED_MAX: Final = 10_000
ROLE_DEFAULT: Final = "platform-engineer"
# An address where nothing listens: calls end at once, and say that it can't be reached.
NOWHERE: Final = "127.0.0.1:1"

STATUS_OF_CODE: Final = {
    grpc.StatusCode.INVALID_ARGUMENT: Exit.USAGE,
    grpc.StatusCode.OUT_OF_RANGE: Exit.USAGE,
    grpc.StatusCode.NOT_FOUND: Exit.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: Exit.CONFLICT,
    grpc.StatusCode.ABORTED: Exit.CONFLICT,
    grpc.StatusCode.FAILED_PRECONDITION: Exit.CONFLICT,
    grpc.StatusCode.UNAVAILABLE: Exit.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: Exit.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Exit.UNAVAILABLE,
}

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Context:
    """Where a platform is found."""

    telemetry: str
    fleet: str
    disaster_warning: str
    healthcare: str
    credit_supervision: str
    energy: str
    nats: str
    folder: Folder


def context_of(data: Path) -> Context:
    """Return the context in a data folder; raise Failure when there is none."""
    folder = Folder.at(data)
    stored = read_json(folder.context)
    if stored is None:
        raise Failure(
            "CONTEXT_MISSING",
            f"no platform is known in {folder.root}",
            FIXES["CONTEXT_MISSING"],
            status=Exit.UNAVAILABLE,
        )
    # A platform of an earlier version that still runs lacks the services that came since.
    warning = stored.get("disaster-warning", NOWHERE)
    healthcare = stored.get("healthcare", NOWHERE)
    credit = stored.get("credit-supervision", NOWHERE)
    energy = stored.get("energy", NOWHERE)
    telemetry, fleet, nats = stored["telemetry"], stored["fleet"], stored["nats"]
    return Context(telemetry, fleet, warning, healthcare, credit, energy, nats, folder)


def metadata_of(
    folder: Folder,
    role: str = ROLE_DEFAULT,
    person: str = "",
    hospital: str = "",
    department: str = "",
) -> Metadata:
    """Return the call metadata that carry a token of a role, and of whom it is if that is named.

    A platform elsewhere takes no token of ours: who calls is who the file of the context says.
    """
    stated = (read_json(folder.context) or {}).get("token_file")
    if stated:
        return (("authorization", f"Bearer {token_of_file(Path(stated))}"),)
    token = tokens.issue(
        folder,
        role,
        subject=person,
        hospitals=(hospital,) if hospital else (),
        departments=(department,) if department else (),
    )
    return (("authorization", f"Bearer {token}"),)


def token_of_file(path: Path) -> str:
    """Return the token in a file; raise Failure without it."""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    if not token or any(each.isspace() for each in token):
        raise Failure(
            "TOKEN_FILE_UNUSABLE",
            f"there is no token in {path}",
            "sign in anew, and write the token there; `tianfu context set` names another file",
        )
    return token


@dataclass(frozen=True)
class Platform:
    """Stubs of the services, and what each call carries."""

    telemetry: telemetry_service_pb2_grpc.TelemetryServiceStub
    fleet: fleet_service_pb2_grpc.FleetServiceStub
    warnings: disaster_warning_service_pb2_grpc.DisasterWarningServiceStub
    healthcare: healthcare_service_pb2_grpc.HealthcareServiceStub
    credit: credit_supervision_service_pb2_grpc.CreditSupervisionServiceStub
    energy: energy_service_pb2_grpc.EnergyServiceStub
    # All dead letters lie in one stream; each service replays what it has refused itself.
    dead_letters: Mapping[str, dead_letter_service_pb2_grpc.DeadLetterServiceStub]
    metadata: Metadata

    def call(
        self,
        method: Any,
        request: Any,
        *,
        deadline_s: float = DEADLINE_S,
        metadata: Metadata | None = None,
    ) -> Any:
        """Call a unary method, as somebody else with metadata of theirs."""
        return method(request, timeout=deadline_s, metadata=metadata or self.metadata)

    def every(self, method: Any, request: Any) -> list[Any]:
        """Call a method that lists, page by page; return what all pages list, LISTED_MAX at most.

        What is left off is said: a list is never shorter than it looks.
        """
        found: list[Any] = []
        asked = type(request)()
        asked.CopyFrom(request)
        while True:
            answer = self.call(method, asked)
            listed = next(each for each in answer.DESCRIPTOR.fields if each.is_repeated)
            found += getattr(answer, listed.name)
            if not answer.next_page_token:
                return found
            if len(found) >= LISTED_MAX:
                output.note(f"the first {len(found)}; there are more: ask for less")
                return found
            asked.page_token = answer.next_page_token

    def stream(self, method: Any, request: Any, *, deadline_s: float = WATCH_DEADLINE_S) -> Any:
        """Call a method that answers with a stream."""
        return method(request, timeout=deadline_s, metadata=self.metadata)


@contextmanager
def platform(
    data: Path, role: str = ROLE_DEFAULT, person: str = "", hospital: str = ""
) -> Iterator[Platform]:
    """Connect to the platform in a data folder; errors of its calls come out as Failures."""
    context = context_of(data)
    metadata, keys = metadata_of(context.folder, role, person, hospital), context.folder.keys
    with (
        channels.blocking(context.telemetry, keys) as telemetry,
        channels.blocking(context.fleet, keys) as fleet,
        channels.blocking(context.disaster_warning, keys) as warning,
        channels.blocking(context.healthcare, keys) as healthcare,
        channels.blocking(context.credit_supervision, keys) as credit,
        channels.blocking(context.energy, keys) as energy,
    ):
        try:
            yield Platform(
                telemetry_service_pb2_grpc.TelemetryServiceStub(telemetry),
                fleet_service_pb2_grpc.FleetServiceStub(fleet),
                disaster_warning_service_pb2_grpc.DisasterWarningServiceStub(warning),
                healthcare_service_pb2_grpc.HealthcareServiceStub(healthcare),
                credit_supervision_service_pb2_grpc.CreditSupervisionServiceStub(credit),
                energy_service_pb2_grpc.EnergyServiceStub(energy),
                {
                    name: dead_letter_service_pb2_grpc.DeadLetterServiceStub(channel)
                    for name, channel in (
                        ("telemetry", telemetry),
                        ("fleet", fleet),
                        ("disaster-warning", warning),
                        ("healthcare", healthcare),
                        ("credit-supervision", credit),
                        ("energy", energy),
                    )
                },
                metadata,
            )
        except grpc.RpcError as error:
            raise failure_of(error) from error


def failure_of(error: grpc.RpcError) -> Failure:
    """Return a call's error as a person meets it: the reason the service gave, and a fix."""
    code = error.code()
    info, lines = details_of(error.trailing_metadata() or ())
    reason = info.reason or code.name
    if code is grpc.StatusCode.UNAVAILABLE and not info.reason:
        message = "the service can't be reached"
    else:
        message = error.details() or reason.lower()
    if info.metadata.get("trace_id"):
        lines.append(f"  trace id: {info.metadata['trace_id']}")
    fix = FIXES.get(reason) or FIXES.get(code.name, "")
    return Failure(
        reason,
        "\n".join((message, *lines)),
        fix,
        status=STATUS_OF_CODE.get(code, Exit.FAILED),
    )


def details_of(trailing: Any) -> tuple[error_details_pb2.ErrorInfo, list[str]]:
    """Return the ErrorInfo of a call's error, and its field violations as lines."""
    info, lines = error_details_pb2.ErrorInfo(), []
    packed = next((value for key, value in trailing if key == "grpc-status-details-bin"), b"")
    for detail in status_pb2.Status.FromString(packed).details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            bad = error_details_pb2.BadRequest()
            detail.Unpack(bad)
            lines += [f"  {each.field}: {each.description}" for each in bad.field_violations]
    return info, lines
