import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom.embedded.processes import is_running, read_pid_file, session_members, write_pid_file
from newsroom.embedded.restarter import Part, Restarter, open_log, sweep
from tests.embedded.helpers import wait_until

SLEEP = "import time; time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]).wait()"


class Story:
    """What a restarter told, and the restarter itself."""

    def __init__(self, run: Path) -> None:
        self.told: list[str] = []
        self.run = run
        self.restarter = Restarter(
            run=run,
            output=lambda name: open_log(run / f"{name}.log"),
            tell=lambda name, text: self.told.append(f"{name} {text}"),
        )

    def start(self, code: str, **options: object) -> None:
        self.restarter.start(Part("part", [sys.executable, "-c", code], dict(os.environ), **options))  # type: ignore[arg-type]

    @property
    def pid(self) -> int | None:
        return read_pid_file(self.run / "part.pid")

    def tick_until(self, is_so: object, patience_s: float = 60.0) -> bool:
        def check() -> bool:
            self.restarter.tick()
            return bool(is_so())  # type: ignore[operator]

        return wait_until(check, patience_s=patience_s)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path)
    yield story
    story.restarter.stop("part", force=lambda: True)


def test_a_killed_part_comes_back_with_a_new_pid_file(story: Story) -> None:
    story.start(SLEEP)
    first = story.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert story.tick_until(lambda: story.pid not in (None, first))
    assert "part ended (SIGKILL)" in story.told


def test_a_part_that_ends_at_once_is_started_less_and_less_often(story: Story) -> None:
    story.start("raise SystemExit(3)")
    assert story.tick_until(lambda: len(story.told) >= 6)
    assert story.told[:6] == [
        "part ended (exit code 3)",
        "part starts again in 0.2 s",
        "part ended (exit code 3)",
        "part starts again in 0.4 s",
        "part ended (exit code 3)",
        "part starts again in 0.8 s",
    ]


def test_a_command_that_does_not_exist_is_told_and_tried_again(story: Story) -> None:
    story.restarter.start(Part("part", ["/nonexistent/program"], {}))
    assert "cannot start" in story.told[0]
    assert story.tick_until(lambda: len(story.told) >= 4)


def test_what_a_killed_part_had_started_is_killed_too(story: Story) -> None:
    story.start(WITH_CHILD)
    pid = story.pid
    assert pid is not None
    assert wait_until(lambda: len(session_members(pid)) == 2)
    child = next(member for member in session_members(pid) if member != pid)
    os.kill(pid, signal.SIGKILL)
    assert story.tick_until(lambda: not is_running(child))


def test_a_part_that_does_not_hear_is_killed(story: Story) -> None:
    story.start(DEAF, stop_steps=((signal.SIGTERM, 0.3), (signal.SIGKILL, 5.0)))
    assert wait_until(lambda: "deaf" in (story.run / "part.log").read_text())
    pid = story.pid
    assert pid is not None
    story.restarter.stop("part")
    assert not is_running(pid)


def test_a_second_request_does_not_wait(story: Story) -> None:
    story.start(DEAF, stop_steps=((signal.SIGTERM, 60.0),))
    assert wait_until(lambda: "deaf" in (story.run / "part.log").read_text())
    started = time.monotonic()
    story.restarter.stop("part", force=lambda: True)
    assert time.monotonic() - started < 30


def test_a_part_killed_for_a_while_stays_away_that_long(story: Story) -> None:
    story.start(SLEEP)
    story.restarter.kill_for("part", 0.7)
    started = time.monotonic()
    assert story.pid is None
    assert story.tick_until(lambda: story.pid is not None)
    assert time.monotonic() - started >= 0.6


def test_a_frozen_part_can_be_stopped(story: Story) -> None:
    story.start(SLEEP, stop_steps=((signal.SIGTERM, 60.0),))
    story.restarter.freeze("part")
    started = time.monotonic()
    story.restarter.stop("part")
    assert time.monotonic() - started < 30


def test_what_a_killed_supervisor_left_is_swept_up(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WITH_CHILD], start_new_session=True) as left:
        write_pid_file(tmp_path / "web.pid", left.pid)
        assert wait_until(lambda: len(session_members(left.pid)) == 2)
        assert sweep(tmp_path, "web", ((signal.SIGKILL, 5.0),))
        assert session_members(left.pid) == []


def test_orphans_of_a_part_that_is_gone_are_swept_up_too(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-c", WITH_CHILD], start_new_session=True)
    write_pid_file(tmp_path / "web.pid", left.pid)
    assert wait_until(lambda: len(session_members(left.pid)) == 2)
    left.kill()
    left.wait()
    assert len(session_members(left.pid)) == 1
    assert sweep(tmp_path, "web")
    assert wait_until(lambda: session_members(left.pid) == [])


def test_a_process_that_got_the_number_of_a_dead_part_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True) as stranger:
        (tmp_path / "web.pid").write_text(f"{stranger.pid} 1\n")  # The mark of an earlier process.
        assert read_pid_file(tmp_path / "web.pid") is None
        assert not sweep(tmp_path, "web")
        assert is_running(stranger.pid)
        stranger.kill()
