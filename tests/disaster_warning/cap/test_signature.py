"""Only what a pinned key signed is returned; every other document is refused for its reason."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from typing_extensions import override

from services.disaster_warning.cap.build import build, element_of
from services.disaster_warning.cap.credentials import Credentials, KeyType, load, make
from services.disaster_warning.cap.document import Alert, Status
from services.disaster_warning.cap.parse import DSIG, parse, read
from services.disaster_warning.cap.signature import Profile, sign, verify
from services.disaster_warning.cap.trust import (
    CertificateUnsuitable,
    TrustDomain,
    TrustedCertificate,
    TrustStore,
)
from services.disaster_warning.cap.validate import validate
from services.plumbing.refusal import PermissionDenied, Refusal
from tests.disaster_warning.cap.examples import DATA, SENT, chinese

DS: Final = f"{{{DSIG}}}"
YEAR: Final = timedelta(days=365)


def credentials(key_type: KeyType, domain: TrustDomain, name: str = "warning desk") -> Credentials:
    return make(
        key_type,
        common_name=name,
        organisation="Sichuan",
        domain=domain,
        valid_from=SENT - YEAR,
        valid_to=SENT + YEAR,
    )


LIVE: Final = credentials(KeyType.ECDSA_P256, TrustDomain.LIVE)
LIVE_RSA: Final = credentials(KeyType.RSA_3072, TrustDomain.LIVE)
DRILL: Final = credentials(KeyType.ECDSA_P256, TrustDomain.EXERCISE)
STRANGER: Final = credentials(KeyType.ECDSA_P256, TrustDomain.LIVE)
TRUST: Final = TrustStore.of([LIVE.trusted, LIVE_RSA.trusted, DRILL.trusted])


class OldSigner(XMLSigner):
    """Signs with SHA-1, as old software does."""

    @override
    def check_deprecated_methods(self) -> None:
        pass


def signed_otherwise(
    alert: Alert, method: SignatureMethod, digest: DigestAlgorithm, **options: Any
) -> bytes:
    key = LIVE_RSA if "RSA" in method.name else LIVE
    signer = OldSigner(
        signature_algorithm=method,
        digest_algorithm=digest,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return etree.tostring(
        signer.sign(element_of(alert), key=key.key, cert=[key.certificate], **options)
    )


@pytest.mark.parametrize("key", [LIVE, LIVE_RSA], ids=["ecdsa", "rsa"])
def test_what_is_signed_is_verified_and_still_passes_the_schema(key: Credentials) -> None:
    data = sign(chinese(), key, at=SENT)
    verified = verify(data, TRUST, at=SENT)
    assert verified.alert == chinese()
    assert verified.signer == key.trusted
    assert verified.source.signatures == 0
    assert validate(read(data)) == ()
    assert validate(verified.source) == ()


@pytest.mark.parametrize("key", [LIVE, LIVE_RSA], ids=["ecdsa", "rsa"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"510402", b"510403", id="geocode"),
        pytest.param(b"Actual", b"Test", id="status"),
        pytest.param(b"T08:35", b"T09:35", id="expires"),
        pytest.param(b"<alert ", b'<alert x="y" ', id="attribute"),
        pytest.param(b"</info><info>", b"</info> <info>", id="blank"),
        pytest.param(b"<ds:Signature ", b"<code>more</code><ds:Signature ", id="element"),
    ],
)
def test_a_changed_alert_is_detected(key: Credentials, old: bytes, new: bytes) -> None:
    data = sign(chinese(), key, at=SENT)
    assert old in data
    with pytest.raises(PermissionDenied) as refused:
        verify(data.replace(old, new, 1), TRUST, at=SENT)
    assert refused.value.reason == "CAP_CONTENT_CHANGED"


def test_comments_and_instructions_added_on_the_way_change_nothing() -> None:
    data = sign(chinese(), LIVE, at=SENT)
    data = data.replace(b"510402", b"51<!-- x -->0402", 1).replace(b"<alert", b"<?a b?><alert", 1)
    assert verify(data, TRUST, at=SENT).alert == chinese()


def _edited(edit: Callable[[Any, Any], None]) -> bytes:
    root = etree.fromstring(sign(chinese(), LIVE, at=SENT))
    signature = root.find(f"{DS}Signature")
    edit(root, signature)
    return etree.tostring(root)


def _wrap(root: Any, signature: Any) -> None:
    """Put the signed alert inside the signature, and another alert around it."""
    genuine = etree.fromstring(build(chinese()))
    genuine.set("Id", "genuine")
    holder = etree.SubElement(signature, f"{DS}Object")
    holder.append(genuine)
    signature.find(f".//{DS}Reference").set("URI", "#genuine")
    root[0].text = "forged"


def _wrap_around(root: Any, signature: Any) -> None:
    """Put the signed alert with its signature inside an info of another alert."""
    outer: Any = etree.fromstring(build(replace(chinese(), identifier="forged")))
    inner = etree.fromstring(etree.tostring(root))
    outer[-1].append(inner)
    root[:] = outer[:]


def _twice(root: Any, signature: Any) -> None:
    root.append(etree.fromstring(etree.tostring(signature)))


def _deeper(root: Any, signature: Any) -> None:
    root[-2].append(signature)


def _transform(root: Any, signature: Any) -> None:
    signature.find(f".//{DS}Transform").set(
        "Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116"
    )


def _more_references(root: Any, signature: Any) -> None:
    info = signature[0]
    info.append(etree.fromstring(etree.tostring(info[-1])))


def _mac(root: Any, signature: Any) -> None:
    signature.find(f".//{DS}SignatureMethod").set("Algorithm", SignatureMethod.HMAC_SHA256.value)


def _other_method(root: Any, signature: Any) -> None:
    signature.find(f".//{DS}SignatureMethod").set("Algorithm", SignatureMethod.RSA_SHA256.value)


def _no_key(root: Any, signature: Any) -> None:
    signature.find(f".//{DS}X509Data").clear()


def _no_value(root: Any, signature: Any) -> None:
    signature.find(f"{DS}SignatureValue").text = ""


def _other_value(root: Any, signature: Any) -> None:
    signature.find(f"{DS}SignatureValue").text = base64.b64encode(bytes(64)).decode()


def _no_certificate(root: Any, signature: Any) -> None:
    signature.find(f".//{DS}X509Certificate").text = "AAAA"


def _unsigned(root: Any, signature: Any) -> None:
    root.remove(signature)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (_wrap, "CAP_SIGNATURE_SHAPE"),
        (_wrap_around, "CAP_SIGNATURE_SHAPE"),
        (_twice, "CAP_SEVERAL_SIGNATURES"),
        (_deeper, "CAP_SIGNATURE_SHAPE"),
        (_transform, "CAP_SIGNATURE_SHAPE"),
        (_more_references, "CAP_SIGNATURE_SHAPE"),
        (_mac, "CAP_SIGNATURE_ALGORITHM"),
        (_other_method, "CAP_SIGNATURE_INVALID"),
        (_no_key, "CAP_SIGNER_NOT_TRUSTED"),
        (_no_value, "CAP_SIGNATURE_INVALID"),
        (_other_value, "CAP_SIGNATURE_INVALID"),
        (_no_certificate, "CAP_SIGNER_NOT_TRUSTED"),
        (_unsigned, "CAP_NOT_SIGNED"),
    ],
)
def test_a_signature_of_another_shape_is_refused(edit: Any, reason: str) -> None:
    with pytest.raises(PermissionDenied) as refused:
        verify(_edited(edit), TRUST, at=SENT)
    assert refused.value.reason == reason


def test_a_stranger_is_refused_even_when_he_carries_our_certificate_along() -> None:
    data = sign(chinese(), STRANGER, at=SENT)
    with pytest.raises(PermissionDenied) as refused:
        verify(data, TRUST, at=SENT)
    assert refused.value.reason == "CAP_SIGNER_NOT_TRUSTED"
    root: Any = etree.fromstring(data)
    ours = etree.SubElement(root.find(f".//{DS}X509Data"), f"{DS}X509Certificate")
    ours.text = "".join(LIVE.certificate_pem().decode().splitlines()[1:-1])
    with pytest.raises(PermissionDenied) as refused:
        verify(etree.tostring(root), TRUST, at=SENT)
    assert refused.value.reason == "CAP_SIGNATURE_INVALID"


@pytest.mark.parametrize(
    ("method", "digest"),
    [
        (SignatureMethod.RSA_SHA1, DigestAlgorithm.SHA1),
        (SignatureMethod.RSA_SHA1, DigestAlgorithm.SHA256),
        (SignatureMethod.RSA_SHA256, DigestAlgorithm.SHA1),
    ],
)
def test_sha_1_is_accepted_in_the_legacy_profile_only(
    method: SignatureMethod, digest: DigestAlgorithm
) -> None:
    data = signed_otherwise(chinese(), method, digest)
    with pytest.raises(PermissionDenied) as refused:
        verify(data, TRUST, at=SENT)
    assert refused.value.reason == "CAP_SIGNATURE_ALGORITHM"
    assert verify(data, TRUST, at=SENT, profile=Profile.LEGACY).alert == chinese()
    with pytest.raises(PermissionDenied):
        verify(data.replace(b"510402", b"510403"), TRUST, at=SENT, profile=Profile.LEGACY)


def test_the_public_sample_of_old_software_is_verified_with_its_key_pinned() -> None:
    """USGS signed it in 2012: RSA-SHA1, inclusive C14N, a bare key."""
    data = (DATA / "earthquake-iso8859-1.cap").read_bytes()
    root: Any = read(data).root
    modulus, exponent = (
        int.from_bytes(base64.b64decode(root.findtext(f".//{DS}{name}")))
        for name in ("Modulus", "Exponent")
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "USGS")])
    certificate = (
        x509.CertificateBuilder(name, name)
        .public_key(rsa.RSAPublicNumbers(exponent, modulus).public_key())
        .serial_number(1)
        .not_valid_before(SENT - YEAR)
        .not_valid_after(SENT + YEAR)
        .sign(LIVE_RSA.key, SHA256())
    )
    trust = TrustStore.of([TrustedCertificate(certificate, TrustDomain.FOREIGN)])
    assert verify(data, trust, at=SENT, profile=Profile.LEGACY).alert == parse(data)
    for changed, store in ((data.replace(b"4.6", b"6.4"), trust), (data, TRUST)):
        with pytest.raises(PermissionDenied):
            verify(changed, store, at=SENT, profile=Profile.LEGACY)
    with pytest.raises(PermissionDenied) as refused:
        verify(data, trust, at=SENT)
    assert refused.value.reason == "CAP_SIGNATURE_ALGORITHM"


def test_longer_digests_are_not_of_this_profile() -> None:
    data = signed_otherwise(chinese(), SignatureMethod.ECDSA_SHA512, DigestAlgorithm.SHA512)
    with pytest.raises(PermissionDenied) as refused:
        verify(data, TRUST, at=SENT, profile=Profile.LEGACY)
    assert refused.value.reason == "CAP_SIGNATURE_ALGORITHM"


@pytest.mark.parametrize("offset", [-2 * YEAR, 2 * YEAR], ids=["too-early", "expired"])
def test_a_certificate_counts_only_while_it_is_in_force(offset: timedelta) -> None:
    data = sign(chinese(), LIVE, at=SENT)
    for act in (
        lambda: verify(data, TRUST, at=SENT + offset),
        lambda: sign(chinese(), LIVE, at=SENT + offset),
    ):
        with pytest.raises(PermissionDenied) as refused:
            act()
        assert refused.value.reason == "CAP_CERTIFICATE_NOT_IN_FORCE"


def _signed_against_the_rules(alert: Alert, key: Credentials) -> bytes:
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    return etree.tostring(signer.sign(element_of(alert), key=key.key, cert=[key.certificate]))


@pytest.mark.parametrize(
    ("key", "status", "allowed"),
    [
        (LIVE, Status.ACTUAL, True),
        (LIVE, Status.SYSTEM, True),
        (LIVE, Status.EXERCISE, False),
        (LIVE, Status.TEST, False),
        (LIVE, Status.DRAFT, False),
        (DRILL, Status.EXERCISE, True),
        (DRILL, Status.TEST, True),
        (DRILL, Status.ACTUAL, False),
        (DRILL, Status.SYSTEM, False),
        (DRILL, Status.DRAFT, False),
    ],
)
def test_live_and_exercise_keys_never_sign_for_each_other(
    key: Credentials, status: Status, allowed: bool
) -> None:
    alert = chinese(status=status)
    data = _signed_against_the_rules(alert, key)
    if allowed:
        assert verify(sign(alert, key, at=SENT), TRUST, at=SENT).alert == alert
        assert verify(data, TRUST, at=SENT).alert == alert
        return
    for act in (lambda: verify(data, TRUST, at=SENT), lambda: sign(alert, key, at=SENT)):
        with pytest.raises(PermissionDenied) as refused:
            act()
        assert refused.value.reason == "CAP_WRONG_TRUST_DOMAIN"


def test_a_certificate_or_key_in_two_domains_is_no_store() -> None:
    with pytest.raises(ValueError, match="two trust domains"):
        TrustStore.of([LIVE.trusted, replace(LIVE.trusted, domain=TrustDomain.EXERCISE)])


def test_a_pin_may_be_bound_to_its_senders() -> None:
    bound = replace(LIVE.trusted, senders=frozenset({"other@sichuan.example"}))
    data = sign(chinese(), LIVE, at=SENT)
    with pytest.raises(PermissionDenied) as refused:
        verify(data, TrustStore.of([bound]), at=SENT)
    assert refused.value.reason == "CAP_SENDER_NOT_ALLOWED"
    bound = replace(bound, senders=frozenset({chinese().sender}))
    assert verify(data, TrustStore.of([bound]), at=SENT).signer == bound


def test_credentials_survive_storage_and_a_foreign_certificate_is_refused() -> None:
    stored = load(LIVE.key_pem(), LIVE.certificate_pem(), TrustDomain.LIVE)
    assert stored.trusted == LIVE.trusted
    for key, certificate in (
        (LIVE.key_pem(), STRANGER.certificate_pem()),
        (b"no key", LIVE.certificate_pem()),
    ):
        with pytest.raises(CertificateUnsuitable):
            load(key, certificate, TrustDomain.LIVE)


def test_the_certificate_says_what_it_is_for() -> None:
    subject = DRILL.certificate.subject.rfc4514_string()
    assert subject == "CN=warning desk,OU=exercise,O=Sichuan,C=CN"
    assert isinstance(TrustedCertificate(DRILL.certificate, TrustDomain.EXERCISE).fingerprint, str)


@pytest.mark.parametrize("seed", range(3))
def test_a_mutated_signed_document_is_refused_or_says_the_same(seed: int) -> None:
    chance = random.Random(seed)
    genuine = sign(chinese(), LIVE, at=SENT)
    for _ in range(150):
        data = bytearray(genuine)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            if chance.random() < 0.5:
                data[at] = chance.randrange(32, 127)
            else:
                del data[at : at + chance.randrange(1, 60)]
        try:
            verified = verify(bytes(data), TRUST, at=SENT)
        except Refusal:
            continue
        assert verified.alert == chinese()


def test_a_province_is_signed_and_read_again_whole() -> None:
    alert = chinese(counties=183)
    verified = verify(sign(alert, LIVE, at=SENT), TRUST, at=SENT)
    assert verified.alert == alert
