"""Draws, their texts, visits and findings in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from services.credit_supervision.model.draws import (
    Draw,
    Finding,
    Inspection,
    Outcome,
    State,
    Weighting,
)
from services.credit_supervision.store.tables import (
    draw_texts,
    draws,
    entities,
    findings,
    inspections,
)

ROWS_AT_ONCE: Final = 1_000
"""Of a statement; its rows are made ready while nobody else is served."""


class DrawRows:
    """Draws of one transaction; see ``ports.Transaction``."""

    _connection: sa.Connection
    _hold: bool

    def draw(self, draw_id: str) -> Draw | None:
        """Return a draw."""
        query = sa.select(draws).where(draws.c.draw_id == draw_id)
        if self._hold:
            query = query.with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _draw(row)

    def draws(self, after: str, limit: int) -> Sequence[Draw]:
        """Return draws after an id, in order of id."""
        query = (
            sa.select(draws).where(draws.c.draw_id > after).order_by(draws.c.draw_id).limit(limit)
        )
        return [_draw(row) for row in self._connection.execute(query).mappings()]

    def hold_draws(self) -> None:
        """Before anything else: have no other draw declared meanwhile.

        A transaction sees the state of its first query, which taking a table's lock is not.
        """
        self._connection.execute(sa.text("LOCK TABLE draws IN SHARE ROW EXCLUSIVE MODE"))

    def open_draws(self) -> Sequence[Draw]:
        """Return the draws that are neither published nor void, in order of id."""
        query = sa.select(draws).where(draws.c.state == int(State.DECLARED))
        query = query.order_by(draws.c.draw_id)
        return [_draw(row) for row in self._connection.execute(query).mappings()]

    def declaration(self, draw_id: str) -> Sequence[str]:
        """Return a draw's declaration, line by line."""
        query = sa.select(draw_texts.c.declaration).where(draw_texts.c.draw_id == draw_id)
        return str(self._connection.execute(query).scalar_one()).split("\n")

    def bundle(self, draw_id: str) -> bytes | None:
        """Return a draw's proof, None while it has none."""
        query = sa.select(draw_texts.c.bundle).where(draw_texts.c.draw_id == draw_id)
        found = self._connection.execute(query).scalar_one()
        return None if found is None else bytes(found)

    def add_draw(self, draw: Draw, lines: Sequence[str]) -> None:
        """Add a draw with its declaration."""
        self._connection.execute(sa.insert(draws).values(_row(draw)))
        text = {"draw_id": draw.draw_id, "declaration": "\n".join(lines)}
        self._connection.execute(sa.insert(draw_texts).values(text))

    def put_draw(self, draw: Draw, bundle: bytes | None = None) -> None:
        """Store a draw's new state, and its proof if it has one now."""
        of = draw.draw_id
        self._connection.execute(sa.update(draws).where(draws.c.draw_id == of).values(_row(draw)))
        if bundle is not None:
            text = sa.update(draw_texts).where(draw_texts.c.draw_id == of)
            self._connection.execute(text.values(bundle=bundle))

    def add_inspections(self, made: Sequence[Inspection]) -> None:
        """Add a draw's visits."""
        for start in range(0, len(made), ROWS_AT_ONCE):
            # Between two statements others are served.
            rows = [
                {
                    "draw_id": each.draw_id,
                    "code": each.code,
                    "stratum": each.stratum,
                    "inspectors": {name: list(badges) for name, badges in each.inspectors.items()},
                }
                for each in made[start : start + ROWS_AT_ONCE]
            ]
            self._connection.execute(sa.insert(inspections), rows)

    def inspection(self, draw_id: str, code: str) -> Inspection | None:
        """Return a visit with what was found."""
        query = sa.select(inspections).where(
            inspections.c.draw_id == draw_id, inspections.c.code == code
        )
        if self._hold:
            query = query.with_for_update()
        found = self._with_findings(draw_id, self._connection.execute(query).mappings().all())
        return found[0] if found else None

    def inspections(
        self, draw_id: str, after: str, limit: int, *, is_reported: bool | None = None
    ) -> Sequence[Inspection]:
        """Return visits after a code, in order; all, or those that are reported on or not."""
        query = (
            sa.select(inspections)
            .where(inspections.c.draw_id == draw_id, inspections.c.code > after)
            .order_by(inspections.c.code)
            .limit(limit)
        )
        if is_reported is not None:
            keys = sa.func.jsonb_object_keys(inspections.c.inspectors)
            going = keys.table_valued("department", name="going").render_derived()
            said = sa.exists().where(
                findings.c.draw_id == inspections.c.draw_id,
                findings.c.code == inspections.c.code,
                findings.c.department == going.c.department,
            )
            waiting = sa.select(1).select_from(going)
            waiting = waiting.where(~said.correlate(inspections, going)).correlate(inspections)
            silent = sa.exists(waiting)
            query = query.where(~silent if is_reported else silent)
        return self._with_findings(draw_id, self._connection.execute(query).mappings().all())

    def inspections_of(self, code: str, limit: int) -> Sequence[Inspection]:
        """Return the visits to an entity that somebody has reported on."""
        query = (
            sa.select(inspections)
            .join(
                findings,
                (findings.c.draw_id == inspections.c.draw_id)
                & (findings.c.code == inspections.c.code),
            )
            .where(inspections.c.code == code)
            .distinct()
            .limit(limit)
        )
        found = []
        for row in self._connection.execute(query).mappings().all():
            found += self._with_findings(row["draw_id"], [row])
        return found

    def visited(self, place: str) -> Mapping[str, datetime]:
        """Return when the entities of a place were visited last, of those that ever were."""
        last = sa.func.max(findings.c.found)
        query = (
            sa.select(findings.c.code, last)
            .join(entities, entities.c.code == findings.c.code)
            .where(entities.c.place.startswith(place, autoescape=True))
            .group_by(findings.c.code)
            # In parts, between which others are served.
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        found: dict[str, datetime] = {}
        for part in self._connection.execute(query).partitions():
            found.update((code, when) for code, when in part)
        return found

    def add_finding(self, draw_id: str, code: str, finding: Finding) -> None:
        """Add what a department found."""
        values = {
            "draw_id": draw_id,
            "code": code,
            "department": finding.department,
            "badge": finding.badge,
            "outcome": int(finding.outcome),
            "matters": list(finding.matters),
            "form_sha256": finding.form_sha256,
            "found": finding.found,
        }
        self._connection.execute(sa.insert(findings).values(values))

    def _with_findings(self, draw_id: str, rows: Sequence[sa.RowMapping]) -> list[Inspection]:
        query = (
            sa.select(findings)
            .where(findings.c.draw_id == draw_id, findings.c.code.in_([r["code"] for r in rows]))
            .order_by(findings.c.code, findings.c.department)
        )
        found: dict[str, list[Finding]] = {}
        for row in self._connection.execute(query).mappings():
            found.setdefault(row["code"], []).append(_finding(row))
        return [
            Inspection(
                draw_id=draw_id,
                code=row["code"],
                stratum=row["stratum"],
                inspectors={name: tuple(badges) for name, badges in row["inspectors"].items()},
                findings=tuple(found.get(row["code"], ())),
            )
            for row in rows
        ]


def _finding(row: sa.RowMapping) -> Finding:
    return Finding(
        department=row["department"],
        badge=row["badge"],
        outcome=Outcome(row["outcome"]),
        matters=tuple(row["matters"]),
        form_sha256=row["form_sha256"],
        found=row["found"],
    )


def _row(draw: Draw) -> dict[str, Any]:
    return {
        "draw_id": draw.draw_id,
        "asked": draw.asked,
        "place": draw.place,
        "commitment": draw.commitment,
        "rule": draw.rule,
        "declared": draw.declared,
        "entities": draw.entities,
        "round": draw.round,
        "commitments": dict(draw.commitments),
        "nonces": dict(draw.nonces),
        "state": int(draw.state),
        "visits": draw.visits,
        "published": draw.published,
        "named": list(draw.named),
        "departments": list(draw.departments),
        "declared_by": draw.declared_by,
        "revealed_by": dict(draw.revealed_by),
        "void_reason": draw.void_reason,
        "voided": draw.voided,
        "weighting": int(draw.weighting),
    }


def _draw(row: sa.RowMapping) -> Draw:
    listed = {name: tuple(row[name]) for name in ("named", "departments")}
    kinds = {"state": State(row["state"]), "weighting": Weighting(row["weighting"])}
    return Draw(**{**row, **listed, **kinds})
