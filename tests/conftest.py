"""Real servers as fixtures: PostgreSQL once a session with a database a test, NATS once a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import PostgresServer, postgres_server

ROOT: Final = Path(__file__).parent
SLOW: Final = (
    "bench/",
    "charts/",
    "cli/test_command_line.py",
    "cli/test_completion.py",
    "cli/test_keys_command.py",
    "cli/test_releases.py",
    "contract/test_batch_codec.py",
    "contract/test_draw_proof_vectors.py",
    "contract/test_inspection_draw.py",
    "contract/test_rpc_admission.py",
    "disaster_warning/bus/test_seismic.py",
    "disaster_warning/cap/test_build.py",
    "disaster_warning/cap/test_fuzz_by_coverage.py",
    "disaster_warning/earthquake/",
    "disaster_warning/test_rain_gauges.py",
    "docs/test_site.py",
    "edge/test_bad_drivers.py",
    "edge/test_packaging.py",
    "edge/test_program.py",
    "edge/test_settings_fuzz.py",
    "edge/test_spool_account.py",
    "edge/test_update_state.py",
    "edge/waveform/",
    "healthcare/test_fuzz.py",
    "healthcare/test_monitor.py",
    "simulation/",
)
"""Files whose tests compute for more than five seconds in all: `make check` leaves them out."""

PLATFORM: Final = (
    "console/test_console_browser.py",
    "integration/test_drill.py",
    "integration/test_kills.py",
    "integration/test_up.py",
)
"""Files whose tests run the whole platform, some thirty processes: one at a time on two cores."""


# A machine that is busy with other tests is no failure of an example.
settings.register_profile("tianfu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tianfu")


class Scheduling(LoadFileScheduling):
    """A file's tests stay in one worker, and so do all that run the whole platform.

    pytest-xdist 3.8 has groups for this, which pytest 9.2 has it lose: it no longer lets a plugin
    write a group into a test's name.
    """

    @override
    def _split_scope(self, nodeid: str) -> str:
        return "the whole platform" if is_platform(nodeid) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> Scheduling:
    """Give tests to workers; called by pytest-xdist alone."""
    # Else it would begin with the files of the most tests.
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def is_platform(nodeid: str) -> bool:
    """Say whether a test runs the whole platform."""
    return nodeid.split("::", 1)[0].removeprefix("tests/") in PLATFORM


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what `make check` has no time for."""
    if item.path.relative_to(ROOT).as_posix().startswith(SLOW):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what fails fastest first; within a kind, the order stays random.

    But one worker begins with the whole platform: at the end the others would wait for it.
    """
    items.sort(
        key=lambda item: (
            not is_platform(item.nodeid),
            item.get_closest_marker("chaos") is not None,
            item.get_closest_marker("integration") is not None,
        )
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Yield a PostgreSQL that all tests of the session share: do not kill it."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Yield a PostgreSQL of the test's own, to be killed at will."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """Superuser's URL of an empty database."""
    name = postgres.create_database()
    try:
        yield postgres.url(name)
    finally:
        postgres.drop_database(name)


@pytest.fixture
def nats() -> Iterator[NatsServer]:
    """Yield a nats-server of the test's own, to be killed at will."""
    with nats_server(nodes=("node-a", "node-b")) as server:
        yield server
