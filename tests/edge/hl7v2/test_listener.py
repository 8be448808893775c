"""The MLLP port: AA only for what is on disk, once for each name, nothing lost when it is full."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from pathlib import Path
from typing import Final

import hl7
import pytest

from edge.clock import SystemClock
from edge.counters import Counters
from edge.hl7_settings import Hl7Settings
from edge.hl7v2 import listener as listeners
from edge.hl7v2.framing import Framer, frame
from edge.hl7v2.listener import Hl7Listener
from edge.message_store import Incoming, Kept, MessageStore, StoreRefused
from edge.tracing import Tracer
from tests.edge.doubles import counting_bits
from tests.edge.hl7v2.messages import POTASSIUM, adt, oru
from tianfu import subjects
from tianfu.healthcare.v1 import clinical_pb2 as pb

SETTINGS: Final = Hl7Settings("127.0.0.1", 0, timezone(timedelta(hours=8)), 1 << 20)
CLOCK: Final = SystemClock()


def open_store(folder: Path, bytes_max: int = 1 << 20) -> MessageStore:
    return MessageStore(
        folder, "clinical", bytes_max=bytes_max, clock=CLOCK, random_bits=counting_bits()
    )


def listener_of(store: MessageStore, counters: Counters | None = None) -> Hl7Listener:
    return Hl7Listener(
        SETTINGS,
        subjects.node_id("node-a"),
        store,
        clock=CLOCK,
        counters=counters or Counters(),
        tracer=Tracer(None, 0, counting_bits()),
        jitter=lambda: 0.5,
    )


def verdict(answer: bytes) -> tuple[str, str]:
    msa = hl7.parse(answer.decode()).segment("MSA")
    return str(msa[1]), str(msa[2])


@asynccontextmanager
async def listening(listener: Hl7Listener) -> AsyncIterator[int]:
    running = asyncio.create_task(listener.run())
    await asyncio.wait_for(listener.is_listening.wait(), 10)
    try:
        yield int(listener.state.address.rpartition(":")[2])
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Sender:
    """A hospital's system with a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._framer = reader, writer, Framer()
        self._ready: list[bytes] = []

    @classmethod
    async def connect(cls, port: int) -> Sender:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> bytes:
        while not self._ready:
            data = await asyncio.wait_for(self._reader.read(65_536), 10)
            if not data:
                raise ConnectionError("closed")
            self._ready += self._framer.feed(data)
        return self._ready.pop(0)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def test_a_conversation_is_answered_in_order_and_stored(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    async with listening(listener_of(store)) as port:
        sender = await Sender.connect(port)
        wrong = oru(POTASSIUM.replace("mmol/L", ""), control_id="M2")
        for data in (oru(control_id="M1"), wrong, adt("A01"), adt("A04", "M4")):
            sender.send(frame(data))

        verdicts = [verdict(await sender.answer()) for _ in range(4)]
        await sender.close()

    assert verdicts == [("AA", "M1"), ("AE", "M2"), ("AA", "ADT1"), ("AR", "M4")]
    rows = await store.turn(store.epoch, (), 0, 10)
    named = [pb.ClinicalMessage.FromString(row.payload).control_id for row in rows]
    assert named == ["M1", "ADT1"]
    await store.close()


async def test_what_is_sent_again_is_taken_once_also_after_it_has_gone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    taking = listener_of(store)
    running = asyncio.create_task(taking._keep_all())

    first = verdict(await taking.take(oru()))
    [row] = await store.turn(store.epoch, (), 0, 10)
    assert await store.turn(store.epoch, (row.sequence,), 0, 10) == []
    again = verdict(await taking.take(oru()))
    other = verdict(await taking.take(oru(POTASSIUM.replace("6.8", "6.9"))))
    running.cancel()

    assert (first, again, other) == (("AA", "MSG00001"), ("AA", "MSG00001"), ("AE", "MSG00001"))
    assert await store.turn(store.epoch, (), 0, 10) == []
    assert (taking.state.taken, taking.state.repeated, store.waiting, store.waiting_bytes) == (
        1, 1, 0, 0,
    )  # fmt: skip
    await store.close()


async def test_a_full_store_refuses_and_takes_again_when_there_is_room(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes_max=300)
    taking = listener_of(store)
    running = asyncio.create_task(taking._keep_all())

    assert verdict(await taking.take(oru(control_id="M1")))[0] == "AA"
    full = await taking.take(oru(control_id="M2"))
    [row] = await store.turn(store.epoch, (), 0, 10)
    await store.turn(store.epoch, (row.sequence,), 0, 0)

    assert verdict(full) == ("AR", "M2")
    assert str(hl7.parse(full.decode()).segment("ERR")[3]).startswith("207")
    assert verdict(await taking.take(oru(control_id="M2")))[0] == "AA"
    running.cancel()
    await store.close()


async def test_what_was_answered_aa_is_there_after_the_process_has_died(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    incoming = Incoming(("LIS", "W", "1"), b"x", b"payload")
    assert await store.keep([incoming, incoming]) == [Kept.NEW, Kept.KNOWN]
    epoch = store.epoch

    # Nobody closed the first one, as when a process is killed.
    with_another = open_store(tmp_path)

    [row] = await with_another.turn(epoch, (), 0, 10)
    assert (row.payload, row.epoch, with_another.waiting) == (b"payload", epoch, 1)
    assert await with_another.keep([incoming]) == [Kept.KNOWN]
    await with_another.close()
    await store.close()


async def test_names_are_kept_apart_however_they_are_cut(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    names = [("AB", "C", "1"), ("A", "BC", "1"), ("A", "B", "C1")]

    kept = await store.keep([Incoming(name, b"x", b"p") for name in names])

    assert kept == [Kept.NEW] * 3
    await store.close()


async def test_a_disk_that_fails_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)

    def fails(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store, "_insert_all", fails)

    assert await store.keep([Incoming(("a", "b", "c"), b"x", b"p")]) == [Kept.FULL]
    assert store.waiting == 0
    await store.close()


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clinical.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(StoreRefused):
        open_store(tmp_path)


async def test_a_sender_that_stops_in_the_middle_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "MESSAGE_S_MAX", 0.05)
    store, counters = open_store(tmp_path), Counters()
    async with listening(listener_of(store, counters)) as port:
        sender = await Sender.connect(port)
        sender.send(frame(oru())[:-1])

        with pytest.raises(ConnectionError):
            await sender.answer()
        await sender.close()

    assert counters.of("HL7_MESSAGE_UNFINISHED") == 1
    assert store.waiting == 0
    await store.close()


async def test_one_connection_too_many_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners, "CONNECTIONS_MAX", 1)
    store = open_store(tmp_path)
    async with listening(listener_of(store)) as port:
        first, second = await Sender.connect(port), await Sender.connect(port)
        first.send(frame(oru()))
        assert verdict(await first.answer())[0] == "AA"

        with pytest.raises(ConnectionError):
            await second.answer()
        await first.close()
        await second.close()
    await store.close()
