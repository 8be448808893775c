"""Whose signatures count, and for what: pinned certificates, each in one domain of trust.

A certificate is trusted because it stands in the store, never because a document carries it or an
authority of the web vouches for it. Live and exercise keys are separate worlds: what one may sign
the other may not, so that no drill can sound as an alarm and no alarm be taken for a drill.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.disaster_warning.cap.document import Status
from services.plumbing.refusal import FailedPrecondition, PermissionDenied

RSA_BITS_MIN: Final = 2048
"""NIST SP 800-131A: shorter moduli are disallowed."""


class TrustDomain(enum.Enum):
    """The world that a key belongs to."""

    LIVE = "live"
    EXERCISE = "exercise"
    FOREIGN = "foreign"


STATUSES: Final[Mapping[TrustDomain, frozenset[Status]]] = MappingProxyType(
    {
        TrustDomain.LIVE: frozenset({Status.ACTUAL, Status.SYSTEM}),
        TrustDomain.EXERCISE: frozenset({Status.EXERCISE, Status.TEST}),
        TrustDomain.FOREIGN: frozenset(Status),
    }
)
"""What may be signed with keys of a domain. Nobody here signs a draft."""


class CertificateUnsuitable(FailedPrecondition):
    """A certificate whose key or purpose does not fit signing alerts."""

    reason = "CAP_CERTIFICATE_UNSUITABLE"


class CertificateNotInForce(PermissionDenied):
    """The certificate is not yet, or no longer, valid at the time in question."""

    reason = "CAP_CERTIFICATE_NOT_IN_FORCE"


class WrongTrustDomain(PermissionDenied):
    """A live key under an exercise, an exercise key under an alarm, or a draft signed at all."""

    reason = "CAP_WRONG_TRUST_DOMAIN"


class SenderNotAllowed(PermissionDenied):
    """The key is trusted, but not to speak for this sender."""

    reason = "CAP_SENDER_NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class TrustedCertificate:
    """A pinned certificate. ``senders`` are those it may speak for; empty means any."""

    certificate: x509.Certificate
    domain: TrustDomain
    senders: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        require_suitable(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return fingerprint_of(self.certificate)

    def require_in_force(self, at: datetime) -> None:
        """Raise CertificateNotInForce unless ``at`` is within the certificate's validity."""
        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not begin <= at <= end:
            raise CertificateNotInForce(
                f"certificate {self.fingerprint[:16]} is valid from {begin.isoformat()} to"
                f" {end.isoformat()}, not at {at.isoformat()}; renew it",
                metadata={"fingerprint": self.fingerprint},
            )

    def require_may_sign(self, sender: str, status: Status) -> None:
        """Raise WrongTrustDomain or SenderNotAllowed unless this key may sign such a message."""
        if status not in STATUSES[self.domain]:
            raise WrongTrustDomain(
                f"a key of the {self.domain.value} domain may not sign status {status.value}",
                metadata={"domain": self.domain.value, "status": status.value},
            )
        if self.senders and sender not in self.senders:
            raise SenderNotAllowed(
                f"certificate {self.fingerprint[:16]} may not speak for this sender",
                metadata={"fingerprint": self.fingerprint},
            )


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The pinned certificates, by fingerprint."""

    pinned: Mapping[str, TrustedCertificate] = field(default_factory=dict)

    @classmethod
    def of(cls, certificates: Iterable[TrustedCertificate]) -> TrustStore:
        """Return the store of ``certificates``; raise ValueError if one is in two domains."""
        pinned: dict[str, TrustedCertificate] = {}
        for each in certificates:
            other = pinned.setdefault(each.fingerprint, each)
            if other.domain is not each.domain:
                raise ValueError(f"certificate {each.fingerprint[:16]} is in two trust domains")
        keys: dict[bytes, TrustDomain] = {}
        for each in pinned.values():
            key = _key_bytes(each.certificate)
            if keys.setdefault(key, each.domain) is not each.domain:
                raise ValueError(f"the key of {each.fingerprint[:16]} is in two trust domains")
        return cls(MappingProxyType(pinned))

    def find(self, certificate: x509.Certificate) -> TrustedCertificate | None:
        """Return the pin of ``certificate``, None if it is not trusted."""
        return self.pinned.get(fingerprint_of(certificate))


def fingerprint_of(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the certificate's DER, in hexadecimal."""
    return certificate.fingerprint(SHA256()).hex()


def require_suitable(certificate: x509.Certificate) -> None:
    """Raise CertificateUnsuitable unless it holds RSA of 2048 bits or P-256, for signatures."""
    key = certificate.public_key()
    short = isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS_MIN
    other = isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1)
    if short or other or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        message = f"need RSA of at least {RSA_BITS_MIN} bits or ECDSA on P-256; make a new key"
        raise CertificateUnsuitable(message)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise CertificateUnsuitable("the certificate's key usage does not allow signatures")


def _key_bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
