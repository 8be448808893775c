"""A certificate authority for development, and the certificates that gRPC servers show.

Keys are ECDSA on P-256. A server's certificate names where it may be reached, and as a URI who it
is among the services (``spiffe://tianfu/service/NAME``), which other services go by. In production
an authority of the site's own takes this one's place; the files are the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from cli.local.folder import write_private
from tianfu.service_identity import service_uri

AUTHORITY_VALID: Final = timedelta(days=3650)
VALID: Final = timedelta(days=397)
"""Of a server's certificate: what clients take at most (CA/Browser Forum, 2020)."""

RENEW_LEFT: Final = timedelta(days=30)
"""A certificate that has less left is made anew at a start."""

BEFORE: Final = timedelta(days=1)
"""A clock that is behind must not meet a certificate of the future."""


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate and its key, PEM, mode 0600."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """An authority in a folder."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """What clients are given to believe."""
        return self.folder / "ca.pem"

    def ensure(self, now: datetime) -> None:
        """Make the authority unless it is there."""
        if self.certificate.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tianfu development CA")])
        built = (
            _builder(name, name, key.public_key(), now, AUTHORITY_VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )
        write_private(self.folder / "ca-key.pem", _private(key))
        signed = built.sign(key, hashes.SHA256())
        # Last: where it is, the key is too.
        write_private(self.certificate, signed.public_bytes(Encoding.PEM).decode())

    def issue(self, service: str, hosts: Sequence[str], now: datetime) -> Certificate:
        """Return a service's certificate for its hosts, made anew when it soon ends."""
        made = Certificate(self.folder / f"{service}.pem", self.folder / f"{service}-key.pem")
        if made.certificate.exists() and not self._ends_soon(made.certificate, now):
            return made
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        signer = load_pem_private_key((self.folder / "ca-key.pem").read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.folder / 'ca-key.pem'} is no ECDSA key")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, service)])
        names = [*map(_general, hosts), x509.UniformResourceIdentifier(service_uri(service))]
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        built = (
            _builder(name, authority.subject, key.public_key(), now, VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(issuer_key, critical=False)
        )
        write_private(made.key, _private(key))
        signed = built.sign(signer, hashes.SHA256())
        write_private(made.certificate, signed.public_bytes(Encoding.PEM).decode())
        return made

    def _ends_soon(self, path: Path, now: datetime) -> bool:
        held = x509.load_pem_x509_certificate(path.read_bytes())
        return held.not_valid_after_utc - now < RENEW_LEFT


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    valid: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + valid)
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
