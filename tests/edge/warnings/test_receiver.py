"""The receiver without a network, the time it judges by, the words it passes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.counters import Counters
from edge.warnings import acknowledgements, wording
from edge.warnings.bulletin import PinnedKey
from edge.warnings.memory_journal import MemoryJournal
from edge.warnings.notices import (
    Act,
    Action,
    Colour,
    Kind,
    Notice,
    SinkKind,
    SinkProfile,
    Text,
)
from edge.warnings.platform_time import PlatformTime
from edge.warnings.ports import SinkFailed, Task
from edge.warnings.receipts import Reporter
from edge.warnings.receiver import Receiver
from tests.edge.doubles import NOON_US, FakeClock
from tests.edge.warnings.signing import (
    COUNTY,
    DRILL,
    HOUR_US,
    LIVE,
    SECOND_US,
    notice,
    signed,
    signer,
)
from tests.support.waiting import until
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

NODE = subjects.node_id("gw-1")
KEYS = {Channel.LIVE: PinnedKey(LIVE.nkey), Channel.DRILL: PinnedKey(DRILL.nkey)}


@dataclass
class Site:
    """A receiver whose tasks are only noted."""

    offset_us: int | None = 0
    clock: FakeClock = field(default_factory=FakeClock)
    counters: Counters = field(default_factory=Counters)
    tasks: list[Task] = field(default_factory=list)
    reported: int = 0

    def __post_init__(self) -> None:
        self.journal = MemoryJournal(1, Reporter(NODE, COUNTY, lambda: self.offset_us).report)
        self.time = PlatformTime(self.clock, lambda: self.offset_us)
        self.receiver = self.again()

    def again(self) -> Receiver:
        """Return a receiver as after a restart."""
        return Receiver(
            COUNTY,
            KEYS,
            [SinkProfile(SinkKind.SIREN), SinkProfile(SinkKind.BOARD, takes_drills=True)],
            self.journal,
            self.tasks.append,
            time=self.time,
            counters=self.counters,
            reported=self._reported,
        )

    def _reported(self) -> None:
        self.reported += 1


async def test_a_bulletin_becomes_tasks_once() -> None:
    site = Site()
    for _ in range(3):
        await site.receiver.take(Channel.LIVE, signed([notice()]))
    assert [task.action.sink for task in site.tasks] == [SinkKind.SIREN, SinkKind.BOARD]
    assert site.receiver.in_force() == [(Channel.LIVE, "w1", 1)]
    assert site.reported == 1
    assert site.counters.of("BULLETIN_RECEIVED") == 3


async def test_bulletins_at_the_same_time_are_followed_once() -> None:
    site = Site()
    taken = [site.receiver.take(Channel.LIVE, signed([notice()])) for _ in range(20)]
    await asyncio.gather(*taken)
    assert len(site.tasks) == 2


async def test_a_restart_remembers() -> None:
    site = Site()
    await site.receiver.take(Channel.LIVE, signed([notice()], 5))
    again = site.again()
    await again.restore()
    await again.take(Channel.LIVE, signed([notice()], 5))
    assert len(site.tasks) == 2
    old = await again.take(Channel.LIVE, signed([notice("w2")], 4))
    assert old is not None
    assert old.is_old
    assert site.counters.of("BULLETIN_OLD") == 1


async def test_what_is_refused_is_counted_and_changes_nothing() -> None:
    site = Site()
    payload = signed([notice()], by=signer(9))
    assert await site.receiver.take(Channel.LIVE, payload) is None
    assert site.counters.of("BULLETIN_KEY_UNKNOWN") == 1
    assert site.tasks == []
    assert site.journal.waiting == 0


async def test_channels_are_apart_though_names_are_the_same() -> None:
    site = Site()
    await site.receiver.take(Channel.LIVE, signed([notice()], 9))
    drill = signed([notice(channel=Channel.DRILL)], 1, channel=Channel.DRILL)
    await site.receiver.take(Channel.DRILL, drill)
    assert [(task.action.channel, task.action.sink) for task in site.tasks] == [
        (Channel.LIVE, SinkKind.SIREN),
        (Channel.LIVE, SinkKind.BOARD),
        (Channel.DRILL, SinkKind.BOARD),
    ]


async def test_expiry_is_judged_by_the_platforms_time() -> None:
    # The node's clock is two hours slow; by it the notice would hold.
    site = Site(offset_us=2 * HOUR_US)
    await site.receiver.take(Channel.LIVE, signed([notice()]))
    assert site.tasks == []
    assert site.counters.of("NOTICE_EXPIRED") == 1


async def test_acknowledging_names_what_was_first_acknowledged() -> None:
    site = Site()
    await site.receiver.take(Channel.LIVE, signed([notice(), notice("w2")]))
    assert await site.receiver.acknowledge("w9") == []
    assert await site.receiver.acknowledge("w1") == ["w1"]
    assert await site.receiver.acknowledge(None) == ["w2"]
    assert await site.receiver.acknowledge(None) == []
    rows = await site.journal.turn(1, [], 0, 10)
    states = [
        receipt.state
        for row in rows
        for receipt in pb.ReceiptReport.FromString(row.payload).receipts
    ]
    assert states.count(pb.RECEIPT_STATE_ACKED) == 2


# -- time ------------------------------------------------------------------------------------------


def test_a_measured_offset_comes_before_all() -> None:
    clock = FakeClock(wall=5)
    time = PlatformTime(clock, lambda: NOON_US)
    assert time.now_us() == NOON_US + 5
    assert time.is_known


def test_a_clock_that_was_set_is_believed() -> None:
    time = PlatformTime(FakeClock(), lambda: None)
    time.heard(NOON_US + HOUR_US)
    assert time.now_us() == NOON_US
    assert (time.is_known, time.is_measured) == (True, False)


def test_a_clock_that_was_never_set_goes_by_the_latest_bulletin() -> None:
    clock = FakeClock(wall=1000)
    time = PlatformTime(clock, lambda: None)
    assert not time.is_known
    time.heard(NOON_US)
    clock.advance(10)
    assert time.now_us() == NOON_US + 10 * SECOND_US
    time.heard(NOON_US + SECOND_US)  # older than what passed since: nothing is gained by it
    assert time.now_us() == NOON_US + 10 * SECOND_US


# -- words -----------------------------------------------------------------------------------------

TEXTS = (Text("zh-CN", "暴雨预警", "大雨。", "请勿外出。", "请注意", "暴雨"), Text("en-US", "Rain"))


def action(channel: Channel = Channel.LIVE, act: Act = Act.WARN) -> Action:
    told = Notice(channel, "w", 1, Kind.ALERT, Colour.RED, NOON_US, texts=TEXTS)
    return Action(act, SinkKind.BOARD, channel, "w", 1, 0, NOON_US, told)


Word = Callable[[Action, Text], str]


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (wording.board, ["暴雨", "Rain"]),
        (wording.voice, ["请注意", "Rain"]),
    ],
)
def test_each_sink_has_its_words_or_the_headline(say: Word, expected: list[str]) -> None:
    assert [say(action(), text) for text in TEXTS] == expected


@pytest.mark.parametrize("say", [wording.board, wording.voice])
@pytest.mark.parametrize("act", [Act.WARN, Act.REVISE, Act.CLEAR])
def test_an_exercise_says_so_first(say: Word, act: Act) -> None:
    drill = action(Channel.DRILL, act)
    assert say(drill, TEXTS[0]).startswith("演练。")
    assert say(drill, TEXTS[1]).startswith("EXERCISE. ")


def test_an_exercise_that_says_so_itself_says_it_once() -> None:
    text = Text("zh-CN", "演练 暴雨")
    assert wording.board(action(Channel.DRILL), text) == "演练 暴雨"


def test_phones_get_as_much_as_fits() -> None:
    assert wording.broadcasts(action(), TEXTS[0]) == [
        "暴雨预警。大雨。请勿外出",
        "暴雨预警。请勿外出",
        "暴雨预警",
    ]


def test_languages_come_in_the_order_of_the_site() -> None:
    assert [t.language for t in wording.texts(action(), ("en-US", "fr-FR", "zh-CN"))] == [
        "en-US",
        "zh-CN",
    ]


# -- acknowledging ---------------------------------------------------------------------------------


async def test_a_request_in_the_folder_is_answered(tmp_path: Path) -> None:
    asked: list[str | None] = []

    async def acknowledge(warning: str | None) -> list[str]:
        asked.append(warning)
        return [warning or "all"]

    counters = Counters()
    first = acknowledgements.ask(tmp_path, "w1", 1)
    assert acknowledgements.answer(first) is None
    (tmp_path / acknowledgements.FOLDER / "9.ask").write_text("{")
    (tmp_path / acknowledgements.FOLDER / "8.answer").write_text("old")
    watching = asyncio.create_task(acknowledgements.watch_folder(tmp_path, acknowledge, counters))
    second = acknowledgements.ask(tmp_path, None, 2)
    await until(lambda: len(asked) == 2)
    await until(second.exists)
    assert acknowledgements.answer(first) == ["w1"]
    assert acknowledgements.answer(second) == ["all"]
    assert list((tmp_path / acknowledgements.FOLDER).iterdir()) == []
    assert counters.of("ACKNOWLEDGEMENT_MALFORMED") == 1
    watching.cancel()


async def test_a_button_counts_when_it_is_pressed_and_not_while_it_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acknowledgements, "READ_EVERY_S", 0)
    monkeypatch.setattr(acknowledgements, "BUTTON_RETRY_S", 0)
    states: list[bool | None] = [True, True, False, True, None, True, False, True, True]
    presses = []

    class Button:
        async def read_input(self, address: int) -> bool:
            assert address == 5
            if not states:
                await asyncio.Event().wait()
            state = states.pop(0)
            if state is None:
                raise SinkFailed("BUTTON_NO_ANSWER", "gone")
            return state

    async def acknowledge(warning: str | None) -> list[str]:
        presses.append(len(states))
        return []

    counters = Counters()
    watching = asyncio.create_task(
        acknowledgements.watch_button(Button(), 5, acknowledge, counters)
    )
    await until(lambda: not states)
    watching.cancel()
    assert presses == [5, 1]
    assert counters.of("BUTTON_NO_ANSWER") == 1


def test_an_answer_that_never_comes_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgements, "ANSWER_WITHIN_S", 0.05)
    ticks = iter(range(100))
    assert acknowledgements.answered(tmp_path / "none", lambda: float(next(ticks))) is None


def test_a_request_is_json(tmp_path: Path) -> None:
    acknowledgements.ask(tmp_path, "w1", 7)
    (asked,) = (tmp_path / acknowledgements.FOLDER).iterdir()
    assert json.loads(asked.read_text()) == {"warning": "w1"}
