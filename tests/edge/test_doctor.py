"""What a technician at the device is told: each trouble by its reason, and what to do."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import doctor, settings, spool_inspection, status
from edge.doctor import Verdict
from edge.main import main
from edge.settings import Settings
from edge.spool_inspection import Inspected
from edge.update.settings import UpdateSettings
from tests.edge.doubles import NOON_US, FakeClock, Store, batch, drain, open_spool
from tests.support.simulated_room import ROOM
from tianfu.reading.v1 import reading_batch_pb2 as pb

ROOT = Path(__file__).resolve().parents[2]
CONFIG = f"""
[node]
id = "gw-1"
data_dir = "data"
{ROOM}"""


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """The commands set the root logger up, which is another test's too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(CONFIG)
    return file


def loaded(config: Path) -> Settings:
    return settings.load(config, {})


def asked(
    config: Path, capsys: pytest.CaptureFixture[str], command: str = "doctor"
) -> tuple[int, Any]:
    code = main([command, "--json", "--config", str(config)])
    return code, json.loads(capsys.readouterr().out)


def bad(findings: list[dict[str, Any]]) -> dict[str, str]:
    return {one["check"]: one["reason"] for one in findings if one["verdict"] == "bad"}


def test_a_new_device_lacks_only_its_identity(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = asked(config, capsys)
    assert code == 3
    assert bad(found) == {"identity": "NOT_ENROLLED"}
    assert "tianfu-edge enroll" in next(
        one["fix"] for one in found if one["reason"] == "NOT_ENROLLED"
    )
    assert not (config.parent / "data").exists(), "the doctor makes nothing"


def test_every_finding_that_is_not_good_says_what_to_do(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(CONFIG.replace('"Cel"', '"C°"') + "noize = 1\n")
    code, found = asked(config, capsys)
    assert code == 3
    assert [one["reason"] for one in found] == ["SETTINGS_INVALID"] * 2
    assert all(one["fix"] and one["reason"] for one in found)


def test_a_person_reads_lines(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(config)]) == 3
    shown = capsys.readouterr().out
    assert "BAD   identity: this device is not enrolled [NOT_ENROLLED]\n      fix: " in shown
    assert "ok    driver room: 1 of 1 series answered" in shown


def test_a_device_that_does_not_answer_is_named(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meter = (ROOT / "examples" / "edge" / "meter.toml").read_text()
    meter = re.sub(r"(?m)^host = \S+", 'host = "127.0.0.1"', meter)
    config.write_text(re.sub(r"(?m)^port = \d+", "port = 1", meter))
    _, found = asked(config, capsys)
    assert "MODBUS_UNREACHABLE" in bad(found).values()


@pytest.mark.parametrize(
    ("wall_us", "offset_us", "expected"),
    [
        (0, None, "CLOCK_UNSET"),
        (NOON_US, None, ""),
        (NOON_US, 999_000, ""),
        (NOON_US, -1_001_000, "CLOCK_OFF"),
    ],
    ids=["never-set", "not-compared", "near", "off"],
)
def test_the_clock(wall_us: int, offset_us: int | None, expected: str) -> None:
    said = {"clock_offset_us": offset_us}
    assert doctor.clock_of(said, FakeClock(wall_us)).reason == expected


@pytest.mark.parametrize(
    ("said", "verdict", "reason"),
    [
        (None, Verdict.DOUBTFUL, "AGENT_NEVER_RAN"),
        ({"running": False}, Verdict.DOUBTFUL, "AGENT_NOT_RUNNING"),
        ({"running": True, "written_us": NOON_US - 31_000_000}, Verdict.BAD, "AGENT_SILENT"),
        ({"running": True, "written_us": NOON_US - 29_000_000}, Verdict.GOOD, ""),
    ],
    ids=["never", "stopped", "hangs", "runs"],
)
def test_the_agent(said: dict[str, Any] | None, verdict: Verdict, reason: str) -> None:
    said = said and {"pid": 7, "version": "1", **said}
    found = doctor.agent(said, FakeClock())
    assert (found.verdict, found.reason) == (verdict, reason)


# -- the spool ---------------------------------------------------------------------------------


def test_the_account_on_the_card_is_the_spools_own(config: Path) -> None:
    clock = FakeClock()
    spool = open_spool(config.parent / "data", clock, bytes_max=3_000)
    for _ in range(3):
        spool.store([batch(5)])
    drain(spool, Store())
    for _ in range(30):
        spool.store([batch(5)])
    account = spool.account()
    spool.close()
    clock.advance(120)
    found = spool_inspection.inspect(loaded(config), clock)
    assert found is not None
    assert account.dropped > 0
    shown = (found.produced, found.waiting_readings, found.waiting_batches, found.used_bytes)
    assert shown == (
        account.produced, account.waiting_readings, account.waiting_batches, account.used_bytes
    )  # fmt: skip
    assert found.epoch == f"{account.epoch:x}"
    assert found.produced == found.acknowledged + found.waiting_readings + found.dropped_readings
    assert {(one.priority, one.reason) for one in found.dropped} == {("routine", "SPOOL_FULL")}
    assert found.oldest_s == pytest.approx(120)
    assert "SPOOL_FULL" in spool_inspection.rendered(found)


def test_looking_changes_nothing(config: Path) -> None:
    spool = open_spool(config.parent / "data")
    spool.store([batch()])
    spool.close()
    before = sorted(file.name for file in (config.parent / "data").iterdir())
    spool_inspection.inspect(loaded(config), FakeClock())
    assert sorted(file.name for file in (config.parent / "data").iterdir()) == before
    again = open_spool(config.parent / "data")
    assert again.account().waiting_batches == 1
    again.close()


def test_what_a_running_agent_says_is_taken(config: Path) -> None:
    spool = open_spool(config.parent / "data")  # holds the folder, as an agent does
    drop = {"priority": pb.PRIORITY_URGENT, "reason": pb.DROP_REASON_EXPIRED, "readings": 2}
    said = {
        "epoch": "1f", "sequence": 4, "produced": 12, "waiting_readings": 3, "waiting_batches": 1,
        "used_bytes": 9, "bytes_max": 10, "drops": [drop],
    }  # fmt: skip
    status.write(config.parent / "data", {"spool": said})
    found = spool_inspection.inspect(loaded(config), FakeClock())
    spool.close()
    assert found is not None
    assert (found.is_running, found.epoch, found.acknowledged) == (True, "1f", 7)
    assert found.dropped[0].priority == "urgent"


@pytest.mark.parametrize(
    "content", [b"", b"not a database at all, but long enough to be looked at" * 40], ids=len
)
def test_a_damaged_file_is_said_and_left_alone(
    config: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    open_spool(config.parent / "data").close()
    file = config.parent / "data" / "spool.db"
    file.write_bytes(content)
    code, found = asked(config, capsys, "spool")
    assert code == 3
    assert found["damage"]
    assert file.read_bytes() == content
    assert bad(asked(config, capsys)[1])["spool"] == "SPOOL_DAMAGED"


def test_a_torn_page_is_found(config: Path) -> None:
    spool = open_spool(config.parent / "data")
    for _ in range(200):
        spool.store([batch(50)])
    spool.close()
    file = config.parent / "data" / "spool.db"
    with sqlite3.connect(file) as connection:
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with file.open("r+b") as raw:
        raw.seek(20 * page)
        raw.write(b"\xff" * page * 4)
    found = spool_inspection.inspect(loaded(config), FakeClock())
    assert found is not None
    assert found.damage


def test_no_spool_at_all(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spool", "--config", str(config)]) == 1
    assert "[SPOOL_MISSING]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spool", "expected"),
    [
        (Inspected(False, bytes_max=100, used_bytes=10), ""),
        (Inspected(False, bytes_max=100, used_bytes=81), "SPOOL_NEARLY_FULL"),
        (Inspected(False, set_aside=("x",)), "SPOOL_WAS_DAMAGED"),
        (Inspected(False, damage="torn"), "SPOOL_DAMAGED"),
        (
            Inspected(True, dropped=(spool_inspection.Dropped("routine", "EXPIRED", 1),)),
            "READINGS_DROPPED",
        ),
    ],
    ids=["good", "full", "was-damaged", "damaged", "dropped"],
)
def test_what_the_doctor_makes_of_a_spool(spool: Inspected, expected: str) -> None:
    found = doctor._spool(spool)
    assert [one.reason for one in found] == [expected]


def test_link_without_an_identity(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = asked(config, capsys, "link")
    assert (code, bad(found)) == (3, {"link": "NOT_ENROLLED"})


@pytest.mark.parametrize(
    ("said", "reason", "verdict"),
    [
        pytest.param(None, "UPDATE_NOT_FOLLOWED", Verdict.DOUBTFUL, id="never-looked"),
        pytest.param({"reason": "UPDATE_EXPIRED"}, "UPDATE_EXPIRED", Verdict.DOUBTFUL, id="why"),
        pytest.param({"reason": ""}, "", Verdict.GOOD, id="has-it"),
    ],
)
def test_releases_of_the_agent(
    tmp_path: Path, said: dict[str, str] | None, reason: str, verdict: Verdict
) -> None:
    (tmp_path / "root.json").write_text("{}")
    followed = UpdateSettings(tmp_path / "root.json", "stable", 60.0)
    told = said and {"version": "1.0.0", "channel": "stable", "message": "too old", **said}
    found = doctor.updates(followed, {"updates": told})
    assert (found.reason, found.verdict) == (reason, verdict)


def test_a_node_that_knows_of_no_root_believes_nobody(tmp_path: Path) -> None:
    found = doctor.updates(UpdateSettings(tmp_path / "root.json", "stable", 60.0), None)
    assert (found.reason, found.verdict) == ("UPDATE_ROOT_UNREADABLE", Verdict.BAD)
    assert "tianfu keys updates" in found.fix
