"""``tianfu nodes``."""

from __future__ import annotations

from typing import Annotated, Any

import grpc
import typer

from cli import output
from cli.connection import ROLE_DEFAULT, Platform, platform
from cli.names import node_name, since, words
from cli.output import Format
from tianfu.fleet.v1 import fleet_service_pb2, node_pb2

PAGE = 1000
COLUMNS = ["node", "display_name", "class", "place", "presence", "identity", "agent", "since"]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Edge nodes.")
FilterOption = Annotated[
    str, typer.Option("--filter", help='Such as "presence=online AND place_code=5101".')
]


def record_of(node: node_pb2.Node) -> dict[str, Any]:
    """Return a node as it is printed."""
    return {
        "node": node.name.removeprefix("nodes/"),
        "display_name": node.display_name,
        "class": words(node_pb2.NodeClass, node.node_class, "NODE_CLASS_"),
        "place": node.place_code,
        "presence": words(node_pb2.Presence, node.presence, "PRESENCE_"),
        "identity": words(node_pb2.IdentityState, node.identity_state, "IDENTITY_STATE_"),
        "agent": node.agent_version,
        "since": since(node, "presence_change_time"),
        "labels": dict(node.labels),
        "clock_offset_ms": node.clock_offset.ToTimedelta().total_seconds() * 1000,
        "etag": node.etag,
    }


def all_nodes(services: Platform, filter_text: str) -> list[node_pb2.Node]:
    """Return all nodes that match, page by page."""
    found: list[node_pb2.Node] = []
    page = ""
    while True:
        request = fleet_service_pb2.ListNodesRequest(
            page_size=PAGE, page_token=page, filter=filter_text
        )
        answer = services.call(services.fleet.ListNodes, request)
        found += answer.nodes
        page = answer.next_page_token
        if not page:
            return found


@app.command("list")
def list_nodes(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """List the nodes and whether they are heard from."""
    with platform(data, role) as services:
        found = all_nodes(services, filter_text)
    output.rows(COLUMNS, map(record_of, found), output_format)


@app.command("get")
def get_node(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show one node."""
    with platform(data, role) as services:
        request = fleet_service_pb2.GetNodeRequest(name=node_name(node))
        found = services.call(services.fleet.GetNode, request)
    output.one(record_of(found), output_format)


@app.command("watch")
def watch_nodes(
    filter_text: FilterOption = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print the nodes, then each change of them, until Ctrl-C."""
    resume = ""
    with output.until_interrupted(), platform(data, role) as services:
        while True:
            request = fleet_service_pb2.WatchNodesRequest(filter=filter_text, resume_token=resume)
            try:
                for answer in services.stream(services.fleet.WatchNodes, request):
                    resume = answer.resume_token or resume
                    show_change(answer, output_format)
            except grpc.RpcError as error:
                # The call's deadline: go on from the last answer.
                if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
                    raise


def show_change(answer: fleet_service_pb2.WatchNodesResponse, output_format: Format) -> None:
    """Print one change."""
    changes = fleet_service_pb2.WatchNodesResponse
    if answer.change == changes.CHANGE_CAUGHT_UP:
        output.note("-- that is all there is; changes follow")
        return
    gone = answer.change == changes.CHANGE_DELETED
    record = {"change": "deleted" if gone else "present", **record_of(answer.node)}
    text = f"{record['node']}: " + (
        "deleted" if gone else f"{record['presence']} since {record['since']}"
    )
    output.line(record, text, output_format)
