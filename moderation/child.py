"""A process that judges comments one at a time for the reconciler; a text that kills it kills nothing else.

``python -m moderation.child`` reads one JSON object a line, ``{"comment": id, "token": lease}`` or
``{"model": true}``, and answers each with one. It ends with its reader; the kernel ends it when
one text takes longer than the limit.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings

START_LIMIT_S = 60.0  # Django and the classifier are loaded within this time, or it is replaced
ROOT = Path(__file__).resolve().parents[1]

logger = logging.getLogger("moderation")


class Child:
    """The reconciler's end of the pipes. One question at a time; no call blocks for longer than a write."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.asked: dict[str, Any] | None = None
        self.used_at = 0.0
        self._deadline = 0.0
        self._rest = b""
        self._has_answered = False

    @property
    def is_idle(self) -> bool:
        return self.asked is None

    def ask(self, **question: Any) -> None:
        """Put a question; starts the process if there is none."""
        now = time.monotonic()
        if self.process is None:
            self._start()
        self.asked, self.used_at = question, now
        # Its own alarm comes first; this one is for a child that is frozen.
        self._deadline = (
            now + settings.CELERY_TASK_TIME_LIMIT + 2 + (0.0 if self._has_answered else START_LIMIT_S)
        )
        try:
            self._pipe("stdin").write(json.dumps(question).encode() + b"\n")
        except OSError:
            pass  # It is dead; the next look at its answers says so.

    def answer(self, *, wait_s: float) -> dict[str, Any] | None:
        """The answer, once there is one; ``{"died": …}`` if the process ended or took too long instead."""
        if self.process is None or self.asked is None:
            time.sleep(wait_s)
            return None
        pipe = self._pipe("stdout")
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            is_readable = bool(selector.select(wait_s))
        if is_readable:
            data = os.read(pipe.fileno(), 65536)
            if not data:
                return self._bury()
            *lines, self._rest = (self._rest + data).split(b"\n")
            if lines:
                self.asked, self.used_at, self._has_answered = None, time.monotonic(), True
                document: dict[str, Any] = json.loads(lines[-1])
                return document
        if time.monotonic() > self._deadline:
            return self._bury()
        return None

    def stop(self) -> None:
        """End it: at once if it is busy (the lease on its comment runs out by itself)."""
        process, self.process = self.process, None
        if process is None:
            return
        if self.asked is None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                pass
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self.asked, self._rest, self._has_answered = None, b"", False

    def _start(self) -> None:
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moderation.child"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def _pipe(self, name: str) -> IO[bytes]:
        pipe: IO[bytes] = getattr(self.process, name)
        return pipe

    def _bury(self) -> dict[str, Any]:
        question, process = self.asked or {}, self.process
        self.stop()
        return {"died": process.returncode if process else None, **question}


# --- the process itself --------------------------------------------------------------------------------
def _answer(question: dict[str, Any]) -> dict[str, Any]:
    from django.db import DatabaseError, connection

    from moderation import services

    try:
        if "comment" in question:
            decision = services.moderate_comment(UUID(question["comment"]), token=UUID(question["token"]))
            return {"comment": question["comment"], "outcome": decision.outcome if decision else None}
        detail, is_ok = services.model_health()
        return {"model": {"ok": is_ok, "detail": detail}}
    except DatabaseError as error:
        connection.close()  # The next question gets a fresh connection.
        return {"error": type(error).__name__, **question}
    except Exception as error:
        logger.exception("judging in line failed")
        return {"error": type(error).__name__, **question}


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # Whatever prints in here must not look like an answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the reconciler, which closes the pipe.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # The kernel ends this process, even inside a C function.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django

    django.setup()
    for line in iter(sys.stdin.buffer.readline, b""):
        signal.alarm(settings.CELERY_TASK_TIME_LIMIT)
        document = _answer(json.loads(line))
        signal.alarm(0)
        answers.write(json.dumps(document).encode() + b"\n")


if __name__ == "__main__":
    main()
