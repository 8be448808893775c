"""``tianfu releases``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT, platform
from cli.failures import Exit, Failure
from cli.keyfiles import KeyFiles
from cli.keys import passphrase
from cli.names import node_name, since, words
from cli.node_rules import NodeOption, patch_plans
from cli.output import Format
from cli.updates.repository import ROLES, Repository
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import update_pb2
from tianfu.releases import release

EPILOG: Final = """\
Examples:
  tianfu keys updates
  tianfu releases sign dist/tianfu-0.2.0-py3-none-any.whl --channel candidate
  tianfu releases point stable 0.2.0
  tianfu releases refresh
  tianfu releases list
  tianfu releases publish
  tianfu releases assign --node jinjiang-1 --channel candidate
  tianfu releases nodes --node jinjiang-1
"""
NODE_COLUMNS: Final = [
    *("node", "version", "channel", "wanted", "state", "since", "reason", "message"),
]
UPLOAD_S: Final = 120.0
"""Of one wheel: what the service gives an upload."""

PART_BYTES: Final = 1 << 20
"""Of one message of an upload; the service takes no larger ones."""

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, epilog=EPILOG)
FolderOption = Annotated[
    Path, typer.Option("--releases", help="The folder of signed releases; it holds no secret.")
]
KeysOption = Annotated[Path, typer.Option("--keys", help="The folder of keys that sign them.")]
FOLDER_DEFAULT: Final = Path("releases")
KEYS_DEFAULT: Final = Path("keys/updates")


@app.callback()
def releases() -> None:
    """Releases of the agent, which nodes install by themselves when they believe the signatures.

    Sign where the keys are; publish from wherever the folder of releases is.
    """


@app.command("sign")
def sign(
    wheels: Annotated[
        list[Path],
        typer.Argument(help="The agent's wheel, and those it needs that nodes do not have."),
    ],
    channel: Annotated[
        str, typer.Option(help="Have this channel at it, such as candidate or stable.")
    ] = "",
    folder: FolderOption = FOLDER_DEFAULT,
    keys: KeysOption = KEYS_DEFAULT,
) -> None:
    """Sign a release of the version that the agent's wheel has."""
    version = _version(wheels)
    repository = opened(folder, keys)
    made = repository.add(version, wheels)
    if channel:
        repository.point(channel, version)
    output.note(f"release {version} of {len(made.wheels)} wheels is signed, not yet published")


@app.command("point")
def point(
    channel: Annotated[str, typer.Argument(help="Such as stable.")],
    version: Annotated[str, typer.Argument(help="A version that is signed.")],
    folder: FolderOption = FOLDER_DEFAULT,
    keys: KeysOption = KEYS_DEFAULT,
) -> None:
    """Have a channel at a version: its nodes install it, be it newer or older."""
    opened(folder, keys).point(channel, version)
    output.note(f"{channel} is at {version}, not yet published")


@app.command("withdraw")
def withdraw(
    version: Annotated[str, typer.Argument(help="A version that no channel is at.")],
    folder: FolderOption = FOLDER_DEFAULT,
    keys: KeysOption = KEYS_DEFAULT,
) -> None:
    """Sign a release no more: no node installs it again. Those that have it keep it."""
    opened(folder, keys).withdraw(version)
    output.note(f"release {version} is withdrawn, not yet published")


@app.command("refresh")
def refresh(folder: FolderOption = FOLDER_DEFAULT, keys: KeysOption = KEYS_DEFAULT) -> None:
    """Sign anew that what is published is the newest; do so each week, then publish.

    It needs snapshot.pem and timestamp.pem alone. Nodes install nothing once it has ended, which is
    after a fortnight: else whoever holds back news from them would not be noticed.
    """
    opened(folder, keys).refresh()
    output.note("refreshed, not yet published")


@app.command("rotate")
def rotate(
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
    folder: FolderOption = FOLDER_DEFAULT,
    keys: KeysOption = KEYS_DEFAULT,
) -> None:
    """Replace a key by a new one, and the root for another year; needs root.pem.

    Nodes learn of it by themselves: the root that they trust signs the next.
    """
    if role not in ROLES:
        known = ", ".join(ROLES)
        raise Failure("ROLE_UNKNOWN", f"no role {role!r}; there are {known}", status=Exit.USAGE)
    made = opened(folder, keys).rotate(role)
    output.note(f"{role} has a new key by {made.name}, not yet published")


@app.command("list")
def list_releases(
    folder: FolderOption = FOLDER_DEFAULT, output_format: output.FormatOption = Format.TABLE
) -> None:
    """Show the releases that are signed, which channels are at them, and when that ends."""
    repository = Repository(folder, KeyFiles(folder, ""), datetime.now(UTC))
    channels = repository.channels()
    records: list[dict[str, Any]] = [
        {
            "version": one.version,
            "channels": ", ".join(c for c, version in channels.items() if version == one.version),
            "wheels": len(one.wheels),
            "size_bytes": sum(wheel.size_bytes for wheel in one.wheels),
        }
        for one in repository.releases()
    ]
    output.rows(["version", "channels", "wheels", "size_bytes"], records, output_format)
    if output_format is Format.TABLE:
        ends = repository.ends()
        first = min(ends, key=lambda role: ends[role])
        output.note(f"good until {ends[first].isoformat()} ({first})")


@app.command("publish")
def publish(
    folder: FolderOption = FOLDER_DEFAULT,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
) -> None:
    """Show nodes what is signed: wheels first, then all else at once. Needs no key.

    What a node would not believe is not published.
    """
    repository = Repository(folder, KeyFiles(folder, ""), datetime.now(UTC))
    files = repository.files()
    bundle = update_pb2.UpdateBundle(
        files=[update_pb2.UpdateFile(name=name, content=files[name]) for name in sorted(files)]
    )
    with platform(data, role) as services:
        for one in repository.releases():
            for wheel in one.wheels:
                content = repository.wheel(wheel)
                services.fleet.UploadArtifact(
                    parts(f"artifacts/{wheel.sha256}", content),
                    timeout=UPLOAD_S,
                    metadata=services.metadata,
                )
        services.call(services.fleet.PublishUpdates, pb.PublishUpdatesRequest(bundle=bundle))
    output.note(f"published; good until {min(repository.ends().values()).isoformat()}")


@app.command("assign")
def assign(
    node: NodeOption,
    channel: Annotated[str, typer.Option(help="The channel that they follow.")] = "",
    version: Annotated[str, typer.Option(help="A version to stay on, in its place.")] = "",
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Say which channel nodes follow, or which version they stay on; neither: their settings'."""
    wish = update_pb2.AgentWish(channel=channel, version=version)
    patches = [pb.NodePlanPatch(name=f"{node_name(each)}/plan", agent=wish) for each in node]
    with platform(data, role) as services:
        patch_plans(services, patches, output_format)


@app.command("nodes")
def nodes(
    node: NodeOption,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    output_format: output.FormatOption = Format.TABLE,
) -> None:
    """Show which agent nodes run, what they are to have, and why they do not."""
    records: list[dict[str, Any]] = []
    with platform(data, role) as services:
        for each in node:
            asked = pb.GetNodePlanRequest(name=f"{node_name(each)}/plan")
            said = services.call(services.fleet.GetNodePlan, asked).report.agent
            records.append(
                {
                    "node": each,
                    "version": said.version,
                    "channel": said.channel,
                    "wanted": said.wanted_version,
                    "state": words(update_pb2.UpdateState, said.state, "UPDATE_STATE_"),
                    "since": since(said, "since_time"),
                    "reason": said.reason,
                    "message": said.message,
                }
            )
    output.rows(NODE_COLUMNS, records, output_format)


def parts(name: str, content: bytes) -> Iterator[pb.UploadArtifactRequest]:
    """Return an artifact as it is uploaded."""
    yield pb.UploadArtifactRequest(name=name)
    for start in range(0, len(content), PART_BYTES):
        yield pb.UploadArtifactRequest(data=content[start : start + PART_BYTES])


def opened(folder: Path, keys: Path) -> Repository:
    """Return the releases in a folder, with the keys that sign them."""
    return Repository(folder, KeyFiles(keys, passphrase()), datetime.now(UTC))


def _version(wheels: list[Path]) -> str:
    """Return the version that the agent's wheel has by its name; raise Failure."""
    for wheel in wheels:
        found = release.WHEEL_PATTERN.fullmatch(wheel.name)
        if found is not None and release.normal(found["name"]) == release.AGENT:
            return found["version"]
    raise Failure(
        "RELEASE_INVALID",
        f"none of the files is a wheel of {release.AGENT}",
        "`python -m build --wheel` makes one",
        status=Exit.USAGE,
    )
