"""``tianfu create``, ``apply``, ``diff`` and ``delete``: resources as one wants them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.connection import ROLE_DEFAULT
from cli.failures import Exit, Failure
from cli.resources import documents, show
from cli.resources.calls import Asked, Reach
from cli.resources.catalogue import Kind, Step, Verb, kind_and_names
from cli.resources.documents import Document
from cli.resources.show import Format
from cli.verbs.completing import complete_words
from cli.verbs.options import (
    Caller,
    DepartmentOption,
    FileOption,
    FormOption,
    HospitalOption,
    ParameterOption,
    ParentOption,
    text_of,
)

create_app = typer.Typer(rich_markup_mode=None, add_completion=False)
apply_app = typer.Typer(rich_markup_mode=None, add_completion=False)
diff_app = typer.Typer(rich_markup_mode=None, add_completion=False)
delete_app = typer.Typer(rich_markup_mode=None, add_completion=False)

WordsOrFileArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KIND|NAME",
        help="Such as node gw-1; without, --file says what is meant.",
        autocompletion=complete_words,
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        "-s",
        metavar="FIELD=VALUE",
        help="A field of the resource, such as labels.site=roof; may be repeated.",
    ),
]


@create_app.command()
def create(
    words: WordsOrFileArgument = None,
    settings: SetOption = None,
    file: FileOption = None,
    parent: ParentOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
    form: FormOption = Format.NAME,
) -> None:
    """Make resources that are not there yet: one from --set, or all of a file.

    One that is there already is a conflict, exit status 4; `tianfu apply` changes it.
    """
    wanted = _wanted(Verb.CREATE, words, settings, file, parent)
    asked = Asked(parameters=tuple(param or ()))
    with Caller(data, role, person, hospital, department).reach() as services:
        for each in wanted:
            _say(each.kind, services.create(each, asked), "created", form)


@apply_app.command()
def apply(
    words: WordsOrFileArgument = None,
    settings: SetOption = None,
    file: FileOption = None,
    parent: ParentOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
    form: FormOption = Format.NAME,
) -> None:
    """Make resources what a file or --set says: create, change or leave them.

    Fields that are not stated stay as they are. A file states a field as a whole, lists and
    labels too; --set labels.site=roof leaves the other labels. A change that somebody else made
    meanwhile is a conflict, exit status 4.
    """
    wanted = _wanted(Verb.APPLY, words, settings, file, parent)
    asked = Asked(parameters=tuple(param or ()))
    with Caller(data, role, person, hospital, department).reach() as services:
        for each in wanted:
            message, outcome = _applied(services, each, asked)
            _say(each.kind, message, outcome, form)


@diff_app.command()
def diff(
    words: WordsOrFileArgument = None,
    settings: SetOption = None,
    file: FileOption = None,
    parent: ParentOption = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    hospital: HospitalOption = "",
    department: DepartmentOption = "",
) -> None:
    """Show what `apply` would change; the exit status is 6 when it would change anything."""
    wanted = _wanted(Verb.DIFF, words, settings, file, parent)
    asked = Asked(parameters=tuple(param or ()))
    with Caller(data, role, person, hospital, department).reach() as services:
        found = [_difference(services, each, asked) for each in wanted]
    sys.stdout.write("".join(found))
    if any(found):
        raise typer.Exit(Exit.DIFFERS)


@delete_app.command()
def delete(
    words: WordsOrFileArgument = None,
    file: FileOption = None,
    parent: ParentOption = "",
    etag: Annotated[str, typer.Option(help="Only when this is still its etag.")] = "",
    param: ParameterOption = None,
    data: output.DataOption = output.DATA_DEFAULT,
    role: output.RoleOption = ROLE_DEFAULT,
    person: output.PersonOption = "",
    *,
    ignore_missing: Annotated[
        bool, typer.Option("--ignore-missing", help="What is gone already is no failure.")
    ] = False,
) -> None:
    """Delete resources by their names, or all of a file.

    Most resources are kept for ever, as the law has it: what ends them is a step of their own,
    which `tianfu explain KIND` names.
    """
    if file is not None:
        targets = [(each.kind, each.name) for each in _read(file)]
    else:
        kind, named = _kind_and_names(words)
        targets = [(kind, kind.name_of(text, parent)) for text in named]
    for kind, _ in targets:
        kind.must(Verb.DELETE)
    asked = Asked(parameters=tuple(param or ()))
    with Caller(data, role, person).reach() as services:
        for kind, name in targets:
            try:
                services.delete(kind, name, etag, asked)
            except Failure as failure:
                if not ignore_missing or failure.status is not Exit.NOT_FOUND:
                    raise
                continue
            sys.stdout.write(f"{name} deleted\n")


def _difference(services: Reach, wanted: Document, asked: Asked) -> str:
    current = services.find(wanted.kind, wanted.name, asked)
    if current is not None:
        wanted = documents.onto(current, wanted, services.now)
    return documents.difference(current, wanted)


def _wanted(
    verb: Verb,
    words: list[str] | None,
    settings: list[str] | None,
    file: Path | None,
    parent: str,
) -> list[Document]:
    """Return what the command line or a file states; raise Failure, also for a kind without it."""
    wanted = _stated(words, settings, file, parent)
    for each in wanted:
        each.kind.must(verb)
    return wanted


def _stated(
    words: list[str] | None, settings: list[str] | None, file: Path | None, parent: str
) -> list[Document]:
    if file is not None:
        if words or settings:
            raise Failure(
                "FILE_OR_NAME",
                "a file says itself what is wanted",
                "leave KIND, NAME and --set out, or --file",
                status=Exit.USAGE,
            )
        return _read(file)
    kind, named = _kind_and_names(words)
    if len(named) > 1:
        raise Failure(
            "NAME_TOO_MANY",
            f"{len(named)} names for one resource",
            "one at a time, or several documents in a file",
            status=Exit.USAGE,
        )
    name = kind.name_of(named[0], parent)
    return [documents.from_settings(kind, name, settings or (), datetime.now(UTC))]


def _kind_and_names(words: list[str] | None) -> tuple[Kind, list[str]]:
    kind, named = kind_and_names(words) if words else (None, [])
    if kind is None or not named:
        raise Failure(
            "NAME_MISSING",
            "which resource?",
            "write KIND NAME, such as node gw-1, or --file FILE",
            status=Exit.USAGE,
        )
    return kind, named


def _read(file: Path) -> list[Document]:
    return documents.read(*text_of(file))


def _applied(services: Reach, wanted: Document, asked: Asked) -> tuple[Any, str]:
    """Make one resource what is wanted; return it, and what had to be done."""
    current = services.find(wanted.kind, wanted.name, asked)
    steps = wanted.kind.steps
    if current is None:
        if Step.CREATE in steps:
            return services.create(wanted, asked), "created"
        # A service that makes what is missing says so in its request (AIP-134).
        takes = steps[Step.UPDATE].input_type.fields_by_name
        made_so = Asked(parameters=(*asked.parameters, "allow_missing=true"))
        asked = made_so if "allow_missing" in takes else asked
        return services.update(wanted, wanted.given, "", asked), "created"
    wanted = documents.onto(current, wanted, services.now)
    fields = documents.changed_fields(current, wanted)
    if not fields:
        return current, "unchanged"
    if Step.UPDATE not in steps:
        others = ", ".join(method.name for method in wanted.kind.others) or "nothing"
        raise Failure(
            "UPDATE_UNSUPPORTED",
            f"{wanted.name} is there with another {', '.join(fields)}, and stays as it is: "
            f"no method of {wanted.kind.area} changes {wanted.kind.word}",
            f"what can be done with it: {others}",
            status=Exit.CONFLICT,
        )
    etag = getattr(wanted.message, "etag", "") or getattr(current, "etag", "")
    answer = services.update(wanted, fields, etag, asked)
    # A service fills in what a nested message leaves out: what is stated as a whole then differs
    # from what stands, and is the same once it has been taken.
    return answer, "changed" if documents.differs(current, answer, fields) else "unchanged"


def _say(kind: Kind, message: Any, outcome: str, form: Format) -> None:
    if form is Format.NAME:
        sys.stdout.write(f"{message.name} {outcome}\n")
    else:
        sys.stdout.write(show.text(kind, [message], form))
