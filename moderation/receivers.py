"""News from below: a comment was sent or edited, so it has to be judged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.dispatch import receiver

from comments.signals import comment_edited, comment_submitted
from moderation.publishing import publish_moderation


@receiver(comment_submitted)
@receiver(comment_edited)
def enqueue_moderation(*, comment_id: UUID, **kwargs: Any) -> None:
    def enqueue() -> None:
        publish_moderation(comment_id)

    # robust: a broker outage must not turn a saved comment into a 500. The comment stays
    # PENDING and the reconciler picks it up. (A nested function: partials fail there on Django 5.2.)
    transaction.on_commit(enqueue, robust=True)
