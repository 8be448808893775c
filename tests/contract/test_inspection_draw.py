"""The draw: published vectors, its fairness over ten thousand draws, and every way to cheat."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu import inspection_beacon, inspection_draw, inspection_proof
from tianfu.inspection_beacon import BeaconRefused, DepartmentDefaulted
from tianfu.inspection_draw import Beacon, Declaration, Entity, InvalidDeclaration
from tianfu.inspection_proof import ProofRefused

# Ten real codes of companies, all with both check digits right.
CODES = [
    "914403001922038216", "9144030071526726XG", "91100000100003962T", "91110000710925462X",
    "91440300100012316L", "91110000710926094P", "91510700205412308D", "91510400204360956E",
    "91510000709151981F", "9151010020260067X4",
]  # fmt: skip
ROUND = 657413
SIGNATURE = (
    "b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be"
    "41076862b98fad56e91a6b85b89cd97b"
)
RANDOMNESS = "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"
ROSTER = "d84cf6dc757f321b6b3d4f69fd0ea6da7d33cb75552560d2b3e453dee00b8732"
SEED = "b520b1a984dc19df76ff523cec80985ee214fde6b7332d2c1c022d081ec7902f"
DRAW = "SC-PZH-2026-001"
BEFORE = inspection_beacon.time_of(ROUND) - timedelta(minutes=5)

DECLARATION = Declaration(
    draw_id=DRAW,
    time=BEFORE,
    rule="inspection-ratios/CN-51/2026-01-01",
    beacon=Beacon(round=ROUND),
    strata=(("B", 200), ("D", 500)),
    departments=(("fire", 1), ("market", 2)),
    inspectors=(
        ("fire", "f-1"), ("fire", "f-2"), ("market", "m-1"), ("market", "m-2"), ("market", "m-3"),
    ),
    conflicts=frozenset({("m-1", CODES[0])}),
    entities=tuple(Entity(code, "B" if n < 6 else "D") for n, code in enumerate(CODES)),
)  # fmt: skip
QUICKNET = {"round": ROUND, "signature": SIGNATURE}


def test_commitment_seed_and_order_are_the_published_ones() -> None:
    committed = inspection_draw.commitment(sorted(CODES))
    seed = inspection_draw.seed_of(committed, bytes.fromhex(RANDOMNESS), DRAW)
    drawn = inspection_draw.drawn_of(seed, [Entity(code, "all") for code in CODES], 3)

    assert committed == ROSTER
    assert seed.hex() == SEED
    assert [each.code for each in drawn] == [
        "91510400204360956E", "91510700205412308D", "91110000710925462X",
    ]  # fmt: skip


def test_a_round_of_quicknet_is_verified_offline() -> None:
    found = inspection_beacon.quicknet_randomness(ROUND, bytes.fromhex(SIGNATURE))

    assert found.hex() == RANDOMNESS
    assert found == hashlib.sha256(bytes.fromhex(SIGNATURE)).digest()


@pytest.mark.parametrize(
    ("number", "signature"),
    [
        pytest.param(ROUND + 1, SIGNATURE, id="another-round"),
        pytest.param(ROUND, "c0" + "00" * 47, id="infinity"),
        pytest.param(ROUND, "b8" + SIGNATURE[2:], id="another-point"),
        pytest.param(ROUND, "00" * 48, id="not-compressed"),
        pytest.param(ROUND, "ff" * 48, id="not-in-the-field"),
        pytest.param(ROUND, SIGNATURE[:-2], id="short"),
        pytest.param(0, SIGNATURE, id="round-zero"),
    ],
)
def test_any_other_signature_is_refused(number: int, signature: str) -> None:
    with pytest.raises(BeaconRefused):
        inspection_beacon.quicknet_randomness(number, bytes.fromhex(signature))


def test_a_rounds_time_and_a_times_round_agree() -> None:
    assert inspection_beacon.round_at(inspection_beacon.time_of(ROUND)) == ROUND
    almost = inspection_beacon.time_of(ROUND + 1) - timedelta(seconds=1)
    assert inspection_beacon.round_at(almost) == ROUND
    assert inspection_beacon.round_at(datetime(2020, 1, 1, tzinfo=UTC)) == 0


def test_the_lines_are_the_declaration() -> None:
    assert inspection_draw.parse(DECLARATION.lines()).lines() == DECLARATION.lines()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"strata": (("B", 200),)}, "no stratum D", id="stratum-unknown"),
        pytest.param({"entities": ()}, "at least one", id="nobody"),
        pytest.param({"entities": (Entity("x", "B", 0),)}, "weight", id="weight"),
        pytest.param(
            {"entities": (Entity("x", "B"), Entity("x", "D"))}, "stands twice", id="entity-twice"
        ),
        pytest.param(
            {"departments": (("fire", 1), ("market", 3))}, "with a conflict", id="too-few"
        ),
        pytest.param({"departments": (("fire", 1),)}, "does not take part", id="uninvited"),
        pytest.param({"conflicts": frozenset({("x", "y")})}, "is no inspector", id="conflict"),
        pytest.param({"beacon": Beacon(commitments=(("fire", "0" * 64),))}, "two", id="alone"),
    ],
)
def test_a_declaration_that_could_get_stuck_is_refused(
    change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidDeclaration, match=problem):
        inspection_draw.parse(replace(DECLARATION, **change).lines())


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda lines: [*lines[1:], lines[0]], id="order"),
        pytest.param(lambda lines: [*lines, lines[-1]], id="twice"),
        pytest.param(lambda lines: [*lines, "bribe 1"], id="kind"),
        pytest.param(lambda lines: [*lines[:-1], lines[-1] + " x"], id="words"),
        pytest.param(lambda lines: [*lines[:-1], lines[-1][:-1] + "01"], id="number"),
        pytest.param(lambda lines: lines[1:], id="no-id"),
        pytest.param(lambda lines: [lines[0], "time yesterday", *lines[2:]], id="time"),
        pytest.param(lambda lines: [*lines[:3], "beacon dice 6", *lines[4:]], id="beacon"),
    ],
)
def test_lines_that_are_no_declaration_are_refused(edit: Any) -> None:
    with pytest.raises(InvalidDeclaration):
        inspection_draw.parse(edit(DECLARATION.lines()))


@given(st.lists(st.text(max_size=40), max_size=8))
def test_whatever_the_lines_are_the_answer_is_a_refusal(lines: list[str]) -> None:
    with pytest.raises(InvalidDeclaration):
        inspection_draw.parse(lines)


def in_each_place(word: str) -> list[Declaration]:
    """Return declarations that say a word, one for each place where they may."""
    entity = DECLARATION.entities[0]
    return [
        replace(DECLARATION, draw_id=word),
        replace(DECLARATION, rule=word),
        replace(DECLARATION, strata=((word, 200), *DECLARATION.strata)),
        replace(DECLARATION, departments=((word, 0), *DECLARATION.departments)),
        replace(DECLARATION, inspectors=(("fire", word), *DECLARATION.inspectors)),
        replace(DECLARATION, conflicts=frozenset({("m-1", word)})),
        replace(DECLARATION, conflicts=frozenset({(word, CODES[0])})),
        replace(DECLARATION, entities=(replace(entity, code=word), *DECLARATION.entities[1:])),
        replace(DECLARATION, beacon=Beacon(commitments=((word, "a" * 64), ("fire", "b" * 64)))),
        replace(DECLARATION, beacon=Beacon(commitments=(("market", word), ("fire", "b" * 64)))),
    ]


@given(st.text(max_size=120) | st.from_regex(r"[a-z0-9 \n]{1,12}", fullmatch=True))
def test_a_word_never_becomes_a_line(word: str) -> None:
    for declaration in in_each_place(word):
        try:
            inspection_draw.check(declaration)
        except InvalidDeclaration:
            continue
        assert inspection_draw.parse("\n".join(declaration.lines()).split("\n")).lines() == (
            declaration.lines()
        )


@pytest.mark.parametrize("word", ["x\nentity 0 D 1000", "no such", "", "9151040020436095\uff16E"])
def test_what_would_be_another_line_is_refused(word: str) -> None:
    for declaration in in_each_place(word):
        with pytest.raises(InvalidDeclaration):
            inspection_draw.check(declaration)


@pytest.mark.parametrize("number", [999_999_999_999_999, 2**63, -1])
def test_a_round_off_the_calendar_is_refused(number: int) -> None:
    late = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    far = replace(DECLARATION, beacon=Beacon(round=number), time=late)
    with pytest.raises(BeaconRefused):
        inspection_proof.randomness_of(far, {"round": number, "signature": SIGNATURE})


def test_ratios_are_rounded_up() -> None:
    assert [inspection_draw.sample_size(n, 30) for n in (0, 1, 33, 34, 100, 101)] == [
        0, 1, 1, 2, 3, 4,
    ]  # fmt: skip


def seeds(count: int) -> list[bytes]:
    return [hashlib.sha256(b"fair %d" % n).digest() for n in range(count)]


def test_over_ten_thousand_draws_each_is_drawn_as_often_as_declared() -> None:
    # Chi-square over 10 entities drawn 3 at a time, each expected 3,000 times: without replacement
    # the statistic (n-1)/n * sum (o-e)²/(e(1-p)) has 9 degrees of freedom; 27.88 is its 99.9 %.
    members = [Entity(code, "all") for code in CODES]
    found = Counter(
        each.code for seed in seeds(10_000) for each in inspection_draw.drawn_of(seed, members, 3)
    )
    expected, p = 3_000, 0.3
    statistic = 0.9 * sum((found[c] - expected) ** 2 / (expected * (1 - p)) for c in CODES)

    assert sum(found.values()) == 30_000
    assert statistic < 27.88


def test_over_two_thousand_draws_weights_count_as_declared() -> None:
    members = [Entity(code, "all", 1 + n % 4) for n, code in enumerate(CODES)]
    total = sum(each.weight for each in members)
    found = Counter(inspection_draw.drawn_of(seed, members, 1)[0].code for seed in seeds(2_000))
    statistic = sum(
        (found[each.code] - 2_000 * each.weight / total) ** 2 / (2_000 * each.weight / total)
        for each in members
    )

    assert statistic < 27.88  # 9 degrees of freedom, 99.9 %


def test_inspectors_share_the_work_and_none_meets_a_conflict() -> None:
    declaration = replace(
        DECLARATION,
        strata=(("B", 1000), ("D", 1000)),
        conflicts=frozenset({("m-1", CODES[0]), ("f-1", CODES[3])}),
    )
    for seed in seeds(50):
        visits = inspection_draw.draw(declaration, seed)
        load = Counter(b for visit in visits for _, sent in visit.inspectors for b in sent)
        sent = {v.code: {b for _, badges in v.inspectors for b in badges} for v in visits}

        assert len(visits) == len(CODES)
        assert "m-1" not in sent[CODES[0]]
        assert "f-1" not in sent[CODES[3]]
        assert all(len(each) == 3 for each in sent.values())
        assert max(load[b] for b in ("m-1", "m-2", "m-3")) - min(
            load[b] for b in ("m-1", "m-2", "m-3")
        ) <= 2  # fmt: skip


def nonces(*names: str) -> dict[str, bytes]:
    return {name: hashlib.sha256(name.encode()).digest() for name in names}


def test_departments_make_randomness_together_and_each_alone_would_do() -> None:
    given_ = nonces("fire", "market", "tax")
    committed = {n: inspection_beacon.nonce_commitment(DRAW, n, b) for n, b in given_.items()}
    made = inspection_beacon.combined_randomness(DRAW, committed, given_)

    numbers = [int.from_bytes(b, "big") for b in given_.values()]
    assert int.from_bytes(made, "big") == numbers[0] ^ numbers[1] ^ numbers[2]
    with pytest.raises(DepartmentDefaulted, match="market has not revealed"):
        inspection_beacon.combined_randomness(DRAW, committed, nonces("fire", "tax"))
    with pytest.raises(BeaconRefused, match="fire: not what it had committed to"):
        inspection_beacon.combined_randomness(DRAW, committed, given_ | {"fire": given_["market"]})
    with pytest.raises(BeaconRefused, match="water reveals"):
        inspection_beacon.combined_randomness(DRAW, committed, given_ | nonces("water"))
    # Taking over another's commitment does not help: its bytes are not yours to reveal.
    copied = committed | {"fire": committed["market"]}
    with pytest.raises(BeaconRefused, match="fire"):
        inspection_beacon.combined_randomness(DRAW, copied, given_ | {"fire": given_["market"]})


@pytest.fixture(scope="module")
def bundle() -> dict[str, Any]:
    return inspection_proof.make(DECLARATION, QUICKNET)


def test_a_bundle_is_the_same_however_often_it_is_made(bundle: dict[str, Any]) -> None:
    again = inspection_proof.make(inspection_draw.parse(DECLARATION.lines()), QUICKNET)

    assert inspection_proof.encode(again) == inspection_proof.encode(bundle)


def test_a_bundle_is_verified(bundle: dict[str, Any]) -> None:
    found = inspection_proof.verify(inspection_proof.encode(bundle), bundle["commitment"])

    assert [step for step, _ in found.steps] == [
        "declaration", "commitment", "beacon", "seed", "visits",
    ]  # fmt: skip
    assert len(found.visits) == 2 + 2  # 20 % of 6 and half of 4, rounded up


def test_a_bundle_holds_by_the_published_formulas_alone(bundle: dict[str, Any]) -> None:
    """Verify with nothing of ours: hashlib and hmac, as a stranger would."""
    lines = bundle["declaration"]
    committed = hashlib.sha256("\n".join(lines).encode()).digest()
    randomness = hashlib.sha256(bytes.fromhex(bundle["beacon"]["signature"])).digest()
    draw_id = next(line.split()[1] for line in lines if line.startswith("draw "))
    seed = hashlib.sha256(committed + randomness + draw_id.encode()).digest()
    ratios = {s: int(m) for kind, s, m in (x.split() for x in lines if x.startswith("stratum "))}
    drawn = []
    for stratum, ratio in ratios.items():
        codes = [x.split()[1] for x in lines if x.startswith("entity ") and x.split()[2] == stratum]
        codes.sort(key=lambda c: hmac.new(seed, c.encode(), hashlib.sha256).digest())
        drawn += [(c, stratum) for c in codes[: math.ceil(len(codes) * ratio / 1000)]]

    assert committed.hex() == bundle["commitment"]
    assert [(v["entity"], v["stratum"]) for v in bundle["visits"]] == sorted(drawn)


def change_first_visit(bundle: dict[str, Any]) -> None:
    bundle["visits"][0] = {**bundle["visits"][0], "entity": CODES[0] + "Z"}


@pytest.mark.parametrize(
    ("change", "step"),
    [
        pytest.param(lambda b: b["declaration"].pop(), "commitment", id="entity-left-out"),
        pytest.param(lambda b: b.update(commitment="0" * 64), "commitment", id="commitment"),
        pytest.param(lambda b: b["beacon"].update(round=ROUND + 1), "beacon", id="round"),
        pytest.param(lambda b: b["beacon"].update(signature="zz"), "beacon", id="no-hex"),
        pytest.param(lambda b: b.update(beacon=[]), "beacon", id="no-beacon"),
        pytest.param(lambda b: b.update(beacon={"nonces": {}}), "beacon", id="other-beacon"),
        pytest.param(lambda b: b.update(randomness="00" * 32), "randomness", id="randomness"),
        pytest.param(lambda b: b.update(seed="00" * 32), "seed", id="seed"),
        pytest.param(lambda b: b["visits"].pop(), "visits[3]", id="visit-left-out"),
        pytest.param(lambda b: b["visits"].append({}), "visits[4]", id="visit-more"),
        pytest.param(change_first_visit, "visits[0]", id="visit-swapped"),
        pytest.param(
            lambda b: b["visits"][1]["inspectors"].update(fire=["f-9"]), "visits[1]", id="inspector"
        ),
        pytest.param(lambda b: b.update(visits=None), "visits", id="no-visits"),
        pytest.param(lambda b: b.update(note="trust me"), "bundle", id="more-keys"),
        pytest.param(lambda b: b.pop("seed"), "bundle", id="fewer-keys"),
        pytest.param(lambda b: b.update(format="x"), "bundle", id="format"),
    ],
)
def test_the_first_discrepancy_is_named(bundle: dict[str, Any], change: Any, step: str) -> None:
    copy = json.loads(json.dumps(bundle))
    change(copy)

    with pytest.raises(ProofRefused) as refused:
        inspection_proof.verify(inspection_proof.encode(copy))

    assert refused.value.step == step


def test_another_commitment_than_the_published_one_is_refused(bundle: dict[str, Any]) -> None:
    with pytest.raises(ProofRefused, match="published before the draw"):
        inspection_proof.verify(inspection_proof.encode(bundle), "0" * 64)


def test_a_round_that_was_known_when_it_was_declared_is_refused() -> None:
    late = replace(DECLARATION, time=inspection_beacon.time_of(ROUND) - timedelta(seconds=29))

    with pytest.raises(BeaconRefused, match="could have known"):
        inspection_proof.make(late, QUICKNET)


@given(st.binary(max_size=60) | st.just(b"[" * 100_000) | st.just(b'{"format":[]}'))
def test_whatever_the_bytes_are_the_answer_is_a_refusal(data: bytes) -> None:
    with pytest.raises(ProofRefused, match="bundle"):
        inspection_proof.verify(data)
