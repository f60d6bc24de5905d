import os
import signal
import subprocess
import sys
from pathlib import Path

from newsroom.embedded.parts import ROOT
from newsroom.embedded.processes import is_running
from tests.embedded.helpers import wait_until

# What celery's prefork pool and granian do: fork children that would outlive a SIGKILL of their parent.
FORKS = """
import os, time
children = [os.fork() for _ in range(2)]
if 0 in children:
    time.sleep(60)
else:
    print(*children, flush=True)
    time.sleep(60)
"""
STARTS = """
import subprocess, sys, time
from newsroom.embedded.processes import dies_with_parent
child = subprocess.Popen(["sleep", "60"], preexec_fn=dies_with_parent(9))
print(child.pid, flush=True)
time.sleep(60)
"""


def start(*arguments: str, path: Path = ROOT) -> tuple[subprocess.Popen[str], list[int]]:
    """A Python process, and the children whose numbers it prints."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{path}"}
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    return process, [int(word) for word in process.stdout.readline().split()]


def kill_and_see_all_die(process: subprocess.Popen[str], pids: list[int]) -> bool:
    assert pids
    assert all(is_running(pid) for pid in pids)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return wait_until(lambda: not any(is_running(pid) for pid in pids), patience_s=20)


def test_forked_children_die_with_an_attached_module(tmp_path: Path) -> None:
    (tmp_path / "forks.py").write_text(FORKS)
    process, pids = start("-m", "newsroom.embedded.attached", "forks", path=tmp_path)
    assert kill_and_see_all_die(process, pids)


def test_a_started_child_dies_with_its_parent() -> None:
    process, pids = start("-c", STARTS)
    assert kill_and_see_all_die(process, pids)
