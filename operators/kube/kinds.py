"""What is read and written: kinds, and the keys of objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from typing_extensions import override

GROUP: Final = "edge.tianfu.dev"
VERSION: Final = "v1alpha1"

MANAGED_LABEL: Final = ("app.kubernetes.io/managed-by", "tianfu")
"""On all that operators make: by it caches find them, and strangers' objects are told apart."""

Object = Mapping[str, Any]
"""An object as the API server gives it. What is read from a cache is shared: never change it."""


class Key(NamedTuple):
    """Which object of a kind. What belongs to no namespace has an empty one."""

    namespace: str
    name: str

    @override
    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object; ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    name: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """Group and version as manifests state them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the path of one, of all in a namespace, or of all there are."""
        parts = ["apis", self.group] if self.group else ["api"]
        parts.append(self.version)
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(parts)


EDGE_NODE: Final = Kind(GROUP, VERSION, "edgenodes", "EdgeNode")
EDGE_APP: Final = Kind(GROUP, VERSION, "edgeapps", "EdgeApp")
CAPACITY_POOL: Final = Kind(GROUP, VERSION, "capacitypools", "CapacityPool")
CAPACITY_CLAIM: Final = Kind(GROUP, VERSION, "capacityclaims", "CapacityClaim")

SECRET: Final = Kind("", "v1", "secrets", "Secret")
CONFIG_MAP: Final = Kind("", "v1", "configmaps", "ConfigMap")
SERVICE: Final = Kind("", "v1", "services", "Service")
SERVICE_ACCOUNT: Final = Kind("", "v1", "serviceaccounts", "ServiceAccount")
VOLUME_CLAIM: Final = Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim")
DEPLOYMENT: Final = Kind("apps", "v1", "deployments", "Deployment")
NETWORK_POLICY: Final = Kind("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
EVENT: Final = Kind("events.k8s.io", "v1", "events", "Event")
LEASE: Final = Kind("coordination.k8s.io", "v1", "leases", "Lease")

_KNOWN: Final = {
    (kind.api_version, kind.name): kind
    for kind in (
        EDGE_NODE,
        EDGE_APP,
        CAPACITY_POOL,
        CAPACITY_CLAIM,
        SECRET,
        CONFIG_MAP,
        SERVICE,
        SERVICE_ACCOUNT,
        VOLUME_CLAIM,
        DEPLOYMENT,
        NETWORK_POLICY,
        EVENT,
        LEASE,
    )
}


def kind_of(manifest: Object) -> Kind:
    """Return a manifest's kind; raise KeyError for one that operators do not handle."""
    return _KNOWN[manifest["apiVersion"], manifest["kind"]]


def key_of(manifest: Object) -> Key:
    """Return an object's key."""
    metadata = manifest["metadata"]
    return Key(metadata.get("namespace", ""), metadata["name"])


def name_of(manifest: Object) -> tuple[str]:
    """Index objects by name."""
    return (manifest["metadata"]["name"],)


def namespace_of(manifest: Object) -> tuple[str]:
    """Index objects by namespace."""
    return (manifest["metadata"].get("namespace", ""),)


def uid_of(manifest: Object) -> str:
    """Return an object's uid, empty when the server has not given it one."""
    return str(manifest["metadata"].get("uid", ""))


def version_of(manifest: Object) -> str:
    """Return an object's resourceVersion, empty when there is none."""
    return str(manifest["metadata"].get("resourceVersion", ""))
