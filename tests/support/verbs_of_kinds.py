"""Each verb of the CLI over each kind of a running platform, in one process: starts cost most."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import yaml
from google.protobuf.descriptor import MethodDescriptor

from cli import main
from cli.failures import Exit
from cli.resources.catalogue import Kind, Step, Verb, kinds
from cli.resources.requests import parent_pattern
from tianfu.authz.v1 import authz_pb2

MORE = {"ListEntities": ("-p", "place_code=510104")}
"""What a method needs beside its purpose and its parent."""
KINDS_LEAST = 15
"""Of so many kinds a platform with its examples has one; of fewer, and little would be tried."""


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str


@dataclass
class Tried:
    """What the verbs did with each kind, and what was wrong with it."""

    wrong: list[str] = field(default_factory=list)
    had_rows: dict[str, str] = field(default_factory=dict)
    """A name of each kind of which there is one."""
    applied: set[str] = field(default_factory=set)

    def check(self, words: tuple[str, ...], done: Done, *, is_right: bool) -> None:
        if not is_right:
            self.wrong.append(f"tianfu {' '.join(words)}: {done.status} {done.err or done.out!r}")


def tianfu(data: Path, *words: str) -> Done:
    """Run a command as the terminal would."""
    out, err = io.StringIO(), io.StringIO()
    arguments = ["tianfu", *words, *(("--data", str(data)) if words[0] != "explain" else ())]
    with (
        mock.patch.object(sys, "argv", arguments),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main.main()
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def role_for(method: MethodDescriptor) -> tuple[str, ...]:
    """Return the options by which somebody calls a method who may."""
    stated = method.GetOptions().Extensions[authz_pb2.rule]
    roles = [authz_pb2.Role.Name(each).removeprefix("ROLE_") for each in stated.roles]
    people = [each for each in roles if each != "SERVICE"]
    return ("--role", next(iter(people or roles), "VIEWER"))


def why(*methods: MethodDescriptor) -> tuple[str, ...]:
    """Return the options that say why one reads: healthcare has a list, credit asks for words."""
    purposes = [
        method.input_type.fields_by_name["purpose"]
        for method in methods
        if "purpose" in method.input_type.fields_by_name
    ]
    if not purposes:
        return ()
    if purposes[0].enum_type is not None:
        return ("-p", "purpose=treatment")
    stated = ("purpose=inspection-planning", "legal_basis=market-regulation-law-32")
    return tuple(word for each in stated for word in ("-p", f"purpose.{each}"))


def hold(data: Path) -> None:
    """Every verb does with every kind what it says, on a platform that runs."""
    with tempfile.TemporaryDirectory() as folder:
        found = tried(data, Path(folder))
    assert found.wrong == []
    assert len(found.had_rows) >= KINDS_LEAST, sorted(found.had_rows)
    assert {"nodes.fleet", "units.energy", "hospitals.healthcare"} <= found.applied


def tried(data: Path, folder: Path) -> Tried:
    """Try all; write what is applied again into a folder."""
    found = Tried()
    # Those that have no parent first: the others are looked for under these.
    for kind in sorted(kinds(), key=lambda each: each.variables):
        explained = tianfu(data, "explain", kind.typed)
        found.check(
            ("explain", kind.typed),
            explained,
            is_right=explained.status == 0 and bool(explained.out),
        )
        for verb in (Verb.CREATE, Verb.DELETE, Verb.APPLY):
            refused_well(found, data, kind, verb)
        if Step.LIST in kind.steps:
            for name in listed(found, data, kind):
                named(found, data, folder, kind, name)
    return found


def refused_well(found: Tried, data: Path, kind: Kind, verb: Verb) -> None:
    """What the API does not do with a kind is refused at once, with what it does."""
    if kind.can(verb):
        return
    words = (str(verb), kind.typed, "/".join(["x"] * kind.variables))
    done = tianfu(data, *words)
    right = done.status == Exit.USAGE and "VERB_UNSUPPORTED" in done.err and not done.out
    found.check(words, done, is_right=right)


def listed(found: Tried, data: Path, kind: Kind) -> Iterator[str]:
    """List a kind in all forms, which have to agree; yield the name of one that is there."""
    method = kind.steps[Step.LIST]
    who = (*role_for(method), *why(method), *parent_of(found, method), *MORE.get(method.name, ()))
    if "parent" in method.input_type.fields_by_name and "--parent" not in who:
        # Nobody has made what it would be of.
        return
    shown = {}
    for form in ("json", "yaml", "name", "table", "wide"):
        words = ("get", kind.typed, *who, "-o", form)
        shown[form] = tianfu(data, *words)
        found.check(words, shown[form], is_right=shown[form].status == 0)
        if shown[form].status != 0:
            return
    rows = json.loads(shown["json"].out)
    if not rows:
        return
    found.had_rows[kind.full_word] = rows[0]["name"]
    titles = shown["table"].out.splitlines()[0]
    found.check(("get", kind.typed), shown["table"], is_right=titles == titles.upper())
    names = shown["name"].out.split()
    of_yaml = [each for each in yaml.safe_load_all(shown["yaml"].out) if each]
    found.check(("get", kind.typed, "-o", "yaml"), shown["yaml"], is_right=bool(of_yaml))
    # Readings come and go while this looks: the one that was there at first has to be.
    yield next((each["name"] for each in rows if each["name"] in names), rows[0]["name"])


def parent_of(found: Tried, method: MethodDescriptor) -> tuple[str, ...]:
    """Return the options that say of which parent, of those that were listed."""
    if "parent" not in method.input_type.fields_by_name:
        return ()
    collection = parent_pattern(method).partition("{")[0]
    names = (each for each in found.had_rows.values() if each.startswith(collection))
    named = next((each for each in names if each.count("/") == 1), None)
    return ("--parent", named) if named else ()


def named(found: Tried, data: Path, folder: Path, kind: Kind, name: str) -> None:
    """Get, describe, compare, apply twice and wait for one."""
    readers = [kind.steps[each] for each in (Step.GET, Step.LIST) if each in kind.steps]
    who = (*role_for(readers[0]), *why(*readers))
    got = tianfu(data, "get", kind.typed, name, *who, "-o", "yaml")
    found.check(("get", kind.typed, name, *who), got, is_right=got.status == 0)
    file = folder / f"{kind.full_word}.yaml"
    file.write_text(got.out, encoding="utf-8")
    for words in (
        ("describe", kind.typed, name, *who),
        ("wait", kind.typed, name, "--for", "created", "--timeout", "1s", *who),
    ):
        done = tianfu(data, *words)
        found.check(words, done, is_right=done.status == 0 and bool(done.out))
    if Step.UPDATE in kind.steps:
        writer = (*role_for(kind.steps[Step.UPDATE]), *why(*readers))
        for _ in range(2):
            words = ("apply", "-f", str(file), *writer)
            done = tianfu(data, *words)
            found.check(words, done, is_right=done.out.endswith(" unchanged\n"))
        found.applied.add(kind.full_word)
