"""News that travels upwards, sent inside the transaction; what leaves the database waits for its commit.

Arguments: ``comment_id``; ``comment_changed`` also ``status``.
"""

from django.dispatch import Signal

comment_submitted = Signal()
comment_edited = Signal()
comment_changed = Signal()
