"""The operator's keys on disk: encrypted, made once, replaced one at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.failures import Failure
from cli.keystore import COST_RANDOM, Keystore
from tianfu import nats_jwt
from tianfu.nats_accounts import ACCOUNTS, EDGE, OPERATOR

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    made = Keystore(tmp_path / "keys", PASSPHRASE, COST_RANDOM)
    made.create(now=100)
    return made


def opened(store: Keystore, passphrase: str = PASSPHRASE) -> Keystore:
    return Keystore(store.folder, passphrase, COST_RANDOM)


def test_what_was_made_is_read_again(store: Keystore) -> None:
    realm, again = store.realm(), opened(store).realm()
    assert again.operator_token == realm.operator_token
    assert again.operator_signing.seed == realm.operator_signing.seed
    for name in ACCOUNTS:
        assert again.account_signing[name].public_key in realm.accounts[name].signing_keys
        assert again.accounts[name] == realm.accounts[name]


def test_no_file_shows_a_key(store: Keystore) -> None:
    realm = store.realm()
    seeds = [realm.operator_signing.seed, *(p.seed for p in realm.account_signing.values())]
    for path in store.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        assert not any(seed in text for seed in seeds)
        if path.suffix == ".pem":
            assert "BEGIN ENCRYPTED PRIVATE KEY" in text
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        pytest.param(lambda s: opened(s, "another one, quite").realm(), "PASSPHRASE_WRONG", id="p"),
        pytest.param(lambda s: s.create(now=1), "KEYS_EXIST", id="twice"),
        pytest.param(
            lambda s: Keystore(s.folder / "x", "short", COST_RANDOM).create(now=1),
            "PASSPHRASE_SHORT",
            id="short",
        ),
        pytest.param(
            lambda s: Keystore(s.folder / "x", PASSPHRASE).realm(), "KEYS_MISSING", id="n"
        ),
    ],
)
def test_refusals(store: Keystore, act: object, reason: str) -> None:
    with pytest.raises(Failure) as caught:
        act(store)  # type: ignore[operator]
    assert caught.value.reason == reason


def test_a_signing_key_is_replaced_without_a_gap(store: Keystore) -> None:
    before = store.realm()
    store.rotate(EDGE, now=200)
    after = opened(store).realm()
    old, new = (r.account_signing[EDGE].public_key for r in (before, after))
    assert old != new
    assert after.accounts[EDGE].signing_keys == (new, old)

    assert opened(store).retire(EDGE, now=300) == [old]
    assert opened(store).realm().accounts[EDGE].signing_keys == (new,)


def test_the_operators_signing_key_needs_the_one_from_the_safe(store: Keystore) -> None:
    root = store.folder / "operator.pem"
    away = root.rename(store.folder.parent / "operator.pem")
    for act in (store.rotate, store.retire):
        with pytest.raises(Failure) as caught:
            act(OPERATOR, now=200)
        assert caught.value.reason == "KEY_MISSING"
    assert (
        opened(store).realm().operator_signing.public_key
        == store.public()["operator_signing_keys"][0]
    )

    away.rename(root)
    store.rotate(OPERATOR, now=200)
    token = nats_jwt.read(opened(store).realm().operator_token)
    assert token.body["signing_keys"] == store.public()["operator_signing_keys"]
    assert len(token.body["signing_keys"]) == 2
