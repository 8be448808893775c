"""What stands on a base station's Kubernetes node: manifests made of an EdgeNode. Pure.

Names follow from the node's, so that a second time makes nothing new. The pods meet the
"restricted" Pod Security Standard; the agent keeps its key and its spool on a volume of its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from operators.edgenode.api import EdgeNode
from operators.kube.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    EDGE_NODE,
    MANAGED_LABEL,
    NETWORK_POLICY,
    SECRET,
    VOLUME_CLAIM,
    Kind,
    Object,
)
from tianfu.nats_config import STATION_FOLDER, STATION_NAME

NODE_LABEL: Final = "edge.tianfu.dev/node"
JOIN_CODE: Final = "join-code"
EXPIRES: Final = "edge.tianfu.dev/expire-time"

LEAF_PORT: Final = 4222
LEAF_GIVEN: Final = "/etc/leaf"
"""Where the agent finds the leaf server's configuration as operators give it."""

LEAF_RUN: Final = "/run/leaf"
"""Where it writes it for nats-server, with who was turned out since."""

DNS_PORT: Final = 53
USER: Final = 65532
"""User and group of both containers: nobody's on any host."""


@dataclass(frozen=True, slots=True)
class Config:
    """What is the same for all nodes of this platform."""

    channels: Mapping[str, str] = field(default_factory=dict)
    """Agent version by channel (Stable, Candidate)."""

    agent_image: str = "tianfu-edge"
    """Without a tag: the version is the tag."""

    leaf_image: str = "nats:2.12"
    leaf_config: str = ""
    """nats-server's configuration of a leaf (``tianfu.nats_config.render_leaf``), in which the
    server name is STATION_NAME; empty for stations without a leaf server."""

    hub_ports: tuple[int, ...] = (4222, 7422, 8443)
    """Ports of the platform that agents and leaf servers connect to."""

    device_networks: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    """Where meters and sensors are."""

    storage: str = "4Gi"
    storage_class: str = ""


def secret_name(node: EdgeNode) -> str:
    """Return the name of the Secret with a node's enrolment token."""
    return f"{node.key.name}-enrolment"


def agent_name(node: EdgeNode) -> str:
    """Return the name of what makes a node's agent: Deployment, ConfigMap, volume, policy."""
    return f"{node.key.name}-agent"


def leaf_secret_name(node: EdgeNode) -> str:
    """Return the name of the Secret with the credentials of the station's leaf server."""
    return f"{node.key.name}-leaf"


def metadata(node: EdgeNode, name: str) -> dict[str, Any]:
    """Return a child's metadata: owned by the node, and gone with it."""
    return {
        "name": name,
        "namespace": node.key.namespace,
        "labels": dict((MANAGED_LABEL, (NODE_LABEL, node.key.name))),
        "ownerReferences": [
            {
                "apiVersion": EDGE_NODE.api_version,
                "kind": EDGE_NODE.name,
                "name": node.key.name,
                "uid": node.uid,
                "controller": True,
            }
        ],
    }


def token_secret(node: EdgeNode, token: str, join_code: str, expires: str) -> Object:
    """Return the Secret with an enrolment token; ``expires`` in the API's time format."""
    made = metadata(node, secret_name(node))
    made["annotations"] = {EXPIRES: expires}
    data = {"token": token, JOIN_CODE: join_code, "expire-time": expires}
    return {
        **_head(SECRET),
        "metadata": made,
        "type": "Opaque",
        "data": {name: b64encode(text.encode()).decode() for name, text in data.items()},
    }


def children(node: EdgeNode, config: Config) -> tuple[Object, ...]:
    """Return what a node of runtime Kubernetes needs, in the order of making."""
    version = node.version(config.channels)
    if not node.is_on_kubernetes or not version:
        return ()
    made = [_volume(node, config), _policy(node, config)]
    if config.leaf_config:
        made.append(_leaf_settings(node, config))
    return (*made, _deployment(node, config, version))


def _head(kind: Kind) -> dict[str, str]:
    return {"apiVersion": kind.api_version, "kind": kind.name}


def _volume(node: EdgeNode, config: Config) -> Object:
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": config.storage}},
    }
    if config.storage_class:
        spec["storageClassName"] = config.storage_class
    return {**_head(VOLUME_CLAIM), "metadata": metadata(node, agent_name(node)), "spec": spec}


def _policy(node: EdgeNode, config: Config) -> Object:
    """Return who may speak with the pod: gateways to its leaf, it to platform, DNS and devices."""
    ports = [{"protocol": "TCP", "port": port} for port in config.hub_ports]
    egress: list[dict[str, Any]] = [
        {"ports": [{"protocol": protocol, "port": DNS_PORT} for protocol in ("UDP", "TCP")]},
        {"ports": ports},
    ]
    if config.device_networks:
        networks = [{"ipBlock": {"cidr": cidr}} for cidr in config.device_networks]
        egress.append({"to": networks})
    ingress = [{"ports": [{"protocol": "TCP", "port": LEAF_PORT}]}] if config.leaf_config else []
    return {
        **_head(NETWORK_POLICY),
        "metadata": metadata(node, agent_name(node)),
        "spec": {
            "podSelector": {"matchLabels": {NODE_LABEL: node.key.name}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": egress,
            **({"ingress": ingress} if ingress else {}),
        },
    }


def _leaf_settings(node: EdgeNode, config: Config) -> Object:
    text = config.leaf_config.replace(STATION_NAME, node.key.name)
    return {
        **_head(CONFIG_MAP),
        "metadata": metadata(node, agent_name(node)),
        "data": {"leaf.conf": text},
    }


def _deployment(node: EdgeNode, config: Config, version: str) -> Object:
    labels = dict((MANAGED_LABEL, (NODE_LABEL, node.key.name)))
    return {
        **_head(DEPLOYMENT),
        "metadata": metadata(node, agent_name(node)),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {NODE_LABEL: node.key.name}},
            # Two agents of one identity would be told apart as a copied card: old ends, new begins.
            "strategy": {"type": "Recreate"},
            "progressDeadlineSeconds": 600,
            "template": {"metadata": {"labels": labels}, "spec": _pod(node, config, version)},
        },
    }


def _pod(node: EdgeNode, config: Config, version: str) -> dict[str, Any]:
    image = f"{config.agent_image}:{version}"
    data = {"name": "data", "mountPath": "/data"}
    code = {"name": "enrolment", "mountPath": "/enrolment", "readOnly": True}
    enrol = (
        "test -f /data/edge.toml || exec tianfu-edge enroll"
        f" @/enrolment/{JOIN_CODE} --config /data/edge.toml --data-dir /data/agent"
    )
    containers: list[dict[str, Any]] = [
        {
            "name": "agent",
            "image": image,
            "command": ["tianfu-edge", "run", "--config", "/data/edge.toml"],
            "volumeMounts": [data, {"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the pod
            "securityContext": _confined(),
            "resources": _bounded("100m", "128Mi", "256Mi"),
        }
    ]
    volumes: list[dict[str, Any]] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": agent_name(node)}},
        # Gone once the device has enrolled: the token is spent.
        {"name": "enrolment", "secret": {"secretName": secret_name(node), "optional": True}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]
    init = [
        {
            "name": "enrol",
            "image": image,
            "command": ["sh", "-c", enrol],
            "volumeMounts": [data, code],
            "securityContext": _confined(),
            "resources": _bounded("100m", "64Mi", "128Mi"),
        }
    ]
    if config.leaf_config:
        containers[0].update(_speaks_to_leaf(containers[0]["volumeMounts"]))
        containers.append(_leaf(config))
        init.append(_leaf_settings_first(image, data))
        volumes += [
            {"name": "leaf", "configMap": {"name": agent_name(node)}},
            {"name": "leaf-run", "emptyDir": {"sizeLimit": "16Mi"}},
            {"name": "station", "secret": {"secretName": leaf_secret_name(node)}},
        ]
    return {
        # By affinity and not by nodeName: the scheduler then still sees to volumes and room.
        "affinity": {"nodeAffinity": _pinned(node.kubernetes_node)},
        # A station's node carries taints that keep others off; the agent is what it is for.
        "tolerations": [{"operator": "Exists"}],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        # So that the agent can tell nats-server to read its configuration again.
        **({"shareProcessNamespace": True} if config.leaf_config else {}),
        "initContainers": init,
        "containers": containers,
        "volumes": volumes,
    }


def _speaks_to_leaf(mounts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what an agent has beside who gives its leaf server the configuration."""
    environment = {
        "TIANFU_EDGE_STATION_CONFIG_FILE": f"{LEAF_GIVEN}/leaf.conf",
        "TIANFU_EDGE_STATION_SHARED_FOLDER": LEAF_RUN,
    }
    return {
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "volumeMounts": [
            *mounts,
            {"name": "leaf", "mountPath": LEAF_GIVEN, "readOnly": True},
            {"name": "leaf-run", "mountPath": LEAF_RUN},
        ],
    }


def _leaf_settings_first(image: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return what writes the configuration, with who was turned out, before nats-server starts."""
    return {
        "name": "leaf-settings",
        "image": image,
        "command": ["tianfu-edge", "station", "--config", "/data/edge.toml"],
        "securityContext": _confined(),
        "resources": _bounded("100m", "64Mi", "128Mi"),
        **_speaks_to_leaf([data]),
    }


def _leaf(config: Config) -> dict[str, Any]:
    return {
        "name": "leaf",
        "image": config.leaf_image,
        "command": ["nats-server", "-c", f"{LEAF_RUN}/leaf.conf"],
        "ports": [{"name": "nats", "containerPort": LEAF_PORT, "protocol": "TCP"}],
        "volumeMounts": [
            {"name": "leaf-run", "mountPath": LEAF_RUN, "readOnly": True},
            {"name": "station", "mountPath": str(STATION_FOLDER), "readOnly": True},
        ],
        "securityContext": _confined(),
        "resources": _bounded("100m", "64Mi", "256Mi"),
    }


def _pinned(name: str) -> dict[str, Any]:
    match = {"key": "metadata.name", "operator": "In", "values": [name]}
    terms = [{"matchFields": [match]}]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _confined() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _bounded(cpu: str, memory: str, limit: str) -> dict[str, Any]:
    return {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": limit}}
