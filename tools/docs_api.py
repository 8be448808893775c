"""Reference pages of the API: services, messages and kinds, from descriptors and comments."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from cli.resources import explaining
from cli.resources.catalogue import Verb, kinds
from tianfu.authz.v1 import authz_pb2
from tools import docs_markdown as md

ROOT: Final = Path(__file__).resolve().parent.parent
PROTO: Final = ROOT / "proto"
PACKAGE_PARTS: Final = 3


def pages() -> dict[str, str]:
    """Return the pages of the API by their file below reference/."""
    contract = packages()
    found = {f"api/{name}.md": _package(name, files) for name, files in contract.items()}
    found["api/index.md"] = _index(contract)
    found["kinds.md"] = _kinds()
    return found


def packages() -> dict[str, list[FileDescriptor]]:
    """Return the files of each package of the contract, by its name."""
    found: dict[str, list[FileDescriptor]] = defaultdict(list)
    for path in sorted((PROTO / "tianfu").rglob("*.proto")):
        module = ".".join(path.relative_to(PROTO).with_suffix("").parts) + "_pb2"
        file = importlib.import_module(module).DESCRIPTOR
        found[file.package].append(file)
    return dict(found)


def _index(contract: dict[str, list[FileDescriptor]]) -> str:
    rows = []
    for name, files in contract.items():
        services = [one for file in files for one in file.services_by_name.values()]
        said = " ".join(md.text(explaining.said(one)) for one in services)
        rows.append((f"[{name}]({name}.md)", said or "Messages that others use."))
    listed = "\n".join(contract)
    return f"""# The API

Every public call goes by gRPC to its service, or by HTTP to the gateway, as
`POST /PACKAGE.SERVICE/METHOD` with JSON or protobuf. Who may call it stands in the proto, and is
enforced there. A call has a deadline; one that fails says why by a stable reason
([reasons](../reasons.md)).

{md.table(("package", "what it is for"), rows)}
```{{toctree}}
:hidden:

{listed}
```
"""


def _package(name: str, files: list[FileDescriptor]) -> str:
    parts = [f"# {name}\n"]
    for file in files:
        parts += [_service(one) for one in file.services_by_name.values()]
    messages = [one for file in files for one in _messages(file.message_types_by_name.values())]
    enums = [one for file in files for one in file.enum_types_by_name.values()]
    enums += [one for message in messages for one in message.enum_types]
    if messages:
        parts.append("## Messages\n")
        parts += [_message(one) for one in sorted(messages, key=lambda one: str(one.full_name))]
    if enums:
        parts.append("## Enumerations\n")
        parts += [_enum(one) for one in sorted(enums, key=lambda one: str(one.full_name))]
    return "\n".join(parts)


def _messages(found: object) -> Iterator[Descriptor]:
    for message in list(found):  # type: ignore[call-overload]  # descriptors are untyped here
        if not message.GetOptions().map_entry:
            yield message
            yield from _messages(message.nested_types)


def _service(service: ServiceDescriptor) -> str:
    parts = [f"## {service.name}\n", md.text(explaining.said(service)) + "\n"]
    parts += [_method(one) for one in service.methods]
    return "\n".join(parts)


def _method(method: MethodDescriptor) -> str:
    asked = ("stream of " if method.client_streaming else "") + _linked(method.input_type)
    answered = ("stream of " if method.server_streaming else "") + _linked(method.output_type)
    service = method.containing_service
    path = md.code(f"/{service.full_name}/{method.name}")
    return f"""{md.anchor(method.full_name)}
### {service.name}.{method.name}

{md.text(explaining.said(method))}

{asked} → {answered}. Who may call: {_callers(method)}. By HTTP: {path}.
"""


def _callers(method: MethodDescriptor) -> str:
    rule = method.GetOptions().Extensions[authz_pb2.rule]
    if rule.audience == authz_pb2.AUDIENCE_ROLES:
        names = (authz_pb2.Role.Name(each) for each in rule.roles)
        return ", ".join(each.removeprefix("ROLE_").lower().replace("_", "-") for each in names)
    everybody = rule.audience == authz_pb2.AUDIENCE_ANYONE
    return "anyone" if everybody else "whoever is signed in"


def _message(message: Descriptor) -> str:
    rows = [
        (md.code(one.name), _type(one), _notes(one), md.text(explaining.said(one)))
        for one in message.fields
    ]
    fields = md.table(("field", "type", "", "what it is"), rows) or "It has no fields.\n"
    said = md.text(explaining.said(message))
    return f"{md.anchor(message.full_name)}\n### {_short(message)}\n\n{said}\n\n{fields}"


def _enum(enum: EnumDescriptor) -> str:
    comments = explaining.comments(enum.file.package)
    rows = [
        (md.code(one.name), md.text(comments.get(f"{enum.full_name}.{one.name}", "")))
        for one in enum.values
        if not one.name.endswith("UNSPECIFIED")
    ]
    said = md.text(explaining.said(enum))
    values = md.table(("value", "what it means"), rows)
    return f"{md.anchor(enum.full_name)}\n### {_short(enum)}\n\n{said}\n\n{values}"


def _short(thing: Descriptor | EnumDescriptor) -> str:
    return str(thing.full_name).removeprefix(f"{thing.file.package}.")


def _type(field: FieldDescriptor) -> str:
    shown = explaining.type_of(field)
    inner = field.message_type
    if inner is not None and inner.GetOptions().map_entry:
        inner = inner.fields_by_name["value"].message_type
    thing = inner or field.enum_type
    if thing is None or not str(thing.file.package).startswith("tianfu."):
        return md.text(shown)
    name = str(thing.name)
    before, _, after = shown.partition(name)
    return f"{md.text(before)}{_linked(thing)}{md.text(after)}"


def _linked(thing: Descriptor | EnumDescriptor) -> str:
    package = str(thing.file.package)
    if not package.startswith("tianfu."):
        return md.code(thing.full_name)
    return f"[{thing.name}]({package}.md#{md.target(thing.full_name)})"


def _notes(field: FieldDescriptor) -> str:
    from google.api import field_behavior_pb2  # noqa: PLC0415 - beside its only use

    stated = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    known = explaining.BEHAVIOURS
    return ", ".join(known[one] for one in stated if one in known)


def _kinds() -> str:
    rows = []
    for kind in kinds():
        package = str(kind.message.file.package)
        name = f"[{kind.word}](api/{package}.md#{md.target(kind.message.full_name)})"
        verbs = " ".join(verb for verb in Verb if kind.can(verb))
        rows.append((name, kind.area, md.code(kind.pattern), verbs))
    return f"""# Kinds of resource

What `tianfu explain` lists: every kind that the API has, how its resources are named, and which
verbs of the [command line](cli.md) it has. `tianfu explain KIND` says the same of one, its fields
included, and why a verb is missing.

{md.table(("kind", "area", "names", "verbs"), rows)}"""
