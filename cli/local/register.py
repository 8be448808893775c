"""A made-up register for the local platform: ``python -m cli.local.register DATA SETTINGS``.

Two thousand entities that there are not, each with 合成 (synthetic) in its name and a code whose
check characters are right; records about some, two receivers of them, national grades, the public
example of German credit scored, and one draw by commitment and revelation with its proof. All of it
follows from one seed and the day in the settings, so that the same again changes nothing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from cli.connection import LONG_DEADLINE_S, Metadata, Platform, metadata_of, platform
from cli.failures import Exit, Failure
from cli.local.folder import Folder
from tianfu import inspection_beacon
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import (
    draw_pb2,
    entity_pb2,
    record_pb2,
    signal_pb2,
)
from tianfu.credit_supervision.v1 import record_requests_pb2 as record_asks
from tianfu.credit_supervision.v1 import supervision_requests_pb2 as asks

ENTITIES: Final = 2_000
RECORDS: Final = 60
GRADES: Final = 500
SEED: Final = 510_400
ROLE: Final = "supervisor"
PERSON: Final = "synthetic-register"
DRAW: Final = "synthetic-1"
MARK: Final = "合成"
AWAY_S: Final = 180.0
"""How long the service may be away, started again by its supervisor, before that is a failure."""
AGAIN_S: Final = 1.0
PLACES: Final = ("510402", "510403", "510411", "510421", "510422")
TRADES: Final = ("商贸", "建材", "食品", "物流", "矿业", "餐饮", "医药", "机械")
DEPARTMENTS: Final = ("fire", "market")
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
GERMAN_CREDIT: Final = Path(__file__).parents[2] / "examples" / "credit" / "german-credit.csv"
"""There in a checkout; an installed platform does without."""


def code_of(number: int) -> str:
    """Return a valid unified social credit code (GB 32100-2015) of a company there is not."""
    organisation = f"MA{number:06d}"
    total = sum(int(c, 36) * w for c, w in zip(organisation, ORGANISATION_WEIGHTS, strict=True))
    organisation += "0X987654321"[total % 11]
    body = f"91510400{organisation}"
    total = sum(CODE_ALPHABET.index(c) * pow(3, n, 31) for n, c in enumerate(body))
    return body + CODE_ALPHABET[-total % 31]


def rows(chance: random.Random) -> list[entity_pb2.EntityRow]:
    """Return the register."""
    return [
        entity_pb2.EntityRow(
            line=number + 1,
            code=code_of(number),
            title=f"{MARK}{chance.choice(TRADES)}有限公司{number:04d}号",
            place_code=chance.choice(PLACES),
            risk_class=chance.choices("ABCD", (30, 50, 15, 5))[0],
        )
        for number in range(ENTITIES)
    ]


def records(chance: random.Random, today: date) -> Iterator[record_asks.CreateRecordRequest]:
    """Yield records about some entities, decided within the last half year."""
    kinds = (
        (record_pb2.RECORD_KIND_PENALTY, record_pb2.SEVERITY_GENERAL),
        (record_pb2.RECORD_KIND_PENALTY, record_pb2.SEVERITY_SLIGHT),
        (record_pb2.RECORD_KIND_PENALTY, record_pb2.SEVERITY_SERIOUS),
        (record_pb2.RECORD_KIND_HONOUR, None),
        (record_pb2.RECORD_KIND_LICENCE, None),
    )
    for number in range(RECORDS):
        kind, severity = chance.choices(kinds, (40, 20, 10, 10, 20))[0]
        day = today - timedelta(days=chance.randrange(1, 180))
        record = record_pb2.Record(
            entity=f"entities/{code_of(chance.randrange(ENTITIES))}",
            kind=kind,
            decision_day=day.isoformat(),
            matter=chance.choice(("unlicensed-trade", "labelling", "work-safety", "fire-exits")),
            department=chance.choice(DEPARTMENTS),
            source_number=f"{MARK}-{number:03d}",
            severities=[severity] if severity is not None else [],
        )
        yield record_asks.CreateRecordRequest(record_id=f"synthetic-{number:03d}", record=record)


def receivers() -> Iterator[record_asks.CreateReceiverRequest]:
    """Yield two receivers: one that shows records to the public, one that knows tokens only."""
    for name, form, is_public in (
        ("synthetic-credit-china", record_pb2.SUBJECT_FORM_CODE, True),
        ("synthetic-bank", record_pb2.SUBJECT_FORM_TOKEN, False),
    ):
        yield record_asks.CreateReceiverRequest(
            receiver_id=name,
            receiver=record_pb2.Receiver(
                place_code="5104",
                is_public=is_public,
                subject_form=form,
                purpose="demonstration",
                legal_basis="synthetic data, no legal effect",
            ),
        )


def grades(chance: random.Random, today: date) -> asks.ImportGradesRequest:
    """Return a list of national grades as a source would send it."""
    listed = [
        signal_pb2.GradeRow(
            line=n + 1,
            code=code_of(number),
            letter=chance.choices("ABCD", (25, 55, 15, 5))[0],
            grade_day=(today - timedelta(days=30)).isoformat(),
        )
        for n, number in enumerate(chance.sample(range(ENTITIES), GRADES))
    ]
    sha256 = hashlib.sha256("".join(f"{row.code}{row.letter}" for row in listed).encode())
    return asks.ImportGradesRequest(
        scheme="national", source_sha256=sha256.hexdigest(), rows=listed
    )


def german_credit() -> asks.EvaluateSignalsRequest | None:
    """Return the public example's thousand credits to be scored; None where the file is not."""
    if not GERMAN_CREDIT.exists():
        return None
    with GERMAN_CREDIT.open(encoding="utf-8", newline="") as text:
        listed = [
            signal_pb2.SignalRow(
                row_id=f"credit-{number}",
                values={k: float(v) for k, v in row.items() if v and k != "is_good"},
            )
            for number, row in enumerate(csv.DictReader(text))
        ]
    return asks.EvaluateSignalsRequest(scorecard="scorecards/german-credit-example", rows=listed)


def nonces() -> dict[str, bytes]:
    """Return what each department commits to. A real one draws it and tells nobody."""
    return {name: hashlib.sha256(f"{MARK} {DRAW} {name}".encode()).digest() for name in DEPARTMENTS}


def draw() -> pb.CreateDrawRequest:
    """Return the request of the draw."""
    departments = [
        draw_pb2.DrawDepartment(
            department=name,
            inspectors_per_visit=1,
            inspectors=[draw_pb2.DrawInspector(badge=f"{name}-{n}") for n in range(1, 9)],
            nonce_commitment=inspection_beacon.nonce_commitment(DRAW, name, nonce),
        )
        for name, nonce in nonces().items()
    ]
    return pb.CreateDrawRequest(
        draw_id=DRAW, draw=draw_pb2.Draw(place_code="5104", departments=departments)
    )


def seed(services: Platform, today: date, clerk_of: Callable[[str], Metadata]) -> None:
    """Send everything, in the order in which it depends on each other.

    ``clerk_of`` gives the token of somebody of a department: each reveals its bytes itself.
    """
    chance = random.Random(SEED)  # noqa: S311 - made-up data, the same each time

    def call(method: Any, request: Any) -> Any:
        return services.call(method, request, deadline_s=LONG_DEADLINE_S)

    credit = services.credit
    call(credit.ImportEntities, pb.ImportEntitiesRequest(rows=rows(chance)))
    for receiver in receivers():
        call(credit.CreateReceiver, receiver)
    for record in records(chance, today):
        call(credit.CreateRecord, record)
    call(credit.ImportGrades, grades(chance, today))
    declared = call(credit.CreateDraw, draw())
    if declared.state == draw_pb2.DRAW_STATE_DECLARED:
        scored = german_credit()
        if scored is not None:
            call(credit.EvaluateSignals, scored)
        for name, nonce in nonces().items():
            reveal = pb.RevealNonceRequest(name=declared.name, department=name, nonce=nonce)
            services.call(credit.RevealNonce, reveal, metadata=clerk_of(name))
        call(credit.PublishDraw, pb.PublishDrawRequest(name=declared.name))


def patiently(
    work: Callable[[], None],
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Do it, from the beginning again while the service is away; raise Failure otherwise."""
    deadline = now() + AWAY_S
    while True:
        try:
            return work()
        except Failure as failure:
            if failure.status is not Exit.UNAVAILABLE or now() > deadline:
                raise
        sleep(AGAIN_S)


def main() -> None:
    """Seed the platform in a data folder."""
    data, settings = (Path(each) for each in sys.argv[1:3])
    today = date.fromisoformat(json.loads(settings.read_text(encoding="utf-8"))["day"])

    def clerk_of(department: str) -> Metadata:
        folder = Folder.at(data)
        return metadata_of(folder, ROLE, f"local-{department}-clerk", department=department)

    def work() -> None:
        with platform(data, ROLE, PERSON) as services:
            seed(services, today, clerk_of)

    patiently(work)


if __name__ == "__main__":
    main()
