"""A support bundle holds what helps, and nothing that is secret or personal."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import redaction, support_bundle
from cli.failures import Failure
from cli.local.folder import Folder, write_json

SEED = "SUAHG6CWB3YB4SXJ7GYQF4R6JWRXBZKK3MLW6N37TBRHSNJBL5SBBKAWQY"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJub2RlcyJ9.c2lnbmF0dXJl"
PEM = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----"
PASSWORD = "correct-horse-battery"
NATS_KEY = "kept-only-in-a-file-of-keys"

MARKERS = {
    "seed": (SEED, SEED),
    "jwt": (f"authorized with {JWT}.", JWT),
    "pem": (PEM, "MIGHAgEAMBMGByqGSM49"),
    "pem-cut-off": (PEM[:40], PEM[28:40]),
    "url": ("nats://user:hunter2hunter@127.0.0.1:4222", "hunter2hunter"),
    "password": ("password = 'swordfish'", "swordfish"),
    "json": ('{"client_secret": "abc123def"}', "abc123def"),
    "header": ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
    "api-key": ("api-key=xyzzy", "xyzzy"),
    "resident": ("patient 11010519491231002X came", "11010519491231002X"),
    "phone": ("call 13800138000", "13800138000"),
    "kept-password": (f"tried {PASSWORD} again", PASSWORD),
    "kept-key": (f"read {NATS_KEY}", NATS_KEY),
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder.at(tmp_path / "data")
    folder.make()
    write_json(folder.state, {"ports": {"nats": 1}, "passwords": {"fleet": PASSWORD}})
    (folder.keys / "nats.key").write_text(f"{NATS_KEY}\n", encoding="utf-8")
    (folder.settings / "edge.toml").write_text('[node]\nid = "gw-1"\n', encoding="utf-8")
    said = "\n".join(text for text, _ in MARKERS.values())
    (folder.logs / "fleet.log").write_text(f"ready after 3 s\n{said}\nserving\n", encoding="utf-8")
    return folder


def bundle(folder: Folder, out: Path) -> dict[str, str]:
    done = CliRunner().invoke(
        support_bundle.app, ["--data", str(folder.root), "--out", str(out)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    with tarfile.open(out) as archive:
        files = [(each.name, archive.extractfile(each)) for each in archive.getmembers()]
        return {name.partition("/")[2]: f.read().decode() for name, f in files if f is not None}


def test_a_bundle_holds_what_helps_and_no_marker(folder: Folder, tmp_path: Path) -> None:
    out = tmp_path / "b.tar.gz"
    found = bundle(folder, out)

    assert out.stat().st_mode & 0o777 == 0o600
    whole = "\n".join(found.values())
    for name, (_, marker) in MARKERS.items():
        assert marker not in whole, name
    assert "ready after 3 s" in found["logs/fleet.log"]
    assert found["logs/fleet.log"].endswith("serving\n")
    assert 'id = "gw-1"' in found["settings/edge.toml"]
    about = json.loads(found["about.json"])
    assert about["running"] is False
    assert "grpcio" in about["packages"]
    checks = {each["check"] for each in json.loads(found["doctor.json"])}
    assert {"disk", "ports", "left behind"} <= checks
    assert json.loads(found["folder.json"])["logs"] > 0
    assert not any(name.startswith(("keys", "state")) for name in found)


def test_a_file_that_is_there_is_not_written_over(folder: Folder, tmp_path: Path) -> None:
    out = tmp_path / "b.tar.gz"
    out.write_text("mine", encoding="utf-8")

    done = CliRunner().invoke(support_bundle.app, ["--data", str(folder.root), "--out", str(out)])

    assert done.exit_code != 0
    assert isinstance(done.exception, Failure)
    assert done.exception.reason == "BUNDLE_UNWRITABLE"
    assert out.read_text(encoding="utf-8") == "mine"


def test_of_a_long_log_the_end_is_taken(folder: Folder, tmp_path: Path) -> None:
    line = "an ordinary line of the log\n"
    (folder.logs / "long.log").write_text(line * 40_000 + "the last\n", encoding="utf-8")

    found = bundle(folder, tmp_path / "b.tar.gz")["logs/long.log"]

    assert len(found) <= support_bundle.LOG_BYTES
    assert found.endswith("the last\n")


@given(st.text(), st.sampled_from(sorted(MARKERS)), st.text())
def test_wherever_a_marker_stands_it_is_taken_out(before: str, name: str, after: str) -> None:
    text, marker = MARKERS[name]
    whole = f"{before}\n{text}\n{after}"

    assert marker not in redaction.redact(whole, {PASSWORD, NATS_KEY})


@given(st.text(alphabet="abcdefg \n.,0123456789", max_size=300))
def test_words_and_small_numbers_stay(text: str) -> None:
    plain = text.replace("1", "2")  # no telephone, no resident

    assert redaction.redact(plain, set()) == plain or len(plain) >= 18
