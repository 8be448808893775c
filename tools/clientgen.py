"""Generate the typed Python client of every public service from its descriptor.

Run as ``python tools/clientgen.py``; ``--out DIR`` writes elsewhere, which the drift test uses.

A method's arguments are the fields of its request. What the descriptor says decides what the
method does: pages become an iterator, a stream with a resume token one that resumes, a request id
is made by the client so that a call can be repeated.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from google.api import field_behavior_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import (
    Descriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from tools import protogen

ROOT: Final = Path(__file__).resolve().parent.parent
PROTO: Final = ROOT / "proto"
OUT: Final = PROTO / "tianfu" / "client"
WIDTH: Final = 88

SCALARS: Final = {
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
    FieldDescriptor.CPPTYPE_ENUM: "int | str",
    FieldDescriptor.CPPTYPE_INT32: "int",
    FieldDescriptor.CPPTYPE_INT64: "int",
    FieldDescriptor.CPPTYPE_UINT32: "int",
    FieldDescriptor.CPPTYPE_UINT64: "int",
    FieldDescriptor.CPPTYPE_STRING: "str",
}
WELL_KNOWN: Final = {
    "google.protobuf.Timestamp": "datetime",
    "google.protobuf.Duration": "timedelta",
    "google.protobuf.FieldMask": "str | Sequence[str]",
}
HIDDEN: Final = {"page_token", "resume_token"}
"""Fields that the client handles itself."""

METHOD_PATH: Final = 4
METHOD_OF: Final = (6, 2)
"""The path of a method in a file: field 6 is its services, field 2 of one its methods."""

HEAD: Final = '''"""Client of {full}, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

{imports}
from {module} import {grpc}
from tianfu.client import calls

'''


def services() -> Iterator[ServiceDescriptor]:
    """Yield every service of the contract."""
    for path in sorted((PROTO / "tianfu").rglob("*_service.proto")):
        module = ".".join(path.relative_to(PROTO).with_suffix("").parts) + "_pb2"
        found: FileDescriptor = importlib.import_module(module).DESCRIPTOR
        yield from found.services_by_name.values()


def python_module(file: FileDescriptor) -> str:
    """Return the module of a proto file's messages."""
    return str(file.name).removesuffix(".proto").replace("/", ".") + "_pb2"


def snake(name: str) -> str:
    """Return ``GetNode`` as ``get_node``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def message_type(message: Descriptor) -> str:
    """Return a message's Python name, with its module's last part."""
    parts = [message.name]
    outer = message.containing_type
    while outer is not None:
        parts.insert(0, outer.name)
        outer = outer.containing_type
    return f"{python_module(message.file).rpartition('.')[2]}.{'.'.join(parts)}"


def is_map(field: FieldDescriptor) -> bool:
    """Say whether a field is a map."""
    message = field.message_type
    return bool(message is not None and message.GetOptions().map_entry)


def single_type(field: FieldDescriptor) -> str:
    """Return the type of one value of a field."""
    if field.message_type is not None:
        known = WELL_KNOWN.get(field.message_type.full_name)
        return known or message_type(field.message_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "bytes"
    return SCALARS[field.cpp_type]


def field_type(field: FieldDescriptor) -> str:
    """Return the type of a field's argument."""
    if is_map(field):
        entry = field.message_type.fields_by_name
        return f"Mapping[{single_type(entry['key'])}, {single_type(entry['value'])}]"
    kind = single_type(field)
    return f"Iterable[{kind}]" if field.is_repeated else kind


def is_required(field: FieldDescriptor) -> bool:
    """Say whether a request is refused without the field."""
    behaviours = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return field_behavior_pb2.REQUIRED in behaviours


def page_of(method: MethodDescriptor) -> FieldDescriptor | None:
    """Return the field with a page's items, None for what has no pages."""
    fields = method.output_type.fields
    if "next_page_token" not in method.output_type.fields_by_name:
        return None
    repeated = [field for field in fields if field.is_repeated and field.message_type is not None]
    return repeated[0] if repeated else None


def resumes(method: MethodDescriptor) -> bool:
    """Say whether a stream can be taken up where it ended."""
    return bool(
        method.server_streaming
        and "resume_token" in method.input_type.fields_by_name
        and "resume_token" in method.output_type.fields_by_name
    )


def arguments_of(method: MethodDescriptor) -> list[FieldDescriptor]:
    """Return the fields of the request that are arguments, required ones first."""
    fields = [field for field in method.input_type.fields if field.name not in HIDDEN]
    return sorted(fields, key=lambda field: not is_required(field))


def argument(field: FieldDescriptor) -> str:
    """Return a field's name as an argument."""
    return f"{field.name}_" if keyword.iskeyword(field.name) else field.name


def signature(method: MethodDescriptor, result: str, *, asynchronous: bool) -> str:
    """Return the method's ``def`` line, one argument a line."""
    awaited = asynchronous and not method.server_streaming and page_of(method) is None
    lines = [f"{'async ' if awaited else ''}def {snake(method.name)}(", "    self,"]
    if method.client_streaming:
        many = "AsyncIterable" if asynchronous else "Iterable"
        lines.append(f"    requests: {many}[{message_type(method.input_type)}],")
    fields = [] if method.client_streaming else arguments_of(method)
    lines.append("    *,")
    for field in fields:
        kind = field_type(field)
        optional = "" if is_required(field) else " | None = None"
        lines.append(f"    {argument(field)}: {kind}{optional},")
    lines += ["    timeout_s: float | None = None,", f") -> {result}:"]
    return "\n".join(lines)


def result_of(method: MethodDescriptor, *, asynchronous: bool) -> str:
    """Return the type of what a method returns."""
    several = "AsyncIterator" if asynchronous else "Iterator"
    page = page_of(method)
    if page is not None:
        return f"{several}[{message_type(page.message_type)}]"
    kind = message_type(method.output_type)
    return f"{several}[{kind}]" if method.server_streaming else kind


def body(method: MethodDescriptor, *, asynchronous: bool) -> str:
    """Return the method's statements."""
    name = f"self._stub.{method.name}"
    wait, kind = "await " if asynchronous else "", message_type(method.output_type)
    if method.client_streaming:
        return f"found: {kind} = {wait}self._calls.send({name}, requests, timeout_s)\nreturn found"
    given = ", ".join(f"{field.name}={argument(field)}" for field in arguments_of(method))
    fields = f"dict({given})" if given else "{}"
    request = f"calls.request({message_type(method.input_type)}, {fields})"
    page = page_of(method)
    if page is not None:
        return f'return self._calls.pages({name}, {request}, "{page.name}", timeout_s)'
    if resumes(method):
        return f"return self._calls.resumed({name}, {request}, timeout_s)"
    if method.server_streaming:
        return f"return self._calls.stream({name}, {request}, timeout_s)"
    return f"found: {kind} = {wait}self._calls.unary({name}, {request}, timeout_s)\nreturn found"


def comments() -> dict[str, str]:
    """Return what the protos say of each method, by its full name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.binpb"
        protogen.image(path)
        files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file
    found = {}
    for file in files:
        for place in file.source_code_info.location:
            if len(place.path) == METHOD_PATH and (place.path[0], place.path[2]) == METHOD_OF:
                service = file.service[place.path[1]]
                name = f"{file.package}.{service.name}.{service.method[place.path[3]].name}"
                found[name] = " ".join(place.leading_comments.split())
    return found


def docstring(method: MethodDescriptor, said: str) -> str:
    """Return a method's docstring: what the proto says of it, and what the client adds."""
    added = ""
    if page_of(method) is not None:
        added = " Pages are asked for as they are needed."
    elif resumes(method):
        added = " A connection that is lost is taken up where it was."
    text = f"{said}{added}".replace("\\", "\\\\").replace('"""', "")
    first, _, rest = text.partition(". ")
    if not rest:
        return f'"""{text}"""'
    more = textwrap.fill(rest, WIDTH - 4)
    return f'"""{first}.\n\n{more}\n"""'


def class_of(service: ServiceDescriptor, said: dict[str, str], *, asynchronous: bool) -> str:
    """Return the class of one service."""
    name = service.name.removesuffix("Service")
    kind = "Async" if asynchronous else ""
    grpc = f"{python_module(service.file).rpartition('.')[2]}_grpc"
    lines = [
        f"class {kind}{name}:",
        f'    """{service.full_name}, {"awaited" if asynchronous else "call by call"}."""',
        "",
        f"    def __init__(self, channel: calls.{kind}Channel) -> None:",
        f"        self._stub: Any = {grpc}.{service.name}Stub(channel.grpc)",
        "        self._calls = channel",
    ]
    for method in service.methods:
        result = result_of(method, asynchronous=asynchronous)
        text = "\n".join(
            (
                signature(method, result, asynchronous=asynchronous),
                textwrap.indent(docstring(method, said.get(method.full_name, "")), "    "),
                textwrap.indent(body(method, asynchronous=asynchronous), "    "),
            )
        )
        lines += ["", textwrap.indent(text, "    ")]
    return "\n".join(lines) + "\n"


def used_files(service: ServiceDescriptor) -> list[FileDescriptor]:
    """Return the files whose messages a service's methods name."""
    found: dict[str, FileDescriptor] = {}

    def add(message: Descriptor | None) -> None:
        if message is not None and not message.GetOptions().map_entry:
            found.setdefault(message.file.name, message.file)

    for method in service.methods:
        add(method.input_type)
        page = page_of(method)
        add(method.output_type if page is None else page.message_type)
        for field in method.input_type.fields:
            known = field.message_type
            if known is not None and known.full_name not in WELL_KNOWN:
                add(known.fields_by_name["value"].message_type if is_map(field) else known)
    return [found[name] for name in sorted(found)]


def module_of(service: ServiceDescriptor, said: dict[str, str]) -> str:
    """Return the text of a service's module."""
    imports = []
    for file in used_files(service):
        package, _, module = python_module(file).rpartition(".")
        imports.append(f"from {package} import {module}")
    package, _, module = python_module(service.file).rpartition(".")
    head = HEAD.format(
        full=service.full_name,
        imports="\n".join(sorted(imports)),
        module=package,
        grpc=f"{module}_grpc",
    )
    both = (class_of(service, said, asynchronous=asynchronous) for asynchronous in (False, True))
    return head + "\n" + "\n\n".join(both)


def file_of(service: ServiceDescriptor) -> str:
    """Return the name of a service's module."""
    return f"{snake(service.name.removesuffix('Service'))}_client.py"


def facade(found: list[ServiceDescriptor]) -> str:
    """Return the package's own text: one name a service and kind."""
    lines = ['"""Every service of Tianfu from Python: `tianfu.client`."""', ""]
    names = []
    for service in found:
        name = service.name.removesuffix("Service")
        module = file_of(service).removesuffix(".py")
        lines.append(f"from tianfu.client.{module} import Async{name}, {name}")
        names += [f"Async{name}", name]
    lines += [
        "from tianfu.client.calls import AsyncChannel, Channel",
        "from tianfu.client.errors import CallError, Violation",
    ]
    names += ["AsyncChannel", "CallError", "Channel", "Violation"]
    head, rest = lines[:2], sorted(lines[2:])
    listed = "".join(f'    "{name}",\n' for name in sorted(names))
    return "\n".join([*head, *rest]) + f"\n\n__all__ = [\n{listed}]\n"


def main() -> None:
    """Write the client."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="where to write the modules")
    out: Path = parser.parse_args().out
    found, said = list(services()), comments()
    made = {out / file_of(service): module_of(service, said) for service in found}
    made[out / "__init__.py"] = facade(found)
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    # The formatter is told each file by name: of the tree it leaves generated ones alone.
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", *made], check=True)


if __name__ == "__main__":
    main()
