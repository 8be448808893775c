"""The part of the service that only reads: lists, watches, earthquakes, rules, thresholds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from typing_extensions import override

from services.disaster_warning.geography.counties import Counties
from services.disaster_warning.model import filters
from services.disaster_warning.model.fire_weather import Weather
from services.disaster_warning.model.warning import HazardWarning
from services.disaster_warning.ports import Desk, LiveGauges
from services.disaster_warning.rpc import values
from services.disaster_warning.store.transaction import Transactor
from services.disaster_warning.usecases import (
    drafting,
    encoding,
    evaluating,
    reading,
    receiving,
)
from services.plumbing import paging
from services.plumbing.bell import Bell
from services.plumbing.clock import Clock
from services.plumbing.refusal import FailedPrecondition, InvalidArgument, NotFound
from tianfu.disaster_warning.v1 import disaster_warning_service_pb2 as pb
from tianfu.disaster_warning.v1 import (
    disaster_warning_service_pb2_grpc,
    earthquake_pb2,
    rule_pb2,
    warning_pb2,
)

WATCH_POLL_S: Final = 1.0
"""How often a watch looks for changes that nobody in this process told of."""


class RuleUnknown(NotFound):
    """There is no such version of a rule."""

    reason = "RULE_UNKNOWN"


class GaugesNotWatched(FailedPrecondition):
    """This service was given no list of gauges."""

    reason = "GAUGES_NOT_WATCHED"


class LiveIsNow(InvalidArgument):
    """What gauges say can't be asked of another time than now."""

    reason = "LIVE_IS_NOW"


class ReadingServicer(disaster_warning_service_pb2_grpc.DisasterWarningServiceServicer):
    """What changes nothing."""

    def __init__(
        self,
        transactor: Transactor,
        desk: Desk,
        counties: Counties,
        clock: Clock,
        bell: Bell,
        gauges: LiveGauges | None = None,
    ) -> None:
        self._gauges = gauges
        self._transactor = transactor
        self._desk = desk
        self._counties = counties
        self._names: Mapping[str, str] = {each.code: each.name_zh for each in counties}
        self._clock = clock
        self._bell = bell

    @override
    async def GetWarning(self, request: pb.GetWarningRequest, context: Any) -> warning_pb2.Warning:
        """Return a warning with its steps."""
        found = await self._transactor.read(drafting.get_with_steps, values.last_part(request.name))
        return encoding.warning_to(*found)

    @override
    async def ListWarnings(
        self, request: pb.ListWarningsRequest, context: Any
    ) -> pb.ListWarningsResponse:
        """List warnings, the latest first."""
        meant = filters.parse_warnings(request.filter)
        question = ("warnings", request.filter)
        before = values.position_from(paging.position(request.page_token, *question))
        limit = paging.page_size(request.page_size)
        found, more = await self._transactor.read(reading.list_warnings, meant, before, limit)
        token = ""
        if more:
            last = found[-1]
            place = values.position_to(last.create_time, last.warning_id)
            token = paging.token(place, *question)
        return pb.ListWarningsResponse(
            warnings=[encoding.warning_to(each) for each in found], next_page_token=token
        )

    @override
    async def WatchWarnings(
        self, request: pb.WatchWarningsRequest, context: Any
    ) -> AsyncIterator[pb.WatchWarningsResponse]:
        """Stream the warnings that match, then every change of them."""
        meant = filters.parse_warnings(request.filter)
        question = ("watch", request.filter)
        resumed = paging.position(request.resume_token, *question, field="resume_token")
        # Which warnings the caller knows; None when only the caller does, since it has resumed.
        known: set[str] | None = None
        if resumed is None:
            # The number first: what changes while they are read comes again as a change.
            number = await self._transactor.read(lambda tx: tx.last_change())
            known = set()
            async for warning in self._open(meant):
                known.add(warning.warning_id)
                # A token that goes on from here would miss those not sent yet: begin anew.
                yield pb.WatchWarningsResponse(warning=encoding.warning_to(warning))
            yield pb.WatchWarningsResponse(resume_token=paging.token(number, *question))
        else:
            number = int(resumed)
        while True:
            found = await self._transactor.read(reading.changes_after, number)
            for number, warning in found:
                # One that no longer matches is told of once more, to whoever may know it.
                if meant.matches(warning):
                    if known is not None:
                        known.add(warning.warning_id)
                elif known is not None and warning.warning_id not in known:
                    continue
                elif known is not None:
                    known.discard(warning.warning_id)
                yield pb.WatchWarningsResponse(
                    warning=encoding.warning_to(warning),
                    resume_token=paging.token(number, *question),
                )
            if not found:
                await self._bell.wait(WATCH_POLL_S)

    async def _open(self, meant: filters.WarningFilter) -> AsyncIterator[HazardWarning]:
        after, more = "", True
        while more:
            found, more = await self._transactor.read(reading.open_warnings, meant, after)
            for warning in found:
                yield warning
            after = found[-1].warning_id if found else after

    @override
    async def ExportCap(self, request: pb.ExportCapRequest, context: Any) -> pb.ExportCapResponse:
        """Return the signed CAP 1.2 message of a warning's version."""
        version = await self._transactor.read(
            reading.export_cap, values.last_part(request.name), request.version
        )
        return pb.ExportCapResponse(
            content=version.cap_xml, identifier=version.cap_identifier, version=version.version
        )

    @override
    async def GetReceipts(
        self, request: pb.GetReceiptsRequest, context: Any
    ) -> pb.GetReceiptsResponse:
        """Return who has received a warning, county by county."""
        warning, summaries = await self._transactor.read(
            receiving.get_receipts, values.last_part(request.name), request.version
        )
        return values.receipts_to(warning, summaries, self._names)

    @override
    async def ListEarthquakes(
        self, request: pb.ListEarthquakesRequest, context: Any
    ) -> pb.ListEarthquakesResponse:
        """List earthquakes, the latest first."""
        meant = filters.parse_earthquakes(request.filter)
        question = ("earthquakes", request.filter)
        before = values.position_from(paging.position(request.page_token, *question))
        limit = paging.page_size(request.page_size)
        found, more = await self._transactor.read(reading.list_earthquakes, meant, before, limit)
        token = ""
        if more:
            last = found[-1]
            place = values.position_to(last.origin_time, last.earthquake_id)
            token = paging.token(place, *question)
        return pb.ListEarthquakesResponse(
            earthquakes=[encoding.earthquake_to(each) for each in found], next_page_token=token
        )

    @override
    async def GetEarthquake(
        self, request: pb.GetEarthquakeRequest, context: Any
    ) -> earthquake_pb2.Earthquake:
        """Return an earthquake with the history of its solutions."""
        earthquake, solutions = await self._transactor.read(
            reading.get_earthquake, values.last_part(request.name)
        )
        return encoding.earthquake_to(earthquake, solutions, counties=True)

    @override
    async def EvaluateThresholds(
        self, request: pb.EvaluateThresholdsRequest, context: Any
    ) -> pb.EvaluateThresholdsResponse:
        """Say what the rules make of given figures, and why."""
        at = (
            values.check_time(request.evaluate_time, "evaluate_time")
            if request.HasField("evaluate_time")
            else self._clock()
        )
        rules, county = self._desk.rules, request.place_code
        match request.WhichOneof("figures"):
            case "rain":
                return values.verdict_to(self._rain(request, at))
            case "flood":
                figures = request.flood
                stages = tuple(
                    each or None
                    for each in (
                        figures.warning_level_m,
                        figures.guarantee_level_m,
                        figures.highest_level_m,
                    )
                )
                verdict = evaluating.water(rules, county, figures.level_m, stages, at)  # type: ignore[arg-type]  # three of them
                return values.verdict_to(verdict)
            case "fire":
                return values.verdict_to(self._fire(request, at))
            case "live":
                return values.verdict_to(await self._live(request))
            case _:
                quake = request.earthquake
                place = (quake.epicentre.latitude, quake.epicentre.longitude)
                found = evaluating.shaking(
                    rules, self._counties, county, place, quake.magnitude, at
                )
                return values.verdict_to(found)

    async def _live(self, request: pb.EvaluateThresholdsRequest) -> evaluating.Verdict:
        if request.HasField("evaluate_time"):
            raise LiveIsNow("gauges say what is now; leave it unset", field="evaluate_time")
        if self._gauges is None:
            raise GaugesNotWatched(
                "this service has no list of gauges: set TIANFU_GAUGES_FILE", field="live"
            )
        shown = await self._gauges.shown(request.place_code)
        return evaluating.live(request.place_code, shown, request.live.gauge)

    def _rain(self, request: pb.EvaluateThresholdsRequest, at: Any) -> evaluating.Verdict:
        figures = request.rain
        shaken = None
        if figures.HasField("earthquake_time") and figures.earthquake_intensity:
            time = values.check_time(figures.earthquake_time, "rain.earthquake_time")
            shaken = (time, figures.earthquake_intensity)
        return evaluating.rain(
            self._desk.rules, request.place_code, list(figures.hourly_mm), shaken, at
        )

    def _fire(self, request: pb.EvaluateThresholdsRequest, at: Any) -> evaluating.Verdict:
        figures = request.fire
        weather = Weather(
            figures.temperature_c, figures.humidity_percent, figures.wind_kmh, figures.rain_mm
        )
        before = (
            figures.ffmc if figures.HasField("ffmc") else None,
            figures.dmc if figures.HasField("dmc") else None,
            figures.dc if figures.HasField("dc") else None,
        )
        return evaluating.fire(
            self._desk.rules,
            request.place_code,
            weather,
            before,
            figures.latitude,
            figures.month,
            at,
        )

    @override
    async def ListRules(self, request: pb.ListRulesRequest, context: Any) -> pb.ListRulesResponse:
        """List the rules, all versions."""
        meant = filters.parse_rules(request.filter)
        question = ("rules", request.filter)
        after = str(paging.position(request.page_token, *question) or "")
        limit = paging.page_size(request.page_size)
        matching = sorted(
            (each for each in self._desk.rules.list() if values.rule_matches(each, meant)),
            key=lambda each: each.version,
        )
        left = [each for each in matching if each.version > after]
        token = paging.token(left[limit - 1].version, *question) if len(left) > limit else ""
        return pb.ListRulesResponse(
            rules=[values.rule_to(each) for each in left[:limit]], next_page_token=token
        )

    @override
    async def GetRule(self, request: pb.GetRuleRequest, context: Any) -> rule_pb2.Rule:
        """Return one version of a rule."""
        for each in self._desk.rules.list():
            if values.rule_name(each) == request.name:
                return values.rule_to(each)
        raise RuleUnknown(f"there is no {request.name}; ListRules shows them all", field="name")
