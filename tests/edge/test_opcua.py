"""The OPC UA driver against a real server: values with their times, refusals, coming back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge.driver_settings import SeriesSettings
from edge.drivers.driver import DriverFailed
from edge.drivers.opcua import OpcUaDriver, raw_value
from edge.meter_settings import OpcUaKeys, OpcUaSource
from edge.reading import Priority, Quality, RawValue, Scaling
from edge.sampling import Sampling
from tools.ports import free_port

MEASURED_US = 1_782_878_400_000_000


def series(name: str, node: str) -> SeriesSettings:
    return SeriesSettings(name, "kW", 0, Priority.ROUTINE, Sampling(1.0), Scaling(), node=node)


SERIES = (
    series("power", "ns=2;s=Power"),
    series("doubtful", "ns=2;s=Doubtful"),
    series("name", "ns=2;s=Name"),
    series("gone", "ns=2;s=Gone"),
)


def measured(value: float, status: int = StatusCodes.Good) -> ua.DataValue:
    return ua.DataValue(
        ua.Variant(value, ua.VariantType.Double),
        StatusCode=ua.StatusCode(ua.UInt32(status)),
        SourceTimestamp=ua.DateTime(2026, 7, 1, 4),
    )


@asynccontextmanager
async def serving(port: int, keys: OpcUaKeys | None = None) -> AsyncIterator[str]:
    server = Server()
    await server.init()
    url = f"opc.tcp://127.0.0.1:{port}/plant"
    server.set_endpoint(url)
    if keys is None:
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    else:
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        await server.load_certificate(keys.certificate)
        await server.load_private_key(keys.private_key)
    await server.register_namespace("plant")
    for name, value in (("Power", 0.0), ("Doubtful", 0.0), ("Name", "boiler")):
        await server.nodes.objects.add_variable(
            ua.NodeId.from_string(f"ns=2;s={name}"), name, value
        )
    await server.get_node("ns=2;s=Power").write_value(measured(12.5))
    doubtful = measured(3.0, StatusCodes.UncertainLastUsableValue)
    await server.get_node("ns=2;s=Doubtful").write_value(doubtful)
    async with server:
        yield url


@pytest.mark.integration
async def test_nodes_are_read_together_with_their_own_times() -> None:
    async with serving(free_port()) as url:
        driver = OpcUaDriver(OpcUaSource(url), SERIES, 5.0)
        await driver.connect()
        values = await driver.read(["power", "doubtful", "name", "gone"])
        with pytest.raises(DriverFailed) as refused:
            await driver.read(["gone"])
        await driver.close()

    assert values == [
        RawValue("power", 12.5, Quality.GOOD, MEASURED_US),
        RawValue("doubtful", 3.0, Quality.UNCERTAIN, MEASURED_US),
    ]
    assert refused.value.reason == "OPCUA_REFUSED"
    assert "BadNodeIdUnknown" in str(refused.value)


@pytest.mark.integration
async def test_a_server_that_goes_and_comes_back_is_read_again() -> None:
    port = free_port()
    async with serving(port) as url:
        driver = OpcUaDriver(OpcUaSource(url), SERIES, 2.0)
        await driver.connect()
        assert await driver.read(["power"])
    with pytest.raises(DriverFailed) as gone:
        await driver.read(["power"])
    with pytest.raises(DriverFailed) as unreachable:
        await driver.connect()
    async with serving(port):
        await driver.connect()
        assert await driver.read(["power"])
        await driver.close()

    assert gone.value.reason == "OPCUA_NO_ANSWER"
    assert unreachable.value.reason == "OPCUA_UNREACHABLE"


@pytest.mark.parametrize(
    ("value", "quality"),
    [
        (StatusCodes.Good, Quality.GOOD),
        (StatusCodes.UncertainSensorNotAccurate, Quality.UNCERTAIN),
        (StatusCodes.BadSensorFailure, Quality.BAD),
    ],
)
def test_status_codes_are_qualities(value: int, quality: Quality) -> None:
    found = raw_value("power", measured(1.0, value))

    assert found is not None
    assert found.quality is quality


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_none(value: float) -> None:
    assert raw_value("power", measured(value)) is None
    assert raw_value("power", ua.DataValue()) is None


async def made_keys(folder: Path, name: str, server_certificate: Path) -> OpcUaKeys:
    keys = OpcUaKeys(folder / f"{name}.der", folder / f"{name}.pem", server_certificate)
    await setup_self_signed_certificate(
        keys.private_key,
        keys.certificate,
        f"urn:{name}",
        "localhost",
        [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH],
        {"commonName": name},
    )
    return keys


@pytest.mark.integration
async def test_an_encrypted_server_is_read_and_no_other_is_talked_to(tmp_path: Path) -> None:
    server = await made_keys(tmp_path, "server", tmp_path / "server.der")
    other = await made_keys(tmp_path, "other", tmp_path / "other.der")
    ours = await made_keys(tmp_path, "ours", server.certificate)
    async with serving(free_port(), server) as url:
        driver = OpcUaDriver(OpcUaSource(url, keys=ours), SERIES, 5.0)
        await driver.connect()
        values = await driver.read(["power"])
        await driver.close()
        plain = OpcUaDriver(OpcUaSource(url), SERIES, 5.0)
        with pytest.raises(DriverFailed):
            await plain.connect()
        wrong = replace(ours, server_certificate=other.certificate)
        deceived = OpcUaDriver(OpcUaSource(url, keys=wrong), SERIES, 2.0)
        with pytest.raises(DriverFailed) as refused:
            await deceived.connect()

    assert [each.value for each in values] == [12.5]
    assert refused.value.reason == "OPCUA_UNREACHABLE"
