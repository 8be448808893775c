"""HL7 v2 in: what is read, and how what is wrong is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import hl7
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.hl7v2 import fields, message
from edge.hl7v2.acknowledgement import acknowledge
from edge.hl7v2.fields import Refused
from edge.hl7v2.framing import Framer, FrameTooLong, frame
from tests.edge.hl7v2.messages import OBR, PID, POTASSIUM, adt, oru
from tianfu import ucum
from tianfu.healthcare.v1 import clinical_pb2 as pb

CHINA: Final = timezone(timedelta(hours=8))
NOW: Final = datetime(2026, 11, 20, 8, 0, 1, tzinfo=UTC)


def read(data: bytes) -> pb.ClinicalMessage:
    return message.read(fields.parse(data), "node-a", CHINA, 7)


def test_a_result_comes_with_all_that_it_says() -> None:
    found = read(oru())

    assert (found.sending_application, found.sending_facility, found.control_id) == (
        "LIS", "WARD7", "MSG00001",
    )  # fmt: skip
    assert found.message_time.ToDatetime(UTC) == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found.patient == pb.PatientFacts(
        identifier="51010419900101001",
        assigner="HIS",
        family_name="张",
        given_name="伟",
        birth_date="1990-01-01",
        sex="M",
    )
    assert (found.visit.ward, found.visit.room, found.visit.bed) == ("WARD7", "701", "2")
    [group] = found.groups
    [result] = group.results
    assert (group.order, group.status) == ("F1", pb.RESULT_STATUS_FINAL)
    assert result.code == pb.Code(system="http://loinc.org", code="2823-3", display="Potassium")
    assert (result.number, result.unit, result.flag) == (6.8, "mmol/L", "HH")
    assert result.observe_time.ToDatetime(UTC) == datetime(2026, 11, 20, 7, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("trigger", "event"),
    [
        ("A01", pb.CLINICAL_EVENT_ADMITTED),
        ("A02", pb.CLINICAL_EVENT_TRANSFERRED),
        ("A03", pb.CLINICAL_EVENT_DISCHARGED),
        ("A08", pb.CLINICAL_EVENT_UPDATED),
    ],
)
def test_patients_come_move_and_go(trigger: str, event: pb.ClinicalEvent) -> None:
    found = read(adt(trigger))

    assert (found.event, found.visit.number) == (event, "V001")


@pytest.mark.parametrize(
    ("obx", "wanted"),
    [
        ("OBX|1|ST|600-7^Culture^LN||growth||||||F", "growth"),
        (r"OBX|1|TX|600-7^Culture^LN||A\T\B \F\ C||||||F", "A&B | C"),
        ("OBX|1|FT|600-7^Culture^LN||one||||||P", "one"),
    ],
)
def test_texts_lose_their_escapes(obx: str, wanted: str) -> None:
    assert read(oru(obx)).groups[0].results[0].text == wanted


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [("mmHg", "mm[Hg]"), ("bpm", "/min"), ("℃", "Cel"), ("10*9/L", "10*9/L"), ("%", "%")],
)
def test_units_come_out_as_ucum(unit: str, wanted: str) -> None:
    result = read(oru(f"OBX|1|NM|8480-6^^LN||120|{unit}|||||F")).groups[0].results[0]

    assert result.unit == wanted


def test_a_result_without_its_own_time_has_the_orders() -> None:
    result = read(oru("OBX|1|NM|8867-4^^LN||70|/min|||||F")).groups[0].results[0]

    assert result.observe_time.ToDatetime(UTC) == datetime(2026, 11, 20, 7, 50, tzinfo=UTC)


WRONG: Final = [
    pytest.param(b"", "MSH", 100, False, id="empty"),
    pytest.param(b"hello", "MSH", 100, False, id="no-msh"),
    pytest.param(b"MSH||||||", "MSH^1^2", 102, False, id="one-separator"),
    pytest.param(b"MSHaBCDE|", "MSH^1^2", 102, False, id="letters-separate"),
    pytest.param(oru() + b"MSH|^~\\&|x\r", "MSH^2", 100, False, id="two-messages"),
    pytest.param(oru() + b"what is this\r", "MSH^1^5", 100, False, id="no-segment"),
    pytest.param(oru().replace(b"UNICODE UTF-8", b"EBCDIC"), "MSH^1^18", 103, False, id="charset"),
    pytest.param(oru().replace("张".encode(), b"\xff\xfe"), "MSH^1^18", 102, False, id="bytes"),
    pytest.param(oru().replace(b"F1", b"F\x001"), "MSH", 102, False, id="nul"),
    pytest.param(adt("A04"), "MSH^1^9", 201, True, id="event"),
    pytest.param(oru().replace(b"ORU^R01^ORU_R01", b"SIU^S12"), "MSH^1^9", 200, True, id="type"),
    pytest.param(oru().replace(b"|P|2.5.1", b"|D|2.5.1"), "MSH^1^11", 202, True, id="debugging"),
    pytest.param(oru().replace(b"|P|2.5.1", b"|P|2.2"), "MSH^1^12", 203, True, id="version"),
    pytest.param(oru(control_id=""), "MSH^1^10", 101, False, id="no-id"),
    pytest.param(oru(control_id="x" * 81), "MSH^1^10", 102, False, id="long-id"),
    pytest.param(oru(pid="ZZZ|1"), "PID", 100, False, id="no-patient"),
    pytest.param(oru(pid=f"{PID}\r{PID}"), "PID^2", 100, False, id="two-patients"),
    pytest.param(oru(pid="PID|1||^^^HIS"), "PID^1^3", 101, False, id="no-identifier"),
    pytest.param(oru(pid="PID|1||1||||1990-01-01"), "PID^1^7", 102, False, id="birth"),
    pytest.param(oru(pid="PID|1||1|||||Z"), "PID^1^8", 103, False, id="sex"),
    pytest.param(oru(obr="ZZZ|1"), "OBX^1", 100, False, id="obx-before-obr"),
    pytest.param(oru(obr=OBR.replace("P1|F1", "|")), "OBR^1^3", 101, False, id="no-order"),
    pytest.param(adt("A01", pv1=""), "PV1", 100, False, id="admitted-nowhere"),
    pytest.param(oru(POTASSIUM.replace("6.8", "high")), "OBX^1^5", 102, False, id="no-number"),
    pytest.param(oru(POTASSIUM.replace("6.8", "nan")), "OBX^1^5", 102, False, id="nan"),
    pytest.param(oru(POTASSIUM.replace("6.8", "1" * 400)), "OBX^1^5", 102, False, id="infinite"),
    pytest.param(oru(POTASSIUM.replace("6.8", "")), "OBX^1^5", 101, False, id="no-value"),
    pytest.param(oru(POTASSIUM.replace("mmol/L", "")), "OBX^1^6", 101, False, id="no-unit"),
    pytest.param(oru(POTASSIUM.replace("mmol/L", "units")), "OBX^1^6", 103, False, id="unit"),
    pytest.param(oru(POTASSIUM.replace("|HH|", "|!!|")), "OBX^1^8", 103, False, id="flag"),
    pytest.param(oru(POTASSIUM.replace("|F|", "|Q|")), "OBX^1^11", 103, False, id="status"),
    pytest.param(oru(POTASSIUM.replace("|F|", "||")), "OBX^1^11", 103, False, id="no-status"),
    pytest.param(oru(POTASSIUM.replace("NM", "ED")), "OBX^1^2", 103, False, id="value-type"),
    pytest.param(
        oru(POTASSIUM.replace("20261120155500", "20261340")), "OBX^1^14", 102, False, id="no-day"
    ),
    pytest.param(oru(POTASSIUM, POTASSIUM.replace("6.8", "")), "OBX^2^5", 101, False, id="second"),
]


@pytest.mark.parametrize(("data", "location", "code", "rejects"), WRONG)
def test_what_is_wrong_is_named_by_segment_and_field(
    data: bytes, location: str, code: int, *, rejects: bool
) -> None:
    with pytest.raises(Refused) as refused:
        read(data)

    assert (location, code, rejects) == (
        refused.value.location, refused.value.code, refused.value.rejects,
    )  # fmt: skip


@given(data=st.binary(max_size=300))
@example(b"MSH|^~\\&#|")
@settings(max_examples=150)
def test_noise_is_refused_and_never_crashes(data: bytes) -> None:
    for tried in (data, b"MSH|^~\\&" + data, oru() + data):
        try:
            found = read(tried)
        except Refused as refused:
            answer = acknowledge(message.Header(), refused, 1, NOW)
            assert answer.startswith(b"MSH|")
        else:
            assert found.control_id


@given(place=st.integers(0, len(oru()) - 1), put=st.binary(max_size=4), cut=st.integers(0, 20))
@settings(max_examples=300)
def test_a_message_changed_anywhere_is_whole_or_refused(place: int, put: bytes, cut: int) -> None:
    data = oru()

    try:
        found = read(data[:place] + put + data[place + cut :])
    except Refused:
        return
    assert found.patient.identifier
    assert all(
        result.WhichOneof("value") or result.status != pb.RESULT_STATUS_FINAL
        for group in found.groups
        for result in group.results
    )


@given(bodies=st.lists(st.binary(max_size=50), max_size=5), cuts=st.lists(st.integers(1, 9)))
def test_frames_come_out_whole_however_they_are_cut(bodies: list[bytes], cuts: list[int]) -> None:
    whole = [body.replace(b"\x1c\r", b"") for body in bodies]
    stream = b"noise".join(frame(body) for body in whole)
    framer, found = Framer(), []

    for cut in [*cuts, len(stream)]:
        found += framer.feed(stream[:cut])
        stream = stream[cut:]

    assert whole == found
    assert not framer.is_open


@pytest.mark.parametrize("data", [b"\x0b" + b"x" * 101, b"\x0b" + b"x" * 101 + b"\x1c\r"])
def test_a_frame_that_does_not_end_is_refused(data: bytes) -> None:
    with pytest.raises(FrameTooLong):
        Framer(100).feed(data)


def test_the_answer_turns_sender_and_receiver_round() -> None:
    header = message.header_of(fields.parse(oru()))

    answer = hl7.parse(acknowledge(header, None, 3, NOW).decode())

    sent = answer.segment("MSH")
    assert [str(sent[n]) for n in (3, 4, 5, 6, 9, 10, 11, 12)] == [
        "TIANFU", "NODE", "LIS", "WARD7", "ACK^R01^ACK", "TF3", "P", "2.5.1",
    ]  # fmt: skip
    assert [str(answer.segment("MSA")[n]) for n in (1, 2)] == ["AA", "MSG00001"]


@pytest.mark.parametrize(("rejects", "kind"), [(False, "AE"), (True, "AR")])
def test_a_refusal_says_where_and_why_without_a_value(*, rejects: bool, kind: str) -> None:
    header = message.header_of(fields.parse(oru()))
    refused = Refused("OBX^2^6", 101, "a number needs its UCUM unit", rejects=rejects)

    answer = hl7.parse(acknowledge(header, refused, 3, NOW).decode())

    assert str(answer.segment("MSA")[1]) == kind
    assert [str(answer.segment("ERR")[n]) for n in (2, 3, 4, 8)] == [
        "OBX^2^6", "101^Required field missing^HL70357", "E", "a number needs its UCUM unit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    ["/min", "%", "mm[Hg]", "mmol/L", "10*9/L", "10*3/uL", "Cel", "L/min", "ug/L", "[pH]", "1",
     "kg/m2", "mL/min/{1.73_m2}", "{score}", "ng/mL", "[iU]/L", "mU/L", "m/s2", "g/dL", "meq/L",
     "U/L", "s", "10*-3", "mL/(kg.min)"],
)  # fmt: skip
def test_units_of_ucum(unit: str) -> None:
    assert ucum.check(unit) == unit


@pytest.mark.parametrize(
    "unit", ["", "bpm", "mmHg", "units", "mmol//L", "mmol/", "°C", "x" * 65, "(mol", "mol 1", "."]
)
def test_what_is_no_unit_of_ucum(unit: str) -> None:
    with pytest.raises(ucum.NotAUnit):
        ucum.check(unit)
