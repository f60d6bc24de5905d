"""Keys, requests and one real ports' process for the tests of a module."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.classifier import shipped_artifact
from moderation.models import ModelVersion
from moderation.ports.services import issue_key
from newsroom.embedded import parts
from newsroom.embedded.processes import dies_with_parent, session_members, signal_all
from tests.conftest import free_port
from tests.factories import SiteFactory

STARTS_IN_S = 60.0


@pytest.fixture
def made(db: None) -> Callable[..., Any]:
    """Makes keys; the shipped classifier is there, without being loaded for each test anew."""
    data = shipped_artifact().read_bytes()
    ModelVersion.objects.create(
        digest=hashlib.sha256(data).hexdigest(), name="shipped", manifest={}, artifact=data, is_active=True
    )
    return lambda **options: issue_key(site=SiteFactory(), name="Coral", **options)


class PortsServer:
    """The ports' process as the product runs it, on the test database."""

    def __init__(self, env: dict[str, str], log: Path, *, extra: tuple[str, ...] = ()) -> None:
        self.port, self.log = free_port(), log
        self.url = f"http://127.0.0.1:{self.port}"
        part = parts.ports(env, host="127.0.0.1", port=self.port)
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [*part.argv[:-1], *extra, part.argv[-1]],
                env=dict(part.env),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def wait_until_it_serves(self) -> None:
        deadline = time.monotonic() + STARTS_IN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/livez", timeout=2):  # noqa: S310
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the ports do not serve:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> None:
        """Ask it to stop, as a restart would, and see to it that nothing is left."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                pass
        signal_all(session_members(self.process.pid), signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def ports_server(live_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortsServer]:
    """One for the tests of a module, with granian's access log on. Their data must be committed."""
    server = PortsServer(live_env, tmp_path_factory.mktemp("ports") / "log", extra=("--access-log",))
    try:
        server.wait_until_it_serves()
        yield server
    finally:
        server.stop()
