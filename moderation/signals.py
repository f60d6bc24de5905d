"""News of moderation: a machine has decided about a comment, an emergency begins or ends."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after the decision is committed, in the process that made it, with ``decision``, ``comment`` (the text
# that was judged) and ``judgement``. Whatever a receiver raises is logged and changes nothing.
comment_judged = Signal()

# Sent inside the transaction that begins or ends it, with ``emergency`` and ``actor``: what a receiver raises
# undoes all of it.
emergency_began = Signal()
emergency_ended = Signal()

# Sent inside the transaction that writes the decision and moves the comment, with ``decision``. What a
# receiver raises undoes the decision.
decision_made = Signal()
