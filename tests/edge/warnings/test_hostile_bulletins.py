"""Whatever a bulletin says, and whoever says it: it is followed as it should be, or refused."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.warnings import bulletin, decide, receipts
from edge.warnings.bulletin import NOTICES_MAX, BulletinRefused, PinnedKey
from edge.warnings.journal import UNSTORED_MAX
from edge.warnings.notices import Memory, Receipt, SinkKind, SinkProfile, Told
from services.disaster_warning.build import REPORT_BYTES
from services.disaster_warning.bus.receipts import RECEIPTS_MAX, report_of
from tests.edge.warnings.signing import COUNTY, HOUR_US, LIVE, NOON_US, SIGNERS, notice, signed
from tests.support.drafted_warnings import NOW
from tianfu import subjects
from tianfu.disaster_warning.v1 import notice_pb2 as pb
from tianfu.subjects import Channel

KEY = PinnedKey(LIVE.nkey)
SINKS = [SinkProfile(kind, takes_drills=True) for kind in SinkKind]
INT64 = st.integers(-(2**63), 2**63 - 1)
NODE = subjects.node_id("gw-1")

TEXTS = st.builds(
    pb.NoticeText,
    language=st.sampled_from(["zh-CN", "en-US", "", "xx"]),
    headline=st.text(max_size=20),
    voice=st.text(max_size=20),
    board=st.text(max_size=20),
)
NOTICES = st.builds(
    pb.Notice,
    warning=st.sampled_from(["w1", "w2", "", "x" * 200, "../../w"]),
    version=st.integers(-(2**31), 2**31 - 1),
    notice_type=st.integers(0, 5),
    channel=st.sampled_from([1, 1, 1, 2]),
    colour=st.integers(0, 6),
    send_time_us=INT64,
    onset_time_us=INT64,
    expire_time_us=INT64,
    texts=st.lists(TEXTS, max_size=3),
)


@given(st.lists(st.tuples(st.lists(NOTICES, max_size=3), INT64), max_size=4), INT64)
def test_nothing_a_signed_bulletin_says_breaks_the_agent(
    told: list[tuple[list[pb.Notice], int]], now_us: int
) -> None:
    memory = Memory()
    for notices, revision in told:
        payload = signed(notices, revision)
        try:
            found = bulletin.read(payload, Channel.LIVE, COUNTY, KEY)
        except BulletinRefused as refused:
            assert refused.reason.startswith(("BULLETIN_", "NOTICE_"))  # noqa: PT017 - or it is none
            continue
        decision = decide.decide(memory, found, SINKS, now_us)
        # Never at or after its end, and never for what is older than was followed.
        assert all(action.until_us > now_us for action in decision.actions)
        assert not (decision.is_old and decision.actions)
        memory = memory.after(decision)
        again = decide.decide(memory, found, SINKS, now_us)
        assert not again.actions
        assert not again.receipts


@given(st.binary(max_size=300))
def test_bytes_that_nobody_signed_are_refused(payload: bytes) -> None:
    with pytest.raises(BulletinRefused):
        bulletin.read(payload, Channel.LIVE, COUNTY, KEY)


@given(st.permutations(range(1, 6)), st.data())
def test_old_bulletins_played_back_sound_nothing(order: list[int], data: st.DataObject) -> None:
    said = {n: signed([notice("w1", version=n)], n) for n in order}
    memory, loud = Memory(), 0
    replays = data.draw(st.lists(st.sampled_from(order), max_size=10))
    for number in itertools.chain(order, replays):
        found = bulletin.read(said[number], Channel.LIVE, COUNTY, KEY)
        decision = decide.decide(memory, found, SINKS, NOON_US)
        loud += sum(action.act.value == "warn" for action in decision.actions)
        if number < memory.revision:
            assert decision.is_old
        memory = memory.after(decision)
    # Once at each sink: the others are revisions, or old.
    assert loud == len(SINKS)
    assert memory.warnings["w1"].version == max(order)


def test_a_node_that_answers_for_all_it_can_is_understood() -> None:
    kinds = [1, *(kind.code for kind in SinkKind if kind.code)]
    all_of_them = [
        Receipt(Channel.LIVE, f"w-{'x' * 55}-{n}", 7, kind, Told.DELIVERED, "", NOON_US + HOUR_US)
        for n in range(NOTICES_MAX)
        for kind in kinds
    ]
    held_back = all_of_them[:UNSTORED_MAX]
    reporter = receipts.Reporter(NODE, COUNTY, lambda: 123_456)
    data = reporter.report(2**63, 2**40, [*held_back, *all_of_them])
    assert len(data) < REPORT_BYTES
    found = report_of(subjects.receipt(NODE), data, NOW)
    assert len(found.receipts) == len(held_back) + len(all_of_them) <= RECEIPTS_MAX


def test_no_exercise_is_followed_as_if_it_were_one_for_the_public() -> None:
    drill = signed([notice(channel=Channel.DRILL)], channel=Channel.DRILL)
    with pytest.raises(BulletinRefused, match="signed with"):
        bulletin.read(drill, Channel.LIVE, COUNTY, KEY)
    # Signed with the public's key by mistake, it says itself what it is.
    mistaken = signed([notice(channel=Channel.DRILL)], channel=Channel.DRILL, by=LIVE)
    with pytest.raises(BulletinRefused) as caught:
        bulletin.read(mistaken, Channel.LIVE, COUNTY, KEY)
    assert caught.value.reason == "BULLETIN_OF_ANOTHER_CHANNEL"
    assert set(SIGNERS) == set(Channel)
