"""What stations send, as the model has it; whatever is malformed is refused with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from google.protobuf.message import DecodeError

from services.disaster_warning.model.earthquake.features import InvalidFeatures, StationFeatures
from services.disaster_warning.model.earthquake.stations import Station
from services.plumbing.refusal import InvalidArgument
from tianfu import subjects
from tianfu.seismic.v1 import station_features_pb2 as pb
from tianfu.subjects import Channel

US: Final = 1e6
LOWER_BOUNDS: Final = frozenset({pb.RECORD_QUALITY_CLIPPED, pb.RECORD_QUALITY_GAPPED})
"""Qualities of a record whose amplitudes may have been greater."""


class FeaturesInvalid(InvalidArgument):
    """A message that no working station sends."""

    reason = "FEATURES_INVALID"


class NodeMismatch(InvalidArgument):
    """A station that names another node than the subject it speaks on."""

    reason = "NODE_MISMATCH"


class Arrival(Protocol):
    """What is read of a message: where it was published, what it carries, when it was stored."""

    @property
    def subject(self) -> str:
        """Where it was published."""
        ...

    @property
    def data(self) -> bytes:
        """What it carries."""
        ...


@dataclass(frozen=True, slots=True)
class Present:
    """A station says that it is there, and that the ground is still."""

    station: Station


def parse(
    message: Arrival, channel: Channel, *, received_s: float, sequence: int
) -> StationFeatures | Present:
    """Return what a message of a channel says; raise FeaturesInvalid or NodeMismatch.

    ``received_s`` (Unix seconds) and ``sequence`` are the stream's.
    """
    try:
        said = pb.StationFeatures.FromString(message.data)
        node = subjects.seismic_node(channel, message.subject)
    except DecodeError:
        raise FeaturesInvalid("the bytes are no StationFeatures") from None
    except subjects.InvalidName as error:
        raise FeaturesInvalid(str(error)) from None
    if said.station != node:
        raise NodeMismatch(f"the station names another node than its subject, which is {node}")
    if said.pick_id == 0:
        return _present(said)
    try:
        return _features(said, received_s, sequence)
    except InvalidFeatures as error:
        raise FeaturesInvalid(str(error)) from None


def _present(said: pb.StationFeatures) -> Present:
    if not (abs(said.latitude) <= 90.0 and abs(said.longitude) <= 180.0):  # noqa: PLR2004 - degrees
        raise FeaturesInvalid(f"station {said.station!r}: it stands nowhere on Earth")
    return Present(Station(said.station, said.latitude, said.longitude))


def _features(said: pb.StationFeatures, received_s: float, sequence: int) -> StationFeatures:
    offset = said.clock_offset_us / US if said.HasField("clock_offset_us") else math.nan
    return StationFeatures(
        station=said.station,
        pick_id=said.pick_id,
        latitude=said.latitude,
        longitude=said.longitude,
        pick_time=said.pick_time_us / US,
        elapsed_s=said.elapsed_s,
        pd_cm=said.pd_cm,
        tau_c_s=said.tau_c_s,
        pga_mps2=said.pga_mps2,
        pgv_mps=said.pgv_mps,
        intensity=said.intensity,
        vertical_intensity=said.vertical_intensity,
        snr=said.snr,
        dominant_hz=said.dominant_hz,
        clock_offset_s=offset,
        received_time=received_s,
        sequence=sequence,
        is_lower_bound=said.quality in LOWER_BOUNDS,
    )
