"""Starts parts, restarts what ends, and stops them in order. One thread, no surprises."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from newsroom.embedded.processes import (
    dies_with_parent,
    end,
    end_all,
    left_of,
    read_pid_file,
    session_members,
    signal_all,
    write_pid_file,
)

SHORTEST_BACKOFF_S, LONGEST_BACKOFF_S = 0.2, 5.0
SETTLED_S = 10.0  # A part that lived this long starts again without delay when it ends.


@dataclass(frozen=True, slots=True)
class Part:
    """One long-running command.

    Args:
        death_signal: what the kernel sends it when its restarter is killed.
        stop_steps: signals to stop it with, each with the seconds to wait.
        before: called before every start.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    death_signal: int = signal.SIGKILL
    stop_steps: Sequence[tuple[int, float]] = ((signal.SIGTERM, 12.0), (signal.SIGKILL, 5.0))
    options: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None


@dataclass(slots=True)
class _Slot:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    backoff_s: float = SHORTEST_BACKOFF_S
    due_at: float | None = None


class Restarter:
    """Keeps parts running. Times are ``time.monotonic()``.

    Args:
        run: folder for pid files.
        output: opens what a part writes to: a file, or ``subprocess.PIPE``.
        attach: takes the read end of that pipe.
        tell: takes (part, what happened), for people.
    """

    def __init__(
        self,
        *,
        run: Path,
        output: Callable[[str], int | IO[bytes]],
        attach: Callable[[str, IO[bytes]], None] = lambda name, stream: None,
        tell: Callable[[str, str], None] = lambda name, text: None,
    ) -> None:
        self._run, self._output, self._attach, self._tell = run, output, attach, tell
        self._slots: dict[str, _Slot] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._slots

    def is_up(self, name: str) -> bool:
        slot = self._slots.get(name)
        return slot is not None and slot.process is not None and slot.process.poll() is None

    def start(self, part: Part) -> None:
        """Start a part and keep it running from now on. Call from the main thread only."""
        slot = self._slots[part.name] = _Slot(part)
        self._spawn(slot)

    def _spawn(self, slot: _Slot) -> None:
        part = slot.part
        sink = self._output(part.name)
        slot.due_at, slot.started_at = None, time.monotonic()
        part.before()
        try:
            slot.process = subprocess.Popen(
                part.argv,
                env=dict(part.env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(part.death_signal),  # noqa: PLW1509 (one thread only)
                **part.options,
            )
        except OSError as error:
            self._tell(part.name, f"cannot start: {error}")
            self._schedule(slot)
            return
        finally:
            if not isinstance(sink, int):
                sink.close()
        write_pid_file(self._run / f"{part.name}.pid", slot.process.pid)
        if slot.process.stdout is not None:
            self._attach(part.name, slot.process.stdout)

    def _schedule(self, slot: _Slot) -> None:
        if time.monotonic() - slot.started_at > SETTLED_S:
            slot.backoff_s = SHORTEST_BACKOFF_S
        slot.due_at = time.monotonic() + slot.backoff_s
        self._tell(slot.part.name, f"starts again in {slot.backoff_s:.1f} s")
        slot.backoff_s = min(slot.backoff_s * 2, LONGEST_BACKOFF_S)

    def tick(self) -> float:
        """Notice what ended, start what is due. Returns the seconds until there is something to do."""
        wait_s = 1.0
        for slot in self._slots.values():
            if slot.process is not None and slot.process.poll() is not None:
                self._tell(slot.part.name, f"ended ({_how_it_ended(slot.process.returncode)})")
                self._bury(slot)
                if slot.due_at is None:
                    self._schedule(slot)
            if slot.process is None and slot.due_at is not None:
                if slot.due_at <= time.monotonic():
                    self._spawn(slot)
                else:
                    wait_s = min(wait_s, slot.due_at - time.monotonic())
        return max(wait_s, 0.0)

    def _bury(self, slot: _Slot) -> None:
        """Leave nothing of an ended part: its session may hold children that it did not take along."""
        if slot.process is not None:
            signal_all(session_members(slot.process.pid), signal.SIGKILL)
            slot.process = None
        (self._run / f"{slot.part.name}.pid").unlink(missing_ok=True)

    def kill_for(self, name: str, seconds: float) -> None:
        """Kill a part with all its children and start it again only after that time."""
        slot = self._slots[name]
        if slot.process is not None:
            signal_all({slot.process.pid, *session_members(slot.process.pid)}, signal.SIGKILL)
            slot.process.wait()
            self._bury(slot)
        slot.due_at, slot.backoff_s = time.monotonic() + seconds, SHORTEST_BACKOFF_S

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, signum: int) -> None:
        process = self._slots[name].process
        if process is not None:
            signal_all({process.pid, *session_members(process.pid)}, signum)

    def stop(
        self,
        name: str,
        *,
        force: Callable[[], bool] = lambda: False,
        pump: Callable[[float], None] = time.sleep,
    ) -> None:
        """Stop one part and forget it.

        Args:
            force: asked while waiting; True means: kill it now.
            pump: called with seconds to wait, so that output is still read meanwhile.
        """
        slot = self._slots.pop(name, None)
        if slot is None or slot.process is None:
            (self._run / f"{name}.pid").unlink(missing_ok=True)
            return
        process = slot.process
        signal_all(session_members(process.pid), signal.SIGCONT)
        for signum, patience_s in slot.part.stop_steps:
            if process.poll() is not None:
                break
            process.send_signal(signum)
            deadline = time.monotonic() + patience_s
            while process.poll() is None and time.monotonic() < deadline and not force():
                pump(0.02)
        if process.poll() is None:
            process.kill()
            process.wait()
        self._bury(slot)


def sweep(
    run: Path, name: str, steps: Sequence[tuple[int, float]] = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
) -> bool:
    """End what an earlier, killed supervisor left of a part. True if there was something."""
    path = run / f"{name}.pid"
    leftovers = left_of(path)
    pid = read_pid_file(path)
    if pid is not None:
        end(pid, steps)
    end_all(left_of(path))
    path.unlink(missing_ok=True)
    return bool(leftovers)


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def open_log(path: Path) -> IO[bytes]:
    """A log file opened for appending; one that has grown past 5 MB is set aside first."""
    if path.exists() and path.stat().st_size > 5_000_000:
        path.replace(path.with_suffix(".old"))
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "ab", buffering=0)
