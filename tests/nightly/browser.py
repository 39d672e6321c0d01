"""Answers from elsewhere in a real Chromium: the link of a notice is opened, the call is read, and a button decides it."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.line.installation import Installation, installation
from tests.nightly.summary import Summary

WAIT_S: Final = 60
_ASKS: Final = [{"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}]
_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A headless Chromium, steered by WebDriver."""

    def __init__(self, base: str) -> None:
        self._base = base
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        self._place = f"/session/{self._ask('POST', '/session', {'capabilities': wanted})['sessionId']}"

    def open(self, url: str) -> None:
        self._ask("POST", f"{self._place}/url", {"url": url})

    @property
    def address(self) -> str:
        return str(self._ask("GET", f"{self._place}/url"))

    @property
    def text(self) -> str:
        body = self._ask("POST", f"{self._place}/element", {"using": "css selector", "value": "main"})
        return str(self._ask("GET", f"{self._place}/element/{body[_ELEMENT]}/text"))

    def click(self, selector: str) -> None:
        found = self._ask("POST", f"{self._place}/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"{self._place}/element/{found[_ELEMENT]}/click", {})

    def complaints(self) -> list[str]:
        """What the console has of errors, as a breach of the page's own policy is one."""
        entries = self._ask("POST", f"{self._place}/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if "favicon" not in entry["message"]]

    def close(self) -> None:
        self._ask("DELETE", self._place)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.load(answer)["value"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromedriver")
    assert program, "apt-get install chromium chromium-driver"
    port = free_port()
    with subprocess.Popen([program, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        try:
            _until(lambda: _is_open(port))
            browser = Browser(f"http://127.0.0.1:{port}")
            yield browser
            browser.close()
        finally:
            driver.terminate()


def run(count: int, chance: random.Random) -> Summary:
    """So many questions, each answered by a button; the pages of links that are used up or cut short say so."""
    summary = Summary()
    with tempfile.TemporaryDirectory() as folder, installation(offline=True) as here, chromium() as browser:
        links = _notices_to(Path(folder), here)
        agent = here.home / "asks.yaml"
        agent.write_text(json.dumps({"name": "asks", "model": "offline", "tools": _ASKS}))
        here.told("agents", "apply", "-f", str(agent))
        for number in range(count):
            allow = chance.random() < 0.5
            session_id = here.run_detached("--agent", "asks", "-C", "none", f"write <b>{number}</b> to note.html")
            _until(lambda number=number: len(links()) > number)  # type: ignore[misc]
            link = links()[number]
            summary.faults += _answered(browser, link, number, allow=allow)
            here.until(session_id, "user.tool_confirmation")
            said = [one["result"] for one in here.events(session_id) if one["type"] == "user.tool_confirmation"]
            if said != ["allow" if allow else "deny"]:
                summary.faults.append(f"{number}: the session heard {said}")
            summary.figures["answered"] += 1
    return summary


def _answered(browser: Browser, link: str, number: int, *, allow: bool) -> list[str]:
    faults = []
    browser.open("about:blank")
    browser.open(link)
    _until(lambda: "It wants to make this call." in browser.text)
    if f"+<b>{number}</b>" not in browser.text:
        faults.append(f"{number}: the page shows no diff: {browser.text!r}")
    if link.partition("#")[2] in browser.address:
        faults.append(f"{number}: the token stays in the address")
    browser.click(f"button[data-answer={'allow' if allow else 'deny'}]")
    _until(lambda: "Answered." in browser.text)
    browser.open("about:blank")
    browser.open(link)
    _until(lambda: "was used" in browser.text or "not valid" in browser.text)
    browser.open(link.partition("#")[0])
    _until(lambda: "needs the whole link" in browser.text)
    unexpected = [one for one in browser.complaints() if "409" not in one and "404" not in one]
    return faults + [f"{number}: the console has {one}" for one in unexpected]


def _notices_to(folder: Path, here: Installation) -> Callable[[], list[str]]:
    """Have the engine's notices written to a file; gives a reader of the links in it."""
    told, command = folder / "told", folder / "tell"
    command.write_text(f'#!/bin/sh\necho "$3" >> {told}\n')
    command.chmod(0o700)
    settings = here.home / "config" / "settings.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(f'[notices]\ncommand = ["{command}"]\nanswer_address = "127.0.0.1:{free_port()}"\n')
    here.told("up")
    return lambda: told.read_text().split() if told.exists() else []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _until(holds: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(WAIT_S * 10):
        if holds():
            return
        pause.wait(0.1)
    raise AssertionError("it did not come to be")
