"""Foreign alerts and feeds: judged, verified, mapped, and honest about what has no counterpart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from services.disaster_warning.cap.atom import NotAFeed, parse_feed
from services.disaster_warning.cap.build import build
from services.disaster_warning.cap.credentials import Credentials, KeyType, make
from services.disaster_warning.cap.document import (
    Alert,
    Geocode,
    Parameter,
    Reference,
    ResponseType,
    Version,
)
from services.disaster_warning.cap.foreign import (
    ImportedAlert,
    SignatureState,
    dedupe_key,
    import_alert,
)
from services.disaster_warning.cap.gate import MalformedCap
from services.disaster_warning.cap.parse import parse
from services.disaster_warning.cap.profile import COLOUR_PARAMETER
from services.disaster_warning.cap.signature import Profile, sign
from services.disaster_warning.cap.trust import TrustDomain, TrustStore
from services.disaster_warning.model.colours import Colour
from tests.disaster_warning.cap.examples import (
    DATA,
    SENT,
    SMALL,
    chinese,
    event_codes,
    small,
    thunderstorm,
)

EVENTS = event_codes()
NOBODY = TrustStore.of([])


def credentials(domain: TrustDomain) -> Credentials:
    return make(
        KeyType.ECDSA_P256,
        common_name="storm centre",
        organisation="Abroad",
        domain=domain,
        valid_from=SENT - timedelta(days=1),
        valid_to=SENT + timedelta(days=1),
    )


ABROAD = credentials(TrustDomain.FOREIGN)


def imported(data: bytes, trust: TrustStore = NOBODY, **options: Any) -> ImportedAlert:
    return import_alert(data, events=EVENTS, trust=trust, at=SENT, **options)


def test_an_unsigned_alert_is_mapped_and_says_so() -> None:
    got = imported(build(thunderstorm()))
    assert got.usable
    assert got.signature.state is SignatureState.UNSIGNED
    assert got.infos[0].event == EVENTS.event("11B20")
    assert got.infos[0].colour is Colour.ORANGE
    assert got.unmapped == ("alert/info[1]: no GB/T 2260 codes; use its polygons and circles",)


def test_a_chinese_alert_is_mapped_by_its_own_codes_and_colour() -> None:
    got = imported(build(chinese()))
    assert [each.event for each in got.infos] == [EVENTS.event("11C02")] * 2
    assert got.infos[0].counties == ("510402", "510403")
    assert got.unmapped == ()


def test_the_colour_said_goes_before_the_severity() -> None:
    alert = thunderstorm()
    info = replace(alert.infos[0], parameters=(Parameter(COLOUR_PARAMETER, "blue"),))
    assert imported(build(replace(alert, infos=(info,)))).infos[0].colour is Colour.BLUE


@pytest.mark.parametrize(
    ("name", "version", "event", "colour"),
    [
        ("australia", Version.CAP_1_2, None, Colour.BLUE),
        ("canada", Version.CAP_1_2, "11B20", None),
        ("earthquake-iso8859-1", Version.CAP_1_2, "11C02", None),
        ("earthquake", Version.CAP_1_1, "11C02", None),
        ("weather", Version.CAP_1_1, "11A51", Colour.ORANGE),
    ],
)
def test_the_public_samples_are_usable(name: Any, version: Any, event: Any, colour: Any) -> None:
    got = imported((DATA / f"{name}.cap").read_bytes(), profile=Profile.LEGACY)
    first = got.infos[0]
    assert got.usable
    assert got.version is version
    assert (first.event.code if first.event else None, first.colour) == (event, colour)
    assert (event is None) == any("no national event" in each for each in got.unmapped)
    assert (colour is None) == any("no colour" in each for each in got.unmapped)


def test_what_is_over_has_no_colour() -> None:
    alert = thunderstorm()
    info = replace(alert.infos[0], response_types=(ResponseType.ALL_CLEAR,))
    assert imported(build(replace(alert, infos=(info,)))).infos[0].colour is None


def test_errors_make_it_unusable_but_are_all_told() -> None:
    got = imported((DATA / "canada_errors.cap").read_bytes())
    assert got.alert is not None
    assert not got.usable
    got = imported((DATA / "invalid.cap").read_bytes())
    assert got.alert is None
    assert not got.usable
    assert {"unreadable", "xsd"} <= {each.rule for each in got.findings}


def test_harm_is_refused() -> None:
    with pytest.raises(MalformedCap):
        imported(small(("<alert", "<!DOCTYPE a><alert")))


def test_references_are_resolved_and_duplicates_found() -> None:
    alert = thunderstorm()
    before = alert.references[0]
    got = imported(build(alert), seen={before})
    assert [(each.reference, each.known) for each in got.references] == [(before, True)]
    assert not imported(build(alert)).references[0].known
    again = imported(build(alert), seen={alert.reference})
    assert not again.usable
    assert "duplicate-message" in {each.rule for each in again.findings}


def test_one_message_has_one_key_whatever_its_offset() -> None:
    reference = Reference("a", "b", SENT)
    assert dedupe_key(reference) == dedupe_key(replace(reference, sent=SENT.astimezone(UTC)))
    others = [
        replace(reference, sender="ab", identifier=""),
        replace(reference, sent=SENT + timedelta(seconds=1)),
    ]
    assert dedupe_key(reference) not in {dedupe_key(each) for each in others}
    assert imported(build(chinese())).dedupe_key == dedupe_key(chinese().reference)


def test_a_signed_alert_of_a_pinned_publisher_is_verified() -> None:
    trust = TrustStore.of([replace(ABROAD.trusted, senders=frozenset({thunderstorm().sender}))])
    got = imported(sign(thunderstorm(), ABROAD, at=SENT), trust)
    assert got.usable
    assert got.signature.state is SignatureState.VERIFIED
    assert got.signature.signer == ABROAD.trusted.fingerprint
    assert got.alert == thunderstorm()


def _refused(data: bytes, trust: TrustStore, profile: Profile = Profile.STRICT) -> str | None:
    got = imported(data, trust, profile=profile)
    assert got.signature.state is SignatureState.REFUSED
    assert not got.usable
    return got.signature.reason


def test_a_refused_signature_makes_it_unusable_and_gives_the_reason() -> None:
    signed = sign(thunderstorm(), ABROAD, at=SENT)
    pinned = TrustStore.of([ABROAD.trusted])
    assert (
        _refused(signed.replace(b"STORM-88.2", b"STORM-88.9", 1), pinned) == "CAP_CONTENT_CHANGED"
    )
    bound = TrustStore.of([replace(ABROAD.trusted, senders=frozenset({"someone.else"}))])
    assert _refused(signed, bound) == "CAP_SENDER_NOT_ALLOWED"


def test_a_signer_who_is_not_pinned_counts_as_much_as_none() -> None:
    got = imported(sign(thunderstorm(), ABROAD, at=SENT))
    assert got.usable
    assert got.signature.state is SignatureState.UNKNOWN
    assert got.signature.reason == "CAP_SIGNER_NOT_TRUSTED"


def test_an_alert_of_our_own_does_not_come_in_by_a_feed() -> None:
    ours = credentials(TrustDomain.LIVE)
    signed = sign(chinese(), ours, at=SENT)
    assert _refused(signed, TrustStore.of([ours.trusted])) == "CAP_WRONG_TRUST_DOMAIN"


def test_a_code_of_another_vocabulary_is_not_taken_for_ours() -> None:
    alert: Alert = thunderstorm()
    codes = tuple(replace(each, name="OTHER") for each in alert.infos[0].event_codes)
    info = replace(alert.infos[0], event_codes=codes)
    area = replace(info.areas[0], geocodes=(Geocode("FIPS", "510402"),))
    got = imported(build(replace(alert, infos=(replace(info, areas=(area,)),))))
    assert got.infos[0].event is None
    assert got.infos[0].counties == ()


FEED = f"""<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <id>urn:feed</id><title>Warnings</title><updated>2026-03-01T00:30:00Z</updated>
  <entry>
    <id>urn:1</id><title>Linked</title><updated>2026-03-01T08:30:00+08:00</updated>
    <link rel="alternate" type="text/html" href="https://example.org/1.html"/>
    <link type="application/cap+xml" href="https://example.org/1.cap"/>
  </entry>
  <entry>
    <id>urn:2</id><title>Inside</title><updated>yesterday</updated>
    <content type="text/xml">{SMALL.partition("?>")[2]}</content>
  </entry>
</feed>""".encode()


def test_a_feed_gives_links_and_alerts() -> None:
    feed = parse_feed(FEED)
    linked, inside = feed.entries
    assert (feed.id, feed.title, feed.updated) == ("urn:feed", "Warnings", SENT)
    assert linked.links == ("https://example.org/1.cap",)
    assert (linked.updated, linked.alert) == (SENT, None)
    assert (inside.updated, inside.links) == (None, ())
    assert inside.alert is not None
    assert parse(inside.alert) == parse(small())


def test_a_feed_goes_through_the_same_gate() -> None:
    with pytest.raises(NotAFeed):
        parse_feed(small())
    with pytest.raises(MalformedCap) as refused:
        parse_feed(FEED.replace(b"<feed", b"<!DOCTYPE feed><feed", 1))
    assert refused.value.reason == "CAP_DTD_REFUSED"
    entries = b"<entry/>" * 2_001
    with pytest.raises(MalformedCap) as refused:
        parse_feed(b'<feed xmlns="http://www.w3.org/2005/Atom">' + entries + b"</feed>")
    assert refused.value.reason == "CAP_TOO_LARGE"
