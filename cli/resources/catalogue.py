"""Which kinds of resource there are, and which method is which verb of them.

Nothing here names a resource: a message with google.api.resource is a kind, and what can be done
with it follows from the methods that take and return it (AIP-131 to 136). So a resource that is
added to the contract has its verbs at once.
"""

from __future__ import annotations

import difflib
import enum
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

import tianfu
from cli.failures import Exit, Failure

WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
VARIABLE: Final = re.compile(r"\{[a-z_]+\}")
NAMED_MAX: Final = 8


class Step(enum.StrEnum):
    """What one method does with a kind. Verbs are made of these."""

    GET = "get"
    LIST = "list"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    WATCH = "watch"


class Verb(enum.StrEnum):
    """What a person may want of a resource."""

    GET = "get"
    DESCRIBE = "describe"
    CREATE = "create"
    APPLY = "apply"
    DIFF = "diff"
    WATCH = "watch"
    WAIT = "wait"
    DELETE = "delete"
    EXPLAIN = "explain"


# Each verb works when all steps of one of its ways are there.
WAYS: Final[Mapping[Verb, tuple[frozenset[Step], ...]]] = {
    Verb.GET: (frozenset({Step.GET}), frozenset({Step.LIST})),
    Verb.DESCRIBE: (frozenset({Step.GET}), frozenset({Step.LIST})),
    Verb.CREATE: (frozenset({Step.CREATE}),),
    Verb.APPLY: tuple(
        frozenset({read, write})
        for read in (Step.GET, Step.LIST)
        for write in (Step.CREATE, Step.UPDATE)
    ),
    Verb.DIFF: (frozenset({Step.GET}), frozenset({Step.LIST})),
    # Where no method watches, the verb looks again and again.
    Verb.WATCH: (frozenset({Step.WATCH}), frozenset({Step.LIST}), frozenset({Step.GET})),
    Verb.WAIT: (frozenset({Step.GET}), frozenset({Step.LIST})),
    Verb.DELETE: (frozenset({Step.DELETE}),),
    Verb.EXPLAIN: (frozenset(),),
}


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its message, how its names look, and its methods."""

    message: Descriptor
    singular: str
    plural: str
    pattern: str
    steps: Mapping[Step, MethodDescriptor] = field(default_factory=dict)
    others: tuple[MethodDescriptor, ...] = ()
    """Methods of the kind that are no standard one: PublishDraw, QuerySeries."""

    @property
    def area(self) -> str:
        """The part of the contract that it is of: credit-supervision."""
        return area_of(self.message)

    @property
    def word(self) -> str:
        """Its plural as it is typed: sleep-plans."""
        return kebab(self.plural)

    @property
    def full_word(self) -> str:
        """Its plural and area, which no other kind has: recognitions.healthcare."""
        return f"{self.word}.{self.area}"

    @property
    def typed(self) -> str:
        """The shortest word that means it and no other kind."""
        return self.word if _words().count(self.word) == 1 else self.full_word

    @property
    def variables(self) -> int:
        """How many parts of a name are chosen: 2 of nodes/{node}/series/{series}."""
        return len(VARIABLE.findall(self.pattern))

    @property
    def is_singleton(self) -> bool:
        """Whether each parent has exactly one: nodes/{node}/plan (AIP-156)."""
        return not self.pattern.endswith("}")

    def name_of(self, text: str, parent: str = "") -> str:
        """Return the full name that a text means; raise Failure.

        ``text`` is the name itself, its chosen parts (gw-1/meter-1.energy), or the last of them
        with ``parent``.
        """
        parts = text.split("/")
        if all(parts):
            if self.holds(text):
                return text
            if len(parts) == self.variables:
                return filled(self.pattern, parts)
            joined = f"{parent}/{self.pattern.split('/')[-2 if not self.is_singleton else -1]}"
            joined = joined if self.is_singleton else f"{joined}/{text}"
            if parent and self.holds(joined):
                return joined
        raise Failure(
            "NAME_INVALID",
            f"{text!r} names no {self.singular}",
            f"write it as {self.pattern}, or only the parts in braces, with / between them",
            status=Exit.USAGE,
        )

    def holds(self, name: str) -> bool:
        """Say whether a full name is one of this kind."""
        mine, given = self.pattern.split("/"), name.split("/")
        return len(mine) == len(given) and all(
            part == other or (VARIABLE.fullmatch(part) is not None and bool(other))
            for part, other in zip(mine, given, strict=True)
        )

    def id_of(self, name: str) -> str:
        """Return the chosen parts of a full name: gw-1/meter-1.energy."""
        pairs = zip(self.pattern.split("/"), name.split("/"), strict=False)
        return "/".join(given for part, given in pairs if VARIABLE.fullmatch(part)) or name

    def can(self, verb: Verb) -> bool:
        """Say whether the API has what a verb needs."""
        return any(way <= self.steps.keys() for way in WAYS[verb])

    def why_not(self, verb: Verb) -> str:
        """Return why a verb does nothing with this kind, "" when it does."""
        if self.can(verb):
            return ""
        named = ", ".join(method.name for method in self.methods()[:NAMED_MAX])
        instead = f"what there is: {named}" if named else "it comes as a part of other answers"
        if verb is Verb.CREATE and self.can(Verb.APPLY):
            instead += "; `tianfu apply` makes one that is missing where the service lets it"
        return f"no method of {self.area} does that with {self.word}; {instead}"

    def must(self, verb: Verb) -> None:
        """Raise Failure, with the reason, where a verb does nothing with this kind."""
        if not self.can(verb):
            raise Failure(
                "VERB_UNSUPPORTED",
                f"{verb} {self.word}: {self.why_not(verb)}",
                f"`tianfu explain {self.typed}` shows what can be done with it",
                status=Exit.USAGE,
            )

    def methods(self) -> list[MethodDescriptor]:
        """Return all methods of the kind, the standard ones first."""
        return [*self.steps.values(), *self.others]


def kebab(name: str) -> str:
    """Return sleepPlans or SleepPlan as sleep-plans, sleep-plan."""
    return WORDS.sub("-", name).lower()


def area_of(message: Descriptor) -> str:
    """Return the area of a message: tianfu.credit_supervision.v1 is credit-supervision."""
    return str(message.file.package).split(".")[1].replace("_", "-")


def filled(pattern: str, parts: list[str]) -> str:
    """Return a pattern with its variables replaced in order."""
    left = iter(parts)
    return VARIABLE.sub(lambda _: next(left), pattern)


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind of the contract, by area and name."""
    files = list(_files())
    found = [kind for file in files for kind in _bare(file)]
    methods = [
        method
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
    ]
    return tuple(
        sorted((_with_methods(kind, methods) for kind in found), key=lambda kind: kind.full_word)
    )


@cache
def _words() -> tuple[str, ...]:
    return tuple(kind.word for kind in kinds())


def kind_named(text: str) -> Kind:
    """Return the kind that a word means, such as nodes, sleepPlan or recognitions.healthcare."""
    word, _, area = text.partition(".")
    found = [
        kind
        for kind in kinds()
        if _plain(word) in _names(kind) and kind.area.startswith(area.replace("_", "-"))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(kind.full_word for kind in found)
        raise Failure(
            "KIND_AMBIGUOUS", f"{text!r} may be {choices}", "write one of them", status=Exit.USAGE
        )
    near = difflib.get_close_matches(text, [kind.word for kind in kinds()], n=3)
    meant = f"did you mean {', '.join(near)}? " if near else ""
    raise Failure(
        "KIND_UNKNOWN",
        f"there is no kind {text!r}",
        f"{meant}`tianfu explain` lists all kinds",
        status=Exit.USAGE,
    )


def kind_and_names(words: list[str]) -> tuple[Kind, list[str]]:
    """Return the kind and the names that arguments state: KIND NAME…, or full names alone."""
    first = words[0] if words else ""
    if "/" not in first:
        return kind_named(first), words[1:]
    found = [kind for kind in kinds() if kind.holds(first)]
    if len(found) != 1:
        choices = " or ".join(f"`{kind.full_word} {first}`" for kind in found)
        raise Failure(
            "KIND_AMBIGUOUS" if found else "KIND_UNKNOWN",
            f"{first!r} is a name of {len(found) or 'no'} kind{'s' if len(found) != 1 else ''}",
            f"write {choices}" if found else "write KIND NAME; `tianfu explain` lists all kinds",
            status=Exit.USAGE,
        )
    return found[0], words


def of_message(message: Descriptor) -> Kind | None:
    """Return the kind whose message this is, None for a message that is no resource."""
    return next((kind for kind in kinds() if is_same(kind.message, message)), None)


def of_type(type_name: str, area: str) -> Kind | None:
    """Return the kind of a resource type such as tianfu.dev/Node, of one's own area if it can be.

    Two areas may each have their own kind of a type.
    """
    found = [kind for kind in kinds() if _resource(kind.message).type == type_name]
    return next((kind for kind in found if kind.area == area), found[0] if found else None)


def is_same(message: Descriptor, other: Descriptor | None) -> bool:
    """Say whether two descriptors are of one message."""
    return other is not None and message.full_name == other.full_name


def resource_field(message: Descriptor, kind: Kind, *, repeated: bool = False) -> str:
    """Return the field of a request or answer that holds a kind, "" when none does."""
    return next(
        (
            str(each.name)
            for each in message.fields
            if is_same(kind.message, each.message_type) and bool(each.is_repeated) is repeated
        ),
        "",
    )


def reference_of(one: FieldDescriptor) -> Any:
    """Return what a field of names says that it refers to."""
    return one.GetOptions().Extensions[resource_pb2.resource_reference]


def _files() -> Iterator[Any]:
    """Yield the descriptors of all files of packages that have services."""
    root = Path(tianfu.__file__).parent
    for folder in sorted({path.parent for path in root.glob("*/v*/*_service_pb2.py")}):
        for path in sorted(folder.glob("*_pb2.py")):
            module = ".".join(("tianfu", *path.relative_to(root).with_suffix("").parts))
            yield importlib.import_module(module).DESCRIPTOR


def _bare(file: Any) -> Iterator[Kind]:
    for message in file.message_types_by_name.values():
        stated = _resource(message)
        if stated.type:
            yield Kind(message, stated.singular, stated.plural, stated.pattern[0])


def _resource(message: Descriptor) -> Any:
    return message.GetOptions().Extensions[resource_pb2.resource]


def _with_methods(kind: Kind, methods: list[MethodDescriptor]) -> Kind:
    steps: dict[Step, MethodDescriptor] = {}
    others = []
    for method in methods:
        step = _step(kind, method)
        if step is None:
            others += [method] if _concerns(kind, method) else []
        elif step not in steps or len(method.output_type.fields) < len(
            steps[step].output_type.fields
        ):
            # A watch of its own goes before one of several kinds.
            steps[step] = method
    ordered = {step: steps[step] for step in Step if step in steps}
    return Kind(kind.message, kind.singular, kind.plural, kind.pattern, ordered, tuple(others))


def _step(kind: Kind, method: MethodDescriptor) -> Step | None:
    """Return what a method does with a kind, None when it is no standard method of it."""
    if method.client_streaming or not _is_near(kind, method):
        return None
    prefix, made = kebab(method.name).partition("-")[0], method.output_type
    returns_it = is_same(kind.message, made)
    fields = method.input_type.fields_by_name
    pages = "next_page_token" in made.fields_by_name
    fits = {
        Step.GET: prefix == "get" and returns_it and "name" in fields,
        Step.LIST: prefix == "list" and pages and resource_field(made, kind, repeated=True),
        Step.CREATE: prefix == "create" and returns_it and resource_field(method.input_type, kind),
        Step.UPDATE: prefix == "update" and returns_it and "update_mask" in fields,
        Step.DELETE: prefix == "delete" and of_reference(kind, fields.get("name")),
        Step.WATCH: prefix == "watch" and method.server_streaming and resource_field(made, kind),
    }
    return next((step for step, fit in fits.items() if fit), None)


def of_reference(kind: Kind, named: FieldDescriptor | None) -> bool:
    """Say whether a field holds names of a kind."""
    return named is not None and reference_of(named).type == _resource(kind.message).type


def _concerns(kind: Kind, method: MethodDescriptor) -> bool:
    """Say whether a method that is no standard one is about a kind."""
    if not _is_near(kind, method):
        return False
    sent, made = method.input_type.fields_by_name, method.output_type
    # A resource that holds another one is not about it.
    holds = not _resource(made).type and any(
        resource_field(made, kind, repeated=many) for many in (True, False)
    )
    return (
        of_reference(kind, sent.get("name"))
        or of_reference(kind, sent.get("names"))
        or is_same(kind.message, made)
        or holds
    )


def _is_near(kind: Kind, method: MethodDescriptor) -> bool:
    """Say whether a method is of the package of a kind."""
    return bool(method.containing_service.file.package == kind.message.file.package)


def _names(kind: Kind) -> set[str]:
    return {_plain(kind.singular), _plain(kind.plural), _plain(kind.message.name)}


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
