"""The console's files: made of the sources that stand beside them, whole, and of this origin."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from services.healthcare.model import consultation

ROOT: Final = Path(__file__).parents[2]
CONSOLE: Final = ROOT / "console"
STATIC: Final = ROOT / "services" / "gateway" / "static"
TOOL: Final = ROOT / "tools" / "console.py"
NODE_MIN: Final = (20, 19)


def node_is_here() -> bool:
    """Say whether the console can be built on this machine: Node, and its packages."""
    if shutil.which("node") is None or not (CONSOLE / "node_modules").is_dir():
        return False
    shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    major, minor, _ = shown.stdout.strip().removeprefix("v").split(".")
    return (int(major), int(minor)) >= NODE_MIN


def texts(language: str) -> set[str]:
    """Return the keys of a language's files; a key in two of them is none of these."""
    found: list[str] = []
    for file in (CONSOLE / "src" / "i18n").glob(f"{language}*.ts"):
        source = file.read_text(encoding="utf-8")
        found += re.findall(r'^  "([^"]+)": ".', source, re.MULTILINE)
    assert len(found) == len(set(found)), sorted(key for key in found if found.count(key) > 1)
    return set(found)


def test_the_files_were_made_of_these_sources() -> None:
    made = subprocess.run(
        [sys.executable, str(TOOL), "digest"], capture_output=True, text=True, check=True
    )

    noted = (STATIC / "sources.txt").read_text(encoding="ascii")
    assert noted == made.stdout, "the console changed: `python tools/console.py build`"


def test_the_page_loads_nothing_inline_and_nothing_of_others() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")

    assert re.findall(r'(?:src|href)="(?!/)', page) == []
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert "style=" not in page


def test_every_file_that_is_named_is_there() -> None:
    named = {
        name
        for file in STATIC.rglob("*")
        if file.suffix in {".html", ".js", ".css"}
        for name in re.findall(r"assets/[\w.-]+\.(?:js|mjs|css|svg)", file.read_text("utf-8"))
    }

    assert [name for name in sorted(named) if not (STATIC / name).is_file()] == []


def test_both_languages_have_every_text() -> None:
    assert texts("en") == texts("zh") != set()


def test_steps_of_consultations_are_those_of_the_service() -> None:
    source = (CONSOLE / "src" / "domain" / "consultations.ts").read_text(encoding="utf-8")
    table = source.partition("const FROM")[2].partition("];")[0]
    shown = {
        action: set(re.findall(r"State\.(\w+)", states))
        for action, states in re.findall(r"\[Action\.(\w+), \[([^\]]+)\]\]", table)
    }

    # The console offers CANCEL by the state's number, and never what the service does by itself.
    kept = {
        action.name: {state.name for state in sources}
        for action, (sources, _) in consultation._ALLOWED.items()
        if action not in {consultation.Action.CANCEL, consultation.Action.TIME_OUT}
    }
    assert shown == kept


def test_the_lock_of_packages_names_no_address() -> None:
    lock = (CONSOLE / "package-lock.json").read_text(encoding="utf-8")

    assert '"resolved"' not in lock
    assert "://" not in lock, "links to sponsors are addresses, too: take `funding` out"
    assert '"integrity"' in lock


if node_is_here():
    # Elsewhere the first test above holds the files to their sources.

    @pytest.mark.integration
    @pytest.mark.timeout(900)
    def test_the_console_compiles_and_its_own_tests_pass() -> None:
        done = subprocess.run(
            [sys.executable, str(TOOL), "check"], capture_output=True, text=True, check=False
        )

        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]

    @pytest.mark.integration
    @pytest.mark.timeout(900)
    def test_building_again_makes_the_same_files(tmp_path: Path) -> None:
        subprocess.run(
            [sys.executable, str(TOOL), "build", "--out", str(tmp_path / "static")],
            capture_output=True,
            check=True,
        )
        again = {p.relative_to(tmp_path / "static"): p.read_bytes() for p in files(tmp_path)}
        kept = {p.relative_to(STATIC): p.read_bytes() for p in files(STATIC)}

        assert again.keys() == kept.keys()
        assert [str(name) for name in kept if again[name] != kept[name]] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
