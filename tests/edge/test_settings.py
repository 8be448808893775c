from __future__ import annotations

from pathlib import Path

import pytest

from edge import settings, toml_lines, units
from edge.driver_settings import ModbusSource, ReplaySource, SimulatedSource
from edge.reading import Priority

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "edge"

HEAD = '[node]\nid = "gw-1"\n'
SERIES = '[[driver]]\nkind = "simulated"\n[[driver.series]]\nid = "t"\nunit = "Cel"\n'
MODBUS = (
    '[[driver]]\nkind = "modbus-tcp"\nhost = "meter"\n[[driver.series]]\nid = "v"\nunit = "V"\n'
)
RTU = (
    '[[driver]]\nkind = "modbus-rtu"\ndevice = "/dev/ttyUSB0"\n'
    '[[driver.series]]\nid = "v"\nunit = "V"\n'
)
CAN = '[[driver]]\nkind = "can"\n[[driver.series]]\nid = "c"\nunit = "V"\n'
GPIO = '[[driver]]\nkind = "gpio"\n[[driver.series]]\nid = "p"\nunit = "1"\n'

INLINE = """driver = [{kind = "simulated", series = [
 {id="a", unit="1"},
 {id="B", unit="1"}]}]
"""


def parse(text: str, environ: dict[str, str] | None = None) -> settings.Settings:
    return settings.parse(text, environ or {}, file="a.toml", folder=Path("/conf"))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda f: f.name)
def test_each_example_is_good(file: Path) -> None:
    loaded = settings.load(file, {})
    assert loaded.drivers or loaded.hl7 or loaded.setpoints or loaded.inspections or loaded.station
    assert settings.missing_files(loaded, file=str(file)) is None


def test_defaults_are_filled_in() -> None:
    loaded = parse(HEAD + SERIES)
    assert loaded.nats_url == ""  # that of the identity, or of this machine
    assert loaded.data_dir == Path("/conf/data")
    assert loaded.batch.close_after_s == 1.0
    assert loaded.batch.readings_max == 1000
    assert loaded.drivers[0].source == SimulatedSource(0)
    assert loaded.drivers[0].series[0].priority is Priority.ROUTINE


def test_modbus_defaults_come_from_the_driver() -> None:
    text = MODBUS.replace('host = "meter"', 'host = "meter"\nword_order = "little"')
    loaded = parse(HEAD + text + 'register = 7\ntype = "float32"\n')
    assert loaded.drivers[0].source == ModbusSource("meter", 502, 1)
    register = loaded.drivers[0].series[0].register
    assert register is not None
    assert (register.address, register.count, register.big_words) == (7, 2, False)


def test_environment_overrides_the_file() -> None:
    environ = {"TIANFU_EDGE_NATS_URL": "nats://hub:1", "TIANFU_EDGE_DATA_DIR": "/var/lib/edge"}
    loaded = parse(HEAD + SERIES, environ)
    assert (loaded.nats_url, loaded.data_dir) == ("nats://hub:1", Path("/var/lib/edge"))


def test_replay_file_is_relative_to_the_settings() -> None:
    text = SERIES.replace('kind = "simulated"', 'kind = "replay"\nfile = "p.csv"\nspeed = 60')
    loaded = parse(HEAD + text)
    assert loaded.drivers[0].source == ReplaySource(Path("/conf/p.csv"), loop=False, speed=60)
    missing = settings.missing_files(loaded, file="a.toml")
    assert missing is not None
    assert [error.reason for error in missing.errors] == ["FILE_MISSING"]


@pytest.mark.parametrize(
    ("text", "line", "where", "reason", "hint"),
    [
        pytest.param("[node]\nid = \n", 2, "file", "TOML_SYNTAX", "not TOML", id="syntax"),
        pytest.param("[node]\n", 1, "node.id", "KEY_MISSING", "must be given", id="no-node-id"),
        pytest.param('[node]\nidd = "a"\n', 2, "node.idd", "KEY_UNKNOWN", "'id'", id="typo"),
        pytest.param('[node]\nid = "Gw_1"\n', 2, "node.id", "ID_INVALID", "inner '-'", id="bad-id"),
        pytest.param("[node]\nid = 7\n", 2, "node.id", "VALUE_TYPE", "a string", id="wrong-type"),
        pytest.param(
            HEAD + "[heartbeet]\n", 3, "heartbeet", "KEY_UNKNOWN", "'heartbeat'", id="typo-table"
        ),
        pytest.param(
            HEAD + "[batch]\nclose_after = 5\n",
            4,
            "batch.close_after",
            "KEY_UNKNOWN",
            "'close_after_ms'",
            id="unit-forgotten",
        ),
        pytest.param(
            HEAD + "[batch]\nreadings_max = 0\n",
            4,
            "batch.readings_max",
            "VALUE_RANGE",
            "1..10000",
            id="range",
        ),
        pytest.param(
            HEAD + "[batch]\nreadings_max = true\n",
            4,
            "batch.readings_max",
            "VALUE_TYPE",
            "true or false",
            id="bool-is-no-number",
        ),
        pytest.param(
            HEAD + "[heartbeat]\ninterval_s = nan\n",
            4,
            "heartbeat.interval_s",
            "VALUE_RANGE",
            "finite",
            id="nan",
        ),
        pytest.param(
            HEAD + '[nats]\nurl = "nats://me:secret@hub"\n',
            4,
            "nats.url",
            "URL_INVALID",
            "no user",
            id="password-in-url",
        ),
        pytest.param(
            HEAD + SERIES.replace('"Cel"', '"kWh"'),
            7,
            "driver[0].series[0].unit",
            "UNIT_UNKNOWN",
            "'kW.h'",
            id="bad-unit",
        ),
        pytest.param(
            HEAD + SERIES + SERIES, 11, "driver[1].series[0].id", "SERIES_DUPLICATE", "line 6",
            id="same-series-twice",
        ),
        pytest.param(
            HEAD + SERIES.replace('"simulated"', '"modbus"'),
            4,
            "driver[0].kind",
            "VALUE_UNKNOWN",
            "'modbus-tcp'",
            id="driver-kind",
        ),
        pytest.param(
            HEAD + '[[driver]]\nkind = "simulated"\n',
            3,
            "driver[0].series",
            "SERIES_MISSING",
            "at least one",
            id="no-series",
        ),
        pytest.param(
            HEAD + SERIES + 'priority = "urgnt"\n',
            8,
            "driver[0].series[0].priority",
            "VALUE_UNKNOWN",
            "'urgent'",
            id="priority",
        ),
        pytest.param(
            HEAD + SERIES + "low = 5\nhigh = 5\n",
            8,
            "driver[0].series[0].low",
            "VALUE_RANGE",
            "not below",
            id="empty-range",
        ),
        pytest.param(
            HEAD + SERIES + "scale = 0\n",
            8,
            "driver[0].series[0].scale",
            "VALUE_RANGE",
            "the same",
            id="scale-zero",
        ),
        pytest.param(
            HEAD + SERIES + "register = 5\n",
            8,
            "driver[0].series[0].register",
            "KEY_UNKNOWN",
            "unknown",
            id="key-of-another-kind",
        ),
        pytest.param(
            HEAD + MODBUS, 6, "driver[0].series[0].register", "KEY_MISSING", "must",
            id="register-missing",
        ),
        pytest.param(
            HEAD + MODBUS + 'register = 65535\ntype = "float32"\n',
            9,
            "driver[0].series[0].register",
            "REGISTER_INVALID",
            "last register",
            id="register-past-the-end",
        ),
        pytest.param(
            HEAD + RTU + "register = 0\nunit_id = 248\n",
            10,
            "driver[0].series[0].unit_id",
            "VALUE_RANGE",
            "1..247",
            id="reserved-unit",
        ),
        pytest.param(
            HEAD + RTU + "register = 0\n" + RTU.replace('"v"', '"w"') + "register = 1\n",
            12,
            "driver[1].device",
            "LINE_SHARED",
            "'modbus-rtu-0'",
            id="two-drivers-on-a-line",
        ),
        pytest.param(
            HEAD + CAN + 'frame = "800"\nstart_bit = 0\nbits = 8\n',
            8,
            "driver[0].series[0].frame",
            "VALUE_RANGE",
            "above 7ff",
            id="frame-id-too-long",
        ),
        pytest.param(
            HEAD + CAN + 'frame = "1"\nstart_bit = 504\nbits = 16\nbyte_order = "big"\n',
            9,
            "driver[0].series[0].start_bit",
            "VALUE_RANGE",
            "longest frame",
            id="signal-past-the-frame",
        ),
        pytest.param(
            HEAD + CAN + 'frame = "1"\nstart_bit = 0\nbits = 16\ntype = "float32"\n',
            10,
            "driver[0].series[0].bits",
            "VALUE_RANGE",
            "32 bits",
            id="float-of-16-bits",
        ),
        pytest.param(
            HEAD + GPIO + 'pin = 4\nactive = "high"\n',
            9,
            "driver[0].series[0].active",
            "VALUE_RANGE",
            "active low",
            id="active-against-the-pull",
        ),
        pytest.param(
            HEAD + MODBUS + 'register = 0\ntype = "float"\n',
            10,
            "driver[0].series[0].type",
            "VALUE_UNKNOWN",
            "'float64'",
            id="register-type",
        ),
        pytest.param(
            INLINE + HEAD,
            3,
            "driver[0].series[1].id",
            "ID_INVALID",
            "a-z",
            id="inline-tables",
        ),
    ],
)  # fmt: skip
def test_an_error_says_line_place_reason_and_cure(
    text: str, line: int, where: str, reason: str, hint: str
) -> None:
    with pytest.raises(settings.InvalidSettings) as caught:
        parse(text)
    assert [(e.line, e.where, e.reason) for e in caught.value.errors] == [(line, where, reason)]
    assert hint in caught.value.errors[0].message
    assert "secret" not in caught.value.render()


def test_all_errors_come_at_once_in_order_of_lines() -> None:
    text = (
        '[node]\nid = "A"\n[spool]\nbytes_max = 1\nage_max_days = "x"\n' + SERIES + "colour = 1\n"
    )
    with pytest.raises(settings.InvalidSettings) as caught:
        parse(text)
    errors = caught.value.errors
    assert [e.line for e in errors] == [2, 4, 5, 11]
    assert caught.value.render().count("\n") == 3


@pytest.mark.parametrize(
    "content",
    [pytest.param(None, id="absent"), pytest.param(b"\xff\xfe", id="not-utf8"),
     pytest.param(b"#" * (settings.FILE_BYTES_MAX + 1), id="huge")],
)  # fmt: skip
def test_an_unreadable_file_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(settings.InvalidSettings) as caught:
        settings.load(file, {})
    assert [e.reason for e in caught.value.errors] == ["FILE_UNREADABLE"]


@pytest.mark.parametrize(
    "unit",
    ["1", "%", "Cel", "kW", "kW.h", "V", "A", "Hz", "m3/h", "V.A{reactive}", "ug/m3", "[pH]",
     "mm[Hg]", "{beat}/min", "cm/s2", "W/m2", "[degF]", "kV.A", "mm/h", "dB", "10*3/uL", "/min",
     "m/s", "hPa", "deg", "GiBy", "kPa", "J/(kg.K)"],
)  # fmt: skip
def test_units_of_cities_are_known(unit: str) -> None:
    assert units.is_unit(unit)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("kWh", "kW.h"), ("°C", "Cel"), ("C°", None), ("m^3", "m3"), ("rpm", "{rotation}/min"),
     ("ppm", "[ppm]"), ("kVAr", "kV.A{reactive}"), ("m 3", None), ("", None), ("kW..h", None)],
)  # fmt: skip
def test_slips_are_no_units_and_get_a_hint(slip: str, meant: str | None) -> None:
    assert not units.is_unit(slip)
    if meant:
        assert units.suggestion(slip) == meant
        assert units.is_unit(meant)


def test_every_hint_is_a_unit() -> None:
    assert [unit for unit in units.SLIPS.values() if not units.is_unit(unit)] == []


def test_lines_are_found_through_strings_comments_and_dots() -> None:
    text = (
        'a = """\n[not.a.table]\n"""\n# b = 1\nb.c = [1, # two\n 2]\n'
        "[t]\n'k.k' = '''x\n'''\n[[l]]\nx=1\n[[l]]\n[l.m]\ny=2\n"
    )
    lines = toml_lines.key_lines(text)
    assert lines["a",] == 1
    assert lines["b", "c"] == 5
    assert lines["b", "c", 1] == 6
    assert lines["t", "k.k"] == 8
    assert lines["l", 0, "x"] == 11
    assert lines["l", 1, "m", "y"] == 14


OPCUA = (
    '[[driver]]\nkind = "opcua"\nurl = "opc.tcp://plc:4840"\n{}'
    '[[driver.series]]\nid = "v"\nunit = "V"\nnode = "ns=2;s=V"\n'
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(OPCUA.format('certificate = "a.der"\n'), "KEY_MISSING", id="half-the-keys"),
        pytest.param(
            OPCUA.format('user = "u"\npassword = "p"\n'), "ENCRYPTION_MISSING", id="password"
        ),
        pytest.param(OPCUA.format("").replace("ns=2;s=V", "V"), "ID_INVALID", id="node"),
        pytest.param(
            '[[driver]]\nkind = "dlt645-tcp"\nhost = "m"\nport = 1\naddress = "000000000161"\n'
            '[[driver.series]]\nid = "v"\nunit = "V"\nidentifier = "0201FF00"\n',
            "IDENTIFIER_UNKNOWN",
            id="block-of-a-meter",
        ),
    ],
)
def test_meters_that_cannot_be_read_are_told_of_by_line(text: str, reason: str) -> None:
    with pytest.raises(settings.InvalidSettings) as invalid:
        parse(HEAD + text)
    assert [error.reason for error in invalid.value.errors] == [reason]
