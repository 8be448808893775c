"""The made-up register and the files that ``tianfu credit`` takes."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import date
from pathlib import Path

import protovalidate
import pytest

from cli.credit_register import signature_of
from cli.failures import Exit, Failure
from cli.local import register as made
from services.credit_supervision.model import register
from services.credit_supervision.rpc.encoding import row_from

EXAMPLES = Path(__file__).parents[2] / "examples" / "credit"


def test_the_made_up_register_has_valid_codes_says_what_it_is_and_is_always_the_same() -> None:
    rows = made.rows(random.Random(made.SEED))
    found = register.take(map(row_from, rows))

    assert rows == made.rows(random.Random(made.SEED))
    assert found.faults == []
    assert len(found.entities) == made.ENTITIES
    assert all(each.title.startswith("合成") for each in found.entities)


def test_what_is_sent_with_it_keeps_the_contract() -> None:
    chance = random.Random(1)
    today = date(2026, 6, 1)
    scored = made.german_credit()

    assert scored is not None
    assert len(scored.rows) == 1_000
    for message in (
        *made.records(chance, today), *made.receivers(), made.grades(chance, today), made.draw(),
        scored,
    ):  # fmt: skip
        protovalidate.validate(message)


def test_a_beacons_round_is_verified_before_it_is_sent(tmp_path: Path) -> None:
    bundle = json.loads((EXAMPLES / "draw-proof.json").read_bytes())
    file = tmp_path / "round.json"
    file.write_text(json.dumps(bundle["beacon"]))

    number, signature = signature_of(file)
    assert (number, len(signature)) == (657413, 48)

    file.write_text(json.dumps({**bundle["beacon"], "round": 657414}))
    with pytest.raises(Failure) as refused:
        signature_of(file)
    assert (refused.value.reason, refused.value.status) == ("BEACON_REFUSED", Exit.CONFLICT)
    file.write_text("[]")
    with pytest.raises(Failure) as unreadable:
        signature_of(file)
    assert unreadable.value.reason == "BEACON_UNREADABLE"


@pytest.mark.parametrize(
    ("status", "away_s", "attempts", "is_done"),
    [
        (Exit.UNAVAILABLE, 30.0, 31, True),
        (Exit.UNAVAILABLE, 10 * made.AWAY_S, int(made.AWAY_S) + 2, False),
        (Exit.CONFLICT, 30.0, 1, False),
    ],
)
def test_a_service_that_is_started_again_is_waited_for_and_a_refusal_is_not(
    status: Exit, away_s: float, attempts: int, is_done: bool
) -> None:
    clock, tried = [0.0], 0

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    def work() -> None:
        nonlocal tried
        tried += 1
        if clock[0] < away_s:
            raise Failure("GONE", "for now", status=status)

    with contextlib.nullcontext() if is_done else pytest.raises(Failure, match="for now"):
        made.patiently(work, now=lambda: clock[0], sleep=sleep)

    assert tried == attempts
