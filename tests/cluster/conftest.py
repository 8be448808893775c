"""One control plane for all tests of this folder, with our kinds on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.control_plane import ControlPlane, control_plane, serve_kinds


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Yield an API server with the four kinds; do not stop it."""
    with control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        serve_kinds(plane)
        yield plane
