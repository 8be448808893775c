"""Settings of warnings: what they say, and every slip with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import settings, status
from edge.warning_settings import (
    BoardSource,
    CellSource,
    SirenSource,
    Unit,
    VoiceSource,
    WarningSettings,
)
from edge.warnings.notices import Colour, SinkKind
from edge.warnings.sinks.siren import Pattern
from tests.edge.warnings.signing import DRILL, LIVE
from tianfu.subjects import Channel

HEAD = f"""[node]
id = "gw-1"
[warnings]
place_code = "510104"
live_key = "{LIVE.nkey}"
"""
BOTH = HEAD + f'drill_key = "{DRILL.nkey}"\n'
SIREN = '[[warnings.sink]]\nkind = "siren"\nhost = "relay"\n'


def parse(text: str) -> settings.Settings:
    return settings.parse(text, {}, file="a.toml", folder=Path("/conf"))


def warnings(text: str) -> WarningSettings:
    found = parse(text).warnings
    assert found is not None
    return found


def test_without_a_table_no_warnings_are_followed() -> None:
    assert parse('[node]\nid = "gw-1"\n').warnings is None


def test_a_node_without_a_drill_key_takes_no_part_in_exercises() -> None:
    found = warnings(HEAD)
    assert found.keys == {Channel.LIVE: LIVE.nkey}
    assert found.county == "510104"
    assert found.languages == ("zh-CN", "en-US")
    assert found.sinks == ()


def test_every_sink_can_be_set() -> None:
    text = BOTH + SIREN + 'from_colour = "orange"\nexercises = true\noff_s = 0.5\ncoil = 2\n'
    text += '[[warnings.sink]]\nkind = "board"\nhost = "b"\nport = 1\n'
    text += '[[warnings.sink]]\nkind = "cell-broadcast"\nurl = "http://gnb:8080/cbc"\n'
    text += '[[warnings.sink]]\nkind = "voice"\ncommand = ["say", "-v"]\n'
    text += '[[warnings.sink]]\nkind = "log"\n[warnings.button]\nhost = "relay"\ninput = 3\n'
    found = warnings(text)
    siren, board, cells, voice, log = found.sinks
    assert siren.profile.from_colour is Colour.ORANGE
    assert siren.profile.takes_drills
    assert siren.source == SirenSource(
        Unit("relay", 502, 1), 2, 1, Pattern(1.0, 0.5, 180.0), Pattern(0.5, 4.5, 30.0)
    )
    assert board.source == BoardSource("b", 1, 3.0)
    assert board.profile.from_colour is Colour.UNSTATED
    assert cells.source == CellSource("http://gnb:8080/cbc", 10, 4.0)
    assert voice.source == VoiceSource(("say", "-v"), None, 60.0)
    assert log.profile.kind is SinkKind.LOG
    assert found.button is not None
    assert found.button.address == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(HEAD.replace("510104", "5101"), "ID_INVALID", id="no-county"),
        pytest.param(HEAD.replace("place_code", "county"), "KEY_MISSING", id="without-county"),
        pytest.param(HEAD.replace(LIVE.nkey, LIVE.nkey[:-1]), "KEY_INVALID", id="cut-key"),
        pytest.param(HEAD + 'drill_key = "UX"\n', "KEY_INVALID", id="no-key"),
        pytest.param(HEAD + f'drill_key = "{LIVE.nkey}"\n', "KEYS_SAME", id="one-key-for-both"),
        pytest.param(HEAD + SIREN + "exercises = true\n", "KEY_MISSING", id="no-key-to-drill"),
        pytest.param(HEAD + SIREN + SIREN, "SINK_DUPLICATE", id="two-sirens"),
        pytest.param(HEAD + SIREN + "limit_s = 5\n", "VALUE_RANGE", id="too-short"),
        pytest.param(HEAD + SIREN + "limit_s = 9999\n", "VALUE_RANGE", id="too-long"),
        pytest.param(
            HEAD + SIREN + "drill_on_s = 1\ndrill_off_s = 0\n", "PATTERNS_SAME", id="same-sound"
        ),
        pytest.param(HEAD + SIREN + "coul = 1\n", "KEY_UNKNOWN", id="misspelt"),
        pytest.param(HEAD + '[[warnings.sink]]\nkind = "horn"\n', "VALUE_UNKNOWN", id="no-sink"),
        pytest.param(
            HEAD + '[[warnings.sink]]\nkind = "voice"\n', "VOICE_UNCLEAR", id="nobody-speaks"
        ),
        pytest.param(
            HEAD + '[[warnings.sink]]\nkind = "voice"\ncommand = ["a"]\nfolder = "b"\n',
            "VOICE_UNCLEAR",
            id="two-speak",
        ),
        pytest.param(
            HEAD + '[[warnings.sink]]\nkind = "voice"\ncommand = [1]\n', "VALUE_TYPE", id="numbers"
        ),
        pytest.param(
            HEAD + '[[warnings.sink]]\nkind = "cell-broadcast"\nurl = "https://u@gnb"\n',
            "URL_INVALID",
            id="no-url",
        ),
    ],
)
def test_a_slip_is_said(text: str, reason: str) -> None:
    with pytest.raises(settings.InvalidSettings) as caught:
        parse(text)
    assert reason in {error.reason for error in caught.value.errors}


@pytest.mark.parametrize("length", [20, 55, 56, 57])
def test_a_seed_is_never_repeated_in_an_error(length: int) -> None:
    seed = "SU" + "A" * length
    with pytest.raises(settings.InvalidSettings) as caught:
        parse(HEAD.replace(LIVE.nkey, seed))
    assert seed not in str(caught.value)


def test_the_status_page_tells_of_warnings() -> None:
    said = status._warnings(
        {
            "place_code": "510104",
            "channels": ["live"],
            "received": 3,
            "refused": {"BULLETIN_OLD": 1},
            "acted": 2,
            "in_force": [{"channel": "live", "warning": "w1", "version": 2}],
            "receipts": {"sent": 4, "waiting": 1, "reason": "NO_STREAM", "message": "none"},
            "sinks": [
                {"name": "siren", "done": 1, "failed": 0, "waiting": 0, "reason": "", "message": ""}
            ],
        }
    )
    assert said == [
        "warnings    county 510104, live: 3 bulletins, 1 refused, 2 acted on",
        "receipts    4 sent, 1 wait; NO_STREAM: none",
        "in force    live w1 version 2",
        "sink        siren: 1 done, 0 failed, 0 wait",
    ]
