"""The two watches over stations, put together: for the public, and for exercises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nats.aio.client import Client
from prometheus_client import CollectorRegistry

from services.disaster_warning.bus.authority import DeskAuthority
from services.disaster_warning.bus.seismic import SeismicMeters, SeismicWatch, Turn
from services.disaster_warning.bus.seismic_source import source
from services.disaster_warning.bus.solutions import Place, Validity
from services.disaster_warning.geography.counties import Counties
from services.disaster_warning.geography.province import outline
from services.disaster_warning.model.earthquake import counties as shaking
from services.disaster_warning.model.earthquake.memory import Setting
from services.disaster_warning.model.earthquake.thresholds import Home, Thresholds
from services.disaster_warning.ports import Desk
from services.disaster_warning.store.transaction import Transactor
from services.plumbing.clock import Clock, Monotonic
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.jetstream import PullConsumer
from tianfu.subjects import Channel

THRESHOLDS: Final = "earthquake-thresholds"
VALIDITY: Final = "earthquake-validity"


async def make_watches(
    link: Client,
    transactor: Transactor,
    desk: Desk,
    counties: Counties,
    letters: DeadLetters,
    clock: Clock,
    monotonic: Monotonic,
    registry: CollectorRegistry,
    turn: Turn,
) -> Mapping[PullConsumer, SeismicWatch]:
    """Return a watch for each channel, by what it takes from; start the latter first."""
    place, now = desk.office.jurisdiction, clock()
    thresholds = desk.rules.in_force(THRESHOLDS, place, now)
    validity = desk.rules.in_force(VALIDITY, place, now)
    setting = Setting(
        shaking.Counties(counties.codes, counties.latitude, counties.longitude),
        Home(*outline()),
        Thresholds.of(thresholds.parameters),
        thresholds.version,
    )
    places = {each.code: Place(each.name_zh, each.population) for each in counties.rows}
    authority, meters = DeskAuthority(transactor, desk, clock), SeismicMeters(registry)
    made = {}
    for channel in Channel:
        taken_from = await source(link, channel, clock, registry)
        made[taken_from] = SeismicWatch(
            channel=channel,
            source=taken_from,
            setting=setting,
            validity=Validity.of(validity.parameters),
            places=places,
            rule_versions=(thresholds.version, validity.version),
            authority=authority,
            bury=letters.settle,
            clock=clock,
            monotonic=monotonic,
            meters=meters,
            turn=turn,
        )
    return made
