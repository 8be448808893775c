"""Which resources are meant: filters, labels, and what is waited for. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from cli.failures import Exit, Failure
from cli.resources.catalogue import Kind
from cli.resources.requests import field_named
from cli.resources.values import cell, is_map

TERM: Final = re.compile(r"\s*(?P<path>[A-Za-z0-9_./-]+)\s*(?P<sign>!=|=)\s*(?P<value>.*?)\s*")
AND: Final = re.compile(r"\s+AND\s+")
GONE: Final = frozenset({"delete", "deleted", "gone"})
THERE: Final = frozenset({"create", "created", "exists"})

Condition = Callable[[Any], bool]


def labels_filter(kind: Kind, selector: str) -> str:
    """Return a selector of labels, site=roof,floor=3, as terms of a filter."""
    if not selector:
        return ""
    field = kind.message.fields_by_name.get("labels")
    if field is None or not is_map(field):
        raise Failure(
            "LABELS_NONE",
            f"{kind.word} have no labels",
            f"--filter selects by fields; `tianfu explain {kind.typed}` lists them",
            status=Exit.USAGE,
        )
    return " AND ".join(f"labels.{each.strip()}" for each in selector.split(","))


def joined(*filters: str) -> str:
    """Return filters that all have to hold as one."""
    return " AND ".join(each for each in filters if each)


def condition_of(kind: Kind, text: str) -> Condition:
    """Return what judges resources by a filter: PATH=VALUE or PATH!=VALUE, joined by AND.

    For kinds whose service has no filter of its own. Raise Failure for what is no filter, or for a
    field that there is not.
    """
    terms = [_term(kind, each) for each in AND.split(text)] if text.strip() else []
    return lambda message: all(term(message) for term in terms)


def awaited(kind: Kind, text: str) -> Callable[[Any | None], bool]:
    """Return what judges whether a wait is over: by a filter, or `deleted`, or `created`.

    It is asked with None when there is no such resource.
    """
    if text in GONE:
        return lambda message: message is None
    if text in THERE:
        return lambda message: message is not None
    condition = condition_of(kind, text)
    return lambda message: message is not None and condition(message)


def _term(kind: Kind, text: str) -> Condition:
    match = TERM.fullmatch(text)
    if match is None:
        raise Failure(
            "FILTER_INVALID",
            f"{text!r} is no condition",
            'write it so: --filter "state=open AND place_code!=510104"',
            status=Exit.USAGE,
        )
    path, wanted = match["path"].split("."), match["value"].strip('"')
    _check(kind, path)
    is_wanted = match["sign"] == "="
    return lambda message: (_fold(wanted) in _texts(message, path)) is is_wanted


def _check(kind: Kind, path: list[str]) -> None:
    """Raise Failure for a path that leads nowhere."""
    message = kind.message
    for part in path:
        field = field_named(message, part)
        if is_map(field) or field.message_type is None:
            return
        message = field.message_type


def _texts(message: Any, path: list[str]) -> set[str]:
    """Return what stands at a path, in all the ways in which one may write it."""
    here: Iterable[Any] = [message]
    for number, part in enumerate(path):
        field = field_named(next(iter(here)).DESCRIPTOR, part) if here else None
        if field is None:
            return set()
        if is_map(field):
            key = ".".join(path[number + 1 :])
            return {_fold(str(each)) for one in here for each in _of_map(one, field.name, key)}
        values = [value for one in here for value in _of_field(one, field)]
        if field.message_type is None or number == len(path) - 1:
            return {_fold(text) for value in values for text in _spelt(field, value)}
        here = values
    return set()


def _of_map(message: Any, name: str, key: str) -> list[Any]:
    found = {str(each): value for each, value in getattr(message, name).items()}
    return [found[key]] if key in found else []


def _of_field(message: Any, field: Any) -> list[Any]:
    value = getattr(message, field.name)
    if field.is_repeated:
        return list(value)
    return [value] if not field.has_presence or message.HasField(field.name) else []


def _spelt(field: Any, value: Any) -> list[str]:
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return [cell(field, value), known.name if known is not None else str(value)]
    if isinstance(value, bool):
        return ["true", "yes"] if value else ["false", "no"]
    return [str(value) if field.message_type is None else cell(field, value)]


def _fold(text: str) -> str:
    return text.lower().replace("_", "-").replace(" ", "-")
