"""``tianfu nodes``."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer

from cli import channels, diagnosing, durations, output
from cli.connection import ROLE_DEFAULT, Platform, context_of, platform
from cli.failures import Exit, Failure
from cli.local.folder import write_private
from cli.names import node_name, since, to_the_second, words
from cli.output import Format
from tianfu import join_code, nats_jwt, nats_keys
from tianfu.fleet.v1 import enrolment_pb2, fleet_service_pb2, node_pb2
from tianfu.join_code import JoinCode
from tianfu.nats_keys import KeyKind

PAGE = 1000
COLUMNS = ["node", "display_name", "class", "place", "presence", "identity", "agent", "since"]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Edge nodes.")


class NodeClass(enum.Enum):
    """What a node may be."""

    GATEWAY = "gateway"
    BASE_STATION = "base-station"


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
    request = fleet_service_pb2.ListNodesRequest(page_size=PAGE, filter=filter_text)
    return services.every(services.fleet.ListNodes, request)


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


@app.command("register")
def register_node(
    node: Annotated[str, typer.Argument(help="Its id: a-z, 0-9 and inner '-'.")],
    place: Annotated[str, typer.Option(help="County by GB/T 2260, such as 510104.")],
    display_name: Annotated[str, typer.Option("--name", help="What people call it.")] = "",
    node_class: Annotated[
        NodeClass, typer.Option("--class", help="What it is.")
    ] = NodeClass.GATEWAY,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Register a node, so that a device may be enrolled as it; its id must be new."""
    wanted = node_pb2.Node(
        display_name=display_name or node,
        node_class=node_pb2.NodeClass.Value(f"NODE_CLASS_{node_class.name}"),
        place_code=place,
    )
    request = fleet_service_pb2.CreateNodeRequest(node_id=node, node=wanted)
    with platform(data, role) as services:
        found = services.call(services.fleet.CreateNode, request)
    output.one(record_of(found), output_format)


@app.command("enrol")
def enrol_node(
    node: Annotated[str, typer.Argument(help="The node's id; it has to be registered.")],
    ttl: Annotated[str, typer.Option(help="How long the code is good, such as 1h or 2d.")] = "1h",
    update_root: Annotated[
        Path | None,
        typer.Option(
            help="The root.json of your own releases. Without it the code says what the platform "
            "says of the root that it hands over.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = "field-engineer",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Print a join code with which one device may become this node, once.

    On the device: `tianfu-edge enroll CODE`. Whoever has the code becomes the node. The code says
    which root of signed releases the device is to be handed, and the device takes no other.
    """
    with platform(data, role) as services:
        request = fleet_service_pb2.IssueEnrolmentTokenRequest(name=node_name(node))
        request.ttl.FromTimedelta(durations.parse(ttl))
        answer = services.call(services.fleet.IssueEnrolmentToken, request)
    context = context_of(data)
    authority = channels.authority_of(context.folder.keys).read_text(encoding="ascii")
    root = answer.update_root_sha256
    if update_root is not None and join_code.root_digest(update_root.read_bytes()) != root:
        raise Failure(
            "UPDATE_ROOT_MISMATCH",
            f"the platform hands over another root of signed releases than {update_root}",
            "set TIANFU_UPDATE_ROOT_FILE of the fleet service to this file, and enrol then",
        )
    server = f"https://{context.fleet}"
    code = join_code.encode(JoinCode(answer.token, server, authority, root))
    until = answer.expire_time.ToDatetime().isoformat(timespec="seconds") + "Z"
    output.line({"node": node, "code": code, "expire_time": until}, code, output_format)
    output.note(f"good until {until}; on the device: tianfu-edge enroll CODE")


@app.command("enrolment")
def get_enrolment(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = "field-engineer",
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show where a node stands with its identity."""
    with platform(data, role) as services:
        request = fleet_service_pb2.GetEnrolmentRequest(name=f"{node_name(node)}/enrolment")
        found = services.call(services.fleet.GetEnrolment, request)
    output.one(enrolment_record(found), output_format)


@app.command("revoke")
def revoke_node(
    node: Annotated[str, typer.Argument(help="The node's id.")],
    cause: Annotated[str, typer.Option(help="Why; it is kept.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Turn a node's device out: its connections end within seconds, its key is good for nothing."""
    with platform(data, role) as services:
        request = fleet_service_pb2.RevokeEnrolmentRequest(
            name=f"{node_name(node)}/enrolment", cause=cause
        )
        found = services.call(services.fleet.RevokeEnrolment, request)
    output.one(enrolment_record(found), output_format)


app.command("diagnose", epilog=diagnosing.EPILOG)(diagnosing.diagnose)


@app.command("station")
def station_credentials(
    node: Annotated[str, typer.Argument(help="The base station's id.")],
    out: Annotated[Path, typer.Option(help="The file of credentials to write, mode 0600.")],
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
) -> None:
    """Write credentials of a base station's leaf server: a new key, or again those of the file.

    They are good for thirty days; what was signed before ends three minutes later.
    """
    pair = nats_keys.generate(KeyKind.USER)
    if out.exists():
        try:
            _, seed = nats_jwt.split_credentials(out.read_text(encoding="ascii"))
            pair = nats_keys.KeyPair(seed, KeyKind.USER)
        except ValueError as error:
            text = f"{out} is there, and holds no credentials"
            raise Failure("FILE_EXISTS", text, "name another file", status=Exit.USAGE) from error
    with platform(data, role) as services:
        request = fleet_service_pb2.IssueStationCredentialsRequest(
            name=node_name(node), public_key=pair.public_key
        )
        answer = services.call(services.fleet.IssueStationCredentials, request)
    write_private(out, nats_jwt.credentials(answer.credentials.nats_token, pair.seed))
    expires = to_the_second(answer.credentials.expire_time)
    output.note(f"{out}: {len(answer.gateways)} gateways, until {expires}")
    if answer.left_out:
        output.note(f"{answer.left_out} more gateways name this station: it passes on for 64")


def enrolment_record(found: enrolment_pb2.Enrolment) -> dict[str, Any]:
    """Return an enrolment as it is printed."""
    record: dict[str, Any] = {
        "node": found.name.split("/")[1],
        "state": enrolment_pb2.EnrolmentState.Name(found.state)
        .removeprefix("ENROLMENT_STATE_")
        .lower(),
        "public_key": found.public_key,
    }
    for name in ("enrol_time", "renew_time", "expire_time", "revoke_time"):
        if found.HasField(name):
            record[name] = getattr(found, name).ToDatetime().isoformat(timespec="seconds") + "Z"
    if found.HasField("revoke_time"):
        record |= {"revoke_cause": found.revoke_cause, "revoke_applied": found.revoke_applied}
    return record


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
