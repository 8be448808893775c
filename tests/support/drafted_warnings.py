"""Warnings for tests: people, drafts, a desk with real words, places and keys, and solutions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.disaster_warning import build
from services.disaster_warning.cap import credentials
from services.disaster_warning.cap.trust import TrustDomain
from services.disaster_warning.geography.targeting import targeting
from services.disaster_warning.model.warning import (
    Area,
    AutomaticIssue,
    Channel,
    Colour,
    Content,
    CountyShaking,
    HazardWarning,
    Person,
    PickKey,
    Role,
    Source,
    Step,
    Verdict,
)
from services.disaster_warning.model.wording import RULE, Wording
from services.disaster_warning.ports import Desk, Office
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import drafting
from services.disaster_warning.usecases.places import CountyTargeting
from services.disaster_warning.usecases.press import SigningPress
from services.disaster_warning.usecases.words import RuleWords
from services.plumbing import outbox
from services.plumbing.postgres import Database
from tianfu.disaster_warning.v1 import earthquake_pb2

NOW = datetime(2026, 5, 12, 6, 28, tzinfo=UTC)
DRAFTER = Person("user:drafter", frozenset({Role.DUTY_OFFICER}))
REVIEWER = Person("user:reviewer", frozenset({Role.DUTY_OFFICER}))
SIGNER = Person("user:signer", frozenset({Role.WARNING_SIGNER}))
AUTHORITY = Person("user:authority", frozenset({Role.WARNING_AUTHORITY}))
DOMAINS = {Channel.LIVE: TrustDomain.LIVE, Channel.DRILL: TrustDomain.EXERCISE}


@functools.cache
def cap_credentials(channel: Channel) -> credentials.Credentials:
    """Return keys to sign CAP with, made once."""
    return credentials.make(
        credentials.KeyType.ECDSA_P256,
        common_name=f"test {channel.value}",
        organisation="Tianfu tests",
        domain=DOMAINS[channel],
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        valid_to=datetime(2040, 1, 1, tzinfo=UTC),
    )


@functools.cache
def desk() -> Desk:
    """Return what it takes to publish, with the package's own rules."""
    rules, office, counties = build.rule_book(), Office(), targeting()
    place = office.jurisdiction
    wording = Wording(rules.in_force(RULE, place, NOW))
    return Desk(
        rules=rules,
        targeting=CountyTargeting(rules, counties, jurisdiction=place),
        wording=RuleWords(rules, wording, counties, jurisdiction=place, at=NOW),
        presses={
            channel: SigningPress(channel, cap_credentials(channel), rules, jurisdiction=place)
            for channel in Channel
        },
        office=office,
    )


def content(**fields: Any) -> Content:
    """Return a yellow warning's content for two counties of Chengdu, for six hours."""
    values: dict[str, Any] = {
        "colour": Colour.YELLOW,
        "area": Area(place_codes=("510104", "510105")),
        "expire_time": NOW + timedelta(hours=6),
        **fields,
    }
    return Content(**values)


def draft(warning_id: str = "w-1", **fields: Any) -> drafting.Draft:
    """Return a draft of a rainstorm warning; what is no field of it goes into its content."""
    channel = fields.pop("channel", Channel.LIVE)
    event_code = fields.pop("event_code", "11B03")
    return drafting.Draft(warning_id, channel, event_code, content(**fields))


def encoded(warning: HazardWarning, steps: Sequence[Step]) -> bytes:
    """Stand in for an encoder of answers."""
    return f"{warning.warning_id} {warning.etag} {len(steps)}".encode()


async def create(
    transactor: Transactor, asked: drafting.Draft, request: drafting.Request | None = None
) -> bytes:
    """Draft a warning as the drafter."""
    answer: bytes = await transactor.write(
        drafting.create,
        desk(),
        asked,
        DRAFTER,
        request or drafting.Request(),
        encoded,
        now=NOW,
    )
    return answer


async def signed_off(
    transactor: Transactor,
    warning_id: str,
    *,
    signer: Person = SIGNER,
    now: datetime = NOW,
) -> None:
    """Have a draft reviewed and signed."""
    await transactor.write(drafting.review, warning_id, "", Verdict.APPROVE, REVIEWER, "", now=now)
    await transactor.write(drafting.sign, warning_id, "", Verdict.APPROVE, signer, "", now=now)


async def published(
    transactor: Transactor, asked: drafting.Draft, *, signer: Person = SIGNER
) -> HazardWarning:
    """Take a draft through all hands and publish it."""
    await create(transactor, asked)
    await signed_off(transactor, asked.warning_id, signer=signer)
    found = await transactor.write(drafting.publish, desk(), asked.warning_id, "", SIGNER, now=NOW)
    warning: HazardWarning = found[0]
    return warning


async def emitted(database: Database) -> list[tuple[str, bytes, str]]:
    """Return subject, payload and id of what is in the outbox."""
    query = sa.select(outbox.table).order_by(outbox.table.c.id)
    rows = await database.transact(lambda c: c.execute(query).all())
    return [(row.subject.rpartition(".")[2], row.payload, row.message_id) for row in rows]


def shaken(codes: Sequence[str], intensity: float = 6.0) -> tuple[CountyShaking, ...]:
    """Return what counties are to expect, orange each."""
    counties = targeting().counties
    return tuple(
        CountyShaking(
            place_code=code,
            display_name=counties[code].name_zh,
            colour=Colour.ORANGE,
            intensity=intensity,
            s_arrival_time=NOW + timedelta(seconds=20),
            distance_km=80.0,
            population=counties[code].population,
        )
        for code in codes
    )


def issue(number: int = 1, **fields: Any) -> AutomaticIssue:
    """Return a solution of an earthquake that three stations have picked."""
    solution = earthquake_pb2.Solution(number=number, magnitude=6.5)
    values: dict[str, Any] = {
        "earthquake_id": "eq-1",
        "channel": Channel.LIVE,
        "number": number,
        "solution": solution.SerializeToString(),
        "source": Source(NOW - timedelta(seconds=5), 31.0, 103.4, 12.0, 6.5),
        "picks": tuple(PickKey(f"bs-{n}", 2**63 + n) for n in range(3)),
        "counties": shaken(("510104", "510105", "510182")),
        "expire_time": NOW + timedelta(minutes=3),
        "rule_versions": ("earthquake-thresholds/CN-51/2023-05-01",),
        **fields,
    }
    return AutomaticIssue(**values)
