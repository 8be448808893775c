"""Spans as the processes wrote them, and the tree they make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

US_PER_MS: Final = 1000
# Attributes under which a span may say whose batch it is of, whatever their prefix.
NODE: Final = "node"
EPOCH: Final = "epoch"
SEQUENCE: Final = "sequence"


@dataclass(frozen=True)
class Span:
    """One span."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    service: str
    start_us: int
    end_us: int
    attributes: Mapping[str, Any]
    # Spans that this one has to do with, in other traces too.
    links: tuple[str, ...]

    def attribute(self, word: str) -> str:
        """Return the attribute whose name ends in a word, as text; empty when there is none."""
        for name, value in self.attributes.items():
            if name.rpartition(".")[2] == word:
                return str(value)
        return ""

    def is_of(self, node: str, epoch: str, sequence: str) -> bool:
        """Return whether the span is of one batch. An epoch is written in hex or in decimal."""
        own = self.attribute(EPOCH)
        return (
            self.attribute(NODE) == node
            and self.attribute(SEQUENCE) == sequence
            and own.lower() in epochs(epoch)
        )


def epochs(text: str) -> set[str]:
    """Return the ways in which an epoch may be written."""
    found = {text.lower().removeprefix("0x")}
    for base, write in ((10, "{:x}"), (16, "{:d}"), (10, "{:016x}"), (16, "{:016x}")):
        try:
            found.add(write.format(int(text, base)))
        except ValueError:
            continue
    return found


@dataclass
class Branch:
    """A span and what happened below it."""

    span: Span
    below: list[Branch] = field(default_factory=list)


def read(files: Iterable[Path]) -> Iterator[Span]:
    """Return the spans in files; a line that is being written is passed over."""
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    data = json.loads(line)
                    yield Span(
                        trace_id=data["trace_id"],
                        span_id=data["span_id"],
                        parent_id=data["parent_id"] or "",
                        name=data["name"],
                        service=data["service"],
                        start_us=data["start_us"],
                        end_us=data["end_us"],
                        attributes=data.get("attributes") or {},
                        links=tuple(link["span_id"] for link in data.get("links") or ()),
                    )
                except (ValueError, KeyError, TypeError):
                    continue


def trace_of(spans: Iterable[Span], request: str) -> str | None:
    """Return the id of the trace that a request names: a trace id, NODE/EPOCH/SEQUENCE, or NODE.

    Of a node it is the newest trace that an edge agent began and another process went on with.
    """
    listed = list(spans)
    if any(span.trace_id == request for span in listed):
        return request
    node, *rest = request.removeprefix("nodes/").split("/")
    if len(rest) == 2:  # noqa: PLR2004 - epoch and sequence
        return next((span.trace_id for span in listed if span.is_of(node, *rest)), None)
    if rest:
        return None
    services: dict[str, set[str]] = {}
    for span in listed:
        services.setdefault(span.trace_id, set()).add(span.service)
    of_node = sorted(
        (span for span in listed if not span.parent_id and span.attribute(NODE) == node),
        key=lambda span: span.start_us,
        reverse=True,
    )
    whole = [span for span in of_node if len(services[span.trace_id]) > 1]
    return next((span.trace_id for span in whole or of_node), None)


def tree(spans: Iterable[Span], trace_id: str) -> list[Branch]:
    """Return the roots of a trace, each with all below it.

    A span of another trace that is linked to one of ours, such as the insert of many batches,
    stands below the one it is linked to.
    """
    listed = list(spans)
    own = {span.span_id: Branch(span) for span in listed if span.trace_id == trace_id}
    roots: list[Branch] = []
    for branch in own.values():
        parent = own.get(branch.span.parent_id)
        (roots if parent is None else parent.below).append(branch)
    for span in listed:
        if span.trace_id != trace_id:
            for linked in span.links:
                if linked in own:
                    own[linked].below.append(Branch(span))
                    break
    for branch in own.values():
        branch.below.sort(key=lambda each: each.span.start_us)
    return sorted(roots, key=lambda each: each.span.start_us)


def lines(roots: list[Branch]) -> list[str]:
    """Return a trace as text: service and name as a tree, when each began, and how long it took."""
    if not roots:
        return []
    begin_us = min(root.span.start_us for root in roots)
    rows: list[tuple[str, str, str, str]] = []
    for root in roots:
        _rows(root, "", "", begin_us, rows)
    width = max(len(row[0]) for row in rows)
    return [
        f"{label:<{width}}  {at:>10}  {took:>10}  {more}".rstrip() for label, at, took, more in rows
    ]


def _rows(
    branch: Branch, lead: str, indent: str, begin_us: int, rows: list[tuple[str, str, str, str]]
) -> None:
    span = branch.span
    more = " ".join(f"{name}={value}" for name, value in span.attributes.items())
    rows.append(
        (
            f"{lead}{span.service}: {span.name}",
            f"+{(span.start_us - begin_us) / US_PER_MS:.1f} ms",
            f"{(span.end_us - span.start_us) / US_PER_MS:.1f} ms",
            more,
        )
    )
    for position, below in enumerate(branch.below):
        is_last = position == len(branch.below) - 1
        _rows(
            below,
            indent + ("└─ " if is_last else "├─ "),
            indent + ("   " if is_last else "│  "),
            begin_us,
            rows,
        )


def as_json(branch: Branch) -> dict[str, Any]:
    """Return a branch as JSON."""
    span = branch.span
    return {
        "name": span.name,
        "service": span.service,
        "span_id": span.span_id,
        "start_us": span.start_us,
        "duration_us": span.end_us - span.start_us,
        "attributes": dict(span.attributes),
        "below": [as_json(each) for each in branch.below],
    }
