"""The whole platform with its console, and people who work with it in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request, StorageState, sync_playwright

from cli.local import tokens
from cli.local.folder import Folder
from tests.support.waiting import until_blocking

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "screenshots"
DEADLINE_S = 400.0
WAIT_MS = 60_000.0
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


def chromium() -> str:
    """Return the browser of this machine; raise with what to install when there is none."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError(
            "these tests need a browser: apt-get install chromium fonts-noto-cjk "
            "(Debian, Ubuntu), which .ci/run does"
        )
    return found


@dataclass
class World:
    """A platform that runs, and a browser before it."""

    data: Path
    browser: Browser
    manifests: Path
    foreign: list[str] = field(default_factory=list)
    signed_in: dict[str, StorageState] = field(default_factory=dict)

    @property
    def context(self) -> Mapping[str, Any]:
        """Where the platform's parts are."""
        found: dict[str, Any] = json.loads((self.data / "context.json").read_text())
        return found

    @property
    def origin(self) -> str:
        return str(self.context["console"])

    def tianfu(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            env=os.environ | {"TIANFU_DATA": str(self.data)},
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that runs beside the test."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "cli", *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TIANFU_DATA": str(self.data)},
        )

    def call(self, role: str, method: str, request: Mapping[str, Any], **claims: Any) -> Any:
        """Call an RPC by HTTP, as a program with a token of a role would; with more claims."""
        token = tokens.issue(Folder.at(self.data), role, **claims)
        asked = urllib.request.Request(  # noqa: S310 - the platform of this test
            f"{self.origin}/{method}",
            json.dumps(request).encode(),
            {"content-type": "application/json", "authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def pid_of(self, name: str) -> int:
        listed = json.loads(self.tianfu("status", "-o", "json").stdout)["processes"]
        return int(next(each["pid"] for each in listed if each["name"] == name))

    def person(self, subject: str, path: str = "/") -> Page:
        """Return the page of somebody who is signed in, on the path they came for.

        Who was here before comes with the session of then; else they sign in first.
        """
        known = self.signed_in.get(subject)
        context = self.browser.new_context(
            viewport={"width": 1440, "height": 900},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            storage_state=known,
        )
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("request", self._note)
        page.goto(self.origin + path)
        if known is None:
            page.get_by_role("button", name="登录").click()
            page.locator(f"button[value={subject}]").click()
        page.wait_for_selector("[data-live]")
        if known is None:
            self.signed_in[subject] = context.storage_state()
        return page

    def _note(self, request: Request) -> None:
        ours = request.url.startswith((self.origin, "data:", "blob:"))
        # The local issuer is where one signs in; nothing else is asked for.
        sign_in = "/authorize" in request.url and request.url.startswith("http://127.0.0.1:")
        if not ours and not sign_in:
            self.foreign.append(request.url)

    def shot(self, page: Page, name: str) -> None:
        """Keep what the page looks like, for people to look at."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SHOTS / f"{name}.png"))


@contextmanager
def console_world() -> Iterator[World]:
    """Run a platform and a browser, and leave nothing behind."""
    path = chromium()
    folder = Path(tempfile.mkdtemp(prefix="tianfu-console-"))
    data = folder / "data"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        manifests = folder / "manifests"
        shutil.copytree(ROOT / "examples" / "manifests", manifests)
        world = World(data, browser, manifests)
        try:
            up = world.tianfu("up", "--detach", "--no-drill", "--manifests", str(manifests))
            assert up.returncode == 0, up.stderr
            yield world
        finally:
            browser.close()
            world.tianfu("down")
            shutil.rmtree(folder, ignore_errors=True)


def wait_for(page: Page, selector: str, value: str, attribute: str) -> None:
    """Return once an element's attribute has a value."""
    until_blocking(
        lambda: page.locator(selector).first.get_attribute(attribute) == value, WAIT_MS / 1000
    )
