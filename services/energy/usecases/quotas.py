"""Quotas of energy: assessed whenever what they depend on changes, each stage told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.energy.model import quota as model
from services.energy.model.quota import KeyUnit, QuotaRule, Stage
from services.energy.model.records import QuotaRow, derived
from services.energy.model.standard_coal import Basis
from services.energy.ports import Desk, Transaction
from services.energy.usecases import consumption, keeping, noticing
from services.plumbing.audit_chain import Entry
from services.plumbing.refusal import InvalidArgument
from tianfu import subjects
from tianfu.energy.v1 import events_pb2
from tianfu.energy.v1 import unit_pb2 as pb

KEY_UNITS: Final = {
    KeyUnit.NO: pb.KEY_UNIT_STATE_NO,
    KeyUnit.MAY_BE_DESIGNATED: pb.KEY_UNIT_STATE_MAY_BE_DESIGNATED,
    KeyUnit.YES: pb.KEY_UNIT_STATE_YES,
}
STAGES: Final = {
    Stage.WITHIN: pb.QUOTA_STAGE_WITHIN,
    Stage.NOTICE: pb.QUOTA_STAGE_NOTICE,
    Stage.WARNING: pb.QUOTA_STAGE_WARNING,
    Stage.EXCEEDED: pb.QUOTA_STAGE_EXCEEDED,
}
MATTER: Final = "energy-quota"


def create_quota(
    tx: Transaction, desk: Desk, quota: pb.Quota, digest: str, actor: str, *, now: datetime
) -> pb.Quota:
    """Set the quota of a year; stages that are reached already are told at once."""
    _, unit_id, _, year = quota.name.split("/")
    if keeping.known(tx, "quota", quota.name, digest) is None:
        keeping.body(tx, "unit", f"units/{unit_id}")
        keeping.keep(tx, "quota", f"units/{unit_id}", quota, digest, actor, now)
        row = QuotaRow(unit_id, int(year), quota.quota_tce, 0.0, int(Stage.WITHIN), now)
        tx.put_quota(row)
        reassess(tx, desk, unit_id, int(year), now=now)
    return get_quota(tx, desk, unit_id, int(year), now=now)


def reassess(tx: Transaction, desk: Desk, unit_id: str, year: int, *, now: datetime) -> None:
    """Assess a unit's quota by what is known now; tell of the stages it has entered since."""
    row = tx.quota(unit_id, year)
    if row is None:
        return
    try:
        used = consumption.of_year(tx, desk, unit_id, year, now)
    except InvalidArgument as refusal:
        # Of energy that can't be, as by a register gone wild: what was read is kept all the same.
        _tell_unassessed(tx, row, refusal, now)
        return
    rule = QuotaRule.of(desk.rule(model.QUOTA_RULE, now))
    state = model.assess(used.tce, row.quota_tce, Stage(row.told_stage), rule)
    told = max((*state.reached, Stage(row.told_stage)))
    tx.put_quota(replace(row, used_tce=used.tce, told_stage=int(told)))
    for stage in state.reached:
        _tell(tx, row, stage, used.tce, state.rule_version, now)


def _tell_unassessed(
    tx: Transaction, row: QuotaRow, refusal: InvalidArgument, now: datetime
) -> None:
    begin, end = consumption.year_span(row.year)
    noticing.notice(
        tx,
        unit_id=row.unit_id,
        meter="",
        kind="QUOTA_NOT_ASSESSED",
        explanation=f"the quota of {row.year} is not assessed: {refusal.message}",
        start=begin,
        end=end,
        rule_version="",
        now=now,
    )


def _tell(
    tx: Transaction, row: QuotaRow, stage: Stage, used_tce: float, version: str, now: datetime
) -> None:
    name = f"units/{row.unit_id}/quotas/{row.year}"
    event = events_pb2.QuotaStageReached(
        quota=name,
        stage=stage_to(stage),
        used_tce=used_tce,
        quota_tce=row.quota_tce,
        rule_version=version,
    )
    event.event_time.FromDatetime(now)
    subject = subjects.event("energy", "quota-stage-reached")
    tx.emit(subject, event, f"energy-quota-{row.unit_id}-{row.year}-{stage.name.lower()}")
    tx.audit(
        Entry(now, "energy", "quotas.stage", name, details={"stage": stage.name, "rule": version})
    )
    if stage is Stage.EXCEEDED:
        text = f"{used_tce:.3f} of {row.quota_tce:.3f} tce used in {row.year}"
        noticing.raise_clue(
            tx, row.unit_id, MATTER, text, derived(name, stage.name), version, now=now
        )


def get_quota(tx: Transaction, desk: Desk, unit_id: str, year: int, *, now: datetime) -> pb.Quota:
    """Return a quota and where it stands; raise ResourceNotFound."""
    row = tx.quota(unit_id, year)
    if row is None:
        raise keeping.ResourceNotFound(
            f"unit {unit_id} has no quota for {year}; set one first", field="name"
        )
    return encode(tx, desk, row, now)


def encode(tx: Transaction, desk: Desk, row: QuotaRow, now: datetime) -> pb.Quota:
    """Return a quota as the contract has it."""
    rule = QuotaRule.of(desk.rule(model.QUOTA_RULE, now))
    state = model.assess(row.used_tce, row.quota_tce, Stage(row.told_stage), rule)
    unit = tx.unit(row.unit_id)
    designated = unit is not None and unit.designated
    key = model.key_unit(
        row.used_tce, desk.rule(model.KEY_UNIT_RULE, now), is_designated=designated
    )
    message = pb.Quota(
        name=f"units/{row.unit_id}/quotas/{row.year}",
        quota_tce=row.quota_tce,
        used_tce=row.used_tce,
        share=state.share,
        stage=stage_to(state.stage),
        told_stage=stage_to(Stage(row.told_stage)),
        rule_version=rule.version,
        key_unit=KEY_UNITS[key],
        unconverted_energies=consumption.unconverted(
            tx, row.unit_id, consumption.coefficients(desk, Basis.EQUIVALENT, now)
        ),
    )
    message.create_time.FromDatetime(row.create_time)
    return message


def stage_to(stage: Stage) -> pb.QuotaStage:
    """Return a stage as the contract numbers it."""
    return STAGES[stage]
