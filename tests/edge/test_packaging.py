"""What a device installs: wheels for its machine, a Debian package."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]

# Pure Python without a wheel: pip builds it anywhere, without a compiler.
PURE_SOURCES = {"nkeys"}


def tool(name: str) -> ModuleType:
    """Return one of the scripts in tools, which are no package."""
    spec = importlib.util.spec_from_file_location(f"tool_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_wheels_is_the_locks() -> None:
    assert tool("wheel_table").differences() == []


@pytest.mark.parametrize(
    ("extra", "lacking"),
    [
        ("edge", {"cffi", "pynacl"}),
        ("can", set()),
        ("gpio", set()),
        ("mqtt", set()),
        ("opcua", {"cffi"}),
        ("rules", set()),
        ("waveform", {"numpy"}),
    ],
)
def test_a_64_bit_pi_needs_no_compiler_and_a_32_bit_one_as_documented(
    extra: str, lacking: set[str]
) -> None:
    table = tool("wheel_table")
    assert table.missing(extra, "aarch64") <= PURE_SOURCES
    assert table.missing(extra, "armv7l") - PURE_SOURCES == lacking


# -- the Debian package ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with our own wheel alone: those of others would have to be fetched."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not here; .ci/run installs it")
    folder = tmp_path_factory.mktemp("deb")
    (folder / "wheels").mkdir()
    built: Path = tool("deb").build(folder / "out", "aarch64", folder / "wheels")
    return built


def test_its_control_file_says_what_it_needs(package: Path) -> None:
    shown = subprocess.run(
        ["dpkg-deb", "--field", str(package)], capture_output=True, text=True, check=True
    ).stdout
    fields = dict(line.split(": ", 1) for line in shown.splitlines() if not line.startswith(" "))
    assert package.name == f"tianfu-edge_{fields['Version']}_arm64.deb"
    assert (fields["Package"], fields["Architecture"]) == ("tianfu-edge", "arm64")
    assert "python3-venv" in fields["Depends"]
    assert int(fields["Installed-Size"]) > 100


def test_its_files_are_roots_and_where_they_belong(package: Path, tmp_path: Path) -> None:
    tar = tmp_path / "data.tar"
    with tar.open("wb") as out:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=out, check=True)
    with tarfile.open(tar) as archive:
        found = {member.name.removeprefix("./"): member for member in archive}
    assert all(member.uid == member.gid == 0 for member in found.values())
    assert not any(member.mode & 0o022 for member in found.values())
    assert {
        "lib/systemd/system/tianfu-edge.service",
        "usr/share/doc/tianfu-edge/copyright",
        "etc/tianfu",
    } <= found.keys()
    (wheel,) = (name for name in found if name.endswith(".whl"))
    assert wheel.startswith("usr/share/tianfu-edge/wheels/tianfu-")


def test_its_scripts_are_shell_that_parses(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--control", str(package), str(tmp_path / "control")], check=True)
    for script in ("postinst", "prerm", "postrm"):
        path = tmp_path / "control" / script
        assert path.stat().st_mode & 0o111
        subprocess.run(["sh", "-n", str(path)], check=True)


def test_removing_it_takes_what_it_made_and_keeps_the_readings(
    package: Path, tmp_path: Path
) -> None:
    control, root = tmp_path / "control", tmp_path / "root"
    subprocess.run(["dpkg-deb", "--control", str(package), str(control)], check=True)
    for made in ("opt/tianfu-edge/bin", "etc/tianfu", "var/lib/tianfu-edge", "usr/bin"):
        (root / made).mkdir(parents=True)
    (root / "usr/bin/tianfu-edge").symlink_to("/opt/tianfu-edge/bin/tianfu-edge")
    for script, action in (("prerm", "remove"), ("postrm", "purge")):
        subprocess.run(
            [str(control / script), action],
            env={"PATH": "/usr/bin:/bin", "DPKG_ROOT": str(root)},
            check=True,
        )
    left = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    assert left == ["etc", "opt", "usr", "usr/bin", "var", "var/lib", "var/lib/tianfu-edge"]
