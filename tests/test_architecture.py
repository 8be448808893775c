"""House rules that no linter knows. Each is a rule because breaking it has cost someone a day."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
FUNCTION_LINES_MAX: Final = 70
FILE_LINES_MAX: Final = 500
README_BYTES_MAX: Final = 16_000
BANNED_NAMES: Final = {"utils", "util", "common", "helpers", "helper", "misc", "shared"}
GENERATED: Final = re.compile(r"(_pb2(_grpc)?\.pyi?|_client\.py)$")
# Where the time of day may be asked for. Everywhere else it is a parameter.
CLOCKS: Final = (
    "services/plumbing/clock.py",
    "operators/clock.py",
    "edge/clock.py",
    "cli/",
    "bench/",
    "examples/",
    "tests/",
    "tools/",
)
TIME_CALLS: Final = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
SLEEPS: Final = {("time", "sleep"), ("asyncio", "sleep")}
# Words that would make the rules below find themselves are joined.
UNFINISHED: Final = re.compile(r"\b(" + "TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
BARE_NOQA: Final = re.compile(r"#\s*noqa(?!: ?[A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)* - \S)")
BARE_IGNORE: Final = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+(, ?[a-z-]+)*\])")


def tracked() -> list[Path]:
    """Return the files that belong to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return [path for path in paths if path.is_file()]


FILES: Final = tracked()
SOURCES: Final = [
    path for path in FILES if path.suffix == ".py" and not GENERATED.search(path.name)
]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


DOCUMENTS: Final = [
    name
    for name in map(shown, FILES)
    if name in {"README.md", "ARCHITECTURE.md"} or re.fullmatch(r"docs/.*\.md", name)
]


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold a comment, from the comment on."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if "#" in line:
            yield number, line[line.index("#") :]


@dataclass(frozen=True)
class Outline:
    """What the rules below ask of a file: they all ask, and it is parsed once."""

    functions: tuple[tuple[int, str, int], ...]
    """Line, name and number of lines of each."""
    calls: tuple[tuple[int, tuple[str, str]], ...]
    """Line of each call a.b(...), a and b; of a.b.c(...), b and c; of c(...), "builtins" and c."""


@cache
def outline(path: Path) -> Outline:
    functions: list[tuple[int, str, int]] = []
    calls: list[tuple[int, tuple[str, str]]] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            functions.append((node.lineno, node.name, lines))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            calls.append((node.lineno, ("builtins", node.func.id)))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            calls.append((node.lineno, (name, node.func.attr)))
    return Outline(tuple(functions), tuple(calls))


def test_no_module_is_named_after_nothing() -> None:
    found = [shown(path) for path in SOURCES if BANNED_NAMES & {path.stem, *path.parts[-2:-1]}]

    assert found == []


def test_functions_are_short() -> None:
    found = [
        f"{shown(path)}:{line} {name} has {lines} lines"
        for path in SOURCES
        for line, name, lines in outline(path).functions
        if lines > FUNCTION_LINES_MAX
    ]

    assert found == []


def test_files_are_short() -> None:
    found = [
        f"{shown(path)} has {lines} lines"
        for path in SOURCES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    ]

    assert found == []


def test_the_time_of_day_is_asked_for_in_clocks_only() -> None:
    found = [
        f"{shown(path)}:{line} {'.'.join(call)}"
        for path in SOURCES
        if not shown(path).startswith(CLOCKS)
        for line, call in outline(path).calls
        if call in TIME_CALLS
    ]

    assert found == []


def test_tests_wait_for_conditions_and_never_sleep() -> None:
    # tests/support holds the waits themselves, which look again after a moment.
    found = [
        f"{shown(path)}:{line}"
        for path in SOURCES
        if shown(path).startswith("tests/") and not shown(path).startswith("tests/support/")
        for line, call in outline(path).calls
        if call in SLEEPS and not is_yield(path, line)
    ]

    assert found == []


def is_yield(path: Path, line: int) -> bool:
    """Return whether a sleep is one of no time, which lets other tasks run."""
    return "sleep(0)" in path.read_text(encoding="utf-8").splitlines()[line - 1]


def test_every_exception_to_a_rule_has_its_code_and_reason() -> None:
    found = [
        f"{shown(path)}:{number} {comment}"
        for path in SOURCES
        for number, comment in comments(path)
        if BARE_NOQA.search(comment) or BARE_IGNORE.search(comment)
    ]

    assert found == []


def test_services_and_edge_log_and_do_not_print() -> None:
    found = [
        f"{shown(path)}:{line}"
        for path in SOURCES
        if shown(path).startswith(("services/", "edge/"))
        for line, call in outline(path).calls
        if call == ("builtins", "print")
    ]

    assert found == []


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{shown(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert found == []


def test_the_lock_has_a_hash_for_every_package_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9][^ =]*==\S+", text, flags=re.MULTILINE)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(pinned) == len(entries) > 50
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_the_lock_has_every_dependency_that_is_stated() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = {re.split(r"[\[<>=!~; ]", each)[0].lower().replace("_", "-") for each in stated}
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert sorted(name for name in names if not re.search(rf"^{name}==", text, re.MULTILINE)) == []


def test_no_file_names_the_folder_of_this_checkout() -> None:
    parent = str(ROOT.parent)
    if parent in {"/", "/tmp", "/home", "/root", "/work", "/src"}:  # noqa: S108 - a name to compare with
        parent = str(ROOT)
    found = [shown(path) for path in FILES if parent.encode() in path.read_bytes()]

    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_only_targets_that_make_has(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    text = (ROOT / document).read_text(encoding="utf-8")
    # In code only: "make sure" is English.
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", text, flags=re.DOTALL))

    assert set(re.findall(r"\bmake ([a-z]+)\b", code)) - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_name_only_commands_that_there_are(document: str) -> None:
    from cli.main import COMMANDS

    text = (ROOT / document).read_text(encoding="utf-8")
    code = " ".join(re.findall(r"```.*?```|`[^`]+`", text, flags=re.DOTALL))

    assert set(re.findall(r"(?:^|[ `/\n])tianfu ([a-z][a-z-]+)", code)) - set(COMMANDS) == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_link_only_to_files_that_there_are(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)

    folder = (ROOT / document).parent
    # The reference is made when the site is: tests/docs/test_site.py follows links into it.
    there = [link for link in links if "reference/" not in link]

    assert [link for link in there if not (folder / link).exists()] == []


def test_the_readme_stays_short_and_details_stand_in_the_guides() -> None:
    # Two edits that git puts together may bring back what has moved: take main's, edit the guide.
    assert (ROOT / "README.md").stat().st_size <= README_BYTES_MAX
