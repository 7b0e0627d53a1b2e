# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium, driven by chromedriver's own protocol (W3C WebDriver) with nothing but the standard library.

``with Chromium() as page:`` opens a browser with an empty profile; see the methods for what it can be asked.
"""

from __future__ import annotations

import base64
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
WAIT = 90  # seconds for one command: a loaded machine starts a browser slowly


class Chromium:
    """One browser with one window."""

    def __init__(self) -> None:
        self.size = {"width": 1280, "height": 900}
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> Chromium:
        profile = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True))
        # Port 0: chromedriver picks a free one and says which.
        driver = subprocess.Popen([shutil.which("chromedriver") or "chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._closing.callback(driver.wait)
        self._closing.callback(driver.terminate)
        assert driver.stdout is not None
        port = next(match[1] for match in (re.search(r"successfully on port (\d+)", said) for said in driver.stdout) if match)
        self._session = f"http://127.0.0.1:{port}/session"
        options = {"binary": shutil.which("chromium"), "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self._session += "/" + self._post("", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self._closing.callback(self._request, "DELETE", "")
        self.reset()
        return self

    def __exit__(self, *_error) -> None:
        self._closing.close()

    def _request(self, method: str, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._session + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return json.load(answer)["value"]

    def _post(self, path: str, body: dict):
        return self._request("POST", path, body)

    def devtools(self, command: str, **parameters):
        """Send one command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def reset(self) -> None:
        """As after the start: a window of 1280 x 900 pixels, real media, scripts."""
        self.resize(1280, 900)
        self.media()
        self.scripts(True)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, in CSS pixels."""
        self.size = {"width": width, "height": height}
        self.devtools("Emulation.setDeviceMetricsOverride", **self.size, deviceScaleFactor=1, mobile=False)

    def media(self, name: str = "", **features: str) -> None:
        """Pretend a medium and its features: ``media("print")``, ``media(prefers_color_scheme="dark")``; without arguments, the real ones."""
        pretended = [{"name": feature.replace("_", "-"), "value": value} for feature, value in features.items()]
        self.devtools("Emulation.setEmulatedMedia", media=name, features=pretended)

    def scripts(self, run: bool) -> None:
        """Whether pages opened from now on run their scripts."""
        self.devtools("Emulation.setScriptExecutionDisabled", value=not run)

    def open(self, path: pathlib.Path) -> None:
        """Open a local file and wait until it is loaded."""
        self._post("/url", {"url": path.resolve().as_uri()})

    def ask(self, script: str):
        """The value of a JavaScript expression in the page."""
        return self._post("/execute/sync", {"script": f"return ({script})", "args": []})

    def wait_for(self, script: str, seconds: float = 30) -> None:
        """Wait until a JavaScript expression is true; fail with it otherwise."""
        end = time.monotonic() + seconds
        while not self.ask(script):
            assert time.monotonic() < end, f"not within {seconds} s: {script}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press and release one key, named as JavaScript names it."""
        key = {"Tab": "\ue004", "ArrowRight": "\ue014"}.get(key, key)
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self._post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    # These work where the page may run no script.

    def _element(self, selector: str) -> str:
        found = self._post("/element", {"using": "css selector", "value": selector})
        return f"/element/{next(iter(found.values()))}"

    def text(self, selector: str) -> str:
        """The text of the first element that matches, as a person sees it."""
        return self._request("GET", self._element(selector) + "/text")

    def visible(self, selector: str) -> bool:
        """Whether the first element that matches is seen."""
        return self._request("GET", self._element(selector) + "/displayed")

    def click(self, selector: str) -> None:
        """Click on the first element that matches."""
        self._post(self._element(selector) + "/click", {})

    def console(self) -> list[str]:
        """What the page wrote to the console since the last call, errors of the browser about the page included."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def screenshot(self, path: pathlib.Path, *, whole: bool = False) -> None:
        """Keep a PNG of the window, or of the whole page in a window as high as the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = self.size.values()
        if whole:
            self.resize(width, self.devtools("Page.getLayoutMetrics")["cssContentSize"]["height"])
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"]))
        self.resize(width, height)

    def pdf(self, path: pathlib.Path) -> None:
        """Print the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.devtools("Page.printToPDF", printBackground=True)["data"]))
