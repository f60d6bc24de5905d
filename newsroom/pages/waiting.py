"""Waiting a moment for a decision, so that a page without script can say what became of a comment."""

from __future__ import annotations

import threading
import time
from uuid import UUID

from comments.models import Comment
from comments.selectors import oldest_pending_age_s

LONGEST_S = 1.5
MOST_AT_ONCE = 2  # Threads of one process that may stand still at the same time; the rest keep serving.
BACKLOG_S = 2.0  # An older pending comment means that decisions are not coming in time: waiting is in vain.
FIRST_LOOK_S, SLOWEST_LOOK_S = 0.02, 0.15

_waits = threading.BoundedSemaphore(MOST_AT_ONCE)


def wait_for_decision(comment_id: UUID, *, longest_s: float = LONGEST_S) -> bool:
    """Return when the comment is decided or after ``longest_s``; at once when the process may not wait.

    Returns whether it waited at all. Call it outside a transaction, or it will see nothing change.
    """
    if oldest_pending_age_s() > BACKLOG_S or not _waits.acquire(blocking=False):
        return False
    try:
        ends = time.monotonic() + longest_s
        pause = FIRST_LOOK_S
        while time.monotonic() < ends and Comment.objects.pending().filter(pk=comment_id).exists():
            time.sleep(min(pause, max(0.0, ends - time.monotonic())))
            pause = min(pause * 1.5, SLOWEST_LOOK_S)
    finally:
        _waits.release()
    return True
