"""What is played: the Ridgecrest earthquake of 2019 as if it had happened below Yingxiu.

The records lie in ``records``, with their source. Stations and waves are moved rigidly: each keeps
its distance and azimuth from the epicentre. The place is that of the Wenchuan earthquake of 2008,
rounded: 31.0 N 103.4 E on the Longmenshan fault (龙门山断裂带), by Yingxiu (映秀), Wenchuan county.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tianfu import subjects
from tianfu.subjects import NodeId

RECORDS: Final = Path(__file__).with_name("records")
LABEL: Final = "drill"
"""Of the nodes that play it: they are no gateways of anybody's."""


@dataclass(frozen=True, slots=True)
class Quake:
    """An earthquake as its catalogue has it: Unix seconds, WGS84 degrees, kilometres."""

    origin_s: float
    latitude: float
    longitude: float
    magnitude: float


# USGS ci38457511: 2019-07-06 03:19:53.04 UTC, 8 km deep.
TRUE: Final = Quake(1_562_383_193.04, 35.770, -117.599, 7.1)
LATITUDE: Final = 31.0
LONGITUDE: Final = 103.4
PLACE: Final = "Yingxiu, Wenchuan (汶川映秀)"


@dataclass(frozen=True, slots=True)
class Station:
    """One of the three that play a record. The county is the one it stands in when moved."""

    node: NodeId
    display_name: str
    record: Path
    place_code: str


STATIONS: Final = tuple(
    Station(subjects.node_id(f"drill-{name}"), f"演练台 drill {name.upper()}", RECORDS / file, code)
    for name, file, code in (
        ("clc", "CICLC.v1.xz", "513221"),
        ("tow2", "CITOW2.RAW.xz", "513221"),
        ("ccc", "CICCC.RAW.xz", "510184"),
    )
)

# County seats and cities that people ask about, besides those where nodes stand.
CITIES: Final = (
    "513221",  # Wenchuan
    "510181",  # Dujiangyan
    "510182",  # Pengzhou
    "510104",  # Jinjiang, the middle of Chengdu
    "511402",  # Dongpo, Meishan
    "510603",  # Jingyang, Deyang
    "511802",  # Yucheng, Ya'an
    "510703",  # Fucheng, Mianyang
    "513201",  # Barkam
    "511102",  # Shizhong, Leshan
    "510903",  # Chuanshan, Suining
    "513301",  # Kangding
)

LEAD_S: Final = 20.0
"""From the agents' start to the origin: they start in seconds, and then learn the noise."""

LEAD_MIN_S: Final = 12.0
"""Records begin 16 s before the origin; the picker wants some ten seconds of noise."""


def nodes() -> dict[NodeId, str | None]:
    """Return the stations' nodes. They measure, and hear no warnings."""
    return {station.node: None for station in STATIONS}
