"""Every service of Tianfu from Python: `tianfu.client`."""

from tianfu.client.calls import AsyncChannel, Channel
from tianfu.client.credit_supervision_client import AsyncCreditSupervision, CreditSupervision
from tianfu.client.dead_letter_client import AsyncDeadLetter, DeadLetter
from tianfu.client.disaster_warning_client import AsyncDisasterWarning, DisasterWarning
from tianfu.client.energy_client import AsyncEnergy, Energy
from tianfu.client.errors import CallError, Violation
from tianfu.client.fleet_client import AsyncFleet, Fleet
from tianfu.client.healthcare_client import AsyncHealthcare, Healthcare
from tianfu.client.telemetry_client import AsyncTelemetry, Telemetry

__all__ = [
    "AsyncChannel",
    "AsyncCreditSupervision",
    "AsyncDeadLetter",
    "AsyncDisasterWarning",
    "AsyncEnergy",
    "AsyncFleet",
    "AsyncHealthcare",
    "AsyncTelemetry",
    "CallError",
    "Channel",
    "CreditSupervision",
    "DeadLetter",
    "DisasterWarning",
    "Energy",
    "Fleet",
    "Healthcare",
    "Telemetry",
    "Violation",
]
