"""Who may call what: the rule that each RPC states in the proto (``tianfu.authz.v1.rule``)."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from services.plumbing.refusal import PermissionDenied
from services.plumbing.startup import CannotStart
from services.plumbing.tokens import Principal
from tianfu.authz.v1 import authz_pb2


class RoleMissing(PermissionDenied):
    """The caller holds none of the roles that the RPC lets in."""

    reason = "ROLE_MISSING"


class RuleMissing(CannotStart):
    """An RPC says nothing, or nothing sensible, of who may call it. The server does not start."""

    reason = "RPC_RULE_MISSING"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call one RPC: anyone, anyone with a token, or holders of one of the roles."""

    needs_token: bool
    roles: frozenset[int]

    def admit(self, principal: Principal) -> None:
        """Raise RoleMissing unless the caller may."""
        if self.roles and self.roles.isdisjoint(principal.roles):
            names = ", ".join(authz_pb2.Role.Name(role) for role in sorted(self.roles))
            raise RoleMissing(
                f"the caller holds none of the roles that may call this: {names}",
                metadata={"roles": names},
            )


def rule_of(method: MethodDescriptor) -> Rule:
    """Return the rule of an RPC; raise RuleMissing when it states none, or a contradiction."""
    options = method.GetOptions()
    if not options.HasExtension(authz_pb2.rule):
        raise RuleMissing(
            f"{method.full_name} states no rule; "
            "add `option (tianfu.authz.v1.rule) = {audience: ...}` to the proto"
        )
    stated = options.Extensions[authz_pb2.rule]
    roles = frozenset(stated.roles)
    by_role = stated.audience == authz_pb2.AUDIENCE_ROLES
    if stated.audience == authz_pb2.AUDIENCE_UNSPECIFIED or by_role != bool(roles):
        raise RuleMissing(
            f"{method.full_name}: AUDIENCE_ROLES needs roles, "
            "any other audience takes none, and one must be stated"
        )
    if authz_pb2.ROLE_UNSPECIFIED in roles:
        raise RuleMissing(f"{method.full_name} lists ROLE_UNSPECIFIED")
    return Rule(needs_token=stated.audience != authz_pb2.AUDIENCE_ANYONE, roles=roles)


def rules_of(service: ServiceDescriptor) -> dict[str, Rule]:
    """Return the rule of each RPC of a service by name; raise RuleMissing for the first without."""
    return {method.name: rule_of(method) for method in service.methods}
