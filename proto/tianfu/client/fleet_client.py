"""Client of tianfu.fleet.v1.FleetService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.protobuf import empty_pb2
from tianfu.fleet.v1 import control_plane_pb2
from tianfu.fleet.v1 import enrolment_pb2
from tianfu.fleet.v1 import fleet_service_pb2
from tianfu.fleet.v1 import node_pb2
from tianfu.fleet.v1 import update_pb2
from tianfu.fleet.v1 import fleet_service_pb2_grpc
from tianfu.client import calls


class Fleet:
    """tianfu.fleet.v1.FleetService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = fleet_service_pb2_grpc.FleetServiceStub(channel.grpc)
        self._calls = channel

    def create_node(
        self,
        *,
        node: node_pb2.Node,
        node_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Registers a node.

        Repeating the call with the same request_id gives the first answer.
        """
        found: node_pb2.Node = self._calls.unary(
            self._stub.CreateNode,
            calls.request(
                fleet_service_pb2.CreateNodeRequest,
                dict(node=node, node_id=node_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def get_node(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Returns a node."""
        found: node_pb2.Node = self._calls.unary(
            self._stub.GetNode,
            calls.request(fleet_service_pb2.GetNodeRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_nodes(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[node_pb2.Node]:
        """Lists nodes in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListNodes,
            calls.request(
                fleet_service_pb2.ListNodesRequest, dict(page_size=page_size, filter=filter)
            ),
            "nodes",
            timeout_s,
        )

    def update_node(
        self,
        *,
        node: node_pb2.Node,
        update_mask: str | Sequence[str] | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Changes a node's registration."""
        found: node_pb2.Node = self._calls.unary(
            self._stub.UpdateNode,
            calls.request(
                fleet_service_pb2.UpdateNodeRequest, dict(node=node, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    def delete_node(
        self,
        *,
        name: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> empty_pb2.Empty:
        """Removes a node and its plan."""
        found: empty_pb2.Empty = self._calls.unary(
            self._stub.DeleteNode,
            calls.request(fleet_service_pb2.DeleteNodeRequest, dict(name=name, etag=etag)),
            timeout_s,
        )
        return found

    def watch_nodes(
        self,
        *,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[fleet_service_pb2.WatchNodesResponse]:
        """Streams the nodes that match, then every change of them.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchNodes,
            calls.request(fleet_service_pb2.WatchNodesRequest, dict(filter=filter)),
            timeout_s,
        )

    def get_node_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> node_pb2.NodePlan:
        """Returns a node's plan and what the node says of it."""
        found: node_pb2.NodePlan = self._calls.unary(
            self._stub.GetNodePlan,
            calls.request(fleet_service_pb2.GetNodePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def update_node_plan(
        self,
        *,
        plan: node_pb2.NodePlan,
        update_mask: str | Sequence[str] | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.NodePlan:
        """Replaces parts of a node's plan; its generation rises by one."""
        found: node_pb2.NodePlan = self._calls.unary(
            self._stub.UpdateNodePlan,
            calls.request(
                fleet_service_pb2.UpdateNodePlanRequest, dict(plan=plan, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    def patch_node_plans(
        self,
        *,
        patches: Iterable[fleet_service_pb2.NodePlanPatch],
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.PatchNodePlansResponse:
        """Changes single apps, shares and rule sets of many plans, each named, and leaves all else as it is: several may do so side by side.

        A plan's generation rises only when something in it changes.
        """
        found: fleet_service_pb2.PatchNodePlansResponse = self._calls.unary(
            self._stub.PatchNodePlans,
            calls.request(fleet_service_pb2.PatchNodePlansRequest, dict(patches=patches)),
            timeout_s,
        )
        return found

    def watch_node_plans(
        self,
        *,
        timeout_s: float | None = None,
    ) -> Iterator[fleet_service_pb2.WatchNodePlansResponse]:
        """Streams the plans that there are, then every change of them and every report on them, the latest of each.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchNodePlans,
            calls.request(fleet_service_pb2.WatchNodePlansRequest, {}),
            timeout_s,
        )

    def upload_artifact(
        self,
        requests: Iterable[fleet_service_pb2.UploadArtifactRequest],
        *,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.UploadArtifactResponse:
        """Takes the bytes of an artifact, in parts, and keeps them under their sum for nodes to fetch.

        Bytes that are kept already are not kept twice.
        """
        found: fleet_service_pb2.UploadArtifactResponse = self._calls.send(
            self._stub.UploadArtifact, requests, timeout_s
        )
        return found

    def get_artifact(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.Artifact:
        """Returns an artifact that is kept."""
        found: fleet_service_pb2.Artifact = self._calls.unary(
            self._stub.GetArtifact,
            calls.request(fleet_service_pb2.GetArtifactRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def publish_updates(
        self,
        *,
        bundle: update_pb2.UpdateBundle,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.PublishUpdatesResponse:
        """Shows signed releases of the agent to all nodes, in the place of those before.

        Nodes refuse what is older than they have seen, or not signed by whom their own root
        names; wheels are artifacts, uploaded before.
        """
        found: fleet_service_pb2.PublishUpdatesResponse = self._calls.unary(
            self._stub.PublishUpdates,
            calls.request(fleet_service_pb2.PublishUpdatesRequest, dict(bundle=bundle)),
            timeout_s,
        )
        return found

    def issue_enrolment_token(
        self,
        *,
        name: str,
        ttl: timedelta | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.IssueEnrolmentTokenResponse:
        """Makes a token with which a device may enrol as a node, once.

        It is shown here and nowhere else; what is stored is its digest.
        """
        found: fleet_service_pb2.IssueEnrolmentTokenResponse = self._calls.unary(
            self._stub.IssueEnrolmentToken,
            calls.request(fleet_service_pb2.IssueEnrolmentTokenRequest, dict(name=name, ttl=ttl)),
            timeout_s,
        )
        return found

    def enroll(
        self,
        *,
        token: str,
        public_key: str,
        signature: bytes,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.EnrollResponse:
        """Makes a device a node: its token and the key that it made become credentials.

        Repeating the call with the same token and key gives credentials again; another key
        is refused.
        """
        found: fleet_service_pb2.EnrollResponse = self._calls.unary(
            self._stub.Enroll,
            calls.request(
                fleet_service_pb2.EnrollRequest,
                dict(token=token, public_key=public_key, signature=signature),
            ),
            timeout_s,
        )
        return found

    def renew_enrolment(
        self,
        *,
        name: str,
        public_key: str,
        signature: bytes,
        new_public_key: str | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.RenewEnrolmentResponse:
        """Gives a node new credentials before the old ones end, or after they have: its key proves who it is.

        It may bring a new key.
        """
        found: fleet_service_pb2.RenewEnrolmentResponse = self._calls.unary(
            self._stub.RenewEnrolment,
            calls.request(
                fleet_service_pb2.RenewEnrolmentRequest,
                dict(
                    name=name,
                    public_key=public_key,
                    signature=signature,
                    new_public_key=new_public_key,
                ),
            ),
            timeout_s,
        )
        return found

    def get_enrolment(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> enrolment_pb2.Enrolment:
        """Returns a node's enrolment."""
        found: enrolment_pb2.Enrolment = self._calls.unary(
            self._stub.GetEnrolment,
            calls.request(fleet_service_pb2.GetEnrolmentRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def issue_station_credentials(
        self,
        *,
        name: str,
        public_key: str,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.IssueStationCredentialsResponse:
        """Signs credentials for the leaf server of a base station, for a key that the caller made.

        They let it pass on what its own node may say, and what the gateways may that name
        it by their label edge.tianfu.dev/station. What was signed for it before ends three
        minutes later, so that the new ones can get to the server first. They end with the
        node's registration, and when the node is turned out.
        """
        found: fleet_service_pb2.IssueStationCredentialsResponse = self._calls.unary(
            self._stub.IssueStationCredentials,
            calls.request(
                fleet_service_pb2.IssueStationCredentialsRequest,
                dict(name=name, public_key=public_key),
            ),
            timeout_s,
        )
        return found

    def renew_station_credentials(
        self,
        *,
        name: str,
        public_key: str,
        station_public_key: str,
        signature: bytes,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.RenewStationCredentialsResponse:
        """As IssueStationCredentials, for a base station that runs its leaf server itself: its own key proves who asks, before they end and after they have."""
        found: fleet_service_pb2.RenewStationCredentialsResponse = self._calls.unary(
            self._stub.RenewStationCredentials,
            calls.request(
                fleet_service_pb2.RenewStationCredentialsRequest,
                dict(
                    name=name,
                    public_key=public_key,
                    station_public_key=station_public_key,
                    signature=signature,
                ),
            ),
            timeout_s,
        )
        return found

    def revoke_enrolment(
        self,
        *,
        name: str,
        cause: str,
        timeout_s: float | None = None,
    ) -> enrolment_pb2.Enrolment:
        """Turns a node out: its connections end within seconds, and its key is good for nothing.

        It comes back by a new token and a new key.
        """
        found: enrolment_pb2.Enrolment = self._calls.unary(
            self._stub.RevokeEnrolment,
            calls.request(fleet_service_pb2.RevokeEnrolmentRequest, dict(name=name, cause=cause)),
            timeout_s,
        )
        return found

    def diagnose_node(
        self,
        *,
        name: str,
        command: int | str,
        app: str | None = None,
        max_lines: int | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.DiagnoseNodeResponse:
        """Asks a node about itself, by one of a few commands that change nothing, and returns what it answers.

        Who asked what of which node, and what came of it, is in the service's audit log
        before the node hears of it.
        """
        found: fleet_service_pb2.DiagnoseNodeResponse = self._calls.unary(
            self._stub.DiagnoseNode,
            calls.request(
                fleet_service_pb2.DiagnoseNodeRequest,
                dict(name=name, command=command, app=app, max_lines=max_lines),
            ),
            timeout_s,
        )
        return found

    def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_sha256: str | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.VerifyAuditResponse:
        """Checks the audit log of what nodes were asked: every entry that is kept, from the first to the last, and that no more is gone than the log says itself."""
        found: fleet_service_pb2.VerifyAuditResponse = self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                fleet_service_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_sha256=published_sha256),
            ),
            timeout_s,
        )
        return found

    def report_control_plane(
        self,
        *,
        operator: str,
        rollouts: Iterable[control_plane_pb2.Rollout] | None = None,
        pools: Iterable[control_plane_pb2.Pool] | None = None,
        whole: bool | None = None,
        names: Iterable[str] | None = None,
        settled: Iterable[fleet_service_pb2.SettledSteering] | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.ReportControlPlaneResponse:
        """Takes what an operator says of its rollouts and pools, for people without kubectl, and returns what people want of them.

        Repeating it changes nothing.
        """
        found: fleet_service_pb2.ReportControlPlaneResponse = self._calls.unary(
            self._stub.ReportControlPlane,
            calls.request(
                fleet_service_pb2.ReportControlPlaneRequest,
                dict(
                    operator=operator,
                    rollouts=rollouts,
                    pools=pools,
                    whole=whole,
                    names=names,
                    settled=settled,
                ),
            ),
            timeout_s,
        )
        return found

    def get_rollout(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Rollout:
        """Returns a rollout.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names.
        """
        found: control_plane_pb2.Rollout = self._calls.unary(
            self._stub.GetRollout,
            calls.request(fleet_service_pb2.GetRolloutRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_rollouts(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[control_plane_pb2.Rollout]:
        """Lists rollouts in order of name.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRollouts,
            calls.request(fleet_service_pb2.ListRolloutsRequest, dict(page_size=page_size)),
            "rollouts",
            timeout_s,
        )

    def steer_rollout(
        self,
        *,
        name: str,
        action: int | str,
        revision: str | None = None,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Rollout:
        """Pauses a rollout, has it go on, or has an earlier revision back: the operator writes it into the EdgeApp.

        Repeating what is wanted already changes nothing. An app owner steers the rollouts
        of the tenants that the token names.
        """
        found: control_plane_pb2.Rollout = self._calls.unary(
            self._stub.SteerRollout,
            calls.request(
                fleet_service_pb2.SteerRolloutRequest,
                dict(name=name, action=action, revision=revision),
            ),
            timeout_s,
        )
        return found

    def get_pool(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Pool:
        """Returns a pool of capacity and its claims.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names.
        """
        found: control_plane_pb2.Pool = self._calls.unary(
            self._stub.GetPool,
            calls.request(fleet_service_pb2.GetPoolRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_pools(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[control_plane_pb2.Pool]:
        """Lists pools in order of name.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListPools,
            calls.request(fleet_service_pb2.ListPoolsRequest, dict(page_size=page_size)),
            "pools",
            timeout_s,
        )


class AsyncFleet:
    """tianfu.fleet.v1.FleetService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = fleet_service_pb2_grpc.FleetServiceStub(channel.grpc)
        self._calls = channel

    async def create_node(
        self,
        *,
        node: node_pb2.Node,
        node_id: str,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Registers a node.

        Repeating the call with the same request_id gives the first answer.
        """
        found: node_pb2.Node = await self._calls.unary(
            self._stub.CreateNode,
            calls.request(
                fleet_service_pb2.CreateNodeRequest,
                dict(node=node, node_id=node_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def get_node(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Returns a node."""
        found: node_pb2.Node = await self._calls.unary(
            self._stub.GetNode,
            calls.request(fleet_service_pb2.GetNodeRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_nodes(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[node_pb2.Node]:
        """Lists nodes in order of name.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListNodes,
            calls.request(
                fleet_service_pb2.ListNodesRequest, dict(page_size=page_size, filter=filter)
            ),
            "nodes",
            timeout_s,
        )

    async def update_node(
        self,
        *,
        node: node_pb2.Node,
        update_mask: str | Sequence[str] | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.Node:
        """Changes a node's registration."""
        found: node_pb2.Node = await self._calls.unary(
            self._stub.UpdateNode,
            calls.request(
                fleet_service_pb2.UpdateNodeRequest, dict(node=node, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    async def delete_node(
        self,
        *,
        name: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> empty_pb2.Empty:
        """Removes a node and its plan."""
        found: empty_pb2.Empty = await self._calls.unary(
            self._stub.DeleteNode,
            calls.request(fleet_service_pb2.DeleteNodeRequest, dict(name=name, etag=etag)),
            timeout_s,
        )
        return found

    def watch_nodes(
        self,
        *,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[fleet_service_pb2.WatchNodesResponse]:
        """Streams the nodes that match, then every change of them.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchNodes,
            calls.request(fleet_service_pb2.WatchNodesRequest, dict(filter=filter)),
            timeout_s,
        )

    async def get_node_plan(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> node_pb2.NodePlan:
        """Returns a node's plan and what the node says of it."""
        found: node_pb2.NodePlan = await self._calls.unary(
            self._stub.GetNodePlan,
            calls.request(fleet_service_pb2.GetNodePlanRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def update_node_plan(
        self,
        *,
        plan: node_pb2.NodePlan,
        update_mask: str | Sequence[str] | None = None,
        timeout_s: float | None = None,
    ) -> node_pb2.NodePlan:
        """Replaces parts of a node's plan; its generation rises by one."""
        found: node_pb2.NodePlan = await self._calls.unary(
            self._stub.UpdateNodePlan,
            calls.request(
                fleet_service_pb2.UpdateNodePlanRequest, dict(plan=plan, update_mask=update_mask)
            ),
            timeout_s,
        )
        return found

    async def patch_node_plans(
        self,
        *,
        patches: Iterable[fleet_service_pb2.NodePlanPatch],
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.PatchNodePlansResponse:
        """Changes single apps, shares and rule sets of many plans, each named, and leaves all else as it is: several may do so side by side.

        A plan's generation rises only when something in it changes.
        """
        found: fleet_service_pb2.PatchNodePlansResponse = await self._calls.unary(
            self._stub.PatchNodePlans,
            calls.request(fleet_service_pb2.PatchNodePlansRequest, dict(patches=patches)),
            timeout_s,
        )
        return found

    def watch_node_plans(
        self,
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[fleet_service_pb2.WatchNodePlansResponse]:
        """Streams the plans that there are, then every change of them and every report on them, the latest of each.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchNodePlans,
            calls.request(fleet_service_pb2.WatchNodePlansRequest, {}),
            timeout_s,
        )

    async def upload_artifact(
        self,
        requests: AsyncIterable[fleet_service_pb2.UploadArtifactRequest],
        *,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.UploadArtifactResponse:
        """Takes the bytes of an artifact, in parts, and keeps them under their sum for nodes to fetch.

        Bytes that are kept already are not kept twice.
        """
        found: fleet_service_pb2.UploadArtifactResponse = await self._calls.send(
            self._stub.UploadArtifact, requests, timeout_s
        )
        return found

    async def get_artifact(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.Artifact:
        """Returns an artifact that is kept."""
        found: fleet_service_pb2.Artifact = await self._calls.unary(
            self._stub.GetArtifact,
            calls.request(fleet_service_pb2.GetArtifactRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def publish_updates(
        self,
        *,
        bundle: update_pb2.UpdateBundle,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.PublishUpdatesResponse:
        """Shows signed releases of the agent to all nodes, in the place of those before.

        Nodes refuse what is older than they have seen, or not signed by whom their own root
        names; wheels are artifacts, uploaded before.
        """
        found: fleet_service_pb2.PublishUpdatesResponse = await self._calls.unary(
            self._stub.PublishUpdates,
            calls.request(fleet_service_pb2.PublishUpdatesRequest, dict(bundle=bundle)),
            timeout_s,
        )
        return found

    async def issue_enrolment_token(
        self,
        *,
        name: str,
        ttl: timedelta | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.IssueEnrolmentTokenResponse:
        """Makes a token with which a device may enrol as a node, once.

        It is shown here and nowhere else; what is stored is its digest.
        """
        found: fleet_service_pb2.IssueEnrolmentTokenResponse = await self._calls.unary(
            self._stub.IssueEnrolmentToken,
            calls.request(fleet_service_pb2.IssueEnrolmentTokenRequest, dict(name=name, ttl=ttl)),
            timeout_s,
        )
        return found

    async def enroll(
        self,
        *,
        token: str,
        public_key: str,
        signature: bytes,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.EnrollResponse:
        """Makes a device a node: its token and the key that it made become credentials.

        Repeating the call with the same token and key gives credentials again; another key
        is refused.
        """
        found: fleet_service_pb2.EnrollResponse = await self._calls.unary(
            self._stub.Enroll,
            calls.request(
                fleet_service_pb2.EnrollRequest,
                dict(token=token, public_key=public_key, signature=signature),
            ),
            timeout_s,
        )
        return found

    async def renew_enrolment(
        self,
        *,
        name: str,
        public_key: str,
        signature: bytes,
        new_public_key: str | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.RenewEnrolmentResponse:
        """Gives a node new credentials before the old ones end, or after they have: its key proves who it is.

        It may bring a new key.
        """
        found: fleet_service_pb2.RenewEnrolmentResponse = await self._calls.unary(
            self._stub.RenewEnrolment,
            calls.request(
                fleet_service_pb2.RenewEnrolmentRequest,
                dict(
                    name=name,
                    public_key=public_key,
                    signature=signature,
                    new_public_key=new_public_key,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_enrolment(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> enrolment_pb2.Enrolment:
        """Returns a node's enrolment."""
        found: enrolment_pb2.Enrolment = await self._calls.unary(
            self._stub.GetEnrolment,
            calls.request(fleet_service_pb2.GetEnrolmentRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def issue_station_credentials(
        self,
        *,
        name: str,
        public_key: str,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.IssueStationCredentialsResponse:
        """Signs credentials for the leaf server of a base station, for a key that the caller made.

        They let it pass on what its own node may say, and what the gateways may that name
        it by their label edge.tianfu.dev/station. What was signed for it before ends three
        minutes later, so that the new ones can get to the server first. They end with the
        node's registration, and when the node is turned out.
        """
        found: fleet_service_pb2.IssueStationCredentialsResponse = await self._calls.unary(
            self._stub.IssueStationCredentials,
            calls.request(
                fleet_service_pb2.IssueStationCredentialsRequest,
                dict(name=name, public_key=public_key),
            ),
            timeout_s,
        )
        return found

    async def renew_station_credentials(
        self,
        *,
        name: str,
        public_key: str,
        station_public_key: str,
        signature: bytes,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.RenewStationCredentialsResponse:
        """As IssueStationCredentials, for a base station that runs its leaf server itself: its own key proves who asks, before they end and after they have."""
        found: fleet_service_pb2.RenewStationCredentialsResponse = await self._calls.unary(
            self._stub.RenewStationCredentials,
            calls.request(
                fleet_service_pb2.RenewStationCredentialsRequest,
                dict(
                    name=name,
                    public_key=public_key,
                    station_public_key=station_public_key,
                    signature=signature,
                ),
            ),
            timeout_s,
        )
        return found

    async def revoke_enrolment(
        self,
        *,
        name: str,
        cause: str,
        timeout_s: float | None = None,
    ) -> enrolment_pb2.Enrolment:
        """Turns a node out: its connections end within seconds, and its key is good for nothing.

        It comes back by a new token and a new key.
        """
        found: enrolment_pb2.Enrolment = await self._calls.unary(
            self._stub.RevokeEnrolment,
            calls.request(fleet_service_pb2.RevokeEnrolmentRequest, dict(name=name, cause=cause)),
            timeout_s,
        )
        return found

    async def diagnose_node(
        self,
        *,
        name: str,
        command: int | str,
        app: str | None = None,
        max_lines: int | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.DiagnoseNodeResponse:
        """Asks a node about itself, by one of a few commands that change nothing, and returns what it answers.

        Who asked what of which node, and what came of it, is in the service's audit log
        before the node hears of it.
        """
        found: fleet_service_pb2.DiagnoseNodeResponse = await self._calls.unary(
            self._stub.DiagnoseNode,
            calls.request(
                fleet_service_pb2.DiagnoseNodeRequest,
                dict(name=name, command=command, app=app, max_lines=max_lines),
            ),
            timeout_s,
        )
        return found

    async def verify_audit(
        self,
        *,
        published_number: int | None = None,
        published_sha256: str | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.VerifyAuditResponse:
        """Checks the audit log of what nodes were asked: every entry that is kept, from the first to the last, and that no more is gone than the log says itself."""
        found: fleet_service_pb2.VerifyAuditResponse = await self._calls.unary(
            self._stub.VerifyAudit,
            calls.request(
                fleet_service_pb2.VerifyAuditRequest,
                dict(published_number=published_number, published_sha256=published_sha256),
            ),
            timeout_s,
        )
        return found

    async def report_control_plane(
        self,
        *,
        operator: str,
        rollouts: Iterable[control_plane_pb2.Rollout] | None = None,
        pools: Iterable[control_plane_pb2.Pool] | None = None,
        whole: bool | None = None,
        names: Iterable[str] | None = None,
        settled: Iterable[fleet_service_pb2.SettledSteering] | None = None,
        timeout_s: float | None = None,
    ) -> fleet_service_pb2.ReportControlPlaneResponse:
        """Takes what an operator says of its rollouts and pools, for people without kubectl, and returns what people want of them.

        Repeating it changes nothing.
        """
        found: fleet_service_pb2.ReportControlPlaneResponse = await self._calls.unary(
            self._stub.ReportControlPlane,
            calls.request(
                fleet_service_pb2.ReportControlPlaneRequest,
                dict(
                    operator=operator,
                    rollouts=rollouts,
                    pools=pools,
                    whole=whole,
                    names=names,
                    settled=settled,
                ),
            ),
            timeout_s,
        )
        return found

    async def get_rollout(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Rollout:
        """Returns a rollout.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names.
        """
        found: control_plane_pb2.Rollout = await self._calls.unary(
            self._stub.GetRollout,
            calls.request(fleet_service_pb2.GetRolloutRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_rollouts(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[control_plane_pb2.Rollout]:
        """Lists rollouts in order of name.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRollouts,
            calls.request(fleet_service_pb2.ListRolloutsRequest, dict(page_size=page_size)),
            "rollouts",
            timeout_s,
        )

    async def steer_rollout(
        self,
        *,
        name: str,
        action: int | str,
        revision: str | None = None,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Rollout:
        """Pauses a rollout, has it go on, or has an earlier revision back: the operator writes it into the EdgeApp.

        Repeating what is wanted already changes nothing. An app owner steers the rollouts
        of the tenants that the token names.
        """
        found: control_plane_pb2.Rollout = await self._calls.unary(
            self._stub.SteerRollout,
            calls.request(
                fleet_service_pb2.SteerRolloutRequest,
                dict(name=name, action=action, revision=revision),
            ),
            timeout_s,
        )
        return found

    async def get_pool(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> control_plane_pb2.Pool:
        """Returns a pool of capacity and its claims.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names.
        """
        found: control_plane_pb2.Pool = await self._calls.unary(
            self._stub.GetPool,
            calls.request(fleet_service_pb2.GetPoolRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_pools(
        self,
        *,
        page_size: int | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[control_plane_pb2.Pool]:
        """Lists pools in order of name.

        Who is an app owner and nothing else is shown what is of the tenants that the token
        names. Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListPools,
            calls.request(fleet_service_pb2.ListPoolsRequest, dict(page_size=page_size)),
            "pools",
            timeout_s,
        )
