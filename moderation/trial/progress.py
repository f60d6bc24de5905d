"""How far it is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from moderation.trial import words
from moderation.trial.source import Source

_EVERY_S = 10.0


class Progress:
    """By bytes read of the file, which are known from the start; comments are only counted."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[comments]:,} comments"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("judging", total=max(source.size, 1), comments=0)
        self._told_at: float | None = None

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def judged(self, count: int) -> None:
        """So many comments are done."""
        if self._console.is_terminal:
            if count % 64 == 0:
                self._bar.update(self._task, completed=self._source.position, comments=count)
            return
        now = time.monotonic()
        self._told_at = self._told_at or now  # From the first one on: loading the classifiers takes a while.
        if now - self._told_at >= _EVERY_S:
            self._told_at = now
            share = min(1.0, self._source.position / max(self._source.size, 1))
            said = f"{words.number(count, 'comment')} judged, {share:.0%} of the file read"
            print(f"try: {said}", file=sys.stderr, flush=True)
