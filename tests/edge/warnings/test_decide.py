"""What a node does about a bulletin: tables of cases, then what holds for all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.warnings import decide as rules
from edge.warnings.decide import ALL_CLEAR_US, acknowledge, decide, forgotten
from edge.warnings.notices import (
    NODE_CODE,
    Act,
    Action,
    Bulletin,
    Colour,
    Decision,
    Kind,
    Memory,
    Notice,
    SinkKind,
    SinkProfile,
    Told,
)
from tests.edge.warnings.signing import HOUR_US, NOON_US, SECOND_US
from tianfu.subjects import Channel

LIVE, DRILL = Channel.LIVE, Channel.DRILL
ALL = tuple(SinkProfile(kind, takes_drills=True) for kind in SinkKind)
SIREN = (SinkProfile(SinkKind.SIREN),)
BOARD = (SinkProfile(SinkKind.BOARD),)


def notice(
    version: int = 1,
    colour: Colour = Colour.YELLOW,
    kind: Kind = Kind.ALERT,
    *,
    warning: str = "w1",
    expire_us: int = NOON_US + HOUR_US,
    channel: Channel = LIVE,
) -> Notice:
    return Notice(channel, warning, version, kind, colour, expire_us)


def bulletin(*notices: Notice, revision: int = 1, channel: Channel = LIVE) -> Bulletin:
    return Bulletin(channel, revision, NOON_US, notices)


def after(
    *bulletins: Bulletin, sinks: tuple[SinkProfile, ...] = ALL, now_us: int = NOON_US
) -> Memory:
    memory = Memory()
    for one in bulletins:
        memory = memory.after(decide(memory, one, sinks, now_us))
    return memory


def acts(decision: Decision) -> list[tuple[Act, SinkKind]]:
    return [(action.act, action.sink) for action in decision.actions]


def told(decision: Decision) -> list[tuple[int, Told, str]]:
    return [(receipt.sink, receipt.told, receipt.reason) for receipt in decision.receipts]


def test_a_first_alert_goes_to_every_sink_in_order() -> None:
    found = decide(Memory(), bulletin(notice()), ALL, NOON_US)

    assert acts(found) == [(Act.WARN, kind) for kind in SinkKind]
    delivered = (NODE_CODE, Told.DELIVERED, "")
    sent = [(k.code, Told.SENT, "") for k in SinkKind if k is not SinkKind.LOG]
    assert told(found) == [delivered, *sent]
    assert {action.until_us for action in found.actions} == {NOON_US + HOUR_US}


UPDATE, CANCEL = Kind.UPDATE, Kind.CANCEL
WARN, REVISE, CLEAR, WITHDRAW = Act.WARN, Act.REVISE, Act.CLEAR, Act.WITHDRAW


@pytest.mark.parametrize(
    ("first", "second", "siren", "board"),
    [
        pytest.param(notice(1), notice(1), None, None, id="the-same-version"),
        pytest.param(notice(2), notice(1), None, None, id="an-older-version"),
        pytest.param(notice(1), notice(2, kind=UPDATE), REVISE, REVISE, id="same-colour"),
        pytest.param(
            notice(1), notice(2, Colour.BLUE, UPDATE), REVISE, REVISE, id="the-colour-falls"
        ),
        pytest.param(notice(1), notice(2, Colour.RED, UPDATE), WARN, WARN, id="the-colour-rises"),
        pytest.param(notice(1), notice(3, Colour.RED, UPDATE), WARN, WARN, id="a-version-missed"),
        pytest.param(notice(1), notice(2, kind=CANCEL), CLEAR, CLEAR, id="cancelled"),
        pytest.param(
            notice(1), notice(2, kind=UPDATE, expire_us=NOON_US), WITHDRAW, WITHDRAW, id="now-over"
        ),
        pytest.param(
            notice(1),
            notice(1, warning="w2", kind=CANCEL),
            WITHDRAW,
            WITHDRAW,
            id="gone-and-another-cancelled",
        ),
    ],
)
def test_a_second_bulletin(
    first: Notice, second: Notice, siren: Act | None, board: Act | None
) -> None:
    memory = after(bulletin(first))
    found = decide(memory, bulletin(second, revision=2), SIREN + BOARD, NOON_US)

    by_sink = {action.sink: action.act for action in found.actions}
    assert by_sink.get(SinkKind.SIREN) is siren
    assert by_sink.get(SinkKind.BOARD) is board


def test_an_update_sounds_where_the_alert_was_missed() -> None:
    found = decide(Memory(), bulletin(notice(4, kind=UPDATE)), ALL, NOON_US)

    assert {action.act for action in found.actions} == {WARN}


def test_a_colour_that_falls_and_rises_again_sounds_once() -> None:
    memory = after(
        bulletin(notice(1, Colour.RED)),
        bulletin(notice(2, Colour.BLUE, UPDATE), revision=2),
    )
    found = decide(memory, bulletin(notice(3, Colour.RED, UPDATE), revision=3), SIREN, NOON_US)

    assert acts(found) == [(REVISE, SinkKind.SIREN)]


def test_a_warning_that_comes_back_after_its_cancellation_sounds() -> None:
    memory = after(bulletin(notice(1)), bulletin(notice(2, kind=CANCEL), revision=2))
    found = decide(memory, bulletin(notice(3, kind=UPDATE), revision=3), SIREN, NOON_US)

    assert acts(found) == [(WARN, SinkKind.SIREN)]


def test_a_warning_that_was_over_and_is_prolonged_sounds() -> None:
    memory = after(bulletin(notice(1, expire_us=NOON_US + SECOND_US)))
    later = NOON_US + 2 * SECOND_US
    found = decide(memory, bulletin(notice(2, kind=UPDATE), revision=2), SIREN, later)

    assert acts(found) == [(WARN, SinkKind.SIREN)]


def test_an_expired_notice_is_refused_once_and_never_sounds() -> None:
    old = bulletin(notice(expire_us=NOON_US))
    found = decide(Memory(), old, ALL, NOON_US)

    assert acts(found) == []
    assert told(found) == [(NODE_CODE, Told.REFUSED, "NOTICE_EXPIRED")]
    assert decide(Memory().after(found), old, ALL, NOON_US).is_empty


def test_a_cancellation_of_what_was_never_heard_here_says_nothing() -> None:
    found = decide(Memory(), bulletin(notice(2, kind=CANCEL)), ALL, NOON_US)

    assert acts(found) == []
    assert told(found) == [(NODE_CODE, Told.DELIVERED, "")]


def test_a_cancellation_gives_the_all_clear_for_a_while() -> None:
    memory = after(bulletin(notice(1)))
    found = decide(memory, bulletin(notice(2, kind=CANCEL), revision=2), ALL, NOON_US)

    assert acts(found) == [(CLEAR, kind) for kind in SinkKind]
    assert {action.until_us for action in found.actions} == {NOON_US + ALL_CLEAR_US}
    assert (SinkKind.SIREN.code, Told.SENT, "") in told(found)


def test_an_all_clear_never_outlasts_the_warning() -> None:
    end = NOON_US + 10 * SECOND_US
    memory = after(bulletin(notice(1, expire_us=end)))
    found = decide(
        memory, bulletin(notice(2, kind=CANCEL, expire_us=end), revision=2), ALL, NOON_US
    )

    assert {action.until_us for action in found.actions} == {end}


def test_what_is_in_no_bulletin_any_more_is_withdrawn_once_and_without_receipt() -> None:
    memory = after(bulletin(notice(1)))
    found = decide(memory, bulletin(revision=2), ALL, NOON_US)

    assert {action.act for action in found.actions} == {WITHDRAW}
    assert SinkKind.VOICE not in {action.sink for action in found.actions}
    assert found.receipts == ()
    assert decide(memory.after(found), bulletin(revision=3), ALL, NOON_US).is_empty


def test_what_is_over_needs_no_withdrawal() -> None:
    memory = after(bulletin(notice(1)))

    assert decide(memory, bulletin(revision=2), ALL, NOON_US + HOUR_US).actions == ()


def test_an_older_bulletin_is_ignored_whole() -> None:
    memory = after(bulletin(notice(1), revision=5))
    found = decide(memory, bulletin(notice(2, Colour.RED, UPDATE), revision=4), ALL, NOON_US)

    assert found.is_old
    assert found.is_empty
    assert memory.after(found).revision == 5


def test_the_highest_version_in_a_bulletin_counts() -> None:
    found = decide(Memory(), bulletin(notice(2, kind=UPDATE), notice(1), notice(3)), SIREN, NOON_US)

    assert [action.version for action in found.actions] == [3]


def test_the_graver_comes_first_and_what_stops_before_all() -> None:
    memory = after(bulletin(notice(1, warning="old")))
    new = bulletin(
        notice(1, Colour.BLUE, warning="a"),
        notice(1, Colour.RED, warning="b"),
        notice(2, kind=CANCEL, warning="old"),
        revision=2,
    )
    found = decide(memory, new, SIREN, NOON_US)

    assert [(a.act, a.warning) for a in found.actions] == [(CLEAR, "old"), (WARN, "b"), (WARN, "a")]


@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        pytest.param("Y", [], id="below"),
        pytest.param("O", [WARN], id="at"),
        pytest.param("YO", [WARN], id="rises-to-it"),
        pytest.param("OY", [WARN, WITHDRAW], id="falls-below"),
        pytest.param("OYO", [WARN, WITHDRAW, REVISE], id="and-back"),
        pytest.param("OYR", [WARN, WITHDRAW, WARN], id="and-above"),
    ],
)
def test_a_sink_says_what_is_grave_enough_for_it(colours: str, expected: list[Act]) -> None:
    words = {"Y": Colour.YELLOW, "O": Colour.ORANGE, "R": Colour.RED}
    sinks = (SinkProfile(SinkKind.BOARD, Colour.ORANGE),)
    memory, found = Memory(), []
    for version, letter in enumerate(colours, 1):
        decision = decide(
            memory, bulletin(notice(version, words[letter]), revision=version), sinks, NOON_US
        )
        memory = memory.after(decision)
        found += [action.act for action in decision.actions]

    assert found == expected


def test_an_exercise_reaches_only_the_sinks_that_take_part() -> None:
    sinks = (SinkProfile(SinkKind.SIREN), SinkProfile(SinkKind.BOARD, takes_drills=True))
    exercise = bulletin(notice(channel=DRILL), channel=DRILL)
    found = decide(Memory(), exercise, sinks, NOON_US)

    assert acts(found) == [(WARN, SinkKind.BOARD)]
    assert {action.channel for action in found.actions} == {DRILL}


# -- acknowledging ------------------------------------------------------------------------------


def test_an_acknowledgement_is_receipted_once_a_version() -> None:
    memory = after(bulletin(notice(1)))
    found = acknowledge(memory, "w1", NOON_US)

    assert told(found) == [(NODE_CODE, Told.ACKED, "")]
    memory = memory.after(found)
    assert acknowledge(memory, "w1", NOON_US).is_empty
    memory = memory.after(decide(memory, bulletin(notice(2), revision=2), ALL, NOON_US))
    assert told(acknowledge(memory, "w1", NOON_US)) == [(NODE_CODE, Told.ACKED, "")]


@pytest.mark.parametrize(
    ("warning", "now_us"), [("w2", NOON_US), ("w1", NOON_US + HOUR_US)], ids=["unknown", "over"]
)
def test_nothing_else_can_be_acknowledged(warning: str, now_us: int) -> None:
    assert acknowledge(after(bulletin(notice(1))), warning, now_us).is_empty


def test_what_was_over_long_ago_is_forgotten() -> None:
    memory = after(bulletin(notice(1), notice(warning="w2", expire_us=NOON_US + 2 * HOUR_US)))

    assert forgotten(memory, NOON_US + HOUR_US + 1) == ["w1"]


# -- what always holds --------------------------------------------------------------------------

NOTICES = st.builds(
    notice,
    version=st.integers(1, 4),
    colour=st.sampled_from(Colour),
    kind=st.sampled_from(Kind),
    warning=st.sampled_from(["w1", "w2", "w3"]),
    expire_us=st.integers(0, 20).map(lambda s: NOON_US + s * SECOND_US),
)
STEPS = st.lists(
    st.tuples(st.lists(NOTICES, max_size=4), st.integers(0, 8), st.integers(0, 5)), max_size=8
)
SINKS = st.lists(
    st.builds(
        SinkProfile,
        kind=st.sampled_from(SinkKind),
        from_colour=st.sampled_from(Colour),
        takes_drills=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: one.kind,
).map(tuple)


@given(STEPS, SINKS, st.sampled_from(Channel))
@settings(max_examples=300, deadline=None)
def test_whatever_comes(
    steps: list[tuple[list[Notice], int, int]], sinks: tuple[SinkProfile, ...], channel: Channel
) -> None:
    memory, now_us = Memory(), NOON_US
    done: set[tuple[str, int, SinkKind]] = set()
    receipted: set[tuple[str, int, int, Told]] = set()
    for notices, revision, seconds in steps:
        now_us += seconds * SECOND_US
        own = tuple(replace(one, channel=channel) for one in notices)
        new = Bulletin(channel, revision, now_us, own)
        decision = decide(memory, new, sinks, now_us)
        memory = memory.after(decision)
        _check_actions(decision, sinks, channel, now_us)
        for action in decision.actions:
            if action.act is not Act.WITHDRAW:
                key = (action.warning, action.version, action.sink)
                assert key not in done, "a sink acts once on a version"
                done.add(key)
        for receipt in decision.receipts:
            name = (receipt.warning, receipt.version, receipt.sink, receipt.told)
            assert name not in receipted
            receipted.add(name)
        # The same again, at once or later: nothing more comes of it.
        for later_us in (now_us, now_us + 3 * SECOND_US):
            assert decide(memory, new, sinks, later_us).is_empty


def _check_actions(
    decision: Decision, sinks: tuple[SinkProfile, ...], channel: Channel, now_us: int
) -> None:
    profiles = {one.kind: one for one in sinks}
    for action in decision.actions:
        assert now_us < action.until_us, "never an action after expiry"
        assert action.channel is channel
        assert channel is LIVE or profiles[action.sink].takes_drills
        assert action.sink in rules.TAKES[action.act]
        if action.notice is not None:
            assert action.notice.channel is channel
            assert action.until_us <= action.notice.expire_us
        if action.act is Act.WARN:
            assert action.notice is not None
            assert action.notice.colour >= profiles[action.sink].from_colour
    stops = [action.act in (Act.CLEAR, Act.WITHDRAW) for action in decision.actions]
    assert stops == sorted(stops, reverse=True)
    assert _in_order(decision.actions)


def _in_order(actions: tuple[Action, ...]) -> bool:
    """Tell whether each sink hears of the graver warning first."""
    for kind in SinkKind:
        loud = [a.notice.colour for a in actions if a.sink is kind and a.act is WARN and a.notice]
        if loud != sorted(loud, reverse=True):
            return False
    return True
