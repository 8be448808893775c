"""Where the API server is, and who we are to it: from a kubeconfig, or from the pod we run in."""

from __future__ import annotations

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

IN_CLUSTER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class NoCluster(Exception):
    """No API server is configured. ``reason`` is NO_CLUSTER."""

    reason = "NO_CLUSTER"


@dataclass(frozen=True)
class Connection:
    """An API server. A token is read anew from its file at each use: the kubelet renews it."""

    server: str
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    token_file: Path | None = None
    token: str = ""

    def tls(self) -> ssl.SSLContext | None:
        """Return how to speak to it; None for plain HTTP, which only a test server has."""
        if not self.server.startswith("https:"):
            return None
        context = ssl.create_default_context(
            cafile=None if self.authority is None else str(self.authority)
        )
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context

    def headers(self) -> dict[str, str]:
        """Return what says who we are, when that is a token."""
        token = self.token if self.token_file is None else self.token_file.read_text("ascii")
        return {"Authorization": f"Bearer {token.strip()}"} if token else {}


def find(kubeconfig: Path | None = None) -> Connection:
    """Return the server of a kubeconfig, or else of the pod we run in; raise NoCluster."""
    if kubeconfig is not None:
        return from_kubeconfig(kubeconfig)
    host = os.environ.get("KUBERNETES_SERVICE_HOST")
    if not host:
        raise NoCluster("no API server: set KUBECONFIG, or run in a pod with a service account")
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    name = f"[{host}]" if ":" in host else host
    return Connection(
        f"https://{name}:{port}", IN_CLUSTER / "ca.crt", token_file=IN_CLUSTER / "token"
    )


def from_kubeconfig(path: Path) -> Connection:
    """Return the server of a kubeconfig's current context; raise NoCluster when it names none."""
    try:
        config = yaml.safe_load(path.read_text("utf-8"))
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"]).get("user") or {}
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        raise NoCluster(f"{path} is no kubeconfig with a current context: {error!r}") from error
    if "exec" in user or "auth-provider" in user:
        raise NoCluster(f"{path}: the user logs in by a program; use a certificate or a token")
    here = path.parent
    return Connection(
        server=str(cluster["server"]).rstrip("/"),
        authority=_file(here, cluster, "certificate-authority"),
        certificate=_file(here, user, "client-certificate"),
        key=_file(here, user, "client-key"),
        token_file=_file(here, user, "tokenFile"),
        token=str(user.get("token", "")),
    )


def _named(config: Mapping[str, Any], what: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(one for one in config[what] if one["name"] == name)
    return found


def _file(folder: Path, section: Mapping[str, Any], name: str) -> Path | None:
    """Return the file a kubeconfig names, or one made of what it carries itself."""
    if name in section:
        return folder / str(section[name])
    inline = section.get(f"{name}-data")
    if inline is None:
        return None
    # ssl reads certificates from files only; this one is ours alone, and goes with the process.
    handle, written = tempfile.mkstemp(prefix="tianfu-kube-")
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64decode(inline))
    return Path(written)
