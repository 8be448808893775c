"""Which services the gateway opens to the world: all that the contract has.

Each RPC states who may call it, and its service refuses everyone else, so a new service is open as
soon as its proto is there: ``tianfu.energy.v1`` is served by the backend ``energy``, whose address
is in the setting TIANFU_BACKENDS. Until it is there, calls are refused with BACKEND_UNSET.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from google.protobuf.descriptor import ServiceDescriptor

import tianfu
from tianfu.operations.v1 import dead_letter_service_pb2

EVERYWHERE: Final = dead_letter_service_pb2.DESCRIPTOR.services_by_name["DeadLetterService"]
"""What each of them serves beside its own: reached below ``/NAME``, since all are named alike."""

_FILES: Final = "*/v*/*_service_pb2.py"


def _public() -> dict[str, tuple[ServiceDescriptor, ...]]:
    found: dict[str, tuple[ServiceDescriptor, ...]] = {}
    folder = Path(next(iter(tianfu.__path__)))
    for file in sorted(folder.glob(_FILES)):
        area, version = file.parts[-3:-1]
        module = importlib.import_module(f"tianfu.{area}.{version}.{file.stem}")
        area = area.replace("_", "-")
        services = module.DESCRIPTOR.services_by_name.values()
        own = tuple(each for each in services if each is not EVERYWHERE)
        if own:
            found[area] = (*found.get(area, ()), *own)
    return found


PUBLIC: Final[Mapping[str, tuple[ServiceDescriptor, ...]]] = _public()
"""Services by the backend that serves them."""
