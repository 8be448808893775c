"""The audit chain by hand: each way of changing it is found at the link where it was done."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.plumbing import audit_chain
from services.plumbing.audit_chain import EMPTY, Entry, Fault, Head, Link

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
ENTRY = Entry(NOON, "inspector-7", "records.read", "entities/1/records/2", "inspection", "order-36")


def chain(count: int) -> list[Link]:
    head, links = EMPTY, []
    for n in range(count):
        link = audit_chain.seal(head, replace(ENTRY, resource=f"records/{n}").encode())
        links.append(link)
        head = audit_chain.head_of(link)
    return links


def test_a_hash_is_the_published_formula() -> None:
    first = chain(1)[0]

    expected = hashlib.sha256(b"tianfu-audit-1" + bytes(7) + b"\x01" + bytes(32) + first.entry)
    assert first.hash == expected.digest()


def test_an_entry_comes_back_as_it_was() -> None:
    entry = replace(ENTRY, details={"fields": "name", "案由": "抽查"})

    assert Entry.decode(entry.encode()) == entry


def test_an_entrys_bytes_do_not_depend_on_the_zone_it_was_told_in() -> None:
    china = NOON.astimezone(timezone(timedelta(hours=8)))

    assert replace(ENTRY, when=china).encode() == ENTRY.encode()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(replace(ENTRY, when=NOON.replace(tzinfo=None)), id="no-zone"),
        pytest.param(replace(ENTRY, details={"text": "x" * 9000}), id="too-long"),
    ],
)
def test_an_entry_that_cannot_be_sealed_is_refused(entry: Entry) -> None:
    with pytest.raises(ValueError, match=r"records\.read"):
        entry.encode()


@pytest.mark.parametrize("data", [b"{}", b"[]", b"null", b"\xff", b'{"when":1}'])
def test_other_bytes_are_no_entry(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own message for bytes that are no JSON
        Entry.decode(data)


def test_a_chain_ends_in_its_head() -> None:
    links = chain(5)

    assert audit_chain.check(links) == Head(5, links[-1].hash)
    assert audit_chain.check(links[2:], after=audit_chain.head_of(links[1])) == Head(
        5, links[-1].hash
    )


@given(count=st.integers(2, 12), data=st.data())
def test_whatever_is_done_to_a_link_is_found_there(count: int, data: st.DataObject) -> None:
    links = chain(count)
    at = data.draw(st.integers(0, count - 2))
    way = data.draw(st.sampled_from(["entry", "drop", "swap", "hash"]))
    if way == "entry":
        links[at] = replace(links[at], entry=links[at].entry.replace(b"done", b"none"))
    elif way == "hash":
        links[at] = replace(links[at], hash=bytes(32))
    elif way == "drop":
        del links[at]
    else:
        links[at], links[at + 1] = links[at + 1], links[at]

    fault = audit_chain.check(links)

    assert isinstance(fault, Fault)
    assert fault.number == at + 1


def test_a_chain_that_was_cut_off_or_made_anew_is_told_by_a_published_head() -> None:
    links = chain(5)
    published = audit_chain.head_of(links[3])
    again = chain(3)
    head = audit_chain.head_of(again[-1])
    for n in range(2):
        link = audit_chain.seal(head, replace(ENTRY, resource=f"other/{n}").encode())
        again.append(link)
        head = audit_chain.head_of(link)

    assert audit_chain.check(links, until=published) == audit_chain.head_of(links[-1])
    cut = audit_chain.check(links[:3], until=published)
    assert isinstance(cut, Fault)
    assert cut.number == 4
    anew = audit_chain.check(again, until=published)
    assert isinstance(anew, Fault)
    assert anew.number == 4
