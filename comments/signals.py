"""News that travels upwards, sent inside the transaction; what leaves the database waits for its commit.

Arguments: ``comment_id``; ``comment_changed`` also ``status``. ``comment_reported``: ``report``, ``comment``.
``comment_status_asked``: ``comment``; receivers return fields to add to the answer to its author.
"""

from django.dispatch import Signal

comment_submitted = Signal()
comment_edited = Signal()
comment_changed = Signal()
comment_reported = Signal()
comment_status_asked = Signal()
