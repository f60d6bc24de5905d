"""A state of its own for each test, and a process that holds its stores."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom.embedded.parts import ROOT
from newsroom.embedded.processes import left_of
from newsroom.embedded.state import State
from newsroom.embedded.stores import PostgreSQL
from tests.embedded.helpers import PARTS, wait_until

HOLD = """
import sys, time
from newsroom.embedded.keeper import hold
from newsroom.embedded.state import State
lease = hold(State.open(sys.argv[1]), durable=False)
print("held", flush=True)
time.sleep(120)
"""


@pytest.fixture(scope="session")
def new_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a cluster that was never started: copying them is quicker than making them."""
    state = State.open(tmp_path_factory.mktemp("cluster") / "state")
    cluster = PostgreSQL(state, state.path, durable=False)
    cluster.prepare()
    return cluster.data


@pytest.fixture
def empty_state(tmp_path: Path) -> Iterator[State]:
    """Afterwards nothing of it may still run."""
    state = State.open(tmp_path / "state")
    yield state
    assert wait_until(lambda: not any(left_of(state.pid_file(part)) for part in PARTS))
    if (sockets := state.sockets()) is not None:  # A killed keeper leaves the empty folder behind.
        shutil.rmtree(sockets)


@pytest.fixture
def state(empty_state: State, new_cluster: Path) -> State:
    """One whose stores have been made already."""
    shutil.copytree(new_cluster, empty_state.path / "postgresql")
    return empty_state


@pytest.fixture
def holder(state: State) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the stores, which are ready."""
    command = [sys.executable, "-c", HOLD, str(state.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()
