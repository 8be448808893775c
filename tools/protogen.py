"""Generate the Python code of the protos, the client, and the descriptor image that buf reads.

What the protos say of each message, field and method does not reach the generated code: protoc
strips it. It is written beside the code as ``comments.json``, one a package, for `tianfu explain`.

The imports (google.api, google.rpc, buf.validate) are taken as descriptors from the installed
packages, so that no foreign .proto has to be copied and no network is needed.

Run as ``python tools/protogen.py``; ``--out DIR`` writes elsewhere, which the drift test uses;
``--check`` writes nothing and ends with 1 when the tree's ``comments.json`` are not current.
``--image FILE`` writes the image alone; ``--release`` writes it to proto/released.binpb, which
``buf breaking`` compares with: do so when a version is released, and never to silence it.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.api import annotations_pb2, client_pb2, field_behavior_pb2, resource_pb2
from google.protobuf import (
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
)
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
GOOGLE = [
    descriptor_pb2,
    duration_pb2,
    timestamp_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    annotations_pb2,
    client_pb2,
    field_behavior_pb2,
    resource_pb2,
]
VALIDATE = "buf/validate/validate.proto"
RELEASED = PROTO / "released.binpb"

COMMENTS = "comments.json"
# Where a message, enum or service has its parts, by the numbers that descriptor.proto gives them.
PARTS = {
    "file": {4: ("message_type", "message"), 5: ("enum_type", "enum"), 6: ("service", "service")},
    "message": {2: ("field", ""), 3: ("nested_type", "message"), 4: ("enum_type", "enum")},
    "enum": {2: ("value", "")},
    "service": {2: ("method", "")},
}

# Field 8042 of a file in a buf image, its is_import set: what is not ours is not linted.
BUF_IS_IMPORT = bytes.fromhex("d2f603020801")


def imports() -> descriptor_pb2.FileDescriptorSet:
    """Return descriptors of every foreign file, each after the files it imports."""
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(descriptor: object) -> None:
        for dependency in descriptor.dependencies:  # type: ignore[attr-defined]
            add(dependency)
        proto = descriptor_pb2.FileDescriptorProto()
        descriptor.CopyToProto(proto)  # type: ignore[attr-defined]
        found.setdefault(proto.name, proto)

    for module in GOOGLE:
        add(module.DESCRIPTOR)
    validate = descriptor_pb2.FileDescriptorProto.FromString(validate_descriptor())
    found[validate.name] = validate
    return descriptor_pb2.FileDescriptorSet(file=found.values())


def validate_descriptor() -> bytes:
    """Return protovalidate's own descriptor, serialised."""
    return bytes(validate_pb.desc().proto.to_binary())


def own_protos() -> list[str]:
    """Return our .proto files, relative to the proto folder."""
    return sorted(str(p.relative_to(PROTO)) for p in (PROTO / "tianfu").rglob("*.proto"))


def run(arguments: list[str]) -> None:
    """Run protoc; raise SystemExit with its status when it fails."""
    status = protoc.main(["protoc", *arguments])
    if status:
        sys.exit(status)


def generate(out: Path) -> None:
    """Write ``*_pb2.py``, ``*_pb2.pyi`` and ``*_pb2_grpc.py`` below ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        deps = Path(folder) / "deps.binpb"
        deps.write_bytes(imports().SerializeToString(deterministic=True))
        base = [f"--descriptor_set_in={deps}", f"-I{PROTO}"]
        run([*base, f"--python_out={out}", f"--pyi_out={out}", VALIDATE])
        protos = own_protos()
        run([*base, f"--python_out={out}", f"--pyi_out={out}", *protos])
        services = [
            p for p in protos if re.search(r"^service ", (PROTO / p).read_text(), re.MULTILINE)
        ]
        run([*base, f"--grpc_python_out={out}", *services])


def comments() -> dict[Path, str]:
    """Return comments.json of each package, by its path below a folder of generated code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.binpb"
        image(path)
        files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes()).file
    found: dict[Path, dict[str, str]] = {}
    for file in files:
        if not file.name.startswith("tianfu/"):
            continue
        said = found.setdefault(Path(file.name).with_name(COMMENTS), {})
        for place in file.source_code_info.location:
            name, text = named(file, place.path), place.leading_comments
            if name and text.strip():
                said[f"{file.package}.{name}"] = " ".join(text.split())
    return {
        path: json.dumps(said, ensure_ascii=False, indent=0, sort_keys=True) + "\n"
        for path, said in found.items()
    }


def named(file: descriptor_pb2.FileDescriptorProto, path: Sequence[int]) -> str:
    """Return the dotted name below its package of what stands at a path, "" for what has none."""
    here: Any = file
    kind, names = "file", list[str]()
    for number, index in zip(path[::2], path[1::2], strict=False):
        if number not in PARTS.get(kind, {}):
            return ""
        listed, kind = PARTS[kind][number]
        here = getattr(here, listed)[index]
        names.append(here.name)
    return "" if len(path) % 2 else ".".join(names)


def image(path: Path, *, source_info: bool = True) -> None:
    """Write the descriptor image for buf lint (which needs source positions) and buf breaking."""
    with tempfile.TemporaryDirectory() as folder:
        deps = Path(folder) / "deps.binpb"
        plain = Path(folder) / "plain.binpb"
        deps.write_bytes(imports().SerializeToString(deterministic=True))
        run(
            [
                f"--descriptor_set_in={deps}",
                f"-I{PROTO}",
                f"--descriptor_set_out={plain}",
                *(["--include_source_info"] if source_info else []),
                "--include_imports",
                *own_protos(),
            ]
        )
        found = descriptor_pb2.FileDescriptorSet.FromString(plain.read_bytes())
    for file in found.file:
        if not file.name.startswith("tianfu/"):
            file.MergeFromString(BUF_IS_IMPORT)
    path.write_bytes(found.SerializeToString(deterministic=True))


def write_comments(out: Path) -> None:
    """Write comments.json of each package below ``out``."""
    for path, text in comments().items():
        (out / path).write_text(text, encoding="utf-8")


def stale_comments() -> list[Path]:
    """Return which comments.json of the tree are not what the protos say."""
    return [
        path
        for path, text in comments().items()
        if not (PROTO / path).exists() or (PROTO / path).read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Generate code in place, or elsewhere with ``--out``; or write an image alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PROTO, help="where to write the code")
    parser.add_argument("--image", type=Path, help="write only the descriptor image, to this file")
    parser.add_argument("--release", action="store_true", help="write only proto/released.binpb")
    parser.add_argument("--check", action="store_true", help="say which comments.json are stale")
    arguments = parser.parse_args()
    if arguments.check:
        stale = stale_comments()
        sys.exit("".join(f"{path} is stale: run tools/protogen.py\n" for path in stale) or 0)
    if arguments.release:
        image(RELEASED, source_info=False)
    elif arguments.image:
        image(arguments.image)
    else:
        generate(arguments.out)
        write_comments(arguments.out)
        if arguments.out == PROTO:
            # In a process of its own: this one may have read the descriptors of before.
            subprocess.run([sys.executable, str(ROOT / "tools" / "clientgen.py")], check=True)


if __name__ == "__main__":
    main()
