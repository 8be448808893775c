"""Development tokens: a key pair in the data folder, and bearer tokens signed with it.

In production tokens come from an OIDC issuer; the services see no difference.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Final

from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from cli.failures import Exit, Failure
from cli.local.folder import Folder, write_private

ISSUER: Final = "https://tianfu.localhost"
AUDIENCE: Final = "tianfu"
ALGORITHM: Final = "Ed25519"
KEY_ID: Final = "development"
PRIVATE_NAME: Final = "token-private.json"
PUBLIC_NAME: Final = "token-keys.json"
# Long enough for a day's work, short enough that a token in a shell's history is soon worthless.
LIFE_S: Final = 12 * 3600.0
ROLES: Final = (
    "PLATFORM_ENGINEER",
    "FIELD_ENGINEER",
    "SERVICE",
    "VIEWER",
    "SOURCE",
    "APP_OWNER",
    "DUTY_OFFICER",
    "WARNING_SIGNER",
    "WARNING_AUTHORITY",
    "CLINICIAN",
    "SUPERVISOR",
    "INSPECTOR",
    "AUDITOR",
    "ENERGY_MANAGER",
    "GRID_DISPATCHER",
    "STATION_OPERATOR",
)


def ensure_keys(folder: Folder) -> None:
    """Make the key pair unless it is there."""
    private = folder.keys / PRIVATE_NAME
    if private.exists():
        return
    key = OKPKey.generate_key("Ed25519", {"kid": KEY_ID, "use": "sig"}, private=True)
    write_private(
        folder.keys / PUBLIC_NAME, json.dumps({"keys": [key.as_dict(private=False)]}) + "\n"
    )
    write_private(private, json.dumps(key.as_dict(private=True)) + "\n")


def issue(
    folder: Folder,
    role: str,
    *,
    subject: str = "",
    hospitals: Sequence[str] = (),
    departments: Sequence[str] = (),
    badges: Sequence[str] = (),
    tenants: Sequence[str] = (),
    now_s: float | None = None,
) -> str:
    """Return a token for a role, and for who works for some hospitals or departments."""
    name = role.upper().replace("-", "_").removeprefix("ROLE_")
    if name not in ROLES:
        known = ", ".join(each.lower().replace("_", "-") for each in ROLES)
        raise Failure("ROLE_UNKNOWN", f"no role {role!r}; there are {known}", status=Exit.USAGE)
    try:
        key = OKPKey.import_key(json.loads((folder.keys / PRIVATE_NAME).read_text()))
    except FileNotFoundError:
        raise Failure(
            "CONTEXT_MISSING",
            f"no platform was ever started in {folder.root}",
            "start one with `tianfu up`, or name its data folder with --data",
            status=Exit.UNAVAILABLE,
        ) from None
    issued_s = int(time.time() if now_s is None else now_s)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject or f"local-{name.lower().replace('_', '-')}",
        "iat": issued_s,
        "exp": issued_s + int(LIFE_S),
        "roles": [name],
        **({"hospitals": list(hospitals)} if hospitals else {}),
        **({"departments": list(departments)} if departments else {}),
        **({"badges": list(badges)} if badges else {}),
        **({"tenants": list(tenants)} if tenants else {}),
    }
    header = {"alg": ALGORITHM, "kid": KEY_ID, "typ": "JWT"}
    return jwt.encode(header, claims, key, registry=JWSRegistry(algorithms=[ALGORITHM]))
