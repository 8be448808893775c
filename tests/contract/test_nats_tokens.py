"""NATS tokens and accounts: what is signed says what is meant, and nothing passes by accident."""

from __future__ import annotations

import base64
import json

import nacl.exceptions
import nacl.signing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tianfu import nats_accounts, nats_jwt, nats_keys, nats_realm, subjects
from tianfu.nats_jwt import TokenMalformed
from tianfu.nats_keys import KeyKind, KeyPair, SeedInvalid
from tianfu.subjects import NodeId, Permissions

RIGHTS = Permissions(publish=("a.b",), subscribe=("c.>",))
REALM = nats_realm.generate(issued=1_700_000_000)
PAIR = nats_keys.generate(KeyKind.USER, b"\1" * 32)


def is_good(key: str, data: bytes, signature: bytes) -> bool:
    try:
        nacl.signing.VerifyKey(nats_jwt.public_bytes(key)).verify(data, signature)
    except (nacl.exceptions.BadSignatureError, ValueError):
        return False
    return True


def user(expires: int | None = None, rights: Permissions = RIGHTS) -> str:
    return REALM.user_token("node", "n", PAIR.public_key, rights, issued=5, expires=expires)


def test_a_users_token_says_who_it_is_and_what_it_may_do() -> None:
    claims = nats_jwt.verify(user(expires=9), is_good)

    assert (claims.name, claims.kind) == ("node:n", "user")
    assert (claims.subject, claims.issued, claims.expires) == (PAIR.public_key, 5, 9)
    assert claims.account == REALM.accounts["EDGE"].public_key
    assert claims.issuer == REALM.account_signing["EDGE"].public_key
    assert claims.body["pub"] == {"allow": ["a.b"]}
    assert claims.body["sub"] == {"allow": ["c.>"]}
    assert "resp" not in claims.body


def test_no_rights_are_not_all_rights() -> None:
    claims = nats_jwt.read(user(rights=Permissions((), ())))

    assert claims.body["pub"] == claims.body["sub"] == {"deny": [">"]}


def test_the_same_is_the_same_token() -> None:
    assert user() == user()


@given(st.data())
def test_a_token_that_was_touched_is_refused(data: st.DataObject) -> None:
    token = user()
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABCxyz019-_."))
    touched = f"{token[:at]}{other}{token[at + 1 :]}"
    # The last letter of a part holds bits that mean nothing: another one may be the same bytes.
    if touched == token or touched.split(".")[:2] == token.split(".")[:2]:
        return
    with pytest.raises(TokenMalformed):
        nats_jwt.verify(touched, is_good)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_what_is_no_token_is_refused_as_such(text: str) -> None:
    with pytest.raises(TokenMalformed):
        nats_jwt.read(text)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.dictionaries(st.text(), x)))
def test_json_that_is_no_token_is_refused_as_such(value: object) -> None:
    parts = [{"alg": nats_jwt.ALGORITHM}, value]
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    with pytest.raises(TokenMalformed):
        nats_jwt.read(".".join([*encoded, "AA"]))


def test_credentials_come_back() -> None:
    text = nats_jwt.credentials(user(), PAIR.seed)
    assert nats_jwt.split_credentials(text) == (user(), PAIR.seed)
    with pytest.raises(TokenMalformed):
        nats_jwt.split_credentials(text.replace("SEED", "SEAT"))


def test_a_public_key_with_a_wrong_letter_is_none() -> None:
    wrong = PAIR.public_key[:-1] + ("A" if PAIR.public_key[-1] != "A" else "B")
    for text in (wrong, "", "U" * 55, PAIR.seed):
        with pytest.raises(TokenMalformed):
            nats_jwt.public_bytes(text)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_seed_is_of_one_kind(kind: KeyKind) -> None:
    pair = nats_keys.generate(kind)
    assert KeyPair(pair.seed, kind).public_key == pair.public_key
    assert is_good(pair.public_key, b"x", pair.sign(b"x"))
    for other in set(KeyKind) - {kind}:
        with pytest.raises(SeedInvalid) as caught:
            KeyPair(pair.seed, other)
        assert pair.seed not in str(caught.value)


@pytest.mark.parametrize("text", ["", "SUB", "é", "SU" + "A" * 56, "x" * 58])
def test_what_is_no_seed_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(SeedInvalid) as caught:
        KeyPair(text, KeyKind.USER)
    assert not text or text not in str(caught.value)


# -- accounts --------------------------------------------------------------------------------------


def passes(subject: str, *, is_service: bool) -> bool:
    return any(
        export.is_service is is_service and matches(export.subject, subject)
        for export in nats_accounts.node_exports()
    )


def matches(pattern: str, subject: str) -> bool:
    wanted, given_ = pattern.split("."), subject.split(".")
    return len(wanted) == len(given_) and all(
        token in {"*", given_[at]} for at, token in enumerate(wanted)
    )


@given(st.from_regex(subjects.NODE_ID_PATTERN, fullmatch=True), st.integers(110000, 659999))
def test_all_that_a_node_may_do_passes_between_the_accounts(node: str, county: int) -> None:
    inbox = subjects.inbox_prefix("node", node)
    rights = subjects.node_permissions(NodeId(node), str(county))
    for right in rights.publish:
        assert passes(right, is_service=True)
    for right in rights.subscribe:
        assert passes(right, is_service=False) is not right.startswith(inbox)


def test_nothing_else_passes() -> None:
    for subject in (
        "$JS.API.STREAM.INFO.READINGS",
        "$JS.API.STREAM.MSG.GET.READINGS",
        "$JS.API.DIRECT.GET.READINGS",
        "$KV.PLANS.n",
        subjects.event("fleet", "node-created"),
        subjects.dead(subjects.READINGS, subjects.TELEMETRY_INGEST),
        "_INBOX.service.fleet.x",
    ):
        assert not passes(subject, is_service=True)
        assert not passes(subject, is_service=False)
    for export in nats_accounts.node_exports():
        assert ">" not in export.subject
        assert "0-any-node-0" not in export.subject
        assert "99" not in export.subject.split(".")


def test_of_two_exports_none_takes_in_the_other() -> None:
    """The server refuses an account whose imports overlap."""
    for is_service in (True, False):
        given_ = [e.subject for e in nats_accounts.node_exports() if e.is_service is is_service]
        assert not [(a, b) for a in given_ for b in given_ if a != b and matches(a, b)]


def test_only_the_platform_has_streams_and_only_edge_takes() -> None:
    made = nats_accounts.accounts(REALM.accounts)
    assert {name for name, one in made.items() if one.has_streams} == {"PLATFORM"}
    assert {name for name, one in made.items() if one.imports} == {"EDGE"}
    assert {name for name, one in made.items() if one.exports} == {"PLATFORM"}


def test_revocations_are_changed_and_nothing_else_is() -> None:
    trust = REALM.trust(issued=50, revocations={"EDGE": {PAIR.public_key: 7}})
    token = trust.account_tokens[REALM.accounts["EDGE"].public_key]
    changed = nats_jwt.with_revocations(token, REALM.operator_signing, {"UX": 9}, issued=40)
    before, after = nats_jwt.read(token), nats_jwt.verify(changed, is_good)
    assert before.body["revocations"] == {PAIR.public_key: 7}
    assert after.body["revocations"] == {"UX": 9}
    assert {**before.body, "revocations": 0} == {**after.body, "revocations": 0}
    assert (after.subject, after.name, after.issued) == (before.subject, before.name, 51)
