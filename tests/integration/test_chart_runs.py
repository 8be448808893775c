"""The chart without a cluster: its commands, environment and mounts, as rendered, on real servers.

Only what a network and a file system of a cluster would give is put in their place: names of
Services become ports of this machine, and mounts folders of the test.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from cli import keys as keys_command
from tests.support import charts
from tests.support.nats_server import binary
from tests.support.postgres import PASSWORD, PostgresServer, postgres_server
from tests.support.prometheus import scraping
from tests.support.rpc import AUDIENCE, ISSUER, Issuer
from tests.support.waiting import until_blocking
from tools.ports import free_port

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
DEADLINE_S = 240.0
ELSEWHERE = {"tianfu-nats", "tianfu-postgresql", "tianfu-gateway"}
"""Started otherwise; the gateway wants an issuer that it can ask, and has tests of its own."""

GAUGES = (ROOT / "examples/warning/gauges.toml").read_text(encoding="utf-8")
VALUES = {
    "oidc": {"keysSecret": "keys", "issuer": ISSUER, "audience": AUDIENCE},
    "openadr": {"state": "enabled"},
    "backup": {"state": "enabled"},
    "gauges": {"list": GAUGES},
}


class Cluster:
    """What a kubelet and a network do, for one release."""

    def __init__(self, folder: Path, postgres: PostgresServer) -> None:
        self.folder = folder
        self.items = charts.render("tianfu", charts.merged(charts.profile("minimal"), VALUES))
        self.secrets = secrets_of(folder)
        self.secrets["keys"] = {"jwks.json": Issuer(folder).keys_file.read_text()}
        self.nats_port = free_port()
        self.hosts = {
            "tianfu-postgresql:5432": f"127.0.0.1:{postgres.port}",
            "tianfu-nats:4222": f"127.0.0.1:{self.nats_port}",
        }
        # In the place of a person who names a database of their own.
        admin = self.secrets["tianfu-database-admin"]
        admin["url"] = admin["url"].replace(admin["password"], PASSWORD)
        self.ports: dict[str, int] = {}

    def environment(self, pod: str, container: Mapping[str, Any]) -> dict[str, str]:
        """Return the environment of a container, its mounts being folders of ours."""
        found = {"PATH": os.environ["PATH"]}
        for one in container.get("env", ()):
            if "value" in one:
                found[one["name"]] = one["value"]
            elif "secretKeyRef" in one["valueFrom"]:
                reference = one["valueFrom"]["secretKeyRef"]
                found[one["name"]] = self.secrets[reference["name"]][reference["key"]]
            else:
                found[one["name"]] = pod
        return {name: self._here(pod, text) for name, text in found.items()}

    def _here(self, pod: str, text: str) -> str:
        for name, address in self.hosts.items():
            text = text.replace(name, address)
        for number in (7101, 7102, 7103, 7143, 9090):
            if text == f"0.0.0.0:{number}":
                port = self.ports.setdefault(f"{pod}:{number}", free_port())
                text = f"127.0.0.1:{port}"
        root = self.folder / pod
        return text.replace("/etc/tianfu/", f"{root}/etc/tianfu/").replace(
            "/var/lib/tianfu/", f"{root}/var/lib/tianfu/"
        )

    def mount(self, pod: str, spec: Mapping[str, Any]) -> None:
        """Lay out Secrets and empty folders where the container mounts them."""
        volumes = {one["name"]: one for one in spec.get("volumes", ())}
        [container] = spec["containers"]
        for mount in container.get("volumeMounts", ()):
            place = self.folder / pod / mount["mountPath"].lstrip("/")
            place.mkdir(parents=True)
            for name, text in self._files(volumes.get(mount["name"], {})).items():
                (place / name).write_text(text)

    def _files(self, volume: Mapping[str, Any]) -> Mapping[str, str]:
        if "secret" in volume:
            return self.secrets[volume["secret"]["secretName"]]
        if "configMap" not in volume:
            return {}
        name = volume["configMap"]["name"]
        [found] = [
            one["data"]
            for one in self.items
            if (one["kind"], one["metadata"]["name"]) == ("ConfigMap", name)
        ]
        return dict(found)

    def command(self, container: Mapping[str, Any]) -> list[str]:
        """Return the command, with this machine's Python in the place of the image's."""
        given = [*container.get("command", ()), *container.get("args", ())]
        return [sys.executable if one == "python" else one for one in given]


def secrets_of(folder: Path) -> dict[str, dict[str, str]]:
    """Return what `tianfu keys kubernetes` makes, by name."""
    keys, out, clients = folder / "keys", folder / "secrets.json", str(folder / "clients.toml")
    for arguments in (
        ["init", "--keys", str(keys)],
        ["openadr-client", "utility", "--kind", "bl", "--clients", clients],
        ["kubernetes", "--keys", str(keys), "--out", str(out), "--openadr-clients", clients],
    ):
        done = CliRunner().invoke(keys_command.app, arguments)
        assert done.exit_code == 0, done.output
        if arguments[0] == "openadr-client":
            (folder / "openadr-secret").write_text(done.stdout.strip())
    return {
        one["metadata"]["name"]: {
            key: base64.b64decode(text).decode() for key, text in one["data"].items()
        }
        for one in json.loads(out.read_text())["items"]
    }


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


@pytest.mark.timeout(600)
def test_every_service_runs_as_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery staple\n")
    monkeypatch.setenv(keys_command.PASSPHRASE_VARIABLE, str(tmp_path / "passphrase"))
    with postgres_server() as postgres, contextlib.ExitStack() as stack:
        cluster = Cluster(tmp_path, postgres)
        start_nats(cluster, stack)
        for item in cluster.items:
            if item["kind"] == "Job":
                migrate(cluster, item)
        pods = [
            item
            for item in cluster.items
            if item["kind"] in {"Deployment", "StatefulSet"}
            and item["metadata"]["name"] not in ELSEWHERE
        ]
        assert len(pods) >= 5
        for item in pods:
            name = item["metadata"]["name"]
            spec = charts.pod_spec(item)
            assert spec is not None
            cluster.mount(name, spec)
            [container] = spec["containers"]
            environment = cluster.environment(name, container)
            log = tmp_path / f"{name}.log"
            stack.enter_context(running(cluster.command(container), environment, log))
        all_ready(cluster)
        openadr_answers(cluster)
        is_backed_up(cluster)
        scraped(cluster, {item["metadata"]["name"] for item in pods})


def start_nats(cluster: Cluster, stack: contextlib.ExitStack) -> None:
    item = next(
        one
        for one in cluster.items
        if one["metadata"]["name"] == "tianfu-nats" and one["kind"] == "StatefulSet"
    )
    spec = charts.pod_spec(item)
    assert spec is not None
    [container] = spec["containers"]
    cluster.mount("tianfu-nats-0", spec)
    root = cluster.folder / "tianfu-nats-0"
    path = root / "etc/tianfu/nats-server/nats.conf"
    text = path.read_text()
    for number in (4222, 7422, 8222):
        port = cluster.nats_port if number == 4222 else free_port()
        text = text.replace(f"0.0.0.0:{number}", f"127.0.0.1:{port}")
    text = text.replace('"/data', f'"{root}/data').replace('"/var/run', f'"{root}/var/run')
    path.write_text(text)
    environment = cluster.environment("tianfu-nats-0", container)
    command = [
        binary() if one == "nats-server" else cluster._here("tianfu-nats-0", one)
        for one in cluster.command(container)
    ]
    stack.enter_context(running(command, environment, cluster.folder / "nats.log"))


def migrate(cluster: Cluster, job: Mapping[str, Any]) -> None:
    spec = charts.pod_spec(job)
    assert spec is not None
    [container] = spec["containers"]
    environment = cluster.environment(job["metadata"]["name"], container)
    done = subprocess.run(
        cluster.command(container),
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def all_ready(cluster: Cluster) -> None:
    """Run what `helm test` runs until it is content."""
    pod = next(one for one in cluster.items if one["kind"] == "Pod")
    [container] = pod["spec"]["containers"]
    command = []
    for one in cluster.command(container):
        name, _, port = one.partition(":")
        known = cluster.ports.get(f"{name}:{port}")
        command.append(f"127.0.0.1:{known}" if known else one)

    said = ""

    def content() -> bool:
        nonlocal said
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
        said = done.stderr
        return done.returncode == 0

    try:
        until_blocking(content, DEADLINE_S)
    except TimeoutError:
        logs = "\n".join(
            f"{path.name}: {path.read_text()[-1500:]}" for path in cluster.folder.glob("*.log")
        )
        raise AssertionError(f"{said}\n{logs}") from None


def is_backed_up(cluster: Cluster) -> None:
    """Run the CronJob's command, with the credentials and the URL that its Secrets have."""
    pod = "tianfu-backup"
    job = next(one for one in cluster.items if one["kind"] == "CronJob")
    spec = charts.pod_spec(job)
    assert spec is not None
    cluster.mount(pod, spec)
    url = cluster.folder / pod / "etc/tianfu/database-admin/url"
    url.write_text(cluster._here(pod, url.read_text()))
    [container] = spec["containers"]
    done = subprocess.run(
        [cluster._here(pod, one) for one in cluster.command(container)],
        env=cluster.environment(pod, container),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    backup = json.loads((Path(done.stdout.strip()) / "manifest.json").read_text())
    assert {"fleet", "healthcare", "energy"} <= set(backup["owners"])
    assert {"READINGS", "EVENTS", "KV_PLANS"} <= {one["name"] for one in backup["streams"]}


def openadr_answers(cluster: Cluster) -> None:
    """Get a token by the secret that was drawn, over TLS by the release's authority, and use it."""
    place = cluster.folder / "tianfu-energy/etc/tianfu/tls"
    trust = ssl.create_default_context(cafile=str(place / "ca.crt"))
    # What a Service of the cluster would be found by is in the certificate; this machine is not.
    trust.check_hostname = False
    form = {
        "grant_type": "client_credentials",
        "client_id": "utility",
        "client_secret": (cluster.folder / "openadr-secret").read_text(),
    }
    base = f"https://127.0.0.1:{cluster.ports['tianfu-energy:7143']}"
    with httpx.Client(base_url=base, verify=trust, timeout=DEADLINE_S) as client:
        assert client.get("/auth/server").json() == {
            "tokenURL": "https://openadr.example.org/openadr3/3.1.1/auth/token"
        }
        token = client.post("/auth/token", data=form).json()["access_token"]
        found = client.get("/programs", headers={"Authorization": f"Bearer {token}"})
    assert (found.status_code, found.json()) == (200, [])


def scraped(cluster: Cluster, pods: set[str]) -> None:
    """Have a real Prometheus read all services: every metric of rules and dashboards is there."""
    targets = {pod: f"127.0.0.1:{cluster.ports[f'{pod}:9090']}" for pod in pods}
    files = charts.CHARTS / "tianfu" / "files"
    texts = [path.read_text() for path in (files / "dashboards").glob("*.json")]
    texts.append((files / "rules.yaml").read_text())
    named = set(re.findall(r"\b(?:tianfu|process)_[a-z_]+", "".join(texts)))
    # Of a counter the exposition names the family, with or without `_total` by its version.
    wanted = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in named}
    with scraping(cluster.folder / "prometheus", targets, files / "rules.yaml") as prometheus:
        until_blocking(lambda: prometheus.up() == pods, DEADLINE_S)
        known = {name.removesuffix("_total") for name in prometheus.metrics()}
        assert wanted - known == set()
