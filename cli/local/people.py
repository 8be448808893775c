"""Who can sign in on a local platform: made-up people, one for each kind of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Person:
    """Somebody who works with the platform: ``roles`` as in tokens, ``work`` in two languages."""

    subject: str
    name: str
    roles: tuple[str, ...]
    work_zh: str
    work_en: str
    hospitals: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    badges: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()


# Nobody here exists. Everyone may also look: a duty officer plots the gauge of a river.
PEOPLE: Final = (
    Person("wang-min", "王敏", ("DUTY_OFFICER", "VIEWER"), "值班员", "duty officer"),
    Person("li-qiang", "李强", ("DUTY_OFFICER", "VIEWER"), "值班员(复核)", "duty officer"),
    Person("chen-jing", "陈静", ("WARNING_SIGNER", "VIEWER"), "签发人", "signs warnings"),
    Person(
        "zhao-guohua",
        "赵国华",
        ("WARNING_AUTHORITY", "VIEWER"),
        "上级主管部门",
        "signs any warning",
    ),
    Person(
        "liu-fang",
        "刘芳",
        ("CLINICIAN", "VIEWER"),
        "医护人员",
        "clinician",
        hospitals=("jinjiang-hospital",),
    ),
    Person(
        "zhou-hong",
        "周红",
        ("SUPERVISOR", "VIEWER"),
        "监管人员",
        "supervisor",
        departments=("market",),
    ),
    Person(
        "sun-ping",
        "孙平",
        ("INSPECTOR", "VIEWER"),
        "执法人员",
        "inspector",
        badges=("market/market-1",),
    ),
    Person("xu-tao", "许涛", ("ENERGY_MANAGER", "VIEWER"), "能源管理员", "energy manager"),
    Person("ma-lin", "马林", ("GRID_DISPATCHER", "VIEWER"), "电网调度员", "grid dispatcher"),
    Person("yang-lei", "杨磊", ("PLATFORM_ENGINEER", "VIEWER"), "平台工程师", "platform engineer"),
    Person("he-jun", "何军", ("FIELD_ENGINEER", "VIEWER"), "现场工程师", "field engineer"),
    Person("tang-yi", "唐毅", ("APP_OWNER",), "应用负责人", "app owner", tenants=("health",)),
    Person("deng-yu", "邓雨", ("AUDITOR",), "审计人员", "auditor"),
    Person("guest", "访客", ("VIEWER",), "只读访客", "looks only"),
)
BY_SUBJECT: Final = {person.subject: person for person in PEOPLE}
