"""The identity on the card: whatever is cut off while it is written, one good one is there."""

from __future__ import annotations

import base64
import json
import os
import stat
import zlib
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import main as edge_main
from edge.enrolment import identity
from edge.enrolment.identity import Facts, Identity, IdentityDamaged
from edge.enrolment.renewal import SPREAD, due_us
from edge.enrolment.unary_call import CallFailed, Server
from tianfu import join_code, nats_keys, nats_realm, subjects
from tianfu.join_code import JoinCode, JoinCodeInvalid
from tianfu.nats_keys import KeyKind, KeyPair

REALM = nats_realm.generate(issued=1)
FACTS = Facts("gw-1", "https://f:1", "", ("nats://n:1",), 1, 20, 30)


def pair(seed: int) -> KeyPair:
    return nats_keys.generate(KeyKind.USER, Random(seed).randbytes(32))


def token(key: KeyPair, node: str = "gw-1") -> str:
    rights = subjects.node_permissions(subjects.node_id(node))
    return REALM.user_token("node", node, key.public_key, rights, issued=1)


@pytest.fixture
def enrolled(tmp_path: Path) -> Identity:
    identity.keep_seed(tmp_path, identity.NEXT_SEED, pair(1))
    return identity.store(tmp_path, FACTS, token(pair(1)), pair(1))


def test_what_was_stored_is_loaded(enrolled: Identity, tmp_path: Path) -> None:
    held = identity.load_for("gw-1", tmp_path)
    assert held is not None
    assert held.facts == FACTS
    assert held.key.public_key == pair(1).public_key
    assert not (enrolled.folder / identity.NEXT_SEED).exists()
    assert [Path(file).read_text() for file in held.credentials] == [token(pair(1)), pair(1).seed]
    assert stat.S_IMODE(enrolled.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in enrolled.folder.iterdir()} == {0o600}


def test_no_identity_is_none(tmp_path: Path) -> None:
    assert identity.load(tmp_path) is None


def test_what_root_enrols_belongs_to_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo tianfu-edge enroll`, and a service that runs as another user."""
    given: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.update({Path(path).name: owner}))
    identity.keep_seed(tmp_path, identity.NEXT_SEED, pair(1))
    identity.store(tmp_path, FACTS, token(pair(1)), pair(1))
    owner = tmp_path.stat()
    written = (identity.NEXT_SEED, identity.TOKEN, identity.FACTS)
    assert given == dict.fromkeys(
        (identity.FOLDER, *(f"{name}.new" for name in written)), (owner.st_uid, owner.st_gid)
    )


class PowerCut(Exception):
    pass


def test_a_power_cut_at_any_write_leaves_a_good_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The n-th replacement of a file fails, for n = 1, 2, ... until none does."""
    replace = Path.replace
    for n in range(1, 10):
        data = tmp_path / str(n)
        identity.keep_seed(data, identity.NEXT_SEED, pair(1))
        identity.store(data, FACTS, token(pair(1)), pair(1))
        count = 0

        def cut(self: Path, target: Path, n: int = n) -> Path:
            nonlocal count
            count += 1
            if count == n:
                raise PowerCut
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", cut)
        try:
            identity.keep_seed(data, identity.NEXT_SEED, pair(2))
            identity.store(data, FACTS, token(pair(2)), pair(2))
            done = True
        except PowerCut:
            done = False
        monkeypatch.setattr(Path, "replace", replace)
        held = identity.load(data)
        assert held is not None
        assert held.key.public_key in {pair(1).public_key, pair(2).public_key}
        assert [Path(f).read_text() for f in held.credentials] == [token(held.key), held.key.seed]
        if done:
            assert held.key.public_key == pair(2).public_key
            assert n > 3
            return
    pytest.fail("more writes than there should be")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (identity.FACTS, "{"),
        (identity.FACTS, "[]"),
        (identity.FACTS, json.dumps({"version": 2})),
        (identity.FACTS, json.dumps({"version": 1, "node": "../x"})),
        (identity.SEED, "SUAA"),
        (identity.SEED, pair(7).seed),
        (identity.TOKEN, "x.y.z"),
        (identity.TOKEN, token(pair(1), "gw-2")),
        (identity.TOKEN, token(pair(7))),
    ],
)
def test_damage_is_said_and_never_shown(
    enrolled: Identity, tmp_path: Path, file: str, content: str
) -> None:
    (enrolled.folder / file).write_text(content)
    with pytest.raises(IdentityDamaged) as caught:
        identity.load(tmp_path)
    assert pair(7).seed not in str(caught.value)


def test_an_identity_of_another_node_is_not_used(enrolled: Identity, tmp_path: Path) -> None:
    with pytest.raises(IdentityDamaged, match="gw-1"):
        identity.load_for("gw-2", tmp_path)


@given(st.floats(0, 1))
def test_renewals_are_spread_and_in_time(jitter: float) -> None:
    assert FACTS.renew_us <= due_us(FACTS, jitter) <= FACTS.renew_us + SPREAD * 10


# -- join codes ------------------------------------------------------------------------------------


@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=1500))
def test_a_join_code_comes_back(token_: str, server: str, ca: str) -> None:
    code = JoinCode(token_, server, ca, join_code.root_digest(ca.encode()))
    assert join_code.decode(f" {join_code.encode(code)}\n") == code


@given(st.text() | st.from_regex(r"tfj1\.[A-Za-z0-9_-]*", fullmatch=True))
def test_what_is_no_join_code_is_refused(text: str) -> None:
    with pytest.raises(JoinCodeInvalid):
        join_code.decode(text)


def test_a_join_code_of_before_names_no_root() -> None:
    data = json.dumps({"t": "tf1.gw-1.abc", "s": "https://x:1", "c": ""}).encode()
    text = join_code.PREFIX + base64.urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")
    assert join_code.decode(text) == JoinCode("tf1.gw-1.abc", "https://x:1")


@pytest.mark.parametrize("root", ["0" * 63, "G" * 64, "A" * 64, ["0" * 64]])
def test_a_join_code_with_no_digest_where_one_belongs_is_refused(root: object) -> None:
    data = json.dumps({"t": "t", "s": "s", "c": "", "r": root}).encode()
    text = join_code.PREFIX + base64.urlsafe_b64encode(zlib.compress(data)).decode()
    with pytest.raises(JoinCodeInvalid):
        join_code.decode(text)


def test_who_needs_a_named_root_is_told_that_a_token_names_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["enroll", "tf1.gw-1.abc", "--server", "https://127.0.0.1:1", "--need-root-digest"]
    assert edge_main.main([*given, "--config", str(tmp_path / "edge.toml")]) == 2  # usage
    assert "[ROOT_UNNAMED]" in capsys.readouterr().err


@given(st.integers(0, 200))
def test_a_join_code_that_was_cut_off_is_refused(length: int) -> None:
    whole = join_code.encode(JoinCode("tf1.gw-1.abc", "https://x:1", "pem" * 50))
    with pytest.raises(JoinCodeInvalid):
        join_code.decode(whole[: min(length, len(whole) - 1)])


# -- where to enrol --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://fleet.example:7102", ("fleet.example", 7102, True)),
        ("https://fleet.example", ("fleet.example", 443, True)),
        ("http://127.0.0.1:7102", ("127.0.0.1", 7102, False)),
        ("http://fleet.example:7102", None),
        ("ftp://fleet.example", None),
        ("https://", None),
        ("https://x:99999", None),
        ("", None),
    ],
)
def test_only_tls_leaves_the_machine(url: str, expected: tuple[str, int, bool] | None) -> None:
    if expected is None:
        with pytest.raises(CallFailed) as caught:
            Server(url).split()
        assert caught.value.reason == "SERVER_INVALID"
    else:
        assert Server(url).split() == expected
