"""The keys of one NATS operator, and the tokens they make: for a server, and for each user.

Needs the package ``nkeys``. Where the keys lie, and how they are kept from others, is no matter of
this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tianfu import nats_accounts, nats_jwt, nats_keys
from tianfu.nats_accounts import ACCOUNT_OF_ROLE, ACCOUNTS, EDGE, OPERATOR, SYSTEM, AccountKeys
from tianfu.nats_config import Trust
from tianfu.nats_keys import KeyKind, KeyPair
from tianfu.subjects import Permissions


@dataclass(frozen=True)
class Realm:
    """The keys: the operator's own and the one it signs with, and the same of each account.

    What is signed day by day is signed by signing keys, which can be replaced; the operator's own
    key makes the operator's token alone, and belongs in a safe afterwards.
    """

    operator_token: str
    operator_signing: KeyPair
    accounts: Mapping[str, AccountKeys]
    account_signing: Mapping[str, KeyPair]

    def trust(
        self, *, issued: int, revocations: Mapping[str, Mapping[str, int]] | None = None
    ) -> Trust:
        """Return what a server is told; ``revocations`` are by account and user."""
        made = nats_accounts.accounts(self.accounts, revocations)
        return Trust(
            operator_token=self.operator_token,
            system_account=self.accounts[SYSTEM].public_key,
            account_tokens={
                account.public_key: nats_jwt.account_token(
                    account, self.operator_signing, issued=issued
                )
                for account in made.values()
            },
        )

    def leaf_trust(
        self, *, issued: int, revocations: Mapping[str, Mapping[str, int]] | None = None
    ) -> Trust:
        """Return what a base station's leaf server is told: of EDGE and SYSTEM alone."""
        made = nats_accounts.accounts(self.accounts, revocations)
        known = (made[SYSTEM], nats_accounts.leaf_account(made[EDGE]))
        return Trust(
            operator_token=self.operator_token,
            system_account=self.accounts[SYSTEM].public_key,
            account_tokens={
                account.public_key: nats_jwt.account_token(
                    account, self.operator_signing, issued=issued
                )
                for account in known
            },
        )

    def user_token(
        self,
        role: str,
        name: str,
        public_key: str,
        permissions: Permissions,
        *,
        issued: int,
        expires: int | None = None,
        account: str | None = None,
    ) -> str:
        """Return a user's token; its account follows from its role unless it is given."""
        chosen = account or ACCOUNT_OF_ROLE[role]
        user = nats_jwt.User(
            name=f"{role}:{name}",
            public_key=public_key,
            permissions=permissions,
            account=self.accounts[chosen].public_key,
            expires=expires,
        )
        return nats_jwt.user_token(user, self.account_signing[chosen], issued=issued)


def generate(*, issued: int) -> Realm:
    """Return a realm of new keys. The operator's and the accounts' own keys are thrown away."""
    root = nats_keys.generate(KeyKind.OPERATOR)
    signing = nats_keys.generate(KeyKind.OPERATOR)
    own = {name: nats_keys.generate(KeyKind.ACCOUNT).public_key for name in ACCOUNTS}
    pairs = {name: nats_keys.generate(KeyKind.ACCOUNT) for name in ACCOUNTS}
    token = nats_jwt.operator_token(
        OPERATOR,
        root,
        system_account=own[SYSTEM],
        signing_keys=[signing.public_key],
        issued=issued,
    )
    keys = {name: AccountKeys(own[name], (pairs[name].public_key,)) for name in ACCOUNTS}
    return Realm(token, signing, keys, pairs)
