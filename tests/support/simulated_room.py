"""The settings of a driver that needs no device, for tests that need any."""

from __future__ import annotations

from typing import Final

ROOM: Final = """\
[[driver]]
kind = "simulated"
name = "room"
[[driver.series]]
id = "t"
unit = "Cel"
"""
"""One series, `t`. It comes last: a test may add to the series."""
