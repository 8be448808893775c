"""`tianfu-edge link` at a real server: let in, turned away, and with nobody there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge import doctor
from edge.clock import SystemClock
from edge.doctor import Finding
from tests.integration.edge_world import NODE, config, settings_of
from tests.support.nats_server import NatsServer, nats_server

pytestmark = pytest.mark.integration


async def asked(folder: Path, server: NatsServer) -> Finding:
    """Return what is found of the one address of a node's settings."""
    loaded = settings_of(config(folder), server)
    (found,) = [finding async for finding in doctor.link(loaded, SystemClock())]
    return found


async def test_an_address_lets_in_or_says_why_not(tmp_path: Path) -> None:
    with nats_server(nodes=(NODE,)) as server, nats_server() as other:
        found = await asked(tmp_path, server)
        assert (found.verdict, found.reason) == (doctor.Verdict.GOOD, "")
        assert "logged in within" in found.says

        loaded = settings_of(config(tmp_path), server)
        strange = replace(loaded, nats_url=other.url)
        (turned_away,) = [one async for one in doctor.link(strange, SystemClock())]
        assert (turned_away.verdict, turned_away.reason) == (
            doctor.Verdict.BAD,
            "NATS_UNAUTHORIZED",
        )

        server.kill()
        away = await asked(tmp_path, server)
        assert (away.verdict, away.reason) == (doctor.Verdict.BAD, "NATS_UNREACHABLE")
        assert "wait in the spool" in away.fix
