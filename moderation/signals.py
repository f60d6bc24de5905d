"""News of moderation: a machine has decided about a comment."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after the decision is committed, in the process that made it, with ``decision``, ``comment`` (the text
# that was judged) and ``judgement``. Whatever a receiver raises is logged and changes nothing.
comment_judged = Signal()
