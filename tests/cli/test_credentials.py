"""What warnings are signed with: made once, for their owner's eyes, the two channels apart."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nkeys
import pytest
from cryptography import x509

from cli.local import credentials, keys
from cli.local.folder import Folder
from services.disaster_warning.cap.credentials import load
from services.disaster_warning.cap.trust import TrustDomain
from tianfu import nats_jwt
from tianfu.subjects import Channel, NodeId

NOW = datetime(2026, 1, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder.at(tmp_path / "data")
    made.make()
    return made


def test_keys_are_made_once_and_only_their_owner_reads_them(folder: Folder) -> None:
    first = credentials.ensure(folder, NOW)
    before = {path: path.read_bytes() for path in folder.keys.iterdir()}

    again = credentials.ensure(folder, NOW + timedelta(days=1))

    assert again == first
    assert {path: path.read_bytes() for path in folder.keys.iterdir()} == before
    # For each channel a seed, a key and a certificate, and the seed that signs setpoints.
    assert len(before) == 7
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in before)


def test_the_channels_have_nothing_in_common(folder: Folder) -> None:
    public = credentials.ensure(folder, NOW)

    assert public[Channel.LIVE] != public[Channel.DRILL]
    assert len({path.read_bytes() for path in folder.keys.iterdir()}) == 7


def test_a_start_that_was_broken_off_is_made_good(folder: Folder) -> None:
    credentials.ensure(folder, NOW)
    credentials.cap_certificate_file(folder, Channel.DRILL).unlink()

    credentials.ensure(folder, NOW)

    for channel, domain in (
        (Channel.LIVE, TrustDomain.LIVE),
        (Channel.DRILL, TrustDomain.EXERCISE),
    ):
        load(*pem(folder, channel), domain)  # refuses a certificate of another key


def test_the_service_takes_the_certificates_and_a_reader_sees_their_world(folder: Folder) -> None:
    credentials.ensure(folder, NOW)

    made = load(*pem(folder, Channel.DRILL), TrustDomain.EXERCISE)

    made.trusted.require_in_force(NOW - timedelta(hours=1))
    made.trusted.require_in_force(NOW + timedelta(days=3649))
    unit = x509.NameOID.ORGANIZATIONAL_UNIT_NAME
    assert made.certificate.subject.get_attributes_for_oid(unit)[0].value == "exercise"


def pem(folder: Folder, channel: Channel) -> tuple[bytes, bytes]:
    key = credentials.cap_key_file(folder, channel).read_bytes()
    return key, credentials.cap_certificate_file(folder, channel).read_bytes()


def test_the_pinned_key_is_that_of_the_seed(folder: Folder) -> None:
    public = credentials.ensure(folder, NOW)

    for channel in Channel:
        seed = credentials.signing_seed_file(folder, channel).read_bytes().strip()
        pair = nkeys.from_seed(bytearray(seed))
        assert bytes(pair.public_key).decode() == public[channel]


def test_every_file_that_the_service_is_told_of_is_there(folder: Folder) -> None:
    credentials.ensure(folder, NOW)

    environment = credentials.environment(folder)

    assert len(environment) == 6
    assert all(name.startswith(("TIANFU_LIVE_", "TIANFU_DRILL_")) for name in environment)
    assert all(Path(value).is_file() for value in environment.values())


def test_a_node_hears_the_warnings_of_its_county_and_of_no_other(folder: Folder) -> None:
    keys.issue(folder, {NodeId("a"): "510104", NodeId("b"): None})

    assert heard(folder, "a") == {
        "tianfu.v1.warning.live.51.01.04",
        "tianfu.v1.warning.drill.51.01.04",
    }
    assert heard(folder, "b") == set()


def heard(folder: Folder, node: str) -> set[str]:
    text = keys.credentials_file(folder, "node", node).read_text()
    claims = nats_jwt.read(nats_jwt.split_credentials(text)[0])
    return {subject for subject in claims.body["sub"]["allow"] if ".warning." in subject}
