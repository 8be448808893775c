"""The root that a device is handed as it enrols: taken once, and nothing that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import settings
from edge.enrolment import pinned_root
from tianfu import join_code

ROOT = b'{"signed": {"_type": "root", "version": 1}}'
OTHER = b'{"signed": {"_type": "root", "version": 2}}'
TEXT = """
[node]
id = "gw-1"
data_dir = "data"
[update]
"""


def test_a_root_is_pinned_once_and_enrolling_again_changes_nothing(tmp_path: Path) -> None:
    assert not pinned_root.pin(tmp_path, b"")
    assert pinned_root.pin(tmp_path, ROOT)
    assert pinned_root.pin(tmp_path, OTHER)
    assert pinned_root.pin(tmp_path, b"")
    assert (tmp_path / "update" / "root.json").read_bytes() == ROOT


@pytest.mark.parametrize("handed", [OTHER, b""], ids=["another", "none"])
def test_no_root_is_pinned_but_the_one_that_the_code_names(tmp_path: Path, handed: bytes) -> None:
    named = join_code.root_digest(ROOT)
    with pytest.raises(pinned_root.RootRefused):
        pinned_root.pin(tmp_path, handed, named)
    assert not (tmp_path / "update").exists()
    assert pinned_root.pin(tmp_path, ROOT, named)
    # What is pinned may be of before; nobody replaces it, so nothing handed over is looked at.
    assert pinned_root.pin(tmp_path, OTHER, join_code.root_digest(OTHER))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff", id="bytes"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"signed": {"_type": "timestamp"}}', id="another-role"),
        pytest.param(ROOT + b" " * (32 << 10), id="too-large"),
    ],
)
def test_what_is_no_root_is_not_pinned(tmp_path: Path, data: bytes) -> None:
    assert not pinned_root.pin(tmp_path, data)
    assert not (tmp_path / "update").exists()


def test_settings_that_name_no_root_go_by_the_one_that_was_handed_over(tmp_path: Path) -> None:
    loaded = settings.parse(TEXT, {}, file="edge.toml", folder=tmp_path)
    assert loaded.update is not None
    assert loaded.update.root_file == tmp_path / "data" / "update" / "root.json"
