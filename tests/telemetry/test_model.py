from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.telemetry import model
from services.telemetry.model import Claim, DropKey, EpochAccount, Gap, NodeAccount


@pytest.mark.parametrize(
    ("claims", "state", "last", "gaps"),
    [
        pytest.param([(1, 1)], Claim.NEW, 1, [], id="first"),
        pytest.param([(1, 1), (2, 2)], Claim.NEW, 2, [], id="next"),
        pytest.param([(1, 1), (1, 1)], Claim.REPEATED, 1, [], id="again"),
        pytest.param([(3, 3)], Claim.NEW, 3, [(1, 2)], id="gap-at-the-start"),
        pytest.param([(1, 1), (5, 5)], Claim.NEW, 5, [(2, 4)], id="gap"),
        pytest.param([(5, 5), (2, 2)], Claim.NEW, 5, [(1, 1), (3, 4)], id="late-one-splits"),
        pytest.param([(3, 3), (1, 1), (2, 2)], Claim.NEW, 3, [], id="late-ones-close"),
        pytest.param([(1, 4)], Claim.NEW, 4, [], id="tombstone"),
        pytest.param([(1, 1), (2, 9), (2, 9)], Claim.REPEATED, 9, [], id="tombstone-again"),
        pytest.param([(1, 2), (2, 3)], Claim.OVERLAPPING, 2, [], id="overlap-at-the-end"),
        pytest.param([(5, 5), (4, 5)], Claim.OVERLAPPING, 5, [(1, 4)], id="overlap-of-a-gap"),
        pytest.param([(1, 1), (5, 5), (1, 3)], Claim.OVERLAPPING, 5, [(2, 4)], id="into-a-gap"),
        pytest.param([(4, 4), (1, 3)], Claim.NEW, 4, [], id="tombstone-fills-a-gap"),
    ],
)
def test_claim(
    claims: list[tuple[int, int]], state: Claim, last: int, gaps: list[tuple[int, int]]
) -> None:
    account = EpochAccount()
    assert [account.claim(*c) for c in claims][-1] is state
    assert (account.last, account.gaps) == (last, [Gap(*g) for g in gaps])


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 4)), max_size=60))
def test_claims_agree_with_a_set_of_numbers(claims: list[tuple[int, int]]) -> None:
    account, taken = EpochAccount(), set[int]()
    for last, span in claims:
        first = max(1, last - span + 1)
        wanted = set(range(first, last + 1))
        expected = (
            Claim.NEW
            if not wanted & taken
            else Claim.REPEATED
            if wanted <= taken
            else Claim.OVERLAPPING
        )
        assert account.claim(first, last) is expected
        if expected is Claim.NEW:
            taken |= wanted
        missing = {n for g in account.gaps for n in range(g.first, g.last + 1)}
        assert missing == set(range(1, max(taken) + 1)) - taken
        assert account.gaps == sorted(account.gaps)
        assert account.high_water == min(missing | {max(taken) + 1}) - 1


def test_gaps_are_bounded() -> None:
    account = EpochAccount()
    numbers = range(2, 2 * model.GAPS_MAX + 2, 2)
    assert {account.claim(n, n) for n in numbers} == {Claim.NEW}
    following = account.last + 2
    assert account.claim(following, following) is Claim.TOO_MANY_GAPS
    assert account.claim(account.last + 1, account.last + 1) is Claim.NEW
    assert account.claim(1, 1) is Claim.NEW


def test_digests_are_bounded() -> None:
    account = EpochAccount()
    for n in range(1, 1000):
        account.count(readings=1, drops={}, produced=n, sequence=n, digest=n)
    assert list(account.digests) == list(range(1000 - model.RECENT_DIGESTS, 1000))


def test_node_account_sums_epochs() -> None:
    node = NodeAccount()
    spool_full = DropKey(2, 1)
    node.epoch(1).count(readings=10, drops={spool_full: 2}, produced=12, sequence=1, digest=0)
    node.epoch(2).count(readings=5, drops={spool_full: 1}, produced=9, sequence=1, digest=0)
    assert (node.produced, node.stored, node.drops) == (21, 15, {spool_full: 3})
    assert node.in_flight == 3


def test_an_understated_epoch_hides_nothing_of_another() -> None:
    node = NodeAccount()
    node.epoch(1).count(readings=0, drops={}, produced=12, sequence=1, digest=0)
    node.epoch(2).count(readings=10, drops={}, produced=0, sequence=1, digest=0)
    assert node.epoch(2).produced == 10, "what has come has been produced"
    assert (node.produced, node.in_flight) == (22, 12)


def test_series_id_depends_on_every_part() -> None:
    key = model.SeriesKey("gw-1", "power", "kW", 0)
    others = [
        key._replace(node="gw-2"),
        key._replace(series="power2"),
        key._replace(unit="W"),
        key._replace(retention_class=1),
    ]
    assert len({model.series_id(k) for k in (key, *others)}) == 5
    assert model.series_id(key) == model.series_id(model.SeriesKey(*key))
