"""The contract: its generated code is current, buf finds nothing, and it keeps to the AIPs."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import protovalidate
import pytest
from google.api import field_behavior_pb2, resource_pb2
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
    ServiceDescriptor,
)

from buf.validate import validate_pb2
from services.plumbing.authorisation import rule_of

ROOT = Path(__file__).parents[2]
PROTO = ROOT / "proto"
PROTOGEN = ROOT / "tools" / "protogen.py"
BUF = Path(sys.executable).parent / "buf"
RELEASED = PROTO / "released.binpb"
LONGEST_S = 120
PAGE_SIZE_MAX = 1_000
CUSTOM_METHODS = {
    "LookupEntity",
    "SteerRollout",
    "ReviewWarning",
    "SignWarning",
    "PublishWarning",
    "CancelWarning",
    "ConfirmAutomaticWarning",
    "RevokeEnrolment",
    "AcknowledgeAlert",
    "AcknowledgeSurgePlan",
    "AcknowledgeArrival",
    "AdvanceArrival",
    "CloseCasualtyPlan",
    "ReportTravelTimes",
    "AssessCasualty",
    "DispatchCasualty",
    "AdvanceConsultation",
    "RevokeConsent",
    "RevealNonce",
    "PublishDraw",
    "VoidDraw",
    "ReportFinding",
    "AdvanceClue",
    "RecognizeClue",
    "RetireHandheld",
    "RetireMonitoringPoint",
    "CancelDemandResponseEvent",
    "ReleaseDispatchPlan",
    "CorrectRecord",
    "RevokeRecord",
    "DecideObjection",
    "WithdrawObjection",
    "DecideRepair",
    "WithdrawRepair",
    "DecideAdverseUse",
    "AcknowledgeDelivery",
    "EndEmergency",
}
"""AIP-136: steps of a resource, each of which returns it as it then is."""

FOR_ANYONE = {
    "tianfu.fleet.v1.FleetService.Enroll",  # its token says who calls
    "tianfu.fleet.v1.FleetService.RenewEnrolment",  # a signature by the node's key does
    "tianfu.fleet.v1.FleetService.RenewStationCredentials",  # a signature by the node's key does
}

PROTOS = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("tianfu/**/*.proto"))


def file_of(proto: str) -> FileDescriptor:
    module = importlib.import_module(proto.removesuffix(".proto").replace("/", ".") + "_pb2")
    return module.DESCRIPTOR


FILES = [file_of(proto) for proto in PROTOS]
SERVICES: list[ServiceDescriptor] = [
    service for file in FILES for service in file.services_by_name.values()
]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]


def messages(parents: Any) -> Iterator[Descriptor]:
    for message in parents:
        if not message.GetOptions().map_entry:
            yield message
            yield from messages(message.nested_types)


MESSAGES = list(messages(m for file in FILES for m in file.message_types_by_name.values()))
FIELDS: list[FieldDescriptor] = [field for message in MESSAGES for field in message.fields]
ENUMS: list[EnumDescriptor] = [
    *(enum for file in FILES for enum in file.enum_types_by_name.values()),
    *(enum for message in MESSAGES for enum in message.enum_types),
]
RESOURCES = {
    message.GetOptions().Extensions[resource_pb2.resource].type: message
    for message in MESSAGES
    if message.GetOptions().HasExtension(resource_pb2.resource)
}


def every(things: list[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("thing", things, ids=lambda thing: thing.full_name)


def behaviours(field: FieldDescriptor) -> set[str]:
    stated = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
    return {field_behavior_pb2.FieldBehavior.Name(one) for one in stated}


def rules(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


def type_name(field: FieldDescriptor) -> str:
    return field.message_type.full_name if field.message_type is not None else ""


# -- generated code and buf ------------------------------------------------------------------------


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        cwd=PROTO,
        check=False,
    )


def protogen(*arguments: object) -> None:
    done = run(sys.executable, PROTOGEN, *arguments)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("image") / "image.binpb"
    protogen("--image", path)
    return path


def generated(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for pattern in ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "comments.json")
        for path in folder.rglob(pattern)
    }


def test_generated_code_is_current(tmp_path: Path) -> None:
    protogen("--out", tmp_path)
    fresh, committed = generated(tmp_path), generated(PROTO)
    assert sorted(fresh) == sorted(committed)
    stale = [name for name in fresh if fresh[name] != committed[name]]
    assert stale == [], "run tools/protogen.py"


def test_buf_lint(image: Path) -> None:
    done = run(BUF, "lint", image, "--config", PROTO / "buf.yaml")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_buf_lint_would_object(image: Path, tmp_path: Path) -> None:
    worse = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())
    node = next(file for file in worse.file if file.name == "tianfu/fleet/v1/node.proto")
    node.message_type[0].field[0].name = "NotSnake"
    path = tmp_path / "worse.binpb"
    path.write_bytes(worse.SerializeToString())
    done = run(BUF, "lint", path, "--config", PROTO / "buf.yaml")
    assert done.returncode != 0
    assert "lower_snake_case" in done.stdout


def test_buf_format() -> None:
    done = run(BUF, "format", "--diff", "--exit-code", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def breaking(image: Path) -> subprocess.CompletedProcess[str]:
    return run(BUF, "breaking", image, "--against", RELEASED, "--config", PROTO / "buf.yaml")


def test_nothing_released_is_broken(image: Path) -> None:
    done = breaking(image)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def drop_field(file: descriptor_pb2.FileDescriptorProto) -> None:
    del file.message_type[0].field[1]


def rename_field(file: descriptor_pb2.FileDescriptorProto) -> None:
    file.message_type[0].field[1].name = "shown_name"
    file.message_type[0].field[1].json_name = "shownName"


def retype_field(file: descriptor_pb2.FileDescriptorProto) -> None:
    file.message_type[0].field[1].type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES


def drop_value(file: descriptor_pb2.FileDescriptorProto) -> None:
    del file.enum_type[0].value[1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(drop_field, "display_name", id="field-removed"),
        pytest.param(rename_field, "changed", id="field-renamed"),
        pytest.param(retype_field, "type", id="field-retyped"),
        pytest.param(drop_value, "deleted", id="enum-value-removed"),
    ],
)
def test_a_break_is_caught(change: Any, said: str, image: Path, tmp_path: Path) -> None:
    broken = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes())
    change(next(file for file in broken.file if file.name == "tianfu/fleet/v1/node.proto"))
    path = tmp_path / "broken.binpb"
    path.write_bytes(broken.SerializeToString())
    done = breaking(path)
    assert done.returncode != 0
    assert said in done.stdout


# -- who may call ----------------------------------------------------------------------------------


def test_services_are_found() -> None:
    assert {service.name for service in SERVICES} >= {
        "FleetService",
        "TelemetryService",
        "DeadLetterService",
    }


@every(METHODS)
def test_every_rpc_states_its_rule(thing: MethodDescriptor) -> None:
    assert rule_of(thing).needs_token is (thing.full_name not in FOR_ANYONE), "mean it when it is"


@every(METHODS)
def test_what_changes_something_needs_a_role(thing: MethodDescriptor) -> None:
    if not re.match(r"Get|List|Watch|Export|Evaluate", thing.name):
        assert rule_of(thing).roles or thing.full_name in FOR_ANYONE


# -- AIPs ------------------------------------------------------------------------------------------


@every(METHODS)
def test_request_and_response_names(thing: MethodDescriptor) -> None:
    assert thing.input_type.name == f"{thing.name}Request"
    if thing.output_type.name == f"{thing.name}Response":
        return
    # AIP-131 to 136: a resource, a singleton's state, or nothing at all.
    if thing.name in CUSTOM_METHODS:
        assert thing.output_type.GetOptions().Extensions[resource_pb2.resource].type
        return
    assert re.match(r"Get|Create|Update|Delete", thing.name)
    if thing.name.startswith("Delete"):
        assert thing.output_type.full_name == "google.protobuf.Empty"
    else:
        assert thing.output_type.name == re.sub(r"^(Get|Create|Update)", "", thing.name)


@every([method for method in METHODS if method.name.startswith("List")])
def test_lists_have_pages(thing: MethodDescriptor) -> None:
    request, response = thing.input_type.fields_by_name, thing.output_type.fields_by_name
    assert request["page_size"].type == FieldDescriptor.TYPE_INT32
    assert request["page_token"].type == FieldDescriptor.TYPE_STRING
    assert response["next_page_token"].type == FieldDescriptor.TYPE_STRING
    assert rules(request["page_size"]).int32.lte == PAGE_SIZE_MAX
    assert rules(request["page_token"]).string.max_len
    repeated = [field for field in thing.output_type.fields if field.is_repeated]
    assert [field.number for field in repeated] == [1]


@every([method for method in METHODS if method.name.startswith("Update")])
def test_updates(thing: MethodDescriptor) -> None:
    """AIP-134: the resource, a mask, and (AIP-154) the etag in the resource."""
    resource = thing.output_type
    field = next(f for f in thing.input_type.fields if f.message_type is resource)
    assert "REQUIRED" in behaviours(field)
    assert "etag" in resource.fields_by_name
    mask = thing.input_type.fields_by_name["update_mask"]
    assert type_name(mask) == "google.protobuf.FieldMask"


@every([method for method in METHODS if method.name.startswith("Create")])
def test_creations_can_be_repeated(thing: MethodDescriptor) -> None:
    """AIP-133 and AIP-155."""
    fields = thing.input_type.fields_by_name
    resource = re.sub(r"(?<!^)(?=[A-Z])", "_", thing.output_type.name).lower()
    assert "REQUIRED" in behaviours(fields[resource])
    assert f"{resource}_id" in fields
    assert rules(fields["request_id"]).string.uuid


@every([method for method in METHODS if re.match(r"Get|Delete", method.name)])
def test_named_requests_refer_to_a_resource(thing: MethodDescriptor) -> None:
    name = thing.input_type.fields_by_name.get("name")
    if name is None:
        assert thing.name == "GetIngestStatus"  # there is one, of the service itself
        return
    assert "REQUIRED" in behaviours(name)
    reference = name.GetOptions().Extensions[resource_pb2.resource_reference]
    assert reference.type in RESOURCES
    assert rules(name).string.pattern.startswith("^")
    assert rules(name).string.pattern.endswith("$")


@every(list(RESOURCES.values()))
def test_resources(thing: Descriptor) -> None:
    """AIP-123: type, pattern, singular and plural; the name first, as the identifier."""
    stated = thing.GetOptions().Extensions[resource_pb2.resource]
    assert re.fullmatch(r"tianfu\.dev/[A-Z][A-Za-z]+", stated.type)
    assert stated.type.partition("/")[2] == thing.name
    assert stated.pattern
    assert stated.singular
    assert stated.plural
    for pattern in stated.pattern:
        collection = r"[a-z][a-zA-Z]*(/\{[a-z_]+\})?"
        assert re.fullmatch(rf"{collection}(/{collection})*", pattern)
    assert thing.fields_by_name["name"].number == 1
    assert behaviours(thing.fields_by_name["name"]) == {"IDENTIFIER"}


@every(FIELDS)
def test_fields(thing: FieldDescriptor) -> None:
    """AIP-140, 142 and 203: names, times, and what each field of a resource is to a caller."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", thing.name)
    if type_name(thing) == "google.protobuf.Timestamp":
        assert thing.name.endswith("_time")
    elif thing.name.endswith("_time"):
        pytest.fail("a *_time is a Timestamp; one in numbers states its unit: *_time_us")
    if thing.name == "etag":
        assert thing.type == FieldDescriptor.TYPE_STRING


@every([field for field in FIELDS if "REQUIRED" in behaviours(field)])
def test_required_fields_are_checked(thing: FieldDescriptor) -> None:
    stated = rules(thing)
    if stated.required or stated.HasField("repeated"):
        return
    # By example: the empty value has to break a rule, the field's own or one that the message
    # states of it as message.field.
    message = message_factory.GetMessageClass(thing.containing_type)()
    found = []
    for violation in protovalidate.collect_violations(message):
        elements = violation.proto.field.elements if violation.proto.field is not None else ()
        found.append(".".join(element.field_name or "" for element in elements))
        found.append(violation.proto.rule_id.rpartition(".")[2])
    assert thing.name in found


@every([field for method in METHODS for field in method.input_type.fields])
def test_strings_of_requests_are_bounded(thing: FieldDescriptor) -> None:
    if thing.type != FieldDescriptor.TYPE_STRING:
        return
    stated = rules(thing)
    string = stated.repeated.items.string if thing.is_repeated else stated.string
    assert string.max_len or string.pattern or string.uuid
    if thing.is_repeated:
        assert stated.repeated.max_items


@every([method.input_type for method in METHODS])
def test_rules_compile(thing: Descriptor) -> None:
    protovalidate.collect_violations(message_factory.GetMessageClass(thing)())


@every(ENUMS)
def test_enums(thing: EnumDescriptor) -> None:
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", thing.name).upper()
    zero = thing.values_by_number[0].name
    assert zero.startswith(prefix + "_")
    assert zero.endswith("_UNSPECIFIED")
    assert all(value.name.startswith(prefix + "_") for value in thing.values)
