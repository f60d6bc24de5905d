"""News that travels upwards. Sent inside the transaction; receivers that leave the database wait for its commit.

Arguments: ``comment_id``; ``comment_changed`` also ``status``.
"""

from django.dispatch import Signal

comment_submitted = Signal()
comment_edited = Signal()
comment_changed = Signal()
