"""What operators may do on a cluster, and nothing else: manifests as data.

``python -m operators manifests`` prints them; a test asks the API server (``kubectl auth can-i``)
that each verb used is granted, and that what is not used is refused.
"""

from __future__ import annotations

from typing import Any, Final

from operators.capacity.api import FINALIZER as CLAIM_FINALIZER
from operators.edgeapp.api import FINALIZER as APP_FINALIZER
from operators.edgenode.api import FINALIZER as NODE_FINALIZER
from operators.kube.kinds import (
    CAPACITY_CLAIM,
    CAPACITY_POOL,
    CONFIG_MAP,
    DEPLOYMENT,
    EDGE_APP,
    EDGE_NODE,
    EVENT,
    GROUP,
    LEASE,
    NETWORK_POLICY,
    SECRET,
    VERSION,
    VOLUME_CLAIM,
    Kind,
)

NAME: Final = "tianfu-operators"
READ: Final = ("get", "list", "watch")

USED: Final[tuple[tuple[Kind, str, tuple[str, ...]], ...]] = (
    # kind, subresource, verbs
    (EDGE_NODE, "", (*READ, "patch")),
    (EDGE_NODE, "status", ("patch",)),
    (EDGE_APP, "", (*READ, "patch")),
    (EDGE_APP, "status", ("patch",)),
    (CAPACITY_POOL, "", READ),
    (CAPACITY_POOL, "status", ("patch",)),
    (CAPACITY_CLAIM, "", (*READ, "patch")),
    (CAPACITY_CLAIM, "status", ("patch",)),
    # Server-side apply makes what is not there, which is a matter of "create".
    (SECRET, "", (*READ, "create", "patch", "delete")),
    (CONFIG_MAP, "", (*READ, "create", "patch", "delete")),
    (VOLUME_CLAIM, "", (*READ, "create", "patch", "delete")),
    (DEPLOYMENT, "", (*READ, "create", "patch", "delete")),
    (NETWORK_POLICY, "", (*READ, "create", "patch", "delete")),
    (EVENT, "", ("create",)),
)

FINALIZERS: Final = (
    (EDGE_NODE, NODE_FINALIZER),
    (EDGE_APP, APP_FINALIZER),
    (CAPACITY_CLAIM, CLAIM_FINALIZER),
)


def manifests(namespace: str) -> list[dict[str, Any]]:
    """Return the account, its rights, and the policies that put finalizers on at birth."""
    labels = {"app.kubernetes.io/part-of": "tianfu"}
    meta = {"name": NAME, "labels": labels}
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    leases = [{"apiGroups": [LEASE.group], "resources": [LEASE.plural], "verbs": ["create"]}]
    leases.append({**leases[0], "verbs": ["get", "update"]})
    made: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {**meta, "namespace": namespace},
            "automountServiceAccountToken": False,
        },
        {**_rbac("ClusterRole"), "metadata": meta, "rules": _rules()},
        {**_rbac("ClusterRoleBinding"), "metadata": meta, **_binds("ClusterRole", account)},
        {
            **_rbac("Role"),
            "metadata": {**meta, "namespace": namespace},
            "rules": leases,
        },
        {
            **_rbac("RoleBinding"),
            "metadata": {**meta, "namespace": namespace},
            **_binds("Role", account),
        },
    ]
    for kind, finalizer in FINALIZERS:
        made += _at_birth(kind, finalizer, labels)
    return made


def _rbac(kind: str) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind}


def _binds(kind: str, account: dict[str, str]) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    return {"roleRef": {"apiGroup": group, "kind": kind, "name": NAME}, "subjects": [account]}


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "apiGroups": [kind.group],
            "resources": [f"{kind.plural}/{sub}" if sub else kind.plural],
            "verbs": list(verbs),
        }
        for kind, sub, verbs in USED
    ]


def _at_birth(kind: Kind, finalizer: str, labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return a policy that has the API server put our finalizer on whatever is made.

    So there is no moment at which an object of ours could be deleted without us, and none of ten
    thousand needs a write for it. Where the server has no such policies (before Kubernetes 1.36)
    operators put it on themselves.
    """
    name = f"{kind.plural}.finalizer.{GROUP}"
    api = "admissionregistration.k8s.io/v1"
    there = f"has(object.metadata.finalizers) && '{finalizer}' in object.metadata.finalizers"
    return [
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "Never",
                "matchConstraints": {
                    "resourceRules": [
                        {
                            "apiGroups": [GROUP],
                            "apiVersions": [VERSION],
                            "operations": ["CREATE"],
                            "resources": [kind.plural],
                        }
                    ]
                },
                "matchConditions": [{"name": "not-there-yet", "expression": f"!({there})"}],
                "mutations": [
                    {
                        "patchType": "ApplyConfiguration",
                        "applyConfiguration": {
                            "expression": "Object{metadata: Object.metadata{finalizers: "
                            f"['{finalizer}']}}}}"
                        },
                    }
                ],
            },
        },
        {
            "apiVersion": api,
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": name, "labels": labels},
            "spec": {"policyName": name},
        },
    ]
