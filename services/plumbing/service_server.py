"""The gRPC server of a service: its own RPCs, and those that every service has."""

from __future__ import annotations

from google.protobuf.descriptor import ServiceDescriptor

from services.plumbing.clock import system_clock
from services.plumbing.dead_letters import DeadLetters
from services.plumbing.dead_letters_rpc import SERVICE as DEAD_LETTER_SERVICE
from services.plumbing.dead_letters_rpc import DeadLetterServicer
from services.plumbing.metrics import Registry
from services.plumbing.oidc import IssuerKeys
from services.plumbing.rpc_server import Adder, RpcServer
from services.plumbing.settings import ServiceSettings
from services.plumbing.tokens import JwtAuthenticator
from services.plumbing.tracing import Tracer
from tianfu.operations.v1 import dead_letter_service_pb2_grpc


def assemble(
    settings: ServiceSettings,
    own: tuple[Adder, object, ServiceDescriptor],
    letters: DeadLetters,
    *,
    registry: Registry,
    tracer: Tracer,
) -> RpcServer:
    """Return a server of ``own`` and of the service's dead letters, guarded as the settings say.

    Raise IssuerUnusable or KeysUnusable when there is nothing to verify tokens with.
    """
    keys = None
    if settings.token_discovery:
        keys = IssuerKeys(settings.token_issuer, settings.token_keys_file, registry)
        keys.ensure()
    add_letters = dead_letter_service_pb2_grpc.add_DeadLetterServiceServicer_to_server
    return RpcServer(
        settings,
        [own, (add_letters, DeadLetterServicer(letters), DEAD_LETTER_SERVICE)],
        authenticator=JwtAuthenticator(
            keys_file=settings.token_keys_file,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            clock=system_clock,
            roles_claim=settings.token_roles_claim,
        ),
        beside=() if keys is None else (keys.run,),
        clock=system_clock,
        registry=registry,
        tracer=tracer,
    )
