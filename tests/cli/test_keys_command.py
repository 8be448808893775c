"""``tianfu keys`` as an operator uses it, up to a server that takes what it made."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import stat
import subprocess
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client
from typer.testing import CliRunner, Result

from cli import keys
from cli.failures import Failure
from services.energy.openadr import clients as energy_clients
from services.plumbing.metrics import new_registry
from services.plumbing.nats_link import close, connect
from tests.support.nats_server import binary
from tests.support.waiting import until
from tianfu import nats_config, nats_jwt, nats_keys, service_rights
from tianfu.nats_keys import KeyKind
from tools.ports import free_port


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text("correct horse battery staple\n")
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, str(tmp_path / "passphrase"))
    run("init", "--keys", str(tmp_path / "keys"))
    return tmp_path


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(keys.app, arguments)
    if isinstance(done.exception, Failure):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def test_what_is_public_is_shown_without_a_passphrase(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(keys.PASSPHRASE_VARIABLE)
    shown = json.loads(run("show", "--keys", str(folder / "keys"), "-o", "json").stdout)
    assert [one["name"] for one in shown] == ["TIANFU", "SYSTEM", "PLATFORM", "EDGE"]
    assert all(one["public_key"].startswith("A") for one in shown[1:])


def test_a_user_has_the_rights_of_its_role(folder: Path) -> None:
    out = folder / "node.creds"
    given = ("--out", str(out), "--keys", str(folder / "keys"), "--county", "510104")
    run("user", "node", "gw-1", *given, "--life", "30d")
    claims = nats_jwt.read(nats_jwt.split_credentials(out.read_text())[0])
    assert (claims.name, claims.kind) == ("node:gw-1", "user")
    assert claims.expires == claims.issued + 30 * 86_400
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_station_speaks_for_its_gateways_alone(folder: Path) -> None:
    out = folder / "station.creds"
    given = ("--out", str(out), "--keys", str(folder / "keys"), "--county", "510104")
    run("user", "station", "bs-1", *given, "--gateway", "gw-1=513221", "--gateway", "gw-2")
    claims = nats_jwt.read(nats_jwt.split_credentials(out.read_text())[0])
    allowed = claims.body["pub"]["allow"]
    assert claims.name == "station:bs-1"
    assert {f"tianfu.v1.reading.{node}" for node in ("bs-1", "gw-1", "gw-2")} == {
        one for one in allowed if one.startswith("tianfu.v1.reading.")
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("user", "service", "nobody"), "USER_INVALID"),
        (("user", "king", "x"), "USER_INVALID"),
        (("user", "node", "../x"), "USER_INVALID"),
        (("user", "station", "bs-1", "--gateway", "../x"), "USER_INVALID"),
        (("seed", "NOBODY"), "SIGNER_UNKNOWN"),
    ],
)
def test_refusals(folder: Path, arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(Failure) as caught:
        run(*arguments, "--out", str(folder / "x"), "--keys", str(folder / "keys"))
    assert caught.value.reason == reason
    assert not (folder / "x").exists()


def test_a_certificate_comes_with_its_settings(folder: Path) -> None:
    done = run("certificate", "fleet", "--host", "localhost", "--keys", str(folder / "keys"))
    settings = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert sorted(settings) == [
        "TIANFU_TLS_CERTIFICATE_FILE",
        "TIANFU_TLS_CLIENT_CA_FILE",
        "TIANFU_TLS_KEY_FILE",
    ]
    assert all(Path(file).is_file() for file in settings.values())


@pytest.mark.integration
async def test_a_server_takes_what_was_made_and_refuses_what_was_retired(folder: Path) -> None:
    store, port = folder / "keys", free_port()
    old = credentials(folder, "old.creds")
    run("rotate", "PLATFORM", "--keys", str(store))
    new = credentials(folder, "new.creds")
    run("retire", "PLATFORM", "--keys", str(store))
    config = folder / "nats.conf"
    listen = ("--listen", f"127.0.0.1:{port}", "--store-dir", str(folder / "store"))
    config.write_text(run("server", *listen, "--keys", str(store)).stdout)
    log = folder / "nats.log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            binary(), "-c", str(config), stdout=file, stderr=file
        )
    try:
        await until(lambda: "Server is ready" in log.read_text())
        url = f"nats://127.0.0.1:{port}"
        link = await connect(url, new, "service", "telemetry", registry=new_registry())
        await close(link)
        stranger = Client()
        with pytest.raises(nats.errors.Error, match="Authorization"):
            await stranger.connect(url, user_credentials=str(old), allow_reconnect=False)
        await close(stranger)
    finally:
        process.kill()
        await process.wait()


def credentials(folder: Path, name: str) -> Path:
    out = folder / name
    run("user", "service", "telemetry", "--out", str(out), "--keys", str(folder / "keys"))
    return out


def secrets(path: Path) -> dict[str, dict[str, str]]:
    return {
        one["metadata"]["name"]: {
            key: base64.b64decode(text).decode() for key, text in one["data"].items()
        }
        for one in json.loads(path.read_text())["items"]
    }


def test_secrets_of_a_release_are_whole_and_keep_their_passwords(folder: Path) -> None:
    out = folder / "secrets.json"
    given = ("--keys", str(folder / "keys"), "--out", str(out), "--release", "city")
    run("kubernetes", *given, "--nats-servers", "3")
    first = secrets(out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    for service in (*service_rights.SERVICES, "gateway"):
        assert first[f"city-{service}-tls"].keys() == {"tls.crt", "tls.key", "ca.crt"}
    assert first["city-nats-server"]["nats.conf"].count("nats-route://") == 3
    run("kubernetes", *given, "--nats-servers", "3")
    again = secrets(out)
    for name, data in first.items():
        if name.endswith(("-database", "-database-admin")):
            assert again[name] == data
    route = "route-password"
    assert again["city-nats-server"][route] == first["city-nats-server"][route]


def test_leaf_servers_take_the_configuration_that_is_made_for_them(folder: Path) -> None:
    out = folder / "leaf-secrets.json"
    run("kubernetes", "--keys", str(folder / "keys"), "--out", str(out), "--release", "city")
    text = secrets(out)["city-leaf"]["leaf.conf"]
    assert "nats-leaf://city-nats.tianfu:7422" in text
    assert text.count(nats_config.STATION_NAME) == 1
    assert str(nats_config.STATION_FOLDER / nats_config.STATION_CREDENTIALS) in text
    # As a station has it; a folder of the test's stands in for the one that a pod mounts.
    pair = nats_keys.generate(KeyKind.USER)
    creds = folder / nats_config.STATION_CREDENTIALS
    creds.write_text(nats_jwt.credentials("e30.e30.e30", pair.seed))
    config = folder / "leaf.conf"
    text = text.replace(str(nats_config.STATION_FOLDER), str(folder))
    config.write_text(text.replace(nats_config.STATION_NAME, "bs-1"))
    done = subprocess.run(
        [binary(), "-t", "-c", str(config)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_whom_a_station_believes_is_printed_without_a_secret(folder: Path) -> None:
    from edge.station import trust

    printed = run("station", "--keys", str(folder / "keys"))
    file = folder / "station-trust.json"
    file.write_text(printed.stdout)
    assert trust.read(file).turned_out == 0
    assert "SEED" not in printed.stdout
    assert not re.search(r"\bS[UAO][A-Z2-7]{50}", printed.stdout)


def test_a_strange_file_is_not_overwritten(folder: Path) -> None:
    out = folder / "secrets.json"
    out.write_text("notes of mine")
    with pytest.raises(Failure, match="is not what this command writes"):
        run("kubernetes", "--keys", str(folder / "keys"), "--out", str(out))
    assert out.read_text() == "notes of mine"


def drawn(*arguments: str) -> str:
    """Return the one line that is printed."""
    return run(*arguments).stdout.strip()


def test_secrets_of_openadr_clients_are_printed_once_and_kept_as_digests(folder: Path) -> None:
    clients = folder / "clients.toml"
    bl = drawn("openadr-client", "utility", "--kind", "bl", "--clients", str(clients))
    ven = ("openadr-client", "ven-1", "--kind", "ven", "--clients", str(clients))
    first = drawn(*ven, "--unit", "units/plant-1")
    assert stat.S_IMODE(clients.stat().st_mode) == 0o600
    known = energy_clients.read(clients)
    assert {name: (each.kind.value, each.unit) for name, each in known.items()} == {
        "utility": ("bl", ""),
        "ven-1": ("ven", "units/plant-1"),
    }
    desk = energy_clients.TokenDesk(known, b"k" * 32)
    assert desk.proven("utility", bl) is not None
    assert desk.proven("ven-1", first) is not None
    with pytest.raises(Failure, match="has a client ven-1"):
        run(*ven)
    second = drawn(*ven, "--renew")
    desk = energy_clients.TokenDesk(energy_clients.read(clients), b"k" * 32)
    assert desk.proven("ven-1", first) is None
    assert desk.proven("ven-1", second) is not None
    assert desk.proven("utility", bl) is not None


@pytest.mark.parametrize(
    "given",
    [
        ('a"b', "--kind", "ven"),
        ("ven-1", "--kind", "ven", "--unit", "plant 1"),
        ("utility", "--kind", "bl", "--unit", "units/plant-1"),
    ],
)
def test_a_client_that_the_service_would_not_take_is_not_made(
    folder: Path, given: tuple[str, ...]
) -> None:
    clients = folder / "clients.toml"
    with pytest.raises(Failure):
        run("openadr-client", *given, "--clients", str(clients))
    assert not clients.exists()


def test_who_may_speak_openadr_is_a_secret_of_the_release(folder: Path) -> None:
    clients, out = folder / "clients.toml", folder / "secrets.json"
    given = ("--keys", str(folder / "keys"), "--out", str(out))
    with pytest.raises(Failure, match="has no client"):
        run("kubernetes", *given, "--openadr-clients", str(clients))
    secret = drawn("openadr-client", "utility", "--kind", "bl", "--clients", str(clients))
    run("kubernetes", *given, "--openadr-clients", str(clients))
    assert secrets(out)["tianfu-openadr-clients"] == {"clients.toml": clients.read_text()}
    assert secret not in json.dumps(secrets(out))
    run("kubernetes", *given)
    assert "tianfu-openadr-clients" not in secrets(out)
