"""Keys to sign with, and the making of development keys.

Production keys come from the authority's own issuance and are loaded; ``make`` is for development,
drills and tests, where a self-signed certificate that the trust store pins is all there is to it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services.disaster_warning.cap.trust import (
    CertificateUnsuitable,
    TrustDomain,
    TrustedCertificate,
    require_suitable,
)

RSA_BITS: Final = 3072
"""NIST SP 800-57: 128 bits of security, as P-256 has."""

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class KeyType(enum.Enum):
    """Kinds of keys; ECDSA signs some twenty times faster than RSA."""

    ECDSA_P256 = "ecdsa-p256"
    RSA_3072 = "rsa-3072"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A private key with its certificate, for one domain of trust."""

    key: PrivateKey
    certificate: x509.Certificate
    domain: TrustDomain

    def __post_init__(self) -> None:
        require_suitable(self.certificate)
        if self.certificate.public_key() != self.key.public_key():
            raise CertificateUnsuitable("the certificate is not that of the key")

    @property
    def trusted(self) -> TrustedCertificate:
        """What a receiver pins to trust these."""
        return TrustedCertificate(self.certificate, self.domain)

    def key_pem(self) -> bytes:
        """Return the key as PKCS #8, unencrypted: whoever stores it guards the file."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def certificate_pem(self) -> bytes:
        """Return the certificate."""
        return self.certificate.public_bytes(Encoding.PEM)


def load(key_pem: bytes, certificate_pem: bytes, domain: TrustDomain) -> Credentials:
    """Return the credentials in these PEM texts; raise CertificateUnsuitable."""
    try:
        key = load_pem_private_key(key_pem, password=None)
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except (ValueError, TypeError) as error:
        raise CertificateUnsuitable("not an unencrypted PEM key and a PEM certificate") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CertificateUnsuitable("need an RSA or an ECDSA key")
    return Credentials(key, certificate, domain)


def make(
    key_type: KeyType,
    *,
    common_name: str,
    organisation: str,
    domain: TrustDomain,
    valid_from: datetime,
    valid_to: datetime,
) -> Credentials:
    """Return a new key with a self-signed certificate: development and drills only.

    The domain stands in the subject (organisational unit), so that a person who reads the
    certificate sees it; what counts is the domain that a trust store pins it in.
    """
    key: PrivateKey
    if key_type is KeyType.ECDSA_P256:
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, domain.value),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNATURES_ONLY, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Credentials(key, certificate, domain)


_SIGNATURES_ONLY: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
