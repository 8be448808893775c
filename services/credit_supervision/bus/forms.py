"""Inspectors' signed forms in, each in one transaction, in the order of each handheld."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from google.protobuf.message import DecodeError
from prometheus_client import CollectorRegistry, Counter

from services.credit_supervision.store.transaction import Transactor
from services.credit_supervision.usecases import handhelds
from services.plumbing.clock import Clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import Message, PullConsumer
from services.plumbing.refusal import InvalidArgument, Refusal
from services.plumbing.rules import RuleBook
from tianfu import subjects
from tianfu.credit_supervision.v1 import handheld_pb2 as pb

AT_ONCE: Final = 50
TAKE_S: Final = 1.0
"""How long to wait for messages before looking around for a stop."""

log = structlog.get_logger(__name__)


class FormMalformed(InvalidArgument):
    """The bytes are no SignedForm of a node."""

    reason = "FORM_MALFORMED"


class FormTaker:
    """Takes forms from the stream INSPECTION_FORMS."""

    def __init__(
        self,
        source: PullConsumer,
        transactor: Transactor,
        book: RuleBook,
        letters: DeadLetters,
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._source = source
        self._transactor = transactor
        self._book = book
        self._letters = letters
        self._clock = clock
        self._forms = Counter(
            "tianfu_credit_forms", "Inspectors' forms by outcome.", ["outcome"], registry=registry
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until told to stop."""
        await self._source.start()
        try:
            while not stop.is_set():
                for message in await self._source.take(AT_ONCE, TAKE_S):
                    await self.take(message)
        finally:
            await self._source.stop()

    async def take(self, message: Message) -> None:
        """Take one form; what is wrong with it decides what becomes of it."""
        try:
            node, signed = form_of(message.subject, message.data)
            await self._transactor.write(
                handhelds.take_form, self._book, node, signed, now=self._clock()
            )
        except Exception as error:  # noqa: BLE001 - each verdict is the letters' own
            if not isinstance(error, Refusal):
                # The type alone: a driver's or library's text may quote a value.
                log.error("form not taken", kind=type(error).__name__)  # noqa: TRY400 - as said
            self._forms.labels("refused").inc()
            await self._letters.settle(message, error)
            return
        self._forms.labels("taken").inc()
        await message.ack()


def form_of(subject: str, data: bytes) -> tuple[str, pb.SignedForm]:
    """Return the node and the form of a message; raise FormMalformed."""
    try:
        return subjects.inspection_form_node(subject), pb.SignedForm.FromString(data)
    except (DecodeError, subjects.InvalidName):
        raise FormMalformed("the bytes are no SignedForm of a node") from None
