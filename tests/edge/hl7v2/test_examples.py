"""The examples of HL7 v2: settings that the agent takes, and a message that it takes."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

from edge import settings
from edge.hl7v2 import fields, message

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_the_settings_are_taken() -> None:
    found = settings.load(EXAMPLES / "edge" / "hl7.toml", {}).hl7

    assert found is not None
    assert (found.host, found.port, found.zone) == ("0.0.0.0", 2575, timezone(timedelta(hours=8)))  # noqa: S104 - what the example says


def test_the_message_is_taken() -> None:
    data = (EXAMPLES / "healthcare" / "potassium.hl7").read_bytes()

    found = message.read(fields.parse(data), "node-a", timezone(timedelta(hours=8)), 1)

    [result] = found.groups[0].results
    assert (result.code.code, result.number, result.unit, result.flag) == (
        "2823-3", 6.8, "mmol/L", "HH",
    )  # fmt: skip
