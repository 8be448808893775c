"""Whom a leaf server believes: read from a file once, then as the platform says it, signed.

The token of account EDGE names who was turned out. It is taken when one of the operator's keys
signed it and it is newer; so nobody on the bus can let anybody in again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from tianfu import nats_config, nats_jwt
from tianfu.nats_config import Trust
from tianfu.nats_jwt import Claims, TokenMalformed

FILE_BYTES_MAX: Final = 4 << 20
TOKEN_BYTES_MAX: Final = 1 << 20
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")


class TrustRefused(ValueError):
    """What does not say whom to believe; ``reason`` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        """Take the reason code and the sentence."""
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class StationTrust:
    """An operator's and its accounts' tokens; ``account`` is the public key of EDGE."""

    trust: Trust
    account: str
    heard_s: int = 0
    """When the token was issued that the platform last said, Unix seconds; 0 before it said any.

    That of the file does not count: printed anew it is younger, and knows nobody who is turned out.
    """

    @property
    def claims(self) -> Claims:
        """What the token of EDGE says."""
        return nats_jwt.read(self.trust.account_tokens[self.account])

    @property
    def turned_out(self) -> int:
        """How many keys are refused."""
        return len(self.claims.body.get("revocations", {}))


def read(file: Path) -> StationTrust:
    """Return what `tianfu keys station` wrote; raise TrustRefused."""
    try:
        content = json.loads(file.read_bytes()[:FILE_BYTES_MAX])
        tokens = {str(key): str(token) for key, token in content["account_tokens"].items()}
        trust = Trust(str(content["operator_token"]), str(content["system_account"]), tokens)
        found = StationTrust(trust, str(content["account"]))
        for token in (trust.operator_token, *tokens.values()):
            _verified(token)
        if found.account not in tokens:
            raise TrustRefused("STATION_TRUST_INVALID", f"{file}: no token of its account")
    except OSError as error:
        raise TrustRefused("STATION_TRUST_MISSING", f"{file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, TrustRefused):
            raise
        text = f"{file} is not what `tianfu keys station` writes"
        raise TrustRefused("STATION_TRUST_INVALID", text) from error
    return found


def read_config(file: Path) -> tuple[str, StationTrust]:
    """Return a leaf server's configuration that operators gave, and whom it believes.

    Raise TrustRefused.
    """
    try:
        text = file.read_text("utf-8")
        given, account = nats_config.leaf_trust(text)
        for token in (given.operator_token, *given.account_tokens.values()):
            _verified(token)
    except OSError as error:
        raise TrustRefused("STATION_TRUST_MISSING", f"{file}: {error.strerror}") from error
    except ValueError as error:
        raise TrustRefused("STATION_TRUST_INVALID", f"{file}: {error}") from error
    return text, StationTrust(given, account)


def newer(current: StationTrust, payload: bytes) -> StationTrust | None:
    """Return the trust with another token of its account, None when it says the same.

    Raise TrustRefused for one that no key of the operator signed, or an older one.
    """
    if len(payload) > TOKEN_BYTES_MAX:
        raise TrustRefused("STATION_TRUST_INVALID", f"{len(payload)} bytes")
    try:
        token = payload.decode("ascii")
        claims = _verified(token)
        operator = nats_jwt.read(current.trust.operator_token)
    except (UnicodeDecodeError, TokenMalformed) as error:
        raise TrustRefused("STATION_TRUST_INVALID", "no signed token of an account") from error
    if claims.subject != current.account or claims.kind != "account":
        raise TrustRefused("STATION_TRUST_OF_ANOTHER", "the token is of another account")
    if claims.issuer not in {operator.subject, *operator.body.get("signing_keys", ())}:
        raise TrustRefused("STATION_TRUST_UNKNOWN", "no key of this operator signed the token")
    if claims.issued < current.heard_s:
        raise TrustRefused("STATION_TRUST_OLD", "a newer token is in force")
    if current.heard_s and claims.body == current.claims.body:
        return None
    tokens: Mapping[str, str] = {**current.trust.account_tokens, current.account: token}
    changed = replace(current.trust, account_tokens=tokens)
    return replace(current, trust=changed, heard_s=claims.issued)


def _verified(token: str) -> Claims:
    if not TOKEN.fullmatch(token):
        # Base64 is read with blanks in it, and what is believed goes into the configuration.
        raise TokenMalformed("a token has no other letters")
    return nats_jwt.verify(token, _is_signed)


def _is_signed(key: str, data: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(nats_jwt.public_bytes(key)).verify(data, signature)
    except (CryptoError, ValueError, TypeError):
        return False
    return True
