"""The commands of the documentation, as tests run them.

A fenced block of ``sh`` is run page by page, in order, in one shell a page, on a running platform.
A comment before a block, ``<!-- run by tests/…::test -->``, says which test runs it instead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?:sh|console)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
ELSEWHERE: Final = re.compile(r"<!-- run by (?P<test>tests/[^ ]+) -->\n *$")
PAGE_S: Final = 600.0
"""How long one page's commands may take on a busy machine; alone it is a tenth."""


@dataclass(frozen=True)
class Block:
    """Commands that stand together on a page."""

    page: str
    line: int
    text: str
    test: str
    """Which test runs it, as file::name; "" for the one that runs pages."""


def blocks() -> Iterator[Block]:
    """Yield every block of commands of README and docs, in the order of reading."""
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))):
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            elsewhere = ELSEWHERE.search(text, 0, found.start())
            yield Block(
                page=path.relative_to(ROOT).as_posix(),
                line=text.count("\n", 0, found.start()) + 1,
                text=re.sub(rf"(?m)^{found['indent']}", "", found["text"]),
                test=elsewhere["test"] if elsewhere else "",
            )


def pages() -> dict[str, list[Block]]:
    """Return the blocks that are run here, by page."""
    found: dict[str, list[Block]] = {}
    for block in blocks():
        if not block.test:
            found.setdefault(block.page, []).append(block)
    return found


def script(page: list[Block]) -> str:
    """Return a page's commands as one script, which says where it is when it fails."""
    parts = ["set -Eeuo pipefail", "trap 'echo \"failed in $at: $BASH_COMMAND\" >&2' ERR"]
    for block in page:
        parts += [f"at={block.page}:{block.line}", block.text]
    return "\n".join(parts)


def workplace(folder: Path) -> Path:
    """Return a folder like the tree's root, in which commands may write."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "examples", folder / "examples")
    # Whoever makes keys has chosen a passphrase.
    (folder / "passphrase").write_text("correct horse battery staple\n", encoding="utf-8")
    return folder


def run(page: list[Block], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a page's commands in a folder; raise AssertionError with what was said."""
    tools = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-c", script(page)],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "TIANFU_KEYS_PASSPHRASE_FILE": str(folder / "passphrase"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PAGE_S,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def run_notebooks(folder: Path, environment: Mapping[str, str]) -> None:
    """Run each notebook whole; raise AssertionError when one fails or draws nothing."""
    for notebook in sorted((ROOT / "examples" / "notebooks").glob("*.ipynb")):
        shown = folder / notebook.name
        shutil.copy(notebook, shown)
        done = subprocess.run(
            [Path(sys.executable).parent / "jupyter-execute", "--inplace", shown],
            env={**os.environ, **environment, "JUPYTER_PLATFORM_DIRS": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=PAGE_S,
        )
        assert done.returncode == 0, done.stderr
        cells = json.loads(shown.read_text(encoding="utf-8"))["cells"]
        outputs = [one for cell in cells for one in cell.get("outputs", [])]
        plots = [one for one in outputs if "image/png" in one.get("data", {})]
        drawn = [cell for cell in cells if "plt.show()" in "".join(cell["source"])]
        assert len(plots) == len(drawn) > 0
