"""The handheld: a form is kept once, before its inspector hears so; the key is sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.clock import SystemClock
from edge.counters import Counters
from edge.inspections import command, handheld, paper, requests, signing_key
from edge.inspections.handheld import Handheld
from edge.inspections.signing_key import KeyRefused
from edge.message_store import MessageStore
from edge.tracing import Tracer
from tests.edge.doubles import counting_bits
from tianfu import inspection_form, nats_keys, subjects
from tianfu.credit_supervision.v1 import draw_pb2
from tianfu.credit_supervision.v1 import handheld_pb2 as pb
from tianfu.inspection_form import FormInvalid
from tianfu.nats_keys import KeyKind

NODE = subjects.node_id("gw-1")
PAIR = nats_keys.generate(KeyKind.USER, b"\5" * 32)
VISIT = "draws/d-1/inspections/91510400204360956E"
RESTS = "draws/d-1/inspections/91510700205412308D"
SHEET = pb.HandheldSheet(
    node=NODE,
    department="market",
    badge="m-1",
    public_key=PAIR.public_key,
    form=pb.InspectionForm(
        rule_version="inspection-forms/CN-51/2020-11-27",
        department="market",
        items=[
            pb.FormItem(item="licence", matter="registration", question="licence?"),
            pb.FormItem(item="prices", matter="price-marking", question="prices?"),
        ],
    ),
    visits=[
        pb.HandheldVisit(inspection=VISIT),
        pb.HandheldVisit(inspection=RESTS, suspended_by="emergencies/quake"),
    ],
)


def filled(
    answers: dict[str, str] | None = None, outcome: str = "no-problem", visit: str = VISIT
) -> pb.FilledForm:
    text = paper.printed(SHEET, visit).replace('outcome = ""', f'outcome = "{outcome}"')
    for item, answer in (answers or {"licence": "pass", "prices": "n/a"}).items():
        text = text.replace(f'{item} = ""', f'{item} = "{answer}"')
    return paper.filled(SHEET, text, 1_790_000_000_000_000)


def signed(form: pb.FilledForm, pair: nats_keys.KeyPair = PAIR) -> bytes:
    return bytes(inspection_form.signed(form, pair).SerializeToString())


def open_store(folder: Path, bytes_max: int = 1 << 20) -> MessageStore:
    return MessageStore(
        folder,
        handheld.STORE,
        bytes_max=bytes_max,
        clock=SystemClock(),
        random_bits=counting_bits(),
    )


def handheld_of(folder: Path, store: MessageStore) -> Handheld:
    return Handheld(
        NODE,
        folder,
        store,
        clock=SystemClock(),
        counters=Counters(),
        tracer=Tracer(None, 0, counting_bits()),
        jitter=lambda: 0.5,
    )


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Handheld]:
    made = handheld_of(tmp_path, open_store(tmp_path))
    made.keep(SHEET.SerializeToString())
    yield made
    await made.close()


async def test_a_form_is_kept_once_and_another_of_the_same_visit_is_not(device: Handheld) -> None:
    first = signed(filled())
    other = signed(filled({"licence": "fail", "prices": "pass"}, "correction-ordered"))

    assert (await device.take(first)).reason == ""
    assert (await device.take(first)).reason == ""
    assert (await device.take(other)).reason == "FORM_EXISTS"
    assert device.status()["forms_waiting"] == 1
    assert not device.is_sent


async def test_sheet_and_form_outlive_the_agent(tmp_path: Path, device: Handheld) -> None:
    assert (await device.take(signed(filled()))).reason == ""
    # Another agent over the same folder, as after a power cut: nothing was closed.
    again = handheld_of(tmp_path, open_store(tmp_path))
    assert again.status()["forms_waiting"] == 1
    assert again.status()["visits"] == 2
    assert (await again.take(signed(filled()))).reason == ""
    assert again.status()["forms_waiting"] == 1
    await again.close()


STRANGER = nats_keys.generate(KeyKind.USER, b"\6" * 32)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"\xff", "FORM_MALFORMED", id="bytes"),
        pytest.param(signed(filled(), STRANGER), "FORM_KEY_UNKNOWN", id="stranger"),
        pytest.param(signed(filled({"licence": "pass"})), "FORM_ITEM_MISSING", id="half"),
        pytest.param(
            signed(filled({"licence": "fail", "prices": "pass"})), "FORM_OUTCOME_WRONG", id="fails"
        ),
        pytest.param(signed(filled(outcome="case-opened")), "FORM_OUTCOME_WRONG", id="no-case"),
        pytest.param(signed(filled(visit=RESTS)), "VISIT_SUSPENDED", id="rests"),
        pytest.param(
            signed(filled(visit=VISIT.replace("d-1", "d-2"))), "VISIT_UNKNOWN", id="no-visit"
        ),
    ],
)
async def test_what_does_not_fit_is_told_at_once(
    device: Handheld, payload: bytes, reason: str
) -> None:
    assert (await device.take(payload)).reason == reason
    assert device.is_sent


async def test_nobody_there_needs_no_answers(device: Handheld) -> None:
    assert (await device.take(signed(filled({"x": ""}, "not-found")))).reason == ""


async def test_a_changed_form_is_not_its_inspectors(device: Handheld) -> None:
    forged = pb.SignedForm.FromString(signed(filled()))
    form = filled()
    form.outcome = draw_pb2.OUTCOME_NOT_FOUND
    forged.form = form.SerializeToString(deterministic=True)
    answer = await device.take(forged.SerializeToString())
    assert answer.reason == "FORM_SIGNATURE_WRONG"


async def test_a_full_store_keeps_the_file_for_later(tmp_path: Path) -> None:
    store = open_store(tmp_path, bytes_max=1)
    device = handheld_of(tmp_path, store)
    device.keep(SHEET.SerializeToString())
    payload = signed(filled())
    assert (await device.take(payload)).reason == "FORM_STORE_FULL"
    await device.close()


async def test_sheets_of_others_and_noise_change_nothing(device: Handheld) -> None:
    device.keep(b"\xff\xff")
    device.keep(pb.HandheldSheet(node="gw-2").SerializeToString())
    assert device.status()["visits"] == 2


def test_a_key_is_made_once_and_opens_by_its_passphrase_alone(tmp_path: Path) -> None:
    pair = signing_key.make(tmp_path, "long enough", b"\1" * 32)
    assert signing_key.opened(tmp_path, "long enough").public_key == pair.public_key
    assert pair.seed.encode() not in (tmp_path / signing_key.FILE).read_bytes()
    assert (tmp_path / signing_key.FILE).stat().st_mode & 0o077 == 0
    refusals: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: signing_key.opened(tmp_path, "another one"), "PASSPHRASE_WRONG"),
        (lambda: signing_key.make(tmp_path, "long enough", b"\2" * 32), "KEY_EXISTS"),
        (lambda: signing_key.make(tmp_path, "short", b"\2" * 32), "PASSPHRASE_SHORT"),
        (lambda: signing_key.opened(tmp_path / "no", "long enough"), "KEY_MISSING"),
    )
    for call, reason in refusals:
        with pytest.raises(KeyRefused) as refused:
            call()
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("x =", "FORM_SYNTAX", id="toml"),
        pytest.param('inspection = "x"', "FORM_SYNTAX", id="half"),
        pytest.param(
            'inspection = "x"\nrule_version = "y"\noutcome = "good"', "FORM_ANSWER", id="outcome"
        ),
        pytest.param("answers = 3", "FORM_SYNTAX", id="no-table"),
    ],
)
def test_a_form_that_can_not_be_read_says_where(text: str, reason: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        paper.filled(SHEET, text, 1)
    assert refused.value.reason == reason


def test_a_form_that_is_left_is_on_the_disk_and_waits(tmp_path: Path) -> None:
    path = requests.leave(tmp_path, b"form")
    assert path.with_suffix(requests.ASKED).read_bytes() == b"form"
    ticks: Any = iter((0.0, 99.0))
    assert requests.answered(path, lambda: next(ticks)) is None


def test_the_file_of_forms_is_its_own(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert store.waiting == 0
    with sqlite3.connect(tmp_path / f"{handheld.STORE}.db") as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (0,)
    db.close()


@pytest.mark.parametrize("has_more", [True, False])
def test_a_sheet_that_does_not_have_all_visits_says_so(
    has_more: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sheet = pb.HandheldSheet(has_more_visits=has_more)
    sheet.visits.add(inspection="draws/d/inspections/x", due_day="2026-07-01")
    monkeypatch.setattr(handheld, "read_sheet", lambda _: sheet)
    settings: Any = SimpleNamespace(data_dir=tmp_path)

    assert command.visits(settings, is_json=False) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("draws/d/inspections/x  by 2026-07-01")
    assert ("there are more" in shown.err) == has_more
