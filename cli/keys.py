"""``tianfu keys``: the operator's keys of NATS, and certificates of gRPC."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import durations, kubernetes_secrets, openadr_clients, output
from cli.authority import Authority
from cli.backup import sealing
from cli.failures import Exit, Failure
from cli.keyfiles import KeyFiles
from cli.keystore import Keystore
from cli.kubernetes_secrets import Release, Sources
from cli.local.folder import Folder, write_private
from cli.output import Format
from tianfu import (
    keeping_rights,
    nats_accounts,
    nats_config,
    nats_jwt,
    nats_keys,
    service_rights,
    station_rights,
    subjects,
)
from tianfu.nats_accounts import ACCOUNTS, OPERATOR
from tianfu.nats_config import NatsConfig
from tianfu.nats_keys import KeyKind
from tianfu.subjects import InvalidName, Permissions

PASSPHRASE_VARIABLE: Final = "TIANFU_KEYS_PASSPHRASE_FILE"  # noqa: S105 - a name
SIGNERS: Final = (OPERATOR, *ACCOUNTS)

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keys of a platform: NATS' operator and accounts, users, certificates.\n\n"
    f"The passphrase is read from the file in {PASSPHRASE_VARIABLE}, or asked for.",
)
KeysOption = Annotated[Path, typer.Option("--keys", help="The folder of keys.")]
KEYS_DEFAULT: Final = Path("keys")
OutOption = Annotated[Path, typer.Option("--out", help="The file to write, mode 0600.")]
SignerArgument = Annotated[str, typer.Argument(help=f"One of {', '.join(SIGNERS)}.")]


@app.command()
def init(keys: KeysOption = KEYS_DEFAULT) -> None:
    """Make the keys of an operator and its accounts, encrypted by a passphrase.

    Then put operator.pem and account-*.pem in a safe, and remove them here: day to day nothing
    needs them, and whoever has them is the platform.
    """
    Keystore(keys, passphrase(confirm=True)).create(now=now_s())
    output.note(f"made in {keys}; keep operator.pem and account-*.pem somewhere else")


@app.command()
def show(
    keys: KeysOption = KEYS_DEFAULT, output_format: output.FormatOption = Format.TABLE
) -> None:
    """Show what is public: the accounts' keys, and who signs for them."""
    stored = Keystore(keys, "").public()
    records = [{"name": OPERATOR, "signing_keys": stored["operator_signing_keys"]}]
    records += [{"name": name, **one} for name, one in stored["accounts"].items()]
    output.rows(["name", "public_key", "signing_keys"], records, output_format)


@app.command()
def server(
    store_dir: Annotated[Path, typer.Option(help="Where the server keeps its streams.")],
    keys: KeysOption = KEYS_DEFAULT,
    listen: Annotated[str, typer.Option(help="HOST:PORT to listen on.")] = "0.0.0.0:4222",
) -> None:
    """Print nats-server's configuration: whom it trusts, and the accounts."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise Failure("LISTEN_INVALID", f"{listen!r} is no HOST:PORT", status=Exit.USAGE)
    trust = Keystore(keys, passphrase()).realm().trust(issued=now_s())
    config = NatsConfig(store_dir=store_dir.absolute(), trust=trust, host=host, port=int(port))
    sys.stdout.write(nats_config.render(config))


@app.command()
def station(keys: KeysOption = KEYS_DEFAULT) -> None:
    """Print whom leaf servers of base stations believe, for `trust_file` of their settings.

    It holds no secret. Who is turned out later, the platform tells them by itself.
    """
    realm = Keystore(keys, passphrase()).realm()
    trust = realm.leaf_trust(issued=now_s())
    content = {
        "operator_token": trust.operator_token,
        "system_account": trust.system_account,
        "account": realm.accounts[nats_accounts.EDGE].public_key,
        "account_tokens": dict(trust.account_tokens),
    }
    sys.stdout.write(json.dumps(content, indent=1) + "\n")


@app.command()
def user(
    role: Annotated[
        str, typer.Argument(help="service, node, station, drill, system, backup or restore.")
    ],
    name: Annotated[str, typer.Argument(help="Such as telemetry, or a node's id.")],
    out: OutOption,
    keys: KeysOption = KEYS_DEFAULT,
    county: Annotated[str, typer.Option(help="Of a node or station: the county it is in.")] = "",
    gateway: Annotated[
        list[str] | None,
        typer.Option(help="Of a station: a gateway that it speaks for, as NODE or NODE=COUNTY."),
    ] = None,
    life: Annotated[str, typer.Option(help="How long they are good, such as 365d.")] = "",
) -> None:
    """Write NATS credentials of a user, with a key of its own and the rights of its role.

    Nodes enrol by themselves (`tianfu nodes enrol`); this is for those that can't.
    """
    try:
        rights = rights_of(role, name, county, gateway or ())
    except InvalidName as error:
        raise Failure("USER_INVALID", str(error), status=Exit.USAGE) from error
    now = now_s()
    expires = now + int(durations.parse(life).total_seconds()) if life else None
    pair = nats_keys.generate(KeyKind.USER)
    token = (
        Keystore(keys, passphrase())
        .realm()
        .user_token(role, name, pair.public_key, rights, issued=now, expires=expires)
    )
    write_private(out, nats_jwt.credentials(token, pair.seed))
    output.note(f"{out}: credentials of {role} {name}")


def rights_of(role: str, name: str, county: str, gateways: Sequence[str] = ()) -> Permissions:
    """Return what a user of a role may do; raise InvalidName for what there is none of."""
    by_role: dict[str, Callable[[], Permissions]] = {
        "service": lambda: service_rights.service_permissions(name),
        "node": lambda: subjects.node_permissions(subjects.node_id(name), county or None),
        "station": lambda: _station(name, county, gateways),
        "drill": lambda: subjects.drill_permissions(name),
        "system": lambda: nats_accounts.pusher_permissions(name),
        "backup": lambda: keeping_rights.backup_permissions(name),
        "restore": lambda: keeping_rights.restore_permissions(name),
    }
    if role not in by_role:
        raise InvalidName(f"role {role!r}: there are {', '.join(by_role)}")
    return by_role[role]()


def _station(name: str, county: str, gateways: Sequence[str]) -> Permissions:
    named = dict(one.partition("=")[::2] for one in gateways)
    places = {subjects.node_id(node): place or None for node, place in named.items()}
    return station_rights.station_permissions(subjects.node_id(name), county or None, places)


@app.command()
def seed(name: SignerArgument, out: OutOption, keys: KeysOption = KEYS_DEFAULT) -> None:
    """Write the seed of a signing key, for the service that signs with it.

    The fleet service takes those of EDGE, with which it signs for nodes, and of TIANFU, with which
    it turns nodes out.
    """
    _known(name)
    write_private(out, Keystore(keys, passphrase()).signing(name).seed)
    output.note(f"{out}: whoever reads it signs for {name}")


@app.command()
def backup(out: OutOption) -> None:
    """Make a key that opens backups; prints its public half, for `tianfu backup --recipient`.

    Keep the file where no platform is, and a copy elsewhere: without it those backups are lost.
    """
    if out.exists():
        text = f"{out} is there already; backups that its key opens would be lost with it"
        raise Failure("FILE_EXISTS", text, "name another file", status=Exit.USAGE)
    content, public = sealing.new_key()
    write_private(out, content)
    sys.stdout.write(f"{public}\n")
    output.note(f"{out}: whoever reads it reads all backups that are encrypted to this key")


@app.command()
def signer(out: OutOption) -> None:
    """Make a key that signs rules for nodes; prints its public half, for their settings.

    It is of no use on the bus. Keep it where rules are decided on, not on a server.
    """
    if out.exists():
        text = f"{out} is there already; a new key is one that no node trusts yet"
        raise Failure("FILE_EXISTS", text, "name another file", status=Exit.USAGE)
    pair = nats_keys.generate(KeyKind.USER)
    write_private(out, pair.seed)
    sys.stdout.write(f"{pair.public_key}\n")
    output.note(f"{out}: put the key into nodes' settings, [rules] key")


@app.command()
def updates(
    keys: Annotated[Path, typer.Option("--keys", help="Where the keys go.")] = Path("keys/updates"),
    folder: Annotated[
        Path, typer.Option("--releases", help="Where signed releases will be; it holds no secret.")
    ] = Path("releases"),
) -> None:
    """Make the keys that sign releases of the agent: TUF's root, targets, snapshot, timestamp.

    Prints the root's file, which nodes are to trust: [update] root_file of their settings. Then put
    root.pem in a safe; targets.pem belongs where releases are decided on.
    """
    from cli.updates.repository import Repository  # noqa: PLC0415 - TUF's library, for this alone

    made = Repository(folder, KeyFiles(keys, passphrase(confirm=True)), datetime.now(UTC)).create()
    sys.stdout.write(f"{made}\n")
    output.note(f"made in {keys}; keep root.pem somewhere else")


@app.command()
def rotate(name: SignerArgument, keys: KeysOption = KEYS_DEFAULT) -> None:
    """Replace a signing key; what the one before has signed stays good until `retire`.

    Then: give the server its new configuration, and the service its new seed.
    """
    _known(name)
    Keystore(keys, passphrase()).rotate(name, now=now_s())
    output.note(f"{name} has a new signing key; the one before is trusted until `retire`")


@app.command()
def retire(name: SignerArgument, keys: KeysOption = KEYS_DEFAULT) -> None:
    """Trust only the newest signing key: everything older ones signed is refused from then on."""
    _known(name)
    gone = Keystore(keys, passphrase()).retire(name, now=now_s())
    output.note(f"{name}: {len(gone)} older keys are trusted no more")


@app.command()
def certificate(
    service: Annotated[str, typer.Argument(help="The service that shows it, such as fleet.")],
    host: Annotated[list[str], typer.Option(help="A name or address it is reached at.")],
    keys: KeysOption = KEYS_DEFAULT,
) -> None:
    """Make a certificate of a development authority, for gRPC by TLS; prints its settings."""
    try:
        subjects.token(service)
    except InvalidName as error:
        raise Failure("SERVICE_INVALID", str(error), status=Exit.USAGE) from error
    authority, now = Authority(keys / "tls"), datetime.now(UTC)
    authority.ensure(now)
    made = authority.issue(service, host, now)
    sys.stdout.write(
        f"TIANFU_TLS_CERTIFICATE_FILE={made.certificate}\n"
        f"TIANFU_TLS_KEY_FILE={made.key}\n"
        f"TIANFU_TLS_CLIENT_CA_FILE={authority.certificate}\n"
    )


@app.command("kubernetes")
def kubernetes(
    out: OutOption,
    keys: KeysOption = KEYS_DEFAULT,
    release: Annotated[str, typer.Option(help="The release's name.")] = "tianfu",
    namespace: Annotated[str, typer.Option(help="The release's namespace.")] = "tianfu",
    nats_servers: Annotated[
        int, typer.Option(min=1, max=5, help="How many nats-servers there are.")
    ] = 1,
    database: Annotated[
        str, typer.Option(help="PostgreSQL's HOST:PORT; empty for the bundled one.")
    ] = "",
    administrator: Annotated[
        str, typer.Option(help="PostgreSQL's administrator, for migrations.")
    ] = "postgres",
    clients: Annotated[
        Path | None,
        typer.Option("--openadr-clients", help="Who may speak OpenADR 3: clients.toml."),
    ] = None,
) -> None:
    """Write the Secrets that the chart `tianfu` waits for, as a file for `kubectl apply`.

    With a database of your own, put its administrator's password into the file, or make the Secret
    RELEASE-database-admin by yourself. Passwords of a file that is there already are kept.
    """
    place = Release(
        release,
        namespace,
        nats_servers,
        database or f"{kubernetes_secrets.prefix_of(release)}-postgresql:5432",
        administrator,
    )
    now = datetime.now(UTC)
    authority = Authority(keys / "tls")
    realm = Keystore(keys, passphrase()).realm()
    authority.ensure(now)
    signing = kubernetes_secrets.signing_files(Folder.at(keys / "warning"))
    known = kubernetes_secrets.known_passwords(out)
    if clients is not None and not openadr_clients.known(clients):
        said = f"{clients} has no client: make one with tianfu keys openadr-client"
        raise Failure("CLIENTS_MISSING", said, status=Exit.USAGE)
    openadr = "" if clients is None else clients.read_text(encoding="utf-8")
    sources = Sources(realm, authority, signing, known, openadr)
    write_private(out, kubernetes_secrets.listed(place, sources, service_rights.SERVICES, now))
    output.note(f"{out}: Secrets of release {release}; apply it, then keep it safe or remove it")


class ClientKind(StrEnum):
    """What speaks OpenADR 3: business logic, which calls events, or a virtual end node."""

    BL = "bl"
    VEN = "ven"


@app.command("openadr-client")
def openadr_client(
    client_id: Annotated[str, typer.Argument(help="The client's id, such as utility.")],
    kind: Annotated[ClientKind, typer.Option(help="Who calls events, or who is called.")],
    clients: Annotated[Path, typer.Option(help="The file of clients, made if need be.")],
    unit: Annotated[str, typer.Option(help="The unit that a VEN speaks for: units/NAME.")] = "",
    *,
    renew: Annotated[
        bool, typer.Option("--renew", help="Draw another secret for a client that is there.")
    ] = False,
) -> None:
    """Draw the secret of an OpenADR 3 client; prints it, and keeps its digest in the file.

    It is printed this once. The energy service reads the file when it starts.
    """
    secret = openadr_clients.drawn()
    if renew:
        text = openadr_clients.renewed(clients, client_id, secret)
    else:
        text = openadr_clients.added(clients, client_id, kind.value, unit, secret)
    write_private(clients, text)
    sys.stdout.write(f"{secret}\n")
    output.note(f"{clients}: {client_id}; give it this secret, which is nowhere else")


def passphrase(*, confirm: bool = False) -> str:
    """Return the passphrase, from its file or from whoever sits there."""
    named = os.environ.get(PASSPHRASE_VARIABLE)
    if named is None:
        return str(
            typer.prompt("passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        )
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Failure(
            "PASSPHRASE_MISSING",
            f"{named} can't be read: {error.strerror}",
            f"set {PASSPHRASE_VARIABLE} to the file that holds it",
            status=Exit.USAGE,
        ) from error


def now_s() -> int:
    """Return Unix time."""
    return int(time.time())


def _known(name: str) -> None:
    if name not in SIGNERS:
        known = ", ".join(SIGNERS)
        raise Failure("SIGNER_UNKNOWN", f"no signer {name!r}; there are {known}", status=Exit.USAGE)
