# Copyright: the postmaster.deliverability contributors
# GNU General Public License v3.0-or-later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless Chromium, driven by chromedriver's own protocol (W3C WebDriver) with nothing but the standard library.

``with Chromium(width, height) as page:`` opens a browser with an empty profile; see the methods for what it can be asked.
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
import urllib.request

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
WAIT = 90  # seconds for one command: a loaded machine starts a browser slowly


class Chromium:
    """One browser window of ``width`` x ``height`` CSS pixels."""

    def __init__(self, width: int = 1280, height: int = 900):
        self.size = {"width": width, "height": height}
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
        self.resize()
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

    def resize(self, **size: int) -> None:
        """Give the window another width or height; without an argument, its own again."""
        self.devtools("Emulation.setDeviceMetricsOverride", **{**self.size, **size}, deviceScaleFactor=1, mobile=False)

    def media(self, **features: str) -> None:
        """Pretend a media feature: ``media(prefers_color_scheme="dark")``."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def without_scripts(self) -> None:
        """Pages opened from now on run no script."""
        self.devtools("Emulation.setScriptExecutionDisabled", value=True)

    def open(self, path: pathlib.Path) -> None:
        """Open a local file and wait until it is loaded."""
        self._post("/url", {"url": path.resolve().as_uri()})

    def ask(self, script: str):
        """The value of a JavaScript expression in the page."""
        return self._post("/execute/sync", {"script": f"return ({script})", "args": []})

    def console(self) -> list[str]:
        """What the page wrote to the console since the last call, errors of the browser about the page included."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"})]

    def screenshot(self, path: pathlib.Path, *, whole: bool = False) -> None:
        """Keep a PNG of the window, or of the whole page in a window as high as the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if whole:
            self.resize(height=self.devtools("Page.getLayoutMetrics")["cssContentSize"]["height"])
        path.write_bytes(base64.b64decode(self.devtools("Page.captureScreenshot", format="png")["data"]))
        self.resize()

    def pdf(self, path: pathlib.Path) -> None:
        """Print the page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.devtools("Page.printToPDF", printBackground=True)["data"]))
