"""Settings: all errors at once, in words that help, without a value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from services.plumbing.settings import ServiceSettings, load, split_address


class Example(ServiceSettings):
    database_url: SecretStr = Field(description="the database", min_length=20)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Set a good environment and return it."""
    for name in list(os.environ):
        if name.startswith("TIANFU_"):
            monkeypatch.delenv(name)
    for name in ("seed", "keys.json"):
        (tmp_path / name).touch()
    good = {
        "TIANFU_NATS_CREDENTIALS_FILE": str(tmp_path / "seed"),
        "TIANFU_TOKEN_KEYS_FILE": str(tmp_path / "keys.json"),
        "TIANFU_DATABASE_URL": "postgresql+asyncpg://fleet:hunter2-hunter2@h/t",
    }
    for name, value in good.items():
        monkeypatch.setenv(name, value)
    return good


def test_good(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    settings = load(Example)
    assert settings.grpc_address == "127.0.0.1:7101"
    assert settings.metrics_address is None
    assert "hunter2" not in repr(settings)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("GRPC_ADDRESS", "7101", "need HOST:PORT", id="no-host"),
        pytest.param("GRPC_ADDRESS", "h:70000", "need HOST:PORT", id="port-too-high"),
        pytest.param("GRPC_ADDRESS", "a b:1", "need HOST:PORT", id="space"),
        pytest.param("METRICS_ADDRESS", "x", "need HOST:PORT", id="metrics"),
        pytest.param("NATS_URL", "http://h", "pattern", id="nats-scheme"),
        pytest.param("NATS_CREDENTIALS_FILE", "/nowhere/x", "there is no such file", id="no-file"),
        pytest.param("NATS_CREDENTIALS_FILE", None, "is not set", id="missing"),
        pytest.param("TOKEN_KEYS_FILE", "/", "there is no such file", id="folder"),
        pytest.param("TRACE_RATIO", "1.5", "less than or equal to 1", id="ratio-too-high"),
        pytest.param("TRACE_RATIO", "often", "valid number", id="ratio-no-number"),
        pytest.param("LOG_LEVEL", "loud", "'debug', 'info'", id="level"),
        pytest.param("DATABASE_URL", "hunter2", "at least 20", id="secret"),
    ],
)
def test_wrong(
    name: str,
    value: str | None,
    expected: str,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    variable = f"TIANFU_{name}"
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(SystemExit) as caught:
        load(Example)
    assert caught.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "SETTINGS_INVALID: cannot start, 1 setting is wrong:"
    assert said[1].strip().startswith(f"{variable} ({name.lower()}): ")
    assert expected in said[1]
    assert f"set {variable} to " in said[1]
    assert "hunter2" not in "".join(said)


def test_all_at_once(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIANFU_GRPC_ADDRESS", "x")
    monkeypatch.setenv("TIANFU_NATS_CREDENTIALFILE", "x")
    with pytest.raises(SystemExit):
        load(Example)
    said = capsys.readouterr().err
    assert "4 settings are wrong" in said
    for name in (*environment, "TIANFU_GRPC_ADDRESS"):
        assert f"  {name} (" in said
    assert "TIANFU_NATS_CREDENTIALFILE is no setting here" in said
    assert "did you mean TIANFU_NATS_CREDENTIALS_FILE?" in said


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("TIANFU_GRPC_ADRESS", "TIANFU_GRPC_ADDRESS", id="letter-missing"),
        pytest.param("TIANFU_LOGLEVEL", "TIANFU_LOG_LEVEL", id="underscore-missing"),
        pytest.param("TIANFU_TOKEN_ISSUSER", "TIANFU_TOKEN_ISSUER", id="letter-too-many"),
        pytest.param("TIANFU_DATA_DIR", None, id="another-services"),
        pytest.param("TIANFU_CLICKHOUSE_URL", None, id="another-services-url"),
        pytest.param("GRPC_ADRESS", None, id="not-ours"),
        pytest.param("tianfu_log_level", None, id="case-does-not-matter"),
    ],
)
def test_near_misses_are_warned_of(
    name: str,
    meant: str | None,
    environment: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    load(Example, {**environment, name: "x"})
    said = capsys.readouterr().err
    if meant is None:
        assert said == ""
    else:
        assert said == f"{name} is no setting here and is ignored; did you mean {meant}?\n"


def test_empty_means_not_set(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIANFU_METRICS_ADDRESS", "")
    monkeypatch.setenv("TIANFU_TRACE_FILE", "")
    settings = load(Example)
    assert (settings.metrics_address, settings.trace_file) == (None, None)


def test_split_address() -> None:
    assert split_address("[::1]:80") == ("::1", 80)
    assert split_address("localhost:0") == ("localhost", 0)
