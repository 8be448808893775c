from __future__ import annotations

import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry.columns import join
from services.telemetry.model import EPOCHS_MAX
from services.telemetry.registry import Registry
from services.telemetry.usecases import (
    Admission,
    Ledger,
    Prepared,
    Refused,
    Window,
    admit,
    build_block,
    count_refused,
    prepare,
    settle,
)
from tests.support.batches import BASE_US, FakeMessage, batch, tombstone
from tianfu.batch_limits import COUNT_MAX
from tianfu.reading.v1 import reading_batch_pb2 as pb

NOW_US = BASE_US + 3_600_000_000
WINDOW = Window()


def prepared(*payloads: bytes, registry: Registry | None = None) -> list[Prepared]:
    registry = Registry() if registry is None else registry  # an empty one is false
    found = prepare([FakeMessage(p) for p in payloads], registry, window=WINDOW, now_us=NOW_US)
    sound = [one for one in found if isinstance(one, Prepared)]
    assert sound == found
    return sound


def stored(ledger: Ledger, *payloads: bytes) -> Admission:
    """Admit batches and have their block stored."""
    result = admit(prepared(*payloads), ledger, now_us=NOW_US)
    ledger.commit(build_block(1, result.stored, join(result.stored), []).entries)
    return result


def changed(**fields: Any) -> bytes:
    message = pb.ReadingBatch.FromString(batch())
    for name, value in fields.items():
        setattr(message, name, value)
    return bytes(message.SerializeToString())


NAN = b"\0\0\0\0\0\0\xf8\x7f"


@pytest.mark.parametrize(
    ("payload", "subject", "reason"),
    [
        pytest.param(b"\xff\xff", "tianfu.v1.reading.gw-1", "BATCH_MALFORMED", id="garbage"),
        pytest.param(b"", "tianfu.v1.reading.gw-1", "FORMAT_UNKNOWN", id="empty"),
        pytest.param(batch(), "tianfu.v1.reading.gw-2", "NODE_MISMATCH", id="another-node"),
        pytest.param(batch(), "tianfu.v1.reading.GW", "INVALID_NAME", id="no-node-id"),
        pytest.param(batch(), "tianfu.v1.plan.gw-1", "INVALID_NAME", id="another-family"),
        pytest.param(
            changed(value=NAN * 4), "tianfu.v1.reading.gw-1", "VALUE_NOT_FINITE", id="nan"
        ),
        pytest.param(
            changed(series_index=b"\x09\x00" * 4),
            "tianfu.v1.reading.gw-1",
            "SERIES_UNKNOWN",
            id="unknown-series",
        ),
        pytest.param(batch(base_us=0), "tianfu.v1.reading.gw-1", "TIME_ABSURD", id="1970"),
        pytest.param(
            batch(base_us=NOW_US + 2 * 86_400_000_000),
            "tianfu.v1.reading.gw-1",
            "TIME_ABSURD",
            id="the-day-after-tomorrow",
        ),
        pytest.param(
            b"\0" * 1_000_001, "tianfu.v1.reading.gw-1", "BATCH_TOO_LARGE", id="oversized"
        ),
        pytest.param(changed(sequence=0), "tianfu.v1.reading.gw-1", "SEQUENCE_INVALID", id="zero"),
    ],
)
def test_bad_input_is_refused_with_a_reason(payload: bytes, subject: str, reason: str) -> None:
    [one] = prepare([FakeMessage(payload, subject)], Registry(), window=WINDOW, now_us=NOW_US)
    assert isinstance(one, Refused)
    assert one.reason == reason


HUGE = struct.pack("<4d", 1.7e308, 1.7e308, 1.7e308, 1.7e308)
"""Sound values whose sum is not."""
KINDS = {
    "sound": batch(),
    "of-another-time": batch(sequence=5, base_us=BASE_US + 1_000_000),
    "one-reading": batch(sequence=6, readings=1),
    "huge": changed(value=HUGE),
    "nothing-in-it": tombstone(last=9, span=5, readings=20, produced=36),
    "nan": changed(value=NAN * 4),
    "infinite": changed(value=struct.pack("<4d", 1, math.inf, -math.inf, 1)),
    "unknown-series": changed(series_index=b"\0\0\x02\0\0\0\0\0"),
    "quality": changed(quality=b"\0\0\0\xff"),
    "garbage": b"\xff\xff",
    "another-node": batch("gw-2"),
    "1970": batch(base_us=0),
}


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=8))
def test_messages_are_found_together_as_one_by_one(names: list[str]) -> None:
    messages = [FakeMessage(KINDS[name]) for name in names]

    def found(*some: FakeMessage) -> list[Any]:
        checked = prepare(some, Registry(), window=WINDOW, now_us=NOW_US)
        return [
            (one.reason, one.text, one.readings)
            if isinstance(one, Refused)
            else (one.batch.header, one.digest, one.first_us, one.last_us)
            for one in checked
        ]

    assert found(*messages) == [one for message in messages for one in found(message)]


def test_refusals_are_counted_where_the_node_is_known() -> None:
    ledger = Ledger()
    message = FakeMessage(b"")
    count_refused(
        [
            Refused(message, "gw-1", "TIME_ABSURD", "", readings=4),
            Refused(message, "", "INVALID_NAME", ""),
            Refused(message, "gw-1", "IDENTITY_CONFLICT", "", readings=4),
        ],
        ledger,
    )
    assert set(ledger.nodes) == {"gw-1"}
    assert (ledger.nodes["gw-1"].refused_batches, ledger.nodes["gw-1"].refused_readings) == (1, 4)


def test_a_batch_counts_once_however_often_it_comes() -> None:
    ledger = Ledger()
    result = stored(ledger, batch(), batch())
    assert (len(result.stored), len(result.repeated)) == (1, 1)
    account = ledger.node("gw-1")
    assert (account.stored, account.produced, account.repeated_batches) == (4, 4, 1)


def test_the_same_identity_with_other_content_is_a_conflict() -> None:
    ledger = Ledger()
    ours, theirs = prepared(batch(value=1.0), batch(value=2.0))
    result = admit([ours, theirs], ledger, now_us=NOW_US)
    assert result.stored == [ours]
    assert [r.reason for r in result.refused] == ["IDENTITY_CONFLICT"]
    assert ledger.node("gw-1").conflicting_batches == 1


def test_a_repetition_of_long_ago_is_settled_by_the_ledger() -> None:
    ledger = Ledger()
    ours, same, other = prepared(batch(), batch(), batch(value=9.0))
    admit([ours], ledger, now_us=NOW_US)
    ledger.node("gw-1").epoch(7).digests.clear()
    result = admit([same, other], ledger, now_us=NOW_US)
    assert result.unverified == [same, other]
    for one in result.unverified:
        settle(result, ledger, one, ours.digest)
    assert result.repeated == [same]
    assert [r.reason for r in result.refused] == ["IDENTITY_CONFLICT"]


def test_a_gap_shows_and_closes() -> None:
    ledger = Ledger()
    one, two, three = prepared(batch(sequence=1), batch(sequence=2), batch(sequence=3))
    admit([one, three], ledger, now_us=NOW_US)
    assert list(ledger.node("gw-1").missing()) == [(7, (2, 2))]
    admit([two], ledger, now_us=NOW_US)
    assert list(ledger.node("gw-1").missing()) == []


def test_a_tombstone_accounts_for_what_was_dropped() -> None:
    ledger = Ledger()
    stored(ledger, batch(sequence=1), tombstone(last=5, span=4, readings=16, produced=20))
    account = ledger.node("gw-1")
    assert (account.produced, account.stored, sum(account.drops.values())) == (20, 4, 16)
    assert account.in_flight == 0
    assert list(account.missing()) == []


def test_a_new_epoch_begins_at_one() -> None:
    ledger = Ledger()
    result = stored(ledger, batch(epoch=7), batch(epoch=8))
    assert len(result.stored) == 2
    assert ledger.node("gw-1").stored == 8


def test_epochs_are_bounded() -> None:
    ledger = Ledger()
    result = admit(prepared(*(batch(epoch=e) for e in range(300))), ledger, now_us=NOW_US)
    assert {r.reason for r in result.refused} == {"EPOCHS_TOO_MANY"}
    assert len(result.stored) == 256


def test_a_heartbeat_raises_what_was_produced() -> None:
    ledger = Ledger()
    admit(prepared(batch()), ledger, now_us=NOW_US)
    assert (ledger.node("gw-1").stored, ledger.node("gw-1").in_flight) == (0, 4)
    stored(ledger, batch(sequence=2))
    ledger.heard("gw-1", 7, 50)
    ledger.heard("gw-1", 7, 40)
    assert ledger.node("gw-1").in_flight == 46


def test_a_block_joins_columns_by_series_and_time() -> None:
    registry = Registry()
    batches = prepared(batch(sequence=1), batch(sequence=2, value=5.0), registry=registry)
    block = build_block(3, batches, join(batches), registry.new())
    assert block.rows == 8
    of_series = {
        tuple(block.columns.value[block.columns.series == number].tolist())
        for number in np.unique(block.columns.series)
    }
    assert of_series == {(1.5, 3.5, 5.0, 7.0), (2.5, 4.5, 6.0, 8.0)}
    assert block.columns.time_us.min() == BASE_US + 1_000_000
    assert [(e.first, e.last, e.readings) for e in block.entries] == [(1, 1, 4), (2, 2, 4)]
    assert sorted(e.key.series for e in block.new_series) == ["active-power", "energy"]
    assert set(block.columns.series.tolist()) == {e.id for e in block.new_series}


def test_a_tables_second_coming_registers_nothing() -> None:
    registry = Registry()
    prepared(batch(sequence=1), registry=registry)
    registry.stored(registry.new())
    prepared(batch(sequence=2), registry=registry)
    assert registry.new() == []
    assert [e.key.unit for e in registry.of_node("gw-1")] == ["kW", "kW.h"]


def test_another_unit_is_another_series_and_the_newest_is_found_first() -> None:
    registry = Registry()
    series = [pb.Series(series="p", unit="kW")]
    registry.resolve("gw-1", b"1", series, now_us=1)
    registry.resolve("gw-1", b"2", [pb.Series(series="p", unit="W")], now_us=2)
    assert [e.key.unit for e in registry.find("gw-1", "p")] == ["W", "kW"]


def test_series_with_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.telemetry.registry.series_id", lambda _: 1)
    [one] = prepare([FakeMessage(batch())], Registry(), window=WINDOW, now_us=NOW_US)
    assert isinstance(one, Refused)
    assert one.reason == "SERIES_COLLISION"


def test_prepared_is_a_value() -> None:
    (one,) = prepared(batch())
    assert replace(one, digest=0).digest == 0


@pytest.mark.parametrize("base_time_us", [2**62, -(2**62), 0])
def test_a_batch_without_readings_is_kept_under_a_time_that_can_be_stored(
    base_time_us: int,
) -> None:
    stone = pb.ReadingBatch.FromString(tombstone(last=1, span=1, readings=4, produced=4))
    stone.base_time_us = base_time_us
    stones = [FakeMessage(stone.SerializeToString())]
    [one] = prepare(stones, Registry(), window=WINDOW, now_us=NOW_US)
    assert isinstance(one, Prepared)
    assert (one.first_us, one.last_us) == (NOW_US, NOW_US)


def test_drops_of_an_epoch_are_bounded() -> None:
    ledger = Ledger()
    most = [pb.Drop(priority=pb.PRIORITY_BULK, readings=COUNT_MAX)]
    assert len(stored(ledger, batch(drops=most)).stored) == 1
    again = stored(
        ledger, batch(sequence=2, drops=[pb.Drop(priority=pb.PRIORITY_BULK, readings=1)])
    )
    assert [r.reason for r in again.refused] == ["COUNT_ABSURD"]
    assert ledger.node("gw-1").epochs[7].dropped == COUNT_MAX


def test_heartbeats_alone_use_up_no_epochs() -> None:
    ledger = Ledger()
    stored(ledger, batch())
    for epoch in range(1_000, 1_000 + EPOCHS_MAX + 50):
        ledger.heard("gw-1", epoch, 10)
    account = ledger.node("gw-1")
    assert list(account.epochs) == [7, 1302, 1303, 1304, 1305]
    assert account.in_flight == 4 * 10
    assert len(stored(ledger, batch(epoch=8)).stored) == 1
