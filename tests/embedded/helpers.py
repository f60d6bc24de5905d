"""What the tests of the embedded stores share."""

import time
from collections.abc import Callable

from newsroom.embedded.keeper import Lease, hold
from newsroom.embedded.processes import is_running, read_pid_file
from newsroom.embedded.state import State

PARTS = ("keeper", "postgresql", "valkey")


def wait_until(is_so: Callable[[], bool], *, patience_s: float = 60.0) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.02)
    return is_so()


def running(state: State) -> dict[str, int]:
    """The stores' processes of that state, by name."""
    found = {part: read_pid_file(state.pid_file(part)) for part in PARTS}
    return {part: pid for part, pid in found.items() if pid is not None}


def all_gone(pids: dict[str, int]) -> bool:
    return not any(is_running(pid) for pid in pids.values())


def hold_quickly(state: State, *names: str) -> Lease:
    """Stores without crash safety: these tests look at processes, not at disks."""
    return hold(state, names or ("postgresql", "valkey"), durable=False)
