"""Processes that die with the one that started them, and pid files that cannot name a stranger."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: int = signal.SIGKILL, *, parent: int | None = None) -> None:
    """Ask the kernel to signal this process when the thread that started it ends (Linux; elsewhere nothing).

    Args:
        parent: the expected parent. If it is already gone, this process ends at once: the kernel
            only tells of deaths after the request.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def dies_with_parent(death_signal: int) -> Callable[[], None]:
    """The ``preexec_fn`` that ties a child to this process. The child must be started by the main thread."""
    parent = os.getpid()

    def in_child() -> None:
        die_with_parent(death_signal, parent=parent)

    return in_child


def _stat_fields(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command name, or None if there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text[text.rfind(")") + 2 :].split()


def start_mark(pid: int) -> str:
    """What tells this process from a later one with the same number; empty where /proc is missing."""
    fields = _stat_fields(pid)
    return fields[19] if fields else ""


def is_running(pid: int, mark: str = "") -> bool:
    """Whether that very process still runs; one that has ended but was not waited for does not."""
    fields = _stat_fields(pid)
    if fields is not None:
        return fields[0] not in "ZX" and mark in ("", fields[19])
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def session_members(session: int) -> list[int]:
    """The running processes of one session: what a part has started and has not let go."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat_fields(int(entry.name))
        if fields and int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(entry.name))
    return found


def signal_all(pids: Iterable[int], signum: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signum)
        except (ProcessLookupError, PermissionError):
            continue


def end_all(pids: Iterable[int], *, patience_s: float = 5.0) -> None:
    """Kill processes and wait until the kernel has let go of them: their ports and files are free then."""
    marked = [(pid, start_mark(pid)) for pid in pids]
    signal_all([pid for pid, _ in marked], signal.SIGKILL)
    deadline = time.monotonic() + patience_s
    while any(is_running(pid, mark) for pid, mark in marked) and time.monotonic() < deadline:
        time.sleep(0.02)


def write_pid_file(path: Path, pid: int) -> None:
    """Name a process in a file: its number, then its start mark. Written whole or not at all."""
    temporary = path.with_suffix(".new")
    temporary.write_text(f"{pid} {start_mark(pid)}\n", encoding="ascii")
    temporary.replace(path)


def read_pid_file(path: Path) -> int | None:
    """The number of the process that the file names, or None if it no longer runs."""
    try:
        words = path.read_text(encoding="ascii").split()
        pid, mark = int(words[0]), words[1] if len(words) > 1 else ""
    except (OSError, ValueError, IndexError):
        return None
    return pid if is_running(pid, mark) else None


def left_of(path: Path) -> list[int]:
    """The processes left of what the pid file names: itself and its session. Never a stranger's."""
    try:
        words = path.read_text(encoding="ascii").split()
        pid, mark = int(words[0]), words[1] if len(words) > 1 else ""
    except (OSError, ValueError, IndexError):
        return []
    if is_running(pid) and not is_running(pid, mark):
        return []  # The number was given to another process, so no session of that name is left of ours.
    return session_members(pid)


def end(pid: int, steps: Iterable[tuple[int, float]]) -> bool:
    """Signal a process, a step at a time, until it is gone. True when it is.

    Args:
        steps: pairs of a signal and the seconds to wait after it.
    """
    mark = start_mark(pid)
    signal_all([pid], signal.SIGCONT)  # A frozen process hears nothing else.
    for signum, patience_s in steps:
        signal_all([pid], signum)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            if not is_running(pid, mark):
                return True
            time.sleep(0.02)
    return not is_running(pid, mark)
