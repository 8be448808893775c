"""``tianfu dead-letters`` while some of the services are away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from cli import dead_letters
from cli.connection import Platform
from cli.failures import Failure
from tianfu.operations.v1 import dead_letter_service_pb2 as pb


class Refused(grpc.RpcError):  # type: ignore[misc]
    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__()
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


class Service:
    """Answers as a service does: with the letters of all, or with an error."""

    def __init__(self, letters: int = 0, *, error: grpc.StatusCode | None = None) -> None:
        self.letters, self.error, self.asked = letters, error, 0

    def ListDeadLetters(self, request: Any, **_how: Any) -> Any:  # noqa: N802 - as gRPC names it
        self.asked += 1
        if self.error is not None:
            raise Refused(self.error)
        begin = int(request.page_token or 0)
        names = [pb.DeadLetter(name=f"deadLetters/{n + 1}") for n in range(begin, self.letters)]
        more = str(begin + 2) if begin + 2 < self.letters else ""
        return pb.ListDeadLettersResponse(dead_letters=names[:2], next_page_token=more)


def platform(**services: Service) -> Platform:
    stub: Any = SimpleNamespace()
    return Platform(stub, stub, stub, stub, stub, stub, services, ())  # type: ignore[arg-type]


def test_all_pages_of_the_first_service_that_is_there() -> None:
    away, there, spare = Service(error=grpc.StatusCode.UNAVAILABLE), Service(5), Service(5)
    found = dead_letters.all_letters(platform(telemetry=away, fleet=there, healthcare=spare))
    assert [each.name for each in found] == [f"deadLetters/{n}" for n in range(1, 6)]
    assert (away.asked, there.asked, spare.asked) == (1, 3, 0)


def test_a_refusal_is_not_taken_for_absence() -> None:
    strict, spare = Service(error=grpc.StatusCode.PERMISSION_DENIED), Service(5)
    with pytest.raises(grpc.RpcError):
        dead_letters.all_letters(platform(telemetry=strict, fleet=spare))
    assert spare.asked == 0


def test_nobody_is_there() -> None:
    away = Service(error=grpc.StatusCode.UNAVAILABLE)
    with pytest.raises((grpc.RpcError, Failure)):
        dead_letters.all_letters(platform(telemetry=away, fleet=away))
    assert away.asked == 2
