"""Build the documentation as a site, offline: ``make docs``, into build/site.

Hand-written pages are docs/**.md, ARCHITECTURE.md and CHANGELOG.md; the reference is made of
descriptors, custom resource definitions, the command lines' own help and what the source states.
They are put together in build/docs, where Sphinx takes every warning as an error: a page that
nothing lists, a link or an anchor that there is not.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from tools import docs_api, docs_commands, docs_crds, docs_tables

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
STAGE: Final = ROOT / "build" / "docs"
SITE: Final = ROOT / "build" / "site"
PAGES_ABOVE: Final = ("ARCHITECTURE.md", "CHANGELOG.md")
"""Pages that stand at the root of the tree, where people look for them."""

LAST: Final = "runbooks"
"""The last of the pages of docs/ that the first page lists by hand."""

LINK: Final = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)]*)?\))")
FENCE: Final = re.compile(r"^(\s*)(`{3,}|~{3,})")


def main() -> int:
    """Build the site; return Sphinx's exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=SITE, help="where the site goes")
    parser.add_argument(
        "--stage", type=Path, default=STAGE, help="where its pages are put together"
    )
    given = parser.parse_args()
    put_together(given.stage)
    return build(given.stage, given.out)


def put_together(stage: Path) -> None:
    """Write all pages, and the files that they link to, as Sphinx takes them."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    shutil.copy(DOCS / "conf.py", stage)
    for name, text in {**written(), **reference()}.items():
        page = stage / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
        for linked in linked_files(name, text):
            if (ROOT / linked).is_file() and not (stage / linked).exists():
                (stage / linked).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / linked, stage / linked)


def build(stage: Path, out: Path) -> int:
    """Have Sphinx make the site; return its exit status."""
    shutil.rmtree(out, ignore_errors=True)
    # Nothing of the environment decides what a page says.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "proto")))}
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-E"]
    done = subprocess.run(
        [*command, "-d", str(stage / ".doctrees"), str(stage), str(out)],
        check=False,
        env=environment,
    )
    return done.returncode


def written() -> dict[str, str]:
    """Return the hand-written pages by their place on the site."""
    found = {}
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).as_posix()
        found[name] = as_on_site(path.read_text(encoding="utf-8"), PurePosixPath("docs") / name)
    found["index.md"] = with_the_rest(found)
    for name in PAGES_ABOVE:
        found[name] = as_on_site((ROOT / name).read_text(encoding="utf-8"), PurePosixPath(name))
    return found


def with_the_rest(found: dict[str, str]) -> str:
    """Return the first page, with the pages of docs/ that it does not list by hand."""
    first = found["index.md"]
    rest = [
        name.removesuffix(".md")
        for name in found
        if "/" not in name and f"\n{name.removesuffix('.md')}\n" not in first and name != "index.md"
    ]
    return first.replace(f"\n{LAST}\n", "\n".join(("", LAST, *rest, "")))


def reference() -> dict[str, str]:
    """Return the pages that are made, by their place on the site."""
    made: dict[str, str] = {}
    for part in (docs_api, docs_crds, docs_commands, docs_tables):
        made.update({f"reference/{name}": text for name, text in part.pages().items()})
    charts = [path.parent.name for path in sorted((ROOT / "charts").glob("*/README.md"))]
    for name in charts:
        at = PurePosixPath("charts") / name / "README.md"
        text = (ROOT / at).read_text(encoding="utf-8")
        made[f"reference/charts/{name}.md"] = as_on_site(text, at)
    listed = "\n".join(charts)
    made["reference/charts/index.md"] = (
        "# Charts\n\nEach value of the Helm charts, with what it does.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    )
    return made


def place_on_site(at: PurePosixPath) -> PurePosixPath:
    """Return where a file of the tree is on the site: pages of docs/ stand at its root."""
    if at.parts[0] == "docs":
        return PurePosixPath(*at.parts[1:])
    if at.parts[0] == "charts" and at.name == "README.md":
        return PurePosixPath("reference", "charts", f"{at.parts[1]}.md")
    return at


def as_on_site(text: str, at: PurePosixPath) -> str:
    """Return a page with its links as they are on the site; in the tree they stay good too."""
    here = place_on_site(at).parent
    lines, fence = [], ""
    for line in text.splitlines(keepends=True):
        opened = FENCE.match(line)
        if opened and (not fence or opened[2] == fence):
            fence = "" if fence else opened[2]
        lines.append(line if fence else LINK.sub(lambda found: _moved(found, at, here), line))
    return "".join(lines)


def _moved(found: re.Match[str], at: PurePosixPath, here: PurePosixPath) -> str:
    target = PurePosixPath(os.path.normpath(at.parent / found[2]))
    if not (ROOT / target).exists():
        # A page of the reference, which only the site has.
        return found[0]
    relative = os.path.relpath(place_on_site(target), here)
    return f"{found[1]}{PurePosixPath(relative)}{found[3]}"


def linked_files(name: str, text: str) -> Iterator[PurePosixPath]:
    """Yield what a page of the site links to, from the tree's root."""
    for found in LINK.finditer(text):
        target = PurePosixPath(os.path.normpath(PurePosixPath(name).parent / found[2]))
        if target.suffix != ".md" and ".." not in target.parts:
            yield target


if __name__ == "__main__":
    sys.exit(main())
