"""A real Kubernetes API for a test: etcd and kube-apiserver on free ports, in one folder."""

from __future__ import annotations

from pathlib import Path

from tools.local_cluster import Answer, ControlPlane, control_plane

__all__ = ["CRDS", "KINDS", "Answer", "ControlPlane", "control_plane", "serve_kinds"]

CRDS = Path(__file__).parents[2] / "charts" / "tianfu-crds" / "templates"
KINDS = ("edgenodes", "edgeapps", "capacitypools", "capacityclaims")


def serve_kinds(plane: ControlPlane) -> None:
    """Put our four kinds on an API server, and wait until they are there."""
    applied = plane.kubectl("apply", "--server-side", "-f", str(CRDS))
    assert applied.status == 0, applied.err
    for kind in KINDS:
        named = f"crd/{kind}.edge.tianfu.dev"
        ready = plane.kubectl("wait", "--for=condition=Established", named, "--timeout=60s")
        assert ready.status == 0, ready.err
