"""The API's description is OpenAPI 3.1, and says what the protos say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.gateway import backends, openapi
from services.gateway.web.proxy import methods


@pytest.fixture(scope="module")
def shown() -> Any:
    found = methods(backends.PUBLIC, backends.EVERYWHERE)
    return json.loads(openapi.document(found.values(), "1.0", "https://tianfu.example"))


def test_every_reference_leads_somewhere(shown: Any) -> None:
    text = json.dumps(shown)
    wanted = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}

    assert wanted <= set(shown["components"]["schemas"])


def test_fields_say_what_the_proto_says(shown: Any) -> None:
    schemas = shown["components"]["schemas"]
    request = schemas["tianfu.fleet.v1.CreateNodeRequest"]
    node = schemas["tianfu.fleet.v1.Node"]["properties"]

    assert request["required"] == ["node", "nodeId"]
    assert request["properties"]["nodeId"]["pattern"].startswith("^[a-z0-9]")
    assert node["presence"]["readOnly"] is True
    assert node["displayName"]["maxLength"] == 120
    assert node["labels"]["additionalProperties"]["type"] == "string"
    assert schemas["tianfu.fleet.v1.Presence"]["enum"][0] == "PRESENCE_UNSPECIFIED"


def test_who_may_call_is_said(shown: Any) -> None:
    paths = shown["paths"]
    publish = paths["/tianfu.disaster_warning.v1.DisasterWarningService/PublishWarning"]["post"]
    enroll = paths["/tianfu.fleet.v1.FleetService/Enroll"]["post"]

    assert publish["x-tianfu-roles"] == ["WARNING_SIGNER", "WARNING_AUTHORITY"]
    assert enroll["security"] == []


def test_names_of_operations_are_single(shown: Any) -> None:
    names = [path["post"]["operationId"] for path in shown["paths"].values()]

    assert len(names) == len(set(names)) > 50


def test_the_description_is_the_same_each_time() -> None:
    found = methods(backends.PUBLIC, backends.EVERYWHERE)

    assert openapi.document(found.values(), "1", "x") == openapi.document(found.values(), "1", "x")
