"""News of moderation: a machine has decided, an emergency begins or ends, the reconciler has time."""

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

# Sent every few seconds in the reconciler that leads, for upkeep of the apps above: nobody else does it at
# the same time. Receivers answer how often they did what: ``{"folded": 12}``. One that raises is logged.
upkeep = Signal()
