"""The console on the running platform in Debian's Chromium, as people work with it."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.support.console_data import (
    CREDIT,
    as_json,
    ready_cases,
    ready_energy,
    ready_hospital,
    ready_units,
)
from tests.support.console_hands import in_years, picture, pinch, png, view
from tests.support.console_world import WAIT_MS, World, console_world, wait_for
from tests.support.credit_process import NONCES, draw_request, rows
from tests.support.waiting import until_blocking
from tianfu.credit_supervision.v1 import credit_supervision_service_pb2 as credit

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

WAIT_S = WAIT_MS / 1000
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
DARK_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# By who looks: each kind of work sees its own pages whole.
PAGES = {
    "zhou-hong": (
        "/",
        "/?view=table",
        "/?view=table&what=earthquakes",
        "/warnings",
        "/warnings/new",
        "/edge",
        "/edge/jinjiang-1",
        "/edge?view=rollouts",
        "/edge?view=pools",
        "/edge/rollouts/default/site-watch",
        "/edge/pools/default/wenchuan",
        "/hospitals",
        "/energy",
        "/energy?view=anomalies",
        "/energy?view=dispatch",
        "/energy?view=response",
        "/energy?view=stations",
        "/energy?view=orders",
        "/energy/units/plant-1",
        "/energy/dispatchPlans/tonight",
        "/energy/demandResponseEvents/storm-1",
        "/energy/stations/jinjiang-cell",
        "/credit",
        "/credit?view=register",
        "/credit?view=clues",
        "/credit?view=objections",
        "/credit?view=repairs",
        "/credit?view=deadlines",
        "/credit/repairs/rep-browser",
        "/credit/objections/obj-wrong",
        "/rules",
        "/rules/event-codes~CN~2018-07-01",
        "/nowhere",
    ),
    "liu-fang": (
        "/hospitals",
        "/hospitals?view=wards",
        "/hospitals?view=patients",
        "/hospitals?view=beds",
        "/hospitals?view=arrivals",
        "/hospitals?view=surge",
        "/hospitals?view=recognitions",
        "/hospitals?view=consultations",
        "/hospitals/at/jinjiang-hospital",
    ),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with console_world() as made:
        yield made


def test_four_eyes_publish_a_warning_and_receipts_come_in(world: World) -> None:
    drafter = world.person("wang-min", "/warnings/new")
    drafter.get_by_label("灾种").select_option("11B03")
    drafter.get_by_label("添加地区").select_option("510104")
    drafter.get_by_role("button", name="保存草稿").click()
    drafter.wait_for_url(re.compile("/warnings/(?!new)"))
    path = drafter.url.removeprefix(world.origin)
    expect(drafter.get_by_text("您起草了它")).to_be_visible(timeout=WAIT_MS)

    reviewer = world.person("li-qiang", path)
    reviewer.get_by_role("button", name="复核通过").click()
    expect(reviewer.get_by_text("另一角色")).to_be_visible(timeout=WAIT_MS)

    signer = world.person("chen-jing", path)
    signer.get_by_role("button", name="签发").click()
    signer.get_by_role("button", name="发布").click()
    # The nodes of that county, a gateway and an ambulance, receive it and say so: nobody loads the
    # page anew.
    wait_for(signer, "[data-delivered]", "2", "data-delivered")
    signer.get_by_text("CAP 1.2 报文").click()
    expect(signer.locator(".cap pre")).to_contain_text("urn:oasis:names:tc:emergency:cap:1.2")
    world.shot(signer, "warning-published")

    # The drafter's page, left alone, has followed.
    expect(drafter.locator("header .state-published")).to_be_visible(timeout=WAIT_MS)
    signer.get_by_role("button", name="解除").click()
    signer.get_by_label(re.compile("解除原因")).fill("演练结束")
    signer.get_by_role("button", name="确认").click()
    expect(signer.locator("header .state-cancelled")).to_be_visible(timeout=WAIT_MS)
    for page in (drafter, reviewer, signer):
        page.context.close()


def test_an_earthquake_is_seen_from_first_solution_to_receipts(world: World) -> None:
    page = world.person("wang-min")
    wait_for(page, ".map", "true", "data-ready")
    drill = world.start("drill", "earthquake")
    try:
        moving = page.locator(".quake.moving")
        expect(moving).to_be_visible(timeout=2 * WAIT_MS)
        expect(moving.get_by_role("row").nth(1)).to_be_visible(timeout=WAIT_MS)
        expect(moving.get_by_text("演练")).to_be_visible()
        world.shot(page, "earthquake-map")
        moving.get_by_role("link", name="查看预警").click()
        delivered = page.locator("[data-delivered]")
        expect(delivered).not_to_have_attribute("data-delivered", "0", timeout=2 * WAIT_MS)
        world.shot(page, "earthquake-warning")
        page.goto(f"{world.origin}/hospitals?view=surge")
        expect(page.get_by_text("清点并上报床位").first).to_be_visible(timeout=WAIT_MS)
        world.shot(page, "earthquake-surge")
    finally:
        drill.wait(300)
    page.context.close()


def test_a_lost_connection_is_said_and_resumes_without_signing_in(world: World) -> None:
    page = world.person("yang-lei", "/edge")
    expect(page.get_by_role("link", name="jinjiang-1")).to_be_visible()
    wait_for(page, "[data-live]", "live", "data-live")

    os.kill(world.pid_of("gateway"), signal.SIGKILL)
    wait_for(page, "[data-live]", "lost", "data-live")
    wait_for(page, "[data-live]", "live", "data-live")
    made = {"nodeClass": "NODE_CLASS_GATEWAY", "placeCode": "510105", "displayName": "后来者"}
    node = {"nodeId": "after-the-gap", "node": made}
    world.call("platform-engineer", "tianfu.fleet.v1.FleetService/CreateNode", node)

    expect(page.get_by_role("link", name="after-the-gap")).to_be_visible(timeout=WAIT_MS)
    page.context.close()


def test_a_draw_is_verified_in_the_browser(world: World) -> None:
    name = "draws/sc-browser-1"
    world.call(
        "supervisor",
        f"{CREDIT}/ImportEntities",
        as_json(credit.ImportEntitiesRequest(rows=rows(60))),
    )
    world.call("supervisor", f"{CREDIT}/CreateDraw", as_json(draw_request("sc-browser-1")))
    for department, nonce in NONCES.items():
        request = credit.RevealNonceRequest(name=name, department=department, nonce=nonce)
        world.call(
            "supervisor",
            f"{CREDIT}/RevealNonce",
            as_json(request),
            departments=[department],
            subject=f"{department}-clerk",
        )
    world.call("supervisor", f"{CREDIT}/PublishDraw", {"name": name})

    page = world.person("zhou-hong", "/credit")
    page.get_by_role("link", name="sc-browser-1").click()
    page.get_by_role("button", name="核验").click()

    wait_for(page, "[data-verified]", "true", "data-verified")
    world.shot(page, "draw-verified")
    page.context.close()


def see_what_is_overdue(world: World) -> None:
    """See that a deadline that is over stands out."""
    page = world.person("zhou-hong", "/credit")
    # Years on, by the page's clock alone: services keep their own.
    page.route("**/auth/session", in_years)
    page.goto(f"{world.origin}/credit?view=deadlines")
    late = page.get_by_text(re.compile("逾期 [0-9]+ 天")).first
    expect(late).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "credit-overdue")
    page.context.close()


def test_a_repair_is_seen_with_its_deadline_and_decided(world: World) -> None:
    ready_cases(world)
    see_what_is_overdue(world)
    page = world.person("zhou-hong", "/credit?view=deadlines")
    row = page.get_by_role("row").filter(has_text="rep-browser")
    expect(row.get_by_text("修复待决定")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "credit-deadlines")
    row.get_by_role("link", name="rep-browser").click()
    page.get_by_role("button", name="准予修复", exact=True).click()
    page.get_by_role("button", name="确认").click()
    # Complete at once where no receiver has the record.
    decided = page.locator("[data-repair=granted], [data-repair=complete]")
    expect(decided).to_be_visible(timeout=WAIT_MS)
    expect(decided.get_by_text("zhou-hong")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "credit-repair")
    page.goto(f"{world.origin}/credit?view=repairs")
    expect(page.get_by_role("link", name="rep-browser")).to_be_visible(timeout=WAIT_MS)

    # A rejection needs its reason: the form is not sent without one.
    page.get_by_role("link", name="rep-poor").click()
    page.get_by_role("button", name="不予修复", exact=True).click()
    page.get_by_role("button", name="确认 不予修复").click()
    expect(page.locator("[data-repair=applied]")).to_be_visible()
    page.get_by_label(re.compile("不予修复的理由")).fill("整改照片不清")
    page.get_by_role("button", name="确认 不予修复").click()
    expect(page.locator("[data-repair=rejected]")).to_contain_text("整改照片不清", timeout=WAIT_MS)

    page.goto(f"{world.origin}/credit?view=deadlines")
    page.get_by_role("link", name="obj-wrong").click()
    page.get_by_role("button", name="异议成立", exact=True).click()
    page.get_by_label(re.compile("决定的理由")).fill("统一社会信用代码有误")
    # Twice, as a tired hand does: it is decided once, and nothing is refused.
    page.get_by_role("button", name="确认 异议成立").dblclick()
    decided = page.locator("[data-objection=upheld]")
    expect(decided).to_contain_text("统一社会信用代码有误", timeout=WAIT_MS)
    expect(page.get_by_role("alert")).to_have_count(0)
    world.shot(page, "credit-objection")
    page.context.close()

    # An inspector sees clues and their deadlines, of repairs and objections whose they are.
    inspector = world.person("sun-ping", "/credit?view=deadlines")
    expect(inspector.get_by_role("table", name="待办期限")).to_be_visible(timeout=WAIT_MS)
    for path, said in (
        ("?view=repairs", "修复申请只对监管人员"),
        ("/objections/obj-wrong", "异议只对监管人员"),
    ):
        inspector.goto(f"{world.origin}/credit{path}")
        expect(inspector.get_by_text(re.compile(said))).to_be_visible(timeout=WAIT_MS)
    inspector.context.close()


def test_budgets_of_more_units_than_a_screen_holds_are_reached(world: World) -> None:
    many = 220
    ready_units(world, many, datetime.now(UTC).year)
    page = world.person("ma-lin", "/energy")
    table = page.get_by_role("region", name="用能单位").last
    far = page.locator("[data-read]")
    expect(far).to_be_visible(timeout=WAIT_MS)
    assert int(attribute(page, "[data-read]", "data-read")) < many
    # Only what is seen, and a little around it, is in the page.
    assert table.get_by_role("row").count() < many / 2
    table.focus()
    page.keyboard.press("End")
    last = table.get_by_role("row").filter(has_text=f"考核单位{many - 1:03}")
    expect(last).to_contain_text("1,234.5", timeout=WAIT_MS)
    page.get_by_role("button", name="全部查询").click()
    expect(far).to_have_count(0, timeout=WAIT_MS)

    # Search reaches units that no page shows, and pools.
    for words, path in (
        (f"many-{many - 2}", f"/energy/units/many-{many - 2}"),
        ("wenchuan", "pools"),
    ):
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        expect(page.get_by_role("option").first).to_contain_text(words, timeout=WAIT_MS)
        hit = page.get_by_role("option").filter(has_text=re.compile("用能单位|容量池")).first
        expect(hit).to_be_visible(timeout=WAIT_MS)
        hit.click()
        page.wait_for_url(re.compile(path))
    page.context.close()


def test_a_map_is_moved_by_keys_and_fingers_and_kept_as_a_picture(world: World) -> None:
    page = world.person("wang-min")
    wait_for(page, ".map", "true", "data-ready")
    box = page.locator(".map-box")
    page.get_by_role("combobox", name="全局搜索").focus()
    while page.locator(".map-box:focus").count() == 0:
        page.keyboard.press("Tab")
    # Who uses keys has to see where they are.
    expect(box).to_have_css("outline-style", "solid")
    before = view(page)
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    after = view(page)
    assert after[2] == pytest.approx(1.6 * before[2])
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert picture(page)
    page.keyboard.press("-")
    assert view(page)[2] == pytest.approx(before[2])

    pinch(page)
    assert view(page)[2] == pytest.approx(4 * before[2], rel=0.05)
    page.context.close()


def test_a_chart_is_kept_as_a_picture(world: World) -> None:
    page = world.person("yang-lei", "/edge/jinjiang-1")
    chart = page.locator("figure.chart")
    expect(chart).to_be_visible(timeout=WAIT_MS)
    with page.expect_download() as got:
        chart.get_by_role("button", name="PNG").click()
    shown = chart.locator(".chart-box").bounding_box()
    assert shown is not None
    saved = png(got.value.path())
    assert saved == (2 * round(shown["width"]), 2 * round(shown["height"]))
    page.context.close()


def test_energy_is_seen_and_a_plan_put_into_force(world: World) -> None:
    ready_energy(world)
    page = world.person("ma-lin", "/energy")
    expect(page.get_by_text("超出")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name=re.compile("成都示范铸造")).click()
    # Power of two meters, summed up: the chart says its latest value in words.
    expect(page.get_by_role("img", name=re.compile(r"最新合计 [0-9]"))).to_be_visible(
        timeout=2 * WAIT_MS
    )
    page.get_by_label("核算年度").select_option("2023")
    expect(page.get_by_text("电力 t CO₂(位置法)")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "energy-unit")

    page.goto(f"{world.origin}/energy?view=stations")
    expect(page.locator(".sleep-asleep").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("link", name="jinjiang-cell").click()
    expect(page.get_by_text("休眠计划").first).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "energy-station")

    page.goto(f"{world.origin}/energy/demandResponseEvents/storm-1")
    expect(page.get_by_text("电网紧急").first).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="取消事件").click()
    expect(page.get_by_text("已取消")).to_be_visible(timeout=WAIT_MS)

    page.goto(f"{world.origin}/energy/dispatchPlans/tonight")
    page.get_by_role("button", name="下达计划").click()
    page.get_by_role("button", name="确认").click()
    wait_for(page, "[data-dispatch]", "released", "data-dispatch")
    world.shot(page, "energy-dispatch")
    page.context.close()


def test_a_clinician_works_with_wards_beds_ambulances_and_a_consultation(world: World) -> None:
    patient = ready_hospital(world)
    page = world.person("liu-fang", "/hospitals?view=wards")
    # Scores come of what monitors send: at least the ambulance's patient has a course.
    until_blocking(lambda: int(attribute(page, "[data-scored]", "data-scored")) > 0, WAIT_S)
    world.shot(page, "hospital-wards")

    page.get_by_role("tab", name="院前预告").click()
    page.get_by_role("button", name="知悉", exact=True).first.click()
    expect(page.get_by_role("cell", name="liu-fang").first).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "hospital-arrivals")

    page.goto(f"{world.origin}/hospitals/at/jinjiang-hospital")
    page.get_by_text("上报可收治人数").click()
    page.get_by_label("红").fill("3")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.get_by_text("已上报。")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "hospital-beds")

    page.goto(f"{world.origin}/hospitals?view=recognitions")
    expect(page.get_by_role("cell", name="potassium")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "hospital-recognitions")

    page.goto(f"{world.origin}/hospitals/consultations/con-browser")
    for act, state in (("提交", "submitted"), ("审核资料", "materials_check")):
        page.get_by_role("button", name=act, exact=True).click()
        wait_for(page, "[data-consultation]", state, "data-consultation")
    # While consents are read there is none to confirm: a click then would be lost.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/ListConsents", hold)
    page.get_by_role("button", name="登记知情同意", exact=True).click()
    confirm = page.get_by_role("button", name="确认")
    until_blocking(lambda: confirm.is_disabled() and bool(held), WAIT_S)
    held[0].continue_()
    page.unroute("**/ListConsents")
    confirm.click()
    wait_for(page, "[data-consultation]", "consent_recorded", "data-consultation")
    page.get_by_role("button", name="邀请医生", exact=True).click()
    page.get_by_label("受邀医生").fill("dr-huang")
    page.get_by_label("医院").select_option("hospitals/wuhou-hospital")
    page.get_by_role("button", name="确认").click()
    wait_for(page, "[data-consultation]", "invited", "data-consultation")
    world.shot(page, "hospital-consultation")
    page.context.close()

    # Who is no clinician sees names masked, and neither consultations nor recognitions.
    officer = world.person("wang-min", f"/hospitals/{patient.partition('/')[2]}")
    expect(officer.get_by_text("姓名已按角色脱敏")).to_be_visible(timeout=WAIT_MS)
    officer.goto(f"{world.origin}/hospitals?view=consultations")
    expect(officer.get_by_text("会诊只对医护人员显示")).to_be_visible(timeout=WAIT_MS)
    officer.context.close()


def attribute(page: Page, selector: str, name: str) -> str:
    return page.locator(selector).first.get_attribute(name) or "0"


def test_a_rollout_is_paused_and_rolled_back(world: World) -> None:
    page = world.person("yang-lei", "/edge?view=rollouts")
    page.get_by_role("link", name="site-watch").click()
    wait_for(page, "[data-rollout]", "complete", "data-rollout")
    first = page.get_by_text(re.compile("^[0-9a-f]{10,}$")).first.inner_text()

    # A new revision goes to one node first; there it is stopped, and the former one comes back.
    apps = world.manifests / "apps.yaml"
    apps.write_text(apps.read_text(encoding="utf-8").replace("你好", "再见"), encoding="utf-8")
    wait_for(page, "[data-rollout]", "rolling", "data-rollout")
    page.get_by_role("button", name="暂停发布").click()
    wait_for(page, "[data-rollout]", "paused", "data-rollout")
    expect(page.get_by_text("运营程序已写入 EdgeApp")).to_be_visible(timeout=WAIT_MS)
    world.shot(page, "rollout-paused")

    page.get_by_role("button", name="退回版本").click()
    expect(page.get_by_text(f"已要求退回版本 {first}")).to_be_visible(timeout=WAIT_MS)
    wait_for(page, "[data-rollout]", "complete", "data-rollout")
    world.shot(page, "rollout-rolled-back")
    (listed,) = json.loads(world.tianfu("rollouts", "list", "-o", "json").stdout)
    assert (listed["app"], listed["revision"]) == ("default/site-watch", first)
    claims = json.loads(world.tianfu("pools", "claims", "wenchuan", "-o", "json").stdout)
    assert {one["claim"] for one in claims} == {"forecast", "ward-video"}
    page.goto(f"{world.origin}/edge/pools/default/wenchuan")
    expect(page.get_by_text("forecast")).to_be_visible(timeout=WAIT_MS)
    page.context.close()


def test_every_page_is_accessible(world: World) -> None:
    found = [one for subject, paths in PAGES.items() for one in violations(world, subject, paths)]

    assert found == []


def violations(world: World, subject: str, paths: tuple[str, ...]) -> list[str]:
    """Return what is wrong with pages, looked at by somebody; keep pictures of them."""
    page, found = world.person(subject), []
    for path in paths:
        page.goto(world.origin + path)
        settled(page)
        # In the dark only colours differ.
        for theme, rules in (("light", RULES), ("dark", DARK_RULES)):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            result = Axe().run(page, options={"runOnly": rules})
            found += [
                f"{theme} {path}: {each['id']} {[node['target'] for node in each['nodes']][:3]}"
                for each in result.response["violations"]
            ]
            world.shot(page, f"{theme}-{subject}{re.sub('[^a-z0-9]+', '-', path)}")
    page.context.close()
    return found


def settled(page: Page) -> None:
    """Return once a page shows what it has to show."""
    page.wait_for_selector("main .page, main .message")
    # By a locator: the page's policy lets nobody evaluate a text, a test neither.
    expect(page.locator("main")).not_to_contain_text("正在读取", timeout=WAIT_MS)


def test_english_by_keyboard_alone_and_links_that_reproduce_the_view(world: World) -> None:
    page = world.person("guest", "/edge?q=jinjiang-1")
    expect(page.get_by_text(re.compile("^1 / "))).to_be_visible(timeout=WAIT_MS)

    page.locator(".person summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("语言").select_option("en")
    expect(page.get_by_role("heading", name="Edge")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("wuhou")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("wuhou|5101"))
    page.context.close()


def test_no_request_leaves_the_origin(world: World) -> None:
    page = world.person("liu-fang", "/hospitals")
    settled(page)
    page.context.close()

    assert world.foreign == []
