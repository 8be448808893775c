"""A real Kubernetes API for a test: etcd and kube-apiserver on free ports, in one folder."""

from __future__ import annotations

from tools.kube import CRDS, must, until
from tools.local_cluster import Answer, ControlPlane, control_plane

__all__ = ["CRDS", "KINDS", "Answer", "ControlPlane", "control_plane", "serve_kinds"]

KINDS = ("edgenodes", "edgeapps", "capacitypools", "capacityclaims")


def serve_kinds(plane: ControlPlane) -> None:
    """Put our four kinds on an API server, and wait until they are there."""
    must(plane, "apply", "--server-side", "-f", str(CRDS))
    named = [f"crd/{kind}.edge.tianfu.dev" for kind in KINDS]
    must(plane, "wait", "--for=condition=Established", *named, "--timeout=60s")
    # kubectl keeps for hours which kinds a server has; it looks anew for a kind that it does not
    # know, and for a category it does not. Asked for all four, it knows the category as well.
    until(plane, "get", ",".join(KINDS))
