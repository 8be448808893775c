"""What a local platform remembers between runs: its ports, its size, its passwords."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from cli.failures import Exit, Failure
from cli.local import ambulance, fleet, ports
from cli.local.folder import Folder, read_json, write_json

VERSION: Final = 2
PASSWORD_BYTES: Final = 18
SERVER_PORTS: Final = (
    "telemetry grpc",
    "telemetry metrics",
    "fleet grpc",
    "fleet metrics",
    "disaster-warning grpc",
    "disaster-warning metrics",
    "healthcare grpc",
    "healthcare metrics",
    "credit-supervision grpc",
    "credit-supervision metrics",
    "gateway http",
    "gateway metrics",
    "issuer http",
    "energy grpc",
    "energy metrics",
    "energy openadr",
    "hl7",
    "nats",
    "nats monitor",
    "postgres",
)
PAIRED: Final = (
    "telemetry",
    "fleet",
    "disaster-warning",
    "healthcare",
    "credit-supervision",
    "energy",
    "gateway",
)
"""Services that profile HA runs two of. The second takes over the address of the first, with its
turn; only where it shows its metrics is its own."""

NATS_SERVERS: Final = ("nats", "nats-2", "nats-3")
HA_PORTS: Final = (
    *(f"{name}-2 metrics" for name in PAIRED),
    *(f"{name} route" for name in NATS_SERVERS),
    *(port for name in NATS_SERVERS[1:] for port in (name, f"{name} monitor")),
    "postgres-2",
)
# PostgreSQL's administrator, and a user a service, which is named as its schema.
PASSWORDS: Final = (
    "postgres",
    "fleet",
    "disaster_warning",
    "healthcare",
    "credit_supervision",
    "gateway",
    "energy",
    # What NATS' servers show each other.
    "nats_route",
)


class Profile(StrEnum):
    """How much there is of each part."""

    MINIMAL = "minimal"
    HA = "ha"


@dataclass(frozen=True)
class State:
    """The remembered choices."""

    version: int
    stack_id: str
    # Unix time of the first start: the meters' profiles run from it.
    origin_s: float
    nodes: int
    meters_per_node: int
    ports: dict[str, int]
    # Of the PostgreSQL users, and of servers to each other; of use on this machine only.
    passwords: dict[str, str]
    # Whether NATS flushes each message to the disk before it acknowledges it.
    sync_always: bool = False
    # Chosen at the first start: a store of one server is none of three.
    profile: str = Profile.MINIMAL.value

    @property
    def is_ha(self) -> bool:
        """Whether any one process may be missing."""
        return self.profile == Profile.HA.value

    @property
    def nats_servers(self) -> Sequence[str]:
        """Names of the NATS servers."""
        return NATS_SERVERS if self.is_ha else NATS_SERVERS[:1]

    def address(self, name: str) -> str:
        """Return host and port of a server."""
        return f"{ports.HOST}:{self.ports[name]}"

    @property
    def nats_url(self) -> str:
        """URL of the NATS server, or those of all, joined by commas."""
        return ",".join(f"nats://{self.address(name)}" for name in self.nats_servers)

    def gateways(self) -> list[fleet.Gateway]:
        """Return the fleet."""
        return fleet.gateways(self.nodes, self.meters_per_node, self.ports)

    def nodes_there_are(self) -> list[fleet.Gateway]:
        """Return the fleet and what else runs an agent: the ambulance."""
        return [*self.gateways(), ambulance.gateway()]


def remembered(folder: Folder) -> State:
    """Return the state of the platform that runs in a folder."""
    stored: dict[str, Any] | None = read_json(folder.state)
    if stored is None or stored.get("version") != VERSION:
        raise Failure(
            "DATA_FOLDER_VERSION",
            f"the platform in {folder.root} is of another version of tianfu",
            "use that version, or start it anew with this one",
            status=Exit.CONFLICT,
        )
    return State(**stored)


def prepare(
    folder: Folder,
    *,
    now_s: float,
    nodes: int | None,
    meters: int | None,
    new_ports: bool,
    sync_always: bool = False,
    profile: Profile | None = None,
) -> State:
    """Return the state for this run, remembered or made, and write it down.

    Without a ``profile`` it is the folder's, and a new folder's is minimal.
    """
    stored: dict[str, Any] | None = read_json(folder.state)
    if stored is not None and stored.get("version") != VERSION:
        raise Failure(
            "DATA_FOLDER_VERSION",
            f"{folder.root} was written by another version of tianfu",
            "use that version, or name another folder with --data",
            status=Exit.CONFLICT,
        )
    state = State(**stored) if stored is not None else first(now_s, profile or Profile.MINIMAL)
    if profile is not None and profile != state.profile:
        raise Failure(
            "PROFILE_FIXED",
            f"the platform in {folder.root} is of profile {state.profile}, not {profile.value}",
            "name another folder with --data; `tianfu backup` and `tianfu restore` carry data over",
            status=Exit.CONFLICT,
        )
    state = replace(
        state,
        nodes=nodes or state.nodes,
        meters_per_node=meters or state.meters_per_node,
        sync_always=sync_always,
        # A folder of an earlier version has none for the services that came since.
        passwords=passwords() | state.passwords,
    )
    ours = (*SERVER_PORTS, *HA_PORTS) if state.is_ha else SERVER_PORTS
    names = [*ours, *fleet.port_names(state.nodes, state.meters_per_node)]
    known = {} if new_ports else state.ports
    state = replace(state, ports=ports.choose(names, known, folder.root))
    if not new_ports:
        ports.check({name: state.ports[name] for name in names})
    write_json(folder.state, asdict(state))
    return state


def first(now_s: float, profile: Profile = Profile.MINIMAL) -> State:
    """Return the state of a platform that never ran."""
    return State(
        version=VERSION,
        stack_id=str(uuid.uuid4()),
        origin_s=now_s,
        nodes=fleet.NODES_DEFAULT,
        meters_per_node=fleet.METERS_DEFAULT,
        ports={},
        passwords=passwords(),
        profile=profile.value,
    )


def passwords() -> dict[str, str]:
    """Return new passwords, one for each of them."""
    return {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in PASSWORDS}
