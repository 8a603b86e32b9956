"""A headless browser for tests: Chromium, told what to do by the W3C WebDriver protocol."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
LIMIT_S = 30
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's key of an element


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client) -> None:
        arguments = ["--headless=new", "--window-size=1100,1300", "--disable-gpu", "--disable-dev-shm-usage"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.append("--no-sandbox")  # which the superuser cannot have
        options = {"binary": CHROMIUM, "args": arguments}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self._client = client
        made = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
        self._session = f"/session/{made['sessionId']}"

    def _do(self, path: str, **body: Any) -> Any:
        answer = self._client.post(f"{self._session}/{path}", json=body).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def open(self, url: str) -> None:
        self._do("url", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a function body of JavaScript returns."""
        return self._do("execute/sync", script=script, args=arguments)

    def wait(self, script: str) -> Any:
        """What a function body of JavaScript returns, once that is something."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if found := self.run(script):
                return found
            time.sleep(0.05)
        raise AssertionError(f"never came true: {script}; the page says {self.text('body')!r}")

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def click(self, selector: str) -> None:
        self._do(f"element/{self._found(selector)}/click")

    def type(self, selector: str, text: str) -> None:
        self._do(f"element/{self._found(selector)}/value", text=text)

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        presses = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._do("actions", actions=[{"type": "key", "id": "keys", "actions": presses}])

    def _found(self, selector: str) -> str:
        return str(self._do("element", using="css selector", value=selector)[_ELEMENT])

    def emulate(self, scheme: str) -> None:
        """Ask pages for ``"light"`` or ``"dark"`` colours."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._do("goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": [feature]})

    def complaints(self) -> list[str]:
        """What the console said since the last call."""
        return [entry["message"] for entry in self._do("se/log", type="browser")]

    def picture(self, path: Path) -> None:
        answer = self._client.get(f"{self._session}/screenshot").json()["value"]
        path.write_bytes(base64.b64decode(answer))

    def close(self) -> None:
        self._client.delete(self._session)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser that ends with the block."""
    assert DRIVER is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT_S, trust_env=False) as client:
            _wait_for(client)
            window = Browser(client)
            yield window
            window.close()
    finally:
        driver.terminate()
        driver.wait(LIMIT_S)


def _wait_for(client: httpx.Client) -> None:
    end = time.monotonic() + LIMIT_S
    while True:
        try:
            client.get("/status")
            return
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
