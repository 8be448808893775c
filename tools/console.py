"""Build the console: clients from the protos, borders for its map, files for the gateway.

``python tools/console.py gen`` writes TypeScript clients from the protos (protoc-gen-es), and the
borders and names of counties from the data of the disaster-warning service. ``check`` runs the
compiler, the linter and the unit tests of the console, ``build`` makes the files that the gateway
serves, with a note of the sources that they were made of. All need Node 20.19 or newer, and its
packages once (see ``make console``); ``digest`` prints the sources' hash and needs nothing.

The built files are committed, so that a machine without Node can run the platform. The clients are
committed too, and made anew only by hand: messages only ever gain fields, so older clients go on
working, and a change of a proto elsewhere does not change the console.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
CONSOLE: Final = ROOT / "console"
GENERATED: Final = CONSOLE / "src" / "gen"
DATA: Final = CONSOLE / "src" / "data"
STATIC: Final = ROOT / "services" / "gateway" / "static"
NOTE: Final = "sources.txt"
SOURCES: Final = ("src", "index.html", "package.json", "package-lock.json", "vite.config.ts")
AREAS: Final = (
    "fleet",
    "telemetry",
    "disaster_warning",
    "healthcare",
    "credit_supervision",
    "energy",
)
SIMPLIFY_DEGREES: Final = 0.006
"""About 600 m: at the scale of the province a pixel or less."""
STEP_DEGREES: Final = 1e-3
"""Of the coordinates in the file: about 100 m."""


def digest() -> str:
    """Return the hash of all sources of the console."""
    found = hashlib.sha256()
    for name in SOURCES:
        top = CONSOLE / name
        files = sorted(p for p in top.rglob("*") if p.is_file()) if top.is_dir() else [top]
        for file in files:
            if file.name.endswith(".test.ts"):
                continue
            found.update(str(file.relative_to(CONSOLE)).encode() + b"\0")
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def generate() -> None:
    """Write the clients, then the counties."""
    from grpc_tools import protoc  # noqa: PLC0415 - of use to `gen` alone

    from tools.protogen import PROTO, imports  # noqa: PLC0415 - as above

    plugin = CONSOLE / "node_modules" / ".bin" / "protoc-gen-es"
    if not plugin.exists():
        sys.exit("protoc-gen-es is not there: run `make console`/")
    shutil.rmtree(GENERATED, ignore_errors=True)
    GENERATED.mkdir(parents=True)
    wanted = sorted(
        str(path.relative_to(PROTO))
        for area in (*AREAS, "reading")
        for path in (PROTO / "tianfu" / area).rglob("*.proto")
    )
    with tempfile.TemporaryDirectory() as folder:
        deps, whole, bare = (Path(folder) / name for name in ("deps", "whole", "bare"))
        deps.write_bytes(imports().SerializeToString(deterministic=True))
        base = ["protoc", f"--descriptor_set_in={deps}", f"-I{PROTO}", "--include_imports"]
        status = protoc.main(
            [*base, "--include_source_info", f"--descriptor_set_out={whole}", *wanted]
        )
        bare.write_bytes(without_options(whole.read_bytes()))
        arguments = [
            "protoc",
            f"--plugin=protoc-gen-es={plugin}",
            f"--descriptor_set_in={bare}",
            f"--es_out={GENERATED}",
            "--es_opt=target=ts,import_extension=js",
        ]
        status = status or protoc.main([*arguments, *wanted])
    if status:
        sys.exit(status)
    counties()


def without_options(image: bytes) -> bytes:
    """Return descriptors without options: rules and roles are the services' business.

    They would bring the descriptors of protovalidate into every browser, half of the whole.
    """
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - of use to `gen` alone

    found = descriptor_pb2.FileDescriptorSet.FromString(image)
    kept = [each for each in found.file if each.name.startswith(("tianfu/", "google/protobuf/"))]
    for file in kept:
        needed = [
            name for name in file.dependency if name.startswith(("tianfu/", "google/protobuf/"))
        ]
        needed = [name for name in needed if not name.startswith("tianfu/authz/")]
        del file.dependency[:]
        file.dependency.extend(needed)
        if not file.name.startswith("tianfu/"):
            continue
        for service in file.service:
            for method in service.method:
                method.ClearField("options")
        for message in file.message_type:
            _bare(message)
        for enum in file.enum_type:
            enum.ClearField("options")
    bare = [each for each in kept if not each.name.startswith("tianfu/authz/")]
    made: bytes = descriptor_pb2.FileDescriptorSet(file=bare).SerializeToString(deterministic=True)
    return made


def _bare(message: Any) -> None:
    is_map = message.options.map_entry
    message.ClearField("options")
    if is_map:
        message.options.map_entry = True
    for field in message.field:
        field.ClearField("options")
    for oneof in message.oneof_decl:
        oneof.ClearField("options")
    for nested in message.nested_type:
        _bare(nested)


def counties() -> None:
    """Write borders and names of the counties, simplified together so that no gap appears."""
    import numpy as np  # noqa: PLC0415 - of use to `gen` alone
    import shapely  # noqa: PLC0415 - as above

    from services.disaster_warning.geography import borders  # noqa: PLC0415 - as above

    xy, offsets = borders.rings()
    built = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, xy, offsets)
    valid = shapely.make_valid(built, method="structure", keep_collapsed=False)
    simple = shapely.coverage_simplify(valid, SIMPLIFY_DEGREES)
    folder = ROOT / "services" / "disaster_warning" / "geography" / "data"
    made = []
    for row, geometry in zip(rows(folder / "counties.csv"), simple, strict=True):
        parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
        made.append(
            {
                "code": row["code"],
                "zh": row["name_zh"],
                "en": row["name_en"],
                "at": [round(float(row["longitude"]), 4), round(float(row["latitude"]), 4)],
                "rings": [_steps(np, np.asarray(part.exterior.coords)) for part in parts],
            }
        )
    prefectures = [
        {"code": row["code"], "zh": row["name_zh"], "en": row["name_en"]}
        for row in rows(folder / "prefectures.csv")
    ]
    DATA.mkdir(exist_ok=True)
    content = {"step": STEP_DEGREES, "prefectures": prefectures, "counties": made}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (DATA / "counties.json").write_text(text + "\n", encoding="utf-8")


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with comments."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def _steps(np: Any, ring: Any) -> list[int]:
    """Return a ring as steps: a start, then differences, all in STEP_DEGREES."""
    whole = np.rint(ring / STEP_DEGREES).astype(int)
    keep = np.ones(len(whole), dtype=bool)
    keep[1:] = np.any(np.diff(whole, axis=0) != 0, axis=1)
    whole = whole[keep]
    first = [int(each) for each in whole[0]]
    return first + [int(each) for each in np.diff(whole, axis=0).ravel()]


def check() -> None:
    """Run compiler, linter and unit tests; exit with the first failure's status."""
    for command in (
        ["npx", "--no-install", "tsc", "--noEmit"],
        ["npx", "--no-install", "eslint", "src"],
        ["npx", "--no-install", "vitest", "run"],
    ):
        status = subprocess.run(command, cwd=CONSOLE, check=False).returncode
        if status:
            sys.exit(status)


def build(out: Path) -> None:
    """Make the files that the gateway serves."""
    command = ["npx", "--no-install", "vite", "build", "--outDir", str(out), "--emptyOutDir"]
    status = subprocess.run(command, cwd=CONSOLE, check=False).returncode
    if status:
        sys.exit(status)
    (out / NOTE).write_text(digest() + "\n", encoding="ascii")


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("gen", "check", "build", "digest"))
    parser.add_argument("--out", type=Path, default=STATIC, help="where to build")
    chosen = parser.parse_args()
    match chosen.command:
        case "gen":
            generate()
        case "check":
            check()
        case "build":
            build(chosen.out)
        case _:
            print(digest())


if __name__ == "__main__":
    main()
