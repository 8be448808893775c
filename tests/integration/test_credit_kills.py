"""kill -9 of service, nats-server and PostgreSQL at every step of a draw: once, whole, the same."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable
from typing import Any, Final

import grpc
import pytest

from tests.support.credit_process import NONCES, CreditProcess, credit_process, draw_request, rows
from tests.support.nats_server import nats_server
from tests.support.postgres import postgres_server
from tests.support.waiting import until_blocking
from tianfu import inspection_proof
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as pb
from tianfu.credit_supervision.v1 import draw_pb2

pytestmark = [pytest.mark.integration, pytest.mark.chaos]

SEED: Final = 20_261_129
ANSWER_S: Final = 90.0
DRAW: Final = "killed"
NAME: Final = f"draws/{DRAW}"


def steps() -> list[tuple[str, Any]]:
    """Return the calls that a draw is made of, in order."""
    reveals = [
        ("RevealNonce", pb.RevealNonceRequest(name=NAME, department=name, nonce=nonce))
        for name, nonce in sorted(NONCES.items())
    ]
    return [
        ("CreateDraw", draw_request(DRAW)),
        *reveals,
        ("PublishDraw", pb.PublishDrawRequest(name=NAME)),
    ]


def insist(credit: CreditProcess, method: str, request: Any) -> draw_pb2.Draw:
    """Call until it is answered, as a client does that has been told to try again."""
    answers: list[draw_pb2.Draw] = []

    def answered() -> bool:
        with contextlib.suppress(grpc.RpcError):
            answers.append(credit.call(method, request))
        return bool(answers)

    until_blocking(answered, ANSWER_S)
    return answers[0]


def whole(credit: CreditProcess) -> None:
    """Hold that a draw has all of its visits and its proof, or none of either."""
    draw = insist(credit, "GetDraw", pb.GetDrawRequest(name=NAME))
    visits = credit.inspections(DRAW)
    if draw.state == draw_pb2.DRAW_STATE_PUBLISHED:
        assert len(visits) == draw.visit_count
        assert inspection_proof.verify(credit.proof(DRAW), draw.commitment)
    else:
        assert visits == []


def test_every_step_of_a_draw_outlives_every_kill() -> None:
    chance = random.Random(SEED)
    with (
        postgres_server() as postgres,
        nats_server() as nats,
        credit_process(nats, postgres.url(postgres.create_database())) as credit,
    ):
        credit.import_rows(rows(500))
        victims: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "nats": (nats.kill, nats.start),
            "postgres": (postgres.kill, postgres.start),
            "service": (credit.kill, credit.start),
        }
        answers = []
        for method, request in steps():
            answer = None
            for kill, start in victims.values():
                during = threading.Timer(chance.uniform(0.0, 0.1), kill)
                during.start()
                with contextlib.suppress(grpc.RpcError):
                    credit.call(method, request)
                during.join()
                start()
                answer = insist(credit, method, request)
                whole(credit)
            assert answer is not None
            answers.append(answer)
        declared, published = answers[0], answers[-1]

        assert published.commitment == declared.commitment
        found = inspection_proof.verify(credit.proof(DRAW), declared.commitment)
        assert published.visit_count == len(found.visits) > 0
        # A draw is a function of its declaration and its nonces: made again, it is the same.
        again = inspection_proof.make(
            found.declaration, {"nonces": {name: nonce.hex() for name, nonce in NONCES.items()}}
        )
        assert inspection_proof.encode(again) == credit.proof(DRAW)

        def sealed() -> bool:
            with contextlib.suppress(grpc.RpcError):
                answer = credit.call("VerifyAudit", pb.VerifyAuditRequest(), "AUDITOR")
                assert answer.sound, answer.problem
                return bool(answer.number)
            return False

        until_blocking(sealed, ANSWER_S)
