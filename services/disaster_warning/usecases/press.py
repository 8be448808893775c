"""CAP messages made fit to go out: judged by CAP's rules and the profile's, then signed."""

from __future__ import annotations

from datetime import datetime

from services.disaster_warning.cap.build import element_of
from services.disaster_warning.cap.credentials import Credentials
from services.disaster_warning.cap.document import Alert
from services.disaster_warning.cap.event_codes import EVENT_CODES_RULE, EventCodes
from services.disaster_warning.cap.profile import check_profile
from services.disaster_warning.cap.signature import sign
from services.disaster_warning.cap.trust import TrustDomain
from services.disaster_warning.cap.validate import check_element, require_valid
from services.disaster_warning.model.warning import Channel
from services.plumbing.rules import RuleBook

DOMAINS = {Channel.LIVE: TrustDomain.LIVE, Channel.DRILL: TrustDomain.EXERCISE}
"""The world whose keys sign the messages of a channel."""


class SigningPress:
    """Implements ``ports.Press`` for one channel, with keys that can sign for no other."""

    def __init__(
        self, channel: Channel, credentials: Credentials, rules: RuleBook, *, jurisdiction: str
    ) -> None:
        """Raise ValueError for keys of another world than the channel's."""
        if credentials.domain is not DOMAINS[channel]:
            raise ValueError(
                f"keys of domain {credentials.domain.value} can't sign for {channel.value}"
            )
        self._credentials = credentials
        self._rules = rules
        self._jurisdiction = jurisdiction

    def print(self, alert: Alert, *, now: datetime) -> bytes:
        """Return the signed document; raise InvalidAlert with all that is wrong otherwise."""
        events = EventCodes.of(self._rules.in_force(EVENT_CODES_RULE, self._jurisdiction, now))
        root = element_of(alert)
        require_valid((*check_element(root), *check_profile(alert, events)))
        return sign(alert, self._credentials, at=now, root=root)
