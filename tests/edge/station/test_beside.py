"""A leaf server in a container beside the agent's: what is written for it, and when it is woken."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from edge import main, settings
from edge.clock import SystemClock
from edge.counters import Counters
from edge.settings import InvalidSettings
from edge.station.beside import BesideServer
from tests.support.waiting import until
from tianfu import nats_accounts, nats_config, nats_jwt, nats_realm
from tianfu.nats_config import LeafConfig

NOW = 1_780_000_000
REALM = nats_realm.generate(issued=NOW)
EDGE = REALM.accounts[nats_accounts.EDGE].public_key
STOLEN = REALM.accounts[nats_accounts.PLATFORM].public_key
WAIT_S = 60.0
TEXT = nats_config.render_leaf(
    LeafConfig(
        name="bs-1",
        hub_urls=("nats-leaf://hub:7422",),
        credentials=Path("/etc/station/station.creds"),
        account=EDGE,
        trust=REALM.leaf_trust(issued=NOW),
    )
)


TOKEN = REALM.leaf_trust(issued=NOW).account_tokens[EDGE]


def heard() -> bytes:
    """Return what the platform says when somebody was turned out."""
    token = REALM.trust(issued=NOW).account_tokens[EDGE]
    changed = nats_jwt.with_revocations(token, REALM.operator_signing, {STOLEN: NOW}, issued=NOW)
    return nats_jwt.for_leaf(changed, REALM.operator_signing).encode()


def prepared(folder: Path, text: str = TEXT) -> dict[str, str]:
    """Write files as the pod has them; return its environment."""
    (folder / "edge.toml").write_text(f'[node]\nid = "bs-1"\ndata_dir = "{folder}/data"\n')
    (folder / "given.conf").write_text(text)
    (folder / "run").mkdir()
    return {
        "TIANFU_EDGE_STATION_CONFIG_FILE": str(folder / "given.conf"),
        "TIANFU_EDGE_STATION_SHARED_FOLDER": str(folder / "run"),
    }


def server(folder: Path, environment: dict[str, str]) -> BesideServer:
    loaded = settings.load(folder / "edge.toml", environment)
    assert loaded.station is not None
    return BesideServer(
        loaded.station,
        loaded.node,
        loaded.data_dir,
        clock=SystemClock(),
        counters=Counters(),
        jitter=lambda: 0.5,
    )


async def test_it_is_written_and_says_who_was_turned_out(tmp_path: Path) -> None:
    environment = prepared(tmp_path)
    first = server(tmp_path, environment)
    await first.restore()
    written = tmp_path / "run" / "leaf.conf"
    assert written.read_text() == TEXT
    await first.take(heard())
    assert first.status()["turned_out"] == 1
    changed = written.read_text()
    trust, account = nats_config.leaf_trust(changed)
    assert STOLEN in nats_jwt.read(trust.account_tokens[account]).body["revocations"]
    # All else is as it was given.
    assert nats_config.with_account_token(changed, account, TOKEN) == TEXT

    # The pod starts anew: who was turned out is so before nats-server begins.
    written.unlink()
    second = server(tmp_path, environment)
    await second.restore()
    assert written.read_text() == changed


async def test_what_operators_change_is_written_and_the_server_is_woken(
    tmp_path: Path,
) -> None:
    environment = prepared(tmp_path)
    one = server(tmp_path, environment)
    await one.restore()
    # A program of that name and command line, which ends in its own way by the signal.
    program = tmp_path / "nats-server"
    program.symlink_to(sys.executable)
    sleeping = await asyncio.create_subprocess_exec(
        program,
        "-c",
        "import signal, socket, sys, time; signal.signal(signal.SIGHUP, lambda *_: sys.exit(7));"
        " here = socket.create_server(('127.0.0.1', 0)); print(flush=True); time.sleep(600)",
        str(one.config_file),
        stdout=asyncio.subprocess.PIPE,
    )
    assert sleeping.stdout is not None
    await sleeping.stdout.readline()
    running = asyncio.create_task(one.run())
    try:
        await until(lambda: one.status()["pid"] == sleeping.pid, WAIT_S)
        changed = TEXT.replace("hub:7422", "hub-2:7422")
        (tmp_path / "given.conf").write_text(changed)
        async with asyncio.timeout(WAIT_S):
            assert await sleeping.wait() == 7
        assert one.config_file.read_text() == changed
        assert one.status()["running"] is False
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if sleeping.returncode is None:
            sleeping.kill()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda _: "listen: 1\n", "STATION_TRUST_INVALID", id="another-text"),
        pytest.param(
            lambda text: text.replace('operator: "', 'operator: "x'),
            "STATION_TRUST_INVALID",
            id="a-token-that-was-changed",
        ),
        pytest.param(None, "STATION_TRUST_MISSING", id="no-file"),
    ],
)
def test_the_command_says_what_is_wrong(
    tmp_path: Path,
    spoil: Any,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = prepared(tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    command = ["station", "--config", str(tmp_path / "edge.toml")]
    assert main.main(command) == main.DONE
    given = tmp_path / "given.conf"
    if spoil is None:
        given.unlink()
    else:
        given.write_text(spoil(given.read_text()))
    assert main.main(command) == main.REFUSED
    assert f"[{reason}]" in capsys.readouterr().err


def test_an_agent_without_such_a_server_says_so(tmp_path: Path) -> None:
    prepared(tmp_path, "")
    assert os.environ.get("TIANFU_EDGE_STATION_CONFIG_FILE") is None
    assert main.main(["station", "--config", str(tmp_path / "edge.toml")]) == main.WRONG_SETTINGS


def test_the_folder_must_be_given(tmp_path: Path) -> None:
    environment = prepared(tmp_path, "")
    del environment["TIANFU_EDGE_STATION_SHARED_FOLDER"]
    with pytest.raises(InvalidSettings, match="shared_folder"):
        settings.load(tmp_path / "edge.toml", environment)
