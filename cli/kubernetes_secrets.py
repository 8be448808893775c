"""The Secrets that the chart ``tianfu`` waits for, made of a folder of keys.

Names are those of the chart: ``RELEASE-SERVICE-nats`` and so on. They are one List of Kubernetes,
as JSON, which ``kubectl apply`` takes. Passwords of databases are made once: those of a file that
is there already are kept, since a database knows them.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cli.authority import Authority
from cli.failures import Exit, Failure
from cli.local import credentials
from cli.local.folder import PRIVATE_FOLDER, Folder
from cli.local.keys import KEEPER
from tianfu import (
    keeping_rights,
    nats_accounts,
    nats_config,
    nats_jwt,
    nats_keys,
    service_rights,
)
from tianfu.nats_config import Cluster, LeafConfig, NatsConfig
from tianfu.nats_keys import KeyKind
from tianfu.nats_realm import Realm
from tianfu.subjects import Channel, Permissions

PREFIX_MAX: Final = 30
"""Characters of a release's name that the chart's names begin with: no name may exceed 63."""

PASSWORD_BYTES: Final = 24
CLIENT_PORT: Final = 4222
CLUSTER_PORT: Final = 6222
LEAF_PORT: Final = 7422
MONITOR_PORT: Final = 8222
STORE: Final = Path("/data")
DATABASE: Final = "tianfu"
NO_DATABASE: Final = frozenset({"telemetry"})
"""Services that keep nothing in PostgreSQL."""

GATEWAY: Final = "gateway"
OPERATORS: Final = "operators"
SETPOINTS: Final = "setpoints.nk"
ROUTE: Final = "nats-route"
"""Whose password nats-servers show each other."""

ROUTE_PASSWORD: Final = "route-password"  # noqa: S105 - the name of a key
PUSHER: Final = "fleet"
"""Who pushes account tokens, by which nodes are turned out."""


def prefix_of(release: str) -> str:
    """Return what names of the chart begin with."""
    return release[:PREFIX_MAX].removesuffix("-")


@dataclass(frozen=True)
class Release:
    """Where the Secrets are to be."""

    name: str
    namespace: str
    nats_servers: int
    # PostgreSQL's HOST:PORT, and its administrator.
    database: str
    administrator: str = "postgres"

    @property
    def prefix(self) -> str:
        """What names of the chart begin with."""
        return prefix_of(self.name)


@dataclass(frozen=True)
class Sources:
    """What Secrets are made of."""

    realm: Realm
    authority: Authority
    # What warnings are signed with, as files of ``cli.local.credentials``.
    signing: Mapping[str, Path]
    # Passwords made before, by user.
    passwords: Mapping[str, str]
    # The file of OpenADR clients, empty for none.
    openadr_clients: str = ""


def listed(release: Release, sources: Sources, services: Sequence[str], now: datetime) -> str:
    """Return all Secrets as one List, JSON."""
    made = _Maker(release, sources, now)
    items = [made.nats_server(), made.database_admin(), made.enrolment(), *made.signing()]
    for service in services:
        items += made.of_service(service)
    items += [*made.of_gateway(), *made.of_openadr(), *made.of_operators(), made.of_backup()]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1)


def known_passwords(path: Path) -> dict[str, str]:
    """Return the passwords of a file made before, by user; none when there is no file."""
    if not path.exists():
        return {}
    known = {}
    try:
        for one in json.loads(path.read_text(encoding="utf-8"))["items"]:
            data = {key: base64.b64decode(text).decode() for key, text in one["data"].items()}
            if "url" in data:
                url = urlsplit(data["url"])
                known[url.username or ""] = url.password or ""
            if ROUTE_PASSWORD in data:
                known[ROUTE] = data[ROUTE_PASSWORD]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Failure(
            "SECRETS_UNREADABLE",
            f"{path} is there, and is not what this command writes",
            "name another file with --out",
            status=Exit.CONFLICT,
        ) from None
    return known


class _Maker:
    def __init__(self, release: Release, sources: Sources, now: datetime) -> None:
        self._release = release
        self._sources = sources
        self._now = now
        self._issued = int(now.timestamp())
        self._passwords = dict(sources.passwords)

    def nats_server(self) -> dict[str, Any]:
        """Return the configuration that every nats-server of the release is started with."""
        count = self._release.nats_servers
        hosts = [
            f"{self._release.prefix}-nats-{i}.{self._release.prefix}-nats-servers:{CLUSTER_PORT}"
            for i in range(count)
        ]
        cluster = Cluster(
            name=self._release.prefix,
            host="0.0.0.0",  # noqa: S104 - the pod's own network
            port=CLUSTER_PORT,
            servers=hosts,
            password=self._password(ROUTE),
        )
        config = NatsConfig(
            store_dir=STORE,
            trust=self._sources.realm.trust(issued=self._issued),
            host="0.0.0.0",  # noqa: S104 - as above
            port=CLIENT_PORT,
            server_name_variable="SERVER_NAME",
            leaf_port=LEAF_PORT,
            monitor_port=MONITOR_PORT,
            pid_file=Path("/var/run/nats/nats.pid"),
            cluster=cluster if count > 1 else None,
        )
        data = {"nats.conf": nats_config.render(config), ROUTE_PASSWORD: cluster.password}
        return self._secret("nats-server", data)

    def database_admin(self) -> dict[str, Any]:
        """Return what migrations and a bundled PostgreSQL know of the administrator."""
        user = self._release.administrator
        return self._secret(
            "database-admin", {"url": self._url(user), "password": self._password(user)}
        )

    def enrolment(self) -> dict[str, Any]:
        """Return what the fleet service signs nodes' credentials with."""
        realm = self._sources.realm
        rights = nats_accounts.pusher_permissions(PUSHER)
        edge = nats_accounts.EDGE
        return self._secret(
            "enrolment",
            {
                "edge-account": realm.accounts[edge].public_key,
                "edge.nk": realm.account_signing[edge].seed,
                "operator.nk": realm.operator_signing.seed,
                "system.creds": self._credentials("system", PUSHER, rights),
            },
        )

    def signing(self) -> list[dict[str, Any]]:
        """Return what warnings to the public and exercises, and setpoints, are signed with."""
        files = {
            name: path.read_text(encoding="ascii") for name, path in self._sources.signing.items()
        }
        setpoints = {SETPOINTS: files.pop(SETPOINTS)}
        return [self._secret("warning-signing", files), self._secret("setpoints", setpoints)]

    def of_service(self, service: str) -> list[dict[str, Any]]:
        """Return a service's credentials, certificate and database."""
        rights = service_rights.service_permissions(service)
        user = self._credentials("service", service, rights)
        found = [self._secret(f"{service}-nats", {"user.creds": user}), self._certificate(service)]
        if service not in NO_DATABASE:
            found.append(self._database(service))
        return found

    def of_gateway(self) -> list[dict[str, Any]]:
        """Return the gateway's certificate and database; it does not speak NATS."""
        return [self._certificate(GATEWAY), self._database(GATEWAY)]

    def of_openadr(self) -> list[dict[str, Any]]:
        """Return who may speak OpenADR 3: digests of secrets, by client."""
        text = self._sources.openadr_clients
        return [self._secret("openadr-clients", {"clients.toml": text})] if text else []

    def of_operators(self) -> list[dict[str, Any]]:
        """Return the certificate operators call the fleet service by, and leaf servers' settings.

        Leaf servers' credentials are no matter of this command: the fleet service signs them.
        """
        realm, prefix = self._sources.realm, self._release.prefix
        leaf = LeafConfig(
            name=nats_config.STATION_NAME,
            hub_urls=(f"nats-leaf://{prefix}-nats.{self._release.namespace}:{LEAF_PORT}",),
            credentials=nats_config.STATION_FOLDER / nats_config.STATION_CREDENTIALS,
            account=realm.accounts[nats_accounts.EDGE].public_key,
            trust=realm.leaf_trust(issued=self._issued),
        )
        told = self._secret("leaf", {"leaf.conf": nats_config.render_leaf(leaf)})
        return [self._certificate(OPERATORS), told]

    def of_backup(self) -> dict[str, Any]:
        """Return credentials that read every stream and change none."""
        user = self._credentials("backup", KEEPER, keeping_rights.backup_permissions(KEEPER))
        return self._secret("backup-nats", {"user.creds": user})

    def _certificate(self, service: str) -> dict[str, Any]:
        host = f"{self._release.prefix}-{service}"
        hosts = [host, f"{host}.{self._release.namespace}", f"{host}.{self._release.namespace}.svc"]
        authority = self._sources.authority
        made = authority.issue(service, hosts, self._now)
        data = {
            "tls.crt": made.certificate.read_text(encoding="ascii"),
            "tls.key": made.key.read_text(encoding="ascii"),
            "ca.crt": authority.certificate.read_text(encoding="ascii"),
        }
        return self._secret(f"{service}-tls", data, kind="kubernetes.io/tls")

    def _database(self, service: str) -> dict[str, Any]:
        return self._secret(f"{service}-database", {"url": self._url(service.replace("-", "_"))})

    def _url(self, user: str) -> str:
        password = self._password(user)
        return f"postgresql+asyncpg://{user}:{password}@{self._release.database}/{DATABASE}"

    def _password(self, user: str) -> str:
        # Of letters, digits, - and _: it stands in a URL.
        return self._passwords.setdefault(user, secrets.token_urlsafe(PASSWORD_BYTES))

    def _credentials(self, role: str, name: str, rights: Permissions) -> str:
        pair = nats_keys.generate(KeyKind.USER)
        token = self._sources.realm.user_token(
            role, name, pair.public_key, rights, issued=self._issued
        )
        return nats_jwt.credentials(token, pair.seed)

    def _secret(
        self, name: str, data: Mapping[str, str], *, kind: str = "Opaque"
    ) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": f"{self._release.prefix}-{name}",
                "namespace": self._release.namespace,
                "labels": {
                    "app.kubernetes.io/name": "tianfu",
                    "app.kubernetes.io/instance": self._release.name,
                },
            },
            "type": kind,
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
        }


def signing_files(folder: Folder) -> dict[str, Path]:
    """Make what warnings are signed with unless it is there; return the files by their keys."""
    folder.keys.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    credentials.ensure(folder)
    credentials.setpoint_key(folder)
    found = {SETPOINTS: credentials.setpoint_seed_file(folder)}
    for channel in Channel:
        world = channel.name.lower()
        found[f"{world}.nk"] = credentials.signing_seed_file(folder, channel)
        found[f"{world}-cap.key"] = credentials.cap_key_file(folder, channel)
        found[f"{world}-cap.crt"] = credentials.cap_certificate_file(folder, channel)
    return found
