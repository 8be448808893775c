"""What the local platform signs warnings with: made at the first start, kept, mode 0600.

The public's channel and exercises have separate keys, both for the bulletins that nodes verify
(Ed25519, as NATS writes its keys) and for CAP messages (ECDSA on P-256 with a self-signed
certificate). They are for development: in production the authority's own are loaded.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.local import keys
from cli.local.folder import Folder, write_private
from tianfu.subjects import Channel

# In the subject of a certificate, so that whoever reads it sees which world it is of.
WORLDS: Final = {Channel.LIVE: "live", Channel.DRILL: "exercise"}
# A data folder is seldom kept longer; a certificate that ends is a start that fails.
VALID: Final = timedelta(days=3650)
# A clock that is set back must not make the certificate one of the future.
BEFORE: Final = timedelta(days=1)


def signing_seed_file(folder: Folder, channel: Channel) -> Path:
    """Return where the seed lies that signs a channel's bulletins."""
    return folder.keys / f"signing-{channel.value}.nk"


def cap_key_file(folder: Folder, channel: Channel) -> Path:
    """Return where the key lies that signs a channel's CAP messages."""
    return folder.keys / f"cap-{channel.value}-key.pem"


def cap_certificate_file(folder: Folder, channel: Channel) -> Path:
    """Return where that key's certificate lies."""
    return folder.keys / f"cap-{channel.value}-certificate.pem"


def setpoint_seed_file(folder: Folder) -> Path:
    """Return where the seed lies that signs setpoints."""
    return folder.keys / "signing-setpoints.nk"


def setpoint_key(folder: Folder) -> str:
    """Return the public key that nodes pin for setpoints; made when it lacks."""
    return keys.ensure(setpoint_seed_file(folder))


def rules_seed_file(folder: Folder) -> Path:
    """Return where the seed lies that signs rules for nodes."""
    return folder.keys / "signing-rules.nk"


def rules_key(folder: Folder) -> str:
    """Return the public key that nodes pin for rules; made when it lacks."""
    return keys.ensure(rules_seed_file(folder))


def ensure(folder: Folder, now: datetime | None = None) -> dict[Channel, str]:
    """Make what lacks; return the public keys that nodes pin, one a channel."""
    setpoint_key(folder)
    for channel in Channel:
        # The certificate is written last: where it is, the key is too.
        if not cap_certificate_file(folder, channel).exists():
            _make_cap(folder, channel, now or datetime.now(UTC))
    return {channel: keys.ensure(signing_seed_file(folder, channel)) for channel in Channel}


def environment(folder: Folder) -> dict[str, str]:
    """Return the settings by which the service of disaster warning finds them."""
    found = {}
    for channel in Channel:
        name = f"TIANFU_{channel.name}"
        found[f"{name}_SIGNING_SEED_FILE"] = str(signing_seed_file(folder, channel))
        found[f"{name}_CAP_KEY_FILE"] = str(cap_key_file(folder, channel))
        found[f"{name}_CAP_CERTIFICATE_FILE"] = str(cap_certificate_file(folder, channel))
    return found


def _make_cap(folder: Folder, channel: Channel, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Tianfu, local platform"),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, WORLDS[channel]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"CAP {WORLDS[channel]}, development"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNATURES_ONLY, critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(cap_key_file(folder, channel), private.decode())
    public = certificate.public_bytes(Encoding.PEM)
    write_private(cap_certificate_file(folder, channel), public.decode())


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
