"""``tianfu get``, ``describe``, ``watch`` and ``wait``: what there is, and what becomes of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer

from cli import output
from cli.connection import ROLE_DEFAULT
from cli.failures import Exit, Failure
from cli.names import duration_of
from cli.resources import show
from cli.resources.calls import Asked, Change, Reach
from cli.resources.catalogue import Kind, Step, Verb, kind_and_names
from cli.resources.documents import as_json, as_yaml, document_of
from cli.resources.select import awaited, joined, labels_filter
from cli.resources.show import Format
from cli.verbs.options import (
    Caller,
    DepartmentOption,
    FilterOption,
    FormOption,
    HospitalOption,
    IntervalOption,
    ParameterOption,
    ParentOption,
    SelectorOption,
    WordsArgument,
    progress,
)

LOOK_S: Final = 2.0
WAIT_LOOK_S: Final = 0.5
NAME_WIDE: Final = 30
CELL_WIDE: Final = 14

get_app = typer.Typer(rich_markup_mode=None, add_completion=False)
describe_app = typer.Typer(rich_markup_mode=None, add_completion=False)
watch_app = typer.Typer(rich_markup_mode=None, add_completion=False)
wait_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@get_app.command()
def get(
    words: WordsArgument,
    parent: ParentOption = "",
    filter_text: FilterOption = "",
    selector: SelectorOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
    form: FormOption = Format.TABLE,
    *,
    follow: Annotated[
        bool, typer.Option("--watch", "-w", help="Then print what changes, until Ctrl-C.")
    ] = False,
    interval: IntervalOption = LOOK_S,
) -> None:
    """List resources of a kind, or show those that are named.

    In JSON one that is named is an object, all else a list. What is printed as YAML or JSON can be
    applied again.
    """
    kind, named = kind_and_names(words)
    kind.must(Verb.GET)
    asked = _asked(kind, parent, filter_text, selector, param)
    caller = Caller(data, role, person, hospital, department)
    if follow:
        with output.until_interrupted(), caller.reach() as services:
            _print_changes(_changes(services, kind, named, asked, interval), kind, form)
        return
    with caller.reach() as services:
        found, missing = _found(services, kind, named, asked)
        if form is Format.JSON and len(named) == 1 and found:
            sys.stdout.write(as_json(document_of(found[0])))
        elif found or not named:
            sys.stdout.write(show.text(kind, found, form))
    if missing is not None:
        raise missing
    if not found and form in {Format.TABLE, Format.WIDE}:
        output.note(f"no {kind.word}")


@describe_app.command()
def describe(
    words: WordsArgument,
    parent: ParentOption = "",
    filter_text: FilterOption = "",
    selector: SelectorOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
) -> None:
    """Show all that is known of resources, what is below them, and what else can be done."""
    kind, named = kind_and_names(words)
    kind.must(Verb.DESCRIBE)
    asked = _asked(kind, parent, filter_text, selector, param)
    with Caller(data, role, person, hospital, department).reach() as services:
        found, missing = _found(services, kind, named, asked)
    sys.stdout.write("\n".join(show.described(kind, each) for each in found))
    if missing is not None:
        raise missing


@watch_app.command()
def watch(
    words: WordsArgument,
    parent: ParentOption = "",
    filter_text: FilterOption = "",
    selector: SelectorOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
    form: FormOption = Format.TABLE,
    interval: IntervalOption = LOOK_S,
) -> None:
    """Print resources and each change of them, until Ctrl-C; the same as `get --watch`.

    In JSON each line is {"change": "present" or "gone", "resource": …}.
    """
    kind, named = kind_and_names(words)
    kind.must(Verb.WATCH)
    asked = _asked(kind, parent, filter_text, selector, param)
    caller = Caller(data, role, person, hospital, department)
    with output.until_interrupted(), caller.reach() as services:
        _print_changes(_changes(services, kind, named, asked, interval), kind, form)


@wait_app.command()
def wait(
    words: WordsArgument,
    until: Annotated[
        str,
        typer.Option("--for", help="A condition, such as presence=online, or created, or deleted."),
    ],
    timeout: Annotated[str, typer.Option(help="How long at most, such as 90s or 5m.")] = "60s",
    parent: ParentOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
) -> None:
    """Wait until named resources are as one wants them; the exit status is 5 when time is up."""
    kind, named = kind_and_names(words)
    kind.must(Verb.WAIT)
    if not named:
        raise Failure(
            "NAME_MISSING",
            f"which {kind.singular}?",
            f"`tianfu wait {kind.typed} NAME --for {until}`",
            status=Exit.USAGE,
        )
    asked = _asked(kind, parent, "", "", param)
    deadline = time.monotonic() + duration_of(timeout).total_seconds()
    with Caller(data, role, person, hospital, department).reach() as services:
        for text in named:
            name = kind.name_of(text, asked.parent)
            _wait_for(services, kind, name, asked, until, deadline)
            sys.stdout.write(f"{name} {until}\n")


def _asked(
    kind: Kind, parent: str, filter_text: str, selector: str, param: list[str] | None
) -> Asked:
    return Asked(parent, joined(filter_text, labels_filter(kind, selector)), tuple(param or ()))


def _found(
    services: Reach, kind: Kind, named: list[str], asked: Asked
) -> tuple[list[Any], Failure | None]:
    """Return what is asked for, and the first failure to find one that was named."""
    if not named and kind.is_singleton and asked.parent and Step.LIST not in kind.steps:
        named = [asked.parent.split("/")[-1]]
    if not named:
        return list(services.every(kind, asked)), None
    found, missing = [], None
    for text in named:
        try:
            found.append(services.get(kind, kind.name_of(text, asked.parent), asked))
        except Failure as failure:
            if failure.status is not Exit.NOT_FOUND:
                raise
            missing = missing or failure
    return found, missing


def _changes(
    services: Reach, kind: Kind, named: list[str], asked: Asked, interval: float
) -> Iterator[Change | None]:
    names = {kind.name_of(text, asked.parent) for text in named}
    if Step.WATCH not in kind.steps:
        progress(f"no method watches {kind.word}: looking every {interval:g} s")
        yield from _looks(services, kind, sorted(names), asked, interval)
        return
    for change in services.changes(kind, asked):
        if change is None or not names or change.message.name in names:
            yield change


def _looks(
    services: Reach, kind: Kind, names: list[str], asked: Asked, interval: float
) -> Iterator[Change | None]:
    """Yield what changes between looks; what is there at the first look, too."""
    before: dict[str, Any] = {}
    first = True
    while True:
        listed = (
            [each for name in names if (each := services.find(kind, name, asked)) is not None]
            if names
            else services.every(kind, asked)
        )
        there = {each.name: each for each in listed}
        for name, message in there.items():
            if before.get(name) != message:
                yield Change(message)
        for name in before.keys() - there.keys():
            yield Change(before[name], gone=True)
        if first:
            yield None
        before, first = there, False
        time.sleep(interval)


def _print_changes(changes: Iterator[Change | None], kind: Kind, form: Format) -> None:
    fields = show.columns(kind, (), wide=False)
    if form in {Format.TABLE, Format.WIDE}:
        _print_row([*show.heads(fields), "change"], heading=True)
    for change in changes:
        if change is None:
            progress("-- that is all there is; changes follow")
            continue
        word, message = "gone" if change.gone else "present", change.message
        match form:
            case Format.JSON:
                told = {"change": word, "resource": document_of(message)}
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
            case Format.YAML:
                sys.stdout.write("---\n" + as_yaml([document_of(message)]))
            case Format.NAME:
                sys.stdout.write(f"{message.name}\n")
            case Format.TABLE | Format.WIDE:
                _print_row([*show.row(kind, message, fields), word])
        sys.stdout.flush()


def _print_row(cells: list[str], *, heading: bool = False) -> None:
    """Print a row whose columns have the same width each time: more rows follow."""
    widths = [NAME_WIDE, *[CELL_WIDE] * (len(cells) - 2), 0]
    text = "  ".join(
        each.upper() + " " * (width - output.wide(each))
        if heading
        else each + " " * (width - output.wide(each))
        for each, width in zip(cells, widths, strict=True)
    ).rstrip()
    sys.stdout.write(f"\x1b[2m{text}\x1b[0m\n" if heading and output.is_coloured() else f"{text}\n")


def _wait_for(
    services: Reach, kind: Kind, name: str, asked: Asked, until: str, deadline: float
) -> None:
    is_over = awaited(kind, until)
    progress(f"waiting until {name} is {until}")
    while not is_over(services.find(kind, name, asked)):
        if time.monotonic() + WAIT_LOOK_S > deadline:
            raise Failure(
                "WAIT_TIMED_OUT",
                f"{name} is not {until}",
                f"`tianfu describe {kind.typed} {kind.id_of(name)}` shows how it is",
                status=Exit.UNAVAILABLE,
            )
        time.sleep(WAIT_LOOK_S)
