"""A real Kubernetes API on this machine: etcd and kube-apiserver on free ports, in one folder."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.ports import free_port

READY_S = 120.0
POLL_S = 0.1
STOP_S = 30.0
PROGRAMS = ("etcd", "kube-apiserver", "kubectl")
TOOL = Path(__file__).parent / "control_plane.py"


def programs() -> Path:
    """Return the folder that holds the programs; build them when there is none."""
    made = subprocess.run(
        [sys.executable, str(TOOL)], check=True, stdout=subprocess.PIPE, text=True
    )
    return Path(made.stdout.strip())


@dataclass(frozen=True)
class Answer:
    """What kubectl said."""

    status: int
    out: str
    err: str


class ControlPlane:
    """A running API server. ``kubectl`` speaks to it as the administrator."""

    def __init__(self, folder: Path, binaries: Path, garbage_percent: int | None = None) -> None:
        self.folder, self.binaries = folder, binaries
        self._garbage_percent = garbage_percent
        self.port, self._etcd_port = free_port(), free_port()
        self.kubeconfig = folder / "kubeconfig"
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Return its address."""
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start etcd and the API server, and wait until it answers."""
        certify(self.folder)
        self._write_kubeconfig()
        peer = free_port()
        self._run(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--advertise-client-urls=http://127.0.0.1:{self._etcd_port}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}",
            "--unsafe-no-fsync",
        )
        self.start_apiserver()

    def start_apiserver(self) -> None:
        """Start the API server alone, again after it was stopped."""
        at = self.folder
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={at / 'server.crt'}",
            f"--tls-private-key-file={at / 'server.key'}",
            f"--client-ca-file={at / 'ca.crt'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={at / 'server.key'}",
            f"--service-account-signing-key-file={at / 'server.key'}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=Node,RBAC",
            f"--cert-dir={at}",
        )
        self._await_ready()

    @property
    def processes(self) -> tuple[int, ...]:
        """Return the process ids of etcd and the API server."""
        return tuple(one.pid for one in self._running)

    def stop_apiserver(self) -> None:
        """Kill the API server, which would wait for its watches; etcd keeps what there is."""
        server = self._running.pop()
        server.kill()
        server.wait()

    def stop(self) -> None:
        """Stop all."""
        while self._running:
            end(self._running.pop())

    def kubectl(self, *arguments: str, stdin: str | None = None) -> Answer:
        """Run kubectl as the administrator."""
        # A home of its own: kubectl keeps what it found of an API server by its address.
        environment = {"HOME": str(self.folder), "KUBECONFIG": str(self.kubeconfig), "PATH": ""}
        done = subprocess.run(
            [str(self.binaries / "kubectl"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=READY_S,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def apply(self, manifest: dict[str, Any]) -> Answer:
        """Apply a manifest by kubectl."""
        return self.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """Return an object by kubectl; raise RuntimeError when there is none."""
        answer = self.kubectl("get", kind, name, "-n", namespace, "-o", "json")
        if answer.status != 0:
            raise RuntimeError(answer.err)
        found: dict[str, Any] = json.loads(answer.out)
        return found

    def tls(self) -> ssl.SSLContext:
        """Return how the administrator speaks to it."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
        return context

    def _run(self, program: str, *arguments: str) -> None:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        if self._garbage_percent is not None:
            environment["GOGC"] = str(self._garbage_percent)
        with (self.folder / f"{program}.log").open("ab") as log:
            self._running.append(
                subprocess.Popen(
                    [str(self.binaries / program), *arguments],
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                    env=environment,
                )
            )

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            ended = [p for p in self._running if p.poll() is not None]
            if ended:
                raise RuntimeError(f"{ended[0].args!r} ended: see the logs in {self.folder}")
            with contextlib.suppress(urllib.error.URLError, OSError):
                url = f"{self.url}/readyz"
                opened = urllib.request.urlopen(url, context=self.tls(), timeout=2)  # noqa: S310 - our own
                with opened as answer:
                    if answer.status == HTTPStatus.OK:
                        return
            time.sleep(POLL_S)
        raise RuntimeError(f"kube-apiserver is not ready: see the logs in {self.folder}")

    def _write_kubeconfig(self) -> None:
        at = self.folder
        self.kubeconfig.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "tianfu",
                    "clusters": [
                        {
                            "name": "tianfu",
                            "cluster": {
                                "server": self.url,
                                "certificate-authority": str(at / "ca.crt"),
                            },
                        }
                    ],
                    "users": [
                        {
                            "name": "admin",
                            "user": {
                                "client-certificate": str(at / "admin.crt"),
                                "client-key": str(at / "admin.key"),
                            },
                        }
                    ],
                    "contexts": [
                        {"name": "tianfu", "context": {"cluster": "tianfu", "user": "admin"}}
                    ],
                }
            )
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a process, by force if it will not."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def control_plane(folder: Path, *, garbage_percent: int | None = None) -> Iterator[ControlPlane]:
    """Run a control plane in a folder; nothing of it is left running.

    ``garbage_percent`` is Go's GOGC: how much its memory may grow between two collections.
    """
    plane = ControlPlane(folder, programs(), garbage_percent)
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()
        shutil.rmtree(folder / "etcd", ignore_errors=True)


def certify(folder: Path) -> None:
    """Write an authority, the server's certificate and the administrator's."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tianfu-test")])
    _write(folder, "ca", authority, authority_key, authority, authority_key)
    for name, attributes in (
        ("server", [x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")]),
        (
            "admin",
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
                x509.NameAttribute(NameOID.COMMON_NAME, "admin"),
            ],
        ),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder, name, x509.Name(attributes), key, authority, authority_key)


def _write(
    folder: Path,
    name: str,
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> None:
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
    )
    if name != "ca":
        built = built.add_extension(names, critical=False)
        built = built.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    certificate = built.sign(issuer_key, hashes.SHA256())
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{name}.key"
    secret.touch(mode=0o600)
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            # kube-apiserver reads no EC key of tokens in PKCS #8.
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
