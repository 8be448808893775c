"""What bench.upgrade stands on: a whole wheel, and processes of the release that is current."""

from __future__ import annotations

from pathlib import Path

from bench.upgrade import MIGRATES
from cli.doctor_stores import SERVICES, newest
from tests.support.releases import KINDS, ROOT, Releases


def test_new_processes_run_the_release_that_is_current(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    releases.make()
    whole = releases.add("this", None)
    kinds = {each.name for each in (ROOT / "charts/tianfu-crds/templates").glob("*.yaml")}
    assert {each.name for each in (whole / KINDS).iterdir()} == kinds

    (tmp_path / "other" / "services").mkdir(parents=True)
    (tmp_path / "other" / "services" / "__init__.py").touch()
    for name in ("this", "other", "this"):
        releases.become(name)
        assert releases.runs("services").is_relative_to(tmp_path / name)
    assert releases.runs("tianfu.subjects").is_relative_to(whole)


def test_every_schema_is_migrated() -> None:
    assert len(MIGRATES) == len(newest(SERVICES))
