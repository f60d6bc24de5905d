"""Judging on every core: as many processes as there are cores, each with a classifier of its own."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO

from moderation.trial.judging import Judged
from moderation.trial.records import Record
from moderation.trial.worker import READY, unpacked

CHUNK = 256
ROOT = Path(__file__).resolve().parents[2]
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class NotStarted(Exception):
    """The classifier does not load here; what it said stands above."""


class _Died(Exception):
    pass


class Pool:
    """Processes that judge. A text that ends one costs that text alone.

    Args:
        words: lists by kind, as `Judge` takes them.
    """

    command = (sys.executable, "-m", "moderation.trial.worker")

    def __init__(self, words: Mapping[str, Sequence[str]], *, size: int | None = None) -> None:
        self._words = json.dumps(words).encode() + b"\n"
        self._size = size or cores()
        self._threads = ThreadPoolExecutor(self._size)
        self._idle: queue.SimpleQueue[subprocess.Popen[bytes] | None] = queue.SimpleQueue()
        self._started: list[subprocess.Popen[bytes]] = []
        self._is_over = False
        for _ in range(self._size):
            self._idle.put(None)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        for process in self._started:
            process.kill()  # It holds nothing that could be lost.
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            process.wait()
            _pipe(process.stdin).close()
            _pipe(process.stdout).close()

    def judged(self, records: Iterable[Record]) -> Iterator[tuple[Record, Judged | None]]:
        """Each with its judgement, in order; None for a text that ended the process that judged it."""
        waiting: deque[tuple[list[Record], Future[list[Judged | None]]]] = deque()
        for chunk in _chunks(records):
            waiting.append((chunk, self._threads.submit(self._ask, chunk)))
            while len(waiting) > 3 * self._size or (waiting and waiting[0][1].done()):
                yield from _answered(waiting.popleft())
        while waiting:
            yield from _answered(waiting.popleft())

    def _ask(self, chunk: list[Record]) -> list[Judged | None]:
        if self._is_over:
            return [None] * len(chunk)
        process = self._idle.get()
        try:
            process = process or self._start()
            answer = _answer(process, chunk)
        except _Died:
            if process is not None:
                process.kill()
            process = None
            if len(chunk) == 1:
                return [None]
        else:
            return answer
        finally:
            self._idle.put(process)
        return [found for record in chunk for found in self._ask([record])]

    def _start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | _ONE_THREAD,
            start_new_session=True,  # Ctrl-C is for the one that reads; it ends these.
        )
        self._started.append(process)
        _write(process, self._words)
        if _pipe(process.stdout).readline() != READY:
            raise NotStarted
        return process


def cores() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _answered(
    asked: tuple[list[Record], Future[list[Judged | None]]],
) -> Iterator[tuple[Record, Judged | None]]:
    chunk, answer = asked
    yield from zip(chunk, answer.result(), strict=True)


def _answer(process: subprocess.Popen[bytes], chunk: Sequence[Record]) -> list[Judged | None]:
    _write(process, json.dumps([(record.text, record.name) for record in chunk]).encode() + b"\n")
    line = _pipe(process.stdout).readline()
    if not line.endswith(b"\n"):
        raise _Died
    return [unpacked(each) for each in json.loads(line)]


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    try:
        pipe = _pipe(process.stdin)
        pipe.write(line)
        pipe.flush()
    except OSError as error:
        raise _Died from error


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101  (both are asked for)
    return pipe
