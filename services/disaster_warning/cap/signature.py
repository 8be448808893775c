"""Signing alerts and verifying signatures: enveloped XML-DSig, exclusive C14N, X.509.

What is accepted is narrow on purpose. One signature, a child of the alert; one reference, to the
whole document; the two transforms that this needs, and no other; RSA-SHA256 or ECDSA on P-256 with
SHA-256; a pinned certificate that is valid at the given time and may sign such a message. Verified
is only what ``verify`` returns, which is read from the very bytes that were digested: there is no
other copy of the document to be mistaken for it (signature wrapping).
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from services.disaster_warning.cap.build import DECLARATION, element_of
from services.disaster_warning.cap.credentials import Credentials
from services.disaster_warning.cap.document import Alert
from services.disaster_warning.cap.parse import DSIG, Source, alert_of, read
from services.disaster_warning.cap.trust import TrustedCertificate, TrustStore
from services.plumbing.refusal import PermissionDenied

_DS: Final = f"{{{DSIG}}}"
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_EXCLUSIVE: Final = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0

CERTIFICATES_MAX: Final = 4
"""A leaf and its chain; only the pinned one counts."""

_CLOSING: Final = b"</alert>"

_SIGNED_INFO: Final = (
    "<ds:SignedInfo>"
    f'<ds:CanonicalizationMethod Algorithm="{_EXCLUSIVE.value}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    '<ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{_ENVELOPED}"></ds:Transform>'
    f'<ds:Transform Algorithm="{_EXCLUSIVE.value}"></ds:Transform>'
    "</ds:Transforms>"
    f'<ds:DigestMethod Algorithm="{DigestAlgorithm.SHA256.value}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue>"
    "</ds:Reference></ds:SignedInfo>"
)
"""In canonical form, but for the namespace that it has when it stands alone."""

_SIGNATURE: Final = (
    f'<ds:Signature xmlns:ds="{DSIG}">'
    "{info}<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
    "<ds:X509Certificate>{certificate}</ds:X509Certificate>"
    "</ds:X509Data></ds:KeyInfo></ds:Signature>"
)


class SignatureRefused(PermissionDenied):
    """The signature does not count; the subclasses say why."""

    reason = "CAP_SIGNATURE_REFUSED"


class NotSigned(SignatureRefused):
    """There is no signature."""

    reason = "CAP_NOT_SIGNED"


class SeveralSignatures(SignatureRefused):
    """More than one signature, so that nobody knows which counts."""

    reason = "CAP_SEVERAL_SIGNATURES"


class SignatureShape(SignatureRefused):
    """The signature covers something else than the whole alert, or in another way."""

    reason = "CAP_SIGNATURE_SHAPE"


class SignatureAlgorithmRefused(SignatureRefused):
    """An algorithm that is weak, or not of this profile."""

    reason = "CAP_SIGNATURE_ALGORITHM"


class SignerNotTrusted(SignatureRefused):
    """No certificate of the signature is pinned."""

    reason = "CAP_SIGNER_NOT_TRUSTED"


class SignatureInvalid(SignatureRefused):
    """The signature is not that of the key."""

    reason = "CAP_SIGNATURE_INVALID"


class ContentChanged(SignatureRefused):
    """The alert is not what was signed."""

    reason = "CAP_CONTENT_CHANGED"


class Profile(enum.Enum):
    """Which signatures are accepted."""

    STRICT = "strict"
    LEGACY = "legacy"
    """Foreign feeds of old software only: RSA-SHA1, inclusive C14N, and a bare RSA key in place of
    a certificate as well. The key has to be pinned all the same."""


_METHODS: Final = {
    Profile.STRICT: frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256}),
    Profile.LEGACY: frozenset(
        {SignatureMethod.RSA_SHA256, SignatureMethod.ECDSA_SHA256, SignatureMethod.RSA_SHA1}
    ),
}
_DIGESTS: Final = {
    Profile.STRICT: frozenset({DigestAlgorithm.SHA256}),
    Profile.LEGACY: frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA1}),
}
_LEGACY_C14N: Final = frozenset(
    each.value
    for each in CanonicalizationMethod
    if each.value.startswith(("http://www.w3.org/TR/2001/", "http://www.w3.org/2006/12/"))
)
_C14N: Final = {
    Profile.STRICT: frozenset({_EXCLUSIVE.value}),
    Profile.LEGACY: _LEGACY_C14N | {_EXCLUSIVE.value},
}


@dataclass(frozen=True, slots=True)
class Verified:
    """An alert as it was signed, and who signed it."""

    alert: Alert
    source: Source
    signer: TrustedCertificate


def sign(
    alert: Alert,
    credentials: Credentials,
    *,
    at: datetime,
    root: etree._Element | None = None,
) -> bytes:
    """Return the signed CAP 1.2 document of ``alert``, with the signature as its last element.

    ``root`` is its XML, for whoever has built it already.
    Raises UnwritableAlert, CertificateNotInForce at ``at``, or WrongTrustDomain for a status that
    keys of this domain may not sign.
    """
    trusted = credentials.trusted
    trusted.require_in_force(at)
    trusted.require_may_sign(alert.sender, alert.status)
    document = element_of(alert) if root is None else root
    canonical: bytes = etree.tostring(document, method="c14n", exclusive=True, with_comments=False)
    # The signature is the alert's last child: what is digested is all but that, as it stands here.
    head, closing, _ = canonical.rpartition(_CLOSING)
    return DECLARATION + head + _signature(canonical, credentials) + closing


def _signature(canonical: bytes, credentials: Credentials) -> bytes:
    """Return the signature element over a document's canonical form.

    It is written in its own canonical form: what is signed is a part of it as it stands. A library
    builds and parses it as trees, three times, for what differs in two texts.
    """
    key = credentials.key
    elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    method = SignatureMethod.ECDSA_SHA256 if elliptic else SignatureMethod.RSA_SHA256
    digest = base64.b64encode(hashlib.sha256(canonical).digest()).decode()
    info = _SIGNED_INFO.format(method=method.value, digest=digest)
    data = info.replace("<ds:SignedInfo>", f'<ds:SignedInfo xmlns:ds="{DSIG}">', 1).encode()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        # XML-DSig has r and s side by side (RFC 4050), not in DER.
        width = (key.key_size + 7) // 8
        pair = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        value = b"".join(each.to_bytes(width, "big") for each in pair)
    else:
        value = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    certificate = credentials.certificate.public_bytes(serialization.Encoding.DER)
    return _SIGNATURE.format(
        info=info,
        value=base64.b64encode(value).decode(),
        certificate=base64.b64encode(certificate).decode(),
    ).encode()


def verify(
    data: bytes, trust: TrustStore, *, at: datetime, profile: Profile = Profile.STRICT
) -> Verified:
    """Return what of ``data`` is signed, and by whom.

    ``at`` is when the certificate has to be valid: the time of receipt, or that of a past receipt.
    Raises a MalformedCap for what is no alert, a SignatureRefused for what is not signed as it must
    be, CertificateNotInForce, WrongTrustDomain or SenderNotAllowed for who may not sign it.
    """
    return verify_source(read(data), trust, at=at, profile=profile)


def verify_source(
    source: Source, trust: TrustStore, *, at: datetime, profile: Profile = Profile.STRICT
) -> Verified:
    """Do as ``verify`` does, for a document that is read already."""
    signature = _only_signature(source)
    _require_shape(signature, profile)
    signer = _signer(signature, trust, profile)
    signer.require_in_force(at)
    signed = _verified_bytes(source, signer, profile, at)
    genuine = read(signed)
    alert = alert_of(genuine)
    signer.require_may_sign(alert.sender, alert.status)
    return Verified(alert, genuine, signer)


def _only_signature(source: Source) -> etree._Element:
    count = source.signatures
    if count == 0:
        raise NotSigned("the alert is not signed")
    if count > 1:
        raise SeveralSignatures(f"{count} signatures; an alert has one")
    signature = source.root.find(f"{_DS}Signature")
    if signature is None:
        raise SignatureShape("the signature must stand directly in the alert")
    return signature


def _require_shape(signature: etree._Element, profile: Profile) -> None:
    """Allow one reference to the whole document by the known steps; anything else is refused."""
    names = [each.tag for each in signature]
    if names != [f"{_DS}SignedInfo", f"{_DS}SignatureValue", f"{_DS}KeyInfo"]:
        raise SignatureShape("need SignedInfo, SignatureValue and KeyInfo, and nothing else")
    info = signature[0]
    names = [each.tag for each in info]
    if names != [f"{_DS}CanonicalizationMethod", f"{_DS}SignatureMethod", f"{_DS}Reference"]:
        raise SignatureShape("need exactly one Reference, to the whole alert")
    canonicalization, method, reference = info
    if len(canonicalization) or len(method):
        raise SignatureShape("the methods take no parameters here")
    if canonicalization.get("Algorithm") not in _C14N[profile]:
        raise SignatureAlgorithmRefused("the signature must be over exclusive canonical XML")
    if method.get("Algorithm") not in {each.value for each in _METHODS[profile]}:
        raise SignatureAlgorithmRefused("need RSA-SHA256, or ECDSA with SHA-256")
    _require_reference(reference, profile)


def _require_reference(reference: etree._Element, profile: Profile) -> None:
    if reference.attrib.get("URI") != "" or len(reference.attrib) != 1:
        raise SignatureShape("the Reference must be to the whole document (URI='')")
    names = [each.tag for each in reference]
    if names != [f"{_DS}Transforms", f"{_DS}DigestMethod", f"{_DS}DigestValue"]:
        raise SignatureShape("need Transforms, DigestMethod and DigestValue in the Reference")
    transforms, digest, _ = reference
    steps = [each.get("Algorithm") or "" for each in transforms]
    plain = all(each.tag == f"{_DS}Transform" and len(each) == 0 for each in transforms)
    bare = profile is Profile.LEGACY and steps == [_ENVELOPED]
    usual = len(steps) == 2 and steps[0] == _ENVELOPED and steps[1] in _C14N[profile]  # noqa: PLR2004 - a pair
    if not plain or not (usual or bare):
        raise SignatureShape("need the transforms enveloped-signature and exclusive canonical XML")
    if digest.get("Algorithm") not in {each.value for each in _DIGESTS[profile]}:
        raise SignatureAlgorithmRefused("need the digest SHA-256")


def _signer(signature: etree._Element, trust: TrustStore, profile: Profile) -> TrustedCertificate:
    """Return the pin that the signature's certificates, or its bare key, lead to."""
    texts = [each.text or "" for each in signature.iter(f"{_DS}X509Certificate")]
    if len(texts) > CERTIFICATES_MAX:
        message = f"{len(texts)} certificates in the signature; need 1 to {CERTIFICATES_MAX}"
        raise SignerNotTrusted(message)
    try:
        found = [trust.find(x509.load_der_x509_certificate(_bytes_of(text))) for text in texts]
        if not texts and profile is Profile.LEGACY:
            found = [_pin_of_bare_key(signature, trust)]
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise SignerNotTrusted("a certificate in the signature cannot be read") from error
    for pinned in found:
        if pinned is not None:
            return pinned
    raise SignerNotTrusted("no certificate of the signature is trusted here; ask who it is, pin it")


def _pin_of_bare_key(signature: etree._Element, trust: TrustStore) -> TrustedCertificate | None:
    modulus, exponent = (
        int.from_bytes(_bytes_of(signature.findtext(f".//{_DS}RSAKeyValue/{_DS}{name}") or ""))
        for name in ("Modulus", "Exponent")
    )
    for pinned in trust.pinned.values():
        key = pinned.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.public_numbers() == rsa.RSAPublicNumbers(
            exponent, modulus
        ):
            return pinned
    return None


def _bytes_of(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _verified_bytes(
    source: Source, signer: TrustedCertificate, profile: Profile, at: datetime
) -> bytes:
    configuration = SignatureConfiguration(
        location="./",
        signature_methods=_METHODS[profile],
        digest_algorithms=_DIGESTS[profile],
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
        # Asked again of the certificate that is in force then; without it, of the present day.
        verification_time=at,
    )
    verifier = XMLVerifier()
    # libxml2 puts xmlns="" where inclusive C14N of a part of a document has none. What is digested
    # is also what is read afterwards, so taking it out can hide nothing.
    verifier.excise_empty_xmlns_declarations = profile is Profile.LEGACY
    try:
        result = verifier.verify(
            source.root, x509_cert=signer.certificate, expect_config=configuration
        )
    except InvalidDigest as error:
        raise ContentChanged("the alert is not what was signed: it has been changed") from error
    except (
        SignXMLException,
        UnsupportedAlgorithm,
        etree.LxmlError,
        ValueError,
        TypeError,
        NotImplementedError,
    ) as error:
        raise SignatureInvalid("the signature is not that of the certificate's key") from error
    if isinstance(result, list):
        raise SignatureShape("the signature covers several things")
    signed: bytes = result.signed_data
    return signed
