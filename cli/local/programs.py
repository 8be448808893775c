"""The programs of the local platform: what is run, with which settings."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cli import channels
from cli.drill import drill_settings, scenario
from cli.local import (
    ambulance,
    certificates,
    credentials,
    energy_demo,
    fleet,
    gauges,
    keys,
    meters,
    node_rules,
    stores,
    tokens,
)
from cli.local import hospitals as hospitals_sender
from cli.local import issuer as local_issuer
from cli.local import ven as ven_client
from cli.local import ward as ward_sender
from cli.local.folder import Folder, write_json, write_private
from cli.local.state import State
from cli.local.supervisor import Program, base_environment
from tianfu.subjects import NodeId

# By which name the console signs people in.
CONSOLE: Final = "tianfu-console"


def python(*arguments: str) -> tuple[str, ...]:
    """Return the arguments that run a module of this installation."""
    # -P: the folder that a program runs in must not take part in the search for modules.
    return (sys.executable, "-P", "-m", *arguments)


def service_environment(folder: Folder, state: State, name: str) -> dict[str, str]:
    """Return the settings that every service gets."""
    return base_environment() | {
        "TIANFU_GRPC_ADDRESS": state.address(f"{name} grpc"),
        "TIANFU_METRICS_ADDRESS": state.address(f"{name} metrics"),
        "TIANFU_NATS_URL": state.nats_url,
        "TIANFU_NATS_CREDENTIALS_FILE": str(keys.credentials_file(folder, "service", name)),
        "TIANFU_TOKEN_KEYS_FILE": str(folder.keys / tokens.PUBLIC_NAME),
        "TIANFU_TOKEN_ISSUER": tokens.ISSUER,
        "TIANFU_TOKEN_AUDIENCE": tokens.AUDIENCE,
        "TIANFU_TRACE_FILE": str(folder.traces / f"{name}.jsonl"),
        **certificates.environment(folder, name),
        **_of_a_pair(folder, state, name),
    }


def _of_a_pair(folder: Folder, state: State, name: str) -> dict[str, str]:
    """Return what a service is told that another stands by for, or that stands by itself."""
    if not state.is_ha:
        return {}
    settings = {"TIANFU_TURN_FILE": str(turn_file(folder, name))}
    # The gateway makes no streams.
    return settings | (
        {} if name == "gateway" else {"TIANFU_STREAM_REPLICAS": str(len(state.nats_servers))}
    )


def turn_file(folder: Folder, name: str) -> Path:
    """Return the file whose lock says which of two processes of a service serves."""
    return folder.settings / f"{name}.turn"


def standby(folder: Folder, state: State, first: Program) -> Program:
    """Return the program that takes over from a service's first when that ends."""
    name = f"{first.name}-2"
    own = {
        "TIANFU_METRICS_ADDRESS": state.address(f"{name} metrics"),
        "TIANFU_TRACE_FILE": str(folder.traces / f"{name}.jsonl"),
    }
    return replace(first, name=name, environment={**first.environment, **own})


def _service(name: str, folder: Folder, environment: Mapping[str, str], *more: str) -> Program:
    return Program(
        "-".join((name, *more)),
        python(f"services.{name.replace('-', '_')}", *more),
        environment,
        folder.root,
        stop_timeout_s=30,
    )


def telemetry(folder: Folder, state: State) -> Program:
    """Return the telemetry service's program."""
    environment = service_environment(folder, state, "telemetry")
    environment["TIANFU_DATA_DIR"] = str(folder.telemetry)
    return _service("telemetry", folder, environment)


def fleet_service(folder: Folder, state: State) -> Program:
    """Return the fleet service's program."""
    environment = service_environment(folder, state, "fleet")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "fleet")
    return _service("fleet", folder, environment | keys.enrolment_environment(folder))


def fleet_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the fleet service's tables up to date."""
    environment = service_environment(folder, state, "fleet")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "fleet")
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("fleet", folder, environment, "migrate")


def disaster_warning(folder: Folder, state: State) -> Program:
    """Return the program of the service of disaster warning."""
    return _service("disaster-warning", folder, _warning_environment(folder, state))


def disaster_warning_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of disaster warning up to date."""
    environment = _warning_environment(folder, state)
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("disaster-warning", folder, environment, "migrate")


def credit_supervision(folder: Folder, state: State) -> Program:
    """Return the program of the service of credit supervision."""
    environment = service_environment(folder, state, "credit-supervision")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "credit_supervision")
    return _service("credit-supervision", folder, environment)


def credit_supervision_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of credit supervision up to date."""
    environment = service_environment(folder, state, "credit-supervision")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "credit_supervision")
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("credit-supervision", folder, environment, "migrate")


def energy(folder: Folder, state: State) -> Program:
    """Return the program of the service of energy."""
    return _service("energy", folder, _energy_environment(folder, state))


def energy_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of energy up to date."""
    environment = _energy_environment(folder, state)
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("energy", folder, environment, "migrate")


def _energy_environment(folder: Folder, state: State) -> dict[str, str]:
    environment = service_environment(folder, state, "energy")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "energy")
    environment["TIANFU_SETPOINT_SEED_FILE"] = str(credentials.setpoint_seed_file(folder))
    # The profiles play a quarter of an hour a second: ten seconds hold two and a half hours.
    environment["TIANFU_INTERVAL_S"] = str(energy_demo.INTERVAL_S)
    address = state.address("energy openadr")
    environment["TIANFU_OPENADR_ADDRESS"] = address
    environment["TIANFU_OPENADR_CLIENTS_FILE"] = str(ven_client.prepare(folder, address))
    return environment


def _warning_environment(folder: Folder, state: State) -> dict[str, str]:
    environment = service_environment(folder, state, "disaster-warning")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "disaster_warning")
    first = state.gateways()[0]
    watched = gauges.write_list(folder, first.node, first.place_code)
    environment["TIANFU_GAUGES_FILE"] = str(watched)
    return environment | credentials.environment(folder)


def healthcare(folder: Folder, state: State) -> Program:
    """Return the program of the service of healthcare."""
    environment = service_environment(folder, state, "healthcare")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "healthcare")
    return _service("healthcare", folder, environment)


def healthcare_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of healthcare up to date."""
    environment = service_environment(folder, state, "healthcare")
    environment["TIANFU_DATABASE_URL"] = stores.database_url(state, "healthcare")
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("healthcare", folder, environment, "migrate")


def issuer(folder: Folder, state: State) -> Program:
    """Write the settings of who lets people in, and return its program."""
    settings = local_issuer.Settings(
        issuer=tokens.ISSUER,
        audience=tokens.AUDIENCE,
        port=state.ports["issuer http"],
        client_id=CONSOLE,
        redirect_uri=f"{console_url(state)}/auth/callback",
        key_file=str(folder.keys / tokens.PRIVATE_NAME),
    )
    path = folder.settings / "issuer.json"
    write_json(path, settings.to_json())
    arguments = python("cli.local.issuer", str(path))
    return Program("issuer", arguments, base_environment(), folder.root)


def console_url(state: State) -> str:
    """Return where the console is."""
    return f"http://{state.address('gateway http')}"


def _gateway_environment(folder: Folder, state: State, services: Iterable[str]) -> dict[str, str]:
    backends = (f"{name}={state.address(f'{name} grpc')}" for name in services)
    discovery = f"http://{state.address('issuer http')}/.well-known/openid-configuration"
    return base_environment() | {
        "TIANFU_GATEWAY_ADDRESS": state.address("gateway http"),
        "TIANFU_PUBLIC_URL": console_url(state),
        "TIANFU_BACKENDS": ",".join(backends),
        "TIANFU_BACKEND_CA_FILE": str(channels.authority_of(folder.keys)),
        "TIANFU_DATABASE_URL": stores.database_url(state, "gateway"),
        "TIANFU_METRICS_ADDRESS": state.address("gateway metrics"),
        "TIANFU_TOKEN_KEYS_FILE": str(folder.keys / "gateway-token-keys.json"),
        "TIANFU_TOKEN_ISSUER": tokens.ISSUER,
        "TIANFU_TOKEN_AUDIENCE": tokens.AUDIENCE,
        "TIANFU_OIDC_DISCOVERY_URL": discovery,
        "TIANFU_OIDC_CLIENT_ID": CONSOLE,
        "TIANFU_TRACE_FILE": str(folder.traces / "gateway.jsonl"),
        **_of_a_pair(folder, state, "gateway"),
    }


def gateway(folder: Folder, state: State, services: Iterable[str]) -> Program:
    """Return the gateway's program; it opens ``services``, by the names of their ports."""
    return _service("gateway", folder, _gateway_environment(folder, state, services))


def gateway_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the gateway's tables up to date."""
    environment = _gateway_environment(folder, state, ("fleet",))
    environment["TIANFU_DATABASE_ADMIN_URL"] = stores.database_url(state, "postgres")
    return _service("gateway", folder, environment, "migrate")


def ward(folder: Folder, state: State) -> Program:
    """Write the ward's settings and return the program that sends its messages."""
    # Another run's messages have other names, or the node would take them for the former's.
    settings = ward_sender.Settings(state.ports["hl7"], secrets.token_hex(4))
    path = folder.settings / "ward.json"
    write_json(path, settings.to_json())
    return Program("ward", python("cli.local.ward", str(path)), base_environment(), folder.root)


def register(folder: Folder, state: State) -> Program:
    """Return the program that fills the register; its day is that of the platform's first time."""
    path = folder.settings / "register.json"
    if not path.exists():
        day = datetime.fromtimestamp(state.origin_s, UTC).date()
        write_json(path, {"day": day.isoformat()})
    command = python("cli.local.register", str(folder.root), str(path))
    return Program("register", command, base_environment(), folder.root)


def hospitals(folder: Folder) -> Program:
    """Return the program that does what the region's hospitals' systems do."""
    command = python("cli.local.hospitals", str(folder.root))
    return Program("hospitals", command, base_environment(), folder.root)


def ven(folder: Folder) -> Program:
    """Return the program of a virtual end node, and of the utility that calls it."""
    command = python("cli.local.ven", str(folder.root))
    return Program("ven", command, base_environment(), folder.root)


def meter_servers(folder: Folder, state: State) -> Program:
    """Write the meters' settings and return the program that serves them."""
    listed = tuple(meter for gateway in state.gateways() for meter in gateway.meters)
    settings = meters.Settings(state.origin_s, meters.SPEED_DEFAULT, listed)
    path = folder.settings / "meters.json"
    write_json(path, settings.to_json())
    return Program("meters", python("cli.local.meters", str(path)), base_environment(), folder.root)


def agent(folder: Folder, state: State, gateway: fleet.Gateway) -> Program:
    """Write a gateway's settings and return its agent's program."""
    places = agent_places(folder, state, gateway.node)
    text = fleet.agent_settings(gateway, places, credentials.ensure(folder))
    if gateway == ambulance.gateway():
        bundle = hospitals_sender.bundle(ambulance.SEED)
        recordings = ambulance.write_recordings(folder.settings, bundle)
        return _agent(folder, places, text + "\n".join(ambulance.agent_lines(*recordings)) + "\n")
    text += energy_demo.agent_settings(gateway, credentials.setpoint_key(folder))
    if gateway == state.gateways()[0]:
        # The ward's systems send to it.
        text += f"\n[hl7]\nport = {state.ports['hl7']}\n"
        text += "\n".join(gauges.agent_lines()) + "\n"
        text += "\n".join(node_rules.agent_lines(credentials.rules_key(folder))) + "\n"
    return _agent(folder, places, text)


def drill_station(
    folder: Folder, state: State, station: scenario.Station, origin_s: float
) -> Program:
    """Write the settings of a station that plays its record, and return its agent's program.

    ``origin_s``, Unix seconds, is when the played earthquake begins.
    """
    places = agent_places(folder, state, station.node)
    return _agent(folder, places, drill_settings.agent_settings(station, places, origin_s))


def is_enrolled(folder: Folder, node: NodeId) -> bool:
    """Say whether a gateway has an identity."""
    return (folder.edge / node / "identity" / "identity.json").exists()


def enrol(folder: Folder, state: State, node: NodeId, token: str) -> Program:
    """Write a gateway's enrolment token and return the program that takes it to the fleet."""
    path = folder.settings / f"enrolment-{node}.token"
    write_private(path, token)
    arguments = python(
        "edge",
        "enroll",
        f"@{path}",
        "--config",
        str(folder.settings / f"edge-{node}.toml"),
        "--data-dir",
        str(folder.edge / node),
        "--server",
        f"https://{state.address('fleet grpc')}",
        "--ca",
        str(channels.authority_of(folder.keys)),
    )
    return Program(f"enrol-{node}", arguments, base_environment(), folder.root)


def agent_places(folder: Folder, state: State, node: NodeId) -> fleet.AgentPlaces:
    """Return where an agent's things are; one that has enrolled has credentials of its own."""
    credentials_file = keys.credentials_file(folder, "node", node)
    return fleet.AgentPlaces(
        node=node,
        # Of a cluster the rest is told by whichever is reached first, and by the node's identity.
        nats_url=state.nats_url.split(",")[0],
        credentials_file=credentials_file if credentials_file.exists() else None,
        data_dir=folder.edge / node,
        trace_file=folder.traces / f"edge-{node}.jsonl",
    )


def _agent(folder: Folder, places: fleet.AgentPlaces, text: str) -> Program:
    places.data_dir.mkdir(exist_ok=True)
    path = folder.settings / f"edge-{places.node}.toml"
    write_private(path, text)
    return Program(
        f"edge-{places.node}",
        python("edge", "run", "--config", str(path)),
        base_environment(),
        folder.root,
    )
