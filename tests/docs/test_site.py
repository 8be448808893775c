"""The documentation builds offline, each link leads somewhere, nothing is asked elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urldefrag

import pytest
import yaml
from typing_extensions import override

from cli.main import COMMANDS
from tools import docs_api, docs_tables

ROOT: Final = Path(__file__).parents[2]
BUILD_S: Final = 280.0
ELSEWHERE: Final = re.compile(r"^([a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
# What a page has fetched by being looked at; a link is fetched by who follows it.
FETCHED: Final = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "input": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
IN_STYLE: Final = re.compile(r"(?:url\(|@import)\s*[\"']?(?:[a-z]+:)?//", re.IGNORECASE)


@dataclass
class Page(HTMLParser):
    """What a page fetches, where it leads, and which places within it have a name."""

    fetches: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.names.update(filter(None, (said.get("id"), said.get("name") if tag == "a" else None)))
        fetched = said.get(FETCHED.get(tag, ""))
        if fetched and said.get("rel") not in {"canonical", "next", "prev"}:
            self.fetches.append(fetched)
        if tag == "a" and said.get("href"):
            self.leads.append(said["href"] or "")

    # Where it is a dataclass, equality would take the parser's hash.
    __hash__ = object.__hash__


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does, with no way to reach anything."""
    folder = tmp_path_factory.mktemp("site")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tools.docs_site",
            "--out",
            folder / "site",
            "--stage",
            folder / "docs",
        ],
        cwd=ROOT,
        env={**os.environ, **nowhere, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto'}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    found = {}
    for path in site.rglob("*.html"):
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        found[path] = page
    assert len(found) > 30
    return found


def test_each_link_and_each_anchor_leads_somewhere(pages: dict[Path, Page]) -> None:
    wrong = []
    for path, page in pages.items():
        for link in page.leads + page.fetches:
            if ELSEWHERE.match(link):
                continue
            place, fragment = urldefrag(link)
            target = (path.parent / unquote(place.partition("?")[0])).resolve() if place else path
            named = not fragment or target not in pages or unquote(fragment) in pages[target].names
            if not target.is_file() or not named:
                wrong.append(f"{path.name}: {link}")

    assert wrong == []


def test_nothing_is_asked_of_another_origin(site: Path, pages: dict[Path, Page]) -> None:
    asked = [one for page in pages.values() for one in page.fetches if ELSEWHERE.match(one)]
    assert asked == []
    styles = [path.name for path in site.rglob("*.css") if IN_STYLE.search(path.read_text())]
    assert styles == []
    # Scripts fetch their index alone: no address stands in them but in comments and namespaces.
    scripts = [
        (path.name, found)
        for path in site.rglob("*.js")
        for found in re.findall(r"(?:fetch|open|import)\(\s*[\"'`](?:https?:)?//", path.read_text())
    ]
    assert scripts == []


def test_the_reference_has_all_that_there_is(site: Path) -> None:
    commands = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f'id="command-{name}"' not in commands] == []

    crds = ROOT / "charts" / "tianfu-crds" / "templates"
    kinds = [yaml.safe_load(path.read_text())["spec"]["names"]["kind"] for path in crds.iterdir()]
    assert len(kinds) == 4
    assert all((site / "reference" / "crds" / f"{kind}.html").is_file() for kind in kinds)

    for package, files in docs_api.packages().items():
        said = (site / "reference" / "api" / f"{package}.html").read_text(encoding="utf-8")
        names = [
            method.name
            for file in files
            for service in file.services_by_name.values()
            for method in service.methods
        ]
        assert [name for name in names if f".{name}" not in said] == []


def test_what_the_source_states_is_found() -> None:
    codes = docs_tables.reasons()
    assert {"STACK_RUNNING", "ETAG_MISMATCH", "NODE_UNKNOWN"} <= codes.keys()
    assert len(codes) > 300
    named = {one.name: one for one in docs_tables.metrics()}
    assert named["tianfu_dead_letters_total"].more == "counter by stream, consumer, reason"
    assert [one.name for one in named.values() if not one.said] == []
