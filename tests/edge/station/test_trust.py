"""Whom a leaf server believes: only what the operator signed, and nothing older."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.station import trust
from edge.station.trust import StationTrust, TrustRefused
from tianfu import nats_accounts, nats_jwt, nats_realm

NOW = 1_780_000_000
REALM = nats_realm.generate(issued=NOW)
EDGE = REALM.accounts[nats_accounts.EDGE].public_key
GONE = nats_accounts.EDGE
KEY = REALM.accounts[nats_accounts.PLATFORM].public_key


def content(realm: nats_realm.Realm = REALM) -> dict[str, object]:
    made = realm.leaf_trust(issued=NOW)
    return {
        "operator_token": made.operator_token,
        "system_account": made.system_account,
        "account": realm.accounts[nats_accounts.EDGE].public_key,
        "account_tokens": dict(made.account_tokens),
    }


def current() -> StationTrust:
    return StationTrust(REALM.leaf_trust(issued=NOW), EDGE)


def told(issued: int, realm: nats_realm.Realm = REALM) -> bytes:
    """Return what the fleet service writes when a key is turned out."""
    hub = realm.trust(issued=issued - 1).account_tokens
    token = hub[realm.accounts[nats_accounts.EDGE].public_key]
    signer = realm.operator_signing
    changed = nats_jwt.with_revocations(token, signer, {KEY: issued}, issued=issued)
    return nats_jwt.for_leaf(changed, signer).encode()


def heard() -> StationTrust:
    found = trust.newer(current(), told(NOW))
    assert found is not None
    return found


def reason(payload: bytes) -> str:
    with pytest.raises(TrustRefused) as caught:
        trust.newer(heard(), payload)
    return caught.value.reason


def test_a_newer_token_is_believed_and_the_same_is_nothing_new() -> None:
    found = trust.newer(current(), told(NOW + 10))
    assert found is not None
    assert (found.turned_out, "imports" in found.claims.body) == (1, False)
    assert trust.newer(found, told(NOW + 10)) is None


def test_a_file_that_is_printed_anew_lets_nobody_in_again() -> None:
    # It is younger than what the platform said last, which still counts.
    found = trust.newer(current(), told(NOW - 10))
    assert found is not None
    assert found.turned_out == 1


def test_what_is_not_believed() -> None:
    assert reason(told(NOW - 10)) == "STATION_TRUST_OLD"
    assert reason(told(NOW + 10, nats_realm.generate(issued=NOW))) == "STATION_TRUST_OF_ANOTHER"
    assert reason(b"\xff") == reason(b"") == reason(b"a.b.c") == "STATION_TRUST_INVALID"
    assert reason(REALM.operator_token.encode()) == "STATION_TRUST_OF_ANOTHER"
    pair = REALM.account_signing[nats_accounts.EDGE]
    token = current().trust.account_tokens[EDGE]
    forged = nats_jwt.with_revocations(token, pair, {}, issued=NOW + 10)
    assert reason(nats_jwt.for_leaf(forged, pair).encode()) == "STATION_TRUST_UNKNOWN"


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=3))
def test_a_token_that_was_touched_is_not_believed(position: int, put: bytes) -> None:
    good = told(NOW + 10)
    touched = good[:position] + put + good[position + len(put) :]
    try:
        found = trust.newer(current(), touched)
    except TrustRefused:
        return
    meant = trust.newer(current(), good)
    # The last letter of a signature has bits that nobody reads.
    assert found is not None
    assert meant is not None
    assert found.claims == meant.claims


def test_the_file_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "trust.json"
    file.write_text(json.dumps(content()))
    assert trust.read(file) == current()


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("STATION_TRUST_INVALID", "{"),
        ("STATION_TRUST_INVALID", "[]"),
        ("STATION_TRUST_INVALID", json.dumps(content() | {"account": KEY})),
        ("STATION_TRUST_INVALID", json.dumps(content() | {"operator_token": "a.b.c"})),
        ("STATION_TRUST_MISSING", None),
    ],
)
def test_a_file_that_says_nothing(tmp_path: Path, expected: str, text: str | None) -> None:
    file = tmp_path / "trust.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(TrustRefused) as caught:
        trust.read(file)
    assert caught.value.reason == expected
