"""Client of tianfu.disaster_warning.v1.DisasterWarningService, made by tools/clientgen.py."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tianfu.disaster_warning.v1 import disaster_warning_service_pb2
from tianfu.disaster_warning.v1 import earthquake_pb2
from tianfu.disaster_warning.v1 import rule_pb2
from tianfu.disaster_warning.v1 import warning_pb2
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2_grpc
from tianfu.client import calls


class DisasterWarning:
    """tianfu.disaster_warning.v1.DisasterWarningService, call by call."""

    def __init__(self, channel: calls.Channel) -> None:
        self._stub: Any = disaster_warning_service_pb2_grpc.DisasterWarningServiceStub(channel.grpc)
        self._calls = channel

    def create_warning(
        self,
        *,
        warning: warning_pb2.Warning,
        warning_id: str | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Drafts a warning.

        Repeating the call with the same request_id gives the first answer.
        """
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.CreateWarning,
            calls.request(
                disaster_warning_service_pb2.CreateWarningRequest,
                dict(warning=warning, warning_id=warning_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def review_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Finds a draft right, or sends it back.

        The reviewer is not the drafter.
        """
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.ReviewWarning,
            calls.request(
                disaster_warning_service_pb2.ReviewWarningRequest,
                dict(name=name, verdict=verdict, comment=comment, etag=etag),
            ),
            timeout_s,
        )
        return found

    def sign_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Signs a reviewed warning off, or sends it back.

        The signer is neither the drafter nor the reviewer; level II and above need
        ROLE_WARNING_AUTHORITY.
        """
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.SignWarning,
            calls.request(
                disaster_warning_service_pb2.SignWarningRequest,
                dict(name=name, verdict=verdict, comment=comment, etag=etag),
            ),
            timeout_s,
        )
        return found

    def publish_warning(
        self,
        *,
        name: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Publishes a warning that is signed off: to the counties' nodes, as CAP and as an event.

        Calling it again changes nothing.
        """
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.PublishWarning,
            calls.request(
                disaster_warning_service_pb2.PublishWarningRequest, dict(name=name, etag=etag)
            ),
            timeout_s,
        )
        return found

    def update_warning(
        self,
        *,
        warning: warning_pb2.Warning,
        update_mask: str | Sequence[str] | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Changes a draft; or drafts the next version of a published warning, which goes through review and signature as the first did."""
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.UpdateWarning,
            calls.request(
                disaster_warning_service_pb2.UpdateWarningRequest,
                dict(warning=warning, update_mask=update_mask, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    def cancel_warning(
        self,
        *,
        name: str,
        reason: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Takes a published warning back, or drops one that is not out."""
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.CancelWarning,
            calls.request(
                disaster_warning_service_pb2.CancelWarningRequest,
                dict(name=name, reason=reason, etag=etag),
            ),
            timeout_s,
        )
        return found

    def confirm_automatic_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Records what people found when they reviewed a warning that a rule let out."""
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.ConfirmAutomaticWarning,
            calls.request(
                disaster_warning_service_pb2.ConfirmAutomaticWarningRequest,
                dict(name=name, verdict=verdict, comment=comment),
            ),
            timeout_s,
        )
        return found

    def get_warning(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Returns a warning with its steps."""
        found: warning_pb2.Warning = self._calls.unary(
            self._stub.GetWarning,
            calls.request(disaster_warning_service_pb2.GetWarningRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_warnings(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[warning_pb2.Warning]:
        """Lists warnings, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListWarnings,
            calls.request(
                disaster_warning_service_pb2.ListWarningsRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "warnings",
            timeout_s,
        )

    def watch_warnings(
        self,
        *,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[disaster_warning_service_pb2.WatchWarningsResponse]:
        """Streams the warnings that match, then every change of them.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchWarnings,
            calls.request(disaster_warning_service_pb2.WatchWarningsRequest, dict(filter=filter)),
            timeout_s,
        )

    def export_cap(
        self,
        *,
        name: str,
        version: int | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.ExportCapResponse:
        """Returns the signed CAP 1.2 message of a warning's version."""
        found: disaster_warning_service_pb2.ExportCapResponse = self._calls.unary(
            self._stub.ExportCap,
            calls.request(
                disaster_warning_service_pb2.ExportCapRequest, dict(name=name, version=version)
            ),
            timeout_s,
        )
        return found

    def import_cap(
        self,
        *,
        content: bytes,
        validate_only: bool | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.ImportCapResponse:
        """Takes in a foreign CAP message and drafts a warning from it."""
        found: disaster_warning_service_pb2.ImportCapResponse = self._calls.unary(
            self._stub.ImportCap,
            calls.request(
                disaster_warning_service_pb2.ImportCapRequest,
                dict(content=content, validate_only=validate_only),
            ),
            timeout_s,
        )
        return found

    def get_receipts(
        self,
        *,
        name: str,
        version: int | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.GetReceiptsResponse:
        """Returns who has received a warning, county by county."""
        found: disaster_warning_service_pb2.GetReceiptsResponse = self._calls.unary(
            self._stub.GetReceipts,
            calls.request(
                disaster_warning_service_pb2.GetReceiptsRequest, dict(name=name, version=version)
            ),
            timeout_s,
        )
        return found

    def list_earthquakes(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[earthquake_pb2.Earthquake]:
        """Lists earthquakes, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEarthquakes,
            calls.request(
                disaster_warning_service_pb2.ListEarthquakesRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "earthquakes",
            timeout_s,
        )

    def get_earthquake(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> earthquake_pb2.Earthquake:
        """Returns an earthquake with the history of its solutions."""
        found: earthquake_pb2.Earthquake = self._calls.unary(
            self._stub.GetEarthquake,
            calls.request(disaster_warning_service_pb2.GetEarthquakeRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def evaluate_thresholds(
        self,
        *,
        place_code: str,
        evaluate_time: datetime | None = None,
        rain: disaster_warning_service_pb2.RainFigures | None = None,
        flood: disaster_warning_service_pb2.FloodFigures | None = None,
        fire: disaster_warning_service_pb2.FireFigures | None = None,
        earthquake: disaster_warning_service_pb2.EarthquakeFigures | None = None,
        live: disaster_warning_service_pb2.LiveFigures | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.EvaluateThresholdsResponse:
        """Says what the rules make of given figures, and why.

        Changes nothing.
        """
        found: disaster_warning_service_pb2.EvaluateThresholdsResponse = self._calls.unary(
            self._stub.EvaluateThresholds,
            calls.request(
                disaster_warning_service_pb2.EvaluateThresholdsRequest,
                dict(
                    place_code=place_code,
                    evaluate_time=evaluate_time,
                    rain=rain,
                    flood=flood,
                    fire=fire,
                    earthquake=earthquake,
                    live=live,
                ),
            ),
            timeout_s,
        )
        return found

    def list_rules(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[rule_pb2.Rule]:
        """Lists the rules, all versions.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRules,
            calls.request(
                disaster_warning_service_pb2.ListRulesRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "rules",
            timeout_s,
        )

    def get_rule(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> rule_pb2.Rule:
        """Returns one version of a rule."""
        found: rule_pb2.Rule = self._calls.unary(
            self._stub.GetRule,
            calls.request(disaster_warning_service_pb2.GetRuleRequest, dict(name=name)),
            timeout_s,
        )
        return found


class AsyncDisasterWarning:
    """tianfu.disaster_warning.v1.DisasterWarningService, awaited."""

    def __init__(self, channel: calls.AsyncChannel) -> None:
        self._stub: Any = disaster_warning_service_pb2_grpc.DisasterWarningServiceStub(channel.grpc)
        self._calls = channel

    async def create_warning(
        self,
        *,
        warning: warning_pb2.Warning,
        warning_id: str | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Drafts a warning.

        Repeating the call with the same request_id gives the first answer.
        """
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.CreateWarning,
            calls.request(
                disaster_warning_service_pb2.CreateWarningRequest,
                dict(warning=warning, warning_id=warning_id, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def review_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Finds a draft right, or sends it back.

        The reviewer is not the drafter.
        """
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.ReviewWarning,
            calls.request(
                disaster_warning_service_pb2.ReviewWarningRequest,
                dict(name=name, verdict=verdict, comment=comment, etag=etag),
            ),
            timeout_s,
        )
        return found

    async def sign_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Signs a reviewed warning off, or sends it back.

        The signer is neither the drafter nor the reviewer; level II and above need
        ROLE_WARNING_AUTHORITY.
        """
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.SignWarning,
            calls.request(
                disaster_warning_service_pb2.SignWarningRequest,
                dict(name=name, verdict=verdict, comment=comment, etag=etag),
            ),
            timeout_s,
        )
        return found

    async def publish_warning(
        self,
        *,
        name: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Publishes a warning that is signed off: to the counties' nodes, as CAP and as an event.

        Calling it again changes nothing.
        """
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.PublishWarning,
            calls.request(
                disaster_warning_service_pb2.PublishWarningRequest, dict(name=name, etag=etag)
            ),
            timeout_s,
        )
        return found

    async def update_warning(
        self,
        *,
        warning: warning_pb2.Warning,
        update_mask: str | Sequence[str] | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Changes a draft; or drafts the next version of a published warning, which goes through review and signature as the first did."""
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.UpdateWarning,
            calls.request(
                disaster_warning_service_pb2.UpdateWarningRequest,
                dict(warning=warning, update_mask=update_mask, request_id=request_id),
            ),
            timeout_s,
        )
        return found

    async def cancel_warning(
        self,
        *,
        name: str,
        reason: str,
        etag: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Takes a published warning back, or drops one that is not out."""
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.CancelWarning,
            calls.request(
                disaster_warning_service_pb2.CancelWarningRequest,
                dict(name=name, reason=reason, etag=etag),
            ),
            timeout_s,
        )
        return found

    async def confirm_automatic_warning(
        self,
        *,
        name: str,
        verdict: int | str,
        comment: str | None = None,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Records what people found when they reviewed a warning that a rule let out."""
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.ConfirmAutomaticWarning,
            calls.request(
                disaster_warning_service_pb2.ConfirmAutomaticWarningRequest,
                dict(name=name, verdict=verdict, comment=comment),
            ),
            timeout_s,
        )
        return found

    async def get_warning(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> warning_pb2.Warning:
        """Returns a warning with its steps."""
        found: warning_pb2.Warning = await self._calls.unary(
            self._stub.GetWarning,
            calls.request(disaster_warning_service_pb2.GetWarningRequest, dict(name=name)),
            timeout_s,
        )
        return found

    def list_warnings(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[warning_pb2.Warning]:
        """Lists warnings, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListWarnings,
            calls.request(
                disaster_warning_service_pb2.ListWarningsRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "warnings",
            timeout_s,
        )

    def watch_warnings(
        self,
        *,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[disaster_warning_service_pb2.WatchWarningsResponse]:
        """Streams the warnings that match, then every change of them.

        A connection that is lost is taken up where it was.
        """
        return self._calls.resumed(
            self._stub.WatchWarnings,
            calls.request(disaster_warning_service_pb2.WatchWarningsRequest, dict(filter=filter)),
            timeout_s,
        )

    async def export_cap(
        self,
        *,
        name: str,
        version: int | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.ExportCapResponse:
        """Returns the signed CAP 1.2 message of a warning's version."""
        found: disaster_warning_service_pb2.ExportCapResponse = await self._calls.unary(
            self._stub.ExportCap,
            calls.request(
                disaster_warning_service_pb2.ExportCapRequest, dict(name=name, version=version)
            ),
            timeout_s,
        )
        return found

    async def import_cap(
        self,
        *,
        content: bytes,
        validate_only: bool | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.ImportCapResponse:
        """Takes in a foreign CAP message and drafts a warning from it."""
        found: disaster_warning_service_pb2.ImportCapResponse = await self._calls.unary(
            self._stub.ImportCap,
            calls.request(
                disaster_warning_service_pb2.ImportCapRequest,
                dict(content=content, validate_only=validate_only),
            ),
            timeout_s,
        )
        return found

    async def get_receipts(
        self,
        *,
        name: str,
        version: int | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.GetReceiptsResponse:
        """Returns who has received a warning, county by county."""
        found: disaster_warning_service_pb2.GetReceiptsResponse = await self._calls.unary(
            self._stub.GetReceipts,
            calls.request(
                disaster_warning_service_pb2.GetReceiptsRequest, dict(name=name, version=version)
            ),
            timeout_s,
        )
        return found

    def list_earthquakes(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[earthquake_pb2.Earthquake]:
        """Lists earthquakes, the latest first.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListEarthquakes,
            calls.request(
                disaster_warning_service_pb2.ListEarthquakesRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "earthquakes",
            timeout_s,
        )

    async def get_earthquake(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> earthquake_pb2.Earthquake:
        """Returns an earthquake with the history of its solutions."""
        found: earthquake_pb2.Earthquake = await self._calls.unary(
            self._stub.GetEarthquake,
            calls.request(disaster_warning_service_pb2.GetEarthquakeRequest, dict(name=name)),
            timeout_s,
        )
        return found

    async def evaluate_thresholds(
        self,
        *,
        place_code: str,
        evaluate_time: datetime | None = None,
        rain: disaster_warning_service_pb2.RainFigures | None = None,
        flood: disaster_warning_service_pb2.FloodFigures | None = None,
        fire: disaster_warning_service_pb2.FireFigures | None = None,
        earthquake: disaster_warning_service_pb2.EarthquakeFigures | None = None,
        live: disaster_warning_service_pb2.LiveFigures | None = None,
        timeout_s: float | None = None,
    ) -> disaster_warning_service_pb2.EvaluateThresholdsResponse:
        """Says what the rules make of given figures, and why.

        Changes nothing.
        """
        found: disaster_warning_service_pb2.EvaluateThresholdsResponse = await self._calls.unary(
            self._stub.EvaluateThresholds,
            calls.request(
                disaster_warning_service_pb2.EvaluateThresholdsRequest,
                dict(
                    place_code=place_code,
                    evaluate_time=evaluate_time,
                    rain=rain,
                    flood=flood,
                    fire=fire,
                    earthquake=earthquake,
                    live=live,
                ),
            ),
            timeout_s,
        )
        return found

    def list_rules(
        self,
        *,
        page_size: int | None = None,
        filter: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[rule_pb2.Rule]:
        """Lists the rules, all versions.

        Pages are asked for as they are needed.
        """
        return self._calls.pages(
            self._stub.ListRules,
            calls.request(
                disaster_warning_service_pb2.ListRulesRequest,
                dict(page_size=page_size, filter=filter),
            ),
            "rules",
            timeout_s,
        )

    async def get_rule(
        self,
        *,
        name: str,
        timeout_s: float | None = None,
    ) -> rule_pb2.Rule:
        """Returns one version of a rule."""
        found: rule_pb2.Rule = await self._calls.unary(
            self._stub.GetRule,
            calls.request(disaster_warning_service_pb2.GetRuleRequest, dict(name=name)),
            timeout_s,
        )
        return found
