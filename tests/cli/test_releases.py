"""``tianfu releases``: what is signed here is what a node believes, and nothing else is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata
from typer.testing import CliRunner

from cli import keys, main, releases
from cli.failures import Failure
from cli.keyfiles import KeyFiles
from cli.keystore import COST_RANDOM
from cli.updates.repository import LIVES, Repository
from tests.support.wheels import wheel
from tianfu.releases import trust
from tianfu.releases.trust import UpdateRefused

GUIDE = Path(__file__).parents[2] / "docs/updating-nodes.md"
NOW = datetime.now(UTC)


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    found = Repository(
        tmp_path / "releases",
        KeyFiles(tmp_path / "keys", "correct horse battery", COST_RANDOM),
        NOW,
    )
    found.create()
    found.add("0.2.0", [agent_wheel(tmp_path, "0.2.0")])
    found.point("stable", "0.2.0")
    return found


def agent_wheel(folder: Path, version: str) -> Path:
    path = folder / f"tianfu-{version}-py3-none-any.whl"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(wheel("tianfu", version, f"VERSION = {version!r}\n"))
    return path


class Node:
    """One that believes what the root that it was installed with leads to."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self._root = (repository.folder / "metadata" / "1.root.json").read_bytes()
        self._folder = folder

    def version(self, files: dict[str, bytes], channel: str = "stable") -> str:
        believed = trust.believe(files, self._root, self._folder)
        found = believed.release(believed.version_of(channel))
        assert found.wheels[0].package == "tianfu"
        return found.version

    def refusal(self, files: dict[str, bytes], channel: str = "stable") -> str:
        with pytest.raises(UpdateRefused) as refused:
            self.version(files, channel)
        return refused.value.reason


def advanced(repository: Repository, version: str) -> dict[str, bytes]:
    repository.add(version, [agent_wheel(repository.folder.parent, version)])
    repository.point("stable", version)
    return repository.files()


def test_what_was_signed_is_believed_and_stays_so(made: Repository, tmp_path: Path) -> None:
    node = Node(made, tmp_path / "node")
    assert node.version(made.files()) == "0.2.0"
    assert node.version(made.files()) == "0.2.0"
    assert node.version(advanced(made, "0.3.0")) == "0.3.0"
    made.point("stable", "0.2.0")
    assert node.version(made.files()) == "0.2.0"  # whoever signs may go back
    assert node.refusal(made.files(), "candidate") == trust.CHANNEL_UNKNOWN


def test_what_is_older_is_refused(made: Repository, tmp_path: Path) -> None:
    node = Node(made, tmp_path / "node")
    old = made.files()
    new = advanced(made, "0.3.0")
    assert node.version(new) == "0.3.0"
    assert node.refusal(old) == trust.ROLLED_BACK
    assert node.version(new) == "0.3.0"
    assert node.refusal({**new, "timestamp.json": old["timestamp.json"]}) == trust.ROLLED_BACK


def test_what_is_mixed_of_two_is_refused(made: Repository, tmp_path: Path) -> None:
    old = made.files()
    new = advanced(made, "0.3.0")
    for number, name in enumerate(("snapshot.json", "targets.json", "channels/stable.json")):
        node = Node(made, tmp_path / f"node-{number}")
        assert node.refusal({**new, name: old[name]}) == trust.MIXED
        assert node.version(new) == "0.3.0"


def test_what_has_ended_is_refused(made: Repository, tmp_path: Path) -> None:
    node = Node(made, tmp_path / "node")
    good = made.files()
    past = replace(made, now=NOW - LIVES["timestamp"] - timedelta(minutes=1))
    past.refresh()
    with pytest.raises(Failure) as failed:
        past.files()
    assert failed.value.reason == trust.EXPIRED
    metadata = made.folder / "metadata"
    stale = {
        **good,
        **{n: (metadata / n).read_bytes() for n in ("timestamp.json", "snapshot.json")},
    }
    assert node.refusal(stale) == trust.EXPIRED
    made.refresh()
    assert node.version(made.files()) == "0.2.0"


def test_what_others_signed_is_refused(made: Repository, tmp_path: Path) -> None:
    node = Node(made, tmp_path / "node")
    other = Repository(
        tmp_path / "other",
        KeyFiles(tmp_path / "other-keys", "correct horse battery", COST_RANDOM),
        NOW,
    )
    other.create()
    forged = advanced(other, "6.6.6")
    assert node.refusal(forged) == trust.SIGNATURE_WRONG
    good = made.files()
    for name in ("timestamp.json", "snapshot.json", "targets.json"):
        metadata = Metadata.from_bytes(good[name])
        metadata.signed.version += 1
        fresh = Node(made, tmp_path / name)
        assert fresh.refusal({**good, name: metadata.to_bytes()}) in {
            trust.SIGNATURE_WRONG,
            trust.MIXED,
        }
    assert node.version(good) == "0.2.0"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("timestamp.json", b"{" + b" " * trust.TIMESTAMP_BYTES_MAX, trust.TOO_LARGE),
        ("snapshot.json", b" " * trust.SNAPSHOT_BYTES_MAX, trust.TOO_LARGE),
        ("endless", b" " * trust.BUNDLE_BYTES_MAX, trust.TOO_LARGE),
        ("timestamp.json", b"{", trust.MALFORMED),
        ("timestamp.json", None, trust.INCOMPLETE),
        ("releases/0.2.0.json", None, trust.INCOMPLETE),
        ("releases/0.2.0.json", b"{}", trust.MIXED),
    ],
)
def test_what_is_too_large_or_torn_is_refused(
    made: Repository, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    files = {k: v for k, v in made.files().items() if k != name}
    assert (
        Node(made, tmp_path / "node").refusal(files | ({name: content} if content else {}))
        == reason
    )


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_key_is_replaced_and_nodes_go_along(made: Repository, tmp_path: Path, role: str) -> None:
    node = Node(made, tmp_path / "node")
    assert node.version(made.files()) == "0.2.0"
    stolen = KeyFiles(tmp_path / "stolen", "correct horse battery", COST_RANDOM)
    stolen.begin()
    stolen.write(role, made.keys.read(role))
    assert made.rotate(role).name == "2.root.json"
    assert node.version(made.files()) == "0.2.0"
    assert node.version(advanced(made, "0.3.0")) == "0.3.0"
    fresh = Node(made, tmp_path / "fresh")
    assert fresh.version(made.files()) == "0.3.0"
    made.keys.write(role, stolen.read(role))  # who has the old key signs nothing any more
    if role == "root":
        made.rotate("timestamp")
        assert fresh.refusal(_unchecked(made)) == trust.SIGNATURE_WRONG
    else:
        made.point("stable", "0.2.0")
        assert fresh.refusal(_unchecked(made)) == trust.SIGNATURE_WRONG


def _unchecked(made: Repository) -> dict[str, bytes]:
    files = {p.name: p.read_bytes() for p in (made.folder / "metadata").glob("*.json")}
    targets = made.folder / "targets"
    return files | {str(p.relative_to(targets)): p.read_bytes() for p in targets.rglob("*.json")}


def test_the_guide_s_commands_sign_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery staple\n")
    monkeypatch.setenv(keys.PASSPHRASE_VARIABLE, str(tmp_path / "passphrase"))
    monkeypatch.chdir(tmp_path)
    Path("keys/updates").mkdir(parents=True)
    cheap = {"kdf": "scrypt", "salt": "00" * 16, "cost": COST_RANDOM}  # a second is saved each time
    Path("keys/updates/stretch.json").write_text(json.dumps(cheap))
    agent = agent_wheel(Path("dist"), "0.2.0")
    agent_wheel(Path("dist"), "0.3.0")
    signing, weekly = (
        re.findall(r"^tianfu (.*)$", block, re.MULTILINE)
        for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0:3:2]
    )
    for line in signing:
        done = CliRunner().invoke(main.app, line.split(), catch_exceptions=False)
        assert done.exit_code == 0, line
    assert "PRIVATE" not in "".join(p.read_text() for p in Path("releases").rglob("*.json"))
    listed = CliRunner().invoke(releases.app, ["list", "-o", "json"]).stdout
    assert json.loads(listed) == [
        {
            "version": "0.2.0",
            "channels": "candidate, stable",
            "wheels": 1,
            "size_bytes": agent.stat().st_size,
        }
    ]
    for arguments, reason in (
        (["sign", str(agent)], "RELEASE_EXISTS"),
        (["sign", str(tmp_path / "passphrase")], "RELEASE_INVALID"),
        (["point", "stable", "0.3.0"], "RELEASE_UNKNOWN"),
        (["point", "Stable!", "0.2.0"], "RELEASE_INVALID"),
        (["withdraw", "0.2.0"], "RELEASE_IN_CHANNEL"),
        (["rotate", "everything"], "ROLE_UNKNOWN"),
        (["list", "--releases", "nowhere"], "RELEASES_MISSING"),
        (["refresh", "--keys", "nowhere"], "KEY_MISSING"),
    ):
        failed = CliRunner().invoke(releases.app, arguments).exception
        assert isinstance(failed, Failure), arguments
        assert failed.reason == reason
    for line in weekly:
        assert CliRunner().invoke(main.app, line.split(), catch_exceptions=False).exit_code == 0, (
            line
        )


def test_a_release_that_is_withdrawn_is_signed_no_more(made: Repository, tmp_path: Path) -> None:
    files = advanced(made, "0.3.0")
    made.withdraw("0.2.0")
    node = Node(made, tmp_path / "node")
    assert node.version(made.files()) == "0.3.0"
    believed = trust.believe(
        {**made.files(), "releases/0.2.0.json": files["releases/0.2.0.json"]},
        (made.folder / "metadata" / "1.root.json").read_bytes(),
        tmp_path / "node",
    )
    with pytest.raises(UpdateRefused) as refused:
        believed.release("0.2.0")
    assert refused.value.reason == trust.VERSION_UNKNOWN
