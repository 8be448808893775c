"""What hands do with the console, and what they keep of it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route


def in_years(route: Route) -> None:
    """Let the platform's time be two years later in a session's answer."""
    answer = route.fetch()
    told = answer.json()
    route.fulfill(response=answer, json=told | {"time_ms": told["time_ms"] + 2 * 365 * 86_400_000})


def view(page: Page) -> tuple[float, float, float]:
    """Return the point of the world in the map's middle, and its scale."""
    x, y, scale = (page.locator(".map-box").get_attribute("data-view") or "").split()
    return float(x), float(y), float(scale)


def picture(page: Page) -> bytes:
    """Keep the map as a picture, of the size that it has on the screen; return it."""
    with page.expect_download() as got:
        page.locator(".map-tools button").last.click()
    shown = page.locator(".map-box").bounding_box()
    assert shown is not None
    assert png(got.value.path()) == (round(shown["width"]), round(shown["height"]))
    page.locator(".map-box").focus()
    return got.value.path().read_bytes()


def png(path: Path) -> tuple[int, int]:
    """Return the width and the height that a PNG says of itself."""
    raw = path.read_bytes()
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert raw.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(raw[16:20]), int.from_bytes(raw[20:24])


def pinch(page: Page) -> None:
    """Put two fingers on a map and draw them apart."""
    at = page.locator(".map-box").bounding_box()
    assert at is not None
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    hand = page.context.new_cdp_session(page)
    for kind, apart in (("Start", 40), ("Move", 80), ("Move", 160)):
        fingers = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
        hand.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": fingers})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
