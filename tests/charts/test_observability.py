"""Objectives, rules, runbooks and dashboards: in step with each other, and tried by promtool."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import charts
from tests.support.prometheus import program

ROOT = charts.CHARTS.parent
FILES = charts.CHARTS / "tianfu" / "files"
RULES = yaml.safe_load((FILES / "rules.yaml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"] if "alert" in rule]
BOARDS = sorted((FILES / "dashboards").glob("*.json"))


@pytest.mark.parametrize("tool", ["observability", "dashboards"])
def test_what_is_made_is_up_to_date(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, f"tools/{tool}.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_rules_behave(tmp_path: Path) -> None:
    shutil.copy(FILES / "rules.yaml", tmp_path)
    shutil.copy(Path(__file__).with_name("rules_test.yaml"), tmp_path)
    for arguments in (["check", "rules", "rules.yaml"], ["test", "rules", "rules_test.yaml"]):
        done = subprocess.run(
            [program("promtool"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", sorted({one["alert"] for one in ALERTS}))
def test_every_alert_has_a_runbook(alert: str) -> None:
    book = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
    assert f"\n## {alert}\n" in book
    links = {one["annotations"]["runbook"] for one in ALERTS if one["alert"] == alert}
    assert links == {f"docs/runbooks.md#{alert.lower()}"}


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_dashboards_show_something(path: Path) -> None:
    board = json.loads(path.read_text(encoding="utf-8"))
    assert board["uid"] == f"tianfu-{path.stem}"
    for panel in board["panels"]:
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(set(references)) == len(references)


def test_recorded_series_of_dashboards_are_recorded() -> None:
    recorded = {
        rule["record"] for group in RULES["groups"] for rule in group["rules"] if "record" in rule
    }
    text = "".join(path.read_text(encoding="utf-8") for path in BOARDS)
    assert set(re.findall(r"tianfu:\w+:\w+", text)) <= recorded
