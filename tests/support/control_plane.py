"""A real Kubernetes API for a test: etcd and kube-apiserver on free ports, in one folder."""

from __future__ import annotations

from tools.local_cluster import Answer, ControlPlane, control_plane

__all__ = ["Answer", "ControlPlane", "control_plane"]
