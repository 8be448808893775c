"""What the operator process is told by its environment. A wrong value ends it, and says which."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from operators.edgenode.children import Config
from operators.fleet.client import FleetAddress
from operators.kube.kinds import Key

PREFIX: Final = "TIANFU_"


class InvalidSettings(Exception):
    """A setting is missing or wrong. ``reason`` is SETTINGS_INVALID."""

    reason = "SETTINGS_INVALID"


@dataclass(frozen=True)
class Shard:
    """Which of the namespaces an operator looks after, when several are active."""

    index: int = 0
    count: int = 1

    def serves(self, namespace: str) -> bool:
        """Say whether a namespace is this shard's: the same on every machine."""
        if self.count == 1:
            return True
        digest = sha256(namespace.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index


@dataclass(frozen=True)
class Settings:
    """The settings; ``VARIABLES`` says what each is."""

    kubeconfig: Path | None
    fleet: FleetAddress
    entrance: str
    entrance_authority: Path | None
    namespaces: tuple[str, ...]
    shard: Shard
    lease: Key
    identity: str
    probe_port: int
    config: Config


VARIABLES: Final[Mapping[str, str]] = {
    "KUBECONFIG": "file of the API server; left out, the pod's own",
    "TIANFU_FLEET_ADDRESS": "HOST:PORT of the fleet service (required)",
    "TIANFU_FLEET_TOKEN_FILE": "file with a bearer token for it, read at each call",
    "TIANFU_FLEET_PLAIN": "1: without TLS, for a server on this machine",
    "TIANFU_TLS_CA_FILE": "who signs the fleet service's certificate",
    "TIANFU_TLS_CERTIFICATE_FILE": "our certificate as a service; takes the place of a token",
    "TIANFU_TLS_KEY_FILE": "its key",
    "TIANFU_ENTRANCE": "https://HOST:PORT where devices enrol; left out, the fleet's address",
    "TIANFU_ENTRANCE_CA_FILE": "who signs that one's certificate; left out, TIANFU_TLS_CA_FILE",
    "TIANFU_NAMESPACES": "namespaces to look after, with commas; left out, all",
    "TIANFU_SHARD": "INDEX/COUNT: look after a part of them, such as 0/2; left out, 0/1",
    "TIANFU_LEASE_NAMESPACE": "namespace of the Lease; left out, tianfu-system",
    "TIANFU_PROBE_PORT": "port of /healthz, /readyz and /metrics; left out, 8080",
    "TIANFU_CHANNELS": "agent versions by channel: Stable=0.1.0,Candidate=0.2.0",
    "TIANFU_AGENT_IMAGE": "image of the agent, without tag",
    "TIANFU_LEAF_IMAGE": "image of nats-server for base stations",
    "TIANFU_LEAF_CONFIG_FILE": "configuration of leaf servers, with TIANFU-LEAF-NAME for the name",
    "TIANFU_DEVICE_NETWORKS": "networks of meters and sensors, with commas",
    "TIANFU_STORAGE_CLASS": "storage class of agents' volumes; left out, the cluster's own",
}


def load(environment: Mapping[str, str]) -> Settings:
    """Return the settings; raise InvalidSettings."""
    get = environment.get
    address = get("TIANFU_FLEET_ADDRESS")
    if not address:
        raise InvalidSettings("TIANFU_FLEET_ADDRESS is not set: HOST:PORT of the fleet service")
    shard, namespaces = _shard(get("TIANFU_SHARD", "0/1")), _list(get("TIANFU_NAMESPACES", ""))
    authority = _path(environment, "TIANFU_TLS_CA_FILE")
    kubeconfig = _path(environment, "KUBECONFIG")
    return Settings(
        kubeconfig=kubeconfig,
        fleet=FleetAddress(
            address,
            authority=authority,
            certificate=_path(environment, "TIANFU_TLS_CERTIFICATE_FILE"),
            key=_path(environment, "TIANFU_TLS_KEY_FILE"),
            token_file=_path(environment, "TIANFU_FLEET_TOKEN_FILE"),
            is_plain=get("TIANFU_FLEET_PLAIN") == "1",
        ),
        entrance=get("TIANFU_ENTRANCE", f"https://{address}"),
        entrance_authority=_path(environment, "TIANFU_ENTRANCE_CA_FILE") or authority,
        namespaces=namespaces,
        shard=shard,
        lease=Key(get("TIANFU_LEASE_NAMESPACE", "tianfu-system"), lease_name(shard, namespaces)),
        identity=f"{socket.gethostname()}_{os.getpid()}",
        probe_port=_number(environment, "TIANFU_PROBE_PORT", 8080),
        config=_config(environment),
    )


def lease_name(shard: Shard, namespaces: tuple[str, ...]) -> str:
    """Return the Lease's name: who looks after the same namespaces contends for the same one."""
    name = "tianfu-operators"
    if namespaces:
        name += "-" + sha256(",".join(sorted(namespaces)).encode()).hexdigest()[:8]
    return f"{name}-{shard.index}-of-{shard.count}" if shard.count > 1 else name


def _config(environment: Mapping[str, str]) -> Config:
    get = environment.get
    default = Config()
    leaf = _path(environment, "TIANFU_LEAF_CONFIG_FILE")
    networks = get("TIANFU_DEVICE_NETWORKS")
    return Config(
        channels=_channels(get("TIANFU_CHANNELS", "")),
        agent_image=get("TIANFU_AGENT_IMAGE", default.agent_image),
        leaf_image=get("TIANFU_LEAF_IMAGE", default.leaf_image),
        leaf_config="" if leaf is None else leaf.read_text("utf-8"),
        device_networks=default.device_networks if networks is None else _list(networks),
        storage_class=get("TIANFU_STORAGE_CLASS", ""),
    )


def _shard(text: str) -> Shard:
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise InvalidSettings(f"TIANFU_SHARD is {text!r}: need INDEX/COUNT, such as 0/2")
    return Shard(int(index), int(count))


def _channels(text: str) -> dict[str, str]:
    found = {}
    for pair in _list(text):
        channel, equals, version = pair.partition("=")
        if channel not in {"Stable", "Candidate"} or not equals or not version:
            raise InvalidSettings(
                f"TIANFU_CHANNELS has {pair!r}: need Stable=VERSION or Candidate=VERSION"
            )
        found[channel] = version
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal():
        raise InvalidSettings(f"{name} is {text!r}: need a number")
    return int(text)


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name)
    if not text:
        return None
    path = Path(text)
    if not path.is_file():
        raise InvalidSettings(f"{name} is {text}: there is no such file")
    return path
