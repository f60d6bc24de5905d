"""What every test may rest on: limits off, the breaker closed, and a real web server on demand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from newsroom.embedded import parts
from newsroom.embedded.processes import dies_with_parent, session_members, signal_all

# The same examples every time, however slow the machine; ``--hypothesis-profile explore`` tries new ones.
hypothesis.settings.register_profile("newsroom", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1_000)
hypothesis.settings.load_profile("newsroom")

SERVER_STARTS_IN_S = 60.0


@pytest.fixture(autouse=True)
def _classifier_looked_up_again() -> None:
    """The process may remember for two seconds a version whose row went with an earlier test."""
    loaded = sys.modules.get("moderation.engine")
    if loaded:
        loaded.engine._looked_at = -loaded.LOOK_EVERY_S


@pytest.fixture(autouse=True)
def _limits_off(settings: Any) -> None:
    """Many tests post from one address within a minute; the limits have tests of their own."""
    settings.NEWSROOM_LIMITS = "off"
    settings.ADS_EVENT_RATE = "off"
    settings.ADS_FRESH_S = 0.0


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    """What one test made of Redis and of the sites is no news for the next one."""
    yield
    if limits := sys.modules.get("newsroom.limits"):
        limits.redis_breaker.succeeded()
    if sites := sys.modules.get("articles.sites"):
        sites.forget()
    if own := sys.modules.get("comments.site_settings"):
        own.forget()
    if ids := sys.modules.get("newsroom.ids"):  # A test that travelled in time took its clock along.
        ids._last_ms = min(ids._last_ms, time.time_ns() // 1_000_000)
    if keys := sys.modules.get("moderation.ports.selectors"):
        keys.known_keys.forget()
    if snapshots := sys.modules.get("ads.delivery.snapshots"):
        snapshots.forget()


class WebServer:
    """Granian as the product runs it, on a port of its own and on the test database."""

    def __init__(self, env: dict[str, str], log: Path, *, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.log = log
        part = parts.web(env, host="127.0.0.1", port=port)
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                part.argv,
                env=dict(part.env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + SERVER_STARTS_IN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=2) as answer:  # noqa: S310
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server does not serve:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass
        signal_all(session_members(self.process.pid), signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def start_server(
    live_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., WebServer]:
    """Starts a web server with extra environment variables; whoever calls it stops it."""

    def start(**extra: str) -> WebServer:
        env = {**os.environ, **live_env, "NEWSROOM_LIMITS": "off", **extra}
        server = WebServer(env, tmp_path_factory.mktemp("web") / "log", port=free_port())
        try:
            server.wait_until_it_serves()
        except BaseException:
            server.stop()
            raise
        return server

    return start


@pytest.fixture(scope="module")
def web_server(start_server: Callable[..., WebServer]) -> Iterator[WebServer]:
    """A web server for the tests of one module. Their data must be committed (``transaction=True``)."""
    server = start_server()
    yield server
    server.stop()
