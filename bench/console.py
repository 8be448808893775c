"""How fast the console is in a real browser, and help: ``python -m bench.console``.

The built console runs in Debian's Chromium (SwiftShader, no GPU) before a stand-in of the gateway
that speaks its protocol (Connect, streams included) and gives what the bench wants:

- frames: 10,000 nodes on the map, 500 of them change state each 200 ms while the map is dragged;
  beside the same map, dragged alike, without a node;
- paint: first contentful paint of a cold visit; beside a page that is one sentence;
- first view: gzipped bytes of what was fetched when the situation's figures stand on the screen,
  and of all that was fetched when the map was drawn; beside all files that the console has;
- help: ``tianfu --help``; beside an empty Python program.

What is shown at the end of the changes is compared with what was sent. ``--seconds`` says how long
frames are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from playwright.sync_api import Browser, Page, sync_playwright

from services.gateway.web.static_files import StaticFiles
from tests.support.console_world import FLAGS, chromium
from tianfu.fleet.v1 import fleet_service_pb2 as pb
from tianfu.fleet.v1 import node_pb2
from tools.ports import free_port

ROOT: Final = Path(__file__).parents[1]
STATIC: Final = ROOT / "services" / "gateway" / "static"
COUNTIES: Final = ROOT / "console" / "src" / "data" / "counties.json"
NODES: Final = 10_000
CHANGES: Final = 500
EVERY_S: Final = 0.2
SECONDS: Final = 10.0
VISITS: Final = 5
HELPS: Final = 7
WAIT_MS: Final = 120_000
FRAMES_TARGET: Final = 30.0
PAINT_TARGET_MS: Final = 1_500.0
BUNDLE_TARGET_KB: Final = 500.0
HELP_TARGET_S: Final = 0.3
WATCH_NODES: Final = "/tianfu.fleet.v1.FleetService/WatchNodes"
STATES: Final = (node_pb2.PRESENCE_ONLINE, node_pb2.PRESENCE_SILENT, node_pb2.PRESENCE_OFFLINE)
SESSION: Final = {"subject": "bench", "name": "bench", "roles": ["VIEWER"], "csrf": "none"}
BARE: Final = "<!doctype html><title>bare</title><p>One sentence.</p>"


class Gateway:
    """Stands in for the gateway: files, a session, nodes that change; all else is empty."""

    def __init__(self, nodes: int) -> None:
        codes = [each["code"] for each in json.loads(COUNTIES.read_text("utf-8"))["counties"]]
        self.nodes = [
            node_pb2.Node(
                name=f"nodes/n-{n:05}",
                display_name=f"n-{n:05}",
                node_class=node_pb2.NODE_CLASS_GATEWAY,
                place_code=codes[n % len(codes)],
                presence=node_pb2.PRESENCE_ONLINE,
            )
            for n in range(nodes)
        ]
        self.files = StaticFiles(STATIC)
        self.is_changing = threading.Event()
        self.sent = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of the browser."""
        if request.path == "/bare":
            return web.Response(text=BARE, content_type="text/html")
        if request.path == "/auth/session":
            return web.json_response({**SESSION, "time_ms": time.time() * 1000})
        if request.method == "POST":
            return await self._call(request)
        file = self.files.find(request.path)
        if file is None:
            return web.Response(status=404)
        headers = {"content-type": file.kind, "cache-control": file.caching}
        if file.compressed is None:
            return web.Response(body=file.content, headers=headers)
        return web.Response(body=file.compressed, headers={**headers, "content-encoding": "gzip"})

    async def _call(self, request: web.Request) -> web.StreamResponse:
        if not request.content_type.startswith("application/connect"):
            return web.Response(body=b"", content_type="application/proto")
        stream = web.StreamResponse(headers={"content-type": "application/connect+proto"})
        await stream.prepare(request)
        if request.path != WATCH_NODES:
            await asyncio.Event().wait()
        present = pb.WatchNodesResponse.CHANGE_PRESENT
        for node in self.nodes:
            await stream.write(envelope(pb.WatchNodesResponse(change=present, node=node)))
        done = pb.WatchNodesResponse.CHANGE_CAUGHT_UP
        await stream.write(envelope(pb.WatchNodesResponse(change=done)))
        draw = random.Random(1)
        while True:
            await asyncio.sleep(EVERY_S)
            if not self.is_changing.is_set() or not self.nodes:
                continue
            parts = []
            for node in draw.sample(self.nodes, CHANGES):
                node.presence = draw.choice(STATES)
                self.sent += 1
                token = str(self.sent)
                one = pb.WatchNodesResponse(change=present, node=node, resume_token=token)
                parts.append(envelope(one))
            await stream.write(b"".join(parts))

    def online(self) -> int:
        """Return how many nodes are online now."""
        return sum(node.presence == node_pb2.PRESENCE_ONLINE for node in self.nodes)


def envelope(message: Any) -> bytes:
    """Return a message as a stream of Connect has it: flags, length, bytes."""
    data: bytes = message.SerializeToString()
    return b"\0" + len(data).to_bytes(4, "big") + data


@contextmanager
def served(gateway: Gateway) -> Iterator[str]:
    """Serve in a thread; yield the origin."""
    loop, port = asyncio.new_event_loop(), free_port()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    async def stop() -> None:
        await runner.cleanup()
        # Watches that nobody reads any more wait for ever.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)


def visit(browser: Browser, address: str) -> Page:
    """Open a page as somebody who was never there."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    return page


def frames(browser: Browser, nodes: int, seconds: float) -> float:
    """Return the frames a second of a map that is dragged while nodes change."""
    gateway = Gateway(nodes)
    with served(gateway) as origin:
        page = visit(browser, origin)
        page.wait_for_selector(".map[data-ready=true]")
        shown_online(page, gateway.online())
        gateway.is_changing.set()
        page.evaluate(
            "() => { window.drawn = 0; const next = () => { window.drawn += 1;"
            " requestAnimationFrame(next); }; requestAnimationFrame(next); }"
        )
        began = time.monotonic()
        first = page.evaluate("window.drawn")
        page.mouse.move(500, 450)
        page.mouse.down()
        step = 0
        while time.monotonic() - began < seconds:
            step += 1
            page.mouse.move(500 + 80 * (step % 40 - 20) / 20, 450 + step % 7)
            page.wait_for_timeout(15)
        page.mouse.up()
        rate = (page.evaluate("window.drawn") - first) / (time.monotonic() - began)
        gateway.is_changing.clear()
        page.wait_for_timeout(1_000 * EVERY_S)
        shown_online(page, gateway.online())
        print(f"{nodes} nodes, {gateway.sent} changes: {rate:.1f} frames/s", flush=True)
        page.context.close()
    return float(rate)


def shown_online(page: Page, count: int) -> None:
    """Return once the page says that so many nodes are online; fail when it never does."""
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.side dd')]"
        ".some(one => one.textContent.replaceAll(',', '') === String(wanted))",
        arg=count,
    )


PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
FETCHED: Final = "performance.getEntriesByType('resource').map(each => new URL(each.name).pathname)"


def paints(browser: Browser, address: str) -> float:
    """Return the median first contentful paint of cold visits, milliseconds."""
    found = []
    for _ in range(VISITS):
        page = visit(browser, address)
        page.wait_for_function(f"{PAINTED} !== undefined")
        found.append(float(page.evaluate(PAINTED)))
        page.context.close()
    return statistics.median(found)


def bundles(browser: Browser, origin: str, files: StaticFiles) -> tuple[float, float]:
    """Return gzipped kB fetched until the figures are shown, and until the map is drawn."""
    page = visit(browser, origin)
    page.wait_for_selector(".side dd")
    first = page.evaluate(FETCHED)
    page.wait_for_selector(".map[data-ready=true]")
    whole = page.evaluate(FETCHED)
    # The map's worker is fetched by the map, and stands in no list of the page's.
    whole += [name for name in names() if "worker" in name]
    page.context.close()
    return kilobytes(first, files), kilobytes(whole, files)


def names() -> list[str]:
    """Return the paths of all files of the console."""
    return [f"/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*.*")]


def kilobytes(paths: list[str], files: StaticFiles) -> float:
    """Return how much files are when they are sent, in kB."""
    found = [files.find(path) for path in {"/index.html", *paths} if path.startswith("/")]
    known = [one for one in found if one is not None and one.kind != "application/json"]
    return sum(len(one.compressed or one.content) for one in known) / 1000


def starts(*arguments: str) -> float:
    """Return the median time of a Python program, seconds."""
    found = []
    for _ in range(HELPS):
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def figure(
    name: str, unit: str, value: float, baseline: float, target: float, *, more: bool = False
) -> dict[str, Any]:
    """Return one figure; ``more``: more is better."""
    return {
        "name": f"console.{name}",
        "value": round(value, 3),
        "unit": unit,
        "baseline": round(baseline, 3),
        "ratio": round(value / baseline, 3),
        "target": target,
        "met": value >= target if more else value <= target,
    }


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="to count frames")
    seconds = parser.parse_args().seconds
    shown = [
        figure(
            "help", "s", starts("-P", "-m", "cli", "--help"), starts("-c", "pass"), HELP_TARGET_S
        )
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        still = Gateway(0)
        with served(still) as origin:
            bare, paint = paints(browser, f"{origin}/bare"), paints(browser, origin)
            first, whole = bundles(browser, origin, still.files)
        every = kilobytes(names(), still.files)
        empty, full = frames(browser, 0, seconds), frames(browser, NODES, seconds)
        browser.close()
    shown += [
        figure("frames_10000_nodes", "frames/s", full, empty, FRAMES_TARGET, more=True),
        figure("first_contentful_paint", "ms", paint, bare, PAINT_TARGET_MS),
        figure("first_view", "kB gzipped", first, every, BUNDLE_TARGET_KB),
        figure("first_view_with_map", "kB gzipped", whole, every, BUNDLE_TARGET_KB),
    ]
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
