"""The small fleet of the local platform: gateways in counties of Sichuan, each with some meters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.local import meters
from cli.local.meters import MeterSettings
from cli.local.ports import HOST
from tianfu import subjects
from tianfu.subjects import Channel, NodeId

NODES_DEFAULT: Final = 4
METERS_DEFAULT: Final = 3
# Each node is a process of some 50 MB on the machine that also runs everything else.
NODES_MAX: Final = 64
METERS_MAX: Final = 32
READ_INTERVAL_S: Final = 0.25
HEARTBEAT_S: Final = 2
# One batch in five is followed: `tianfu trace NODE` has one within seconds, at no cost to speak of.
TRACE_RATIO: Final = 0.2
# In a node's data folder: a file for each announcement.
VOICE_FOLDER: Final = "voice"

# County, its GB/T 2260 code, its name there.
COUNTIES: Final = (
    ("jinjiang", "510104", "锦江区"),
    ("qingyang", "510105", "青羊区"),
    ("jinniu", "510106", "金牛区"),
    ("wuhou", "510107", "武侯区"),
    ("chenghua", "510108", "成华区"),
    ("longquanyi", "510112", "龙泉驿区"),
    ("xindu", "510114", "新都区"),
    ("wenjiang", "510115", "温江区"),
    ("shuangliu", "510116", "双流区"),
    ("pidu", "510117", "郫都区"),
    ("dujiangyan", "510181", "都江堰市"),
    ("wenchuan", "513221", "汶川县"),
)


@dataclass(frozen=True)
class Gateway:
    """A node of the local fleet."""

    node: NodeId
    place_code: str
    display_name: str
    meters: tuple[MeterSettings, ...]


def port_names(nodes: int, meters_per_node: int) -> list[str]:
    """Return the names of the ports that the meters need."""
    return [
        f"meter {position}-{number}"
        for position in range(1, nodes + 1)
        for number in range(1, meters_per_node + 1)
    ]


def gateways(nodes: int, meters_per_node: int, ports: dict[str, int]) -> list[Gateway]:
    """Return the fleet: the same for the same numbers and ports."""
    fleet = []
    for position in range(nodes):
        round_number, county = divmod(position, len(COUNTIES))
        name, place_code, title = COUNTIES[county]
        own = tuple(
            meters.settings_of(
                position * meters_per_node + number,
                f"meter-{number + 1}",
                ports[f"meter {position + 1}-{number + 1}"],
            )
            for number in range(meters_per_node)
        )
        node = subjects.node_id(f"{name}-{round_number + 1}")
        fleet.append(Gateway(node, place_code, f"{title} {round_number + 1}", own))
    return fleet


@dataclass(frozen=True)
class AgentPlaces:
    """What the settings of every agent name: its node, and where its things are."""

    node: NodeId
    nats_url: str
    # None for a node that has enrolled: its identity is in its data folder.
    credentials_file: Path | None
    data_dir: Path
    trace_file: Path


def agent_settings(
    gateway: Gateway, places: AgentPlaces, warning_keys: Mapping[Channel, str]
) -> str:
    """Return the TOML settings of a gateway's agent.

    ``warning_keys`` are the public keys that it trusts to sign bulletins, one a channel.
    """
    lines = [*heading(places), "", *_warnings(gateway, places, warning_keys)]
    for meter in gateway.meters:
        lines += ["", *_driver(meter)]
    return "\n".join(lines) + "\n"


def heading(places: AgentPlaces) -> list[str]:
    """Return the settings that every agent has."""
    return [
        "# Written by `tianfu up` at each start; changes here are lost.",
        "[node]",
        f"id = {quoted(places.node)}",
        f"data_dir = {quoted(places.data_dir)}",
        "",
        "[nats]",
        f"url = {quoted(places.nats_url)}",
        *(
            []
            if places.credentials_file is None
            else [f"credentials_file = {quoted(places.credentials_file)}"]
        ),
        "",
        "[heartbeat]",
        f"interval_s = {HEARTBEAT_S}",
        "",
        "[trace]",
        f"file = {quoted(places.trace_file)}",
        f"sample_ratio = {TRACE_RATIO}",
    ]


def _warnings(
    gateway: Gateway, places: AgentPlaces, warning_keys: Mapping[Channel, str]
) -> list[str]:
    """Return the settings of warnings: sinks that write what a siren or a speaker would make known.

    They take exercises too, so that a drill shows all of a warning's way.
    """
    return [
        "[warnings]",
        f"place_code = {quoted(gateway.place_code)}",
        *(f"{channel.value}_key = {quoted(key)}" for channel, key in warning_keys.items()),
        "[[warnings.sink]]",
        'kind = "log"',
        "exercises = true",
        "[[warnings.sink]]",
        'kind = "voice"',
        "exercises = true",
        f"folder = {quoted(places.data_dir / VOICE_FOLDER)}",
    ]


def _driver(meter: MeterSettings) -> list[str]:
    lines = [
        "[[driver]]",
        'kind = "modbus-tcp"',
        f"name = {quoted(meter.name)}",
        f"host = {quoted(HOST)}",
        f"port = {meter.port}",
        f"unit_id = {meters.UNIT_ID}",
        f"interval_s = {READ_INTERVAL_S}",
        "timeout_s = 2.0",
    ]
    # id, unit, register, type, scale, more. The registers stand in cli/local/meters.py.
    series = (
        ("active-power", "kW", 0, "float32", 1.0, "low = 0.0"),
        ("energy", "kW.h", 2, "uint32", 0.01, 'word_order = "little"\nretention_class = "long"'),
        ("voltage", "V", 4, "uint16", 0.1, "low = 180.0\nhigh = 260.0"),
        ("current", "A", 5, "int32", 0.001, "low = 0.0"),
    )
    for name, unit, register, kind, scale, more in series:
        lines += [
            "[[driver.series]]",
            f"id = {quoted(f'{meter.name}.{name}')}",
            f"unit = {quoted(unit)}",
            f"register = {register}",
            f"type = {quoted(kind)}",
            f"scale = {scale}",
            *more.splitlines(),
        ]
    return lines


def quoted(value: object) -> str:
    """Return a TOML string; TOML's basic strings are JSON's."""
    return json.dumps(str(value), ensure_ascii=False)
