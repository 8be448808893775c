"""A fleet service whose NATS takes leaf servers, with base stations and gateways that name one."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.fleet_process import FleetProcess, enrolment_environment, fleet_process
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer
from tianfu import nats_accounts, node_labels
from tianfu.fleet.v1 import node_pb2
from tianfu.subjects import NodeId
from tools.ports import free_port

COUNTY = "510104"


@contextlib.contextmanager
def station_platform(
    postgres: PostgresServer,
    folder: Path,
    stations: Sequence[NodeId],
    gateways: Sequence[NodeId],
    more: Mapping[str, str] | None = None,
) -> Iterator[FleetProcess]:
    """Run one; all gateways name the first station. ``more`` goes into its environment."""
    name = postgres.create_database()
    with nats_server(leaf_port=free_port(), nodes=tuple(gateways)) as server:
        environment = {**enrolment_environment(folder, server), **(more or {})}
        with fleet_process(server, postgres.url(name), environment) as process:
            for station in stations:
                process.create(
                    station, node_class=node_pb2.NODE_CLASS_BASE_STATION, place_code=COUNTY
                )
            for gateway in gateways:
                labels = {node_labels.STATION: stations[0]}
                process.create(gateway, place_code=COUNTY, labels=labels)
            yield process
    postgres.drop_database(name)


def trust_file(server: NatsServer, path: Path) -> Path:
    """Write what `tianfu keys station` prints."""
    made = server.realm.leaf_trust(issued=int(time.time()) - 60)
    content = {
        "operator_token": made.operator_token,
        "system_account": made.system_account,
        "account": server.realm.accounts[nats_accounts.EDGE].public_key,
        "account_tokens": dict(made.account_tokens),
    }
    path.write_text(json.dumps(content))
    return path
