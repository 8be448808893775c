"""Each trouble of a stream is found, by what nats-server shows and logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli import doctor_streams
from tools.ports import free_port


def shown(used: int = 10, most: int = 100, waiting: int = 5, unacknowledged: int = 0) -> Any:
    consumer = {"name": "telemetry", "num_pending": waiting, "num_ack_pending": unacknowledged}
    stream = {
        "name": "READINGS",
        "state": {"bytes": used},
        "config": {"max_bytes": most},
        "consumer_detail": [consumer],
    }
    return {"account_details": [{"stream_detail": [stream]}, {}]}


@pytest.mark.parametrize(
    ("answer", "troubles"),
    [
        pytest.param(shown(), [], id="well"),
        pytest.param({}, [], id="no-stream-yet"),
        pytest.param(shown(used=90), ["stream room"], id="nearly-full"),
        pytest.param(shown(used=10**12, most=-1), [], id="no-limit"),
        pytest.param(shown(waiting=10_001), ["consumers"], id="behind"),
        pytest.param(shown(waiting=0, unacknowledged=10_001), ["consumers"], id="unacknowledged"),
    ],
)
def test_what_the_monitor_shows(answer: Any, troubles: list[str]) -> None:
    found = doctor_streams.found_in(answer)

    assert [each.check for each in found if not each.ok] == troubles
    assert all(each.fix for each in found)


def test_a_disk_that_was_full_is_seen_until_the_server_is_started_anew(tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    log.write_text("Starting nats-server\nwrite x: no space left on device\n")
    assert not doctor_streams.writes(log).ok

    log.write_text(log.read_text() + "Starting nats-server\nServer is ready\n")
    assert doctor_streams.writes(log).ok


def test_a_log_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    assert not doctor_streams.writes(tmp_path / "nats.log").ok


def test_a_monitor_that_does_not_answer_is_one_finding(tmp_path: Path) -> None:
    (found,) = doctor_streams.of_streams(f"127.0.0.1:{free_port()}", tmp_path / "nats.log")

    assert (found.check, found.ok) == ("streams", False)
