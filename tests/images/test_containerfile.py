"""What the images are made of, as far as it can be told without making one (`make images` does)."""

from __future__ import annotations

import re
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import charts
from tools import checkers, image_install, images

LINES: Final = [
    line
    for line in images.CONTAINERFILE.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def stages() -> dict[str, list[str]]:
    """Return the lines of each stage by its name."""
    found: dict[str, list[str]] = {}
    for line in LINES:
        if line.startswith("FROM "):
            found[line.split(" AS ")[1]] = []
        if found:
            found[[*found][-1]].append(line)
    return found


STAGES: Final = stages()


def words(stage: str, instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in STAGES[stage] if line.startswith(f"{instruction} ")]


def test_there_is_an_image_of_all_that_charts_name() -> None:
    named = {
        container["image"].rpartition("/")[2].partition(":")[0]
        for chart, values in (
            ("tianfu", {"backup": {"state": "enabled"}}),
            ("tianfu-operators", {}),
            ("tianfu-edge", {"node": "bs-1", "kubernetesNode": "host-1"}),
        )
        for item in charts.render(chart, values)
        for container in charts.containers(item)
        if container["image"].startswith("tianfu/")
    }
    assert named == set(images.IMAGES) == set(image_install.EXTRAS)
    assert named <= STAGES.keys()


@pytest.mark.parametrize("image", images.IMAGES)
def test_nobody_in_particular_runs_it(image: str) -> None:
    assert words(image, "USER") == ["10001:10001"]
    assert words(image, "CMD")[0].startswith("[")
    assert words(image, "FROM") == [f"runtime AS {image}"]


@pytest.mark.parametrize("stage", ["runtime", *images.IMAGES])
def test_nothing_is_run_on_the_base(stage: str) -> None:
    """So that an image of another processor is made without emulating it."""
    assert words(stage, "RUN") == []


def test_nothing_comes_from_elsewhere() -> None:
    for line in LINES:
        instruction, _, rest = line.strip().partition(" ")
        assert instruction != "ADD"
        if instruction == "FROM":
            assert rest.split(" AS ")[0].split()[-1] in {"${BASE}", "${BUILDER}", *STAGES}
        if instruction == "RUN":
            command = re.sub(r"--mount=\S+ ", "", rest)
            assert command.startswith('["python3.11", "image_install.py"'), "no shell, no packages"
        assert "https:" not in line
        assert "ARG PASS" not in line


@pytest.mark.parametrize(
    "extra", sorted({one for all_ in image_install.EXTRAS.values() for one in all_})
)
def test_what_an_image_needs_first_is_pinned_with_hashes(extra: str) -> None:
    lock = image_install.LOCK
    text = (images.ROOT / lock).read_text(encoding="utf-8")
    project = (images.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(rf"(?ms)^{extra} = \[\n(.*?)^\]", project)
    assert listed is not None
    names = [canonicalize_name(Requirement(one).name) for one in re.findall(r'"(.+)"', listed[1])]
    chosen = image_install.chosen(text, [str(name) for name in names])
    for block in re.split(r"(?m)^(?=\S)", chosen)[1:]:
        assert "--hash=sha256:" in block
        assert block in text


def test_what_is_not_pinned_is_not_installed() -> None:
    lock = (
        "a==1 \\\n    --hash=sha256:00\nb==2 ; sys_platform == 'win32' \\\n    --hash=sha256:01\n"
    )
    assert image_install.chosen(lock, ["b"]) == lock[lock.index("b==") :]
    with pytest.raises(KeyError, match="does not pin c"):
        image_install.chosen(lock, ["a", "c"])


def test_settings_of_this_machine_are_its_index_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "global.index-url='https://packages.example/simple'\n:env:.find-links='/opt/wheels'\n"
    monkeypatch.setattr(images, "run", lambda *_: told)
    assert images.pip_settings() == "[global]\nindex-url = https://packages.example/simple\n"


@pytest.mark.parametrize("name", checkers.PROGRAMS)
def test_checkers_are_pinned_with_hashes(name: str) -> None:
    text = (checkers.LOCKS / f"{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=\S)", text)[1:]
    assert any(block.startswith(f"{name}==") for block in blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
