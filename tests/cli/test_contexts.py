"""Contexts: platforms by name, here and elsewhere; which one is meant."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from cli import connection, contexts, main
from cli.failures import Exit, Failure
from cli.local.folder import Folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    monkeypatch.setenv(contexts.FOLDER_VARIABLE, str(folder))
    monkeypatch.delenv(contexts.CONTEXT_VARIABLE, raising=False)
    monkeypatch.delenv("TIANFU_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return folder


def tianfu(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["tianfu", *arguments])
    with pytest.raises(SystemExit) as caught:
        main.main()
    return int(caught.value.code or 0)


def remote(known: contexts.Contexts, token: Path, authority: Path | None = None) -> Path:
    made = contexts.set_remote(known, "prod", {"fleet": "fleet.test:443"}, authority, token)
    return made.known["prod"]


def test_where_contexts_are_kept() -> None:
    assert contexts.home({"TIANFU_CONFIG": "/a"}) == Path("/a")
    assert contexts.home({"XDG_CONFIG_HOME": "/b"}) == Path("/b/tianfu")
    assert contexts.home({}).parts[-2:] == (".config", "tianfu")


def test_the_first_context_is_current_until_another_is_used(home: Path, tmp_path: Path) -> None:
    contexts.set_local(contexts.load(home), "one", tmp_path / "1")
    contexts.set_local(contexts.load(home), "two", tmp_path / "2")
    assert contexts.chosen() == tmp_path / "1"

    contexts.use(contexts.load(home), "two")
    assert contexts.chosen() == tmp_path / "2"
    assert contexts.chosen({"TIANFU_CONFIG": str(home), "TIANFU_CONTEXT": "one"}) == tmp_path / "1"

    contexts.forget(contexts.load(home), "two")
    assert contexts.chosen() is None
    assert list(contexts.load(home).known) == ["one"]


def test_a_platform_elsewhere_is_addresses_whom_to_believe_and_where_the_token_is(
    home: Path, tmp_path: Path
) -> None:
    authority, token = tmp_path / "ca.pem", tmp_path / "token"
    authority.write_text("CERTIFICATE")
    token.write_text("of.a.test\n")
    data = remote(contexts.load(home), token, authority)

    found = connection.context_of(data)
    assert found.fleet == "fleet.test:443"
    assert found.telemetry == found.energy == connection.NOWHERE
    assert (found.folder.keys / "tls" / "ca.pem").read_text() == "CERTIFICATE"
    assert connection.metadata_of(found.folder) == (("authorization", "Bearer of.a.test"),)
    # The token is read at each call, and copied nowhere.
    token.write_text("renewed.by.somebody")
    assert connection.metadata_of(found.folder)[0][1].endswith("renewed.by.somebody")
    assert not any("of.a.test" in path.read_text() for path in home.rglob("*.json"))


@pytest.mark.parametrize("text", ["", "two words", "令牌"])
def test_a_file_without_a_token_says_so(home: Path, tmp_path: Path, text: str) -> None:
    token = tmp_path / "token"
    token.write_text(text)
    folder = Folder.at(remote(contexts.load(home), token))

    with pytest.raises(Failure) as caught:
        connection.metadata_of(folder)
    assert caught.value.reason == "TOKEN_FILE_UNUSABLE"


def test_nothing_is_run_in_the_folder_of_a_platform_elsewhere(home: Path, tmp_path: Path) -> None:
    data = remote(contexts.load(home), tmp_path / "token")

    with pytest.raises(Failure) as caught:
        Folder.at(data).make()
    assert caught.value.reason == "CONTEXT_ELSEWHERE"


def test_forgetting_removes_what_was_made_for_it_and_no_data(home: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    made = remote(contexts.load(home), tmp_path / "token")
    contexts.set_local(contexts.load(home), "here", data)
    contexts.forget(contexts.load(home), "prod")
    contexts.forget(contexts.load(home), "here")

    assert not made.exists()
    assert data.exists()


@pytest.mark.parametrize(
    ("name", "services", "reason"),
    [
        ("prod", {"flet": "a:1"}, "SERVICE_UNKNOWN"),
        ("prod", {}, "SERVICE_UNKNOWN"),
        ("../prod", {"fleet": "a:1"}, "CONTEXT_NAME_INVALID"),
        ("", {"fleet": "a:1"}, "CONTEXT_NAME_INVALID"),
    ],
)
def test_a_wrong_context_is_refused_and_nothing_is_written(
    home: Path, name: str, services: dict[str, str], reason: str
) -> None:
    with pytest.raises(Failure) as caught:
        contexts.set_remote(contexts.load(home), name, services, None, Path("token"))
    assert (caught.value.reason, caught.value.status) == (reason, Exit.USAGE)
    assert not home.exists()


def test_a_damaged_file_is_said(home: Path) -> None:
    home.mkdir()
    (home / contexts.FILE).write_text("[]")
    with pytest.raises(Failure, match=r"contexts\.json is not what"):
        contexts.load(home)


def test_by_the_command_line(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tianfu(monkeypatch, "context", "set", "here", "--data", str(tmp_path / "d")) == Exit.OK
    (tmp_path / "token").write_text("x")
    arguments = ("--service", "fleet=127.0.0.1:1", "--token-file", str(tmp_path / "token"))
    assert tianfu(monkeypatch, "context", "set", "far", *arguments) == Exit.OK
    assert tianfu(monkeypatch, "context", "use", "far") == Exit.OK
    assert tianfu(monkeypatch, "context", "use", "none") == Exit.NOT_FOUND
    capsys.readouterr()
    assert tianfu(monkeypatch, "context", "list", "-o", "json") == Exit.OK

    listed = json.loads(capsys.readouterr().out)
    assert [(each["context"], each["current"], each["where"]) for each in listed] == [
        ("far", "*", "elsewhere"),
        ("here", "", "this machine"),
    ]


def test_commands_speak_to_the_context_unless_a_folder_is_named(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contexts.set_local(contexts.load(home), "here", tmp_path / "of-the-context")

    def where(*arguments: str) -> str:
        assert tianfu(monkeypatch, *arguments) == Exit.UNAVAILABLE
        return capsys.readouterr().err.splitlines()[0]

    assert "of-the-context" in where("nodes", "list")
    assert "of-the-context" in where("get", "nodes")
    assert "named" in where("nodes", "list", "--data", str(tmp_path / "named"))
    monkeypatch.setenv("TIANFU_DATA", str(tmp_path / "by-variable"))
    assert "by-variable" in where("nodes", "list")
    monkeypatch.delenv("TIANFU_DATA")
    contexts.set_local(contexts.load(home), "other", tmp_path / "of-the-other")
    # It is set for what follows, so it is undone with the test.
    monkeypatch.setenv(contexts.CONTEXT_VARIABLE, "here")
    assert "of-the-other" in where("--context", "other", "get", "nodes")
