"""Names of 63 characters, the longest there are, and names that look like another's children."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from operators.edgenode.api import EdgeNode, parse
from operators.edgenode.children import (
    NODE_LABEL,
    Config,
    children,
    leaf_secret_name,
    secret_name,
    token_secret,
)
from tests.operators.test_edge_node_plan import STATION
from tianfu import subjects

CONFIG = Config(channels={"Stable": "0.1.0"}, leaf_config="server_name: TIANFU-LEAF-NAME")
LONGEST = "n" * 63
NAMES = (LONGEST, "n" * 62 + "1", "a", "a-agent", "a-leaf", "a-enrolment", "a-agent-agent")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")


def station(name: str) -> EdgeNode:
    given: dict[str, Any] = copy.deepcopy(STATION)
    given["metadata"]["name"] = name
    return parse(given)


def made(name: str) -> list[tuple[str, str]]:
    """Return all that is made for a node, as (kind, name)."""
    node = station(name)
    found = [(one["kind"], one["metadata"]["name"]) for one in children(node, CONFIG)]
    return [*found, ("Secret", secret_name(node)), ("Secret", leaf_secret_name(node))]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_has_names_that_the_api_takes(name: str) -> None:
    assert all(SUBDOMAIN.fullmatch(child) for _, child in made(name))
    for one in (*children(station(name), CONFIG), token_secret(station(name), "t", "c", "e")):
        labels = one["metadata"]["labels"]
        assert labels[NODE_LABEL] == name
        assert all(LABEL.fullmatch(value) for value in labels.values())
    assert subjects.node_id(name) == name


def test_no_two_nodes_share_a_child() -> None:
    every = [child for name in NAMES for child in made(name)]
    assert len(set(every)) == len(every)
