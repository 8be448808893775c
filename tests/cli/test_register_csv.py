"""A register's CSV: whatever is wrong with a line costs that line alone, and is told."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import protovalidate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import credit_register, register_csv
from cli.credit_register import Count, send_all
from cli.failures import Exit, Failure
from cli.register_csv import Encoding, items_of
from services.credit_supervision.model import register
from services.credit_supervision.rpc.encoding import row_from
from tests.support.credit_process import entity_code
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import entity_pb2

EXAMPLE = Path(__file__).parents[2] / "examples" / "credit" / "register.csv"
HEADER = "code,title,place_code,risk_class\n"


def line(number: int, title: str = "合成企业", risk_class: str = "B") -> str:
    """Return a good line."""
    return f"{entity_code(number)},{title},510402,{risk_class}\n"


def serve(rows: Sequence[entity_pb2.EntityRow]) -> Iterable[entity_pb2.RowFault]:
    """Sort rows as the service does, within the contract."""
    protovalidate.validate(pb.ImportEntitiesRequest(rows=rows))
    found = register.take(map(row_from, rows))
    return [entity_pb2.RowFault(**each._asdict()) for each in found.faults]


def imported(
    folder: Path, content: str | bytes, encoding: Encoding = Encoding.UTF_8
) -> tuple[dict[str, int], list[tuple[int, str, str]]]:
    """Return the counts of an import, and (line, field, reason) of its faults."""
    file = folder / "register.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[entity_pb2.RowFault] = []
    count = Count()
    for _ in send_all(items_of(file, encoding), serve, faults.append, count):
        assert count.refused == len(faults)
    return count.shown(), [(each.line, each.field, each.reason) for each in faults]


def test_a_registration_number_of_before_comes_along_and_is_checked(tmp_path: Path) -> None:
    lines = [
        f"{line(n).strip()},{number}" for n, number in enumerate(("110108000000016", "123", ""))
    ]
    content = f"{HEADER.strip()},registration_number\n" + "\n".join(lines)

    counts, faults = imported(tmp_path, content)

    assert counts["accepted"] == 2
    assert faults == [(3, "registration_number", "REGISTRATION_INVALID")]


def test_the_example_register_has_no_fault(tmp_path: Path) -> None:
    assert imported(tmp_path, EXAMPLE.read_bytes()) == (
        {"rows": 60, "accepted": 60, "refused": 0},
        [],
    )


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        pytest.param(line(2, '"未闭合'), ("", "QUOTE_OPEN"), id="open-quote"),
        pytest.param(line(2, '"a"b'), ("", "QUOTE_OPEN"), id="quote-within"),
        pytest.param(line(2, "长" * 600), ("title", "FIELD_TOO_LONG"), id="title-of-the-contract"),
        pytest.param(line(2, "长" * 201), ("title", "TITLE_INVALID"), id="title-of-the-service"),
        pytest.param(line(2, "长" * 99_999), ("", "LINE_TOO_LONG"), id="line"),
        pytest.param(line(2, "a\0b"), ("title", "NUL_BYTE"), id="nul"),
        pytest.param(f"{entity_code(2)},名\n", ("", "COLUMNS_COUNT"), id="too-few"),
        pytest.param(line(2).strip() + ",more,yet\n", ("", "COLUMNS_COUNT"), id="too-many"),
        pytest.param(line(2, risk_class="E"), ("risk_class", "RISK_CLASS_INVALID"), id="class"),
        pytest.param(line(1), ("code", "CODE_TWICE"), id="twice"),
        pytest.param(
            f"{entity_code(1).lower()},名,510402,B\n",
            ("code", "CODE_TWICE"),
            id="twice-in-small-letters",
        ),
    ],
)
def test_a_bad_line_costs_itself_alone(tmp_path: Path, odd: str, fault: tuple[str, str]) -> None:
    content = HEADER + line(1) + odd + "".join(line(number) for number in range(3, 13))

    assert imported(tmp_path, content) == (
        {"rows": 12, "accepted": 11, "refused": 1},
        [(3, *fault)],
    )


def test_bytes_that_are_no_text_cost_their_line_and_say_which_field(tmp_path: Path) -> None:
    gbk = line(3, "企业").encode("gbk")
    content = (HEADER + line(1) + line(2)).encode() + gbk + b"\xff,\xff\n" + line(4).encode()

    assert imported(tmp_path, content) == (
        {"rows": 5, "accepted": 3, "refused": 2},
        [(4, "title", "ENCODING_OTHER"), (5, "code", "ENCODING_OTHER")],
    )


def test_two_rows_of_one_code_are_found_however_far_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credit_register, "BATCH", 3)
    bad = line(0, "")
    lines = [bad, line(0, "first"), *(line(n) for n in range(1, 9)), line(0, "second", "D")]

    assert imported(tmp_path, HEADER + "".join(lines)) == (
        {"rows": 11, "accepted": 9, "refused": 2},
        [(2, "title", "TITLE_INVALID"), (12, "code", "CODE_TWICE")],
    )


def test_calls_are_small_enough_for_the_longest_names(tmp_path: Path) -> None:
    content = HEADER + "".join(line(number, "长" * 512) for number in range(3_000))
    file = tmp_path / "register.csv"
    file.write_text(content, encoding="utf-8")
    sizes = [
        sum(item.ByteSize() for item in batch)
        for batch in credit_register.batches_of(items_of(file))
    ]

    assert len(sizes) > 1
    assert max(sizes) <= credit_register.BATCH_BYTES


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("read", [1, 7, 1 << 20])
def test_lines_end_in_any_way_and_are_counted_from_the_first(
    tmp_path: Path, end: str, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_csv, "READ_BYTES", read)
    content = (HEADER + line(1) + "\n\n" + "x,x,x,x\n" + line(2)).rstrip("\n")

    assert imported(tmp_path, b"\xef\xbb\xbf" + content.replace("\n", end).encode()) == (
        {"rows": 3, "accepted": 2, "refused": 1},
        [(5, "code", "CODE_LENGTH")],
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "COLUMN_MISSING", id="empty"),
        pytest.param(b"code,title\n", "COLUMN_MISSING", id="columns"),
        pytest.param(HEADER.replace(",", "\t").encode(), "COLUMN_MISSING", id="tabs"),
        pytest.param(b'"code,title,place_code,risk_class\n', "COLUMN_MISSING", id="open-quote"),
        pytest.param(b"code,title,place_code,risk_class,code\n", "COLUMN_TWICE", id="twice"),
        pytest.param(b"code,title,place_code,risk_class,succesor\n", "COLUMN_UNKNOWN", id="extra"),
        pytest.param(b"code,title,place_code,risk_class\n\xff", "ENCODING_OTHER", id="no-text"),
        pytest.param((HEADER + line(1)).encode("gbk"), "ENCODING_OTHER", id="gbk"),
        pytest.param((HEADER + line(1)).encode("utf-16"), "ENCODING_OTHER", id="utf-16"),
        pytest.param((HEADER + line(1)).encode("utf-16-le"), "ENCODING_OTHER", id="no-mark"),
        pytest.param(None, "REGISTER_UNREADABLE", id="not-there"),
    ],
)
def test_a_file_that_is_no_register_is_refused_before_anything_is_sent(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "register.csv"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(Failure) as failed:
        next(items_of(file))

    assert (failed.value.reason, failed.value.status) == (reason, Exit.USAGE)


def test_gbk_is_read_when_it_is_said_and_utf8_is_not_taken_for_it(tmp_path: Path) -> None:
    content = HEADER + "".join(line(number) for number in range(9))
    file = tmp_path / "gbk.csv"
    file.write_bytes(content.encode("gbk"))

    titles = {
        item.title
        for item in items_of(file, Encoding.GB18030)
        if isinstance(item, entity_pb2.EntityRow)
    }
    assert titles == {"合成企业"}
    file.write_bytes(content.encode())
    with pytest.raises(Failure) as failed:
        next(items_of(file, Encoding.GB18030))
    assert failed.value.reason == "ENCODING_OTHER"


@given(
    st.lists(st.binary(max_size=40).filter(lambda each: not set(each) & set(b"\r\n")), max_size=8),
    st.randoms(use_true_random=False),
)
def test_every_line_is_a_row_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, odd: list[bytes], chance: random.Random
) -> None:
    good = [line(number).strip().encode() for number in range(len(odd) + 1)]
    lines = good + odd
    chance.shuffle(lines)
    content = HEADER.encode() + b"\n".join([*good[:1], *lines[1:]])
    numbers = [at for at, each in enumerate(content.split(b"\n"), 1) if each and at > 1]
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    try:
        items = list(items_of(file))
    except Failure as failure:
        assert failure.reason == "ENCODING_OTHER"  # noqa: PT017 - one of two outcomes
        return

    assert [item.line for item in items] == numbers
    for item in items:
        if isinstance(item, entity_pb2.EntityRow):
            protovalidate.validate(item)


def test_faults_are_written_as_they_are_found(tmp_path: Path) -> None:
    file = tmp_path / "faults.csv"
    with credit_register.fault_writer(file) as tell:
        tell(register_csv.fault(7, "title", "NUL_BYTE", 'a "mark", and a comma'))

    assert list(csv.reader(io.StringIO(file.read_text()))) == [
        ["line", "field", "reason", "message"],
        ["7", "title", "NUL_BYTE", 'a "mark", and a comma'],
    ]
