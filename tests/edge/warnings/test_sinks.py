"""Boards, cells, voices and logs against simulated devices: what they do, and when they can't."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from edge import connections
from edge.warnings import cell_broadcast
from edge.warnings.notices import Act, Colour, SinkKind
from edge.warnings.ports import SinkFailed
from edge.warnings.sinks.board import BoardSink
from edge.warnings.sinks.cell_gateway import HttpGateway
from edge.warnings.sinks.cells import CellBroadcastSink
from edge.warnings.sinks.logged import LogSink
from edge.warnings.sinks.voice import VoiceCommand, VoiceFile
from tests.edge.warnings.sink_actions import BOTH, CLOCK, DRILL, action
from tests.support.waiting import until
from tests.support.warning_devices import BaseStation, Board, running

# -- board -----------------------------------------------------------------------------------------


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    device = Board()
    async with running(device):
        yield device


def board_of(board: Board) -> BoardSink:
    return BoardSink("127.0.0.1", board.port, languages=BOTH, deadline_s=5, now_us=CLOCK.wall_us)


async def test_a_board_shows_the_graver_first_and_the_real_before_the_exercise(
    board: Board,
) -> None:
    sink = board_of(board)
    await sink.perform(action(SinkKind.BOARD, channel=DRILL, colour=Colour.RED))
    await sink.perform(action(SinkKind.BOARD, colour=Colour.BLUE))
    await sink.perform(action(SinkKind.BOARD, warning="w2", colour=Colour.RED))
    assert board.shown == ["live/w2/1", "live/w1/1", "drill/w1/1"]
    first, _, drill = board.requests[-1]
    assert first["colour"] == "red"
    assert first["text"] == ["暴雨", "RAIN"]
    assert 50 < first["for_s"] <= 60
    assert drill["mode"] == "drill"
    assert drill["text"] == ["演练。暴雨", "EXERCISE. RAIN"]


async def test_a_board_shows_the_last_word_the_all_clear_and_nothing(board: Board) -> None:
    sink = board_of(board)
    await sink.perform(action(SinkKind.BOARD))
    await sink.perform(action(SinkKind.BOARD, Act.REVISE, version=2))
    assert board.shown == ["live/w1/2"]
    await sink.perform(action(SinkKind.BOARD, Act.CLEAR, version=3))
    (page,) = board.requests[-1]
    assert (page["colour"], page["text"][1]) == ("green", "ALL CLEAR. RAIN")
    await sink.perform(action(SinkKind.BOARD, Act.WITHDRAW, version=3))
    assert board.shown == []


async def test_a_board_is_told_of_nothing_that_is_over(board: Board) -> None:
    sink = board_of(board)
    await sink.perform(action(SinkKind.BOARD, seconds=-1))
    assert board.shown == []


@pytest.mark.parametrize(
    ("reason", "mood"), [("BOARD_REFUSED", "refusing"), ("BOARD_UNREACHABLE", "gone")]
)
async def test_a_board_that_does_not_show_is_a_failure(
    board: Board, reason: str, mood: str
) -> None:
    board.is_refusing = True
    if mood == "gone":
        await board.stop()
    with pytest.raises(SinkFailed) as caught:
        await board_of(board).perform(action(SinkKind.BOARD))
    assert caught.value.reason == reason
    if mood == "gone":
        await board.start()


@pytest.mark.parametrize("answer", [b"", b"no json\n", b"[]\n", b"x" * 9999 + b"\n", b"1\n"])
async def test_an_answer_that_is_none_is_a_failure(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(answer)
        await connections.end(writer)

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sink = BoardSink("127.0.0.1", port, languages=BOTH, deadline_s=5, now_us=CLOCK.wall_us)
        with pytest.raises(SinkFailed) as caught:
            await sink.perform(action(SinkKind.BOARD))
    assert caught.value.reason == "BOARD_MALFORMED"


# -- cells -----------------------------------------------------------------------------------------


@pytest.fixture
async def cells() -> AsyncIterator[BaseStation]:
    device = BaseStation()
    async with running(device):
        yield device


def cells_of(cells: BaseStation, folder: Path) -> CellBroadcastSink:
    return CellBroadcastSink(
        HttpGateway(f"http://127.0.0.1:{cells.port}/cbc"),
        folder,
        languages=BOTH,
        period_s=5,
        deadline_s=5,
        now_us=CLOCK.wall_us,
    )


def text_of(request: dict[str, Any]) -> str:
    pages = cell_broadcast.parse_cb_data(bytes.fromhex(request["warning_message_contents"]))
    coding = cell_broadcast.Coding(request["data_coding_scheme"])
    return cell_broadcast.decode(pages, coding).text


async def test_a_warning_is_broadcast_in_each_language(cells: BaseStation, tmp_path: Path) -> None:
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST))
    chinese, english = cells.requests
    assert (chinese["message_identifier"], english["message_identifier"]) == (4372, 4385)
    assert text_of(chinese) == "暴雨橙色预警。请勿外出"
    assert text_of(english) == "Heavy rain. Stay in"
    assert chinese["number_of_broadcasts"] == 12
    assert chinese["serial_number"] == english["serial_number"]
    assert not chinese["exercise"]


async def test_an_exercise_has_only_identifiers_of_exercises(
    cells: BaseStation, tmp_path: Path
) -> None:
    for colour in Colour:
        for code in ("11B03", "11C02"):
            one = action(
                SinkKind.CELL_BROADCAST,
                channel=DRILL,
                colour=colour,
                event_code=code,
                warning=f"{colour}{code}",
            )
            await cells_of(cells, tmp_path).perform(one)
    drills = {int(identifier) for identifier in cell_broadcast.DrillIdentifier}
    assert {request["message_identifier"] for request in cells.requests} <= drills
    assert all(request["exercise"] for request in cells.requests)
    assert all(text_of(r).startswith(("演练", "EXERCISE")) for r in cells.requests)


async def test_a_live_warning_never_has_an_identifier_of_exercises(
    cells: BaseStation, tmp_path: Path
) -> None:
    for colour in Colour:
        one = action(SinkKind.CELL_BROADCAST, colour=colour, warning=f"w{colour}")
        await cells_of(cells, tmp_path).perform(one)
    live = {int(identifier) for identifier in cell_broadcast.LiveIdentifier}
    assert {request["message_identifier"] for request in cells.requests} <= live


async def test_an_earthquake_is_one_by_its_identifier(cells: BaseStation, tmp_path: Path) -> None:
    one = action(SinkKind.CELL_BROADCAST, event_code="11C02", colour=Colour.RED)
    await cells_of(cells, tmp_path).perform(one)
    assert [request["message_identifier"] for request in cells.requests] == [4352, 4383]


async def test_the_same_action_again_is_the_same_message_even_after_a_restart(
    cells: BaseStation, tmp_path: Path
) -> None:
    one = action(SinkKind.CELL_BROADCAST)
    sink = cells_of(cells, tmp_path)
    await sink.perform(one)
    await sink.perform(one)
    await cells_of(cells, tmp_path).perform(one)
    assert len({request["serial_number"] for request in cells.requests}) == 1
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST, warning="w2"))
    assert len({request["serial_number"] for request in cells.requests}) == 2


async def test_a_graver_version_replaces_the_message_and_stops_the_old_identifier(
    cells: BaseStation, tmp_path: Path
) -> None:
    sink = cells_of(cells, tmp_path)
    await sink.perform(action(SinkKind.CELL_BROADCAST))
    first = cells.requests[0]["serial_number"]
    cells.requests.clear()
    await sink.perform(action(SinkKind.CELL_BROADCAST, version=2, colour=Colour.RED))
    kinds = [(r["request"], r["message_identifier"]) for r in cells.requests]
    assert kinds == [
        ("stop-warning", 4372),
        ("stop-warning", 4385),
        ("write-replace-warning", 4370),
        ("write-replace-warning", 4383),
    ]
    assert cells.requests[-1]["serial_number"] == first + 1


async def test_a_cancellation_stops_what_was_broadcast(cells: BaseStation, tmp_path: Path) -> None:
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST))
    cells.requests.clear()
    cells.status = 404
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST, Act.CLEAR))
    cells.status = 200
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST, Act.CLEAR))
    assert [request["request"] for request in cells.requests] == ["stop-warning"] * 2


async def test_a_long_text_is_shortened_to_what_fits(cells: BaseStation, tmp_path: Path) -> None:
    one = action(SinkKind.CELL_BROADCAST, description="雨" * 700)
    await cells_of(cells, tmp_path).perform(one)
    assert text_of(cells.requests[0]) == "暴雨橙色预警。请勿外出"


@pytest.mark.parametrize(("status", "reason"), [(503, "CELL_REFUSED"), (0, "CELL_UNREACHABLE")])
async def test_a_base_station_that_does_not_take_it_is_a_failure(
    cells: BaseStation, tmp_path: Path, status: int, reason: str
) -> None:
    sink = cells_of(cells, tmp_path)
    cells.status = status
    if not status:
        await cells.stop()
    with pytest.raises(SinkFailed) as caught:
        await sink.perform(action(SinkKind.CELL_BROADCAST))
    assert caught.value.reason == reason
    if not status:
        await cells.start()


async def test_damaged_codes_keep_no_warning_from_the_phones(
    cells: BaseStation, tmp_path: Path
) -> None:
    (tmp_path / "cell-broadcast.json").write_text("{")
    await cells_of(cells, tmp_path).perform(action(SinkKind.CELL_BROADCAST))
    assert len(cells.requests) == 2
    assert json.loads((tmp_path / "cell-broadcast.json").read_text())["next"] == 1


# -- voice and log ---------------------------------------------------------------------------------

ECHO = (
    "import os,sys;open(sys.argv[1],'ab').write(sys.stdin.buffer.read()+os.environ[{!r}].encode())"
)


async def test_a_program_is_given_what_to_say(tmp_path: Path) -> None:
    said = tmp_path / "said"
    code = ECHO.format("TIANFU_CHANNEL")
    sink = VoiceCommand((sys.executable, "-c", code, str(said)), languages=BOTH, deadline_s=30)
    await sink.perform(action(SinkKind.VOICE, channel=DRILL))
    assert said.read_text() == "演练。请注意暴雨\nEXERCISE. Heavy rain\ndrill"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "VOICE_FAILED"),
        (("/nowhere/espeak",), "VOICE_NO_PROGRAM"),
    ],
)
async def test_a_program_that_fails_is_a_failure(command: tuple[str, ...], reason: str) -> None:
    sink = VoiceCommand(command, languages=BOTH, deadline_s=30)
    with pytest.raises(SinkFailed) as caught:
        await sink.perform(action(SinkKind.VOICE))
    assert caught.value.reason == reason


async def test_a_program_that_never_ends_is_killed(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    code = f"import time;open({str(alive)!r},'w').close();time.sleep(60)"
    sink = VoiceCommand((sys.executable, "-c", code), languages=BOTH, deadline_s=30)
    speaking = asyncio.create_task(sink.perform(action(SinkKind.VOICE)))
    await until(alive.exists)
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking


async def test_a_file_is_written_whole_and_once(tmp_path: Path) -> None:
    sink = VoiceFile(tmp_path / "voice", languages=BOTH)
    await sink.perform(action(SinkKind.VOICE, warning="w/../1"))
    await sink.perform(action(SinkKind.VOICE, warning="w/../1"))
    (file,) = (tmp_path / "voice").iterdir()
    assert file.name == "live-w____1-1.txt"
    assert file.read_text() == "请注意暴雨\nHeavy rain\n"


async def test_a_folder_that_can_not_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "voice").write_text("a file")
    with pytest.raises(SinkFailed) as caught:
        await VoiceFile(tmp_path / "voice", languages=BOTH).perform(action(SinkKind.VOICE))
    assert caught.value.reason == "VOICE_UNWRITABLE"


async def test_the_log_says_it(caplog: pytest.LogCaptureFixture) -> None:
    await LogSink().perform(action(SinkKind.LOG))
    await LogSink().perform(action(SinkKind.LOG, Act.WITHDRAW))
    assert caplog.records[0].__dict__["headline"] == "暴雨橙色预警 / Heavy rain"
