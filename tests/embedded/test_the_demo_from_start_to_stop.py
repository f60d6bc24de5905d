"""The whole product with one command: once from its first start to a kill, once from there to its stop."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from newsroom.embedded.parts import ROOT
from newsroom.embedded.processes import is_running, read_pid_file, session_members
from newsroom.embedded.state import State
from tests.embedded.helpers import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
PARTS = ("supervisor", "keeper", "postgresql", "valkey", "web", "ports", "worker", "reconciler", "beat")
READY_WITHIN_S = 240.0  # On a busy machine; alone it takes a tenth of that.
OF_THE_TEST_RUN = ("DATABASE_", "REDIS_", "NEWSROOM_", "DJANGO_")


class Demo:
    """A demo in a state folder, as a person would start it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.log = folder, free_port(), folder.with_suffix(".log")
        self.state = State(folder)

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "demo", "--state", str(self.folder), "--port", str(self.port)],
                env=environment(),
                stdout=log,
                stderr=log,
            )
        is_ready = wait_until(
            lambda: "Newsroom is ready" in self.said or self.process.poll() is not None,
            patience_s=READY_WITHIN_S,
        )
        assert is_ready, self.said
        assert self.process.poll() is None, self.said

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def processes(self) -> set[int]:
        """Every process of it, children of parts included."""
        mains = [pid for part in PARTS if (pid := read_pid_file(self.state.pid_file(part))) is not None]
        return set(mains).union(*(session_members(pid) for pid in mains[1:]))

    def pid(self, part: str) -> int | None:
        return read_pid_file(self.state.pid_file(part))

    def get(self, path: str) -> tuple[int, str]:
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()


COMMAND = [sys.executable, "-m", "newsroom.embedded"]


def environment() -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_TEST_RUN)}
    return mine | {"PYTHONPATH": str(ROOT)}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], env=environment(), capture_output=True, text=True, timeout=120, check=False
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_demo_from_its_first_start_over_a_kill_to_its_stop(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "state")
    demo.start()
    try:
        _it_serves_and_tells_its_logins(demo)
        _a_second_one_is_refused(demo, tmp_path)
        _manage_uses_its_stores(demo)
        _a_broken_worker_comes_back(demo)
        _killed_it_leaves_nothing(demo)
        demo.start()
        _its_logins_are_the_same_and_nothing_was_done_twice(demo)
        _asked_to_stop_it_leaves_nothing(demo)
    finally:
        demo.process.kill()
        demo.process.wait()


def _it_serves_and_tells_its_logins(demo: Demo) -> None:
    assert demo.get("/")[0] == 200
    assert json.loads(demo.get("/readyz")[1])["status"] == "ok"
    logins = json.loads(demo.state.logins_file.read_text())
    assert logins.keys() >= {"admin", "editor", "editor2", "ad_manager", "advertiser", "cms"}
    assert stat.S_IMODE(demo.state.logins_file.stat().st_mode) == 0o600
    assert logins["editor"]["password"] in demo.said
    assert f"http://127.0.0.1:{demo.port}/demo/" in demo.said


def _a_second_one_is_refused(demo: Demo, tmp_path: Path) -> None:
    same_state = run("demo", "--state", str(demo.folder), "--port", str(free_port()))
    assert same_state.returncode != 0
    assert same_state.stderr.startswith("newsroom: a demo with this state already runs (http://127.0.0.1:")
    same_port = run("demo", "--state", str(tmp_path / "other"), "--port", str(demo.port))
    assert same_port.returncode != 0
    assert same_port.stderr.startswith(f"newsroom: port {demo.port} is taken")
    assert not (tmp_path / "other" / "postgresql").exists(), "it started something before it looked"


def _manage_uses_its_stores(demo: Demo) -> None:
    before = demo.pid("postgresql")
    answer = run("manage", "--state", str(demo.folder), "migrate", "--check")
    assert answer.returncode == 0, answer.stderr
    assert demo.pid("postgresql") == before


def _a_broken_worker_comes_back(demo: Demo) -> None:
    before = demo.pid("worker")
    answer = run("break", "worker", "--for", "1", "--state", str(demo.folder))
    assert answer.returncode == 0, answer.stderr
    assert before is not None
    assert not is_running(before)
    assert wait_until(lambda: demo.pid("worker") not in (None, before))


def _killed_it_leaves_nothing(demo: Demo) -> None:
    everything = demo.processes()
    assert len(everything) > len(PARTS)
    os.kill(demo.process.pid, signal.SIGKILL)
    demo.process.wait()
    assert wait_until(lambda: not any(map(is_running, everything))), [
        pid for pid in everything if is_running(pid)
    ]


def _its_logins_are_the_same_and_nothing_was_done_twice(demo: Demo) -> None:
    assert "prepares the database" not in demo.said
    logins = json.loads(demo.state.logins_file.read_text())
    assert logins["editor"]["password"] in demo.said


def _asked_to_stop_it_leaves_nothing(demo: Demo) -> None:
    everything = demo.processes()
    started = time.monotonic()
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=60) == 0
    assert not any(map(is_running, everything))
    assert time.monotonic() - started < 50
    assert "Traceback" not in demo.said


def test_break_without_a_demo_says_so(tmp_path: Path) -> None:
    answer = run("break", "broker", "--for", "1", "--state", str(tmp_path / "state"))
    assert answer.returncode != 0
    assert "no demo runs with the state" in answer.stderr


@pytest.mark.parametrize("port", ["0", "70000"])
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, port: str) -> None:
    answer = run("demo", "--state", str(tmp_path / "state"), "--port", port)
    assert answer.returncode != 0
    assert "is no port" in answer.stderr
