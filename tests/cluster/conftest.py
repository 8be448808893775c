"""One control plane for all tests of this folder, with our kinds on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.control_plane import ControlPlane, control_plane

CRDS = Path(__file__).parents[2] / "charts" / "tianfu-crds" / "templates"
KINDS = ("edgenodes", "edgeapps", "capacitypools", "capacityclaims")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """Yield an API server with the four kinds; do not stop it."""
    with control_plane(tmp_path_factory.mktemp("control-plane")) as plane:
        applied = plane.kubectl("apply", "--server-side", "-f", str(CRDS))
        assert applied.status == 0, applied.err
        for kind in KINDS:
            ready = plane.kubectl(
                "wait",
                "--for=condition=Established",
                f"crd/{kind}.edge.tianfu.dev",
                "--timeout=60s",
            )
            assert ready.status == 0, ready.err
        yield plane
