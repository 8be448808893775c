"""Lists of the command line: all pages, and a word when there is more than can be shown."""

from __future__ import annotations

from typing import Any

import pytest

from cli import connection
from cli.connection import Platform
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import node_pb2


class Pages:
    """A method that lists so many nodes."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[pb.ListNodesRequest] = []

    def __call__(self, request: pb.ListNodesRequest, **_: Any) -> pb.ListNodesResponse:
        self.asked.append(pb.ListNodesRequest.FromString(request.SerializeToString()))
        begin = int(request.page_token or 0)
        end = min(begin + request.page_size, self.count)
        return pb.ListNodesResponse(
            nodes=[node_pb2.Node(name=f"nodes/n-{number}") for number in range(begin, end)],
            next_page_token=str(end) if end < self.count else "",
        )


@pytest.fixture
def services() -> Platform:
    nobody: Any = None
    return Platform(nobody, nobody, nobody, nobody, nobody, nobody, {}, ())


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_all_pages_are_read_with_the_same_question(services: Platform, count: int) -> None:
    method = Pages(count)
    request = pb.ListNodesRequest(page_size=100, filter="presence=online")

    found = services.every(method, request)

    assert [each.name for each in found] == [f"nodes/n-{number}" for number in range(count)]
    assert {each.filter for each in method.asked} == {"presence=online"}
    assert request.page_token == "", "the caller's request is the caller's"


def test_what_is_left_off_is_said(
    services: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connection, "LISTED_MAX", 200)

    assert len(services.every(Pages(200), pb.ListNodesRequest(page_size=100))) == 200
    assert capsys.readouterr().err == ""
    assert len(services.every(Pages(201), pb.ListNodesRequest(page_size=100))) == 200
    assert "the first 200; there are more" in capsys.readouterr().err
