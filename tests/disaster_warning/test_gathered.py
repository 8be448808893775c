"""Writes that are gathered go out together, before whatever is asked next, and in order."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from services.disaster_warning.store.gathered import Gathering

ONE = "INSERT INTO one (a, at) VALUES (:a, CAST(:at AS timestamptz))"
TWO = "INSERT INTO two (a) SELECT unnest(CAST(:a AS text[]))"
ONE_NUMBERED = "INSERT INTO one (a, at) VALUES (:a_0, CAST(:at_0 AS timestamptz))"
TWO_NUMBERED = "INSERT INTO two (a) SELECT unnest(CAST(:a_1 AS text[]))"


class Connection:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any]] = []

    def execute(self, statement: Any, values: Any = None) -> str:
        self.sent.append((str(statement), values))
        return "answer"


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_they_are_parts_of_one_statement_with_parameters_of_their_own(
    connection: Connection,
) -> None:
    gathering = Gathering(connection)  # type: ignore[arg-type]  # what it uses of one
    gathering.later(ONE, {"a": 1, "at": "t"})
    gathering.later(TWO, {"a": ["x"]})
    assert connection.sent == []
    plain: Any = gathering.plain
    assert plain is connection
    assert connection.sent == [
        (
            f"WITH part_0 AS ({ONE_NUMBERED}), part_1 AS ({TWO_NUMBERED}) SELECT 1",
            {"a_0": 1, "at_0": "t", "a_1": ["x"]},
        )
    ]
    gathering.flush()
    assert len(connection.sent) == 1


def test_whatever_is_asked_sees_what_was_written(connection: Connection) -> None:
    gathering = Gathering(connection)  # type: ignore[arg-type]  # as above
    gathering.later(ONE, {"a": 1, "at": "t"})
    answer: Any = gathering.execute(sa.text("SELECT 1"), {})
    assert answer == "answer"
    assert [each[0][:4] for each in connection.sent] == ["WITH", "SELE"]


def test_one_table_is_written_once_a_statement(connection: Connection) -> None:
    gathering = Gathering(connection)  # type: ignore[arg-type]  # as above
    gathering.later(ONE, {"a": 1, "at": "t"})
    gathering.later(TWO, {"a": ["x"]})
    gathering.later(ONE, {"a": 2, "at": "t"})
    gathering.flush()
    first, second = connection.sent
    assert (first[1]["a_0"], first[1]["a_1"], second[1]["a_0"]) == (1, ["x"], 2)


def test_the_same_large_value_is_sent_once(connection: Connection) -> None:
    gathering = Gathering(connection)  # type: ignore[arg-type]  # as above
    gathering.later(TWO, {"a": ["county"] * 20})
    gathering.later(ONE, {"a": ["county"] * 20, "at": "t"})
    gathering.later(TWO.replace("two", "three"), {"a": ["other"] * 20})
    gathering.flush()
    ((statement, values),) = connection.sent
    assert values == {"a_0": ["county"] * 20, "at_1": "t", "a_2": ["other"] * 20}
    assert "VALUES (:a_0, CAST(:at_1" in statement
